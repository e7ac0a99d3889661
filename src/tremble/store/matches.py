"""Matches: one row per posted result, and one line per player in it.

`seq` numbers the matches in the order they were posted. Ratings go by another: see ratings.py; lists
for people by a third: see history.py.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import UNSET, Struct, json
from sqlalchemy import and_, bindparam, exists, select

from tremble.result import MatchResult, PlayerLine, WeaponLine
from tremble.store import instant, seasons
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, Value, binds, insert
from tremble.store.tables import match, match_line, match_void, rating_history

#: Before the first page of a list: greater than every seq.
NEWEST = 2**63 - 1
WRITER = json.Encoder()


class Posted(Struct, frozen=True, gc=False):
    """A result that is being recorded: its number, its season and, as the store has it, its end.

    Also what is asked of it again and again: its board, and the `aim` of each line.
    """

    seq: int
    season: int
    ended_at: int
    result: MatchResult
    board: str
    aims: list[tuple[int, int]]


class Line(Struct, frozen=True):
    """What one player did in a match, under the name used then; a voided one rated nobody."""

    player_id: str
    username: str
    bot: bool
    place: int
    won: bool
    score: int
    kills: int
    deaths: int
    suicides: int
    damage_given: int
    damage_taken: int
    accuracy: float
    weapons: dict[str, WeaponLine]
    items: dict[str, int]
    playtime_s: float
    left: bool
    team: int
    rating_before: float | None
    rating_after: float | None


class LineSummary(Struct, frozen=True):
    """A line as lists of matches show it."""

    player_id: str
    username: str
    bot: bool
    place: int
    won: bool
    score: int


class Summary(Struct, frozen=True):
    """A match as lists show it: its players in order of place."""

    match_id: str
    board: str
    season: int
    mode: str
    map: str
    started_at: datetime
    ended_at: datetime
    duration_s: float
    ended_by: str
    server_id: str
    voided: bool
    players: list[LineSummary]


class Match(Struct, frozen=True):
    """A match with all that was recorded of it."""

    match_id: str
    board: str
    season: int
    mode: str
    map: str
    started_at: datetime
    ended_at: datetime
    duration_s: float
    ended_by: str
    server_id: str
    voided: bool
    players: list[Line]


KNOWN = Statement(select(match.c.id).where(match.c.id == bindparam("id")))
LAST = Statement(select(match.c.seq).order_by(match.c.seq.desc()).limit(1))
# As a plain insert: with SQLAlchemy's own RETURNING of the key it would be of one row only.
INSERT = Statement(insert(match).inline().values(binds(list(match.c))))
INSERT_LINE = Statement(insert(match_line).values(binds(list(match_line.c))))
HEAD = (
    match.c.seq,
    match.c.id,
    match.c.board,
    match.c.season,
    match.c.mode,
    match.c.map,
    match.c.started_at,
    match.c.ended_at,
    match.c.duration_s,
    match.c.ended_by,
    match.c.server_id,
    exists(select(match_void.c.match_id).where(match_void.c.match_id == match.c.id)),
)
FIND = Statement(select(*HEAD).where(match.c.id == bindparam("id")))
RECENT = Statement(
    select(*HEAD)
    .where(match.c.seq < bindparam("before"))
    .order_by(match.c.seq.desc())
    .limit(bindparam("limit"))
)
_line = match_line.c
LINES = Statement(
    select(
        _line.player_id,
        _line.name,
        _line.bot,
        _line.place,
        _line.won,
        _line.score,
        _line.kills,
        _line.deaths,
        _line.suicides,
        _line.damage_given,
        _line.damage_taken,
        _line.shots,
        _line.hits,
        _line.weapons,
        _line["items"],
        _line.playtime_s,
        _line.left,
        _line.team,
        rating_history.c.rating_before,
        rating_history.c.rating,
    )
    .join(match, match.c.seq == _line.match_seq)
    .outerjoin(
        rating_history,
        and_(
            rating_history.c.board == match.c.board,
            rating_history.c.player_id == _line.player_id,
            rating_history.c.season == match.c.season,
            rating_history.c.ended_at == match.c.ended_at,
            rating_history.c.match_id == match.c.id,
        ),
    )
    .where(_line.match_seq == bindparam("seq"))
    .order_by(_line.position)
)
SUMMARY_LINES = Statement(
    select(
        _line.position,
        _line.player_id,
        _line.name,
        _line.bot,
        _line.place,
        _line.won,
        _line.score,
    ).where(_line.match_seq == bindparam("seq"))
)


def known(tx: Transaction, match_ids: Sequence[str]) -> set[str]:
    """Return which of these matches are there already."""
    found = tx.rows_each(KNOWN, [{"id": match_id} for match_id in match_ids])
    return {rows[0][0] for rows in found if rows}


def insert_all(tx: Transaction, results: Sequence[MatchResult]) -> list[Posted]:
    """Store *results*, none of which is there yet, of players who are."""
    row = tx.row(LAST)
    begun = seasons.begun(tx)
    posted: list[Posted] = []
    for seq, result in enumerate(results, 1 if row is None else row[0] + 1):
        ended_at = instant.to_store(result.ended_at)
        season = seasons.at_of(begun, ended_at)
        aims = [line.aim for line in result.players]
        posted.append(Posted(seq, season, ended_at, result, result.board, aims))
    tx.run_many(INSERT, [head_of(one) for one in posted])
    tx.run_many(
        INSERT_LINE,
        [
            line_of(one, position, line, aim)
            for one in posted
            for position, (line, aim) in enumerate(zip(one.result.players, one.aims, strict=True))
        ],
    )
    return posted


def head_of(posted: Posted) -> dict[str, Value]:
    result = posted.result
    return {
        "seq": posted.seq,
        "id": result.match_id,
        "server_id": result.server_id,
        "board": posted.board,
        "season": posted.season,
        "mode": result.mode,
        "map": result.map,
        "started_at": instant.to_store(result.started_at),
        "ended_at": posted.ended_at,
        "duration_s": result.duration_s,
        "ended_by": result.ended_by,
    }


def line_of(
    posted: Posted, position: int, line: PlayerLine, aim: tuple[int, int]
) -> dict[str, Value]:
    return {
        "match_seq": posted.seq,
        "position": position,
        "player_id": line.player_id,
        "name": line.name,
        "bot": line.bot,
        "place": line.place,
        "won": line.won,
        "score": line.score,
        "kills": line.kills,
        "deaths": line.deaths,
        "suicides": line.suicides,
        "damage_given": line.damage_given,
        "damage_taken": line.damage_taken,
        "shots": aim[0],
        "hits": aim[1],
        "weapons": WRITER.encode(line.weapons).decode(),
        "items": WRITER.encode(line.items).decode(),
        "playtime_s": line.playtime_s,
        "left": line.left,
        "team": line.team,
        "ended_at": posted.ended_at,
        "map": posted.result.map,
        "server_id": posted.result.server_id,
        "board": posted.board,
        "fair_play": None if line.fair_play is UNSET else WRITER.encode(line.fair_play).decode(),
    }


def find(tx: Transaction, match_id: str) -> Match | None:
    """Return the match of that id, None if it was never posted."""
    row = tx.row(FIND, id=match_id)
    if row is None:
        return None
    return Match(*_head(row), [_full(line) for line in tx.rows(LINES, seq=row[0])])


def recent(tx: Transaction, limit: int, before: int = NEWEST) -> tuple[list[Summary], int | None]:
    """Return at most *limit* matches before seq *before*, the last posted first.

    The second value is the next *before*, None on the last page.
    """
    rows = tx.rows(RECENT, before=before, limit=limit + 1)
    found = summaries(tx, rows[:limit])
    return found, (rows[limit - 1][0] if len(rows) > limit else None)


def summaries(tx: Transaction, rows: list[Row]) -> list[Summary]:
    """Return the matches of *rows*, which hold the columns of HEAD."""
    lines = tx.rows_each(SUMMARY_LINES, [{"seq": row[0]} for row in rows])
    return [
        Summary(
            *_head(row),
            [
                LineSummary(player_id, name, bool(bot), place, bool(won), score)
                for _, player_id, name, bot, place, won, score in sorted(found)
            ],
        )
        for row, found in zip(rows, lines, strict=True)
    ]


def _head(
    row: Row,
) -> tuple[str, str, int, str, str, datetime, datetime, float, str, str, bool]:
    _, ident, board, season, mode, level, started, ended, duration, ended_by, server, void = row
    return (
        ident,
        board,
        season,
        mode,
        level,
        instant.from_store(started),
        instant.from_store(ended),
        duration,
        ended_by,
        server,
        bool(void),
    )


def _full(row: Row) -> Line:
    player_id, name, bot, place, won, score, kills, deaths, suicides = row[:9]
    given, taken, shots, hits, weapons, items, playtime, left, team, before, after = row[9:]
    return Line(
        player_id=player_id,
        username=name,
        bot=bool(bot),
        place=place,
        won=bool(won),
        score=score,
        kills=kills,
        deaths=deaths,
        suicides=suicides,
        damage_given=given,
        damage_taken=taken,
        accuracy=min(hits / shots, 1.0) if shots else 0.0,
        weapons=json.decode(weapons, type=dict[str, WeaponLine]),
        items=json.decode(items, type=dict[str, int]),
        playtime_s=playtime,
        left=bool(left),
        team=team,
        rating_before=before,
        rating_after=after,
    )
