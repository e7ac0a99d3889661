"""Order: the same ranks as a sorted list, whatever is done to it."""

from itertools import islice
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble import order
from tremble.order import Order, Pages

PLAYERS = st.one_of(st.integers(0, 30), st.sampled_from([2**64 - 1, 2**63, 2**40]))
#: Few keys, so that most are shared.
KEYS = st.one_of(st.integers(-3, 3), st.sampled_from([2**63 - 1, -(2**63)]))
CHANGES = st.lists(st.tuples(PLAYERS, st.none() | KEYS), max_size=60)


def loaded(players: dict[int, int]) -> Order:
    places = sorted((key, player) for player, key in players.items())
    return Order([([key for key, _ in places], [player for _, player in places], ())], len(players))


def agree(tested: Order, naive: dict[int, int]) -> None:
    """Compare all that can be asked with the same of a sorted list."""
    places = sorted((key, player) for player, key in naive.items())
    assert len(tested) == len(places)
    assert list(tested) == places
    for rank, (key, player) in enumerate(places, 1):
        assert (tested.rank(player), tested.key(player)) == (rank, key)
        assert tested.slice(rank, rank) == [(key, player)]
        assert tested.ahead(key, player) == rank - 1
    for first in (-1, 1, 2, len(places), len(places) + 1):
        for last in (-1, 0, 3, len(places), len(places) + 9):
            assert tested.slice(first, last) == places[max(first, 1) - 1 : max(last, 0)]


@given(st.dictionaries(PLAYERS, KEYS), CHANGES)
def test_any_history(start: dict[int, int], changes: list[tuple[int, int | None]]) -> None:
    """After any puts and removals it answers as a sorted list does."""
    tested, naive = loaded(start), dict(start)

    for player, key in changes:
        if key is None:
            assert tested.remove(player) == (player in naive)
            naive.pop(player, None)
        else:
            tested.put(player, key)
            naive[player] = key

    agree(tested, naive)


@pytest.mark.parametrize("seed", range(3))
def test_many_blocks(seed: int) -> None:
    """The same where blocks are split and joined: a crowd that grows, ties, moves and shrinks."""
    random = Random(seed)
    tested, naive = Order(), dict[int, int]()
    for player in random.sample(range(2**40), 3 * order.MAX_BLOCK):
        tested.put(player, naive.setdefault(player, random.randrange(50)))
    agree(tested, naive)
    for player in list(naive):
        if random.randrange(10):
            tested.remove(player)
            del naive[player]
        else:
            naive[player] = random.randrange(-50, 0)
            tested.put(player, naive[player])
    agree(tested, naive)


def test_loaded_as_put() -> None:
    """A sorted load gives the same order as one player after another."""
    naive = {player * 977: player % 7 for player in range(3 * order.LOADED_BLOCK + 5)}
    one_by_one = Order()
    for player, key in naive.items():
        one_by_one.put(player, key)

    assert list(loaded(naive)) == list(one_by_one)
    agree(loaded(naive), naive)


@given(st.lists(st.tuples(PLAYERS, st.none() | KEYS), max_size=200))
def test_pages(changes: list[tuple[int, int | None]]) -> None:
    """Pages hold what a dict holds, and say what they held before."""
    tested, naive = Pages(), dict[int, int]()

    for player, key in changes:
        if key is None:
            assert tested.pop(player) == naive.pop(player, None)
        else:
            assert tested.put(player, key) == naive.get(player)
            naive[player] = key

    assert {player: tested.get(player) for player, _ in changes} == {
        player: naive.get(player) for player, _ in changes
    }
    assert tested.count == len(naive)


def test_pages_grow() -> None:
    """However many there are, a page stays short; ids that differ in high bits alone are found too."""
    tested = Pages()
    for player in range(40 * order.PAGE_RECORDS):
        tested.put(player, -player)
    for player in range(100):
        tested.put(player << 50 | 1, player)

    assert all(tested.get(p) == -p for p in range(2, 40 * order.PAGE_RECORDS))
    assert all(tested.get(p << 50 | 1) == p for p in islice(range(100), 1, None))


#: Names of few letters, so that many hold the same.
FOLDED = st.text(st.sampled_from("abcß"), min_size=1, max_size=4).map(str.encode)


def named(players: dict[int, tuple[int, bytes]]) -> Order:
    places = sorted((key, player, name) for player, (key, name) in players.items())
    keys, ids, names = ([place[i] for place in places] for i in range(3))
    return Order([(keys, ids, names)], len(players), named=True)


def by_name(naive: dict[int, tuple[int, bytes]], word: bytes) -> list[tuple[int, int, int]]:
    """Return what a search that looks at everyone finds."""
    places = sorted((key, player, name) for player, (key, name) in naive.items())
    return [
        (rank, key, player) for rank, (key, player, name) in enumerate(places, 1) if word in name
    ]


@given(
    st.dictionaries(PLAYERS, st.tuples(KEYS, FOLDED)),
    st.lists(st.tuples(PLAYERS, st.none() | st.tuples(KEYS, FOLDED), st.none() | FOLDED)),
    FOLDED,
    st.integers(1, 5),
)
def test_find(
    start: dict[int, tuple[int, bytes]],
    changes: list[tuple[int, tuple[int, bytes] | None, bytes | None]],
    word: bytes,
    limit: int,
) -> None:
    """After any history all are found who have the word, page by page, and nobody else."""
    tested, naive = named(start), dict(start)

    for player, change, looked_for in changes:
        if change is None:
            tested.remove(player)
            naive.pop(player, None)
        else:
            tested.put(player, *change)
            naive[player] = change
        if looked_for is not None:
            assert tested.find(looked_for, None, 99) == by_name(naive, looked_for)

    found: list[tuple[int, int, int]] = []
    while page := tested.find(word, found[-1][1:] if found else None, limit):
        assert len(page) <= limit
        found += page
    assert found == by_name(naive, word)


def test_find_in_many_blocks() -> None:
    """The same where blocks are split and joined, and where many changes wait in one."""
    random = Random(1)
    tested, naive = Order(named=True), dict[int, tuple[int, bytes]]()

    def agrees() -> None:
        for word in (b"7", b"17", b"p-331", b"none"):
            assert tested.find(word, None, 10_000) == by_name(naive, word)

    for player in random.sample(range(2**40), 2 * order.MAX_BLOCK):
        naive[player] = (random.randrange(50), b"p-%d" % random.randrange(1000))
        tested.put(player, *naive[player])
    agrees()
    for player in list(naive):
        if random.randrange(10):
            tested.remove(player)
            del naive[player]
        else:
            naive[player] = (random.randrange(-50, 0), b"p-%d" % random.randrange(1000))
            tested.put(player, *naive[player])
    agrees()
