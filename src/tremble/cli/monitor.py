"""tremble monitor: one or many servers on a terminal, as they are."""

import os
import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import sleep
from typing import Annotated

import msgspec
from cyclopts import Parameter
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tremble.cli.monitor_sources import Source, of_address, of_directory, of_web
from tremble.cli.options import Dir, Json, host_and_port
from tremble.config import data_directory
from tremble.look import Arena, Look

#: Looks that the lines of the last minute show, and their marks.
REMEMBERED = 16
#: What is shown of each server, and which of that only on a terminal of WIDE columns.
COLUMNS = (
    "server", "players", "playing", "p50", "p99 ms", "late", "in", "out kB/s", "waits", "p99 so far",
)  # fmt: skip
IN_WIDE = ("playing", "p50", "p99 so far")
WIDE = 120
MARKS = "▁▂▃▄▅▆▇█"
#: Servers whose matches are shown too.
IN_FULL = 4
#: Names of a score that fit a line.
NAMES = 5


def monitor(
    *addresses: str,
    web: Annotated[
        list[str] | None, Parameter(name="--web", negative=(), help="Base URL. May be repeated.")
    ] = None,
    token: Annotated[str, Parameter(help="The metrics.token of what --web names.")] = "",
    every: Annotated[float, Parameter(help="Seconds between two looks.")] = 1.0,
    once: Annotated[bool, Parameter(negative=(), help="Look once and end.")] = False,
    directory: Dir = None,
    as_json: Json = False,
) -> None:
    """Watch servers: game ports at ADDRESSES, web processes, the data directory if none is given.

    The exit code of a single look is 1 if one of them did not answer.
    """
    token = token or os.environ.get("TREMBLE_METRICS__TOKEN", "")
    sources = [of_address(*host_and_port(text, 4433)) for text in addresses]
    sources += [of_web(url, token) for url in web or []]
    if directory is not None or not sources:
        sources.insert(0, of_directory(data_directory(directory, os.environ)))
    with ThreadPoolExecutor(min(32, len(sources))) as pool:
        if once:
            sys.exit(show_once(looks_at(sources, pool), as_json))
        with suppress(KeyboardInterrupt):
            watch(sources, pool, max(0.1, every), as_json)


def looks_at(sources: Sequence[Source], pool: ThreadPoolExecutor) -> list[Look]:
    """Look at all *sources* at once."""
    return list(pool.map(Source.look, sources))


def show_once(looks: list[Look], as_json: bool) -> int:
    """Print *looks*; return the exit code."""
    if as_json:
        print(msgspec.json.encode({"servers": looks}).decode())
    else:
        console = Console(markup=False)
        console.print(drawn(looks, {}, console.width))
    return 0 if all(look.up for look in looks) else 1


def watch(sources: Sequence[Source], pool: ThreadPoolExecutor, every: float, as_json: bool) -> None:
    """Show what *sources* tell, until Ctrl-C; a line of JSON each time if nobody looks."""
    past: dict[str, deque[float]] = {s.where: deque(maxlen=REMEMBERED) for s in sources}
    if as_json or not sys.stdout.isatty():
        while True:
            print(msgspec.json.encode({"servers": looks_at(sources, pool)}).decode(), flush=True)
            sleep(every)
    look_first, console = Text("looking..."), Console(markup=False)
    with Live(look_first, console=console, auto_refresh=False, screen=True) as live:
        while True:
            looks = looks_at(sources, pool)
            for look in looks:
                if look.tick_p99_ms is not None:
                    past[look.where].append(look.tick_p99_ms)
            live.update(drawn(looks, past, live.console.width), refresh=True)
            sleep(every)


def drawn(looks: Sequence[Look], past: dict[str, deque[float]], width: int) -> RenderableType:
    """Return the page, *width* columns wide: a line for each server, matches of a few, what is wrong."""
    shown = [name for name in COLUMNS if width >= WIDE or name not in IN_WIDE]
    table = Table(
        box=SIMPLE_HEAD, expand=True, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim"
    )
    for name in shown:
        if name in ("server", "players", "playing"):
            share = 1 if name == "server" else None
            table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=share)
        else:
            table.add_column(name, justify="right", no_wrap=True)
    for look in looks:
        cells = dict(zip(COLUMNS, [*row(look), sparkline(past.get(look.where, ()))], strict=True))
        table.add_row(*[cells[name] for name in shown])
    parts: list[RenderableType] = [summary(looks), table]
    if len(looks) <= IN_FULL:
        parts += [matches(look) for look in looks if look.arenas]
    parts += [wrongs(looks)]
    return Group(*parts)


def summary(looks: Sequence[Look]) -> Text:
    """Return the first line."""
    up = sum(look.up for look in looks)
    players = sum(look.players or 0 for look in looks)
    bots = sum(look.bots or 0 for look in looks)
    text = Text("tremble monitor", "bold")
    text.append(f"   {up} of {len(looks)} servers answer", "green" if up == len(looks) else "red")
    return text.append(f"   {players - bots} people, {bots} bots", "default")


def row(look: Look) -> list[Text]:
    """Return the cells of one server."""
    style = "red" if not look.up else "yellow" if look.wrong else "green"
    name = Text("● ", style)
    name.append(f"{look.name}  " if look.name else "", "bold default")
    name.append(look.where, "dim")
    if not look.up:
        return [name, Text("no answer", "red"), *[Text("-", "dim")] * 7]
    first = next((a for a in look.arenas if a.score), look.arenas[0] if look.arenas else None)
    return [
        name,
        Text(f"{shown(look.players)}/{shown(look.max_players)}" + bots(look)),
        Text(playing(first)),
        Text(shown(look.tick_p50_ms, 2)),
        Text(shown(look.tick_p99_ms, 2), "red" if (look.tick_p99_ms or 0.0) > 8.0 else ""),
        Text(shown(look.late)),
        Text(shown(kilo(look.bytes_in), 1)),
        Text(shown(kilo(look.bytes_out), 1)),
        Text(shown(look.outbox), "yellow" if look.outbox else ""),
    ]


def bots(look: Look) -> str:
    return f", {look.bots} bots" if look.bots else ""


def playing(arena: Arena | None) -> str:
    """Return what is played in *arena*."""
    if arena is None:
        return "-"
    return " ".join(word for word in (arena.mode, arena.map, arena.phase) if word)


def kilo(value: float | None) -> float | None:
    return None if value is None else value / 1000.0


def shown(value: float | None, places: int = 0) -> str:
    """Return *value*, or a dash if it is not known."""
    return "-" if value is None else f"{value:.{places}f}"


def sparkline(values: Sequence[float]) -> Text:
    """Return *values* as a line of marks, the highest of them full; ticks beyond 8 ms in red."""
    most = max(values, default=0.0)
    marks = Text()
    for value in values:
        level = int(value / most * (len(MARKS) - 1) + 0.5) if most else 0
        marks.append(MARKS[level], "red" if value > 8.0 else "green")
    return marks


def matches(look: Look) -> Table:
    """Return the matches of one server."""
    table = Table(box=SIMPLE_HEAD, expand=True, pad_edge=False, header_style="dim")
    table.add_column(Text(look.name or look.where), no_wrap=True, width=20)
    table.add_column("phase", width=12)
    table.add_column("left", justify="right", width=6)
    table.add_column("score", ratio=1, no_wrap=True, overflow="ellipsis")
    for number, arena in enumerate(look.arenas):
        minutes, seconds = divmod(int(arena.time_left), 60)
        score = Text()
        for name, points in arena.score[:NAMES]:
            score.append(f"{name} ").append(f"{points}   ", "bold")
        if len(arena.score) > NAMES:
            score.append(f"and {len(arena.score) - NAMES} more", "dim")
        what = " ".join(word for word in (arena.mode, arena.map) if word)
        left = f"{minutes}:{seconds:02}" if arena.time_left else "-"
        table.add_row(Text(f"{number}  {what}"), Text(arena.phase), left, score)
    return table


def wrongs(looks: Sequence[Look]) -> Text:
    """Return what is worth a look, a line each."""
    lines = [f"! {look.name or look.where}: {text}" for look in looks for text in look.wrong]
    return Text("\n".join(lines), "yellow") if lines else Text("nothing is wrong", "dim")
