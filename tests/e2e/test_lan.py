"""Two machines on one network: network namespaces joined by a cable, a server on the one."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from e2e.processes import wait_until

PATIENCE = 60


class Machine:
    """A network namespace, kept by the process *pid*."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def command(self, *words: str) -> list[str]:
        return ["nsenter", "--target", str(self.pid), "--net", *words]

    def run(self, *words: str) -> str:
        """Return what *words* print here."""
        command = self.command(*words)
        return subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=PATIENCE
        ).stdout


@pytest.fixture
def machines() -> Iterator[tuple[Machine, Machine]]:
    """Two machines, 10.77.0.1 and 10.77.0.2, and nothing else on their network."""
    with ExitStack() as stack:
        found = []
        for _ in range(2):
            keeper = subprocess.Popen(
                ["unshare", "--net", "sh", "-c", "echo there; read line"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            stack.enter_context(keeper)
            stack.callback(keeper.kill)
            if keeper.stdout.readline() != b"there\n":
                pytest.skip("network namespaces are for root alone on this machine")
            found.append(Machine(keeper.pid))
        one, two = found
        one.run("ip", "link", "add", "cable", "type", "veth", "peer", "name", "other")
        one.run("ip", "link", "set", "other", "netns", str(two.pid))
        for machine, device, address in ((one, "cable", "10.77.0.1"), (two, "other", "10.77.0.2")):
            machine.run("ip", "address", "add", f"{address}/24", "dev", device)
            machine.run("ip", "link", "set", device, "up")
            machine.run("ip", "link", "set", "lo", "up")
        yield one, two


@contextmanager
def server(machine: Machine, directory: Path, *sets: str) -> Iterator[subprocess.Popen]:
    """`tremble server` on *machine*, ready, and announced if it is to be."""
    command = [sys.executable, "-m", "tremble", "server", "--dir", str(directory)]
    for text in sets:
        command += ["--set", text]
    process = subprocess.Popen(
        machine.command(*command),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        while "tremble game ready" not in process.stdout.readline():
            assert process.poll() is None, process.stderr.read()
        yield process
    finally:
        process.terminate()
        process.wait(60)
        process.stdout.close()
        process.stderr.close()


def browse(machine: Machine, directory: Path, *more: str) -> list[dict]:
    words = ["browse", "--lan", "--json", "--dir", str(directory), *more]
    return json.loads(machine.run(sys.executable, "-m", "tremble", *words))["servers"]


def test_a_server_is_found_by_broadcast_and_by_multicast_dns(machines, tmp_path) -> None:
    """On its usual port by both; on another port by its announcement, which names it."""
    here, there = machines
    with server(there, tmp_path / "a") as process:
        while "announced to the local network" not in process.stderr.readline():
            assert process.poll() is None

        def found(by: list[str], *more: str) -> bool:
            return [("10.77.0.2:4433", by)] == [
                (one["server_address"], one["sources"]) for one in browse(here, tmp_path, *more)
            ]

        wait_until(lambda: found(["lan", "mdns"]), "both")  # what is lost is asked for again
        wait_until(lambda: found(["mdns"], "--lan-port", "9"), "the announcement")


def test_a_server_that_is_not_to_be_seen_is_silent(machines, tmp_path) -> None:
    """Neither broadcast nor multicast DNS finds it; who knows its address still can ask it."""
    here, there = machines
    with server(there, tmp_path / "a", "server.lan=false"):
        assert browse(here, tmp_path) == []
        told = here.run(
            sys.executable, "-m", "tremble", "query", "10.77.0.2:4433", "--json", "--timeout", "30"
        )

    assert json.loads(told)["name"] == "Tremble Server"
