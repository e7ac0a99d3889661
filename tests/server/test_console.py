"""server/console.py and server/desk.py: a socket, its thread, and a game that ticks beside it."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from memory import Game
from rooms import entity, room

from tremble import local
from tremble.local import ConsoleLink
from tremble.server import desk as desk_module
from tremble.server.console import MAX_REQUEST, Console, ConsoleDoor
from tremble.server.desk import Desk

SPAWNS = [entity("info_player_deathmatch", origin=f"{200 * i} 0 24") for i in range(8)]


class Attended:
    """A game whose console listens in *directory*; it ticks while somebody waits for an answer."""

    def __init__(self, directory: Path) -> None:
        self.game = Game(room(entities=SPAWNS))
        self.woken = 0
        self.desk = Desk(self.wake)
        self.console = Console(self.game.server, self.desk)
        self.desk.start([ConsoleDoor(directory, self.console)])
        self.sock = local.connect(directory, 10)
        self.sock.settimeout(0.01)
        self.rest = b""
        self.lines: list[dict[str, Any]] = []

    def wake(self) -> None:
        self.woken += 1

    def send(self, request: dict[str, Any]) -> None:
        self.sock.sendall(json.dumps(request).encode() + b"\n")

    def read(self) -> dict[str, Any]:
        """Return the next object, ticking until it comes."""
        end = monotonic() + 60
        while not self.lines:
            assert monotonic() < end, "nothing came"
            self.game.tick()
            try:
                data = self.sock.recv(1 << 20)
            except TimeoutError:
                continue
            assert data, "the connection has ended"
            *lines, self.rest = (self.rest + data).split(b"\n")
            self.lines += [json.loads(line) for line in lines]
        return self.lines.pop(0)

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Send *request*; return its answer, not what else comes before it."""
        self.send(request)
        found = self.read()
        while "ok" not in found:
            found = self.read()
        return found


@pytest.fixture
def attended(tmp_path: Path) -> Iterator[Attended]:
    found = Attended(tmp_path)
    yield found
    found.desk.close()
    found.sock.close()


def test_line_is_obeyed_in_a_tick(attended: Attended) -> None:
    """The answer bears the id; the loop is woken for it."""
    attended.game.client("ann")
    attended.game.tick(20)

    reply = attended.ask({"id": "x7", "line": "kick ann too loud", "by": "alice", "via": "web"})

    assert (reply["id"], reply["ok"], reply["text"]) == ("x7", True, "kicked ann: too loud")
    assert reply["data"]["player"]["name"] == "ann"
    assert attended.woken == 1


def test_role_is_the_one_given(attended: Attended) -> None:
    assert attended.ask({"line": "say hi", "role": "viewer"})["ok"] is False
    assert attended.ask({"line": "say hi", "role": "moderator"})["ok"] is True


@pytest.mark.parametrize(
    "line", [b"no json", b"[]", b"{}", b'{"id": 1}', b'{"line": 3}', b'{"line":"x","role":"god"}',
             b"\xff\xfe", b"[" * 5000, b'{"watch": "everything"}', b'{"watch":"arena","hz":1e9}'],
)  # fmt: skip
def test_nonsense_is_answered(attended: Attended, line: bytes) -> None:
    """What is no request is told so, and the connection goes on."""
    attended.sock.sendall(line + b"\n")

    assert attended.read()["ok"] is False
    assert attended.ask({"line": "status"})["ok"] is True


def test_endless_line_ends_the_connection(attended: Attended) -> None:
    """Nobody fills our memory with a request that has no end."""
    attended.sock.settimeout(60)
    try:
        attended.sock.sendall(b"x" * (4 * MAX_REQUEST))
        ended = attended.sock.recv(1) == b""
    except ConnectionError:
        ended = True

    assert ended


def test_events_are_told_until_stopped(attended: Attended) -> None:
    """Whoever watches events hears of each; who stops hears no more."""
    assert attended.ask({"id": 2, "watch": "events"})["ok"]
    attended.game.client("ann")
    join = attended.read()
    attended.send({"id": 5, "line": "say hi"})
    told = [attended.read()]
    while told[-1]["id"] != 5:
        told.append(attended.read())
    stopped = attended.ask({"id": 2, "stop": True})
    attended.send({"id": 6, "line": "say ho"})

    assert join["id"] == 2
    assert (join["event"]["kind"], join["event"]["name"]) == ("join", "ann")
    kinds = [t["event"]["kind"] for t in told[:-1]]
    assert [kind for kind in kinds if kind != "phase"] == ["chat", "command"]
    assert told[-1]["text"] == "said: hi"
    assert stopped["ok"]
    assert attended.read()["id"] == 6


def test_arena_is_shown(attended: Attended) -> None:
    """A frame holds players with place and health, items and the phase."""
    ann, _ = attended.game.client("ann"), attended.game.client("bob")
    attended.game.tick(60)

    assert attended.ask({"id": 3, "watch": "arena", "hz": 30})["ok"]
    frame = attended.read()["arena"]
    later = attended.read()["arena"]

    assert [p["name"] for p in frame["players"]] == ["ann", "bob"]
    assert {
        "slot",
        "score",
        "ping_ms",
        "loss",
        "position",
        "yaw",
        "health",
        "armour",
        "weapon",
    } <= (frame["players"][0].keys())
    assert frame["players"][ann.slot]["health"] > 0
    assert {"phase", "time_left", "projectiles", "items", "map"} <= frame.keys()
    assert later["tick"] - frame["tick"] >= 2


def test_frames_come_at_the_rate_asked_for(attended: Attended) -> None:
    """Ten a second of game time, no more."""
    attended.game.client("ann")
    attended.game.tick(20)
    attended.ask({"id": 3, "watch": "arena", "hz": 10})
    frames = []
    [watch] = attended.console.watching.values()
    watch.send = frames.append

    attended.game.tick(120)

    assert 19 <= len(frames) <= 21


def test_empty_arena_is_shown_once(attended: Attended) -> None:
    """With nobody here a frame is sent once: an idle server stays idle."""
    attended.ask({"id": 3, "watch": "arena", "hz": 30})
    attended.read()
    [watch] = attended.console.watching.values()
    frames: list[bytes] = []
    watch.send = frames.append

    attended.game.tick(60)

    assert frames == []
    assert attended.ask({"id": 4, "watch": "arena", "arena": 9})["ok"] is False


def test_slow_reader_loses_frames(attended: Attended, monkeypatch) -> None:
    """Who does not read misses frames, is told how many, and still gets every reply."""
    monkeypatch.setattr(desk_module, "MAX_FRAMES", 2000)
    monkeypatch.setattr(desk_module, "MAX_PENDING", 1000)
    attended.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    attended.send({"id": 2, "watch": "events"})
    for _ in range(300):
        attended.send({"id": 9, "line": "say " + "x" * 190})
        attended.game.tick(2)

    found = [attended.read()]
    while sum(1 for f in found if f["id"] == 9) < 300:
        found.append(attended.read())
    attended.send({"id": 9, "line": "say the end"})
    while "event" not in found[-1]:
        found.append(attended.read())

    events = sum(1 for f in found if "event" in f)
    dropped = sum(f.get("dropped", 0) for f in found)
    assert dropped > 0
    assert events < 600


def test_reader_who_has_gone_is_forgotten(attended: Attended) -> None:
    """Closing the connection ends its watches."""
    attended.ask({"id": 2, "watch": "events"})
    attended.ask({"id": 3, "watch": "arena"})
    attended.sock.close()

    end = monotonic() + 60
    while attended.console.listening or attended.console.watching:
        assert monotonic() < end, "still watched"
        attended.game.tick()


def test_socket_is_gone_after_the_end(tmp_path: Path) -> None:
    """A clean end leaves no socket; what is asked after it finds nobody."""
    found = Attended(tmp_path)
    found.desk.close()

    assert not (tmp_path / local.NAME).exists()
    with pytest.raises(OSError):
        ConsoleLink(tmp_path)
    found.sock.close()
