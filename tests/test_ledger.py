"""The ledger: a result counts once, all of it or none of it, whatever happens."""

import itertools
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import apsw
import pytest
from conftest import Places
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json
from results import START, histories, line, match_id, player_id, result, telemetry
from sqlalchemy import select
from stores import dump, fresh, post_all, wipe

from tremble import ledger
from tremble.errors import StoreError
from tremble.ledger import InvalidResult
from tremble.result import MatchResult
from tremble.store import board_entries, instant, matches, past, seasons
from tremble.store.board_entries import Entry
from tremble.store.boards import Kind
from tremble.store.database import Connection
from tremble.store.engine import Store, Transaction
from tremble.store.scores import ScoreBoard
from tremble.store.sql import Statement
from tremble.store.tables import board_log

BEST = ScoreBoard("duel.score-best", "duel", None, Kind("score", "best"))
LOGGED = Statement(
    select(board_log.c.board, board_log.c.season, board_log.c.changes).order_by(board_log.c.version)
)


def entry(store: Store, number: int, board: str = "duel") -> Entry:
    return store.read(board_entries.of_player, player_id(number))[board]


def test_posted_once(places: Places) -> None:
    """Posting a result again says so and changes nothing, even if other things stand in it."""
    with Store(places()) as store:
        assert ledger.post(store, result(1))
        before = dump(store)

        assert not ledger.post(store, result(1))
        assert not ledger.post(store, result(1, line(3, 1), line(4, 2), mode="other"))

        assert dump(store) == before


def test_repetition(places: Places) -> None:
    """Results repeated in any order after their first time leave the same rows as without."""

    @given(histories, st.data())
    @settings(max_examples=10, deadline=None)
    def holds(history: list[MatchResult], data: st.DataObject) -> None:
        repeated: list[MatchResult] = []
        for i, posted in enumerate(history):
            again = data.draw(st.lists(st.sampled_from(history[: i + 1]), max_size=3))
            repeated += [posted, *again]
        for store, posts in ((once, history), (again_store, repeated)):
            wipe(store)
            for posted in posts:
                ledger.post(store, posted)
        assert dump(again_store) == dump(once)

    with Store(places()) as once, Store(places()) as again_store:
        holds()


def test_together(places: Places) -> None:
    """Results recorded together leave the rows, and get the answers, of one after another.

    Some are late, some repeated, some of another season; the boards have other players too.
    """

    @given(histories, histories, st.data())
    @settings(max_examples=12, deadline=None)
    def holds(before: list[MatchResult], history: list[MatchResult], data: st.DataObject) -> None:
        posts = history + data.draw(st.lists(st.sampled_from(before + history), max_size=3))
        season = data.draw(st.none() | st.sampled_from([posted.ended_at for posted in history]))
        for store in (together, one_by_one):
            wipe(store)
            store.write(past.create, BEST).result()
            if season is not None:
                store.write(seasons.begin, instant.to_store(season)).result()
            post_all(store, before)
        answers = [ledger.post(one_by_one, posted) for posted in posts]

        assert together.write(ledger.record_all, posts).result() == answers
        assert dump(together) == dump(one_by_one)
        assert logged(together) == logged(one_by_one)

    with Store(places()) as together, Store(places()) as one_by_one:
        holds()


def logged(store: Store) -> dict[tuple[str, int, str], int]:
    """Return the last rank key of each player on each board in each season, as the log has it."""
    return {
        (board, season, player): key
        for board, season, changes in store.read(Transaction.rows, LOGGED)
        for player, key in json.decode(changes).items()
    }


def test_concurrent(places: Places) -> None:
    """Results posted by many threads at once count once each, and as if posted one after another."""
    rng = random.Random(1)
    history = [
        result(n, line(rng.randint(1, 3), 1), line(rng.randint(4, 6), 2), after_s=600 * n)
        for n in range(1, 21)
    ]
    posts = history * 3
    rng.shuffle(posts)
    with Store(places()) as store, Store(places()) as again:
        with ThreadPoolExecutor(8) as threads:
            recorded = list(threads.map(lambda posted: ledger.post(store, posted), posts))
        order = [summary.match_id for summary in store.read(matches.recent, 100)[0]][::-1]
        for ident in order:
            ledger.post(again, next(r for r in history if r.match_id == ident))

        assert sum(recorded) == len(history)
        assert dump(store) == dump(again)


class Failed(Exception):
    """The statement was not run."""


class Failing:
    """A connection that fails instead of running its statement number *number*, from 0."""

    def __init__(self, connection: Connection, number: int) -> None:
        self._connection = connection
        self._left = number

    def __getattr__(self, name: str) -> Any:
        def run(*arguments: Any) -> Any:
            self._left -= 1
            if self._left == -1:
                raise Failed
            return getattr(self._connection, name)(*arguments)

        return run


#: The second and the third are late, the last is there already.
BATCH = [result(n, after_s=600 * n, telemetry=telemetry(2)) for n in (5, 2, 3, 6, 4)]


def record_failing(tx: Transaction, number: int) -> list[bool]:
    failing = Failing(tx._connection, number)
    return ledger.record_all(Transaction(failing), BATCH)  # type: ignore[arg-type]


def test_all_or_nothing(places: Places) -> None:
    """Whatever statement fails, nothing of the results stays, and they can be posted again."""
    with Store(places()) as store:
        ledger.post(store, result(4, after_s=2400))
        before = dump(store)
        number = 0
        while isinstance(failure := store.write(record_failing, number).exception(), Failed):
            assert dump(store) == before
            number += 1

        assert failure is None
        assert number > 15
        assert ledger.post(store, result(5, after_s=3000)) is False
        assert store.read(matches.recent, 10)[0][0].match_id == match_id(6)


def test_failed_together(places: Places) -> None:
    """Results that wait together are recorded one by one after a statement for all of them failed."""
    with Store(places()) as store, Store(places()) as smooth:
        answers = [ledger.post(smooth, posted) for posted in BATCH]
        for number in (1, 5, 9, 13):
            wipe(store)
            go = threading.Event()
            store.write(lambda tx, go=go: go.wait())
            once = itertools.count()

            def flaky(tx: Transaction, results: Sequence[MatchResult]) -> list[bool]:
                failing = Failing(tx._connection, -1 if next(once) else number)  # noqa: B023
                return ledger.record_all(Transaction(failing), results)  # type: ignore[arg-type]

            futures = [store.write_batch(flaky, posted) for posted in BATCH]
            go.set()

            assert [future.result() for future in futures] == answers
            assert next(once) == 1 + len(BATCH)
            assert dump(store) == dump(smooth)


def test_draw(places: Places) -> None:
    """A draw is neither won nor lost, by anyone."""
    with Store(places()) as store:
        ledger.post(store, result(1, line(1, 1, won=False), line(2, 1, won=False)))

        for number in (1, 2):
            found = entry(store, number)
            assert (found.wins, found.losses, found.draws) == (0, 0, 1)
            assert found.rating == 1500.0


def test_bots_apart(places: Places) -> None:
    """A match with a bot counts on the board of bots and leaves the other as it was."""
    with Store(places()) as store:
        ledger.post(store, result(1))
        before = entry(store, 1)
        ledger.post(store, result(2, line(9, 1, bot=True), line(1, 2)))

        assert entry(store, 1) == before
        assert entry(store, 1, "duel-bots").losses == 1


def test_absence_widens(places: Places) -> None:
    """Who was long away is rated with less certainty than who was not."""
    day = 86400
    with Store(places()) as away, Store(places()) as near:
        for store, gap in ((away, 200 * day), (near, 60)):
            for number in range(1, 30):
                ledger.post(store, result(number, after_s=600 * number))
            ledger.post(store, result(30, after_s=600 * 30 + gap))

        assert entry(away, 1).deviation > entry(near, 1).deviation + 5


def test_late_result(places: Places) -> None:
    """A result that arrives after a later one still counts, and moves no instant back."""
    with Store(places()) as store:
        ledger.post(store, result(2, after_s=6000))
        ledger.post(store, result(1, after_s=0))

        top = store.read(board_entries.top, "duel", 1)
        assert top is not None
        assert top.last_updated == result(2, after_s=6000).ended_at
        assert top.entries[0].matches_played == 2


KILL = (0, 0, 1, 0, *[-1000] * 6)


def told(**fields: Any) -> MatchResult:
    """Return a result with such telemetry."""
    return result(1, telemetry=telemetry(2, **fields))


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (result(1, line(1, 1), line(1, 2)), "players[1].player_id"),
        (result(1, line(1, 1), line(2, 2, won=True)), "players[1].won"),
        (result(1, ended_at=START.replace(year=2025)), "ended_at"),
        (result(1, line(1, 1, team=1), line(2, 2)), "players[1].team"),
        (result(1, line(1, 1), line(2, 2, team=1)), "players[1].team"),
        (result(1, line(1, 1, team=1), line(2, 2, team=1)), "players[1].place"),
        (result(1, line(1, 1, team=1), line(2, 1, team=1, won=False)), "players[1].won"),
        (result(1, telemetry=telemetry(1)), "telemetry.players"),
        (told(kills=[KILL, (0, 0, 2, 0, *[0] * 6)]), "telemetry.kills[1]"),
        (told(kills=[(0, 0, 1, 2, *[0] * 6)]), "telemetry.kills[0]"),
        (told(pickups=[(0, 0, 2)]), "telemetry.pickups[0]"),
        (told(samples=[(0, 2, 0, 0, 0)]), "telemetry.samples[0]"),
        (told(kills=[KILL] * 3000), "telemetry"),
    ],
)
def test_contradictions(places: Places, wrong: MatchResult, path: str) -> None:
    """A result that contradicts itself is refused, naming the field, and leaves nothing."""
    with Store(places()) as store:
        before = dump(store)
        with pytest.raises(InvalidResult) as refused:
            ledger.post(store, wrong)

        assert refused.value.path == path
        assert dump(store) == before


POSTER = """
import sys
from results import line, result
from tremble import ledger
from tremble.store.engine import Store

first = int(sys.argv[2])
with Store(sys.argv[1]) as store:
    for number in range(first, first + 100_000):
        futures = [
            (10 * number + i, store.write_batch(ledger.record_all, result(10 * number + i)))
            for i in range(1 + number % 3)
        ]
        for ident, future in futures:
            assert future.result()
            print(ident, flush=True)
"""


def kill_while_posting(path: Path | str, first: int, after_s: float) -> set[str]:
    """Post until killed *after_s* after the first acknowledgement; return the acknowledged ids."""
    process = subprocess.Popen(
        [sys.executable, "-c", POSTER, str(path), str(first)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent,
    )
    assert process.stdout is not None
    try:
        lines = [process.stdout.readline()]
        time.sleep(after_s)
    finally:
        process.send_signal(signal.SIGKILL)
    lines += process.stdout.readlines()
    process.stdout.close()
    process.wait(timeout=60)
    # The last line may have been cut in the middle.
    return {match_id(int(text)) for text in lines if text.endswith("\n")}


def stored(store: Store) -> list[str]:
    """Return the ids of all matches."""
    found: list[str] = []
    before: int | None = matches.NEWEST
    while before is not None:
        page, before = store.read(matches.recent, 100, before)
        found += [summary.match_id for summary in page]
    return found


@pytest.mark.parametrize(
    "kills", [4, pytest.param(200, marks=[pytest.mark.heavy, pytest.mark.timeout(600)])]
)
def test_killed(place: Path | str, kills: int) -> None:
    """After kill -9 at random moments every acknowledged result is there once, and none in part."""
    rng = random.Random(kills)
    acknowledged: set[str] = set()
    for i in range(kills):
        acknowledged |= kill_while_posting(place, 1 + i * 100_000, rng.uniform(0.0, 0.05))
    assert len(acknowledged) >= kills

    with Store(place) as store:
        there = stored(store)
        rows = dump(store)
        winner = entry(store, 1)

    assert len(there) == len(set(there))
    assert acknowledged <= set(there)
    assert winner.matches_played == winner.wins == len(there)
    assert len(rows["match_line"]) == 2 * len(there)
    assert sum(row[2] == "match" for row in rows["feed"]) == len(there)


#: Posts five results at once and dies by SIGKILL at its n-th call of the driver within them.
MORTAL = """
import os, signal, sys, threading
from results import result
from tremble import ledger
from tremble.store.engine import Store

calls = int(sys.argv[2])

def mortal(method):
    def call(*arguments):
        global calls
        calls -= armed.is_set()
        if calls == -1:
            os.kill(os.getpid(), signal.SIGKILL)
        return method(*arguments)
    return call

armed = threading.Event()
with Store(sys.argv[1]) as store:
    kind = type(store._writer)
    for name in ("begin", "command", "rows", "rows_each", "many", "commit"):
        setattr(kind, name, mortal(getattr(kind, name)))
    go = threading.Event()
    store.write(lambda tx: (go.wait(), armed.set()))
    futures = [store.write_batch(ledger.record_all, result(n, after_s=60 * n)) for n in (1, 2, 5, 4, 3)]
    go.set()
    for future in futures:
        assert future.result()
        print("kept", flush=True)
"""


@pytest.mark.parametrize(
    "step", [13, pytest.param(1, marks=[pytest.mark.heavy, pytest.mark.timeout(600)])]
)
def test_killed_at_each_call(place: Path | str, step: int) -> None:
    """Killed before any call of the driver while results are recorded together: all of them or none."""
    with Store(place) as store:
        wipe(store)
    five = [result(n, after_s=60 * n) for n in (1, 2, 5, 4, 3)]
    for call in itertools.count(0, step):
        run = subprocess.run(
            [sys.executable, "-c", MORTAL, str(place), str(call)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent,
            timeout=60,
            check=False,
        )
        with Store(place) as store:
            there = stored(store)
            again = store.write(ledger.record_all, five).result()
            rows = dump(store)
            wipe(store)
        assert len(there) == (5 if run.stdout else 0)
        assert again == [match_id(n) not in there for n in (1, 2, 5, 4, 3)]
        assert len(rows["match"]) == 5
        assert len(rows["match_line"]) == 10
        if run.returncode == 0:
            break
        assert run.returncode == -signal.SIGKILL
    assert call >= 18


class BrokenFile(apsw.VFSFile):
    """A file whose writes and syncs fail, one of them or all from then on."""

    def __init__(self, inherits: str, name: Any, flags: list[int], vfs: "BrokenDisk") -> None:
        super().__init__(inherits, name, flags)
        self._disk = vfs

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.use()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._disk.use()
        super().xSync(flags)


class BrokenDisk(apsw.VFS):
    """A file system whose writes fail from number *left* on, until it is mended."""

    def __init__(self) -> None:
        self.base = apsw.vfs_names()[0]
        super().__init__("broken", base=self.base, makedefault=True)
        self.left = sys.maxsize

    def use(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise apsw.IOError

    def xOpen(self, name: Any, flags: list[int]) -> BrokenFile:
        return BrokenFile(self.base, name, flags, self)


def test_broken_disk(tmp_path: Path) -> None:
    """Whichever write or sync fails, only what was acknowledged is there, once, and posting goes on."""
    disk = BrokenDisk()
    failed = 0
    try:
        for left in range(0, 60, 3):
            path = tmp_path / f"{left}.db"
            kept: list[bool] = []
            with fresh(path) as store:
                ledger.post(store, result(6))
                disk.left = left
                for posted in BATCH:
                    with suppress(StoreError):
                        kept.append(ledger.post(store, posted))
                disk.left = sys.maxsize
                failed += len(BATCH) - len(kept)
                rows = dump(store)
                assert len(rows["match"]) > sum(kept)
                assert len(rows["match_line"]) == 2 * len(rows["match"])
                for posted in BATCH:
                    ledger.post(store, posted)
                assert len(dump(store)["match"]) == len(BATCH)
    finally:
        disk.unregister()
    assert failed > 20
