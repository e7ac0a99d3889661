"""server/upload.py: replays follow their results to a record elsewhere."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import msgspec
import pytest
from results import match_id, result

from tremble import token
from tremble.server import upload
from tremble.server.outbox import Outbox
from tremble.server.upload import Uploader
from tremble.shelf import Room, Shelf

KEY = bytes(range(32))
DATA = b"TRP1 and more"


class Record:
    """A stand-in for the web process: answers uploads as told, keeps what it got."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.puts: list[tuple[str, dict[str, str], bytes]] = []
        record = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def body(self) -> bytes:
                return self.rfile.read(int(self.headers["Content-Length"]))

            def do_POST(self) -> None:
                self.body()
                self.send_response(201)
                self.end_headers()

            def do_PUT(self) -> None:
                record.puts.append((self.path, dict(self.headers), self.body()))
                self.send_response(record.answers.pop(0) if record.answers else 201)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                return

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def record(monkeypatch) -> Iterator[Record]:
    monkeypatch.setattr(upload, "MIN_WAIT", 0.01)
    found = Record()
    yield found
    found.server.shutdown()
    found.server.server_close()


def wait_until(true, limit: float = 60.0) -> None:
    end = monotonic() + limit
    while not true():
        assert monotonic() < end, "it never came true"
        sleep(0.01)


def post(directory: Path, record: Record, *numbers: int, replay: str | None = "ab" * 32) -> None:
    """Post results over an outbox with an uploader until both have nothing left to do."""
    shelf = Shelf(directory / "replays", Room())
    outbox = Outbox(directory / "outbox.db", record.url, KEY)
    uploader = Uploader(directory / "outbox.db", record.url, KEY, shelf)
    outbox.replay_due = uploader.due
    for number in numbers:
        shelf.put(match_id(number), DATA)
        outbox.put(msgspec.structs.replace(result(number), replay=replay))
    wait_until(lambda: outbox.depth == 0)
    left = "SELECT count(*) FROM upload"
    wait_until(lambda: outbox._db.execute(left).get == 0)
    outbox.close(1.0)
    uploader.close()


def test_a_replay_follows_its_result(tmp_path: Path, record: Record) -> None:
    """The file as it is, signed by the server."""
    post(tmp_path, record, 1)

    [(path, headers, body)] = record.puts
    assert path == f"/v1/matches/{match_id(1)}/replay"
    assert body == DATA
    assert token.verify(token.public_key(KEY), body, headers[token.SIGNATURE_HEADER])


def test_a_record_in_trouble_is_asked_again(tmp_path: Path, record: Record) -> None:
    """500 and 429 are tried again; a refusal for good is not, and what is behind it still goes."""
    record.answers = [500, 429, 201, 422, 201]

    post(tmp_path, record, 1, 2, 3)

    assert [path.split("/")[3] for path, _, _ in record.puts] == [
        match_id(number) for number in (1, 1, 1, 2, 3)
    ]


def test_a_result_without_replay_sends_none(tmp_path: Path, record: Record) -> None:
    """Nor does one whose replay is not there any more hold up the rest."""
    post(tmp_path, record, 1, replay=None)

    assert record.puts == []


def test_a_replay_that_is_not_yet_on_the_disk_is_waited_for(tmp_path: Path, record: Record) -> None:
    """Its result may be acknowledged before: then it is sent later, and not given up."""
    shelf = Shelf(tmp_path / "replays", Room())
    shelf.directory.mkdir()
    shelf.part(match_id(1)).write_bytes(DATA)
    outbox = Outbox(tmp_path / "outbox.db", record.url, KEY)
    tried = threading.Event()
    finish = shelf.path

    def path(number: str) -> Path:
        found = finish(number)
        if tried.is_set():
            shelf.finish(shelf.part(number), found.name)
        tried.set()
        return found

    shelf.path = path
    uploader = Uploader(tmp_path / "outbox.db", record.url, KEY, shelf)
    outbox.replay_due = uploader.due
    outbox.put(msgspec.structs.replace(result(1), replay="ab" * 32))
    wait_until(lambda: record.puts)
    outbox.close(1.0)
    uploader.close()

    assert [body for _, _, body in record.puts] == [DATA]


def test_what_waits_is_sent_after_a_restart(tmp_path: Path, record: Record) -> None:
    """Due uploads stand in the outbox's file."""
    outbox = Outbox(tmp_path / "outbox.db", record.url, KEY)
    outbox.replay_due = lambda: None
    shelf = Shelf(tmp_path / "replays", Room())
    shelf.put(match_id(1), DATA)
    for number in (1, 2):  # the second was deleted meanwhile
        outbox.put(msgspec.structs.replace(result(number), replay="ab" * 32))
    wait_until(lambda: outbox.depth == 0)
    outbox.close(1.0)

    post(tmp_path, record, 3)

    assert [path.split("/")[3] for path, _, _ in record.puts] == [match_id(1), match_id(3)]
