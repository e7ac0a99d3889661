"""Documents taken apart by how they merge, and put together again."""

import math
from typing import get_args

import msgspec
import pytest
from data import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from tremble.data import fields
from tremble.data.documents import DataType, Document, PlayerStats, Stats
from tremble.data.history import MAX_MATCHES
from tremble.data.performance import MAX_RUNS
from tremble.data.stats import MAX_REMEMBERED


@pytest.mark.parametrize("data_type", DataType)
def test_empty(data_type: DataType) -> None:
    """Putting nothing together gives the empty document, and taking that apart gives no counts."""
    document = fields.empty_document(data_type)

    apart = fields.split(document)

    assert fields.join(data_type, fields.Fields()) == document == fields.join(data_type, apart)
    assert not any(apart.sums.values())
    assert not apart.rows


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_round_trip(data: st.DataObject) -> None:
    """What is taken apart and put together twice is the same as once: nothing gets lost."""
    data_type = data.draw(st.sampled_from(DataType))
    document: Document = data.draw(strategies.BY_TYPE[data_type])

    once = fields.join(data_type, fields.split(document))
    twice = fields.join(data_type, fields.split(once))

    assert twice == once
    if data_type is DataType.SETTINGS:
        assert once == document


def test_every_stat_merges() -> None:
    """Each field of the stats is of one kind, and caps are those of the game."""
    kinds = [fields.SUMS, fields.MAXIMA, fields.OTHERS, fields.TABLES]

    assert sum(map(len, kinds)) == len(set().union(*kinds)) == len(Stats.__struct_fields__)
    assert set(fields.ROW_CAPS.values()) == {MAX_MATCHES, MAX_RUNS, MAX_REMEMBERED}
    assert set(fields.SPLITTERS) == set(fields.JOINERS) == set(DataType)
    assert {cls.__name__ for cls in get_args(Document)} == {
        type(fields.empty_document(t)).__name__ for t in DataType
    }


def test_accuracy_of_the_first_sketch() -> None:
    """The average that an old file holds alone is kept when it is put together again."""
    document = fields.empty_document(DataType.PLAYER_STATS)
    assert isinstance(document, PlayerStats)
    document.stats.matches_played, document.stats.accuracy = 10, 0.4

    again = fields.join(DataType.PLAYER_STATS, fields.split(document))

    assert isinstance(again, PlayerStats)
    assert math.isclose(again.stats.accuracy, 0.4)


def test_unknown_places() -> None:
    """A field that no document has is named."""
    with pytest.raises(fields.BadSave, match=r"wings. - at .\$.graphics"):
        fields.join(DataType.SETTINGS, fields.Fields(registers={"graphics/wings": 1}))
    with pytest.raises(fields.BadSave, match="wings"):
        fields.join(DataType.SETTINGS, fields.Fields(registers={"wings": 1}))
    with pytest.raises(fields.BadSave, match="version"):
        fields.join(DataType.TERMINAL_STATE, fields.Fields(registers={"version": 1}))


def test_joined_documents_are_valid() -> None:
    """A document put together encodes and decodes as any other."""
    for data_type in DataType:
        document = fields.empty_document(data_type)

        assert msgspec.json.decode(msgspec.json.encode(document), type=type(document)) == document
