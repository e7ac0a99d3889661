"""tremble replay: list, show, verify and play recorded matches, and make films of them."""

import os
import re
import sys
import time
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from tremble import config, maps
from tremble.cli.options import Dir, Json
from tremble.errors import ConfigError, ReplayError, TrembleError
from tremble.match import replay as format_
from tremble.match.film import KINDS, told
from tremble.match.film import film as film_of
from tremble.match.playback import Playback
from tremble.match.playback import verify as verified
from tremble.match.replay import MAX_RECORDS, Replay
from tremble.shelf import Room, Shelf
from tremble.sim.level import Level
from tremble.sim.state import EV_FRAG, EV_PICKUP, EV_SPAWN
from tremble.sim.tuning import TICK_RATE

app = App(name="replay", help="List, show, verify and play recorded matches.")

File = Annotated[str, Parameter(help="A .trpl file, or the start of a match id.")]
#: Replays named by so many digits of the match id, at least.
SHORTEST = 4


class Listed(msgspec.Struct, frozen=True):
    """A line of `replay list`; a replay without an end has neither length nor result."""

    match_id: str
    file: str
    bytes: int
    started_at: datetime
    mode: str
    map: str
    players: list[str]
    seconds: float | None
    ended_by: str | None


@app.command(name="list")
def list_replays(
    *,
    limit: Annotated[int, Parameter(help="At most so many, the newest first.")] = 20,
    directory: Dir = None,
    as_json: Json = False,
) -> None:
    """List recorded matches, the newest first.

    Example: tremble replay list --limit 5
    """
    paths = shelf(directory).replays()[:limit]
    found = [listed(path) for path in paths]
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    table = Table("match", "started", "mode", "map", "players", "length", "ended by", "kB")
    for line in found:
        length = "cut off" if line.seconds is None else clock(line.seconds)
        table.add_row(
            line.match_id[:8],
            f"{line.started_at:%Y-%m-%d %H:%M}",
            line.mode,
            line.map,
            ", ".join(line.players),
            length,
            line.ended_by or "",
            f"{line.bytes / 1000:.0f}",
        )
    Console(markup=False).print(table)


def listed(path: Path) -> Listed:
    replay = read(path)
    head, end = replay.header, replay.end
    return Listed(
        match_id=head.match_id,
        file=path.name,
        bytes=path.stat().st_size,
        started_at=head.started_at,
        mode=head.mode,
        map=head.map,
        players=[player.name for player in head.players],
        seconds=None if end is None else end.ticks / TICK_RATE,
        ended_by=None if end is None else end.result.ended_by,
    )


@app.command
def show(file: File, /, *, directory: Dir = None, as_json: Json = False) -> None:
    """Show who played, how it ended, and each frag: when, by whom, with what, from how far.

    Example: tremble replay show 0cc175b9
    """
    path, replay, level = opened(file, directory)
    playback = Playback(replay, level)
    frags = []
    while playback.advance():
        for event in playback.events:
            if event.kind == EV_FRAG:
                names = {slot: tally.who.name for slot, tally in playback.match.tallies.items()}
                line = told(playback.ticks, event, playback.world)
                line["attacker_name"] = names.get(event.a, "")
                line["victim_name"] = names.get(event.b, "")
                frags.append(line)
    header: dict[str, Any] = msgspec.to_builtins(replay.header)
    header.pop("world")
    end = None if replay.end is None else msgspec.to_builtins(replay.end)
    if as_json:
        shown = {"file": path.name, "header": header, "end": end, "frags": frags}
        print(msgspec.json.encode(shown).decode())
        return
    console = Console(highlight=False, markup=False)
    console.print(f"{path.name}: {header['mode']} on {header['map']}, {header['started_at']}")
    if replay.end is not None:
        console.print(
            f"{clock(replay.end.ticks / TICK_RATE)}, ended by {replay.end.result.ended_by}"
        )
        for player in replay.end.result.players:
            console.print(f"  {player.place}. {player.name}  {player.score}", markup=False)
    else:
        console.print("cut off: it has no end")
    for line in frags:
        console.print(frag_line(line), markup=False)


def frag_line(line: dict[str, Any]) -> str:
    """Return a frag as one line of text."""
    when = clock(line["tick"] / TICK_RATE)
    if line["attacker"] in (-1, line["victim"]):
        return f"{when}  {line['victim_name']} dies: {line['means']}"
    return (
        f"{when}  {line['attacker_name']} frags {line['victim_name']}: "
        f"{line['means']}, {line['distance']} units"
    )


@app.command
def verify(*files: File, directory: Dir = None, as_json: Json = False) -> None:
    """Play replays again and see that worlds and results come out as recorded; all of them if none is named.

    Exit code 1 if one does not.

    Example: tremble replay verify 0cc175b9
    """
    names = list(files) or [str(p) for p in shelf(directory).replays() if p.stem.isalnum()]
    failed = 0
    found = []
    for name in names:
        line: dict[str, Any] = {"file": name, "ticks": 0, "error": ""}
        try:
            path, replay, level = opened(name, directory)
            line["file"] = path.name
            line["ticks"] = verified(replay, level)
        except TrembleError as error:
            failed += 1
            line["error"] = str(error)
        found.append(line)
        if not as_json:
            print(line["file"] + ": " + (line["error"] or f"verified, {line['ticks']} ticks"))
    if as_json:
        print(msgspec.json.encode(found).decode())
    if failed:
        sys.exit(1)


@app.command
def play(
    file: File,
    /,
    *,
    speed: Annotated[float, Parameter(help="1 as it was played, 0 as fast as possible.")] = 1.0,
    start: Annotated[float, Parameter(name="--from", help="Seconds to begin at.")] = 0.0,
    everything: Annotated[bool, Parameter(name="--all", negative=(), help="Shots too.")] = False,
    directory: Dir = None,
) -> None:
    """Tell a match as it was played: spawns, pickups, frags.

    Example: tremble replay play 0cc175b9 --speed 4 --from 60
    """
    if speed < 0:
        raise ConfigError(f"--speed {speed}: must be 0 or more")
    _, replay, level = opened(file, directory)
    playback = Playback(replay, level)
    began = time.monotonic()
    while playback.advance():
        seconds = playback.ticks / TICK_RATE
        lines = event_lines(playback, everything)
        if seconds < start or not lines:
            continue
        if speed:
            time.sleep(max(0.0, began + (seconds - start) / speed - time.monotonic()))
        print("\n".join(lines), flush=True)


def event_lines(playback: Playback, everything: bool) -> list[str]:
    """Return the events of the tick as lines of text."""
    found = []
    names = {slot: tally.who.name for slot, tally in playback.match.tallies.items()}
    when = clock(playback.ticks / TICK_RATE)
    for event in playback.events:
        if event.kind == EV_FRAG:
            line = told(playback.ticks, event, playback.world)
            line["attacker_name"], line["victim_name"] = names.get(event.a, ""), names.get(event.b)
            found.append(frag_line(line))
        elif event.kind == EV_SPAWN:
            found.append(f"{when}  {names.get(event.a, '')} spawns")
        elif event.kind == EV_PICKUP:
            item = told(playback.ticks, event, playback.world)["name"]
            found.append(f"{when}  {names.get(event.a, '')} takes {item}")
        elif everything and event.kind in KINDS:
            fact = told(playback.ticks, event, playback.world)
            found.append(f"{when}  {msgspec.json.encode(fact).decode()}")
    return found


#: What zlib calls a gzip file.
GZIP = 31


@app.command
def film(
    file: File,
    /,
    *,
    output: Annotated[
        Path | None, Parameter(help="Write here, packed if it ends in .gz; else to the terminal.")
    ] = None,
    packed: Annotated[
        bool, Parameter(negative=(), help="Pack (gzip) what goes to the terminal, part by part.")
    ] = False,
    directory: Dir = None,
) -> None:
    """Make a film: places 20 times a second, and all events, for viewers that cannot play a replay.

    Lines of JSON, each a part of some seconds.

    Example: tremble replay film 0cc175b9 --output duel.jsonl
    """
    _, replay, level = opened(file, directory)
    lines = (msgspec.json.encode(part) + b"\n" for part in film_of(replay, level))
    if output is None:
        for piece in gzipped(lines) if packed else lines:
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
        return
    data = b"".join(gzipped(lines) if output.suffix == ".gz" else lines)
    fresh = output.with_name(f"{output.name}.{os.getpid()}")
    try:
        fresh.write_bytes(data)
        fresh.replace(output)
    except OSError as error:
        raise ConfigError(f"{output}: {error.strerror}") from None


def gzipped(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield *lines* packed as one gzip file; what came so far can always be read."""
    packer = zlib.compressobj(9, zlib.DEFLATED, GZIP)
    for line in lines:
        yield packer.compress(line) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield packer.flush()


def shelf(directory: str | None) -> Shelf:
    return Shelf(config.data_directory(directory, os.environ) / "replays", Room())


def opened(name: str, directory: str | None) -> tuple[Path, Replay, Level]:
    """Return the replay that *name* means, and its level. Raises TrembleError."""
    path = found(name, shelf(directory))
    replay = read(path)
    return path, replay, maps.load(replay.header.map, config.data_directory(directory, os.environ))


def found(name: str, where: Shelf) -> Path:
    """Return the file that *name* means: a path, or the start of the id of one match on the shelf."""
    if name.endswith(".trpl"):
        return Path(name) if Path(name).exists() else where.directory / name
    if not re.fullmatch(f"[0-9a-f]{{{SHORTEST},32}}", name):
        raise ReplayError(f"{name!r} is neither a .trpl file nor the start of a match id")
    paths = [path for path in where.replays() if path.name.startswith(name)]
    if len(paths) != 1:
        raise ReplayError(
            f"{len(paths) or 'no'} replays in {where.directory} begin with {name}; "
            "see tremble replay list"
        )
    return paths[0]


def read(path: Path) -> Replay:
    """Return the replay in the file *path*. Raises ReplayError, naming it."""
    try:
        if path.stat().st_size > MAX_RECORDS:
            raise ReplayError("longer than any replay")
        return format_.read(path.read_bytes())
    except OSError as error:
        raise ReplayError(f"{path}: {error.strerror}") from None
    except ReplayError as error:
        raise ReplayError(f"{path}: {error}") from None


def clock(seconds: float) -> str:
    """Return *seconds* as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
