"""The life of `tremble up` as an operator sees it: status, logs, details, watchdog, sleep, restart, stop."""

import json
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import pytest
from e2e.caller import Caller
from e2e.processes import QUICK, Up, run, wait_until


class Manager:
    """What systemd is to a service: hears what it says, at once, for ten messages are all that may wait."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(path))
        self.heard: list[str] = []
        self.listening = threading.Thread(target=self.listen, daemon=True)
        self.listening.start()

    def listen(self) -> None:
        while said := self.sock.recv(4096):
            self.heard += said.decode().splitlines()
        self.sock.close()

    def has_heard(self, line: str) -> bool:
        return any(said.startswith(line) for said in list(self.heard))

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", str(self.path))
        self.listening.join()


@pytest.fixture(scope="module")
def manager(tmp_path_factory) -> Iterator[Manager]:
    found = Manager(tmp_path_factory.mktemp("manager") / "notify")
    yield found
    found.close()


@pytest.fixture(scope="module")
def up(tmp_path_factory, manager: Manager) -> Iterator[Up]:
    """One `tremble up` for all tests of this module, with a watchdog and a secret."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NOTIFY_SOCKET", str(manager.path))
        patch.setenv("WATCHDOG_USEC", "4000000")
        patch.setenv("TREMBLE_SERVER__PASSWORD", "s3cret")
        sets = (*QUICK, "server.standby=true")
        started = Up(tmp_path_factory.mktemp("up"), sets=sets)
    wait_until(lambda: manager.has_heard("READY=1"), "READY")
    yield started
    started.kill()


def switches(pid: int) -> int:
    """Return how often the threads of *pid* have gone to sleep so far."""
    total = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        with suppress(OSError):  # the thread has ended
            lines = status.read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith("voluntary"))
    return total


def wakes(pids: dict[str, int]) -> dict[str, float]:
    """Return how often each process of *pids*, by name, wakes in a second."""
    before = {name: switches(pid) for name, pid in pids.items()}
    began = monotonic()
    sleep(3.0)
    seconds = monotonic() - began
    return {name: (switches(pid) - before[name]) / seconds for name, pid in pids.items()}


def status(up: Up) -> dict:
    """What `tremble status` tells once the game answers: it may be busy."""

    def told() -> dict | None:
        found = json.loads(run("status", "--json", "--dir", str(up.directory)).stdout)
        return found if found["running"] and found["game"] is not None else None

    return wait_until(told, "the game's answer")


def test_status_and_details(up: Up) -> None:
    """Both tell process, ports and what is played, as text and as JSON, and no secret."""
    found = status(up)
    text = run("status", "--dir", str(up.directory))
    details = run(
        "details", "--dir", str(up.directory), environ={"TREMBLE_SERVER__PASSWORD": "s3cret"}
    )
    all_facts = json.loads(run("details", "--json", "--dir", str(up.directory)).stdout)

    assert (found["pid"], found["port"], found["url"]) == (up.process.pid, up.port, up.url)
    assert found["log"] == str(up.directory / "stderr.txt")
    assert found["game"]["players"] == 0
    assert (
        text.returncode == 0
        and f"udp port {up.port}" in text.stdout
        and "arena 0: pit" in text.stdout
    )
    assert all_facts["data"]["results_waiting"] == 0 and all_facts["data"]["tremble.db_bytes"] > 0
    assert details.returncode == 0, details.stderr
    assert "(not shown)" in details.stdout and "s3cret" not in details.stdout + details.stderr


def test_nothing_runs(tmp_path: Path) -> None:
    """Where nobody is status says so with exit code 1, and stop has nothing to do."""
    told = run("status", "--dir", str(tmp_path))
    stop = run("stop", "--dir", str(tmp_path))

    assert (told.returncode, stop.returncode) == (1, 0)
    assert "nothing runs" in told.stdout and "nothing runs" in stop.stdout


def test_watchdog_is_fed(up: Up, manager: Manager) -> None:
    """systemd, which has heard READY, hears of each time the game's loop answers."""
    manager.heard.clear()
    wait_until(lambda: manager.has_heard("WATCHDOG=1"), "WATCHDOG")


def test_hangup_is_told_to_systemd(up: Up, manager: Manager) -> None:
    """SIGHUP: RELOADING, then READY."""
    manager.heard.clear()
    up.process.send_signal(signal.SIGHUP)
    wait_until(lambda: manager.has_heard("READY=1"), "READY again")

    assert manager.has_heard("RELOADING=1") and manager.has_heard("MONOTONIC_USEC=")
    run("logs", "--dir", str(up.directory))
    assert "settings: no setting changed" in run("logs", "--dir", str(up.directory)).stdout


def test_empty_server_sleeps(up: Up) -> None:
    """With nobody here the game worker wakes for its watchdog alone, the others hardly."""
    pids = {
        "up": up.process.pid,
        "game": up.child("tremble.server"),
        "web": up.child("tremble.web"),
    }
    # The watchdog of this test asks once a second, the dashboard once in ten for its history; each
    # question wakes two threads of the worker, more than once if they take turns on a busy machine.
    most = {"game": 4, "up": 4, "web": 25}  # web looks at files and clocks a few times a second

    def asleep() -> bool:
        found = wakes(pids)
        return all(found[name] <= most[name] for name in pids)

    wait_until(asleep, "three quiet seconds")


def test_restart_in_place(up: Up, manager: Manager) -> None:
    """`tremble restart` ends with another server in the same process, and no port was ever closed."""
    before = status(up)
    manager.heard.clear()

    with Caller(up.port, up.url) as caller:
        wait_until(lambda: caller.answers, "an answer")
        ran = run("restart", "--json", "--dir", str(up.directory))
        caller.answers = 0
        wait_until(lambda: caller.answers, "an answer of the new server")
    after = status(up)

    assert (ran.returncode, json.loads(ran.stdout)["restarted"]) == (0, True), ran.stderr
    assert not caller.refused
    assert (after["port"], after["url"]) == (up.port, up.url)
    assert after["pid"] == before["pid"] == up.process.pid
    assert after["since"] > before["since"]
    assert after["game"]["leaving"] is None
    wait_until(lambda: manager.has_heard("READY=1"), "READY")
    assert not manager.has_heard(
        "STOPPING=1"
    )  # after which systemd waits for the end of the process


def test_restart_of_nothing(tmp_path: Path) -> None:
    """Where nothing runs there is nothing to restart: exit code 1, and what to do."""
    ran = run("restart", "--dir", str(tmp_path))

    assert ran.returncode == 1 and "tremble up" in ran.stderr


def test_stop_waits_for_the_end(up: Up, manager: Manager) -> None:
    """`tremble stop` ends it with code 0, and returns when it has; systemd is told. The last test."""
    ran = run("stop", "--json", "--dir", str(up.directory))

    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["stopped"] is True
    assert up.process.wait(60) == 0
    assert manager.has_heard("STOPPING=1")
