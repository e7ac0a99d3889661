"""Logging: structlog, set up once. Coloured lines on a terminal, one JSON object a line otherwise.

    log = logger("arena")
    log.info("match ended", match_id=..., players=2)

Everything goes to stderr, so that stdout stays free for what a program was asked to print. A process of
Tremble writes the same as JSON to DIR/logs/tremble.log too, which all of them share, and which rotates.
"""

import logging
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, TextIO

import msgspec
import structlog
from msgspec import Struct
from structlog.types import EventDict, Processor, WrappedLogger

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

NAME = "tremble.log"
LEVELS = ("debug", "info", "warning", "error")
#: Where a process finds the LogOptions of the one that started it, as JSON.
ENVIRONMENT = "TREMBLE_LOG_OPTIONS"
#: Lines logged by this process since its start, by level.
LINES: Counter[str] = Counter(dict.fromkeys(LEVELS, 0))


class LogOptions(Struct, frozen=True):
    """[log], and the *directory* for the files; *quiet*: nothing goes to stderr.

    A file holds at most *max_bytes*; with those that were full there are at most *files*.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "pretty", "json"] = "auto"
    max_bytes: int = 10_000_000
    files: int = 5
    directory: str = ""
    quiet: bool = False


class Rotating:
    """Appends lines to *path*; a full one becomes *path*.1, that .2, and so on. Never raises.

    Several processes may append to the same one: each line is one write at the end of the file, a lock
    file lets one of them move it, and the others find that theirs is another by now.
    """

    def __init__(self, path: Path, max_bytes: int, files: int) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self.files = files
        self._fd = -1
        self._turn = threading.Lock()

    def write(self, line: str) -> None:
        """Append *line*; what the disk does not take is lost."""
        data = line.encode(errors="backslashreplace") + b"\n"
        with self._turn, suppress(OSError):
            if self._room() < len(data):
                with alone(self.path.with_name(f".{self.path.name}.lock")):
                    if self._room() < len(data) and self._size():
                        self._move()
                self._room()
            os.write(self._fd, data)

    def close(self) -> None:
        """Close the file; the end of the process does so too."""
        with self._turn:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def _room(self) -> int:
        """Open the file that is at the path now, if we have not; return how much it may still take."""
        try:
            there = os.stat(self.path)
            ours = os.fstat(self._fd) if self._fd >= 0 else None
        except FileNotFoundError:
            ours = None
        if ours is None or not os.path.samestat(there, ours):
            if self._fd >= 0:
                old, self._fd = self._fd, -1  # its number may be another file's at once
                os.close(old)
            self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        return self.max_bytes - self._size()

    def _size(self) -> int:
        return os.fstat(self._fd).st_size

    def _move(self) -> None:
        """Move every file on by one; the last is deleted."""
        names = [self.path, *(Path(f"{self.path}.{n}") for n in range(1, self.files))]
        for older, newer in zip(names[:0:-1], names[-2::-1], strict=True):
            if newer.exists():
                newer.replace(older)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock file *path*; where the system has none of that kind, nothing is held."""
    if fcntl is None:
        yield
        return
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


#: Ends of the road: how an event becomes a line, and what takes the line.
Sink = tuple[list[Processor], Callable[[str], None]]


def configure(level: str = "info", stream: TextIO | None = None, form: str = "auto") -> None:
    """Send what is logged from *level* (one of LEVELS) on to *stream* (stderr).

    *form*: pretty, json, or auto. Raises ValueError for another level.
    """
    found = LogOptions(level=level, format=form)  # type: ignore[arg-type]
    target = sys.stderr if stream is None else stream
    begin(found, [shown_on(target, form)])


def set_up(options: LogOptions) -> Rotating | None:
    """Log as *options* say, from now on, whatever nobody catches too; return the file, if there is one."""
    # On a terminal a live view may stand for sys.stderr later on (rich.live), and shows lines above itself.
    stream = None if sys.stderr.isatty() else sys.stderr
    sinks = [] if options.quiet else [shown_on(stream, options.format)]
    file = None
    if options.directory:
        path = Path(options.directory) / "logs" / NAME
        file = Rotating(path, options.max_bytes, options.files)
        sinks.append((as_json(), file.write))
    begin(options, sinks)
    sys.excepthook = crashed
    threading.excepthook = lambda args: crashed(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )
    return file


def set_up_child(environ: Mapping[str, str] = os.environ) -> Rotating | None:
    """The same, as the process that started this one says in its *environ*."""
    return set_up(msgspec.json.decode(environ.get(ENVIRONMENT, "{}"), type=LogOptions))


def handed_on(options: LogOptions) -> dict[str, str]:
    """Return what set_up_child finds in the environment."""
    return {ENVIRONMENT: msgspec.json.encode(options).decode()}


def begin(options: LogOptions, sinks: list[Sink]) -> None:
    """Log into *sinks* from now on. Raises ValueError for a level that there is not."""
    if options.level not in LEVELS:
        raise ValueError(f"log level {options.level!r} is none of {', '.join(LEVELS)}")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            counted,
            into(sinks),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            getattr(logging, options.level.upper())
        ),
        cache_logger_on_first_use=True,
    )


def counted(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Count a line; a processor."""
    LINES[event["level"]] += 1
    return event


def into(sinks: list[Sink]) -> Processor:
    """Return the last processor, which gives every event to all *sinks*."""

    def spread(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        for processors, write in sinks:
            shown: Any = dict(event)
            for processor in processors:
                shown = processor(logger, method, shown)
            write(shown)
        raise structlog.DropEvent

    return spread


def as_json() -> list[Processor]:
    """Return what makes one JSON object of an event."""
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]


def shown_on(stream: TextIO | None, form: str) -> Sink:
    """Return the sink for people, or for who reads *stream*; a reader that has gone disturbs nobody.

    None: what sys.stderr is whenever a line is written.
    """
    lock = threading.Lock()
    terminal = (stream or sys.stderr).isatty()

    def write(line: str) -> None:
        with lock, suppress(OSError, ValueError):  # ValueError: it is closed
            target = stream or sys.stderr
            target.write(line + "\n")
            target.flush()

    if form == "pretty" or (form == "auto" and terminal):
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=terminal, exception_formatter=plain)], write
    return as_json(), write


def crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Log an exception that nobody caught; the way of sys.excepthook."""
    if not issubclass(kind, KeyboardInterrupt | SystemExit):
        logger("process").error("crashed", exc_info=(kind, error, trace))


def logger(part: str) -> Any:
    """Return the logger of one *part* of the program; its events carry the name."""
    return structlog.get_logger(part=part)
