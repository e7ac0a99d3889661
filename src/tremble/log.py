"""Logging: one event a line, a name and its facts. Pretty on a terminal, JSON lines elsewhere."""

import logging
import sys
from typing import Any, TextIO

import structlog


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Send events of *level* and above to *stream* (standard error). Call once, at start."""
    out = stream or sys.stderr
    if out.isatty():
        ending: list[Any] = [
            structlog.processors.TimeStamper("%H:%M:%S", utc=False),
            structlog.dev.ConsoleRenderer(),
        ]
    else:
        ending = [
            structlog.processors.TimeStamper("iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    structlog.configure(
        processors=[structlog.processors.add_log_level, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=True,
    )


def logger(name: str) -> Any:
    """Return the logger of the part *name*; its events carry `part=name`."""
    return structlog.get_logger(part=name)
