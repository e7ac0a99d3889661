"""The heart of a server: beats at once, at changes and in between; a goodbye at the end."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from beats import beat
from memory import Game
from rooms import room

from tremble import token
from tremble.server import heart as module
from tremble.server.clients import Listing
from tremble.server.heart import Heart, Herald, facts

PRIVATE = bytes(range(32))


class Record:
    """A web process that answers heartbeats with what *answers* holds, the last again and again."""

    def __init__(self) -> None:
        self.heard: queue.SimpleQueue = queue.SimpleQueue()
        self.answers: list[tuple[int, bytes]] = []
        record = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server = self.headers[token.SERVER_HEADER]
                public = token.public_key(PRIVATE)
                assert server == token.server_id(public)
                assert token.verify(public, body, self.headers[token.SIGNATURE_HEADER])
                record.heard.put((self.path, json.loads(body)))
                answers = record.answers
                status, text = answers.pop(0) if len(answers) > 1 else answers[0]
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def next(self) -> dict:
        path, body = self.heard.get(timeout=60)
        assert path == "/v1/server/heartbeat"
        return body

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def record(monkeypatch):
    monkeypatch.setattr(module, "GAP_S", 0.01)
    monkeypatch.setattr(module, "SOONEST_S", 0.01)
    running = Record()
    running.answers = [(200, b'{"state":"listed","address":"1.2.3.4:4433","next_s":300}')]
    yield running
    running.close()


@pytest.fixture
def heart(record):
    beating = Heart(record.url, PRIVATE)
    yield beating
    beating.close()


@pytest.fixture
def lines(monkeypatch) -> list:
    """What is logged: event, level, facts."""
    found = []

    class Log:
        def __getattr__(self, level):
            return lambda event, **facts: found.append((event, level, facts))

    monkeypatch.setattr(module, "log", Log())
    return found


def test_changes_are_told_and_the_end(record, heart) -> None:
    """Each heartbeat is later than the one before; the last says goodbye."""
    heart.tell(beat(players=1))
    first = record.next()
    heart.tell(beat(players=2))
    second = record.next()
    heart.close()
    last = record.next()

    assert [b["players"] for b in (first, second, last)] == [1, 2, 2]
    assert (second.get("leaving", False), last["leaving"]) == (False, True)
    assert 0 < first["at"] < second["at"] < last["at"]


def test_it_comes_again_when_it_is_told_to(record, heart) -> None:
    """Soon, to learn what came of the probe."""
    soon = b'{"state":"unprobed","address":"1.2.3.4:4433","next_s":0.02}'
    record.answers.insert(0, (200, soon))
    heart.tell(beat())

    assert record.next()["at"] < record.next()["at"]


def test_who_is_not_to_be_listed_says_goodbye_once(record, heart) -> None:
    """And nothing at all if it never was."""
    heart.tell(None)
    heart.tell(beat())
    assert not record.next()["leaving"]
    heart.tell(None)
    assert record.next()["leaving"]
    heart.close()

    assert record.heard.empty()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((401, b'{"code":"unknown_server"}'), ("heartbeat refused", "warning")),
        ((503, b""), ("heartbeat not heard", "warning")),
        ((200, b"nonsense"), ("heartbeat not heard", "warning")),
        ((200, b'{"state":"unreachable","address":"a","next_s":9}'), ("not listed", "warning")),
        ((200, b'{"state":"listed","address":"a","next_s":9}'), ("listed", "info")),
    ],
)
def test_what_came_of_it_is_logged_once(record, heart, lines, answer, expected) -> None:
    """However often the same comes of it."""
    record.answers = [answer]
    for players in (1, 2, 3):
        heart.tell(beat(players=players))
        record.next()
    heart.close()

    assert [line[:2] for line in lines] == [expected]


def test_nobody_there_is_no_harm(lines, monkeypatch) -> None:
    """It is told once, and tried again."""
    monkeypatch.setattr(module, "RETRY_S", 0.01)
    monkeypatch.setattr(module, "GAP_S", 0.0)
    heart = Heart("http://127.0.0.1:1", PRIVATE)
    heart.tell(beat())
    heart.close()

    assert [line[:2] for line in lines] in ([], [("heartbeat not heard", "warning")])


class Told:
    """Stands for a heart."""

    def __init__(self) -> None:
        self.all: list = []

    def tell(self, found) -> None:
        self.all.append(found)


def test_the_herald_tells_of_what_changes() -> None:
    """Who comes and goes, and the phases; nothing while nothing changes."""
    game = Game(room())
    told = Told()
    herald = Herald(game.server, told)
    game.server.between.append(herald.attend)
    herald.attend(game.now)
    game.client("one")
    game.tick(30)
    game.client("two")
    game.tick(120)

    assert [f.players for f in told.all][:3] == [0, 1, 2]
    assert {f.phase for f in told.all} >= {"warmup", "live"}
    assert len(told.all) < 12


def test_a_hidden_or_draining_server_is_in_no_list() -> None:
    """public = false, or a drain: a goodbye; and back when that is over."""
    game = Game(room())
    told = Told()
    herald = Herald(game.server, told)
    herald.attend(1.0)
    game.server.begin_drain(2.0, None, "later")
    herald.attend(2.0)
    game.server.open_again()
    herald.attend(3.0)

    assert [found is None for found in told.all] == [False, True, False]


def test_facts() -> None:
    """What the settings say, and what is seen; a name without control characters."""
    game = Game(room())
    options = game.server.options
    options.name, options.password = "a\tb", "secret"
    options.listing = Listing("1.2.3.4", "europe", ["railonly"])
    found = facts(game.server)

    assert (found.name, found.password, found.port) == ("a b", True, 4433)
    assert (found.advertise, found.region, found.tags) == ("1.2.3.4", "europe", ["railonly"])
    assert (found.gamemode, found.players, found.max_players) == ("duel", 0, 16)
