"""What a process does for itself."""

import gc

from tremble.process import collect_rarely


def test_collect_rarely() -> None:
    """What is there is left out of the collector's looks, and those are rare; cycles still go."""
    before = gc.get_threshold()
    try:
        collect_rarely()
        frozen, rare = gc.get_freeze_count(), gc.get_threshold()
        cycle: list[object] = []
        cycle.append(cycle)
        del cycle
        found = gc.collect()
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)

    assert frozen > 0
    assert rare[0] > before[0]
    assert found >= 1
