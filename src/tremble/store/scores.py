"""Score boards: what players did in matches, kept by an operator, beside the ratings.

    best   the highest value, and of that one match the whole row: kills, deaths, shots, hits
    last   the value of the match that ended last, with its row
    sum    the sum over all matches, and of all else too

A score board takes the matches of one rating board, on one map or on all; or it stands for one board of
each map, duel.arena_01 and so on, which begin with the first match there. EVERY stands for a board of
each map of each rating board, unless another is kept there (map_boards.py). A board counts what is posted
from when it is made; what was played before is counted bit by bit (past.py). A voided match is taken out
by counting its players again. *matches* of an entry counts all matches, whatever the operator keeps.
"""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from sqlalchemy import bindparam, delete, exists, or_, select, update

from tremble.result import PlayerLine
from tremble.store import boards, seasons
from tremble.store.boards import Kind, Standing
from tremble.store.engine import Transaction
from tremble.store.matches import Posted
from tremble.store.sheets import Sheet
from tremble.store.sql import Row, Statement
from tremble.store.tables import (
    board,
    board_entry,
    board_past,
    board_season,
    match,
    match_line,
    match_void,
)

Field = Literal["won", "score", "kills", "damage_given"]
Operator = Literal["best", "last", "sum"]


#: In place of a map: a board for each. No map has this name.
EACH_MAP = "*"
#: In place of a source: every rating board.
EACH_BOARD = "*"


class ScoreBoard(Struct, frozen=True):
    """A score board: *source* is the board whose matches count.

    *map* is the only map, None for all on one board, EACH_MAP for all on boards of their own.
    """

    name: str
    source: str
    map: str | None
    kind: Kind


class Feed(Struct, frozen=True):
    """A score board on which some matches count; *past* is by whose name it counts those before."""

    on: ScoreBoard
    past: str


#: Matches won on each map.
EVERY = ScoreBoard(f"{EACH_BOARD}.{EACH_MAP}", EACH_BOARD, EACH_MAP, Kind("won", "sum"))


class Run(Struct, frozen=True):
    """One player's line of one match, as far as score boards look at it."""

    player_id: str
    value: int
    won: int
    kills: int
    deaths: int
    shots: int
    hits: int
    seq: int
    ended_at: int


FED_BY = Statement(
    select(board.c.name, board.c.map, board.c.field, board.c.operator).where(
        board.c.source == bindparam("source")
    )
)
SET_KIND = Statement(
    board.update()
    .where(board.c.name == bindparam("board"))
    .values(field=bindparam("field"), operator=bindparam("operator"))
)
#: Boards that stand for one map, and were not made by themselves.
OF_MAPS = Statement(
    select(board.c.name).where(board.c.source.is_(None), board.c.name.contains("."))
)
EMPTY = Statement(delete(board_entry).where(board_entry.c.board == bindparam("board")))
NO_MATCHES = Statement(
    update(board_season).where(board_season.c.board == bindparam("board")).values(matches=0)
)
SET_SOURCE = Statement(
    board.update()
    .where(board.c.name == bindparam("board"))
    .values(source=bindparam("source"), map=bindparam("on_map"))
)
lines = match_line.c
_void = exists(select(match_void.c.match_id).where(match_void.c.match_id == match.c.id))
_source, _map = (bindparam(name, type_=match.c.map.type) for name in ("source", "on_map"))
_of_source = or_(_source.is_(None), match.c.board == _source)
_on_map = or_(_map.is_(None), match.c.map == _map)
#: Matches by number that count on a board of that source and map; none stands for all.
BETWEEN = (
    match.c.seq > bindparam("first"),
    match.c.seq <= bindparam("upto"),
    _of_source,
    _on_map,
)
_run = (
    match.c.season,
    lines.player_id,
    *[lines[name] for name in ("won", "score", "kills", "damage_given")],
    *[lines[name] for name in ("deaths", "shots", "hits")],
    match.c.seq,
    match.c.ended_at,
)
_runs = (
    select(*_run)
    .join(match, match.c.seq == lines.match_seq)
    .where(
        match.c.board == bindparam("source"),
        _on_map,
        ~_void,
    )
    .order_by(match.c.season, match.c.ended_at, match.c.seq)
)
#: The same of matches by number, their board and map first. On neither is an index of use.
RUNS_BETWEEN = Statement(
    select(match.c.board, match.c.map, *_run)
    .join(match_line, match.c.seq == lines.match_seq)
    .where(*BETWEEN, ~_void)
)
_yet_to_count = exists(
    select(board_past.c.board).where(
        board_past.c.board == bindparam("past"),
        board_past.c.first < match.c.seq,
        match.c.seq <= board_past.c.last,
    )
)
RUNS_OF = Statement(
    _runs.where(
        lines.player_id == bindparam("player_id"),
        match.c.season == bindparam("season"),
        ~_yet_to_count,
    )
)
PAST = Statement(select(board_past.c.last).where(board_past.c.board == bindparam("board")).limit(1))


def empty(tx: Transaction, name: str) -> None:
    """Take everybody off a board, in all seasons."""
    tx.run(EMPTY, board=name)
    tx.run(NO_MATCHES, board=name)
    recount(tx, name)


def recount(tx: Transaction, name: str) -> None:
    """Count again who is on a board, in all seasons."""
    for season in seasons.every(tx):
        if boards.head(tx, name, season.season) is not None:
            boards.recount(tx, name, season.season)


def of_maps(tx: Transaction) -> set[str]:
    """Return the boards of maps that nobody made one by one."""
    return {str(row[0]) for row in tx.rows(OF_MAPS)}


def of_map(each: ScoreBoard, level: str, source: str) -> ScoreBoard:
    """Return the board of one map of *source* that *each* stands for."""
    return ScoreBoard(f"{source}.{level}", source, level, each.kind)


def fed_by(tx: Transaction, source: str, level: str) -> list[ScoreBoard]:
    """Return the score boards on which a match of board *source* on a map counts."""
    kept = boards.kind(tx, EVERY.name) is not None
    return [feed.on for feed in feeds(tx, source, level) if kept or feed.past != EVERY.name]


def feeds(tx: Transaction, source: str, level: str) -> list[Feed]:
    """Return the boards on which such a match counts: by the first of these that has the name.

    Boards that were made one by one, those made for each map, and those of EVERY, kept or not.
    """
    found = [
        ScoreBoard(name, source, only, Kind(field, operator))
        for name, only, field, operator in tx.rows(FED_BY, source=source)
    ]
    fed = {one.name: Feed(one, one.name) for one in found if one.map != EACH_MAP}
    for each in [*[one for one in found if one.map == EACH_MAP], EVERY]:
        on_map = of_map(each, level, source)
        fed.setdefault(on_map.name, Feed(on_map, each.name))
    return [feed for feed in fed.values() if feed.on.map in (None, level)]


def count(tx: Transaction, posted: Sequence[Posted]) -> None:
    """Let matches that were just recorded count."""
    fed: dict[tuple[str, str], list[ScoreBoard]] = {}
    counted: dict[tuple[str, int], tuple[ScoreBoard, list[Posted]]] = {}
    for one in posted:
        played = (one.board, one.result.map)
        if played not in fed:
            fed[played] = fed_by(tx, *played)
        for on in fed[played]:
            counted.setdefault((on.name, one.season), (on, []))[1].append(one)
    for (name, season), (on, some) in counted.items():
        who = {line.player_id: None for one in some for line in one.result.players}
        sheet = Sheet(tx, name, season, list(who), on.kind)
        for one in some:
            runs = [
                run_of(one, line, aim, on.kind.field)
                for line, aim in zip(one.result.players, one.aims, strict=True)
            ]
            before = sheet.standings
            after = [plus(before.get(r.player_id), r, on.kind.operator) for r in runs]
            sheet.enter(after, one.ended_at)
        sheet.write(tx)


def count_again(
    tx: Transaction, source: str, level: str, season: int, player_ids: list[str]
) -> None:
    """Count all matches of these players anew, after one was voided or restored."""
    # Also while they are not kept: what those boards have counted goes on to stand there.
    every = boards.kind(tx, EVERY.name) is not None or tx.row(PAST, board=EVERY.name) is not None
    for feed in feeds(tx, source, level):
        if every or feed.past != EVERY.name:
            count_players(tx, feed, season, player_ids)


def count_players(tx: Transaction, feed: Feed, season: int, player_ids: list[str]) -> None:
    """Count all matches of these players on one board anew, but those that it has yet to count."""
    fed = feed.on
    gone: list[str] = []
    after: list[Standing] = []
    here = {"source": fed.source, "on_map": fed.map, "season": season, "past": feed.past}
    for player_id in player_ids:
        found: Standing | None = None
        for row in tx.rows(RUNS_OF, player_id=player_id, **here):
            found = plus(found, read_run(row, fed.kind.field), fed.kind.operator)
        if found is None:
            gone.append(player_id)
        else:
            after.append(found)
    if boards.head(tx, fed.name, season) is None:
        if not after:
            return
        last = max(standing.last_played_at for standing in after)
        boards.touch(tx, fed.name, season, last, fed.kind)
    boards.put(tx, fed.name, season, after, fed.kind)
    boards.remove(tx, fed.name, season, gone)


def run_of(posted: Posted, line: PlayerLine, aim: tuple[int, int], field: str) -> Run:
    """Return *line* of a match with the value of *field*."""
    numbers = (int(line.won), line.kills, line.deaths, *aim)
    value = int(getattr(line, field))
    return Run(line.player_id, value, *numbers, posted.seq, posted.ended_at)


def read_run(row: Row, field: str) -> Run:
    """Return a row of RUNS_OF with the value of *field*."""
    _, player_id, won, score, kills, damage, deaths, shots, hits, seq, ended_at = row
    value = {"won": won, "score": score, "kills": kills, "damage_given": damage}[field]
    return Run(player_id, value, won, kills, deaths, shots, hits, seq, ended_at)


def plus(before: Standing | None, run: Run, operator: str) -> Standing:
    """Return *before* with one match more: the same in whatever order they come.

    Equal bests: the earlier match is kept; of those that ended together, the one posted first.
    """
    if before is None:
        return standing(run, 1)
    matches = before.matches + 1
    if operator == "sum":
        return total(before, run, matches)
    last = (before.last_played_at, before.last_match_seq or 0)
    if operator == "best":
        better = (run.value, -run.ended_at, -run.seq) > (before.rating, -last[0], -last[1])
    else:
        better = (run.ended_at, run.seq) > last
    if better:
        return standing(run, matches)
    return with_matches(before, matches)


def standing(run: Run, matches: int) -> Standing:
    """Return the entry that is the row of *run*."""
    return Standing(
        player_id=run.player_id,
        rating=float(run.value),
        deviation=0.0,
        volatility=0.0,
        matches=matches,
        wins=run.won,
        losses=1 - run.won,
        draws=0,
        kills=run.kills,
        deaths=run.deaths,
        shots=run.shots,
        hits=run.hits,
        last_match_seq=run.seq,
        last_played_at=run.ended_at,
    )


def total(before: Standing, run: Run, matches: int) -> Standing:
    """Return the sums with *run* added, and the later match."""
    later = (run.ended_at, run.seq) > (before.last_played_at, before.last_match_seq or 0)
    return Standing(
        player_id=before.player_id,
        rating=before.rating + run.value,
        deviation=0.0,
        volatility=0.0,
        matches=matches,
        wins=before.wins + run.won,
        losses=before.losses + 1 - run.won,
        draws=0,
        kills=before.kills + run.kills,
        deaths=before.deaths + run.deaths,
        shots=before.shots + run.shots,
        hits=before.hits + run.hits,
        last_match_seq=run.seq if later else before.last_match_seq,
        last_played_at=run.ended_at if later else before.last_played_at,
    )


def with_matches(before: Standing, matches: int) -> Standing:
    values = {name: getattr(before, name) for name in Standing.__struct_fields__}
    return Standing(**{**values, "matches": matches})
