"""The numbers of the metrics are those of a plain recomputation, whatever the way to them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from math import isclose
from pathlib import Path
from random import Random
from typing import Any

import pytest
from analytics.recompute import Ratings, Recomputed, tables
from stores import fresh, post_all, settle

from tremble.analytics import generate
from tremble.analytics.export import export
from tremble.analytics.lake import Lake
from tremble.analytics.metrics import METRICS
from tremble.analytics.span import Span, span
from tremble.result import MatchResult
from tremble.store import accounts, days, instant, match_log, matches, voids
from tremble.store.engine import Store, Transaction

NOW = datetime(2026, 5, 1, tzinfo=UTC)
#: Two months, in which clocks change on both sides of the ocean.
MONTHS = generate.Months(datetime(2026, 3, 1, tzinfo=UTC), 40, matches=5)
SPANS = {
    "all": span("2026-02-20", "2026-04-15", "UTC", NOW),
    "a month of Berlin": span("2026-03-15", "2026-04-10", "Europe/Berlin", NOW),
    "New York, from noon to noon": span(
        "2026-03-07T12:00", "2026-03-21T12:00", "America/New_York", NOW
    ),
    "Kathmandu": span("7d", "2026-03-20", "Asia/Kathmandu", NOW),
    "nobody played": span("2026-01-01", "2026-02-01", "UTC", NOW),
}
RESULTS = list(generate.results(MONTHS, 7))


class Played:
    """A store with the generated months, and its files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "files"
        self.store = fresh(folder / "tremble.db")

    def export(self) -> list[str]:
        return export(self.store, self.folder, NOW).written


def counts(store: Store) -> dict[int, list[int]]:
    """Return by day all but the sums of ratings, which the databases round in ways of their own."""
    return {day: [*state[:4], state[6]] for day, state in store.read(days.states).items()}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """Posted in any order, many of them again, with exports in between."""
    made = Played(tmp_path_factory.mktemp("analytics"))
    late = list(RESULTS)
    Random(3).shuffle(late)
    half = len(late) // 2
    post_all(made.store, late[:half])
    made.export()
    post_all(made.store, late[half // 2 :])
    settle(made.store)
    made.export()
    yield made
    made.store.close()


def ratings_of(store: Store) -> Ratings:
    """Return all ratings as the API tells them."""

    def read(tx: Transaction) -> Ratings:
        found: Ratings = {}
        for _, result in match_log.results(tx, 0, 2**62, 10_000):
            match = matches.find(tx, result.match_id)
            assert match is not None
            for line in match.players:
                if line.rating_before is not None and line.rating_after is not None:
                    found[result.match_id, line.player_id] = line.rating_before, line.rating_after
        return found

    return store.read(read)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, numbers but for the last of their digits."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
    return bool(one == other)


def check(lake: Lake, recomputed: Recomputed) -> None:
    """Compare every metric."""
    for name, rows in tables(recomputed, METRICS).items():
        found = lake.table(name)
        assert len(found.rows) == len(rows), name
        for row, other in zip(found.rows, rows, strict=True):
            assert len(row) == len(other)
            assert all(map(same, row, other)), (name, row, other)
        assert found.matches_in_span == len(recomputed.m)
        assert found.matches == len(recomputed.told if METRICS[name].telemetry else recomputed.m)


@pytest.mark.parametrize("name", SPANS)
def test_numbers_are_those_of_a_recomputation(played: Played, name: str) -> None:
    """Every metric, in zones with and without summer time, over ranges that begin and end anywhere."""
    ratings = ratings_of(played.store)

    with Lake(played.folder, SPANS[name]) as lake:
        check(lake, Recomputed(RESULTS, ratings, SPANS[name]))


def test_columns_are_those_of_the_table(played: Played) -> None:
    """What the list of metrics says of columns is what the queries give."""
    with Lake(played.folder, SPANS["all"]) as lake:
        for name, metric in METRICS.items():
            assert lake.table(name).columns == list(metric.columns), name


def test_a_second_export_has_nothing_to_do(played: Played) -> None:
    assert played.export() == []


def test_an_end_belongs_to_the_next_span(played: Played) -> None:
    """A match that ended at *until* is not in the span; one that ended at *since* is."""
    edge = sorted(RESULTS, key=lambda result: result.ended_at)[50].ended_at
    before = Span(datetime(2026, 1, 1, tzinfo=UTC), edge)
    after = Span(edge, datetime(2026, 5, 1, tzinfo=UTC))

    with Lake(played.folder, before) as early, Lake(played.folder, after) as late:
        assert (early.matches, late.matches) == (50, len(RESULTS) - 50)


def test_damaged_files_are_made_again(tmp_path: Path) -> None:
    """A manifest that cannot be read is none: what a crash or a hand left behind does no harm."""
    made = Played(tmp_path)
    some = RESULTS[:10]
    with made.store as store:
        post_all(store, some)
        written = made.export()
        (made.folder / "manifest.json").write_text("{")
        torn = next(made.folder.glob("players/*/*.parquet"))
        torn.write_bytes(torn.read_bytes()[:50])

        assert made.export() == written
        assert made.export() == []
        with Lake(made.folder, SPANS["all"]) as lake:
            check(lake, Recomputed(some, ratings_of(store), SPANS["all"]))


def voided(result: MatchResult) -> Any:
    return lambda tx: voids.void(tx, result.match_id, voids.ITSELF, instant.to_store(NOW))


def test_voided_and_erased_leave_the_files(tmp_path: Path) -> None:
    """A voided match counts no more and counts again once restored; an erased id is in no file."""
    made = Played(tmp_path)
    some = RESULTS[:40]
    gone = some[0].players[0].player_id
    whole = SPANS["all"]
    with made.store as store:
        post_all(store, some)
        made.export()
        assert gone.encode() in content(made.folder)

        store.write(voided(some[1])).result()
        store.write(accounts.erase, gone, instant.to_store(NOW)).result()
        settle(store)
        written = made.export()
        with Lake(made.folder, whole) as lake:
            kept = [result for result in some if result is not some[1]]
            check(lake, Recomputed(kept, ratings_of(store), whole, frozenset([gone])))
        assert gone.encode() not in content(made.folder)
        assert some[1].match_id.encode() not in content(made.folder)

        store.write(voids.restore, some[1].match_id, voids.ITSELF).result()
        settle(store)
        made.export()
        with Lake(made.folder, whole) as lake:
            check(lake, Recomputed(some, ratings_of(store), whole, frozenset([gone])))
        assert written


def content(folder: Path) -> bytes:
    """Return all that stands in the files, also what is compressed."""
    import duckdb

    paths = [path for path in folder.rglob("*") if path.is_file()]
    raw = b"".join(path.read_bytes() for path in paths)
    for path in folder.rglob("*.parquet"):
        raw += repr(duckdb.sql(f"SELECT COLUMNS(*)::VARCHAR FROM '{path}'").fetchall()).encode()  # noqa: S608
    return raw


def test_both_databases_tell_the_same(store: Store, tmp_path: Path) -> None:
    """Days and matches come out of PostgreSQL as out of SQLite, and so do the numbers."""
    some = RESULTS[:12]
    with fresh(tmp_path / "other.db") as other:
        post_all(other, some)
        post_all(store, some)
        store.write(accounts.erase, some[0].players[0].player_id, instant.to_store(NOW)).result()
        other.write(accounts.erase, some[0].players[0].player_id, instant.to_store(NOW)).result()

        def everything(tx: Transaction) -> list[bytes]:
            found = [days.encode(one) for one in days.matches(tx, 2**62, 0, days.FIRST, 7)]
            last = days.matches(tx, 2**62, 0, days.FIRST, 7)[-1]
            rest = days.matches(tx, 2**62, last.ended_at, last.seq, 7)
            return found + [days.encode(one) for one in rest]

        assert store.read(everything) == other.read(everything)
        assert len(store.read(everything)) == 12
        assert counts(store) == counts(other)

        export(store, tmp_path / "files", NOW)
        whole, gone = SPANS["all"], frozenset([some[0].players[0].player_id])
        with Lake(tmp_path / "files", whole) as lake:
            check(lake, Recomputed(some, ratings_of(store), whole, gone))
