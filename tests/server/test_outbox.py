"""server/outbox.py: results are on disk first, posted until acknowledged, counted once."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import apsw
import msgspec
import pytest
from memory import SERVER_ID, START

from tremble import token
from tremble.errors import StoreError
from tremble.result import MatchResult, PlayerLine
from tremble.server.outbox import Outbox, counts

KEY = bytes(range(32))


def result(number: int) -> MatchResult:
    players = [PlayerLine(f"{i:016x}", f"p{i}", False, i + 1, i == 0, 5 - i) for i in range(2)]
    return MatchResult(
        f"{number:032x}", SERVER_ID, "duel", "arena_01", START, START, 60.0, "frag_limit", players
    )


class Record:
    """A stand-in for the web process: answers as told, keeps what it got."""

    def __init__(self, listens: bool = True) -> None:
        self.answers: list[int] = []
        self.posts: list[tuple[dict[str, str], bytes]] = []
        record = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                record.posts.append((dict(self.headers), body))
                self.send_response(record.answers.pop(0) if record.answers else 201)
                self.end_headers()
                self.wfile.write(b"because")

            def log_message(self, *args: object) -> None:
                return

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler, False)
        self.server.server_bind()  # the port is ours, and refuses
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        if listens:
            self.listen()

    def listen(self) -> None:
        self.server.server_activate()
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def record() -> Iterator[Record]:
    found = Record()
    yield found
    found.close()


def wait_until(true, limit: float = 60.0) -> None:
    end = monotonic() + limit
    while not true():
        assert monotonic() < end, "it never came true"
        sleep(0.01)


def ids(record: Record) -> list[str]:
    return [msgspec.json.decode(body)["match_id"] for _, body in record.posts]


def test_result_is_posted_signed_and_forgotten(tmp_path: Path, record: Record) -> None:
    """A result travels as JSON under the server's signature; acknowledged, it leaves the outbox."""
    outbox = Outbox(tmp_path / "outbox.db", record.url, KEY)

    outbox.put(result(1))
    wait_until(lambda: outbox.depth == 0)

    assert outbox.close(1.0) == 0
    [(headers, body)] = record.posts
    assert msgspec.json.decode(body, type=MatchResult) == result(1)
    assert headers[token.SERVER_HEADER] == token.server_id(token.public_key(KEY))
    assert token.verify(token.public_key(KEY), body, headers[token.SIGNATURE_HEADER])


def test_results_wait_while_nobody_answers(tmp_path: Path) -> None:
    """With the record down results stay on disk; the next process posts them, in order."""
    record = Record(listens=False)
    outbox = Outbox(tmp_path / "outbox.db", record.url, KEY)
    for number in range(3):
        outbox.put(result(number))
    left = outbox.close(0.1)

    record.listen()
    again = Outbox(tmp_path / "outbox.db", record.url, KEY)
    wait_until(lambda: again.depth == 0)
    again.close(1.0)
    record.close()

    assert left == 3
    assert ids(record) == [f"{n:032x}" for n in range(3)]


def test_result_that_comes_while_another_is_posted(tmp_path: Path, record: Record) -> None:
    """It is not forgotten when the other one is acknowledged after the end was asked for."""
    held, go = threading.Event(), threading.Event()
    outbox = Outbox(tmp_path / "outbox.db", record.url, KEY)
    post = outbox._post

    def slowly(body: bytes) -> tuple[int, str]:
        held.set()
        assert go.wait(60)
        return post(body)

    outbox._post = slowly  # type: ignore[method-assign]
    outbox.put(result(1))
    assert held.wait(60)
    outbox.put(result(2))
    closing = threading.Thread(target=outbox.close, args=(30.0,))
    closing.start()
    wait_until(lambda: outbox._stop_at is not None)
    go.set()
    closing.join()

    assert ids(record) == [f"{1:032x}", f"{2:032x}"]


def test_failing_record_is_asked_again(tmp_path: Path, record: Record) -> None:
    """500 and 503 are tried again; 200 (already there) counts as done."""
    record.answers = [500, 503, 200]
    outbox = Outbox(tmp_path / "outbox.db", record.url, KEY)

    outbox.put(result(1))
    wait_until(lambda: outbox.depth == 0)
    outbox.close(1.0)

    assert len(record.posts) == 3


def test_disk_that_fails_for_a_while_ends_nothing(tmp_path: Path, record: Record) -> None:
    """A result that cannot be crossed out is posted again, and what comes later too."""
    outbox = Outbox(tmp_path / "outbox.db", record.url, KEY)
    acknowledged = outbox._acknowledged

    def full(match_id: str, body: bytes) -> None:
        outbox._acknowledged = acknowledged  # type: ignore[method-assign]
        raise apsw.FullError("the disk is full")

    outbox._acknowledged = full  # type: ignore[method-assign]
    outbox.put(result(1))
    wait_until(lambda: outbox.depth == 0)
    outbox.put(result(2))
    wait_until(lambda: outbox.depth == 0)
    outbox.close(1.0)

    assert ids(record) == [f"{n:032x}" for n in (1, 1, 2)]


def test_refused_result_is_kept_not_repeated(tmp_path: Path, record: Record) -> None:
    """A final refusal keeps the result with the reason; those behind it still go."""
    record.answers = [422]
    outbox = Outbox(tmp_path / "outbox.db", record.url, KEY)

    outbox.put(result(1))
    outbox.put(result(2))
    wait_until(lambda: outbox.depth == 0)
    outbox.close(1.0)

    assert ids(record) == [f"{1:032x}", f"{2:032x}"]
    db = apsw.Connection(str(tmp_path / "outbox.db"))
    rows = db.execute("SELECT match_id, refused FROM outbox").fetchall()
    assert rows == [(f"{1:032x}", "422 because")]


def test_without_url_results_are_only_kept(tmp_path: Path) -> None:
    """A server without a record keeps every result for later."""
    outbox = Outbox(tmp_path / "outbox.db", None, KEY)
    outbox.put(result(1))

    assert outbox.close(5.0) == 1


def test_same_result_twice_is_one_row(tmp_path: Path) -> None:
    """Putting a result again changes nothing."""
    outbox = Outbox(tmp_path / "outbox.db", None, KEY)
    outbox.put(result(1))
    outbox.put(result(1))

    assert outbox.close(0.1) == 1


def test_unusable_file_is_named(tmp_path: Path) -> None:
    """What is no database is not overwritten."""
    path = tmp_path / "outbox.db"
    path.write_bytes(b"no database at all, but long enough to be looked at" * 50)

    with pytest.raises(StoreError, match=r"outbox\.db cannot be used"):
        Outbox(path, None, KEY)
    assert path.read_bytes().startswith(b"no database")


def test_all_that_was_put_is_written_at_the_end(tmp_path: Path) -> None:
    """Results of many arenas that end at once, just before the process does: all are on the disk."""
    outbox = Outbox(tmp_path / "outbox.db", None, KEY)
    for number in range(20):
        outbox.put(result(number))

    assert outbox.close(0.0) == 20
    assert counts(tmp_path / "outbox.db") == (20, 0)
