"""server/record.py: the record's key is pinned; its bans reach those who play, and are remembered."""

import http.server
import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import parse_qs, urlsplit

import pytest
from memory import SERVER_ID, Game
from rooms import room

from tremble import token
from tremble.errors import ConfigError
from tremble.net import messages
from tremble.server import record
from tremble.server.admission import Admission
from tremble.server.bans import Bans
from tremble.server.house import House
from tremble.server.record import Record, pinned

KEY = b"k" * 32
PRIVATE = bytes(range(32))
ANN = token.player_id(b"ann".ljust(16, b"\0"))
HELD = {"banned_at": "2026-01-01T00:00:00Z", "until": None, "reason": "aimbot"}


class Web:
    """A stand-in for the web process: tells its key, and the pages of bans that are put into it."""

    def __init__(self) -> None:
        self.keys: list[bytes] = []
        self.pages: queue.SimpleQueue[dict] = queue.SimpleQueue()
        self.asked: list[tuple[str, str, str]] = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                found = {name: int(values[0]) for name, values in parse_qs(asked.query).items()}
                signed = self.headers.get(token.SIGNATURE_HEADER, "")
                body = token.bans_request(**found) if found else b""
                good = token.verify(token.public_key(PRIVATE), body, signed)
                web.asked.append((asked.path, f"{found.get('since')}", "signed" if good else ""))
                self.answer(web.key() if "key" in asked.path else web.page(**found))

            def answer(self, body: bytes) -> None:
                self.send_response(200 if body else 503)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def key(self) -> bytes:
        return self.keys.pop(0) if self.keys else json.dumps({"public": KEY.hex()}).encode()

    def page(self, since: int, wait: int, at: int) -> bytes:
        try:
            found = self.pages.get(timeout=wait or 0.001)
        except queue.Empty:
            found = page(since)
        return json.dumps(found).encode()


def page(last: int, *banned: str, lifted: tuple[str, ...] = (), afresh: bool = False) -> dict:
    changes = [{"seq": last, "player_id": who, "ban": HELD} for who in banned]
    changes += [{"seq": last, "player_id": who, "ban": None} for who in lifted]
    return {"changes": changes, "last": last, "more": False, "afresh": afresh}


@pytest.fixture
def web(monkeypatch) -> Iterator[Web]:
    monkeypatch.setattr(record, "MIN_WAIT", 0.01)
    found = Web()
    yield found
    found.server.shutdown()
    found.server.server_close()


@contextmanager
def asking(web: Web, directory: Path, game: Game, known: bytes | None = KEY) -> Iterator[Record]:
    game.server.house.admission = Admission(SERVER_ID, known)
    found = Record(web.url, directory, PRIVATE, game.server)
    found.start()
    yield found
    found.close()


def until(true, game: Game | None = None) -> None:
    """Wait until it is true, playing on."""
    end = monotonic() + 60
    while not true():
        assert monotonic() < end, "it never came true"
        if game is not None:
            game.tick()
        sleep(0.005)


def test_key_is_pinned(tmp_path: Path, web: Web) -> None:
    """Asked for until there is an answer; from then on it is not asked for any more."""
    web.keys = [b"", b"{}", b'{"public": "zz"}']
    game = Game(room())

    assert pinned(tmp_path) is None
    with asking(web, tmp_path, game, None):
        until(lambda: game.server.house.admission.record_key == KEY)
    assert pinned(tmp_path) == KEY
    assert [path for path, _, _ in web.asked[:4]] == ["/v1/server/record-key"] * 4


def test_damaged_pin_is_told(tmp_path: Path) -> None:
    """A file that holds no key is named, not replaced."""
    path = tmp_path / "keys" / "record.pub"
    path.parent.mkdir()
    path.write_text("zz")

    with pytest.raises(ConfigError, match=r"record\.pub"):
        pinned(tmp_path)


def test_banned_while_playing(tmp_path: Path, web: Web) -> None:
    """A ban puts out who plays, and keeps out until it is taken back; each request is signed."""
    game = Game(room())
    with asking(web, tmp_path, game) as thread:
        until(lambda: thread._asleep)
        ann, bob = game.client("ann"), game.client("bob")
        until(lambda: bob.welcome is not None and ann.welcome is not None, game)
        web.pages.put(page(1, ANN))
        until(lambda: ann.refused is not None, game)
        again = game.client("ann")
        until(lambda: again.refused is not None, game)
        web.pages.put(page(2, lifted=(ANN,)))
        until(lambda: not game.server.house.bans.of_record, game)
        third = game.client("ann")
        until(lambda: third.welcome is not None, game)

    assert ann.refused is not None and ann.refused.code == messages.REFUSED_BANNED
    assert again.refused is not None and again.refused.reason == "you are banned: aimbot"
    assert bob.refused is None
    assert [since for _, since, _ in web.asked][-2:] != ["0", "0"]
    assert {signed for _, _, signed in web.asked} == {"signed"}


def test_sleeps_while_nobody_is_here(tmp_path: Path, web: Web) -> None:
    """With nobody here nothing is asked; who joins wakes it, and what it knew is asked for no more."""
    game = Game(room())
    web.pages.put(page(5, ANN, afresh=True))
    with asking(web, tmp_path, game) as thread:
        until(lambda: thread._asleep)
        assert [since for _, since, _ in web.asked] == ["0"]
        bob = game.client("bob")
        until(lambda: bob.welcome is not None and len(web.asked) > 1, game)
        assert web.asked[1][1] == "5"


def test_last_known_bans_hold(tmp_path: Path, web: Web) -> None:
    """They are written down, hold after a restart with the record away, and give way to a new list."""
    web.pages.put(page(5, ANN, "b" * 16))
    with asking(web, tmp_path, Game(room())) as thread:
        until(lambda: thread._asleep)

    game = Game(room())
    game.server.clients.house = game.server.house = House(tmp_path)
    ann = game.client("ann")
    game.tick(60)
    assert ann.refused is not None and ann.refused.code == messages.REFUSED_BANNED

    web.pages.put(page(1, "c" * 16, afresh=True))
    with asking(web, tmp_path, game) as thread:
        until(lambda: thread._asleep)
    assert set(game.server.house.bans.of_record) == {"c" * 16}
    assert set(Bans(tmp_path).of_record) == {"c" * 16}


def test_damaged_list_is_told(tmp_path: Path) -> None:
    """Nobody is let in because a file is broken."""
    (tmp_path / "record_bans.json").write_text("[")

    with pytest.raises(ConfigError, match=r"record_bans\.json"):
        Bans(tmp_path)
