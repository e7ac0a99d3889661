"""Logging: structlog, set up once. Coloured lines on a terminal, one JSON object a line otherwise.

    log = logger("arena")
    log.info("match ended", match_id=..., players=2)

Everything goes to stderr, so that stdout stays free for what a program was asked to print.
"""

import logging
import sys
from typing import Any, TextIO

import structlog

LEVELS = ("debug", "info", "warning", "error")


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Send what is logged from *level* (one of LEVELS) on to *stream* (stderr).

    Raises ValueError for another level.
    """
    if level not in LEVELS:
        raise ValueError(f"log level {level!r} is none of {', '.join(LEVELS)}")
    target = sys.stderr if stream is None else stream
    terminal = target.isatty()
    shown: list[structlog.types.Processor]
    if terminal:
        plain = structlog.dev.plain_traceback
        shown = [structlog.dev.ConsoleRenderer(exception_formatter=plain)]
    else:
        shown = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *shown,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(target),
        cache_logger_on_first_use=True,
    )


def logger(part: str) -> Any:
    """Return the logger of one *part* of the program; its events carry the name."""
    return structlog.get_logger(part=part)
