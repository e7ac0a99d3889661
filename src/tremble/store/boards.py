"""Boards: the leaderboard of each mode, and each player's rating and record on it, season by season.

    put ─► board_entry (rank_key, see rankkey.py)      what stands on the board
        ─► board_season.version + 1                    that something changed
        ─► board_log                                   what: {player id: key}; null: all of it

Who keeps a board in memory (ranking.py) reads the log from the version it has to the newest.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import asdict
from sqlalchemy import bindparam, delete, func, select, tuple_, update

from tremble.store import instant, rankkey, seasons, versions
from tremble.store.engine import Transaction
from tremble.store.sql import Statement, Value, binds, greatest, insert
from tremble.store.tables import board, board_entry, board_season

entry = board_entry.c


class Standing(Struct, frozen=True, gc=False):
    """All that a board holds of one player, as the ledger reads and writes it."""

    player_id: str
    rating: float
    deviation: float
    volatility: float
    matches: int
    wins: int
    losses: int
    draws: int
    kills: int
    deaths: int
    shots: int
    hits: int
    last_match_seq: int | None
    last_played_at: int


class Kind(Struct, frozen=True):
    """What a board ranks by: a *field* of the players' lines, and what is kept of many matches."""

    field: str
    operator: str


#: Ranked by rating, as it stands after the last match.
RATING = Kind("rating", "last")
#: Ranked by ratings that no match gave.
BY_HAND = Kind("rating", "set")


class Counting(Struct, frozen=True):
    """How far a board is that counts what was played before it was made: *counted* matches *of* all."""

    counted: int
    of: int


class BoardStats(Struct, frozen=True):
    """A board in four numbers, and what it ranks by; *counting*: null once all was counted."""

    board: str
    season: int
    field: str
    operator: str
    total_players: int
    average_rating: float
    total_matches: int
    last_updated: datetime
    counting: Counting | None = None


class BoardFacts(Struct, frozen=True):
    """A board as it was last played: its *season* then, and what it ranks by.

    *field* and *operator*: rating and last, or those of a score board. *total* counts its players.
    *counting*: how far it is with what was played before it was made, null once that was counted.
    """

    board: str
    season: int
    field: str
    operator: str
    total: int
    matches: int
    last_updated: datetime
    counting: Counting | None = None


class Head(Struct, frozen=True):
    """The facts of one board in one season; *counting* is for who shows it (see past.py)."""

    name: str
    season: int
    total: int
    matches: int
    version: int
    last_updated_at: int
    counting: Counting | None = None


#: The order of a board; the index board_entry_by_rank holds it ready.
ORDER = (entry.rank_key, entry.player_id)
PLACE = tuple_(entry.rank_key, entry.player_id)
GIVEN = tuple_(bindparam("rank_key"), bindparam("player_id"))
IN_SEASON = (entry.board == bindparam("board"), entry.season == bindparam("season"))

NEW_BOARD = Statement(
    insert(board)
    .values(name=bindparam("board"), field=bindparam("field"), operator=bindparam("operator"))
    .on_conflict_do_nothing(index_elements=["name"])
)
of_season = board_season.c
_new_season = insert(board_season).values(
    board=bindparam("board"),
    season=bindparam("season"),
    total=0,
    matches=bindparam("matches"),
    version=0,
    last_updated=bindparam("at"),
)
TOUCH = Statement(
    _new_season.on_conflict_do_update(
        index_elements=["board", "season"],
        set_={
            "matches": of_season.matches + _new_season.excluded.matches,
            "last_updated": greatest(of_season.last_updated, _new_season.excluded.last_updated),
        },
    )
)
HERE = (of_season.board == bindparam("board"), of_season.season == bindparam("season"))
KEY = Statement(select(entry.rank_key).where(*IN_SEASON, entry.player_id == bindparam("player_id")))
REMOVE = Statement(
    delete(board_entry)
    .where(*IN_SEASON, entry.player_id == bindparam("player_id"))
    .returning(entry.player_id)
)
RECOUNT = Statement(
    update(board_season)
    .where(*HERE)
    .values(total=select(func.count()).select_from(board_entry).where(*IN_SEASON).scalar_subquery())
)
_new_entry = insert(board_entry).values(binds(list(board_entry.c)))
PUT = Statement(
    _new_entry.on_conflict_do_update(
        index_elements=["board", "season", "player_id"],
        set_={
            column.name: _new_entry.excluded[column.name]
            for column in board_entry.c
            if not column.primary_key
        },
    )
)
STANDING = Statement(
    select(*[entry[name] for name in Standing.__struct_fields__]).where(
        *IN_SEASON, entry.player_id == bindparam("player_id")
    )
)
LEADER = Statement(select(entry.player_id).where(*IN_SEASON).order_by(*ORDER).limit(1))
BOARD = Statement(
    select(
        of_season.season,
        of_season.total,
        of_season.matches,
        of_season.version,
        of_season.last_updated,
    ).where(*HERE)
)
KIND = Statement(select(board.c.field, board.c.operator).where(board.c.name == bindparam("board")))
LATEST = Statement(
    select(of_season.season)
    .where(of_season.board == bindparam("board"))
    .order_by(of_season.season.desc())
    .limit(1)
)
_latest = (
    select(of_season.board, func.max(of_season.season).label("season"))
    .group_by(of_season.board)
    .subquery()
)
EVERY = Statement(
    select(
        of_season.board,
        of_season.season,
        board.c.field,
        board.c.operator,
        of_season.total,
        of_season.matches,
        of_season.last_updated,
    )
    .join(_latest, (_latest.c.board == of_season.board) & (_latest.c.season == of_season.season))
    .join(board, board.c.name == of_season.board)
    .order_by(of_season.board.contains("-bots"), of_season.total.desc(), of_season.board)
)
_places = select(*ORDER).where(*IN_SEASON).order_by(*ORDER).limit(bindparam("limit"))
FIRST_PLACES = Statement(_places)
NEXT_PLACES = Statement(_places.where(PLACE > GIVEN))
AVERAGE = Statement(select(func.avg(entry.rating)).where(*IN_SEASON))


def season(tx: Transaction, name: str) -> int:
    """Return the season in which board *name* was last played."""
    latest = tx.row(LATEST, board=name)
    return seasons.FIRST if latest is None else int(latest[0])


def touch(
    tx: Transaction, name: str, number: int, at: int, kind: Kind = RATING, matches: int = 1
) -> None:
    """Note *matches* on board *name* in season *number*, the last at *at*; the first make the board."""
    tx.run(NEW_BOARD, board=name, field=kind.field, operator=kind.operator)
    tx.run(TOUCH, board=name, season=number, at=at, matches=matches)


def standing(tx: Transaction, name: str, number: int, player_id: str) -> Standing | None:
    """Return what board *name* holds of a player in a season, None before the first match."""
    row = tx.row(STANDING, board=name, season=number, player_id=player_id)
    return None if row is None else Standing(*row)


def standings(
    tx: Transaction, name: str, number: int, player_ids: Sequence[str]
) -> dict[str, Standing]:
    """Return what board *name* holds of those of these players who are on it."""
    here: dict[str, Value] = {"board": name, "season": number}
    each = [{**here, "player_id": player_id} for player_id in player_ids]
    return {row[0]: Standing(*row) for rows in tx.rows_each(STANDING, each) for row in rows}


def put(
    tx: Transaction,
    name: str,
    number: int,
    new: Sequence[Standing],
    kind: Kind = RATING,
    newcomers: int | None = None,
) -> None:
    """Store *new* standings, of different players, on board *name*.

    So many *newcomers* are counted in; without that, who was not on it.
    """
    if not new:
        return
    here: dict[str, Value] = {"board": name, "season": number}
    if newcomers is None:
        found = tx.rows_each(KEY, [{**here, "player_id": one.player_id} for one in new])
        newcomers = sum(not rows for rows in found)
    keys = {one.player_id: rank_key(one, kind) for one in new}
    tx.run_many(PUT, [{**here, "rank_key": keys[one.player_id], **asdict(one)} for one in new])
    versions.note(tx, name, number, dict(keys), newcomers)


def remove(tx: Transaction, name: str, number: int, player_ids: list[str]) -> None:
    """Take players off board *name*: those whose last match there was voided."""
    gone: dict[str, int | None] = {}
    for player_id in player_ids:
        if tx.row(REMOVE, board=name, season=number, player_id=player_id) is not None:
            gone[player_id] = None
    versions.note(tx, name, number, gone, -len(gone))


def renamed(tx: Transaction, player_id: str) -> None:
    """Note on each board of the present that a player has another name."""
    for name, number, *_ in tx.rows(EVERY):
        row = tx.row(KEY, board=name, season=number, player_id=player_id)
        if row is not None:
            versions.note(tx, name, number, {player_id: int(row[0])})


def rank_key(standing: Standing, kind: Kind) -> int:
    """Return what *standing* is ranked by on a board of *kind*."""
    if kind == RATING:
        return rankkey.of_rating(standing.rating, standing.deviation, standing.matches)
    if kind == BY_HAND:
        return rankkey.of_rating(standing.rating, 0.0, rankkey.MIN_MATCHES)
    return rankkey.of_value(standing.rating, standing.last_played_at)


def recount(tx: Transaction, name: str, number: int) -> None:
    """Count again who is on board *name*, of which much may have changed."""
    tx.run(RECOUNT, board=name, season=number)
    versions.note(tx, name, number, None)


def leader(tx: Transaction, name: str, number: int) -> str | None:
    """Return the id of the player of rank 1, None on an empty board."""
    row = tx.row(LEADER, board=name, season=number)
    return None if row is None else str(row[0])


def names(tx: Transaction) -> list[str]:
    """Return the names of all boards: most players first, but those with bots last."""
    return [facts.board for facts in every(tx)]


def every(tx: Transaction) -> list[BoardFacts]:
    """Return the facts of all boards: most players first, but those with bots last."""
    return [
        BoardFacts(name, season, field, operator, total, matches, instant.from_store(updated))
        for name, season, field, operator, total, matches, updated in tx.rows(EVERY)
    ]


def head(tx: Transaction, name: str, number: int | None = None) -> Head | None:
    """Return the facts of board *name* in a season, by default the last it was played in.

    None if there is no such board, or nothing was played on it in that season.
    """
    if number is None:
        number = season(tx, name)
    row = tx.row(BOARD, board=name, season=number)
    return None if row is None else Head(name, *row)


def kind(tx: Transaction, name: str) -> Kind | None:
    """Return what board *name* ranks by, None if there is no such board."""
    row = tx.row(KIND, board=name)
    return None if row is None else Kind(*row)


def average(tx: Transaction, at: Head) -> float:
    """Return the average rating, 0.0 of an empty board: looks at every entry."""
    row = tx.row(AVERAGE, board=at.name, season=at.season)
    return 0.0 if row is None or row[0] is None else float(row[0])


def stats(tx: Transaction, at: Head, average_rating: float) -> BoardStats:
    """Return the figures of a board."""
    ranked_by = kind(tx, at.name)
    assert ranked_by is not None
    return BoardStats(
        board=at.name,
        season=at.season,
        field=ranked_by.field,
        operator=ranked_by.operator,
        total_players=at.total,
        average_rating=average_rating,
        total_matches=at.matches,
        last_updated=instant.from_store(at.last_updated_at),
        counting=at.counting,
    )
