"""tremble up, whole: from bots over real UDP to a row on the leaderboard, through crashes."""

import hashlib
import os
import signal
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from e2e.processes import PATIENCE, QUICK, Up, ask, get, run, wait_until


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`tremble up` with two bots in a directory in which nothing is yet, for the tests up to its end."""
    found = Up(tmp_path_factory.mktemp("up"), "--bots", "2", afresh=True)
    yield found
    found.kill()


def matches(up: Up) -> list[dict]:
    found = get(f"{up.url}/v1/matches?limit=100")
    return found["matches"] if found else []


def test_bots_play_and_stand_on_the_board(up: Up) -> None:
    """Two bots connect, play, and the boards have both, the page too; the match tells when and where."""
    found = wait_until(lambda: matches(up), "a first match")[-1]["match_id"]
    board = get(f"{up.url}/v1/leaderboards/duel-bots/top")
    on_map = get(f"{up.url}/v1/leaderboards/duel-bots.pit/top")
    lines = get(f"{up.url}/v1/matches/{found}")["players"]
    told = get(f"{up.url}/v1/matches/{found}/telemetry")
    info = ask(up.port)
    shown = run("leaderboard", "duel-bots", "--web", up.url)
    with urllib.request.urlopen(up.url, timeout=PATIENCE) as answer:
        page = answer.read().decode()

    assert [entry["rank"] for entry in board["entries"]] == [1, 2]
    assert board["entries"][0]["rating"] >= board["entries"][1]["rating"]
    assert (info["current_players"], info["bots"], info["map"]) == (2, 2, "pit")
    for name in (entry["username"] for entry in board["entries"]):
        assert name in shown.stdout and name in page
    assert "duel-bots" in page
    assert {entry["player_id"] for entry in on_map["entries"]} == {p["player_id"] for p in lines}
    for place, line in enumerate(lines):
        assert sum(row[1] == place != row[2] for row in told["kills"]) == line["kills"]
        assert sum(row[2] == place for row in told["kills"]) == line["deaths"]
        assert sum(row[1] == place for row in told["pickups"]) == sum(line["items"].values())
        assert told["players"][place]["spawn"] >= 0
    assert told["cpu_s"] > 0
    assert '"level": "error"' not in up.stderr()


def test_every_match_has_a_replay_that_comes_out_the_same(up: Up) -> None:
    """What bots played is recorded, downloaded, and verified by the command."""
    found = wait_until(lambda: matches(up), "a first match")[-1]["match_id"]
    where = up.directory / "replays" / f"{found}.trpl"
    wait_until(where.exists, "its replay")
    with urllib.request.urlopen(f"{up.url}/v1/matches/{found}/replay", timeout=PATIENCE) as answer:
        data, tag = answer.read(), answer.headers["ETag"]

    ran = run("replay", "verify", found, "--dir", str(up.directory))

    assert data == where.read_bytes()
    assert tag == f'"{hashlib.sha256(data).hexdigest()}"'
    assert (ran.returncode, ran.stdout[:37]) == (0, f"{found}.trpl"), ran.stdout + ran.stderr


def test_second_up_is_refused(up: Up) -> None:
    """One directory, one Tremble: exit 3, naming the process that runs."""
    ran = run("up", "--dir", str(up.directory), "--port", "0", "--http", "127.0.0.1:0")

    assert ran.returncode == 3
    assert str(up.process.pid) in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_killed_game_worker_comes_back(up: Up) -> None:
    """kill -9 of the game worker: it is started again on the same port, the bots return and play."""
    wait_until(lambda: matches(up), "a first match")
    before = len(matches(up))

    os.kill(up.child("tremble.server"), signal.SIGKILL)

    wait_until(lambda: len(matches(up)) > before, "a match after the crash")


def test_killed_web_process_loses_and_doubles_nothing(up: Up) -> None:
    """kill -9 of the web process in a match: the game goes on, every result is there once.

    Ctrl-C ends all in order.
    """
    wait_until(lambda: matches(up), "a first match")

    for _ in range(2):
        before = len(matches(up))
        os.kill(wait_until(lambda: up.child("tremble.web"), "a web process"), signal.SIGKILL)
        wait_until(lambda n=before: len(matches(up)) > n, "the next match")
    found = matches(up)
    assert up.stop(signal.SIGINT) == 0, up.stderr()

    ids = [match["match_id"] for match in found]
    assert len(ids) >= 4
    assert len(ids) == len(set(ids))
    stored = apsw.Connection(str(up.directory / "tremble.db"))
    [(count,)] = stored.execute("SELECT count(*) FROM match").fetchall()
    waiting = apsw.Connection(str(up.directory / "outbox.db"))
    assert count >= len(ids)
    assert waiting.execute("SELECT count(*) FROM outbox").fetchall() == [(0,)]


def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    """kill -9 of `tremble up` itself: its children end by themselves, the ports are free."""
    up = Up(tmp_path, "--bots", "1", sets=(*QUICK, "server.standby=true"))
    try:
        wait_until(lambda: up.events("standby ready"), "the standby")
        children = up.children()
        for module in ("tremble.web", "tremble.server", "tremble.client"):
            assert wait_until(lambda m=module: up.child(m), module) in children

        up.process.kill()

        wait_until(
            lambda: not any(Path(f"/proc/{pid}/cmdline").exists() for pid in children), "the end"
        )
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", up.port))
    finally:
        up.kill()


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("--http", "127.0.0.1:http"), 2, "not HOST:PORT"),
        (("--set", "match.frag_limt=3"), 2, "did you mean match.frag_limit"),
        (("--set", "server.gamemode=soccer"), 2, "there are duel, ffa"),
        (("--set", "server.map=nowhere"), 2, "there are arena_01"),
        (("--set", "server.port=99999"), 2, "Expected `int` <= 65535"),
        (("--set", "web.host=nonsense.invalid"), 2, "nonsense.invalid"),
        (("--bots", "many"), 2, "many"),
        (("--set", "server.bind=192.0.2.7"), 2, "192.0.2.7"),
    ],
)
def test_bad_settings_start_nothing(tmp_path, arguments, code, expected) -> None:
    """Each fault is told on standard error with the exit code of its kind; no file of ours is made."""
    quiet = ("--set", "server.port=0", "--set", "web.port=0")
    ran = run("up", "--dir", str(tmp_path / "new"), *quiet, *arguments)

    assert ran.returncode == code, ran.stderr
    assert expected in ran.stderr
    assert not (tmp_path / "new" / "tremble.db").exists()


@pytest.mark.parametrize(("kind", "option"), [("udp", "--port"), ("tcp", "--http")])
def test_busy_port_is_named(tmp_path: Path, kind: str, option: str) -> None:
    """A port that another program has: its number, how to mend it, exit 4, nothing half-started."""
    family = socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, family) as other:
        other.bind(("127.0.0.1", 0))
        if kind == "tcp":
            other.listen()
        port = other.getsockname()[1]
        free = {"--port": "0", "--http": "127.0.0.1:0"}
        free[option] = str(port) if kind == "udp" else f"127.0.0.1:{port}"
        options = [word for pair in free.items() for word in pair]

        ran = run("up", "--dir", str(tmp_path), "--set", "server.bind=127.0.0.1", *options)

    assert ran.returncode == 4
    assert str(port) in ran.stderr
    assert not (tmp_path / "tremble.db").exists()


def test_unreadable_store_is_exit_5(tmp_path: Path) -> None:
    """What is no database is left as it is; exit 5 and its name."""
    (tmp_path / "tremble.db").write_bytes(b"this is no database" * 100)

    ran = run("up", "--dir", str(tmp_path), "--port", "0", "--http", "127.0.0.1:0")

    assert ran.returncode == 5, ran.stderr
    assert "tremble.db" in ran.stderr
    assert (tmp_path / "tremble.db").read_bytes().startswith(b"this is no database")


def test_bad_map_names_file_line_and_entity(tmp_path: Path) -> None:
    """An open brush in a map of one's own: file, line, entity, exit 2."""
    (tmp_path / "maps").mkdir()
    path = tmp_path / "maps" / "mine.map"
    path.write_text(
        '{\n"classname" "worldspawn"\n{\n'
        "( 0 0 0 ) ( 0 1 0 ) ( 0 0 1 ) stone 0 0 0 1 1\n"
        "( 0 0 0 ) ( 1 0 0 ) ( 0 1 0 ) stone 0 0 0 1 1\n"
        "( 0 0 0 ) ( 0 0 1 ) ( 1 0 0 ) stone 0 0 0 1 1\n"
        "( 64 64 64 ) ( 64 65 64 ) ( 65 64 64 ) stone 0 0 0 1 1\n}\n}\n"
    )

    ran = run("config", "check", "--dir", str(tmp_path), "--set", "server.map=mine")

    assert ran.returncode == 2
    said = " ".join(ran.stderr.split())
    assert f"{path}:" in said
    assert "entity 0 (worldspawn)" in said
