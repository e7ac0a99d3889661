"""server/record.py: the record's key is learnt once and pinned."""

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tremble.errors import ConfigError
from tremble.server import record
from tremble.server.record import Record, pinned

KEY = b"k" * 32


class Web:
    """A stand-in for the web process: answers as told, then with its key."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.key = KEY
        self.asked: list[str] = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.asked.append(self.path)
                good = 200, json.dumps({"public": web.key.hex()}).encode()
                status, body = web.answers.pop(0) if web.answers else good
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def web(monkeypatch) -> Iterator[Web]:
    monkeypatch.setattr(record, "MIN_WAIT", 0.01)
    found = Web()
    yield found
    found.server.shutdown()
    found.server.server_close()


def learnt(web: Web, directory: Path) -> bytes:
    """Return the key that a server on *directory* comes to know."""
    found: list[bytes] = []
    known = threading.Event()

    def told(key: bytes) -> None:
        found.append(key)
        known.set()

    asking = Record(web.url, directory, told)
    asking.start()
    assert known.wait(10)
    asking.close()
    return found[0]


def test_key_is_pinned(tmp_path: Path, web: Web) -> None:
    """Asked for until there is an answer; from then on another key counts no more."""
    web.answers = [(503, b""), (200, b"{}"), (200, b'{"public": "zz"}')]

    assert pinned(tmp_path) is None
    assert learnt(web, tmp_path) == KEY
    assert pinned(tmp_path) == KEY
    web.key = b"o" * 32
    assert learnt(web, tmp_path) == KEY
    assert set(web.asked) == {"/v1/server/record-key"}


def test_damaged_pin_is_told(tmp_path: Path) -> None:
    """A file that holds no key is named, not replaced."""
    path = tmp_path / "keys" / "record.pub"
    path.parent.mkdir()
    path.write_text("zz")

    with pytest.raises(ConfigError, match=r"record\.pub"):
        pinned(tmp_path)
