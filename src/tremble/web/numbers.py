"""Numbers: metrics of the analytics for the API and the dashboard, counted beside the requests.

One at a time: DuckDB may take a core and a gigabyte. The files are brought up to date first, which takes a
moment when nothing changed since the last time; then what was counted before is still right (answers.py).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from litestar import Litestar

from tremble.analytics import manifest
from tremble.analytics.export import export
from tremble.analytics.lake import Lake, Table
from tremble.analytics.span import Span
from tremble.errors import MissingExtra, TrembleError
from tremble.store.engine import Store
from tremble.web.answers import Answer, Answers
from tremble.web.beside import beside
from tremble.web.problems import Problem

FOLDER = "analytics"
NO_FILES = (0, 0, 0)
#: So old the files may be, in seconds.
MAX_AGE_S = 30.0
#: How often files that nobody asks for are brought up to date.
KEEP_TRUE_S = 3600.0
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
        self._answers = Answers()

    @asynccontextmanager
    async def running(self, _: Litestar) -> AsyncIterator[None]:
        """Keep files that are there true, as long as the application runs: who was erased goes from them."""
        async with beside(self.keep_true):
            yield

    async def keep_true(self) -> None:
        while True:
            await self.refresh()
            await asyncio.sleep(KEEP_TRUE_S)

    async def refresh(self) -> None:
        """Bring the files up to date, if somebody ever asked for numbers here."""
        if not manifest.there(self.folder):
            return
        # A store that cannot be used now says so at every request; here it is only tried again.
        with suppress(TrembleError):
            async with self._turn:
                await asyncio.to_thread(self.brought_up_to_date)

    async def tables(self, span: Span, names: Sequence[str]) -> dict[str, Table]:
        """Return these metrics of METRICS. Raises Problem, StoreError."""
        return (await self.answer(span, names)).tables

    async def answer(self, span: Span, names: Sequence[str]) -> Answer:
        """The same, with what was drawn of it, if it is kept. Raises Problem, StoreError."""
        kept = self.known(span, names)
        if kept is not None and self.fresh:
            return kept
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

    @property
    def fresh(self) -> bool:
        """Whether the files are young enough."""
        return monotonic() - self._refreshed <= MAX_AGE_S

    def known(self, span: Span, names: Sequence[str]) -> Answer | None:
        """Return what these metrics come to by the files that are there, if they were counted before."""
        return self._answers.find(manifest.version(self.folder), span, names)

    def counted(self, span: Span, names: Sequence[str]) -> Answer:
        """Return these metrics now. Raises StoreError, ConfigError, MissingExtra."""
        if not self.fresh:
            self.brought_up_to_date()
        kept = self.known(span, names)
        if kept is not None:
            return kept
        version = manifest.version(self.folder)
        with Lake(self.folder, span) as lake:
            tables = {name: lake.table(name) for name in names}
            found = Answer(version or NO_FILES, span, lake.beyond(), tables)
        # Another process may write the files meanwhile.
        if version is not None and version == manifest.version(self.folder):
            self._answers.keep(found, names)
        return found

    def brought_up_to_date(self) -> None:
        """Write what changed. Raises StoreError, ConfigError, MissingExtra."""
        export(self.store, self.folder, datetime.now(UTC))
        self._refreshed = monotonic()
