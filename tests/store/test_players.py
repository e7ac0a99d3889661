"""Players are kept under the name last used."""

import pytest
from results import START, line, player_id, result

from tremble.store import players
from tremble.store.engine import Store


@pytest.mark.parametrize("together", [1, 2])
def test_latest_name(store: Store, together: int) -> None:
    """The name is that of the match that ended last, even if its result came first."""
    early = result(1, line(1, 1, name="old"))
    late = result(2, line(1, 1, name="new"), after_s=600)

    seen = [late, early]
    for first in range(0, 2, together):
        store.write(players.see, seen[first : first + together]).result()

    found = store.read(players.find, player_id(1))
    assert found is not None
    assert found.username == "new"
    assert found.first_seen_at == START
    assert found.last_seen_at == late.ended_at


def test_unknown(store: Store) -> None:
    """A player who never played is not found."""
    assert store.read(players.find, player_id(9)) is None
