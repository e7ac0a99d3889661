"""Tickets: for who is signed in and not banned, for servers of this record, signed by its one key."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clients import SERVER_ID, Client
from results import player_id, result

from tremble import ticket, token
from tremble.errors import ConfigError
from tremble.store import bans
from tremble.store.bans import Ban
from tremble.store.engine import Store
from tremble.web.api_join import Joining, RecordKey

KEY = bytes(range(16))
GUEST = token.player_id(KEY)


def ask(client: Client, server: str = SERVER_ID) -> Any:
    shown = client.http.post("/v1/auth/device", json={"key": KEY.hex(), "name": "anna"}).json()
    access = {"authorization": f"Bearer {shown.get('access_token', '')}"}
    return client.http.post("/v1/join", json={"server_id": server}, headers=access)


def test_ticket(client: Client) -> None:
    """It says who asks, with the ratings, and verifies by the key that game servers pin."""
    lines = [msgspec.structs.replace(line, player_id=who) for line, who in
             zip(result(1).players, (GUEST, player_id(2)), strict=True)]  # fmt: skip
    client.post(result(1, *lines))
    public = bytes.fromhex(client.get("/v1/server/record-key").json()["public"])

    answer = ask(client)
    found = ticket.unseal(msgspec.json.decode(answer.content, type=Joining).ticket, public)

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert (found.player_id, found.name, found.server_id) == (GUEST, "player 1", SERVER_ID)
    assert found.expires_at - found.issued_at == 60_000
    assert found.ratings["duel"][0] > 1500


def test_unknown_server(client: Client) -> None:
    """No ticket for a server whose results would not be taken."""
    assert (ask(client, "0" * 16).status_code, ask(client, "zz").status_code) == (404, 400)


def test_not_for_all(client: Client, store: Store) -> None:
    """Who is banned gets none, nor who is not signed in."""
    assert ask(client).status_code == 200
    nobody = client.http.post("/v1/join", json={"server_id": SERVER_ID})
    store.write(bans.add, Ban(GUEST, datetime.now(UTC), None, "aimbot")).result()

    assert nobody.json()["code"] == "not_signed_in"
    assert ask(client).status_code == 401  # the sign-in is refused already


@pytest.mark.usefixtures("still")
def test_limit(client: Client) -> None:
    """An account gets thirty at once."""
    shown = client.http.post("/v1/auth/device", json={"key": KEY.hex()}).json()
    access = {"authorization": f"Bearer {shown['access_token']}"}
    asked = [
        client.http.post("/v1/join", json={"server_id": SERVER_ID}, headers=access).status_code
        for _ in range(31)
    ]

    assert asked == [200] * 30 + [429]


def test_key_is_kept(tmp_path: Path) -> None:
    """The key is made once; a damaged one is named and left alone."""
    first = RecordKey(tmp_path)
    assert RecordKey(tmp_path).public == first.public

    (tmp_path / "keys" / "record.key").write_text("zz")
    with pytest.raises(ConfigError, match=r"record\.key"):
        RecordKey(tmp_path)
