"""`.map` text into entities."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rooms import ARENA, SPAWN, box, entity

from tremble.errors import MapError
from tremble.sim import level, mapfile

VALVE = """// Game: Generic
// Format: Valve
// entity 0
{
"mapversion" "220"
"classname" "worldspawn" // the world
"message" "A \\"quoted\\" name\\\\"
// brush 0
{
( -64 -64 -16 ) ( -64 -63 -16 ) ( -64 -64 -15 ) __TB_empty [ 0 -1 0 0 ] [ 0 0 -1 0 ] 0 1 1
( -64 -64 -16 ) ( -64 -64 -15 ) ( -63 -64 -16 ) __TB_empty [ 1 0 0 0 ] [ 0 0 -1 0 ] 0 1 1
( -64 -64 -16 ) ( -63 -64 -16 ) ( -64 -63 -16 ) {fence [ -1 0 0 0 ] [ 0 -1 0 0 ] 0 1 1
( 64 64 1.6e1 ) ( 64 65 16 ) ( 65 64 16 ) __TB_empty [ 1 0 0 0 ] [ 0 -1 0 0 ] 0 1 1
( 64 64 16 ) ( 65 64 16 ) ( 64 64 17 ) __TB_empty [ -1 0 0 0 ] [ 0 0 -1 0 ] 0 1 1
( 64 64 16 ) ( 64 64 17 ) ( 64 65 16 ) __TB_empty [ 0 1 0 0 ] [ 0 0 -1 0 ] 0 1 1
}
}
{
"classname" "info_player_deathmatch"
"origin" "0 0 40"
"angle" "90"
}
"""


def refusal(text):
    with pytest.raises(MapError) as error:
        mapfile.parse(text, "x")
    return str(error.value)


def test_valve_220_is_read():
    """Texture axes, comments, escapes and braces in texture names do not disturb."""
    world, spawn = mapfile.parse(VALVE, "x")

    assert world.keys["message"] == 'A "quoted" name\\'
    assert len(world.brushes[0].planes) == 6
    assert world.brushes[0].planes[3][0] == (64.0, 64.0, 16.0)
    assert world.brushes[0].textures[2] == "{fence"
    assert (spawn.index, spawn.line, spawn.keys["angle"]) == (1, 18, "90")


def test_windows_line_ends_are_read():
    """A file saved on Windows says the same."""
    assert len(mapfile.parse(VALVE.replace("\n", "\r\n"), "x")) == 2


@pytest.mark.parametrize(
    "text, line, said",
    [
        ("}", 1, "without its {"),
        ("{", 1, "a } is missing"),
        ('{\n"classname" "worldspawn"\n{\n{', 4, "a { inside a brush"),
        ('{\n"classname" "worldspawn\n}', 2, "not closed"),
        ('{\n"classname"\n}', 2, "not a key and its value"),
        ("hello", 1, "outside of any entity"),
        ('{\n"classname" "worldspawn"\n{\n}\n}', 4, "at least 4"),
        ("{\n{\n( 0 0 0 ) ( 1 1 1 ) STONE\n}\n}", 3, "a plane is"),
        ("{\n{\n( 0 x 0 ) ( 1 1 1 ) ( 2 2 2 ) STONE 0 0 0 1 1\n}\n}", 3, "x is not a number"),
        ("{\n{\n( 0 nan 0 ) ( 1 1 1 ) ( 2 2 2 ) STONE 0 0 0 1 1\n}\n}", 3, "nan is not a number"),
        ("{\n{\n( 0 1e9 0 ) ( 1 1 1 ) ( 2 2 2 ) STONE 0 0 0 1 1\n}\n}", 3, "1e9 is not a number"),
        ("{\n{\npatchDef2\n{\n}\n}\n}", 3, "only brushes of planes"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(text, line, said):
    """Each fault names file, line and what is wrong."""
    message = refusal(text)

    assert message.startswith(f"maps/x.map:{line}: ")
    assert said in message


def test_a_fault_names_the_entity_and_its_class():
    """The number counts from 0, as editors do."""
    assert "entity 1 (light): " in refusal('{\n}\n{\n"classname" "light"\noops\n}')


@pytest.mark.parametrize(
    "text",
    [
        "x" * (mapfile.MAX_TEXT + 1),
        "{}\n" * (mapfile.MAX_ENTITIES + 1),
        "{\n" + '"a" "b"\n'.join(f'"{i}" "b"\n' for i in range(99)) + "}",
        "{\n{\n" + "( 0 0 0 ) ( 0 1 0 ) ( 1 0 0 ) T 0 0 0 1 1\n" * 99 + "}\n}",
        "{\n" + box((0, 0, 0), (8, 8, 8)).replace("stone", "T") * 2001 + "\n}",
    ],
    ids=["characters", "entities", "keys", "planes of a brush", "planes"],
)
def test_a_file_of_hostile_size_ends_in_an_error(text):
    """Everything that a file may repeat has a bound."""
    refusal(text)


TEXT = entity("worldspawn", box((-64, -64, -16), (64, 64, 0))) + SPAWN.replace("-3000", "0")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_text_is_a_level_or_a_map_error(data):
    """A file with random damage: never another exception."""
    text = TEXT
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 6))
        word = data.draw(
            st.sampled_from(['"', "{", "}", "(", "-", "0", "9e3", "\n", "\\", "é", " "])
        )
        text = text[:at] + word + text[at + length :]
    try:
        level.load(text, "x")
    except MapError as error:
        assert str(error).startswith("maps/x.map:")


def test_the_arena_is_read():
    """One world, then points and triggers."""
    entities = mapfile.parse(ARENA.read_text(), "arena_01")

    assert entities[0].classname == "worldspawn"
    assert len(entities[0].brushes) >= 40
