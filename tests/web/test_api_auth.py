"""Signing in: guests by key, others by password; tokens are renewed, and used ones end it."""

import asyncio
from typing import Any

import pytest
from clients import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from results import line, result
from stores import dump

from tremble import token
from tremble.store import accounts, sign_ins
from tremble.store.engine import Store
from tremble.web import limits
from tremble.web.passwords import Passwords

KEY = bytes(range(16))
PASSWORD = "correct horse"
PATHS = ["device", "register", "login", "refresh"]


def ask(client: Client, path: str, body: Any = None, access: str = "") -> Any:
    headers = {"authorization": f"Bearer {access}"} if access else {}
    return client.http.post(f"/v1/auth/{path}", json=body, headers=headers)


def guest(client: Client, key: bytes = KEY) -> Any:
    return ask(client, "device", {"key": key.hex(), "name": "anna"})


def register(client: Client, username: str = "Anna", **more: str) -> Any:
    return ask(client, "register", {"username": username, "password": PASSWORD, **more})


def login(client: Client, username: str = "Anna", password: str = PASSWORD) -> Any:
    return ask(client, "login", {"username": username, "password": password})


def me(client: Client, access: str) -> Any:
    return client.get("/v1/me", authorization=f"Bearer {access}")


def test_guest(client: Client) -> None:
    """A guest is signed in as the player its key gives: made the first time (201), then known."""
    first, second = guest(client), guest(client)

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["player_id"] == second.json()["player_id"] == token.player_id(KEY)
    assert first.headers["cache-control"] == "no-store"
    shown = me(client, second.json()["access_token"]).json()
    assert (shown["player_id"], shown["name"], shown["username"], shown["devices"]) == (
        token.player_id(KEY),
        "anna",
        None,
        2,
    )


def test_login(client: Client) -> None:
    """Who registered can sign in, however the username is written."""
    made = register(client)
    found = login(client, "ANNA")

    assert (made.status_code, found.status_code) == (201, 200)
    assert found.json()["player_id"] == made.json()["player_id"]
    assert me(client, found.json()["access_token"]).json()["username"] == "Anna"


def test_register_with_key(client: Client) -> None:
    """With a guest's key the new account is the guest's player; the key alone opens it no more."""
    made = register(client, key=KEY.hex())

    assert made.json()["player_id"] == token.player_id(KEY)
    assert (guest(client).status_code, guest(client).json()["code"]) == (401, "login_required")


def test_taken(client: Client) -> None:
    """A username or a key that has an account is not given again."""
    register(client)
    guest(client)

    assert (register(client, "anna").status_code, register(client, "anna").json()["code"]) == (
        409,
        "username_taken",
    )
    assert register(client, "bert", key=KEY.hex()).json()["code"] == "already_registered"


def test_unknown_and_wrong(client: Client) -> None:
    """A wrong password and an unknown username get the same answer."""
    register(client)

    wrong, unknown = login(client, password="wrong horse"), login(client, "nobody")

    told = [{**answer.json(), "request_id": ""} for answer in (wrong, unknown)]
    assert (wrong.status_code, told[0]) == (401, told[1])
    assert wrong.json()["code"] == "bad_login"
    assert wrong.headers["www-authenticate"] == "Bearer"


def test_refresh(client: Client) -> None:
    """A refresh gives both tokens anew; the old access token holds no more."""
    old = guest(client).json()

    new = ask(client, "refresh", {"refresh_token": old["refresh_token"]})

    assert new.status_code == 200
    assert me(client, old["access_token"]).json()["code"] == "invalid_token"
    assert me(client, new.json()["access_token"]).status_code == 200


def test_reuse(client: Client) -> None:
    """A refresh token that was given up two turns ago signs the device out."""
    first = guest(client).json()
    second = ask(client, "refresh", {"refresh_token": first["refresh_token"]}).json()
    third = ask(client, "refresh", {"refresh_token": second["refresh_token"]}).json()

    stolen = ask(client, "refresh", {"refresh_token": first["refresh_token"]})

    assert (stolen.status_code, stolen.json()["code"]) == (401, "reused_token")
    assert me(client, third["access_token"]).status_code == 401
    last = ask(client, "refresh", {"refresh_token": third["refresh_token"]})
    assert last.json()["code"] == "invalid_token"


@pytest.mark.parametrize(("everywhere", "other"), [("false", 200), ("true", 401)])
def test_logout(client: Client, everywhere: str, other: int) -> None:
    """Signing out ends this device, or all of them."""
    here, there = guest(client).json(), guest(client).json()

    done = ask(client, f"logout?everywhere={everywhere}", access=here["access_token"])

    assert done.status_code == 204
    assert me(client, here["access_token"]).status_code == 401
    assert me(client, there["access_token"]).status_code == other


def test_not_signed_in(client: Client) -> None:
    """Without a token, with one of another kind or a forged one, nothing is shown."""
    given = guest(client).json()
    forged = given["access_token"][:-4] + "AAAA"

    assert client.get("/v1/me").json()["code"] == "not_signed_in"
    for shown in (given["refresh_token"], forged, "x", ""):
        assert me(client, shown).status_code == 401
    assert ask(client, "refresh", {"refresh_token": given["access_token"]}).status_code == 401


def test_nothing_secret_is_kept(client: Client, store: Store) -> None:
    """No key, password or token stands in the store, only digests."""
    shown = register(client, key=KEY.hex()).json()

    kept = repr(dump(store))

    secrets = [KEY.hex(), repr(KEY), PASSWORD, shown["access_token"], shown["refresh_token"]]
    secrets += [shown[kind].split("_", 2)[2] for kind in ("access_token", "refresh_token")]
    assert not [secret for secret in secrets if secret in kept]


def test_changed_while_the_password_is_checked(
    client: Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All devices are signed out then, and so is the one that was about to come in."""
    player_id = register(client).json()["player_id"]
    check = Passwords.check

    async def slow(self: Passwords, kept: str | None, password: str) -> bool:
        good = await check(self, kept, password)
        await asyncio.to_thread(store.write(accounts.set_password, player_id, "new").result)
        return good

    monkeypatch.setattr(Passwords, "check", slow)
    late = login(client)

    assert (late.status_code, late.json()["code"]) == (401, "bad_login")
    assert store.read(sign_ins.count, player_id) == 0


@pytest.mark.usefixtures("still")
def test_guesses_are_limited(client: Client) -> None:
    """An account takes so many wrong passwords, from whatever address; then one must wait."""
    for _ in range(limits.GUESSES.burst):
        assert login(client, "nobody", "wrong horse").status_code == 401

    late = login(client, "NOBODY", "wrong horse")

    assert (late.status_code, late.json()["code"]) == (429, "too_many_requests")
    assert 0 < int(late.headers["retry-after"]) <= 60


@pytest.mark.usefixtures("still")
def test_addresses_are_limited(client: Client) -> None:
    """An address may try so many logins at once, of whatever accounts."""
    answers = [login(client, f"n{number}") for number in range(limits.PASSWORDS.burst + 10)]

    assert {answer.status_code for answer in answers} == {401, 429}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("device", {"key": "00"}, "key"),
        ("device", {"key": KEY.hex(), "name": "x" * 33}, "name"),
        ("register", {"username": "a b", "password": PASSWORD}, "username"),
        ("register", {"username": "anna", "password": "short"}, "password"),
        ("register", {"username": "annaanna", "password": "AnnaAnna"}, "password"),
        ("login", {"username": "anna"}, "password"),
        ("refresh", {"refresh_token": 7}, "refresh_token"),
    ],
)
def test_bad_fields(client: Client, path: str, body: Any, field: str) -> None:
    """A wrong field is named, and nothing happens."""
    answer = ask(client, path, body)

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert field in answer.text


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), body=st.binary(max_size=60))
def test_any_bytes(client: Client, path: str, body: bytes) -> None:
    """Any bytes get an answer that is no fault of the server."""
    answer = client.http.post(f"/v1/auth/{path}", content=body)

    assert 400 <= answer.status_code < 500


def test_matches_are_the_account(client: Client) -> None:
    """What a guest played before it had an account is its own, under the name played with."""
    client.post(result(1, line(int(token.player_id(KEY), 16), 1, name="carla"), line(2, 2)))

    shown = me(client, guest(client).json()["access_token"]).json()

    assert (shown["player_id"], shown["name"]) == (token.player_id(KEY), "carla")
