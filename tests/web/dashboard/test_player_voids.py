"""All matches of a player voided at once, as foretold, and taken back."""

import re

import pytest
from results import line, match_id, player_id, result
from web.dashboard.operators import Browser

from tremble import ledger
from tremble.store import audit, matches, rebuild
from tremble.store.engine import Store

ONE = player_id(1)
WHERE = f"/dashboard/players/{ONE}"
DAY = 86400


@pytest.fixture
def played(store: Store) -> Store:
    """Four matches of player 1, a day apart from 1 January on, and one of others."""
    for number in range(4):
        ledger.post(
            store, result(number, line(1, 1), line(2 + number % 2, 2), after_s=DAY * number)
        )
    ledger.post(store, result(9, line(2, 1), line(3, 2), after_s=DAY * 5))
    return store


def void(store: Store) -> list[int]:
    found = [store.read(matches.find, match_id(number)) for number in (0, 1, 2, 3, 9)]
    return [int(match.voided) for match in found if match is not None]


def test_from_a_day_on(browser: Browser, played: Store) -> None:
    """The preview counts and foretells; then they are void, and count again."""
    browser.sign_in("moderator")
    ids = [match_id(2), match_id(3)]
    foretold = played.read(rebuild.preview, ids, lambda: None)
    page = browser.get(f"{WHERE}/void?since=2026-01-03").text
    shown = re.findall(r'<td class="n">([-0-9.]+)</td>\s*<td class="n">([-0-9.a-z ]+)</td>', page)
    form = {"csrf": browser.csrf, "since": "2026-01-03"}
    done = browser.send(f"{WHERE}/void", form)
    after = void(played)
    told = browser.get(done.headers["location"]).text
    browser.send(f"{WHERE}/restore", form)

    assert "2 matches would be void" in page
    assert shown == [
        (f"{m.before:.1f}", "not listed" if m.after is None else f"{m.after:.1f}") for m in foretold
    ]
    assert after == [0, 0, 1, 1, 0]
    assert "The matches are void" in told
    assert void(played) == [0] * 5
    acts = [(e.action, e.target, e.after) for e in played.read(audit.pages, 2)]
    assert acts == [(act, ONE, {"matches": ids}) for act in ("restore", "void")]


def test_who_may(browser: Browser, played: Store) -> None:
    """Not a viewer; and a date must be one."""
    browser.sign_in("viewer")
    refused = [
        browser.get(f"{WHERE}/void"),
        browser.send(f"{WHERE}/void", {"csrf": browser.csrf}),
        browser.send(f"{WHERE}/restore", {"csrf": browser.csrf}),
    ]
    browser.sign_in("moderator")

    assert [answer.status_code for answer in refused] == [403] * 3
    assert browser.get(f"{WHERE}/void?since=soon").status_code == 400
    assert browser.get(f"/dashboard/players/{player_id(8)}/void").status_code == 404
    assert void(played) == [0] * 5
