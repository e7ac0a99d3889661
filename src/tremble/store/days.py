"""Days of the match log, for analytics: what each day (UTC) holds now, and its matches with all lines.

A match stands on the day on which it ended. Voided ones are left out, and no line names a player who
was erased: the id is null there.
"""

import zlib
from collections.abc import Sequence

from msgspec import Raw, Struct, json
from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    null,
    or_,
    select,
    tuple_,
)

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement
from tremble.store.tables import (
    account,
    erasure,
    match,
    match_line,
    match_telemetry,
    match_void,
    rating_history,
)

#: Ratings are compared to the millionth.
RATING_STEPS = 1_000_000
#: Before the first match of a day: smaller than every seq.
FIRST = -1


class DayLine(Struct, frozen=True):
    """A line of a match; *player_id* is null if the player was erased, ratings if it rated nobody."""

    player_id: str | None
    bot: bool
    place: int
    won: bool
    score: int
    kills: int
    deaths: int
    suicides: int
    damage_given: int
    damage_taken: int
    weapons: Raw
    items: Raw
    playtime_s: float
    left: bool
    team: int
    rating_before: float | None
    rating: float | None
    deviation: float | None


class DayMatch(Struct, frozen=True):
    """A match of a day, in JSON a line of its own; instants are microseconds since 1970 (UTC)."""

    seq: int
    match_id: str
    server_id: str
    board: str
    season: int
    mode: str
    map: str
    started_at: int
    ended_at: int
    duration_s: float
    ended_by: str
    lines: list[DayLine]
    telemetry: Raw


#: What stands for a match without telemetry.
NOTHING = Raw(b"null")

_voided = exists(select(match_void.c.match_id).where(match_void.c.match_id == match.c.id))
_gone = and_(
    erasure.c.player_id.is_not(None),
    or_(match.c.ended_at <= erasure.c.at, account.c.id.is_(None)),
)
_days = (
    select((match.c.ended_at // instant.DAY).label("day"), match.c.seq).where(~_voided).subquery()
)
MATCHES = Statement(
    select(_days.c.day, func.count(), func.max(_days.c.seq), func.sum(_days.c.seq)).group_by(
        _days.c.day
    )
)
_rated = select(
    (rating_history.c.ended_at // instant.DAY).label("day"),
    cast(rating_history.c.rating * RATING_STEPS, BigInteger).label("after"),
    cast(rating_history.c.rating_before * RATING_STEPS, BigInteger).label("before"),
).subquery()
RATINGS = Statement(
    select(
        _rated.c.day, func.count(), func.sum(_rated.c.after), func.sum(_rated.c.before)
    ).group_by(_rated.c.day)
)
_erased = (
    select((match.c.ended_at // instant.DAY).label("day"))
    .select_from(erasure)
    .join(match_line, match_line.c.player_id == erasure.c.player_id)
    .join(match, match.c.seq == match_line.c.match_seq)
    .outerjoin(account, account.c.id == erasure.c.player_id)
    .where(_gone)
    .subquery()
)
ERASED = Statement(select(_erased.c.day, func.count()).group_by(_erased.c.day))

_after = tuple_(
    bindparam("ended_at", type_=match.c.ended_at.type), bindparam("after", type_=match.c.seq.type)
)
HEADS = Statement(
    select(
        match.c.seq,
        match.c.id,
        match.c.server_id,
        match.c.board,
        match.c.season,
        match.c.mode,
        match.c.map,
        match.c.started_at,
        match.c.ended_at,
        match.c.duration_s,
        match.c.ended_by,
        match_telemetry.c.body,
    )
    .outerjoin(match_telemetry, match_telemetry.c.match_seq == match.c.seq)
    .where(
        match.c.ended_at < bindparam("until"),
        tuple_(match.c.ended_at, match.c.seq) > _after,
        ~_voided,
    )
    .order_by(match.c.ended_at, match.c.seq)
    .limit(bindparam("limit"))
)
_line = match_line.c
LINES = Statement(
    select(
        _line.position,
        case((_gone, null()), else_=_line.player_id),
        _line.bot,
        _line.place,
        _line.won,
        _line.score,
        _line.kills,
        _line.deaths,
        _line.suicides,
        _line.damage_given,
        _line.damage_taken,
        _line.weapons,
        _line["items"],
        _line.playtime_s,
        _line.left,
        _line.team,
        rating_history.c.rating_before,
        rating_history.c.rating,
        rating_history.c.deviation,
    )
    .join(match, match.c.seq == _line.match_seq)
    .outerjoin(erasure, erasure.c.player_id == _line.player_id)
    .outerjoin(account, account.c.id == _line.player_id)
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
)


def states(tx: Transaction) -> dict[int, list[int]]:
    """Return by day (since 1970) numbers that change whenever what is to be told of it does.

    The first of them is how many matches it has.
    """
    found = {int(day): [int(n) for n in rest] for day, *rest in tx.rows(MATCHES)}
    for statement, length in ((RATINGS, 3), (ERASED, 1)):
        rows = {int(day): [int(n) for n in rest] for day, *rest in tx.rows(statement)}
        for day, numbers in found.items():
            numbers += rows.get(day, [0] * length)
    return found


def matches(
    tx: Transaction, until: int, ended_at: int, after: int, limit: int
) -> Sequence[DayMatch]:
    """Return at most *limit* matches that ended before *until*, in order of end and number.

    They come after the one that ended at *ended_at* with the number *after* (FIRST: from that moment on).
    """
    heads = tx.rows(HEADS, until=until, ended_at=ended_at, after=after, limit=limit)
    lines = tx.rows_each(LINES, [{"seq": head[0]} for head in heads])
    return [one(head, rows) for head, rows in zip(heads, lines, strict=True)]


def one(head: Row, rows: list[Row]) -> DayMatch:
    """Return the match of a row of HEADS and its rows of LINES."""
    facts, body = head[:-1], head[-1]
    lines = [line(row) for row in sorted(rows, key=lambda row: int(row[0]))]
    telemetry = NOTHING if body is None else Raw(zlib.decompress(body))
    seq, ident, server, board, season, mode, level, started, ended, duration, ended_by = facts
    return DayMatch(
        seq,
        ident,
        server,
        board,
        season,
        mode,
        level,
        started,
        ended,
        duration,
        ended_by,
        lines,
        telemetry,
    )


def line(row: Row) -> DayLine:
    """Return the line of a row of LINES."""
    _, player_id, bot, place, won, score, kills, deaths, suicides = row[:9]
    given, taken, weapons, items, playtime, left, team, before, after, deviation = row[9:]
    return DayLine(
        player_id, bool(bot), place, bool(won), score, kills, deaths, suicides, given, taken,
        Raw(weapons.encode()), Raw(items.encode()), playtime, bool(left), team,
        before, after, deviation,
    )  # fmt: skip


def encode(match: DayMatch) -> bytes:
    """Return *match* as one line of JSON."""
    return json.encode(match)
