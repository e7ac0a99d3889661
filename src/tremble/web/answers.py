"""Answers: what metrics came to, kept for who asks the same again while the files are the same.

A span that ends now ends later each time it is asked for. What it comes to stays the same until a match of
the files ends in it, or a quarter of an hour begins: no metric looks at less (STEP).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from markupsafe import Markup
from msgspec import Struct

from tremble.analytics.lake import Table
from tremble.analytics.manifest import Version
from tremble.analytics.span import EARLIEST, Span

#: Answers kept: a page over a year is two megabytes.
MAX_KEPT = 8
#: What the finest metric counts by; no zone's day begins elsewhere.
STEP = timedelta(minutes=15)
MOMENT = timedelta(microseconds=1)

#: From when on, whose days, until when in whole steps, the last begun or over, and which metrics.
Key = tuple[datetime, str, int, int, tuple[str, ...]]


class Answer(Struct):
    """Metrics over *span* by the files of a *version*; *beyond* is when the first match after it ended.

    *charts* are what was drawn of them, maps on *outlines*.
    """

    version: Version
    span: Span
    beyond: datetime | None
    tables: dict[str, Table]
    outlines: dict[str, dict[str, Any]] | None = None
    charts: Markup | None = None


class Answers:
    """The last few, by what was asked."""

    def __init__(self) -> None:
        self._kept: dict[Key, Answer] = {}

    def find(self, version: Version | None, span: Span, names: Sequence[str]) -> Answer | None:
        """Return what these metrics come to by the files of *version*, if it is known."""
        key = key_of(span, names)
        found = self._kept.pop(key, None)
        if found is None or found.version != version or span.until < found.span.until:
            return None
        if found.beyond is not None and found.beyond < span.until:
            return None
        self._kept[key] = found  # the last to go
        return found

    def keep(self, found: Answer, names: Sequence[str]) -> None:
        """Keep an answer; for it the one goes that nobody asked for longest."""
        while len(self._kept) >= MAX_KEPT:
            del self._kept[next(iter(self._kept))]
        self._kept[key_of(found.span, names)] = found


def key_of(span: Span, names: Sequence[str]) -> Key:
    until = span.until - EARLIEST
    return span.since, span.tz, until // STEP, (until - MOMENT) // STEP, tuple(names)
