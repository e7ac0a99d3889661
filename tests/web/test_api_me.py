"""One's own account: a guest gets a login, a name is changed, a password recovered, all erased."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from clients import Client
from results import line, match_id, player_id, result
from store_jobs import held
from stores import dump

from tremble import token
from tremble.store import accounts, erasures
from tremble.store.engine import Store
from tremble.web.signed_in import now

KEY = bytes(range(16))
GUEST = token.player_id(KEY)
PASSWORD = "correct horse"


def ask(client: Client, method: str, path: str, access: str = "", body: Any = None) -> Any:
    headers = {"authorization": f"Bearer {access}"}
    return client.http.request(method, f"/v1/{path}", json=body, headers=headers)


def guest(client: Client) -> str:
    body = {"key": KEY.hex(), "name": "anna"}
    return str(ask(client, "POST", "auth/device", body=body).json()["access_token"])


def login(client: Client, password: str = PASSWORD, username: str = "anna") -> Any:
    return ask(
        client, "POST", "auth/login", body={"username": username, "password": password}
    ).json()


@pytest.fixture
def access(client: Client) -> str:
    """The access token of a guest who got the login `anna`."""
    shown = guest(client)
    body = {"username": "anna", "password": PASSWORD}
    assert ask(client, "POST", "me/login", shown, body).status_code == 201
    return shown


def test_link(client: Client) -> None:
    """A guest who gets a login signs in with it as the same player, and gets no second one."""
    shown = guest(client)
    body = {"username": "Anna.B", "password": PASSWORD}

    linked = ask(client, "POST", "me/login", shown, body)

    assert (linked.status_code, linked.json()["username"]) == (201, "Anna.B")
    assert login(client, username="anna.b")["player_id"] == GUEST
    again = ask(client, "POST", "me/login", shown, {**body, "username": "bert"})
    assert (again.status_code, again.json()["code"]) == (409, "already_linked")


def test_rename(client: Client, access: str) -> None:
    """Another name is the username too; who has one that is taken, or is none, is told."""
    other = {"username": "bert", "password": PASSWORD}
    ask(client, "POST", "auth/register", body=other)

    renamed = ask(client, "PATCH", "me", access, {"name": "carla"})
    taken = ask(client, "PATCH", "me", access, {"name": "Bert"})
    bad = ask(client, "PATCH", "me", access, {"name": "a b"})

    assert (renamed.json()["name"], renamed.json()["username"]) == ("carla", "carla")
    assert (taken.status_code, taken.json()["code"]) == (409, "username_taken")
    assert (bad.status_code, bad.json()["errors"][0]["path"]) == (400, "name")
    assert login(client, username="carla")["player_id"] == GUEST


def test_change_password(client: Client, access: str) -> None:
    """The password is changed by who knows it; every device is signed out."""
    body = {"password": "wrong horse", "new_password": "battery staple"}
    wrong = ask(client, "PUT", "me/password", access, body)
    changed = ask(client, "PUT", "me/password", access, {**body, "password": PASSWORD})

    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_password")
    assert changed.status_code == 204
    assert ask(client, "GET", "me", access).status_code == 401
    assert login(client)["code"] == "bad_login"
    assert login(client, "battery staple")["player_id"] == GUEST


def test_recover(client: Client, access: str) -> None:
    """A recovery code, however it is typed, is good for one new password."""
    made = ask(client, "POST", "me/recovery-codes", access, {"password": PASSWORD})
    codes = made.json()["codes"]
    body = {"username": "ANNA", "code": f" {codes[3].upper()} ", "new_password": "battery staple"}

    first = ask(client, "POST", "auth/recover", body=body)
    second = ask(client, "POST", "auth/recover", body=body)

    assert (made.status_code, len(set(codes))) == (201, 10)
    assert (first.status_code, first.json()["player_id"]) == (200, GUEST)
    assert (second.status_code, second.json()["code"]) == (401, "bad_code")
    assert ask(client, "GET", "me", access).status_code == 401
    assert login(client, "battery staple")["player_id"] == GUEST


def test_no_codes_for_guests(client: Client) -> None:
    """Who has no password has none to recover."""
    answer = ask(client, "POST", "me/recovery-codes", guest(client), {"password": None})

    assert (answer.status_code, answer.json()["code"]) == (401, "login_required")


def test_export(client: Client, access: str) -> None:
    """An export holds the account, former names, boards and every match."""
    client.post(result(1, line(int(GUEST, 16), 1), line(2, 2)))

    shown = ask(client, "GET", "me/export", access)

    found = shown.json()
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "no-store")
    assert found["account"]["player_id"] == GUEST
    assert [former["name"] for former in found["former_names"]] == ["anna"]
    assert found["boards"]["duel"]["wins"] == 1
    assert [match["match_id"] for match in found["matches"]] == [match_id(1)]
    assert found["saves"] == []


SAVE = {"type": "slot-a", "clock": [1, 0], "tips": {"d" * 32: [1, ["89abcdef01234567"]]}}


@pytest.mark.parametrize(
    ("method", "path", "body", "headers"),
    [
        ("PATCH", "me", {"name": "berta"}, {}),
        ("POST", "me/recovery-codes", {"password": PASSWORD}, {}),
        ("PUT", f"me/friends/{player_id(1)}", None, {}),
        (
            "PUT",
            "saves/slot-a",
            SAVE,
            {"Tremble-Device": "d" * 32, "Idempotency-Key": "k" * 16, "If-None-Match": "*"},
        ),
    ],
)
def test_nothing_comes_after_the_erasure(
    client: Client,
    store: Store,
    access: str,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    path: str,
    body: Any,
    headers: dict[str, str],
) -> None:
    """What was asked before it and is written after it is refused: no name, friend or save is left."""
    client.post(result(1))
    go, _ = held(store)
    store.write(accounts.erase, GUEST, now())
    asked, write = threading.Event(), store.write

    def noted(*job: Any, **more: Any) -> Any:
        future = write(*job, **more)
        asked.set()
        return future

    monkeypatch.setattr(store, "write", noted)
    shown = {"authorization": f"Bearer {access}", **headers}
    with ThreadPoolExecutor(1) as threads:
        late = threads.submit(client.http.request, method, f"/v1/{path}", json=body, headers=shown)
        assert asked.wait(60)
        go.set()
        answer = late.result()

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    rows = dump(store)
    assert rows["friend"] == rows["save_version"] == rows["recovery_code"] == []
    assert "berta" not in repr(rows)


def test_erase(client: Client, access: str) -> None:
    """Who erased the account is nobody: no token, no login, no name on board or match."""
    client.post(result(1, line(int(GUEST, 16), 1, name="anna"), line(2, 2)))
    unsure = ask(client, "POST", "me/erase", access, {"password": None})

    erased = ask(client, "POST", "me/erase", access, {"password": PASSWORD})

    assert (unsure.status_code, erased.status_code) == (401, 204)
    assert ask(client, "GET", "me", access).status_code == 401
    assert login(client)["code"] == "bad_login"
    for path in (f"matches/{match_id(1)}", f"players/{GUEST}", "leaderboards/duel/top"):
        answer = client.get(f"/v1/{path}").text
        assert erasures.ERASED in answer
        assert "anna" not in answer


def test_all_need_a_token(client: Client) -> None:
    """Nothing under /v1/me answers who is not signed in."""
    bodies: dict[tuple[str, str], Any] = {
        ("GET", "me"): None,
        ("PATCH", "me"): {"name": "anna"},
        ("POST", "me/login"): {"username": "anna", "password": PASSWORD},
        ("PUT", "me/password"): {"password": PASSWORD, "new_password": PASSWORD},
        ("POST", "me/recovery-codes"): {"password": PASSWORD},
        ("GET", "me/export"): None,
        ("POST", "me/erase"): {"password": None},
    }

    statuses = [ask(client, method, path, "x", body) for (method, path), body in bodies.items()]

    assert {answer.status_code for answer in statuses} == {401}
