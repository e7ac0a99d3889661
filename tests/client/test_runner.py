"""Bots over real UDP on loopback: they join, play, are told why not, come back, and leave cleanly."""

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest
from halls import SHELL, SOUTH
from ports import closed
from rooms import entity

from tremble import maps
from tremble.client.client import Client
from tremble.client.query import query
from tremble.client.runner import (
    Levels,
    Link,
    Runner,
    bot_key,
    bot_names,
    bot_skill,
    run_bots,
)
from tremble.errors import ConfigError, TrembleError
from tremble.match.match import MatchSettings
from tremble.match.modes import MODES
from tremble.net import messages
from tremble.net.enet import Host
from tremble.net.snapshot import Frame, Snapshot
from tremble.server import udp
from tremble.server.arena import Arena
from tremble.server.clients import Options
from tremble.server.loop import GameServer

NORTH = entity("info_player_deathmatch", origin="0 192 24", angle=270)
HALL = entity("worldspawn", *SHELL) + SOUTH + NORTH
#: Longest that anything here waits.
PATIENCE = 60.0


class Server:
    """A game server on its own thread; `with` ends it."""

    def __init__(self, directory: Path, port: int = 0, max_players: int = 8) -> None:
        self.sock = udp.bind("127.0.0.1", port)
        self.port = self.sock.getsockname()[1]
        level = maps.load("hall", directory)
        settings = MatchSettings(10.0, 1, 0.1, 0.1, 0.2, 0.3)
        ids = iter(f"{i:032x}" for i in range(1, 1000))
        self.arena = Arena(0, level, MODES["ffa"], settings, "0" * 16, lambda: next(ids))
        options = Options("thread", self.port, "ffa", max_players, 64, False, False)
        host = Host(32, messages.CHANNELS, 1)
        self.results: list[object] = []
        self.server = GameServer(
            options, udp.wrap(self.sock), host, [self.arena], self.results.append, monotonic()
        )
        self.stopping = threading.Event()
        self.polite = True
        self.job: Callable[[], object] | None = None  # done once, between two ticks
        self.thread = threading.Thread(target=self.run)

    def run(self) -> None:
        while not self.stopping.is_set():
            if self.job is not None:
                self.job()
                self.job = None
            self.server.tick(monotonic())
            sleep(1 / 60)
        if self.polite:
            clients = self.server.clients
            clients.put_out_all(messages.REFUSED_STOPPING, "the server stops", monotonic())
            for _ in range(10):
                self.server.attend(monotonic())
                sleep(1 / 60)

    def __enter__(self) -> "Server":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopping.set()
        self.thread.join()
        self.sock.close()


class Bots:
    """run_bots on its own thread; `lines` holds what it reports."""

    def __init__(self, port: int, count: int, **options: object) -> None:
        self.lines: list[str] = []
        self.stopping = threading.Event()
        self.thread = threading.Thread(
            target=run_bots,
            args=("127.0.0.1", port, count),
            kwargs={
                "stop": self.stopping.is_set,
                "report": self.lines.append,
                "seed": 1,
                **options,
            },
        )

    def __enter__(self) -> "Bots":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopping.set()
        self.thread.join()

    def wait_for(self, word: str, times: int = 1) -> None:
        """Wait until *times* reports hold *word*."""
        wait(lambda: sum(word in line for line in self.lines) >= times, f"{word}: {self.lines}")


def wait(condition: Callable[[], object], what: str) -> None:
    until = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < until, what
        sleep(0.01)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory with the map `hall`."""
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "hall.map").write_text(HALL)
    return tmp_path


def test_bots_go_on_with_another_level(directory):
    """When the server changes its level between matches the bots load it and play on."""
    (directory / "maps" / "wing.map").write_text(HALL + SOUTH)
    wing = maps.load("wing", directory)
    server = Server(directory)
    server.arena.settings.warmup_s = 60.0
    with server, Bots(server.port, 2, directory=directory) as bots:
        bots.wait_for("joined", 2)
        server.job = lambda: server.arena.change_level(wing, MODES["duel"])
        bots.wait_for("goes on with duel on wing", 2)
        tick = server.arena.world.tick
        wait(lambda: server.arena.world.tick > tick + 30, "play on the next level")

    assert server.arena.level is wing
    assert not any("refused" in line for line in bots.lines)


def test_bots_play_a_match_and_leave(directory):
    """Five bots join, finish a match, and are gone from the server once they are told to stop."""
    with Server(directory) as server:
        with Bots(server.port, 5, directory=directory, skill=1.0) as bots:
            bots.wait_for("joined thread: ffa on hall", 5)
            bots.wait_for("match over: ")
            assert query("127.0.0.1", server.port)[0].bots == 5
        wait(lambda: server.arena.empty, "the bots are still there")

    assert {player.name for player in server.results[0].players} <= set(bot_names(5, None))
    assert 1 <= sum("match over" in line for line in bots.lines) <= len(server.results)


def test_bots_wait_for_a_server_and_come_back(directory):
    """Bots started first join once the server is there, and again when it has been restarted."""
    port = closed()
    with Bots(port, 1, directory=directory, brain="walk") as bots:
        bots.wait_for(f"no server at 127.0.0.1:{port}; trying again in")
        with Server(directory, port):
            bots.wait_for("joined")
        bots.wait_for("refused: the server stops; trying again in")
        with Server(directory, port):
            bots.wait_for("joined", 2)


def test_a_full_server_says_so(directory):
    """The bot that finds no room reports the server's reason, and tries again."""
    with (
        Server(directory, max_players=1) as server,
        Bots(server.port, 2, directory=directory, brain="walk") as bots,
    ):
        bots.wait_for("joined")
        bots.wait_for("refused: the server is full (1); trying again in")


def test_another_version_of_the_map_is_refused(directory, tmp_path):
    """A bot whose map differs from the server's says so, names both digests, and does not play."""
    other = tmp_path / "other"
    (other / "maps").mkdir(parents=True)
    (other / "maps" / "hall.map").write_text("// mine\n" + HALL)
    with Server(directory) as server:
        with Bots(server.port, 1, directory=other) as bots:
            bots.wait_for("the server plays another version of hall")
        wait(lambda: server.arena.empty, "the bot is still there")

    assert server.arena.level.digest in bots.lines[0]
    assert str(other / "maps") in bots.lines[0]


def test_the_same_bot_twice_gives_way_for_good(directory):
    """A bot that has joined again from elsewhere ends, rather than taking its seat back."""
    with Server(directory) as server:
        first = Bots(server.port, 1, directory=directory, brain="walk")
        with first:
            first.wait_for("joined")
            with Bots(server.port, 1, directory=directory, brain="walk") as second:
                second.wait_for("joined")
                first.wait_for("you have joined again from elsewhere")
                first.thread.join(PATIENCE)
                assert not first.thread.is_alive()
                assert second.thread.is_alive()

    assert "trying again" not in first.lines[-1]


def test_what_servers_send_is_printable():
    """Control characters in names and reasons do not reach the terminal."""
    lines: list[str] = []
    runner = Runner("127.0.0.1", 1, Levels(Path()), lines.append)

    runner.report("Rumble: refused: \x1b[2Jgo\naway")

    assert lines == ["Rumble: refused:  [2Jgo away"]


def test_commands_that_pile_up_are_left_out():
    """With more commands waiting at the server than wanted one is left out, but only now and then."""
    runner = Runner("127.0.0.1", 1, Levels(Path()), print)
    link = Link(runner, "Rumble", 1, None)
    client = Client(b"server", "Rumble", bytes(16), 0, 1, 0.0)
    left_out = []
    for tick in range(100, 200):
        client.snapshot = Snapshot(Frame(tick), 0, 5 if tick < 150 else 1, 0, True)
        if link.ahead(client):
            left_out.append(tick)

    assert left_out == [100, 130]


def test_bad_arguments_are_refused():
    """Unknown hosts, skills and brains are errors that say what is wrong."""
    for options, word in [({"skill": 1.5}, "skill 1.5"), ({"brain": "big"}, "brain 'big'")]:
        with pytest.raises(ConfigError, match=word):
            run_bots("127.0.0.1", 1, 1, stop=lambda: True, **options)
    with pytest.raises(TrembleError, match="cannot find the host"):
        run_bots("no.such.host.invalid", 1, 1, stop=lambda: True)


def test_names_differ_and_fit():
    """Any number of names are all different and no longer than the protocol allows."""
    names = bot_names(100, None)

    assert len(set(names)) == 100
    assert max(len(name) for name in bot_names(30, ["x" * 40])) == messages.MAX_NAME
    assert len(set(bot_names(30, ["x" * 40]))) == 30
    assert bot_names(3, ["Flint", "Ember"]) == ["Flint", "Ember", "Flint 2"]


def test_a_bot_is_the_same_player_for_ever():
    """Key and skill follow from the name alone."""
    assert bot_key("Rumble").hex() == "760be4b5eb80ab8fa721e0007be75281"
    assert bot_key("Rumble") != bot_key("Shiver")
    assert all(0.35 <= bot_skill(name) <= 0.9 for name in bot_names(50, None))
