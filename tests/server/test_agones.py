"""server/agones.py: what the SDK server of Agones hears of a game server."""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tremble.errors import ConfigError
from tremble.server import agones
from tremble.server.agones import Agones

#: Longer than anything takes on a busy machine.
PATIENCE = 60.0


class Sdk:
    """A stand-in for the SDK server: it takes the calls that the real one takes, and notes them."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.status = 200
        self.answering = threading.Event()
        self.answering.set()
        self.changed = threading.Condition()
        sdk = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                known = self.path in ("/ready", "/allocate", "/health", "/shutdown")
                status = sdk.status if known and json.loads(body) == {} else 404
                with sdk.changed:
                    sdk.calls.append(self.path if status == 200 else f"{status}")
                    sdk.changed.notify_all()
                sdk.answering.wait(PATIENCE)
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *args: object) -> None:
                return

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def wait(self, call: str, times: int = 1) -> None:
        """Wait until *call* has come so often."""
        with self.changed:
            came = self.changed.wait_for(lambda: self.calls.count(call) >= times, PATIENCE)
            assert came, f"{call} in {self.calls}"

    def states(self) -> list[str]:
        """Return what came but the signs of life."""
        return [call for call in self.calls if call != "/health"]


@pytest.fixture
def sdk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sdk]:
    monkeypatch.setattr(agones, "EVERY_S", 0.02)
    monkeypatch.setattr(agones, "TIMEOUT_S", PATIENCE)
    found = Sdk()
    yield found
    found.server.shutdown()
    found.server.server_close()


class Loop:
    """A loop that goes round when it is poked, unless it hangs."""

    def __init__(self, port: int) -> None:
        self.idle = True
        self.draining = False
        self.hangs = False
        self.asked = threading.Semaphore(0)
        self.told = Agones(port, self.turn)
        self.told.start()

    def turn(self) -> None:
        self.asked.release()
        if not self.hangs:
            self.told.attend(self.idle, self.draining)

    def wait_asked(self, times: int) -> None:
        """Wait until it was asked so often from now on."""
        while self.asked.acquire(blocking=False):
            pass
        for _ in range(times):
            assert self.asked.acquire(timeout=PATIENCE)


def test_the_life_of_a_server(sdk: Sdk) -> None:
    """Ready, taken while people are here, ready again, over; well all the time."""
    loop = Loop(sdk.port)
    sdk.wait("/ready")
    sdk.wait("/health", 2)
    loop.idle = False
    sdk.wait("/allocate")
    loop.idle = True
    sdk.wait("/ready", 2)
    loop.told.close(again=False)

    assert sdk.states() == ["/ready", "/allocate", "/ready", "/shutdown"]


def test_who_drains_is_not_offered(sdk: Sdk) -> None:
    """The last player leaves a server that drains: nobody is to be sent there."""
    loop = Loop(sdk.port)
    loop.idle = False
    sdk.wait("/allocate")
    loop.draining = True
    loop.idle = True
    sdk.wait("/health", sdk.calls.count("/health") + 3)
    loop.told.close(again=False)

    assert sdk.states()[-2:] == ["/allocate", "/shutdown"]


def test_a_loop_that_hangs_is_not_well(sdk: Sdk) -> None:
    """No sign of life while it hangs, and again when it goes on; starting anew is not the end."""
    loop = Loop(sdk.port)
    sdk.wait("/health")
    loop.hangs = True
    loop.wait_asked(2)  # what was under way is through
    before = sdk.calls.count("/health")
    loop.wait_asked(3)
    assert sdk.calls.count("/health") == before

    loop.hangs = False
    sdk.wait("/health", before + 1)
    loop.told.close(again=True)
    assert sdk.states() == ["/ready"]


def test_an_sdk_server_that_comes_late(sdk: Sdk) -> None:
    """Agones starts it beside us, perhaps later: what was refused is told again."""
    sdk.status = 503
    loop = Loop(sdk.port)
    sdk.wait("503", 3)
    sdk.status = 200
    sdk.wait("/ready")
    loop.told.close(again=False)

    assert sdk.states()[-2:] == ["/ready", "/shutdown"]


def test_a_loop_that_has_ended_is_not_asked(sdk: Sdk) -> None:
    """The end comes while something is told: the loop, which turns no more, is not waited for."""
    sdk.answering.clear()
    loop = Loop(sdk.port)
    sdk.wait("/ready")
    closing = threading.Thread(target=loop.told.close, args=(True,))
    closing.start()
    assert loop.told._wake.wait(PATIENCE)
    sdk.answering.set()
    closing.join()

    assert not loop.asked.acquire(blocking=False)


def test_the_port_is_told_by_agones() -> None:
    """By a variable; a bad one is an error that names it."""
    assert agones.sdk_port({}) == 9358
    assert agones.sdk_port({"AGONES_SDK_HTTP_PORT": "19358"}) == 19358
    for text in ("", "x", "0", "65536", "-1"):
        with pytest.raises(ConfigError, match="AGONES_SDK_HTTP_PORT"):
            agones.sdk_port({"AGONES_SDK_HTTP_PORT": text})


def test_a_real_server_tells(sdk: Sdk, tmp_path: Path) -> None:
    """`tremble server` with server.agones is ready and well, and over once it is told to stop."""
    command = [sys.executable, "-m", "tremble", "server", "--dir", str(tmp_path), "--port", "0"]
    for text in ("server.bind=127.0.0.1", "server.agones=true", "server.drain_s=5"):
        command += ["--set", text]
    environ = {**os.environ, "AGONES_SDK_HTTP_PORT": str(sdk.port)}
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        sdk.wait("/health", 2)
        process.send_signal(signal.SIGTERM)
        code = process.wait(PATIENCE)

    assert code == 0
    # A call that takes long on a busy machine is made again.
    assert list(dict.fromkeys(sdk.states())) == ["/ready", "/shutdown"]
