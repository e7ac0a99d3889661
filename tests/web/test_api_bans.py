"""Bans for game servers: what changed since, as soon as it has, for those who are trusted alone."""

import threading
from datetime import UTC, datetime
from time import monotonic, sleep, time
from typing import Any

import pytest
from clients import SERVER_ID, Client, signed

from tremble import token
from tremble.store import bans
from tremble.store.bans import Ban
from tremble.store.engine import Store
from tremble.web import api_bans

ANN, BOB = "a" * 16, "b" * 16
AT = datetime(2026, 1, 1, tzinfo=UTC)


def ban(store: Store, who: str, reason: str = "aimbot") -> None:
    store.write(bans.add, Ban(who, AT, None, reason)).result()


def ask(client: Client, since: int = 0, wait: int = 0, late_s: int = 0) -> Any:
    at = int(time()) - late_s
    headers = signed(token.bans_request(since, wait, at))
    return client.get(f"/v1/server/bans?since={since}&wait={wait}&at={at}", **headers)


def told(answer: Any) -> list[tuple[int, str, bool]]:
    changes = answer.json()["changes"]
    return [(change["seq"], change["player_id"], change["ban"] is not None) for change in changes]


def test_changes(client: Client, store: Store) -> None:
    """The last change of each player, in order; nothing is told twice."""
    assert ask(client).json() == {"changes": [], "last": 0, "more": False, "afresh": True}
    ban(store, ANN)
    ban(store, BOB)
    store.write(bans.remove, ANN).result()

    first = ask(client)
    assert told(first) == [(2, BOB, True), (3, ANN, False)]
    assert first.json()["changes"][0]["ban"]["reason"] == "aimbot"
    assert ask(client, 3).json() == {"changes": [], "last": 3, "more": False, "afresh": False}
    ban(store, BOB, "spam")
    assert told(ask(client, 3)) == [(4, BOB, True)]


def test_pages(client: Client, store: Store, monkeypatch) -> None:
    """More than fits comes with the next answers."""
    monkeypatch.setattr(api_bans, "PAGE", 2)
    for who in ("1" * 16, "2" * 16, "3" * 16):
        ban(store, who)

    first, second = ask(client).json(), ask(client, 2).json()

    assert (len(first["changes"]), first["last"], first["more"]) == (2, 2, True)
    assert (len(second["changes"]), second["last"], second["more"]) == (1, 3, False)


def test_restored_record(client: Client, store: Store) -> None:
    """Who knows more than the record, since that was restored from a backup, is told all afresh."""
    ban(store, ANN)

    answer = ask(client, 9)

    assert (told(answer), answer.json()["afresh"]) == ([(1, ANN, True)], True)


def test_waits_for_a_change(client: Client, store: Store) -> None:
    """A request that waits is answered once somebody is banned."""
    ban(store, ANN)
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(ask(client, 1, wait=25)))
    asking.start()
    sleep(0.3)
    assert answers == []
    ban(store, BOB)
    banned = monotonic()
    asking.join(60)

    assert told(answers[0]) == [(2, BOB, True)]
    assert monotonic() - banned < 24.0  # and not when the time to wait was over


def test_only_servers(client: Client) -> None:
    """Unsigned, signed for another question, and old requests are refused."""
    at = int(time())
    other = signed(token.bans_request(1, 0, at))
    plain = f"/v1/server/bans?since=0&at={at}"

    assert client.get(plain).json()["code"] == "unsigned"
    assert client.get(plain, **other).json()["code"] == "bad_signature"
    assert ask(client, late_s=600).json()["code"] == "stale_request"
    headers = {token.SERVER_HEADER: SERVER_ID, token.SIGNATURE_HEADER: "x"}
    assert client.get("/v1/server/bans?since=x&at=1", **headers).status_code == 400


@pytest.mark.parametrize("wait", [-1, 26])
def test_bounds(client: Client, wait: int) -> None:
    assert ask(client, wait=wait).status_code == 400
