"""A voided match counts for nothing until it is restored, and is never lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from results import histories, line, match_id, player_id, result
from stores import fresh, post_all, ratings_of, settle

from tremble import ledger
from tremble.result import MatchResult
from tremble.store import board_entries, matches, voids
from tremble.store.engine import Store


def void(store: Store, ident: str, cause: str = voids.ITSELF) -> bool:
    return store.write(voids.void, ident, cause, 0).result()


def restore(store: Store, ident: str, cause: str = voids.ITSELF) -> bool:
    return store.write(voids.restore, ident, cause).result()


@given(histories, st.data())
@settings(max_examples=30, deadline=None)
def test_as_if_never_played(
    tmp_path_factory: pytest.TempPathFactory, history: list[MatchResult], data: st.DataObject
) -> None:
    """Void some matches: the ratings are as if they had never been posted. Restore: as before."""
    gone = data.draw(st.lists(st.sampled_from(history), unique_by=lambda posted: posted.match_id))
    ids = {posted.match_id for posted in gone}
    path = tmp_path_factory.mktemp("voids")
    with fresh(path / "all.db") as store, fresh(path / "rest.db") as rest:
        post_all(store, history)
        post_all(rest, [posted for posted in history if posted.match_id not in ids])
        settle(rest)
        settle(store)
        before = ratings_of(store)
        for posted in gone:
            assert void(store, posted.match_id)
        settle(store)

        voided, never = ratings_of(store), ratings_of(rest)
        assert voided["rating_history"] == never["rating_history"]
        assert voided["board_entry"] == never["board_entry"]
        for posted in data.draw(st.permutations(gone)):
            assert restore(store, posted.match_id)
        settle(store)
        assert ratings_of(store) == before


def test_marked(store: Store) -> None:
    """A voided match is still there, marked, and says nothing of ratings."""
    ledger.post(store, result(1))
    void(store, match_id(1))

    found = store.read(matches.find, match_id(1))
    (listed,), _ = store.read(matches.recent, 10)

    assert found is not None
    assert found.voided and listed.voided
    assert [player.rating_after for player in found.players] == [None, None]
    assert store.read(board_entries.of_player, player_id(1)) == {}


def test_causes(store: Store) -> None:
    """A match void for two causes counts again only when both are taken back."""
    ledger.post(store, result(1))
    before = ratings_of(store)

    assert void(store, match_id(1), player_id(1))
    assert not void(store, match_id(1), player_id(2))
    assert not void(store, match_id(1), player_id(2))
    assert not restore(store, match_id(1), player_id(1))
    assert ratings_of(store) != before
    assert restore(store, match_id(1), player_id(2))
    settle(store)
    assert ratings_of(store) == before
    assert not restore(store, match_id(1), player_id(2))


def test_of_player_since(store: Store) -> None:
    """A player's matches since an instant are found, to void those not void and restore the others."""
    for number in range(1, 4):
        ledger.post(store, result(number, line(1, 1), line(number + 1, 2), after_s=600 * number))
    since = 1_767_268_800_000_000 + 1_500_000_000

    def ids(job: object) -> list[str]:
        return store.read(job, player_id(1), since)

    assert ids(voids.to_void) == [match_id(2), match_id(3)]
    assert ids(voids.to_restore) == []
    void(store, match_id(3), player_id(1))
    assert ids(voids.to_void) == [match_id(2)]
    assert ids(voids.to_restore) == [match_id(3)]


def test_posted_again(store: Store) -> None:
    """Posting a voided match again changes nothing: it stays void."""
    ledger.post(store, result(1))
    void(store, match_id(1))
    before = ratings_of(store)

    assert not ledger.post(store, result(1))

    assert ratings_of(store) == before
