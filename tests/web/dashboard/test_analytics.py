"""The page of analytics: charts for who is signed in, and what is wrong said on it."""

import re
import sys
from datetime import UTC, datetime

import pytest
from stores import post_all
from web.dashboard.operators import Browser

from tremble.analytics import generate
from tremble.store.engine import Store

WHERE = "/dashboard/analytics"


@pytest.fixture
def played(store: Store) -> Store:
    """A store with three days of matches."""
    months = generate.Months(datetime(2026, 3, 1, tzinfo=UTC), 3, matches=4)
    post_all(store, list(generate.results(months, 2)))
    return store


def test_charts_of_a_span(browser: Browser, played: Store) -> None:
    """Every metric has its place; what a page with our policy may not hold is not on it."""
    browser.sign_in("viewer")

    answer = browser.get(f"{WHERE}?since=2026-03-01&until=2026-03-04&tz=Europe/Berlin")

    assert answer.status_code == 200
    assert "2026-03-01 00:00 to 2026-03-04 00:00, Europe/Berlin" in answer.text
    assert answer.text.count('<section class="metric"') == 23
    assert answer.text.count("data-value=") > 100
    assert not re.search(r"\sstyle=|<style|<script>|javascript:", answer.text)


def test_nothing_was_played(browser: Browser, played: Store) -> None:
    browser.sign_in("viewer")

    answer = browser.get(f"{WHERE}?since=2026-01-01&until=2026-01-04")

    assert answer.status_code == 200
    assert answer.text.count("Nobody played in these days.") == 23
    assert "data-value=" not in answer.text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("tz=Mars/%3Cb%3E", "&lt;b&gt;&#39; is no time zone"),
        ("since=soon", "is no day such as"),
        ("since=2026-02-01&until=2026-01-01", "is not after since"),
    ],
)
def test_what_is_wrong_is_said(browser: Browser, query: str, words: str) -> None:
    browser.sign_in("viewer")

    answer = browser.get(f"{WHERE}?{query}")

    assert answer.status_code == 400
    assert words in answer.text


def test_who_may(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody who is not signed in; and without the extra it says what to install."""
    assert browser.get(WHERE).status_code in (303, 401)

    monkeypatch.setitem(sys.modules, "duckdb", None)
    browser.sign_in("viewer")
    answer = browser.get(WHERE)

    assert answer.status_code == 501
    assert "tremble[analytics]" in answer.text
