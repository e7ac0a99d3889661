"""The match log: results as they were posted, read back from the record in their order."""

from msgspec import UNSET, json
from sqlalchemy import bindparam, func, select

from tremble.result import FairPlay, MatchResult, PlayerLine, WeaponLine
from tremble.store import instant, telemetry
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement
from tremble.store.tables import match, match_line, match_telemetry, replay

SEQ = Statement(select(match.c.seq).where(match.c.id == bindparam("id")))
LAST = Statement(select(match.c.seq, match.c.id).order_by(match.c.seq.desc()).limit(1))
COUNT = Statement(select(func.count()).select_from(match))
HEADS = Statement(
    select(
        match.c.seq,
        match.c.id,
        match.c.server_id,
        match.c.mode,
        match.c.map,
        match.c.started_at,
        match.c.ended_at,
        match.c.duration_s,
        match.c.ended_by,
        replay.c.digest,
        match_telemetry.c.body,
    )
    .outerjoin(replay, replay.c.match_seq == match.c.seq)
    .outerjoin(match_telemetry, match_telemetry.c.match_seq == match.c.seq)
    .where(match.c.seq > bindparam("after"), match.c.seq <= bindparam("until"))
    .order_by(match.c.seq)
    .limit(bindparam("limit"))
)
_line = match_line.c
LINES = Statement(
    select(
        _line.position,
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
        _line.weapons,
        _line["items"],
        _line.playtime_s,
        _line.left,
        _line.team,
        _line.fair_play,
    ).where(_line.match_seq == bindparam("seq"))
)


def seq_of(tx: Transaction, match_id: str) -> int | None:
    """Return the number of the match *match_id*; None if it is not there."""
    row = tx.row(SEQ, id=match_id)
    return None if row is None else int(row[0])


def last(tx: Transaction) -> tuple[int, str] | None:
    """Return number and id of the match that was posted last; None if there is none."""
    row = tx.row(LAST)
    return None if row is None else (int(row[0]), str(row[1]))


def count(tx: Transaction) -> int:
    """Return how many matches there are."""
    row = tx.row(COUNT)
    return 0 if row is None else int(row[0])


def results(tx: Transaction, after: int, until: int, limit: int) -> list[tuple[int, MatchResult]]:
    """Return at most *limit* results with their numbers, those after *after* up to *until*, in order."""
    heads = tx.rows(HEADS, after=after, until=until, limit=limit)
    lines = tx.rows_each(LINES, [{"seq": head[0]} for head in heads])
    return [(int(head[0]), one(head, rows)) for head, rows in zip(heads, lines, strict=True)]


def one(head: Row, rows: list[Row]) -> MatchResult:
    """Return the result of a row of HEADS and its rows of LINES."""
    _, ident, server, mode, level, started, ended, duration, ended_by, digest, body = head
    return MatchResult(
        match_id=ident,
        server_id=server,
        mode=mode,
        map=level,
        started_at=instant.from_store(started),
        ended_at=instant.from_store(ended),
        duration_s=duration,
        ended_by=ended_by,
        players=[line(row) for row in sorted(rows, key=lambda row: int(row[0]))],
        replay=digest,
        telemetry=None if body is None else telemetry.read(body),
    )


def line(row: Row) -> PlayerLine:
    """Return the line of a row of LINES."""
    _, player_id, name, bot, place, won, score, kills, deaths, suicides = row[:10]
    given, taken, weapons, items, playtime, left, team, fair_play = row[10:]
    return PlayerLine(
        player_id=player_id,
        name=name,
        bot=bool(bot),
        place=place,
        won=bool(won),
        score=score,
        kills=kills,
        deaths=deaths,
        suicides=suicides,
        damage_given=given,
        damage_taken=taken,
        weapons=json.decode(weapons, type=dict[str, WeaponLine]),
        items=json.decode(items, type=dict[str, int]),
        playtime_s=playtime,
        left=bool(left),
        team=team,
        fair_play=UNSET if fair_play is None else json.decode(fair_play, type=FairPlay),
    )
