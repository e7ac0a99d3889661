"""Settings of a running `tremble up`: SIGHUP, and what becomes of processes that end."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.processes import PATIENCE, QUICK, Up, ask, wait_until


@pytest.fixture
def start(tmp_path: Path) -> Iterator:
    """A function that starts `tremble up` in tmp_path; it is ended after the test."""
    started: list[Up] = []

    def starter(*arguments: str, sets: tuple[str, ...] = QUICK) -> Up:
        started.append(Up(tmp_path, *arguments, sets=sets))
        return started[-1]

    yield starter
    for up in started:
        up.kill()


def test_hangup_reloads(start, tmp_path: Path) -> None:
    """SIGHUP changes name and limits without a restart, logs old and new, and says what must wait."""
    file = tmp_path / "server.toml"
    file.write_text('[server]\nserver_name = "one"\n')
    up = start()
    worker = up.child("tremble.server")
    before = ask(up.port)["name"]

    file.write_text(
        '[server]\nserver_name = "two"\nmax_players = 3\narenas = 2\npassword = "s3cret"\n'
    )
    up.process.send_signal(signal.SIGHUP)
    wait_until(lambda: ask(up.port)["name"] == "two", "the new name")
    log = up.stderr()
    file.write_text("[server]\nport = 'x'\n")
    up.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "the old ones hold" in up.stderr(), "the bad file to be told")
    after = ask(up.port)

    assert before == "one"
    assert (after["name"], after["max_players"]) == ("two", 3)
    assert up.child("tremble.server") == worker
    assert '"old": "one"' in log and '"new": "two"' in log
    assert "setting changes at the next start" in log and "server.arenas" in log
    assert "s3cret" not in log + Path(f"/proc/{worker}/cmdline").read_text()
    assert up.stop(signal.SIGTERM) == 0


def test_auto_shutdown_ends_all(start, tmp_path: Path) -> None:
    """With nobody there for long enough the whole of it ends by itself, with exit code 0."""
    up = start()
    (tmp_path / "server.toml").write_text(
        "[server]\nauto_shutdown = true\nauto_shutdown_minutes = 0.02\n"
    )

    up.process.send_signal(signal.SIGHUP)

    assert up.process.wait(PATIENCE) == 0
    assert '"level": "error"' not in up.stderr()


def test_without_auto_restart_a_crash_ends_all(start) -> None:
    """server.auto_restart = false: a killed game process is not started again; exit 1 and the reason."""
    up = start(sets=(*QUICK, "server.auto_restart=false"))

    os.kill(up.child("tremble.server"), signal.SIGKILL)

    assert up.process.wait(PATIENCE) == 1
    assert "server.auto_restart is off" in up.stderr()


def test_signal_to_the_game_process_replaces_it(start) -> None:
    """SIGTERM by its own number: another one on the same port, no crash, and no standby goes on."""
    up = start(sets=(*QUICK, "server.standby=true"))
    wait_until(lambda: up.events("standby ready"), "the standby")
    first = up.child("tremble.server")

    os.kill(first, signal.SIGTERM)

    wait_until(lambda: first not in up.children(), "its end")
    wait_until(lambda: ask(up.port)["map"] == "pit", "another process")
    assert up.stop(signal.SIGTERM) == 0
    assert '"level": "error"' not in up.stderr()
    assert not up.events("took over")


def test_max_uptime_starts_the_game_afresh(start) -> None:
    """After max_uptime_hours the game process is another one, on the same port, without an error."""
    up = start(sets=(*QUICK, "server.max_uptime_hours=0.0006"))
    first = up.child("tremble.server")

    wait_until(lambda: up.child("tremble.server") not in (0, first), "another process")
    assert ask(up.port)["map"] == "pit"

    assert '"level": "error"' not in up.stderr()
