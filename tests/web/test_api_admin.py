"""Bans by API key: they hold at once, for every token and every way to sign in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clients import Client
from msgspec import structs
from results import match_id, player_id, result

from tremble import token
from tremble.result import FairPlay
from tremble.store import api_keys
from tremble.store.engine import Store

KEY = bytes(range(16))
GUEST = token.player_id(KEY)
BAN = f"admin/players/{GUEST}/ban"


def ask(client: Client, method: str, path: str, access: str = "", body: Any = None) -> Any:
    headers = {"authorization": f"Bearer {access}"}
    return client.http.request(method, f"/v1/{path}", json=body, headers=headers)


def guest(client: Client) -> Any:
    return ask(client, "POST", "auth/device", body={"key": KEY.hex()})


def api_key(store: Store, *scopes: str) -> str:
    ident = token.new_id(16)
    key = token.new_token(token.API_KEY, ident)
    store.write(api_keys.add, ident, token.digest(key), "bot", list(scopes), 1).result()
    return key


def test_ban(client: Client, store: Store) -> None:
    """Who is banned is told why by every token and every sign-in, until it is taken back."""
    key, shown = api_key(store, "players:ban"), guest(client).json()

    banned = ask(client, "PUT", BAN, key, {"reason": "aimbot"})

    assert (banned.status_code, banned.json()["until"]) == (200, None)
    refresh = {"refresh_token": shown["refresh_token"]}
    answers = [
        ask(client, "GET", "me", shown["access_token"]),
        ask(client, "POST", "auth/refresh", body=refresh),
        guest(client),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (403, "banned")
        assert "aimbot" in answer.json()["detail"]
    assert ask(client, "DELETE", BAN, key).status_code == 204
    assert guest(client).status_code == 200
    assert ask(client, "DELETE", BAN, key).json()["code"] == "not_banned"


def test_survives_a_restart(client: Client, store: Store) -> None:
    """A ban with an end is in the store, and over when it ends."""
    key = api_key(store, "players:ban")
    past = datetime.now(UTC) - timedelta(seconds=1)
    future = past + timedelta(days=1)

    ask(client, "PUT", BAN, key, {"reason": "spam", "until": future.isoformat()})
    assert guest(client).status_code == 403
    ask(client, "PUT", BAN, key, {"reason": "spam", "until": past.isoformat()})

    assert guest(client).status_code == 200


@pytest.mark.parametrize(
    ("scopes", "status", "code"), [([], 403, "missing_scope"), (None, 401, "invalid_token")]
)
def test_scopes(
    client: Client, store: Store, scopes: list[str] | None, status: int, code: str
) -> None:
    """A key without the scope, and a player's own token, ban nobody."""
    shown = guest(client).json()["access_token"] if scopes is None else api_key(store, *scopes)

    answer = ask(client, "PUT", BAN, shown, {"reason": "aimbot"})

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert guest(client).json()["player_id"] == GUEST


def test_revoked_key(client: Client, store: Store) -> None:
    """A revoked key does nothing from then on."""
    key = api_key(store, "players:ban")
    ident = token.token_row(token.API_KEY, key)
    assert ident is not None

    store.write(api_keys.revoke, ident, 2).result()

    assert ask(client, "PUT", BAN, key, {"reason": "aimbot"}).status_code == 401


def test_audit(client: Client, store: Store) -> None:
    """Whatever was done by a key is listed, newest first: by whom, on whom, from where."""
    key = api_key(store, "players:ban", "audit:read")
    guest(client)
    ask(client, "PUT", BAN, key, {"reason": "aimbot"})
    ask(client, "DELETE", BAN, key)

    first = ask(client, "GET", "admin/audit?limit=1", key).json()
    cursor = first["next_cursor"]
    rest = ask(client, "GET", f"admin/audit?target={GUEST}&cursor={cursor}", key).json()

    assert rest["next_cursor"] is None
    found = first["entries"] + rest["entries"]
    ident = token.token_row(token.API_KEY, key)
    assert [(entry["action"], entry["target"], entry["actor"]) for entry in found] == [
        ("unban", GUEST, f"key:{ident}"),
        ("ban", GUEST, f"key:{ident}"),
    ]
    assert found[0]["before"]["reason"] == found[1]["after"]["reason"] == "aimbot"
    assert found[0]["origin"]


def test_export_and_erase(client: Client, store: Store) -> None:
    """All that is kept of a player is handed out, and then gone; both are noted."""
    key = api_key(store, "players:export", "players:erase", "audit:read")
    guest(client)
    path = f"admin/players/{GUEST}"

    shown = ask(client, "GET", f"{path}/export", key)
    erased = ask(client, "POST", f"{path}/erase", key)

    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    assert shown.json()["player"]["player_id"] == GUEST
    assert erased.status_code == 204
    entries = ask(client, "GET", "admin/audit", key).json()["entries"]
    assert [entry["action"] for entry in entries] == ["erase", "export"]
    after = ask(client, "GET", f"{path}/export", key).json()
    assert (after["account"], after["player"]["username"]) == (None, "erased")
    nobody = f"admin/players/{'0' * 16}"
    assert ask(client, "POST", f"{nobody}/erase", key).json()["code"] == "unknown_player"
    assert ask(client, "GET", f"{nobody}/export", key).json()["code"] == "unknown_player"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "audit"), ("GET", f"players/{GUEST}/export"), ("POST", f"players/{GUEST}/erase")],
)
def test_each_has_its_scope(client: Client, store: Store, method: str, path: str) -> None:
    """A key that may ban may not do the rest."""
    answer = ask(client, method, f"admin/{path}", api_key(store, "players:ban"))

    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


def test_fair_play(client: Client, store: Store) -> None:
    """What servers saw of a match is told to moderators, and to nobody else; a ban can name it."""
    key = api_key(store, "matches:review", "players:ban")
    seen, unseen = result(1).players
    seen = structs.replace(seen, fair_play=FairPlay(0.91, [7200]))
    assert client.post(result(1, seen, unseen)).status_code == 201
    path = f"admin/matches/{match_id(1)}/fair-play"

    found = ask(client, "GET", path, key)
    shown = {"reason": "aimbot", "match_id": match_id(1), "tick": 7200.0}
    banned = ask(client, "PUT", BAN, key, shown).json()

    assert found.json()["players"] == [
        {"player_id": player_id(1), "username": "player 1", "score": 0.91, "ticks": [7200]}
    ]
    assert (banned["match_id"], banned["tick"]) == (match_id(1), 7200)
    assert "fair_play" not in client.get(f"/v1/matches/{match_id(1)}").text
    assert ask(client, "GET", path, api_key(store, "players:ban")).status_code == 403
    nothing = ask(client, "GET", f"admin/matches/{match_id(2)}/fair-play", key)
    assert nothing.json()["code"] == "unknown_match"
