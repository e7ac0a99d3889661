"""Numbers: metrics of the analytics for the API and the dashboard, counted beside the requests.

One at a time: DuckDB may take a core and a gigabyte. The files are brought up to date first, which takes a
moment when nothing changed since the last time.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from tremble.analytics.export import export
from tremble.analytics.lake import Lake, Table
from tremble.analytics.span import Span
from tremble.errors import MissingExtra
from tremble.store.engine import Store
from tremble.web.problems import Problem

FOLDER = "analytics"
#: So old the files may be, in seconds.
MAX_AGE_S = 30.0
#: Requests that may wait for their turn.
MAX_WAITING = 16


class Numbers:
    """The metrics of *store*; Parquet files in *directory*/analytics."""

    def __init__(self, store: Store, directory: Path) -> None:
        self.store = store
        self.folder = directory / FOLDER
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._refreshed = float("-inf")

    async def tables(self, span: Span, names: Sequence[str]) -> dict[str, Table]:
        """Return these metrics of METRICS. Raises Problem, StoreError."""
        if self._waiting >= MAX_WAITING:
            detail = "too many ask for numbers; try again"
            raise Problem(503, "busy", detail, headers={"Retry-After": "5"})
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(self.counted, span, names)
        except MissingExtra as error:
            raise Problem(501, "no_analytics", str(error)) from None
        finally:
            self._waiting -= 1

    def counted(self, span: Span, names: Sequence[str]) -> dict[str, Table]:
        """Return these metrics now. Raises StoreError, ConfigError, MissingExtra."""
        if monotonic() - self._refreshed > MAX_AGE_S:
            export(self.store, self.folder, datetime.now(UTC))
            self._refreshed = monotonic()
        with Lake(self.folder, span) as lake:
            return {name: lake.table(name) for name in names}
