"""Names: every name is found by any part of it, whatever its case and accents."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.names import MAX_WAITING, Names, fold, fold_lines, hashes, marked

#: Folded names of few letters, so that many hold the same.
NAMES = st.text(st.sampled_from("ab ßω"), min_size=1, max_size=5).map(str.encode)


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


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n")), min_size=1))
def test_fold_lines(names: list[str]) -> None:
    """Many names folded at once are what each is alone."""
    assert fold_lines("\n".join(names)) == [fold(name).encode() for name in names]


@given(
    st.lists(NAMES, max_size=20),
    st.lists(st.tuples(st.integers(0, 20), st.none() | NAMES), max_size=20),
    NAMES,
)
def test_any_history(
    start: list[bytes], changes: list[tuple[int, bytes | None]], word: bytes
) -> None:
    """After any changes exactly those places are found whose name holds the word."""
    tested, naive = Names(start), list(start)

    for place, name in changes:
        if name is not None:
            place = min(place, len(naive))
            tested.insert(place, name)
            naive.insert(place, name)
        elif place < len(naive):
            tested.remove(place)
            del naive[place]

    expected = [place for place, name in enumerate(naive) if word in name]
    assert tested.find(word, hashes(word), 0, 99) == expected
    assert tested.find(word, hashes(word), 3, 2) == [place for place in expected if place >= 3][:2]
    assert tested.lines() == naive


def test_many_changes() -> None:
    """More changes than may wait are all there."""
    tested = Names([b"anna"])
    for _ in range(3 * MAX_WAITING):
        tested.insert(1, b"bert")
    for _ in range(2 * MAX_WAITING):
        tested.remove(1)

    assert tested.lines() == [b"anna"] + [b"bert"] * MAX_WAITING


def test_parts() -> None:
    """Names taken apart and put together again are the same, and found as before."""
    tested = Names([b"anna", b"bert", b"cora"])
    tested.insert(1, b"adam")

    first, second = tested.part(0, 2), tested.part(2, 4)
    both = second.joined(first)

    assert first.find(b"a", hashes(b"a"), 0, 9) == [0, 1]
    assert first.find(b"bert", hashes(b"bert"), 0, 9) == []
    assert both.lines() == [b"bert", b"cora", b"anna", b"adam"]
    assert both.find(b"ada", hashes(b"ada"), 0, 9) == [3]


@given(NAMES, NAMES)
def test_marks(before: bytes, after: bytes) -> None:
    """What is in a name is never ruled out by its marks."""
    marks = marked(before + after + b"\n" + after)

    for word in (before, after, before + after):
        assert all(marks[bit >> 3] >> (bit & 7) & 1 for bit in hashes(word))
