"""A match that counts is on its players' records; one that does not is not."""

from results import line, match_id, player_id, result
from stores import settle

from tremble import ledger
from tremble.store import board_entries, boards, ratings, standings
from tremble.store.boards import Standing
from tremble.store.engine import Store, Transaction
from tremble.store.matches import Posted


def standing(store: Store, number: int) -> Standing | None:
    return store.read(boards.standing, "duel", 1, player_id(number))


def leave(tx: Transaction, ident: str) -> None:
    rated = ratings.find(tx, ident)
    assert rated is not None
    standings.leave(tx, rated)


def enter(tx: Transaction, ident: str) -> None:
    rated = ratings.find(tx, ident)
    assert rated is not None
    standings.enter(tx, rated, standings.tallies(tx, rated.seq))


def test_tallies(store: Store) -> None:
    """What a match adds is read from its lines as the ledger had it from the result."""
    drawn = result(1, line(1, 1, won=False), line(2, 1, won=False, kills=3))
    ledger.post(store, drawn)
    posted = Posted(1, 1, 0, drawn, drawn.board, [one.aim for one in drawn.players])

    assert store.read(standings.tallies, 1) == ledger.tallies(posted)
    assert [tally.draws for tally in ledger.tallies(posted)] == [1, 1]


def test_leave_and_enter(store: Store) -> None:
    """Leaving is the reverse of entering, for every field and both players."""
    for number in range(1, 4):
        ledger.post(store, result(number, after_s=600 * number))
        if number == 2:
            before = [standing(store, 1), standing(store, 2)]
    after = [standing(store, 1), standing(store, 2)]

    store.write(leave, match_id(3)).result()
    assert [standing(store, 1), standing(store, 2)] == before
    store.write(enter, match_id(3)).result()
    settle(store)
    assert [standing(store, 1), standing(store, 2)] == after


def test_last_match_leaves(store: Store) -> None:
    """Who has no match left is no longer on the board, nor counted there."""
    ledger.post(store, result(1, line(1, 1), line(2, 2)))
    ledger.post(store, result(2, line(1, 1), line(3, 2), after_s=600))

    store.write(leave, match_id(2)).result()

    assert standing(store, 3) is None
    top = store.read(board_entries.top, "duel", 10)
    assert top is not None
    assert (top.total, len(top.entries)) == (2, 2)
