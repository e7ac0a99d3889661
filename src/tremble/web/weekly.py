"""The weekly report: made and sent beside the requests, once a week on however many processes.

due ─► claimed in the store, by one process ─► counted ─► DIR/reports/2026-01-05.html ─► webhook ─► sent
          └─ whoever claimed it died: another takes it after LEASE_S ─┘

The page is kept in the data directory of the process that made it. What no process could send within a day
is not sent any more.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Litestar

from tremble import webhook
from tremble.analytics import page
from tremble.analytics.lake import Table
from tremble.analytics.metrics import METRICS
from tremble.analytics.span import Span
from tremble.errors import StoreError
from tremble.log import logger
from tremble.store import instant, reports
from tremble.store.engine import Store
from tremble.web.beside import beside
from tremble.web.numbers import Numbers
from tremble.web.options import WEEKDAYS, ReportOptions
from tremble.web.outlines import Outlines
from tremble.web.problems import Problem

log = logger("web")

FOLDER = "reports"
#: How often to look at the clock.
REST_S = 60.0
#: After so many seconds another may try what was claimed but not sent; also ourselves.
LEASE_S = 600.0
#: So late a report is still sent: no process may have run when it was due.
LATEST = timedelta(days=1)
#: Larger pages are not attached: Discord takes 10 MB.
MAX_ATTACHED = 8_000_000
BOUNDARY = "tremble-report-7d1f8a"


def due(options: ReportOptions, now: datetime) -> datetime | None:
    """Return when the last report was due, if it may still be sent at *now*; None otherwise."""
    if not options.weekly:
        return None
    day, _, time = options.weekly.partition(" ")
    hour, minute = (int(part) for part in time.split(":"))
    zone = ZoneInfo(options.timezone)
    today = now.astimezone(zone).date()
    for back in range(8):
        date = today - timedelta(days=back)
        if date.weekday() == WEEKDAYS.index(day):
            at = datetime(date.year, date.month, date.day, hour, minute, tzinfo=zone).astimezone(
                UTC
            )
            if at <= now:
                return at if now - at < LATEST else None
    return None


def week_before(options: ReportOptions, at: datetime) -> Span:
    """Return the seven whole days before the one of *at*."""
    zone = ZoneInfo(options.timezone)
    last = at.astimezone(zone).date()
    first = last - timedelta(days=7)
    since, until = (datetime(d.year, d.month, d.day, tzinfo=zone) for d in (first, last))
    return Span(since.astimezone(UTC), until.astimezone(UTC), options.timezone)


class Weekly:
    """Makes and sends the reports of *store* as *options* say; pages go to *directory*/reports."""

    def __init__(
        self,
        store: Store,
        directory: Path,
        options: ReportOptions,
        numbers: Numbers,
        outlines: Outlines,
    ) -> None:
        self.store = store
        self.folder = directory / FOLDER
        self.options = options
        self.numbers = numbers
        self.outlines = outlines

    @asynccontextmanager
    async def running(self, _: Litestar) -> AsyncIterator[None]:
        """Look at the clock as long as the application runs, if there is a schedule."""
        if not self.options.weekly:
            yield
            return
        async with beside(self.for_ever):
            yield

    async def for_ever(self) -> None:
        while True:
            await self.look(datetime.now(UTC))
            await asyncio.sleep(REST_S)

    async def look(self, now: datetime) -> bool:
        """Make and send the report if one is due at *now* and nobody else does; say whether it was sent."""
        at = due(self.options, now)
        if at is None:
            return False
        # A store that cannot be used now is asked again; so is a report that could not be counted.
        with suppress(StoreError):
            stored, moment = instant.to_store(at), instant.to_store(now)
            lease = int(LEASE_S * 1_000_000)
            claim = self.store.write(reports.claim, stored, moment, lease)
            if not await asyncio.wrap_future(claim):
                return False
            if await self.deliver(at, now):
                await asyncio.wrap_future(self.store.write(reports.sent, stored, moment))
                return True
        return False

    async def deliver(self, at: datetime, now: datetime) -> bool:
        """Make the report that was due *at* and send it; False if it is to be tried again."""
        span = week_before(self.options, at)
        try:
            tables = await self.numbers.tables(span, list(METRICS))
        except Problem as problem:
            log.error("report not made", why=problem.body.detail)
            return problem.body.status == 501
        text = page.report(tables, span, now, await maps_of(self.outlines, tables)).encode()
        path = self.folder / f"{at.astimezone(ZoneInfo(self.options.timezone)):%Y-%m-%d}.html"
        try:
            await asyncio.to_thread(keep, path, text)
        except OSError as error:
            log.error("report not made", why=f"{path}: {error.strerror}")
            return False
        log.info("report made", path=str(path))
        if not self.options.webhook_url:
            return True
        return await asyncio.to_thread(self.send, tables, span, path.name, text)

    def send(self, tables: Mapping[str, Table], span: Span, name: str, text: bytes) -> bool:
        """Post the report once; False if the webhook may take it another time."""
        data, content_type = body(self.options, tables, span, name, text)
        status, _ = webhook.post(self.options.webhook_url, data, content_type)
        if 200 <= status < 300:
            return True
        refused = 400 <= status < 500 and status not in (408, 429)
        log.error("report not taken", status=status, again=not refused)
        return refused


async def maps_of(outlines: Outlines, tables: Mapping[str, Table]) -> dict[str, dict[str, Any]]:
    """Return the outlines of the maps in *tables*, as far as they are there."""
    found = {}
    for name in page.column(tables["maps"], "map"):
        with suppress(Problem):
            found[name] = msgspec.json.decode(await outlines.get(name))
    return found


def keep(path: Path, text: bytes) -> None:
    """Write *text* to *path*, whole or not at all. Raises OSError."""
    path.parent.mkdir(exist_ok=True)
    fresh = path.with_suffix(".part")
    fresh.write_bytes(text)
    fresh.replace(path)


def body(
    options: ReportOptions, tables: Mapping[str, Table], span: Span, name: str, text: bytes
) -> tuple[bytes, str]:
    """Return what is posted, and of which type: for Discord with the page as a file, else JSON."""
    table = tables["summary"]
    summary = dict(zip(table.columns, table.rows[0], strict=True))
    if options.kind == "generic":
        facts: dict[str, Any] = {"event": "report", "server": options.server, "file": name}
        facts |= {"since": span.since, "until": span.until, "tz": span.tz, "summary": summary}
        return msgspec.json.encode(facts), "application/json"
    # Names must not call anybody.
    message = {"content": words(options, summary, span), "allowed_mentions": {"parse": []}}
    if len(text) > MAX_ATTACHED:
        return json.dumps(message).encode(), "application/json"
    parts = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="payload_json"\r\n'
        f"Content-Type: application/json\r\n\r\n{json.dumps(message)}\r\n"
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="files[0]"; filename="{name}"\r\n'
        "Content-Type: text/html\r\n\r\n"
    )
    whole = parts.encode() + text + f"\r\n--{BOUNDARY}--\r\n".encode()
    return whole, f"multipart/form-data; boundary={BOUNDARY}"


def words(options: ReportOptions, summary: Mapping[str, Any], span: Span) -> str:
    """Return the week in a sentence."""
    first = page.local(span.since, span).partition(" ")[0]
    last = page.local(span.until - timedelta(microseconds=1), span).partition(" ")[0]
    return (
        f"**{options.server}**, {first} to {last}: {summary['matches']:,} matches, "
        f"{summary['people']:,} people ({summary['newcomers']:,} new), "
        f"{summary['playtime_h']:,.1f} hours of play, {summary['kills']:,} kills"
    )
