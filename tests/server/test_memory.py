"""server/memory.py: two checkpoints and journals that outlive who wrote them."""

import os
from collections.abc import Iterator

import pytest

from tremble.server import memory
from tremble.server.memory import ENDS, PAGE, SLOT_BYTES, TURNS, USED, Memory, MemoryFault

pytestmark = pytest.mark.skipif(not memory.available(), reason="memfd_create is Linux's")


@pytest.fixture
def fresh() -> Iterator[Memory]:
    fd = memory.create()
    found = Memory(fd)
    yield found
    found.close()
    os.close(fd)


def seen_by_another(fresh: Memory) -> list[tuple[bytes, list[bytes]]]:
    """What another process finds."""
    other = Memory(fresh.fd)
    try:
        return other.load()
    finally:
        other.close()


def test_fresh_memory_holds_nothing(fresh: Memory) -> None:
    """There is nothing to go on from, before the first checkpoint and after clear()."""
    assert seen_by_another(fresh) == []
    fresh.keep(b"one")
    fresh.clear()
    assert seen_by_another(fresh) == []


def test_newest_checkpoint_and_what_came_after_it(fresh: Memory) -> None:
    """The newer comes first; the older leads to the same with both journals."""
    fresh.keep(b"one")
    assert fresh.append(b"1") and fresh.append(b"2")
    fresh.keep(b"two")
    assert fresh.append(b"3")

    assert seen_by_another(fresh) == [(b"two", [b"3"]), (b"one", [b"1", b"2", b"3"])]

    fresh.keep(b"three")
    assert seen_by_another(fresh) == [(b"three", []), (b"two", [b"3"])]


def test_killed_while_it_kept_the_next(fresh: Memory) -> None:
    """A slot that was being written does not count: its number was not yet there."""
    fresh.keep(b"one")
    fresh.append(b"1")
    used = fresh.word(USED)
    fresh.keep(b"two")
    fresh.set(USED, used)  # as if killed before the last word

    assert seen_by_another(fresh)[0] == (b"one", [b"1"])
    assert len(seen_by_another(fresh)) == 1


def test_damaged_checkpoint_gives_way_to_the_one_before(fresh: Memory) -> None:
    """A flipped bit is found, and the journals lead on from the older one."""
    fresh.keep(b"older")
    fresh.append(b"1")
    fresh.keep(b"newer")
    fresh.append(b"2")
    newer = PAGE + (fresh.word(USED) - 1) * SLOT_BYTES
    fresh.map[newer + 22] ^= 1

    assert seen_by_another(fresh) == [(b"older", [b"1", b"2"])]


def test_damaged_record_ends_the_journal(fresh: Memory) -> None:
    """What follows a damaged record cannot be done: it is left out."""
    fresh.keep(b"one")
    for record in (b"1", b"2", b"3"):
        fresh.append(record)
    end = fresh.word(ENDS[fresh.word(USED) - 1])
    fresh.map[end - 10] ^= 1

    assert seen_by_another(fresh) == [(b"one", [b"1"])]


def test_too_much_is_refused(fresh: Memory) -> None:
    """A journal that is full says so; a checkpoint that does not fit is a fault."""
    fresh.keep(b"one")
    record = bytes(SLOT_BYTES // 4)
    assert [fresh.append(record) for _ in range(5)] == [True, True, True, False, False]
    assert len(seen_by_another(fresh)[0][1]) == 3
    with pytest.raises(MemoryFault, match="too long"):
        fresh.keep(bytes(SLOT_BYTES))


def test_words_and_takeovers(fresh: Memory) -> None:
    """Words are seen by others at once; takeovers of the last 10 s are counted."""
    fresh.set(TURNS, 1 << 40)

    assert Memory(fresh.fd).word(TURNS) == 1 << 40
    assert [fresh.note_takeover(now) for now in (100.0, 101.0, 109.0, 112.0)] == [1, 2, 3, 2]
