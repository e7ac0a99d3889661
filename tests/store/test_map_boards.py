"""Boards of maps: on, off and on again, whatever was played, voided or killed meanwhile."""

import random

import pytest
from results import line, match_id, played, player_id, result
from stores import count_past, make_board, post_all, shown

from tremble.result import MatchResult
from tremble.store import boards, map_boards, past, scores, voids
from tremble.store.boards import Kind
from tremble.store.engine import Store, Transaction
from tremble.store.scores import ScoreBoard

NAMES = ["duel-bots.other", "duel-bots.pit", "duel.other", "duel.pit"]


def board_rows(store: Store, name: str) -> list[tuple[str, float, int, str | None]]:
    return [(e.player_id, e.rating, e.matches_played, e.match_id) for e in shown(store, name)]


def keep(store: Store, on: bool) -> bool:
    return store.write(map_boards.keep, on).result()


def on_maps(first: int, last: int) -> list[MatchResult]:
    """Return matches on two maps, each third with a bot, some of which end at one moment."""
    found = []
    for number in range(first, last):
        level = ["pit", "other"][number % 2]
        bots = line(9, 3, bot=True) if number % 3 == 0 else line(3, 3)
        lines = [*played(number, 10 + number % 5, 0).players, bots]
        found.append(result(number, *lines, after_s=600 * (number // 5), map=level))
    return found


def same_as_made(store: Store) -> None:
    """Check that each board is what one that is made now by counting all matches is."""
    assert sorted(set(store.read(boards.names)) - {"duel", "duel-bots"}) == NAMES
    assert set(NAMES) <= store.read(scores.of_maps)
    for name in NAMES:
        source, level = name.split(".")
        plain = ScoreBoard(f"{name}.check", source, level, Kind("won", "sum"))
        assert make_board(store, plain)
        assert board_rows(store, name) == board_rows(store, plain.name)
        kept, checked = store.read(boards.head, name), store.read(boards.head, plain.name)
        assert kept is not None and checked is not None
        assert kept.total == checked.total


def test_every_map_by_itself(store: Store) -> None:
    """Each rating board has a board of each map: of matches before, meanwhile and after; turned off, on."""
    post_all(store, on_maps(1, 5))
    first, again = keep(store, True), keep(store, True)
    count_past(store)
    post_all(store, on_maps(5, 9))
    store.write(voids.void, match_id(7), "match", 0).result()
    off = keep(store, False)
    stood = board_rows(store, "duel.pit")
    post_all(store, on_maps(9, 15))
    still = board_rows(store, "duel.pit")
    store.write(voids.void, match_id(2), "match", 0).result()
    keep(store, True)
    count_past(store)
    post_all(store, on_maps(15, 19))

    assert [first, again, off] == [True, False, True]
    assert still == stood
    same_as_made(store)


@pytest.mark.parametrize("seed", range(3))
def test_any_order(store: Store, seed: int) -> None:
    """Matches posted, voided and restored, boards turned on and off between the bits: the same boards."""
    dice = random.Random(seed)
    results = on_maps(1, 41)
    for number in range(0, 40, 2):
        post_all(store, results[number : number + 2])
        keep(store, dice.random() < 0.7)
        if dice.random() < 0.5:
            store.write(past.catch_up, 3).result()
        some = match_id(dice.randrange(1, number + 2))
        store.write(voids.void, some, "match", 0).result()
        if dice.random() < 0.5:
            store.write(voids.restore, some, "match").result()
    keep(store, True)
    count_past(store, 4)

    assert store.read(past.owed) == {}
    same_as_made(store)


def test_kept_before_it_was_noted(store: Store) -> None:
    """Boards of which nobody knows what they have counted are counted anew."""
    post_all(store, on_maps(1, 5))
    keep(store, True)
    count_past(store)
    keep(store, False)
    post_all(store, on_maps(5, 9))
    store.write(Transaction.run, past.REMOVE, board="*.*", last=past.OPEN)

    keep(store, True)
    count_past(store)

    same_as_made(store)


def test_boards_of_ones_own_go_first(store: Store) -> None:
    """What `per-map` keeps takes the place of what is kept by itself, with all that was played."""
    keep(store, True)
    post_all(store, on_maps(1, 5))
    kills = ScoreBoard("duel.*", "duel", scores.EACH_MAP, Kind("kills", "best"))
    assert make_board(store, kills)
    post_all(store, on_maps(5, 9))

    assert store.read(boards.kind, "duel.pit") == Kind("kills", "best")
    assert store.read(boards.kind, "duel-bots.pit") == Kind("won", "sum")
    ratings = {one.player_id: one.rating for one in shown(store, "duel.pit")}
    assert ratings[player_id(1)] == max(10 + n % 5 for n in (2, 4, 8))
