"""Boards and seasons, the health of the server list, API keys and the audit."""

import re
from datetime import UTC, datetime

import pytest
from results import line, player_id, result
from web.dashboard.operators import Browser

from tremble import ledger, token
from tremble.heartbeat import Heartbeat
from tremble.store import api_keys, audit, server_keys, servers
from tremble.store.audit import By
from tremble.store.engine import Store
from tremble.store.servers import Source
from tremble.store.staff import ROLES
from tremble.web.dashboard import boards
from tremble.web.dashboard.listing import read_health
from tremble.web.signed_in import now

BEAT = Heartbeat(
    at=1, port=4433, name="Slate House", gamemode="duel", map="pit", players=1, bots=0,
    max_players=8, phase="live", protocol=1, version="1",
)  # fmt: skip
PLACE = "192.0.2.1:4433"


def test_boards(browser: Browser, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each board with its players, in pages by rank."""
    for number in range(2, 5):
        ledger.post(store, result(number, line(1, 1), line(number, 2), after_s=600 * number))
    monkeypatch.setattr(boards, "LISTED", 3)
    browser.sign_in("viewer")
    every = browser.get("/dashboard/boards").text
    first = browser.get("/dashboard/boards/duel").text
    rest = browser.get("/dashboard/boards/duel?from=4").text

    assert 'href="/dashboard/boards/duel">duel' in every and "running" in every
    assert first.count("/dashboard/players/") == 3 and "from=4" in first
    assert rest.count("/dashboard/players/") == 1 and "better" in rest
    assert browser.get("/dashboard/boards/nothing").status_code == 404


def test_a_season_is_begun_by_who_means_it(browser: Browser, store: Store) -> None:
    """An admin who types the word; the audit knows."""
    browser.sign_in("moderator")
    small = browser.send("/dashboard/seasons", {"csrf": browser.csrf, "word": "begin"})
    browser.sign_in("admin")
    wrong = browser.send("/dashboard/seasons", {"csrf": browser.csrf, "word": "yes"})
    right = browser.send("/dashboard/seasons", {"csrf": browser.csrf, "word": "begin"})

    assert [small.status_code, wrong.status_code, right.status_code] == [403, 400, 303]
    entry = store.read(audit.pages, 1)[0]
    assert (entry.actor, entry.action, entry.target) == ("operator:admin", "begin-season", "2")


def test_why_a_server_is_not_listed(browser: Browser, store: Store) -> None:
    """One in the list, one that did not answer, one never heard of, one whose key was revoked."""
    keys = [token.public_key(bytes([n]) * 32) for n in range(4)]
    idents = [token.server_id(key) for key in keys]
    for number, key in enumerate(keys):
        store.write(server_keys.enrol, key, f"owner {number}", 1, None).result()
    for ident in idents[:2]:
        source = Source(ident, "owner", PLACE, 2)
        store.write(servers.hear, source, BEAT, now(), 20).result()
    store.write(servers.probed, idents[0], PLACE, now(), 12.5).result()
    store.write(servers.probed, idents[1], PLACE, now(), None).result()
    store.write(server_keys.revoke, idents[3], 2).result()
    browser.sign_in("viewer")
    page = browser.get("/dashboard/servers").text
    why = {one.server_id: one.why for one in store.read(read_health, datetime.now(UTC))}

    assert why[idents[0]] == ""
    assert "probe" in why[idents[1]]
    assert "never sent" in why[idents[2]]
    assert "revoked" in why[idents[3]]
    assert "1 listed of 4 known" in page and "12 ms" in page


def test_keys_are_shown_once(browser: Browser, store: Store) -> None:
    """The key holds for what was chosen, is not shown again, and is refused once revoked."""
    browser.sign_in("admin")
    form = {"csrf": browser.csrf, "name": "bot", "players:ban": "1"}
    shown = browser.send("/dashboard/keys", form).text
    fresh = re.search(r'class="token">([^<]+)<', shown)
    assert fresh is not None
    ident = token.token_row(token.API_KEY, fresh[1])
    assert ident is not None
    holds = store.read(api_keys.scopes, ident, token.digest(fresh[1]))
    again = browser.get("/dashboard/keys").text
    revoked = browser.send(f"/dashboard/keys/{ident}/revoke", {"csrf": browser.csrf})

    assert holds == ["players:ban"]
    assert fresh[1] not in again and "bot" in again
    assert revoked.status_code == 303
    assert store.read(api_keys.scopes, ident, token.digest(fresh[1])) is None
    assert browser.send("/dashboard/keys", {"csrf": browser.csrf, "name": "x"}).status_code == 400


def test_every_scope_is_offered(browser: Browser) -> None:
    """What a key can be for at a shell it can be for here."""
    browser.sign_in("admin")
    page = browser.get("/dashboard/keys").text

    assert [scope for scope in api_keys.SCOPES if f'name="{scope}"' not in page] == []


def test_keys_are_for_admins(browser: Browser) -> None:
    """Others neither see the page nor its entry."""
    browser.sign_in("moderator")

    assert browser.get("/dashboard/keys").status_code == 403
    assert "/dashboard/keys" not in browser.get("/dashboard/audit").text


def test_audit(browser: Browser, store: Store) -> None:
    """Found by parts of who, what and on whom, page by page; what it says is text.

    Beside these there is an entry for each operator that was made.
    """
    for number in range(60):
        by = By(f"operator:mo{number % 2}", "::1", number)
        act = "ban" if number % 3 else "unban"
        after = {"reason": "<b>"}
        store.write(audit.note, by, act, player_id(number % 4), None, after).result()
    browser.sign_in("viewer")
    first = browser.get("/dashboard/audit").text
    older = re.search(r'href="([^"]+)">older', first)
    assert older is not None
    rest = browser.get(older[1].replace("&amp;", "&")).text
    narrow = browser.get("/dashboard/audit?actor=MO1&action=unban").text

    assert (first.count("<details>"), rest.count("<details>")) == (50, 60 + len(ROLES) - 50)
    assert narrow.count("<details>") == 10
    assert "&lt;b&gt;" in first and "<b>&quot;" not in first
    assert f'href="/dashboard/players/{player_id(3)}"' in first
