"""Boards: the leaderboard of each mode, and each player's rating and record on it.

Rank is by rating. Equal ratings: more matches played first, then who reached the rating in the
earlier match, then the smaller player id; so no two players share a rank, and the order is always
the same.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, structs
from sqlalchemy import bindparam, func, select, tuple_

from tremble.rating import Rating
from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, Value, binds, greatest, insert
from tremble.store.tables import board, board_entry, match, player

entry = board_entry.c


class Standing(Struct, frozen=True):
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
    last_match_seq: int
    last_played_at: int


class Entry(Struct, frozen=True):
    """One line of a leaderboard; *match_id* is the last match on it, *accuracy* 0.0 to 1.0."""

    rank: int
    player_id: str
    username: str
    bot: bool
    rating: float
    deviation: float
    provisional: bool
    matches_played: int
    wins: int
    losses: int
    draws: int
    kills: int
    deaths: int
    accuracy: float
    match_id: str


class Board(Struct, frozen=True):
    """A leaderboard and some of its entries; *total* counts all its players."""

    board: str
    season: int
    entries: list[Entry]
    total: int
    last_updated: datetime


#: The order of a board; the index board_entry_by_rank holds it ready.
ORDER = (entry.rating.desc(), entry.matches.desc(), entry.last_match_seq, entry.player_id)
IN_SEASON = (entry.board == bindparam("board"), entry.season == bindparam("season"))

#: The season of a board that has no match yet.
FIRST_SEASON = 1

_new_board = insert(board).values(
    name=bindparam("board"), season=FIRST_SEASON, total=0, last_updated=bindparam("at")
)
TOUCH = Statement(
    _new_board.on_conflict_do_update(
        index_elements=["name"],
        set_={"last_updated": greatest(board.c.last_updated, _new_board.excluded.last_updated)},
    )
)
COUNT = Statement(
    board.update()
    .where(board.c.name == bindparam("board"))
    .values(total=board.c.total + bindparam("newcomers"))
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
    select(board.c.season, board.c.total, board.c.last_updated).where(
        board.c.name == bindparam("board")
    )
)
BOARDS = Statement(
    select(board.c.name, board.c.season).order_by(
        board.c.name.endswith("-bots"), board.c.total.desc(), board.c.name
    )
)
LINE = (
    entry.player_id,
    player.c.name,
    player.c.bot,
    entry.rating,
    entry.deviation,
    entry.matches,
    entry.wins,
    entry.losses,
    entry.draws,
    entry.kills,
    entry.deaths,
    entry.shots,
    entry.hits,
    match.c.id,
)
_lines = (
    select(*LINE)
    .join(player, player.c.id == entry.player_id)
    .join(match, match.c.seq == entry.last_match_seq)
    .where(*IN_SEASON)
)
TOP = Statement(_lines.order_by(*ORDER).limit(bindparam("limit")))
LINE_OF = Statement(_lines.where(entry.player_id == bindparam("player_id")))
_ahead = select(func.count()).select_from(board_entry).where(*IN_SEASON)
_level = (
    _ahead.where(entry.rating == bindparam("rating"))
    .where(
        tuple_(entry.matches, bindparam("last_match_seq"), bindparam("player_id"))
        > tuple_(bindparam("matches"), entry.last_match_seq, entry.player_id)
    )
    .scalar_subquery()
)
#: Two ranges of the index; one comparison of all four columns would look at every entry.
AHEAD = Statement(
    select(_ahead.where(entry.rating > bindparam("rating")).scalar_subquery() + _level)
)


def season(tx: Transaction, name: str) -> int:
    """Return the running season of board *name*."""
    row = tx.row(BOARD, board=name)
    return FIRST_SEASON if row is None else int(row[0])


def touch(tx: Transaction, name: str, at: int) -> None:
    """Note a match on board *name*, which is made with its first match."""
    tx.run(TOUCH, board=name, at=at)


def standing(tx: Transaction, name: str, number: int, player_id: str) -> Standing | None:
    """Return what board *name* holds of a player in a season, None before the first match."""
    row = tx.row(STANDING, board=name, season=number, player_id=player_id)
    return None if row is None else Standing(*row)


def standings(
    tx: Transaction, name: str, number: int, player_ids: Sequence[str]
) -> dict[str, Standing]:
    """Return what board *name* holds of several players in a season, by player id."""
    each: list[dict[str, Value]] = [
        {"board": name, "season": number, "player_id": ident} for ident in player_ids
    ]
    return {rows[0][0]: Standing(*rows[0]) for rows in tx.rows_each(STANDING, each) if rows}


def put(tx: Transaction, name: str, number: int, standings: list[Standing]) -> None:
    """Store *standings* on board *name*; a player who was not on it is counted in."""
    tx.run_many(
        PUT, [{"board": name, "season": number, **structs.asdict(new)} for new in standings]
    )
    newcomers = sum(new.matches == 1 for new in standings)
    if newcomers:
        tx.run(COUNT, board=name, newcomers=newcomers)


def leader(tx: Transaction, name: str, number: int) -> str | None:
    """Return the id of the player of rank 1, None on an empty board."""
    row = tx.row(LEADER, board=name, season=number)
    return None if row is None else str(row[0])


def names(tx: Transaction) -> list[str]:
    """Return the names of all boards: most players first, but those with bots last."""
    return [row[0] for row in tx.rows(BOARDS)]


def top(tx: Transaction, name: str, limit: int) -> Board | None:
    """Return board *name* with its first *limit* entries, None if there is no such board."""
    row = tx.row(BOARD, board=name)
    if row is None:
        return None
    number, total, updated = row
    rows = tx.rows(TOP, board=name, season=number, limit=limit)
    entries = [_entry(rank, line) for rank, line in enumerate(rows, 1)]
    return Board(name, number, entries, total, instant.from_store(updated))


def rank(tx: Transaction, name: str, number: int, player_id: str) -> int:
    """Return the rank of a player who is on board *name*: one more than there are ahead."""
    own = standing(tx, name, number, player_id)
    assert own is not None
    row = tx.row(
        AHEAD,
        board=name,
        season=number,
        player_id=player_id,
        rating=own.rating,
        matches=own.matches,
        last_match_seq=own.last_match_seq,
    )
    assert row is not None
    return int(row[0]) + 1


def of_player(tx: Transaction, player_id: str) -> dict[str, Entry]:
    """Return the player's entry on each board played on, by the board's name."""
    found: dict[str, Entry] = {}
    for name, number in tx.rows(BOARDS):
        line = tx.row(LINE_OF, board=name, season=number, player_id=player_id)
        if line is not None:
            found[name] = _entry(rank(tx, name, number, player_id), line)
    return found


def _entry(rank: int, row: Row) -> Entry:
    player_id, username, bot, rating, deviation, matches, wins, losses, draws = row[:9]
    kills, deaths, shots, hits, match_id = row[9:]
    return Entry(
        rank=rank,
        player_id=player_id,
        username=username,
        bot=bool(bot),
        rating=rating,
        deviation=deviation,
        provisional=Rating(rating, deviation).provisional,
        matches_played=matches,
        wins=wins,
        losses=losses,
        draws=draws,
        kills=kills,
        deaths=deaths,
        accuracy=min(hits / shots, 1.0) if shots else 0.0,
        match_id=match_id,
    )
