"""Favourites and history: kept on disk, whole or not at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.client.addresses import MAX_HISTORY, AddressBook
from tremble.errors import TrembleError


def test_what_is_noted_is_there_the_next_time(tmp_path):
    """Favourites in the order in which they came, the last played first."""
    path = tmp_path / "deep" / "servers.json"
    book = AddressBook(path)
    for address in ("b:1", "a:1", "b:1"):
        book.add_favourite(address)
    book.note_played("a:1", "A", 1.0)
    book.note_played("b:1", "B", 2.0)
    book.note_played("a:1", "A again", 3.0)
    found = AddressBook(path).lists

    assert found.favourites == ["b:1", "a:1"]
    assert [(one.address, one.name) for one in found.history] == [("a:1", "A again"), ("b:1", "B")]
    assert [entry.name for entry in path.parent.iterdir()] == ["servers.json"]


def test_a_favourite_can_be_taken_back(tmp_path):
    """Once."""
    book = AddressBook(tmp_path / "servers.json")
    book.add_favourite("a:1")

    assert book.remove_favourite("a:1")
    assert not book.remove_favourite("a:1")
    assert AddressBook(book.path).lists.favourites == []


def test_the_history_has_an_end(tmp_path):
    """The oldest goes."""
    book = AddressBook()
    for number in range(MAX_HISTORY + 5):
        book.note_played(f"a:{number}", "", float(number))

    assert len(book.lists.history) == MAX_HISTORY
    assert book.lists.history[-1].address == "a:5"


@given(st.binary(max_size=50) | st.sampled_from([b"[", b'{"favourites": [1]}', b"{" * 3000]))
def test_a_spoilt_file_is_put_aside(tmp_path_factory, data):
    """The list begins anew, or was good; what was there is not thrown away."""
    path = tmp_path_factory.mktemp("book") / "servers.json"
    path.write_bytes(data)
    book = AddressBook(path)
    book.add_favourite("a:1")

    assert json.loads(path.read_text())["favourites"][-1] == "a:1"
    bad = path.with_name("servers.json.bad")
    assert not bad.exists() or bad.read_bytes() == data


def test_a_full_disk_is_told_and_loses_nothing(tmp_path, monkeypatch):
    """The old list stays as it was."""
    path = tmp_path / "servers.json"
    AddressBook(path).add_favourite("a:1")
    book = AddressBook(path)

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tremble.client.addresses.os.fsync", full)
    with pytest.raises(TrembleError, match=r"servers.json: No space left.*not saved"):
        book.add_favourite("b:1")

    assert AddressBook(path).lists.favourites == ["a:1"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["servers.json"]
