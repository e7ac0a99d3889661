"""Saves of real devices on a real server: offline, interrupted at every point, cloned, converging."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import URLError

import msgspec
import pytest
from applications import application
from litestar import Litestar
from litestar.testing import TestClient

from tremble.data import files, merge
from tremble.data.cloud import Answer, CloudSaves, http_transport
from tremble.data.documents import DataType
from tremble.data.manager import DataManager
from tremble.data.sync import Local, Step
from tremble.errors import StoreError
from tremble.store.engine import Store
from tremble.web import limits
from tremble.web.problems import Asked

STATS = DataType.PLAYER_STATS
KIND = STATS.value


class Crash(BaseException):
    """The power went at this point."""


class Fuse:
    """Goes off at the point *left* of all that a device does with disk and network."""

    def __init__(self) -> None:
        self.left = -1

    def burn(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash


class FusedDisk(files.Disk):
    def __init__(self, fuse: Fuse) -> None:
        self.fuse = fuse

    def write(self, fd: int, content: bytes) -> int:
        self.fuse.burn()
        return super().write(fd, content)

    def rename(self, source: str, target: str) -> None:
        self.fuse.burn()
        super().rename(source, target)
        self.fuse.burn()


class Phone:
    """A device: its game, its folder, its line to the server."""

    def __init__(self, http: TestClient[Litestar], folder: Path) -> None:
        self.http = http
        self.folder = folder
        self.online = True
        self.fuse = Fuse()
        self.now_ms = 1_780_000_000_000
        self.start()

    def start(self) -> None:
        """Start the game anew, as after a crash."""
        self.fuse.left = -1
        disk = FusedDisk(self.fuse)
        self.manager = DataManager(self.folder, durable=False, disk=disk)
        self.saves = CloudSaves(self.manager, self.send, clock_ms=self.clock, disk=disk)

    def clock(self) -> int:
        self.now_ms += 3_600_000
        return self.now_ms

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> Answer:
        self.fuse.burn()
        if not self.online:
            raise URLError("no network")
        answer = self.http.request(method, path, headers=headers, content=body)
        self.fuse.burn()
        return Answer(answer.status_code, answer.headers, answer.content)

    def kill(self, count: int = 1) -> None:
        stats = self.manager.load_data(STATS)
        stats.stats.kills += count
        assert self.manager.save_data(STATS, stats)
        self.saves.note(STATS)

    def talk(self, new_profile: bool = False) -> list[Step]:
        """Step until there is nothing more to do now; return the steps."""
        steps: list[Step] = []
        while len(steps) < 12:
            steps.append(self.saves.step(KIND))
            if steps[-1] is Step.ASK and new_profile:
                self.saves.begin_profile(KIND)
            elif steps[-1] in (Step.NOTHING, Step.ASK, Step.STOP, Step.WAIT) or not self.online:
                break
        return steps

    def kills(self) -> int:
        self.saves.apply(STATS)
        return self.manager.load_data(STATS).stats.kills


@pytest.fixture
def http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient[Litestar]]:
    # Weeks of play pass in a second here: the limit of saves would only make it wait.
    monkeypatch.setattr(limits, "SAVES", limits.Rule("saves", 10_000, 1.0))
    monkeypatch.setattr(limits, "WRITES", limits.Rule("writes", 10_000, 1.0))

    async def who(request: Asked, store: Store) -> str:
        return "a" * 16

    with (
        Store(tmp_path / "tremble.db") as store,
        TestClient(application(store, tmp_path, who=who)) as client,
    ):
        yield client


def test_first_download_rule(http: TestClient[Litestar], tmp_path: Path) -> None:
    """Without a download nothing is uploaded; a new profile begins only when asked for."""
    phone = Phone(http, tmp_path / "one")
    phone.kill(3)
    phone.online = False
    offline = phone.talk()
    phone.online = True

    asked = phone.talk()

    assert offline == [Step.DOWNLOAD]
    assert asked == [Step.DOWNLOAD, Step.ASK]
    assert http.get("/v1/saves").json() == {"saves": []}
    assert phone.talk(new_profile=True) == [Step.ASK, Step.UPLOAD, Step.NOTHING]
    assert len(http.get("/v1/saves").json()["saves"]) == 1


def test_two_devices(http: TestClient[Litestar], tmp_path: Path) -> None:
    """Kills of two devices add up on both, also those made offline before the first download."""
    one, two = Phone(http, tmp_path / "one"), Phone(http, tmp_path / "two")
    one.kill(3)
    two.kill(4)
    one.talk(new_profile=True)

    steps = two.talk()
    one.kill(1)
    one.talk()

    assert steps == [Step.DOWNLOAD, Step.UPLOAD, Step.NOTHING]
    assert (one.kills(), two.kills()) == (8, 7)


def test_offline_queue(http: TestClient[Litestar], tmp_path: Path) -> None:
    """What is played offline waits, through restarts, and is tried again ever more rarely."""
    phone = Phone(http, tmp_path / "one")
    phone.talk(new_profile=True)
    phone.online = False
    waits = []
    for _ in range(6):
        phone.kill(2)
        assert phone.saves.step(KIND) is Step.UPLOAD
        local = phone.saves.local(KIND)
        waits.append(local.retry_at_ms - phone.now_ms)
        assert local.sending is not None
        phone.manager.close()
        phone.start()
    phone.online = True

    phone.talk()

    assert all(late >= early * 0.5 for early, late in zip(waits, waits[2:], strict=False))
    assert waits[5] > 10_000 > waits[0]
    assert kills_on(http) == phone.kills() == 12


def kills_on(http: TestClient[Litestar]) -> int:
    save = merge.decode(merge.ENCODER.encode(http.get(f"/v1/saves/{KIND}").json()["save"]))
    return int(sum(save.sums["stats/kills"].values()))


def test_crash_at_every_point(http: TestClient[Litestar], tmp_path: Path) -> None:
    """Wherever the power goes, after it all kills that the game had saved count once."""
    phone, other = Phone(http, tmp_path / "one"), Phone(http, tmp_path / "two")
    phone.talk(new_profile=True)
    crashes = 0
    for point in range(1, 40):
        other.kill(1)
        other.talk()
        phone.kill(1)
        phone.fuse.left = point
        try:
            phone.talk()
            phone.kills()
        except Crash:
            crashes += 1
        phone.manager.close()
        phone.start()
        phone.saves.note(STATS)

    phone.kill(1)
    phone.talk()
    other.kill(1)
    other.talk()
    phone.kill(1)
    phone.talk()

    assert crashes > 10
    assert kills_on(http) == phone.kills() == 39 * 2 + 3


def test_copied_folder(http: TestClient[Litestar], tmp_path: Path) -> None:
    """A folder that was copied to a second machine goes on as a device of its own."""
    phone = Phone(http, tmp_path / "one")
    phone.kill(10)
    phone.talk(new_profile=True)
    phone.kill(1)
    phone.manager.close()
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    phone.start()
    twin = Phone(http, tmp_path / "two")
    phone.kill(2)
    twin.kill(5)

    phone.talk()
    twin.talk()
    phone.kill(1)
    phone.talk()

    # The one kill that was not uploaded before the copy is in both, and nobody can tell it apart.
    assert kills_on(http) == 10 + 1 + 2 + 1 + 5 + 1
    assert phone.saves.local(KIND).device != twin.saves.local(KIND).device
    assert phone.kills() == twin_kills(twin) == 20


def twin_kills(twin: Phone) -> int:
    twin.kill(0)
    twin.saves.keep(stale(twin))
    twin.talk()
    return twin.kills()


def stale(phone: Phone) -> Local:
    """Return the state of *phone* that fetches the server's save anew."""
    return msgspec.structs.replace(phone.saves.local(KIND), stale=True)


def test_random_play(http: TestClient[Litestar], tmp_path: Path) -> None:
    """Devices that play, lose the network and crash at random end with all kills, once each."""
    dice = random.Random(7)
    phones = [Phone(http, tmp_path / f"{n}") for n in range(3)]
    phones[0].talk(new_profile=True)
    made = 0
    for _ in range(120):
        phone = dice.choice(phones)
        phone.online = dice.random() < 0.7
        count = dice.randrange(4)
        phone.kill(count)
        made += count
        phone.fuse.left = dice.randrange(60)
        try:
            phone.talk()
            if dice.random() < 0.3:
                phone.kills()
        except Crash:
            phone.manager.close()
            phone.start()
            phone.saves.note(STATS)
        phone.fuse.left = -1
    for phone in phones * 2:
        phone.online = True
        phone.kill(0)
        phone.saves.keep(stale(phone))
        phone.talk()

    assert kills_on(http) == made
    assert [phone.kills() for phone in phones] == [made] * 3


def test_slot(http: TestClient[Litestar], tmp_path: Path) -> None:
    """A free slot travels as it is; written on two devices, both copies are there."""
    one, two = Phone(http, tmp_path / "one"), Phone(http, tmp_path / "two")
    one.saves.write_slot("run", b"left")
    two.saves.write_slot("run", b"right")
    one.saves.step("slot-run")
    one.saves.begin_profile("slot-run")
    one.saves.step("slot-run")

    two.saves.step("slot-run")
    two.saves.step("slot-run")

    copies = merge.copies_of(two.saves.local("slot-run").save)
    assert {copy.content for copy in copies} == {b"left", b"right"}


def test_refused_for_good(http: TestClient[Litestar], tmp_path: Path) -> None:
    """A save that the server will never take is not sent again; nothing of it is lost here."""
    phone = Phone(http, tmp_path / "one")
    phone.saves.write_slot("run", bytes(1_100_000))
    phone.saves.step("slot-run")
    phone.saves.begin_profile("slot-run")
    phone.saves.step("slot-run")

    again = phone.saves.step("slot-run")

    local = phone.saves.local("slot-run")
    assert (again, local.stopped) == (Step.STOP, "save_too_large")
    assert len(merge.copies_of(local.save)[0].content) == 1_100_000


def test_damaged_state(http: TestClient[Litestar], tmp_path: Path) -> None:
    """A damaged state file is named, and left where it is."""
    phone = Phone(http, tmp_path / "one")
    path = tmp_path / "one" / "sync" / f"{KIND}.json"
    path.write_text("{")

    with pytest.raises(StoreError, match=r"player_stats\.json: damaged"):
        phone.saves.step(KIND)

    assert path.read_text() == "{"


class Handler(BaseHTTPRequestHandler):
    """Refuses who is not `token`, and sends who asks for /away elsewhere."""

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        known = self.headers["Authorization"] == "Bearer token"
        self.send_response(302 if "away" in self.path else 200 if known else 401)
        self.send_header("Location", "/elsewhere")
        self.send_header("ETag", self.headers["If-Match"])
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def test_http_transport() -> None:
    """The transport speaks HTTP; a refusal is an answer, and a redirect is not followed."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/"
        headers = {"If-Match": '"7"'}
        taken = http_transport(url, lambda: "token")("PUT", "/save", headers, b"body")
        refused = http_transport(url, lambda: "other")("PUT", "/save", headers, b"body")
        away = http_transport(url, lambda: "token")("PUT", "/away", headers, b"body")
        server.shutdown()
        thread.join()

    assert (taken.status, taken.headers["ETag"], taken.body) == (200, '"7"', b"body")
    assert (refused.status, away.status) == (401, 302)
    with pytest.raises(ValueError, match="https://"):
        http_transport("file:///etc", lambda: "token")


CHILD = """
import os, sys
from tremble.data.cloud import Answer, CloudSaves
from tremble.data.documents import DataType
from tremble.data.manager import DataManager

def offline(method, path, headers, body):
    raise OSError("no network")

with DataManager(sys.argv[1]) as manager:
    saves = CloudSaves(manager, offline)
    saves.begin_profile("player_stats")
    saves.note(DataType.PLAYER_STATS)
    stats = manager.load_data(DataType.PLAYER_STATS)
    while True:
        stats.stats.kills += 1
        assert manager.save_data(DataType.PLAYER_STATS, stats)
        saves.note(DataType.PLAYER_STATS)
        saves.step("player_stats")
        print(stats.stats.kills, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
def test_kill_9(http: TestClient[Litestar], tmp_path: Path) -> None:
    """The queue of a process that is killed again and again holds all that was played, once."""
    told = 0
    for after in (3, 8, 5):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, str(tmp_path / "one")], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(after):
            told = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        rest = child.communicate(timeout=60)[0].split()
        told = int(rest[-1]) if rest else told

    phone = Phone(http, tmp_path / "one")
    phone.kill(1)
    phone.talk()

    made = phone.manager.load_data(STATS).stats.kills
    assert told + 1 <= made <= told + 2
    assert kills_on(http) == made
