"""The report of the week: when it is due, what is sent, and that it is sent once."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from stores import fresh, post_all, settle

from tremble.analytics import generate
from tremble.store import reports
from tremble.store.engine import Store
from tremble.web import weekly
from tremble.web.numbers import Numbers
from tremble.web.options import ReportOptions
from tremble.web.outlines import Outlines
from tremble.web.weekly import Weekly, due

BERLIN = ReportOptions("mon 06:00", "Europe/Berlin", server="Arena @everyone")
#: Six in the morning of Berlin, before and after clocks are put forward on 2026-03-29.
WINTER, SUMMER = datetime(2026, 3, 23, 5, tzinfo=UTC), datetime(2026, 3, 30, 4, tzinfo=UTC)
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (WINTER, WINTER),
        (WINTER - SECOND, None),
        (WINTER + 23 * HOUR, WINTER),
        (WINTER + 25 * HOUR, None),
        (SUMMER - SECOND, None),
        (SUMMER, SUMMER),
    ],
)
def test_due_by_the_clock_of_its_zone(now: datetime, expected: datetime | None) -> None:
    """From its minute on for a day; summer time is followed."""
    assert due(BERLIN, now) == expected
    assert due(ReportOptions(), now) is None


def test_week_before_has_seven_days() -> None:
    """The week in which clocks change is one hour short, and has seven days all the same."""
    span = weekly.week_before(BERLIN, SUMMER)

    assert span.since == datetime(2026, 3, 22, 23, tzinfo=UTC)
    assert span.until == datetime(2026, 3, 29, 22, tzinfo=UTC)


class Webhook(HTTPServer):
    """Takes what is posted, with the statuses in *answers*, then 204."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, bytes]] = []
        self.answers: list[int] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.headers["Content-Type"], data))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        return


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.05,))
        thread.start()
        yield found
        found.shutdown()
        thread.join()


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Store]:
    """A record with a few matches of that week."""
    months = generate.Months(datetime(2026, 3, 24, tzinfo=UTC), 2, matches=4)
    with fresh(tmp_path / "record.db") as store:
        post_all(store, list(generate.results(months, 1)))
        settle(store)
        yield store


def process(store: Store, folder: Path, webhook: Webhook, kind: str = "discord") -> Weekly:
    """Return what one web process does; its data directory is *folder*."""
    folder.mkdir(exist_ok=True)
    url = f"http://127.0.0.1:{webhook.server_address[1]}/hook"
    options = ReportOptions(BERLIN.weekly, BERLIN.timezone, url, kind, BERLIN.server)
    return Weekly(store, folder, options, Numbers(store, folder), Outlines(folder))


def look(*processes: Weekly, at: datetime = SUMMER) -> list[bool]:
    """Let all look at the clock at once."""

    async def together() -> list[bool]:
        return await asyncio.gather(*(one.look(at) for one in processes))

    return asyncio.run(together())


def test_once_on_however_many_processes(record: Store, tmp_path: Path, webhook: Webhook) -> None:
    """Two look at once, one sends; neither sends again, also not after a restart."""
    one, other = (process(record, tmp_path / name, webhook) for name in "ab")

    assert sorted(look(one, other)) == [False, True]
    assert look(one, other, at=SUMMER + HOUR) == [False, False]
    assert look(process(record, tmp_path / "a", webhook), at=SUMMER + 2 * HOUR) == [False]

    [(content_type, data)] = webhook.posted
    [kept] = [*tmp_path.glob("*/reports/*.html")]
    assert kept.name == "2026-03-30.html"
    assert content_type.startswith("multipart/form-data")
    assert kept.read_bytes() in data
    message = json.loads(data.partition(b"\r\n\r\n")[2].partition(b"\r\n")[0])
    assert message["allowed_mentions"] == {"parse": []}
    assert "2026-03-23 to 2026-03-29" in message["content"]


def test_tried_again_until_taken(record: Store, tmp_path: Path, webhook: Webhook) -> None:
    """A webhook that fails gets it again, but not at once; one that refuses does not."""
    one = process(record, tmp_path / "a", webhook, "generic")
    webhook.answers = [500, 204]

    assert look(one) == [False]
    assert look(one, at=SUMMER + timedelta(seconds=weekly.LEASE_S / 2)) == [False]
    assert len(webhook.posted) == 1
    assert look(one, at=SUMMER + timedelta(seconds=weekly.LEASE_S + 1)) == [True]
    assert look(one, at=SUMMER + HOUR) == [False]

    assert len(webhook.posted) == 2
    facts: dict[str, Any] = json.loads(webhook.posted[1][1])
    assert (facts["event"], facts["tz"]) == ("report", "Europe/Berlin")
    assert facts["summary"]["matches"] > 0


def test_claimed_by_one(store: Store) -> None:
    """On each database: a claim holds for the lease, and what was sent is never claimed again."""

    def claim(now: int) -> bool:
        return store.write(reports.claim, 1000, now, 60).result()

    assert [claim(1000), claim(1059), claim(1061), claim(1100)] == [True, False, True, False]

    store.write(reports.sent, 1000, 1101).result()

    assert claim(5000) is False
