"""The game asked by a process of its own, with the lowest priority: the record knows no game."""

import asyncio
import os
import sys
from collections.abc import Sequence


async def run_aside(words: Sequence[str], patience_s: float) -> tuple[bytes, str]:
    """Run `tremble` with *words*; return what it printed, and if it failed why, else "".

    It is ended if it takes longer than *patience_s*.
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
            os.setpriority(os.PRIO_PROCESS, process.pid, 19)
        printed, errors = await asyncio.wait_for(process.communicate(b""), patience_s)
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


async def ended(process: asyncio.subprocess.Process) -> None:
    """End *process* now."""
    if process.returncode is None:
        process.kill()
    await process.wait()
