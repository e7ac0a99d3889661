"""Export: the same files whatever way led to them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stores import fresh, post_all, settle

from tremble.analytics import engine, generate
from tremble.analytics.datasets import COLUMNS
from tremble.analytics.export import export

NOW = datetime(2026, 5, 1, tzinfo=UTC)
MONTHS = generate.Months(datetime(2026, 3, 1, tzinfo=UTC), 5, matches=4)
RESULTS = list(generate.results(MONTHS, 11))


def rows(folder: Path) -> dict[str, list[Any]]:
    """Return all that the files hold, by day."""
    duck = engine.connect(folder / "scratch")
    found = {}
    for dataset in COLUMNS:
        files = engine.quoted(folder / dataset / "*" / "*.parquet")
        query = f"SELECT COLUMNS(*)::VARCHAR FROM read_parquet({files}) ORDER BY ALL"  # noqa: S608
        found[dataset] = duck.execute(query).fetchall()
    return found


def test_in_steps_and_at_once(tmp_path: Path) -> None:
    """What was written day after day, backwards and twice is what one export writes."""
    with fresh(tmp_path / "tremble.db") as store:
        for first in range(len(RESULTS) - 3, -3, -3):
            post_all(store, RESULTS[max(first, 0) : first + 4])
            export(store, tmp_path / "steps", NOW)
        settle(store)
        export(store, tmp_path / "steps", NOW)
        once = export(store, tmp_path / "once", NOW)

    assert rows(tmp_path / "steps") == rows(tmp_path / "once")
    assert once.rows["matches"] == len(RESULTS)
    assert once.rows["players"] == sum(len(result.players) for result in RESULTS)
    assert once.rows["kills"] == sum(
        len(result.telemetry.kills) for result in RESULTS if result.telemetry is not None
    )


def test_two_at_once_take_turns(tmp_path: Path) -> None:
    """One of two writes, the other finds nothing left to do; a listener hears how far it is."""
    heard: list[tuple[int, int]] = []
    with fresh(tmp_path / "tremble.db") as store, ThreadPoolExecutor(2) as both:
        post_all(store, RESULTS)
        started = [
            both.submit(export, store, tmp_path / "files", NOW, lambda *step: heard.append(step))
            for _ in range(2)
        ]
        written = [job.result().written for job in started]

    assert [] in written
    days = [day for some in written for day in some]
    assert days == sorted({f"{r.ended_at:%Y-%m-%d}" for r in RESULTS})
    assert heard[-1] == (len(RESULTS), len(RESULTS))
    assert not any((tmp_path / "files" / "scratch").iterdir())
