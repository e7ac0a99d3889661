"""Players on the dashboard: found, shown to each role what is its own, banned, noted, exported, erased."""

import json
from datetime import UTC, datetime

import pytest
from results import line, match_id, player_id, result
from web.dashboard.operators import Browser

from tremble import ledger
from tremble.result import FairPlay
from tremble.store import audit, bans, notes, players, saves
from tremble.store.engine import Store
from tremble.store.saves import Info, Version
from tremble.web.dashboard.player_acts import EVIDENCE
from tremble.web.signed_in import now

ONE = player_id(1)
WHERE = f"/dashboard/players/{ONE}"
SAVE = WHERE + "/saves/slot-one"


@pytest.fixture
def played(store: Store) -> Store:
    """Two matches of anna against bert; a save of two versions."""
    seen = FairPlay(0.75, [120, 3600])
    for number in (1, 2):
        anna = line(1, 1, name="anna", fair_play=seen)
        ledger.post(store, result(number, anna, line(2, 2, name="bert"), after_s=600 * number))
    content = '{"type":"slot-one","clock":[0,0]}'
    for version in (1, 2):
        info = Info("slot-one", version, datetime.now(UTC), "d" * 32)
        store.write(saves.add, ONE, Version(info, content)).result()
    return store


def send(browser: Browser, path: str, **form: str) -> int:
    return browser.send(path, {"csrf": browser.csrf, **form}).status_code


def test_found(browser: Browser, played: Store) -> None:
    """By a part of the name; the page has ratings in numbers, matches and moments to look at."""
    browser.sign_in("moderator")
    found = browser.get("/dashboard/players?q=NN").text
    page = browser.get(WHERE).text

    assert f'href="{WHERE}">anna' in found and "bert" not in found.partition("<main")[2]
    assert "Nobody is known" in browser.get("/dashboard/players?q=xyz").text
    assert f'href="/dashboard/matches/{match_id(2)}#t=3600">1:00</a>' in page
    assert "In numbers" in page and 'class="chart"' in page


def test_each_role_sees_its_own(browser: Browser, played: Store) -> None:
    """A viewer neither sees notes and fairness nor has forms to act; a moderator erases nobody."""
    browser.sign_in("viewer")
    viewed = browser.get(WHERE).text
    acts = ("ban", "unban", "notes", "notes/1/remove", "sign-out", "export", "erase")
    refused = [send(browser, f"{WHERE}/{act}", reason="x", name="anna") for act in acts]
    browser.sign_in("moderator")
    moderated = browser.get(WHERE).text

    assert "Fair play" not in viewed and "Notes" not in viewed and f'action="{WHERE}' not in viewed
    assert "Notes" in moderated and f"{WHERE}/erase" not in moderated
    assert refused == [403] * len(acts)
    assert [send(browser, f"{WHERE}/{act}", name="anna") for act in ("export", "erase")] == [
        403
    ] * 2
    assert send(browser, SAVE + "/restore?version=1") == 403


def test_ban_with_evidence(browser: Browser, played: Store) -> None:
    """The link to a moment of a replay is kept with the ban, shown, and the ban is lifted again."""
    browser.sign_in("moderator")
    link = f"http://example.org/matches/{match_id(1)}#t=3600"
    status = send(browser, WHERE + "/ban", reason="aimbot", days="7", evidence=link)
    held = played.read(bans.find, ONE, now())
    page = browser.get(WHERE).text
    lifted = [send(browser, WHERE + "/unban"), send(browser, WHERE + "/unban")]

    assert status == 303 and held is not None and held.until is not None
    assert (held.reason, held.match_id, held.tick) == ("aimbot", match_id(1), 3600)
    assert (held.until - held.banned_at).days == 7
    assert f'href="/dashboard/matches/{match_id(1)}#t=3600">evidence' in page
    assert lifted == [303, 404]
    noted = [(e.actor, e.action) for e in played.read(audit.pages, 10, audit.NEWEST, ONE)]
    assert noted == [("operator:moderator", "unban"), ("operator:moderator", "ban")]


@pytest.mark.parametrize(
    "form",
    [{"days": "7"}, {"reason": "x", "days": "8"}, {"reason": "x", "days": "1", "evidence": "y"}],
)
def test_what_makes_no_ban(browser: Browser, played: Store, form: dict[str, str]) -> None:
    """No reason, no such length, evidence that leads nowhere: nobody is banned."""
    browser.sign_in("moderator")

    assert send(browser, WHERE + "/ban", **form) == 400
    assert played.read(bans.find, ONE, now()) is None


def test_evidence() -> None:
    """An id, the address of a match on any of its pages, with a moment or without."""
    ident = match_id(7)

    assert EVIDENCE.fullmatch(ident)
    assert EVIDENCE.fullmatch(f"/dashboard/matches/{ident}")
    assert EVIDENCE.fullmatch(f"https://x.example/matches/{ident}#t=9")
    assert not EVIDENCE.fullmatch(f"/matches/{ident}#t=")


def test_notes(browser: Browser, played: Store) -> None:
    """A note stands on the page as text, and goes again."""
    browser.sign_in("moderator")
    kept = send(browser, WHERE + "/notes", text="<b>watch</b>")
    page = browser.get(WHERE).text
    seq = played.read(notes.of_player, ONE)[0].seq
    gone = [send(browser, f"{WHERE}/notes/{seq}/remove") for _ in range(2)]

    assert kept == 303 and "&lt;b&gt;watch" in page
    assert gone == [303, 404]
    assert send(browser, WHERE + "/notes", text="x" * 2001) == 400
    assert send(browser, f"/dashboard/players/{player_id(9)}/notes", text="x") == 404


def test_saves(browser: Browser, played: Store) -> None:
    """Versions are shown; an admin brings an older one back as the newest, once it holds what one may."""
    browser.sign_in("admin")
    page = browser.get(SAVE).text
    older = browser.get(SAVE + "?version=1")
    missing = browser.get(SAVE + "?version=9")

    assert "Version 2" in page and "slot-one" in page
    assert "Version 1" in older.text and missing.status_code == 404
    assert send(browser, SAVE + "/restore?version=9") == 404
    assert send(browser, SAVE + "/restore?version=1") == 303
    kept = played.read(saves.latest, ONE, "slot-one")
    assert kept is not None and kept.info.version == 3
    entry = played.read(audit.pages, 1)[0]
    assert (entry.action, entry.target) == ("restore-save", ONE)


def test_export_and_erase(browser: Browser, played: Store) -> None:
    """The file holds it all; nobody is erased without the name, and with it for good."""
    browser.sign_in("admin")
    exported = browser.send(WHERE + "/export", {"csrf": browser.csrf})
    wrong = send(browser, WHERE + "/erase", name="Anna")
    before = played.read(players.find, ONE)
    right = send(browser, WHERE + "/erase", name="anna")
    after = played.read(players.find, ONE)

    assert "attachment" in exported.headers["content-disposition"]
    assert json.loads(exported.text)["player"]["username"] == "anna"
    assert (wrong, right) == (400, 303)
    assert before is not None and before.username == "anna"
    assert after is not None and after.username == "erased"
