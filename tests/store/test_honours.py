"""What people are shown of stats and achievements."""

from results import line, match_id, player_id, result
from stores import settle

from tremble import ledger
from tremble.store import honours
from tremble.store.engine import Store
from tremble.store.honours import Honour


def shown(store: Store, number: int = 1) -> dict[str, Honour]:
    return {one.id: one for one in store.read(honours.of_player, player_id(number))}


def test_stats(store: Store) -> None:
    """Sums come by board, the most played first, with accuracy, time and the last match."""
    for number in (1, 2):
        ledger.post(store, result(number, after_s=600 * number))
    ledger.post(store, result(3, mode="ffa", after_s=1800))

    found = store.read(honours.of_boards, player_id(1))

    assert list(found) == ["duel", "ffa"]
    assert (found["duel"].accuracy, found["duel"].playtime_s) == (0.5, 600.0)
    assert found["duel"].last_match_id == match_id(2)
    assert store.read(honours.matches, player_id(1)) == 3


def test_achievements(store: Store) -> None:
    """Earned ones name their match, others how far they are; hidden ones stay hidden."""
    ledger.post(store, result(1, line(1, 1), line(2, 2, suicides=3)))

    winner, loser = shown(store), shown(store, 2)

    assert (winner["first_win"].match_id, winner["first_win"].progress) == (match_id(1), 1.0)
    assert (winner["veteran"].match_id, winner["veteran"].progress) == (None, 0.1)
    assert loser["gravity"].match_id == match_id(1)
    assert "gravity" not in winner
    assert "pacifist" not in winner


def test_rating(store: Store) -> None:
    """A rating is earned by the first match after which it stood, in the order of the matches."""
    for number in (3, 2, 4):
        lines = (line(1, 1), line(10 + number, 2))
        ledger.post(store, result(number, *lines, after_s=600 * number))
    settle(store)

    found = shown(store)["contender"]

    assert found.match_id == match_id(3)
    assert found.earned_at == result(3, after_s=1800).ended_at


def test_settled(store: Store) -> None:
    """Until a late result is counted, the answer says so."""
    ledger.post(store, result(2, after_s=600))
    assert store.read(honours.settled, player_id(1))

    ledger.post(store, result(1))
    assert not store.read(honours.settled, player_id(1))


def test_nobody(store: Store) -> None:
    """Of an unknown player there are no stats, and nothing is earned."""
    assert store.read(honours.of_boards, player_id(9)) == {}
    assert {one.match_id for one in shown(store, 9).values()} == {None}
