"""Charts as SVG: text in, text out. Each mark holds its own number, in `data-value` and in words.

Colours and sizes are in web/static/dashboard/charts.css; nothing here has a style of its own, so that
a page with a strict policy may hold the charts.
"""

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10
from typing import Any

#: Width of a chart, in units of its own: it is shown as wide as there is room.
WIDTH = 560
HEIGHT = 200
LEFT, RIGHT, TOP, FOOT = 46, 8, 8, 22
#: Lines of the grid, about; labels below a chart, at most.
LINES = 4
LABELS = 8
#: More bars than these stand without a gap; none is wider than WIDEST.
MANY = 100
WIDEST = 56

Number = float | int | None
Series = dict[str, list[Number]]


def mark(shape: str, label: str, value: Number, **attributes: Any) -> str:
    """Return a shape that tells its *value* to who points at it, and to tests."""
    given = " ".join(
        f'{name.rstrip("_").replace("_", "-")}="{a}"' for name, a in attributes.items()
    )
    words = escape(f"{label}: {shown(value)}")
    return f'<{shape} {given} data-value="{value!r}"><title>{words}</title></{shape}>'


def shown(value: Any) -> str:
    """Return *value* for people: few digits, thousands apart."""
    if value is None:
        return "-"
    if isinstance(value, float) and not value.is_integer():
        places = 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3
        return f"{value:,.{places}f}"
    return f"{int(value):,}" if isinstance(value, int | float) else str(value)


def drawing(inside: str, words: str, width: float = WIDTH, height: float = HEIGHT) -> str:
    """Return the picture with *inside*; *words* say what it shows."""
    return (
        f'<svg class="chart" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(words)}">{inside}</svg>'
    )


def steps(high: float) -> tuple[float, float]:
    """Return the top of an axis from 0 to *high* at least, and the distance of its lines."""
    if high <= 0:
        return 1.0, 1.0
    rough = high / LINES
    power = 10.0 ** floor(log10(rough))
    step = next(power * n for n in (1, 2, 2.5, 5, 10) if power * n >= rough * (1 - 1e-9))
    return step * ceil(high / step - 1e-9), step


def axis(high: float) -> tuple[str, float]:
    """Return the grid for values up to *high*, and the top of its axis."""
    top, step = steps(high)
    parts = []
    for n in range(round(top / step) + 1):
        y = down(n * step, top)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        parts.append(
            f'<text class="value" x="{LEFT - 6}" y="{y + 3.5:.1f}">{round(n * step, 9):,.10g}</text>'
        )
    return "".join(parts), top


def down(value: float, top: float) -> float:
    """Return how far down *value* lies, where *top* is the highest."""
    return HEIGHT - FOOT - (HEIGHT - FOOT - TOP) * value / top


def foot(labels: Sequence[str], centres: Sequence[float]) -> str:
    """Return some of *labels* below their places."""
    every = max(1, ceil(len(labels) / LABELS))
    return "".join(
        f'<text class="label" x="{x:.1f}" y="{HEIGHT - 6}">{escape(label)}</text>'
        for label, x in list(zip(labels, centres, strict=True))[::every]
    )


def highest(series: Series) -> float:
    return max(
        (value for values in series.values() for value in values if value is not None), default=0
    )


def line_chart(labels: Sequence[str], series: Series, words: str) -> str:
    """Return a line for each of *series*, over *labels*; a gap where it is None."""
    grid, top = axis(highest(series))
    wide = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    across = [LEFT + wide * (n + 0.5) for n in range(len(labels))]
    parts = [grid, foot(shortened(labels), across)]
    for n, (name, values) in enumerate(series.items()):
        path, pen = "", "M"
        for x, value in zip(across, values, strict=True):
            if value is not None:
                path += f"{pen}{x:.1f} {down(value, top):.1f}"
            pen = "M" if value is None else "L"
        parts.append(f'<path class="line s{n}" d="{path}"/>')
        parts += [
            mark("circle", f"{labels[i]}, {name}", value, class_=f"dot{alone(values, i)} s{n}",
                 cx=f"{across[i]:.1f}", cy=f"{down(value, top):.1f}", r=3)
            for i, value in enumerate(values)
            if value is not None
        ]  # fmt: skip
    return key(list(series)) + drawing("".join(parts), words)


def alone(values: Sequence[Number], i: int) -> str:
    """Return the class of a point that no line leads to, which would not be seen; else nothing."""
    beside = [*values[max(0, i - 1) : i], *values[i + 1 : i + 2]]
    return " alone" if all(value is None for value in beside) else ""


def bar_chart(labels: Sequence[str], series: Series, words: str) -> str:
    """Return a bar for each of *labels*, made of the values of *series*, one above the other."""
    sums = [sum(v or 0 for v in values) for values in zip(*series.values(), strict=True)]
    grid, top = axis(max(sums, default=0))
    wide = (WIDTH - LEFT - RIGHT) / max(1, len(labels))
    centres = [LEFT + wide * (i + 0.5) for i in range(len(labels))]
    bar = min(WIDEST, wide * (0.8 if len(labels) <= MANY else 1.0))
    parts = [grid]
    below = [0.0] * len(labels)
    for n, (name, values) in enumerate(series.items()):
        for i, value in enumerate(values):
            if value is None:
                continue
            y = down(below[i] + value, top)
            tall = down(below[i], top) - y
            below[i] += value
            parts.append(
                mark("rect", f"{labels[i]}, {name}", value, class_=f"bar s{n}",
                     x=f"{centres[i] - bar / 2:.2f}", width=f"{bar:.2f}",
                     y=f"{y:.1f}", height=f"{tall:.1f}")
            )  # fmt: skip
    parts.append(foot(shortened(labels), centres))
    return key(list(series)) + drawing("".join(parts), words)


def rank_chart(
    labels: Sequence[str],
    values: Sequence[Number],
    words: str,
    percent: bool = False,
    even: Sequence[Number] | None = None,
) -> str:
    """Return a bar from the left for each of *labels*; a line where it would be if all were *even*."""
    top = max((value for value in [*values, *(even or [])] if value is not None), default=0) or 1
    # As long as the names are, by their letters.
    left = 16 + 6.2 * max((len(label) for label in labels), default=0)
    room = WIDTH - left - 64
    parts = []
    for n, (label, value) in enumerate(zip(labels, values, strict=True)):
        y, long = n * 26, room * (value or 0) / top
        told = f"{value:.1%}" if percent and value is not None else shown(value)
        parts.append(f'<text class="name" x="{left - 8:.1f}" y="{y + 16}">{escape(label)}</text>')
        parts.append(
            mark("rect", label, value, class_="bar s0", x=f"{left:.1f}", y=y + 4, width=f"{long:.1f}",
                 height=17, rx=2)
        )  # fmt: skip
        beside = long
        fair = None if even is None else even[n]
        if fair is not None:
            beside = max(long, room * fair / top)
            x = f"{left + room * fair / top:.1f}"
            parts.append(f'<line class="fair" x1="{x}" x2="{x}" y1="{y + 1}" y2="{y + 24}"/>')
        parts.append(f'<text class="told" x="{left + beside + 7:.1f}" y="{y + 16}">{told}</text>')
    return drawing("".join(parts), words, height=max(26, 26 * len(labels)))


def dot_chart(points: Sequence[tuple[float, float, int]], words: str) -> str:
    """Return points from 0 to 1 both ways, as large as their weight; on the line both are the same."""
    most = max((weight for _, _, weight in points), default=1)
    grid, top = axis(1.0)
    wide = WIDTH - LEFT - RIGHT
    ends = f'x1="{LEFT}" y1="{down(0, top):.1f}" x2="{LEFT + wide}" y2="{down(1, top):.1f}"'
    parts = [grid, f'<line class="even" {ends}/>']
    for x, y, weight in points:
        words_of = f"expected {x:.1%}, {weight:,} pairs, made"
        parts.append(
            mark("circle", words_of, y, class_="point s0", cx=f"{LEFT + wide * x:.1f}",
                 cy=f"{down(y, top):.1f}", r=f"{4 + 8 * (weight / most) ** 0.5:.1f}")
        )  # fmt: skip
    ticks = [n / 5 for n in range(6)]
    parts.append(foot([f"{tick:.0%}" for tick in ticks], [LEFT + wide * tick for tick in ticks]))
    return drawing("".join(parts), words)


def heat_table(
    rows: Sequence[str], columns: Sequence[str], values: dict[tuple[int, int], Number], words: str,
    percent: bool = False,
) -> str:  # fmt: skip
    """Return a cell for each of *values* by row and column, the darker the higher."""
    top = max((value for value in values.values() if value is not None), default=0) or 1
    left, wide, tall = 76, (WIDTH - 76) / max(1, len(columns)), 24
    parts = [
        f'<text class="name" x="{left - 8}" y="{(n + 1) * tall + 16}">{escape(row)}</text>'
        for n, row in enumerate(rows)
    ]
    parts += [
        f'<text class="label" x="{left + (n + 0.5) * wide:.1f}" y="16">{escape(column)}</text>'
        for n, column in enumerate(columns)
    ]
    for (row, column), value in values.items():
        x, y = left + column * wide, (row + 1) * tall
        parts.append(
            mark("rect", f"{rows[row]}, {columns[column]}", value, class_="heat", x=f"{x + 1:.1f}", y=y + 1,
                 width=f"{wide - 2:.1f}", height=tall - 2, rx=3,
                 fill_opacity=f"{0.04 + 0.96 * (value or 0) / top:.3f}")
        )  # fmt: skip
        if percent and value is not None:
            side = "over" if value / top > 0.55 else "under"
            middle = f'x="{x + wide / 2:.1f}" y="{y + 16}"'
            parts.append(f'<text class="label {side}" {middle}>{value:.0%}</text>')
    return drawing("".join(parts), words, height=tall * (len(rows) + 1) + 2)


def map_chart(
    cells: Sequence[tuple[int, int, float]], side: int, outline: dict[str, Any] | None, words: str
) -> str:
    """Return *cells* (x, y of the lower corner, value) of *side* units over the *outline* of a map."""
    west, south, east, north = extent(cells, side, outline)
    parts = [] if outline is None else [surfaces(outline)]
    top = max((value for _, _, value in cells), default=0) or 1
    for x, y, value in sorted(cells):
        # By the root, so that what is rare is seen beside what is not.
        strength = (value / top) ** 0.5
        parts.append(
            mark("rect", f"{x}, {y}", value, class_="heat", x=x, y=y, width=side, height=side,
                 fill_opacity=f"{0.1 + 0.9 * strength:.3f}")
        )  # fmt: skip
    flipped = f'<g transform="translate({-west} {north}) scale(1 -1)">{"".join(parts)}</g>'
    return drawing(flipped, words, east - west, north - south).replace("chart", "chart map", 1)


def extent(
    cells: Sequence[tuple[int, int, float]], side: int, outline: dict[str, Any] | None
) -> tuple[float, float, float, float]:
    """Return west, south, east and north of all that is drawn, with a margin."""
    xs = [x for x, _, _ in cells] + [x + side for x, _, _ in cells]
    ys = [y for _, y, _ in cells] + [y + side for _, y, _ in cells]
    if outline is not None:
        xs += [outline["mins"][0], outline["maxs"][0]]
        ys += [outline["mins"][1], outline["maxs"][1]]
    if not xs:
        xs, ys = [0, side], [0, side]
    return min(xs) - side, min(ys) - side, max(xs) + side, max(ys) + side


def surfaces(outline: dict[str, Any]) -> str:
    """Return floors and walls of *outline*, the lowest first, the higher the lighter."""
    found = [("floor", one) for one in outline["floors"]] + [
        ("wall", one) for one in outline["walls"]
    ]
    heights = [one["z"] for _, one in found] or [0]
    rise = max(heights) - min(heights) or 1
    return "".join(
        f'<polygon class="{kind}" fill-opacity="{0.15 + 0.5 * (one["z"] - min(heights)) / rise:.2f}" '
        f'points="{" ".join(f"{x:g},{y:g}" for x, y in one["points"])}"/>'
        for kind, one in sorted(found, key=lambda pair: pair[1]["z"])
    )


def key(names: Sequence[str]) -> str:
    """Return which colour stands for what, if there is more than one."""
    if len(names) < 2:
        return ""
    listed = "".join(
        f'<li class="s{n}">{escape(words_of(name))}</li>' for n, name in enumerate(names)
    )
    return f'<ul class="key">{listed}</ul>'


def words_of(name: str) -> str:
    """Return the name of a column as words."""
    return name.replace("_", " ")


def shortened(labels: Sequence[str]) -> list[str]:
    """Return days without their year, and hours as their day, or those of one day without it."""
    found = [short(label) for label in labels]
    hours = [label.partition("T")[2] for label in labels]
    return hours if all(hours) and len(set(found)) == 1 else found


def short(label: str) -> str:
    """Return a day without its year, an hour as its day; other labels as they are."""
    year, dash, rest = label.partition("-")
    return rest.partition("T")[0] if dash and len(year) == 4 and year.isdigit() else label
