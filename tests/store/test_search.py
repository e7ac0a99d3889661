"""Players by a part of their name, by the database and in memory."""

import pytest
from results import line, player_id, result

from tremble import ledger
from tremble.store import search
from tremble.store.engine import Store
from tremble.store.roster import Roster


def names(store: Store, by: Roster | None, word: str) -> list[str]:
    question = search.players_named if by is None else by.players_named
    return [player.username for player in store.read(question, word, 10)]


@pytest.mark.parametrize("in_memory", [False, True])
def test_by_part_or_id(store: Store, in_memory: bool) -> None:
    """Case does not matter, signs of SQL are letters, and whoever was seen last stands first."""
    by = Roster(store) if in_memory else None
    ledger.post(store, result(1, line(1, 1, name="Anna_1"), line(2, 2, name="100%")))
    ledger.post(store, result(5, line(5, 1, name="Ärger"), line(6, 2, name="x")))
    ledger.post(store, result(2, line(3, 1, name="anna x1"), line(2, 2, name="100%"), after_s=600))

    def found(word: str) -> list[str]:
        return names(store, by, word)

    assert found("ANNA") == ["anna x1", "Anna_1"]
    assert found("a_1") == ["Anna_1"]
    assert found("%") == ["100%"]
    assert found(player_id(3)) == ["anna x1"]
    assert found("Är") == ["Ärger"]
    assert len(found("")) == 5
    assert found("nobody") == []
