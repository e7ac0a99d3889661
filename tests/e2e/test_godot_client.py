"""The client of godot/, made from `docs/protocol.md`, plays in the real Godot on a real game server."""

import json
import os
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from godot_engine import ROOT, Godot

from tremble import config, maps
from tremble.cli.told import worker_options
from tremble.client.client import GONE, Client
from tremble.local import ConsoleLink
from tremble.match.match import LIVE
from tremble.net import fields
from tremble.net.messages import PROTOCOL_VERSION, REFUSED_PASSWORD, REFUSED_PROTOCOL
from tremble.server import worker as game
from tremble.sim.state import BUTTON_JUMP, Usercmd

PROJECT = ROOT / "godot"
SETTINGS = [
    "server.server_name=e2e", "server.bind=127.0.0.1",
    "server.port=0", "server.lan=false", "server.max_players=4",
    "server.max_connections_per_ip=8", "match.time_limit_s=60", "match.warmup_s=1",
    "match.countdown_s=0.5", "match.overtime_s=5", "match.intermission_s=1",
]  # fmt: skip
SECONDS = 6
Run = Callable[..., Godot]
PASSWORD = "Blümchen 9"
#: Not the address that every process of the server's machine has, which is asked for no password.
ELSEWHERE = "127.0.0.2"


class Worker:
    """A game server process on a free port of this machine; results stay in its outbox."""

    def __init__(self, directory: Path, password: str) -> None:
        self.directory = directory
        settings = config.load(directory, {}, SETTINGS).settings
        options = msgspec.json.encode(worker_options(directory, settings, "")).decode()
        self.log = directory / "worker.log"
        self.errors = self.log.open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tremble.server", options],
            stdin=subprocess.PIPE,  # it stops when this ends
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env={**os.environ, game.PASSWORD: password},
        )
        self.port = 0
        self.asked = False  # for another level

    def wait_until_ready(self) -> None:
        """Read the port that it has taken."""
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            assert selector.select(60), "the server did not start in 60 s"
        line = self.process.stdout.readline()
        assert b'"ready"' in line, (line, self.log.read_text())
        self.port = json.loads(line)["port"]

    def close(self) -> None:
        self.process.terminate()
        try:
            self.process.communicate(timeout=60)
        finally:
            self.process.kill()
            self.process.wait()
            self.errors.close()


class Opponent:
    """A client of ours that hops about."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.client = Client(b"server", "opponent", b"opponent's key..", 0, 5, time.monotonic())
        self.next = time.monotonic()
        self.places: dict[tuple[int, int], list[float]] = {}  # of others, by tick and slot

    def step(self) -> None:
        """Take what came, send what is due."""
        now = time.monotonic()
        while True:
            try:
                data = self.socket.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                break
            self.client.receive_datagram(data, b"server", now)
            self.note_places()
        if now >= self.next:
            self.next = max(self.next + 1 / 60, now - 0.1)
            ticks = self.client.command_tick
            self.client.usercmd(
                Usercmd(0, 60, 0, ticks * 300 & 65535, 0, BUTTON_JUMP * (ticks // 30 % 2))
            )
        for data, _ in self.client.datagrams_to_send(now):
            self.socket.send(data)

    def note_places(self) -> None:
        """Remember where the others are in the newest snapshot."""
        frame = self.client.frame
        if frame is not None:
            for slot, values in enumerate(frame.players):
                if values is not None:
                    steps = fields.numbers(values)[1:4]
                    self.places[frame.tick, slot] = [step / 8 for step in steps]

    def close(self) -> None:
        self.client.leave(time.monotonic())
        self.step()
        self.socket.close()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    """A running game server, which asks who comes from elsewhere for a password, with a second level."""
    level = maps.find("arena_01", tmp_path).read_text()
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "other.map").write_text("// another\n" + level)
    found = Worker(tmp_path, PASSWORD)
    try:
        found.wait_until_ready()
        yield found
    finally:
        found.close()


@pytest.fixture
def opponent(worker: Worker) -> Iterator[Opponent]:
    """A client of ours on the server."""
    found = Opponent(worker.port)
    yield found
    found.close()


@pytest.fixture
def run(godot: Path, worker: Worker, tmp_path: Path) -> Iterator[Run]:
    """Start the Godot client on the server."""
    running: list[Godot] = []

    def start(*args: object, script: str = "headless.gd") -> Godot:
        given = ("127.0.0.1", worker.port, *args)
        running.append(Godot(godot, PROJECT, tmp_path, script, *map(str, given)))
        return running[-1]

    yield start
    for engine in running:
        engine.close()


def play(
    engine: Godot,
    opponent: Opponent | None,
    seconds: float,
    meanwhile: Callable[[], None] = lambda: None,
) -> int:
    """Let both play until the engine has quit; return its status."""
    end = time.monotonic() + seconds
    while not engine.ended():
        assert time.monotonic() < end, "\n".join(engine.output[-20:])
        if opponent is not None:
            opponent.step()
        engine.step()
        meanwhile()
        time.sleep(0.004)
    engine.step()
    assert engine.process.returncode is not None
    return engine.process.returncode


def test_godot_plays_a_match(run: Run, opponent: Opponent) -> None:
    """It joins, gets a slot, walks, shoots, and sees itself and the other in what it can read."""
    engine = run(SECONDS)
    status = play(engine, opponent, SECONDS + 120)
    told = "\n".join(engine.output)

    assert status == 0, told
    assert not [line for line in engine.output if "SCRIPT ERROR" in line], told
    assert engine.events("welcome")[0]["server_name"] == "e2e"
    assert engine.events("seat")[-1]["slot"] in (0, 1)
    assert LIVE in [phase["phase"] for phase in engine.events("phase_info")]
    assert {line["name"] for line in engine.events("player_info")} == {"godot", "opponent"}
    (summary,) = engine.events("summary")
    assert summary["received"] > 60, told
    assert summary["decoded"] > 0.95 * summary["received"], told
    assert summary["walked"] > 100, told
    assert summary["fired"] > 2, told
    assert summary["others"]["opponent"] > 60, told
    assert not engine.events("unreadable")
    assert opponent.client.state != GONE
    assert opponent.client.undecodable == 0
    assert_same_places(engine, opponent)


def assert_same_places(engine: Godot, opponent: Opponent) -> None:
    """Where Godot saw itself, the opponent saw it too, to the eighth of a unit."""
    compared = 0
    for line in engine.events("status"):
        seen = opponent.places.get((line["tick"], line["slot"]))
        if seen is not None and line["pos"]:
            compared += 1
            assert all(0 <= a - b <= 1 / 8 for a, b in zip(line["pos"], seen, strict=True)), (
                line,
                seen,
            )
    assert compared >= 2


def test_another_version_is_refused_with_a_reason(run: Run) -> None:
    """A client of the next version is told why it cannot play here, and ENet's end carries the code."""
    engine = run(SECONDS, f"protocol={PROTOCOL_VERSION + 1}")
    status = play(engine, None, SECONDS + 120)

    assert status == 2, engine.output
    (refused,) = engine.events("refused")
    assert refused["code"] == REFUSED_PROTOCOL
    assert "the server is too old" in str(refused["reason"])
    assert engine.events("disconnected")[0]["code"] == REFUSED_PROTOCOL


def test_password_and_another_level(run: Run, worker: Worker) -> None:
    """Who knows the password is let in, who does not is told; then everybody goes on to another level."""
    wrong = run(SECONDS, "name=wrong", "password=rose", f"from={ELSEWHERE}")
    engine = run(SECONDS, f"password={PASSWORD}", f"from={ELSEWHERE}")
    play(engine, None, SECONDS + 120, lambda: change_level(worker, engine))
    status = play(wrong, None, SECONDS + 120)
    told = "\n".join(engine.output)

    assert engine.events("challenge") and engine.events("welcome"), told
    assert engine.events("map_change")[0]["map"] == "other", told
    after = [told["event"] for told in engine.told]
    assert {"player_info", "phase_info", "scores", "seat"} <= set(
        after[after.index("map_change") :]
    )
    (summary,) = engine.events("summary")
    assert summary["map"] == "other" and summary["decoded"] > 0.95 * summary["received"], told
    assert not engine.events("unreadable")
    assert (status, wrong.events("welcome")) == (2, [])
    assert wrong.events("no")[0]["code"] == REFUSED_PASSWORD


def change_level(worker: Worker, engine: Godot) -> None:
    """Have another level played as soon as the client is in."""
    if engine.events("welcome") and not worker.asked:
        worker.asked = True
        with ConsoleLink(worker.directory) as link:
            assert link.call("map other")["ok"]


def test_first_script(run: Run) -> None:
    """The script of docs/godot.md is the one that runs here; it joins and sees itself."""
    script = (PROJECT / "first.gd").read_text()
    assert f"```gdscript\n{script}```" in (ROOT / "docs" / "godot.md").read_text()

    engine = run(script="first.gd")
    end = time.monotonic() + 120
    while not any(line.startswith("here (") for line in engine.output):
        assert time.monotonic() < end and not engine.ended(), engine.output
        engine.step()
        time.sleep(0.02)

    assert "in: e2e, duel on arena_01" in engine.output
