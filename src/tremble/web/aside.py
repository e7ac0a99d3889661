"""The game asked by a process of its own, with the lowest priority: the record knows no game."""

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

#: Bytes of its errors that are kept.
LAST_WORDS = 4096
#: Bytes that are taken at once of what it prints.
PIECE = 1 << 16


def ignore(data: bytes) -> None:
    """Do nothing with *data*."""


async def run_aside(
    words: Sequence[str],
    patience_s: float,
    hear: Callable[[bytes], None] = ignore,
    take: Callable[[bytes], None] = ignore,
) -> tuple[bytes, str]:
    """Run `tremble` with *words*; return what it printed, and if it failed why, else "".

    It is ended if it takes longer than *patience_s*. *hear* takes each line of its errors as it
    comes, *take* what it prints.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tremble",
        *words,
        stdin=asyncio.subprocess.PIPE,  # no DEVNULL: an empty root has no /dev
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        if sys.platform != "win32":
            with suppress(ProcessLookupError):  # it has ended already
                os.setpriority(os.PRIO_PROCESS, process.pid, 19)
        async with asyncio.timeout(patience_s):
            printed, errors = await talked(process, hear, take)
    except TimeoutError:
        await ended(process)
        return b"", f"it took longer than {patience_s:.0f} s"
    except BaseException:
        await ended(process)
        raise
    if not process.returncode:
        return printed, ""
    why = errors.decode(errors="replace").strip()[-500:]
    return printed, why or f"it ended with code {process.returncode}"


async def talked(
    process: asyncio.subprocess.Process,
    hear: Callable[[bytes], None],
    take: Callable[[bytes], None],
) -> tuple[bytes, bytes]:
    """Return what *process* prints, and the last of its errors, when it has ended."""
    assert process.stdin is not None
    process.stdin.close()
    printed, errors, _ = await asyncio.gather(
        all_words(process, take), last_words(process, hear), process.wait()
    )
    return printed, errors


async def all_words(process: asyncio.subprocess.Process, take: Callable[[bytes], None]) -> bytes:
    assert process.stdout is not None
    found = []
    while data := await process.stdout.read(PIECE):
        take(data)
        found.append(data)
    return b"".join(found)


async def last_words(process: asyncio.subprocess.Process, hear: Callable[[bytes], None]) -> bytes:
    assert process.stderr is not None
    found = partial = b""
    while data := await process.stderr.read(LAST_WORDS):
        found = (found + data)[-LAST_WORDS:]
        *lines, partial = (partial + data).split(b"\n")
        partial = partial[-LAST_WORDS:]
        for line in lines:
            hear(line)
    return found


async def ended(process: asyncio.subprocess.Process) -> None:
    """End *process* now."""
    if process.returncode is None:
        process.kill()
    await process.wait()
