"""Players are kept under the name last used."""

from results import START, line, player_id, result

from tremble.result import MatchResult
from tremble.store import players
from tremble.store.engine import Store, Transaction


def see_all(tx: Transaction, *seen: MatchResult) -> None:
    for one in seen:
        players.see(tx, one)


def test_latest_name(store: Store) -> None:
    """The name is that of the match that ended last, even if its result came first."""
    early = result(1, line(1, 1, name="old"))
    late = result(2, line(1, 1, name="new"), after_s=600)

    store.write(see_all, late, early).result()

    found = store.read(players.find, player_id(1))
    assert found is not None
    assert found.username == "new"
    assert found.first_seen_at == START
    assert found.last_seen_at == late.ended_at


def test_unknown(store: Store) -> None:
    """A player who never played is not found."""
    assert store.read(players.find, player_id(9)) is None
