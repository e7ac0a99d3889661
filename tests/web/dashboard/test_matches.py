"""Matches on the dashboard: found, looked at, voided as foretold, by whom the role lets."""

import re

import pytest
from results import line, match_id, player_id, result
from web.dashboard.operators import Browser

from tremble import ledger
from tremble.store import audit, matches, rebuild
from tremble.store.engine import Store

EVIL = "<script>alert(1)</script>"
WHERE = f"/dashboard/matches/{match_id(1)}"


@pytest.fixture
def played(store: Store) -> Store:
    """Three matches of four players on two maps."""
    ledger.post(store, result(1, line(1, 1, name="anna"), line(2, 2, name=EVIL)))
    ledger.post(store, result(2, line(3, 1), line(2, 2, name=EVIL), after_s=600, map="moat"))
    ledger.post(store, result(3, line(1, 1, name="anna"), line(4, 2), after_s=1200))
    return store


def rows(text: str) -> list[str]:
    return re.findall(r'href="/dashboard/matches/([0-9a-f]{32})"', text)


def test_found_by_what_they_have_in_common(browser: Browser, played: Store) -> None:
    """By map, by a name or an id; what is not known is told."""
    browser.sign_in("viewer")
    every = browser.get("/dashboard/matches?player=&map=").text
    named = browser.get("/dashboard/matches?player=ANNA").text
    unknown = browser.get("/dashboard/matches?player=nobody&since=soon")

    assert rows(every) == [match_id(3), match_id(2), match_id(1)]
    assert rows(browser.get("/dashboard/matches?map=moat").text) == [match_id(2)]
    assert rows(named) == rows(browser.get(f"/dashboard/matches?player={player_id(1)}").text)
    assert rows(named) == [match_id(3), match_id(1)]
    assert unknown.text.count('role="alert"') == 2
    assert EVIL not in every and "&lt;script&gt;" in every


def test_void_as_foretold(browser: Browser, played: Store) -> None:
    """The preview has the numbers of the store, the act does just that, and the audit names who did it."""
    browser.sign_in("moderator")
    foretold = played.read(rebuild.preview, [match_id(1)], lambda: None)
    preview = browser.get(WHERE + "/void").text
    shown = re.findall(
        r'<tr data-player="(\w+)".*?<td class="n">([^<]*)</td>\s*<td class="n">([^<]*)</td>',
        preview,
        re.DOTALL,
    )
    done = browser.send(WHERE + "/void", {"csrf": browser.csrf})
    page = browser.get(done.headers["location"]).text
    voided = played.read(matches.find, match_id(1))
    back = browser.send(WHERE + "/restore", {"csrf": browser.csrf})

    assert shown == [
        (m.player_id, f"{m.before:.1f}", "not listed" if m.after is None else f"{m.after:.1f}")
        for m in foretold
    ]
    assert len(shown) == 4
    assert done.status_code == back.status_code == 303
    assert "The match is void" in page and "Let it count again" in page
    assert voided is not None and voided.voided
    acts = [(e.actor, e.action, e.target) for e in played.read(audit.pages, 10)][:2]
    assert acts == [("operator:moderator", act, match_id(1)) for act in ("restore", "void")]


def test_who_may(browser: Browser, played: Store) -> None:
    """A viewer looks but does not void; without the token of the session nobody does."""
    browser.sign_in("viewer")
    looked = browser.get(WHERE)
    refused = [browser.get(WHERE + "/void"), browser.send(WHERE + "/void", {"csrf": browser.csrf})]
    browser.sign_in("moderator")
    forged = browser.send(WHERE + "/void", {"csrf": "0" * 32})

    assert looked.status_code == 200 and "Void…" not in looked.text
    assert [answer.status_code for answer in [*refused, forged]] == [403, 403, 403]
    found = played.read(matches.find, match_id(1))
    assert found is not None and not found.voided


@pytest.mark.parametrize("end", ["", "/void"])
def test_unknown(browser: Browser, end: str) -> None:
    """A match that was never recorded is not there."""
    browser.sign_in("moderator")

    assert browser.get(f"/dashboard/matches/{match_id(9)}{end}").status_code == 404
