"""server/metrics_port.py: metrics and health over HTTP, from a loop that must answer itself."""

import http.client
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from memory import Game
from rooms import room

from tremble.errors import PortBusy, ProtocolError
from tremble.server import figures, metrics_port
from tremble.server.desk import Desk
from tremble.server.metrics_port import HttpTalk, MetricsDoor, MetricsOptions
from tremble.server.worker import unready


class Served:
    """A game with a thread that does what the desk asks for, unless it *hangs*."""

    def __init__(self) -> None:
        self.game = Game(room())
        server = self.game.server
        server.house.families = lambda: figures.families(server, None)
        self.fault = ""
        self.woken = threading.Event()
        self.over = self.hangs = False
        self.desk = Desk(self.woken.set)
        options = MetricsOptions(port=0)
        self.door = MetricsDoor(options, self.desk, lambda server: self.fault)
        self.desk.start([self.door])
        self.loop = threading.Thread(target=self.run)
        self.loop.start()

    def run(self) -> None:
        while not self.over:
            self.woken.wait()
            self.woken.clear()
            if not self.hangs:
                self.desk.attend(self.game.server)

    def end(self) -> None:
        self.over = True
        self.woken.set()
        self.loop.join()
        self.desk.close()

    def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.door.port, timeout=60)
        connection.request(method, path)
        answer = connection.getresponse()
        found = answer.status, answer.read().decode()
        connection.close()
        return found


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    found = Served()
    yield found
    found.end()


def test_metrics(served: Served) -> None:
    """The figures of the loop, as text."""
    status, text = served.get("/metrics")

    assert status == 200
    assert "\ntremble_players 0.0\n" in text


def test_health_and_readiness(served: Served, monkeypatch) -> None:
    """Well while the loop answers; ready while nothing speaks against it; and neither when it hangs."""
    monkeypatch.setattr(metrics_port, "PATIENCE", 60.0)
    well = served.get("/healthz"), served.get("/readyz")
    served.fault = "draining"
    drains = served.get("/healthz"), served.get("/readyz")
    served.fault, served.hangs = "", True
    monkeypatch.setattr(metrics_port, "PATIENCE", 0.1)
    hangs = served.get("/healthz"), served.get("/readyz")
    monkeypatch.setattr(metrics_port, "PATIENCE", 60.0)
    served.hangs = False

    assert well == ((200, "ok\n"), (200, "ok\n"))
    assert drains == ((200, "ok\n"), (503, "draining\n"))
    assert [status for status, _ in hangs] == [503, 503]
    assert served.get("/healthz")[0] == 200


def test_what_it_does_not_have(served: Served) -> None:
    """Other paths and methods."""
    assert served.get("/")[0] == 404
    assert served.get("/metrics", "POST")[0] == 405


def test_port_of_another(served: Served) -> None:
    """Told by the name of the setting."""
    with pytest.raises(PortBusy, match=r"metrics\.port"):
        MetricsDoor(MetricsOptions(port=served.door.port), served.desk, lambda server: "")


def test_why_a_server_is_not_ready() -> None:
    """A drain, or an outbox that cannot write."""
    server = Game(room()).server
    outbox = type("Outbox", (), {"failing": False})()
    assert unready(server, outbox) == ""
    outbox.failing = True
    assert "results" in unready(server, outbox)
    server.begin_drain(0.0, None, "an update")
    assert unready(server, outbox) == "draining: an update"


class Connection:
    """Takes what is written."""

    def __init__(self) -> None:
        self.out = b""
        self.ended = False

    def write(self, data: bytes) -> None:
        self.out += data

    def end(self) -> None:
        self.ended = True


class Idle:
    """A desk whose loop never gets round to anything."""

    def ask(self, job: object) -> None:
        return


def talk(address: str, **options: object) -> HttpTalk:
    door = object.__new__(MetricsDoor)
    door.options = MetricsOptions(**options)
    door.desk = Idle()
    return HttpTalk(door, Connection(), address, 100.0)


def test_who_is_elsewhere_shows_the_token() -> None:
    """Health is for all, metrics are not."""
    asked = b"GET /metrics HTTP/1.1\r\nAuthorization: Bearer open sesame\r\n\r\n"
    refused, known, anybody = (
        talk("10.0.0.1"),
        talk("10.0.0.1", token="open sesame"),
        talk("::2", open=True),
    )
    for each in (refused, known, anybody):
        each.hear(asked)

    assert refused.connection.out.startswith(b"HTTP/1.1 403 ")
    assert known.connection.out == anybody.connection.out == b""  # the loop is asked


def test_slow_and_endless_requests_are_cut_off() -> None:
    """Neither holds a place for long."""
    slow, endless = talk("::1"), talk("::1")
    slow.hear(b"GET /met")
    with pytest.raises(ProtocolError):
        slow.look(106.0)
    with pytest.raises(ProtocolError):
        endless.hear(b"x" * 10000)


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    """An answer or a wait, never a fault."""
    found = talk("127.0.0.1")
    found.hear(data + b"\r\n\r\n")

    assert found.connection.out == b"" or found.connection.out.startswith(b"HTTP/1.1 ")
