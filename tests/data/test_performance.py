"""The performance recorder: rings, percentiles, CSV."""

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.data import performance as module
from tremble.data.documents import DataType
from tremble.data.manager import DataManager
from tremble.data.performance import PerformanceRecorder, Ring, percentile, this_hardware


def test_percentiles() -> None:
    """Nearest rank: of 1 to 100 the 95th percentile is 95, of one sample it is that one."""
    hundred = [float(n) for n in range(1, 101)]

    assert [percentile(hundred, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.5) == 7.0
    assert percentile([], 0.5) == 0.0


@given(st.lists(st.floats(0, 1e9), min_size=1), st.floats(0.01, 1))
def test_percentile_by_definition(samples: list[float], share: float) -> None:
    """At least that share of the samples does not exceed the percentile; of smaller ones, less."""
    ordered = sorted(samples)
    found = percentile(ordered, share)

    assert sum(s <= found for s in samples) >= math.ceil(share * len(samples))
    assert sum(s < found for s in samples) < math.ceil(share * len(samples))


@given(st.lists(st.floats(0, 1e6), max_size=40), st.integers(1, 8))
def test_ring(samples: list[float], capacity: int) -> None:
    """A ring holds the newest samples in order, and counts all."""
    ring = Ring(capacity)
    for sample in samples:
        ring.add(sample)

    assert ring.newest() == samples[-capacity:]
    assert ring.newest(2) == samples[-min(2, capacity) :]
    assert ring.count == len(samples)


@pytest.fixture
def recorder(manager: DataManager) -> PerformanceRecorder:
    return PerformanceRecorder(manager, "arena_01", "test machine")


def test_save(recorder: PerformanceRecorder, manager: DataManager) -> None:
    """Frame, tick, ping and loss are saved with percentiles, per map and hardware."""
    for n in range(1, 1001):
        recorder.record(frame_ms=n / 10, tick_ms=2.0)
    recorder.record(ping_ms=30.0, loss_percent=0.5)

    assert recorder.save()
    (run,) = manager.load_data(DataType.PERFORMANCE_DATA).runs
    assert (run.map, run.hardware) == ("arena_01", "test machine")
    assert (run.frame_ms.p50, run.frame_ms.p99, run.frame_ms.max) == (50.0, 99.0, 100.0)
    assert (run.frame_ms.count, len(run.frame_ms.samples)) == (1000, 600)
    assert run.frame_ms.samples[-1] == 100.0
    assert run.frame_ms.mean == pytest.approx(50.05)
    assert (run.ping_ms.max, run.loss_percent.max, run.tick_ms.p50) == (30.0, 0.5, 2.0)


def test_one_entry_per_map_and_hardware(
    recorder: PerformanceRecorder, manager: DataManager
) -> None:
    """A new run takes the place of the old of the same map and hardware, and comes first."""
    recorder.save()
    PerformanceRecorder(manager, "arena_02", "test machine").save()
    recorder.record(frame_ms=5.0)
    recorder.save()

    runs = manager.load_data(DataType.PERFORMANCE_DATA).runs
    assert [(run.map, run.frame_ms.count) for run in runs] == [("arena_01", 1), ("arena_02", 0)]


def test_capped(manager: DataManager, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest runs go beyond the cap."""
    monkeypatch.setattr(module, "MAX_RUNS", 2)
    for name in ("one", "two", "three"):
        PerformanceRecorder(manager, name, "h").save()

    assert [r.map for r in manager.load_data(DataType.PERFORMANCE_DATA).runs] == ["three", "two"]


@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
def test_what_is_no_sample(recorder: PerformanceRecorder, value: float) -> None:
    """A sample that cannot be one is refused by name."""
    with pytest.raises(ValueError, match="frame_ms is"):
        recorder.record(frame_ms=value)
    assert recorder.rings["frame_ms"].count == 0


def test_export_csv(recorder: PerformanceRecorder, tmp_path: Path) -> None:
    """The export has a row for each sample held, numbered since the start."""
    recorder.record(frame_ms=16.5, ping_ms=30.0)
    recorder.record(frame_ms=17.25)

    assert recorder.export_csv(tmp_path / "run.csv") == 3
    with (tmp_path / "run.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["quantity", "sample", "value"],
        ["frame_ms", "0", "16.5"],
        ["frame_ms", "1", "17.25"],
        ["ping_ms", "0", "30.0"],
    ]


def test_this_hardware(manager: DataManager) -> None:
    """This machine has a name, and a recorder takes it by default."""
    assert PerformanceRecorder(manager, "arena_01").hardware == this_hardware() != ""
