"""Announcing: found by multicast DNS while it runs, gone when it or its parent ends."""

import os
import subprocess
import threading
from collections.abc import Iterator

import pytest
from zeroconf import ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from tremble.server import announce
from tremble.server.announce import SERVICE, Announcement, Announcer, announcement

PATIENCE = 60.0
#: Nobody listens there; but others may announce on this machine.
PORT = 1024 + os.getpid() % 60000


class Listener:
    """What is heard on loopback."""

    def __init__(self) -> None:
        self.found: dict[str, ServiceInfo] = {}
        self.changed = threading.Condition()
        self.zeroconf = Zeroconf(interfaces=["127.0.0.1"])
        self.browser = ServiceBrowser(self.zeroconf, SERVICE, handlers=[self.heard])

    def heard(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        info = ServiceInfo(service_type, name)
        with self.changed:
            if state_change is ServiceStateChange.Removed:
                self.found.pop(name, None)
            elif info.load_from_cache(zeroconf):
                self.found[name] = info
            self.changed.notify_all()

    def wait(self, port: int, there: bool) -> ServiceInfo | None:
        """Wait until a server on *port* is there, or not there any more."""

        def true() -> bool:
            return there == any(info.port == port for info in self.found.values())

        with self.changed:
            assert self.changed.wait_for(true, PATIENCE), self.found
            return next((info for info in self.found.values() if info.port == port), None)


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()
    yield found
    found.browser.cancel()
    found.zeroconf.close()


def test_a_server_is_found_until_it_stops(listener, monkeypatch) -> None:
    """With its name, address, port and facts; it says goodbye."""
    monkeypatch.setattr(announce, "PATIENCE", PATIENCE)
    announcer = Announcer(Announcement("My. server", PORT, {"mode": "ffa"}, ["127.0.0.1"]))
    announcer.start()
    try:
        found = listener.wait(PORT, True)
    finally:
        announcer.stop()
    listener.wait(PORT, False)

    assert found.name.startswith("My  server")
    assert found.parsed_addresses() == ["127.0.0.1"]
    assert found.decoded_properties == {"mode": "ffa"}
    assert announcer.process.returncode == 0


def test_it_ends_with_its_parent() -> None:
    """Whatever happens to the worker, no announcement outlives it."""
    announcer = Announcer(Announcement("orphan", PORT, {}, ["127.0.0.1"]))
    announcer.start()
    announcer.process.stdin.close()

    assert announcer.process.wait(PATIENCE) == 0


def test_no_network_is_no_reason_to_fail() -> None:
    """An address that is not ours is told in the log, and the process ends by itself."""
    wanted = Announcement("nowhere", PORT, {}, ["203.0.113.7"])
    announcer = Announcer(wanted)
    announcer.start()

    try:
        assert announcer.process.wait(PATIENCE) == 0
    except subprocess.TimeoutExpired:
        pytest.fail("it waits for nothing")
    finally:
        announcer.stop()


@pytest.mark.parametrize(
    ("bind", "addresses"), [("0.0.0.0", []), ("::", []), ("192.0.2.5", ["192.0.2.5"])]
)
def test_what_is_announced_goes_by_the_bound_address(bind, addresses) -> None:
    """All interfaces, or the one that is listened on."""
    assert announcement("here", bind, 4433, {}) == Announcement("here", 4433, {}, addresses)


@pytest.mark.parametrize("bind", ["127.0.0.1", "127.8.8.8", "::1"])
def test_a_server_on_loopback_is_not_announced(bind) -> None:
    """Nobody else could reach it."""
    assert announcement("here", bind, 4433, {}) is None
