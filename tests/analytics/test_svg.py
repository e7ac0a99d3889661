"""Charts: axes with round numbers, names that cannot leave their place."""

import xml.etree.ElementTree as ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from tremble.analytics import svg

NUMBERS = st.none() | st.integers(0, 10**12) | st.floats(0, 1e12)


@given(st.floats(1e-6, 1e15))
def test_axis_reaches_as_far_as_the_values(high: float) -> None:
    """Its top is not below them, and not far above; its lines are few."""
    top, step = svg.steps(high)

    assert high * (1 - 1e-6) <= top <= high * 3
    assert 1 <= round(top / step) <= 2 * svg.LINES


@settings(max_examples=40)
@given(st.lists(st.tuples(st.text(max_size=8), NUMBERS), max_size=6))
def test_any_names_and_numbers(rows: list[tuple[str, svg.Number]]) -> None:
    """Whatever they are, the chart is sound XML and holds them as they are."""
    labels = [label.translate({n: "?" for n in (*range(32), 0xFFFE, 0xFFFF)}) for label, _ in rows]
    labels = [label.encode("utf-8", "replace").decode() for label in labels]
    values = [value for _, value in rows]
    for text in (
        svg.bar_chart(labels, {"n": values}, "<words>"),
        svg.line_chart(labels, {"n": values}, '"words"'),
        svg.rank_chart(labels, values, "words & more"),
    ):
        root = ElementTree.fromstring(text)
        told = [mark.attrib["data-value"] for mark in root.iter() if "data-value" in mark.attrib]
        assert [value for value in told if value != "None"] == [
            repr(value) for value in values if value is not None
        ]


def test_a_point_alone_is_seen() -> None:
    """No line leads to it, so it is drawn itself: all there is of a span of one day."""
    text = svg.line_chart(["a", "b", "c", "d"], {"n": [1, 2, None, 3]}, "words")

    assert text.count("dot alone") == 1
    assert svg.line_chart(["a"], {"n": [1]}, "words").count("dot alone") == 1


def test_hours_of_one_day() -> None:
    """They are told apart; those of several days are shown by day."""
    one, two = ["2026-03-10T00:00", "2026-03-10T01:00"], ["2026-03-10T23:00", "2026-03-11T00:00"]

    assert svg.shortened(one) == ["00:00", "01:00"]
    assert svg.shortened(two) == ["03-10", "03-11"]
    assert svg.shortened(["2026-03-10"]) == ["03-10"]


def test_a_map_is_drawn_with_north_above() -> None:
    """Cells and outline lie in the units of the map, mirrored, with a margin around."""
    outline = {
        "mins": [-128, -64],
        "maxs": [128, 192],
        "floors": [{"z": 0, "points": [[-128, -64], [128, -64], [128, 192]]}],
        "walls": [],
    }
    root = ElementTree.fromstring(svg.map_chart([(0, 64, 5)], 64, outline, "map"))

    assert root.attrib["viewBox"] == "0 0 384 384"
    assert root[0].attrib["transform"] == "translate(192 256) scale(1 -1)"
    assert root.find(".//{*}rect").attrib["data-value"] == "5"
