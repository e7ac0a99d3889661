"""web/answers.py: counted once for the same files, and never wrong when they or the span have changed."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from stores import post_all

from tremble.analytics import generate
from tremble.analytics.lake import Lake
from tremble.analytics.metrics import METRICS
from tremble.analytics.span import Span
from tremble.store import accounts
from tremble.store.engine import Store
from tremble.web import answers, numbers
from tremble.web.answers import Answer, Answers
from tremble.web.numbers import Numbers

START = datetime(2026, 3, 1, tzinfo=UTC)
MONTHS = generate.Months(START, 3, matches=4)
SPAN = Span(START, START + timedelta(days=3))
NAMES = ["active", "matches"]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Span]:
    """The spans that were counted."""
    found: list[Span] = []

    class Counted(Lake):
        def __init__(self, directory: Path, span: Span, threads: int = 1) -> None:
            found.append(span)
            super().__init__(directory, span, threads)

    monkeypatch.setattr(numbers, "Lake", Counted)
    return found


def test_counted_once(store: Store, tmp_path: Path, opened: list[Span]) -> None:
    """The same is counted once; again when the files have changed, by a late match or an erasure."""
    results = list(generate.results(MONTHS, 2))
    post_all(store, results[1:])
    ours = Numbers(store, tmp_path)

    first, again = (asyncio.run(ours.tables(SPAN, NAMES)) for _ in range(2))
    assert again is first
    asyncio.run(ours.tables(SPAN, ["weapons"]))
    assert len(opened) == 2

    post_all(store, results[:1])
    ours.brought_up_to_date()
    later = asyncio.run(ours.tables(SPAN, NAMES))
    assert later["matches"].matches == first["matches"].matches + 1
    store.write(accounts.erase, results[0].players[0].player_id, 2**60).result()
    ours.brought_up_to_date()
    erased = asyncio.run(ours.tables(SPAN, NAMES))
    assert erased["active"].rows != later["active"].rows


def test_until_now(store: Store, tmp_path: Path, opened: list[Span]) -> None:
    """A span that ends now is counted anew when a match ended in what was added to it, or a step began."""
    results = list(generate.results(MONTHS, 2))
    post_all(store, results)
    ours = Numbers(store, tmp_path)
    ours.brought_up_to_date()
    ended = sorted(one.ended_at for one in results)[5]

    just_before = Span(START, ended - timedelta(seconds=2))
    for seconds in (2, 1, 0, -1):
        span = Span(START, ended - timedelta(seconds=seconds))
        found = asyncio.run(ours.answer(span, list(METRICS)))
        with Lake(tmp_path / "analytics", span) as lake:
            assert {name: lake.table(name) for name in METRICS} == found.tables
    assert opened[0] == just_before
    assert len(opened) in (2, 3)  # a step may begin there


def test_not_for_ever() -> None:
    """Only the last few are kept, and those that were asked for stay longest."""
    kept = Answers()
    spans = [Span(START + timedelta(days=n), START + timedelta(days=40)) for n in range(10)]
    for span in spans:
        kept.keep(Answer((1, 1, 1), span, None, {}), NAMES)
        kept.find((1, 1, 1), spans[0], NAMES)

    found = [kept.find((1, 1, 1), span, NAMES) is not None for span in spans]
    assert found == [True, False, False] + [True] * (answers.MAX_KEPT - 1)
    assert kept.find((2, 1, 1), spans[0], NAMES) is None
