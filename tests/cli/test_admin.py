"""`tremble admin`: users, bans, API keys and game servers, by the operator's own hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stores import dump, fresh

from tremble import cli, token
from tremble.store import accounts, api_keys, server_keys
from tremble.store.engine import Store
from tremble.web.passwords import matches

Run = Callable[..., tuple[int, str]]
PLAYER = "8f14e45fceea167a"
OLD, NEW = (token.public_key(bytes([number] * 32)) for number in (1, 2))


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `tremble admin ...` on a fresh record; return exit code and what was printed."""
    fresh(tmp_path / "tremble.db").close()

    def run(*arguments: str) -> tuple[int, str]:
        code = 0
        try:
            cli.main(["admin", *arguments, "--dir", str(tmp_path)])
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


def listed(run: Run, what: str) -> Any:
    return json.loads(run(what, "--json")[1])


def test_create_user(run: Run, tmp_path: Path) -> None:
    """The password is made up, shown once, and kept only as a hash."""
    code, text = run("create-user", "anna")
    player, password = (line.split()[1] for line in text.splitlines())

    with Store(tmp_path / "tremble.db") as store:
        account = store.read(accounts.by_username, "Anna")
        assert password not in repr(dump(store))
    assert code == 0
    assert account is not None
    assert account.player_id == player
    assert account.password is not None
    assert matches(account.password, password)
    assert run("create-user", "ANNA")[0] == 1
    assert run("create-user", "a b")[0] == 2


def test_bans(run: Run) -> None:
    """A player is banned, listed and unbanned; what is no player id is refused."""
    assert run("ban", PLAYER, "--reason", "aimbot", "--days", "30")[0] == 0
    assert [(ban["player_id"], ban["reason"]) for ban in listed(run, "bans")] == [
        (PLAYER, "aimbot")
    ]
    assert "aimbot" in run("bans")[1]
    assert (run("unban", PLAYER)[0], run("unban", PLAYER)[0]) == (0, 1)
    assert run("ban", "anna", "--reason", "x")[0] == 2
    assert run("sign-out", PLAYER)[0] == 0


def test_tokens(run: Run, tmp_path: Path) -> None:
    """An API key is shown once, holds for its scopes, and is revoked by its id."""
    text = run("token", "bot", "--scope", "players:ban")[1]
    ident, key = (line.split()[1] for line in text.splitlines())

    with Store(tmp_path / "tremble.db") as store:
        assert store.read(api_keys.scopes, ident, token.digest(key)) == ["players:ban"]
        assert key not in repr(dump(store))
    assert [found["id"] for found in listed(run, "tokens")] == [ident]
    assert (run("revoke-token", ident)[0], run("revoke-token", ident)[0]) == (0, 1)
    assert run("token", "bot", "--scope", "everything")[0] == 2


def test_servers(run: Run, tmp_path: Path) -> None:
    """A server is enrolled, gets a new key while the old one still counts, and is revoked."""
    old, new = token.server_id(OLD), token.server_id(NEW)

    assert run("enrol-server", OLD.hex(), "--name", "eu-1") == (0, f"server {old}\n")
    assert run("rotate-server", old, NEW.hex(), "--hours", "48") == (0, f"server {new}\n")

    with Store(tmp_path / "tremble.db") as store:
        former, present = (store.read(server_keys.find, ident) for ident in (old, new))
    assert former is not None
    assert present is not None
    assert former.revoked_at is not None
    assert (former.revoked_at - present.enrolled_at).total_seconds() == 48 * 3600
    assert (present.name, present.revoked_at) == ("eu-1", None)
    assert run("revoke-server", new)[0] == 0
    assert [found["revoked_at"] is None for found in listed(run, "servers")] == [False, False]
    assert run("revoke-server", "0" * 16)[0] == 1
    assert run("enrol-server", OLD.hex())[0] == 1
    assert run("enrol-server", "zz")[0] == 2


def test_audit(run: Run) -> None:
    """Whatever was done here is listed: by which user of which machine, on whom."""
    run("ban", PLAYER, "--reason", "aimbot")
    run("unban", PLAYER)
    run("token", "bot", "--scope", "players:ban")

    found = listed(run, "audit")

    assert [entry["action"] for entry in found] == ["token", "unban", "ban"]
    assert found[0]["actor"].startswith("cli:")
    assert len(json.loads(run("audit", "--target", PLAYER, "--json")[1])) == 2
    assert "aimbot" in run("audit")[1]


def test_export_and_erase(run: Run) -> None:
    """A player's data are printed, and erased only by who really means it."""
    player = run("create-user", "anna")[1].split()[1]

    assert json.loads(run("export", player)[1])["account"]["username"] == "anna"
    assert run("erase", player)[0] == 2
    assert run("erase", player, "--yes")[0] == 0
    assert json.loads(run("export", player)[1])["account"] is None
    assert (run("erase", "0" * 16, "--yes")[0], run("export", "0" * 16)[0]) == (1, 1)
