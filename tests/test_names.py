"""Names: every player is found by any part of the name, whatever its case and accents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.names import BLOCK, Names, fold

NAMES = st.text(st.sampled_from("abAB éßØ\n"), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("Anna", "anna"),
        ("ÉMILE", "emile"),
        ("Straße", "strasse"),
        ("Søren", "soren"),
        ("Łukasz", "lukasz"),
        ("\uff46\uff55\uff4c\uff4c", "full"),
        ("İpek", "ipek"),
        ("Ελένη", "ελενη"),
    ],
)
def test_fold(name: str, folded: str) -> None:
    """Case, accents and width make no difference."""
    assert fold(name) == folded


@given(st.text())
def test_fold_twice(name: str) -> None:
    """What is folded stays as it is."""
    assert fold(fold(name)) == fold(name)


@given(
    st.dictionaries(st.integers(0, 600), NAMES, max_size=20),
    st.lists(st.tuples(st.integers(0, 600), NAMES), max_size=20),
    NAMES,
)
def test_any_history(start: dict[int, str], changes: list[tuple[int, str]], word: str) -> None:
    """After any changes of names, exactly those are found whose folded name holds the word."""
    tested, naive = Names(start.items()), dict(start)

    for player, name in changes:
        tested.put(player, name)
        naive[player] = name

    expected = [player for player, name in naive.items() if fold(word) in fold(name)]
    assert sorted(tested.find(fold(word).encode())) == sorted(expected)
    assert {player: tested.get(player) for player in naive} == {
        player: fold(name).encode() for player, name in naive.items()
    }


def test_many_blocks() -> None:
    """The same across blocks, loaded or put."""
    named = [(player * 7, f"Player {player}") for player in range(3 * BLOCK + 5)]
    put = Names()
    for player, name in named:
        put.put(player, name)

    for tested in (Names(named, len(named)), put):
        assert len(tested) == len(named)
        assert list(tested.find(b"player 300")) == [2100]
        assert len(list(tested.find(b"r 3"))) == 1 + 10 + 100
        assert tested.get(2100) == b"player 300"
        assert tested.get(1) is None


def test_share() -> None:
    """How common a word is can be guessed."""
    tested = Names((player, f"a{player % 10}") for player in range(10 * BLOCK))

    assert tested.share(b"a") == 1.0
    assert 0.05 < tested.share(b"a7") < 0.15
    assert tested.share(b"zz") == 0.0
    assert Names().share(b"a") == 0.0
