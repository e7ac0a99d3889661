"""Places: a whole board in order, piece by piece, whatever the pieces are."""

import pytest
from results import line, result
from stores import post_all

from tremble.store import boards, places
from tremble.store.engine import Store, Transaction


def every(tx: Transaction, named: bool) -> list[tuple[int, int, bytes]]:
    at = boards.head(tx, "duel")
    assert at is not None
    found: list[tuple[int, int, bytes]] = []
    for keys, players, names in places.every(tx, at, named):
        found += zip(keys, players, names or [b""] * len(keys), strict=True)
    return found


@pytest.mark.parametrize("piece", [1, 3, 100])
def test_pieces(store: Store, monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    """All places come in order with the name of each, also those of one key that two pieces share."""
    post_all(store, [result(n, line(n, 1), line(20 - n, 1)) for n in range(1, 9)])
    monkeypatch.setattr(places, "PIECE", piece)
    monkeypatch.setattr(places, "PIECE_NAMED", piece)

    plain, named = store.read(every, False), store.read(every, True)

    assert [row[:2] for row in named] == [row[:2] for row in plain] == sorted(r[:2] for r in plain)
    assert len(plain) == 16 and len({key for key, _, _ in plain}) < 16
    assert {player: name.decode() for _, player, name in named} == {
        int(line(n, 1).player_id, 16): line(n, 1).name.lower()
        for n in (*range(1, 9), *range(12, 20))
    }
