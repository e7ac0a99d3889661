"""Entries: what a board shows, line by line, with the names of its players and what they last played.

Each question reads one range of the index `board_entry_by_rank`; the rank of its first line is known to who
asks (ranking.py), or counted.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, func, select

from tremble.rating import Rating
from tremble.store import boards, instant, past, rankkey
from tremble.store.boards import GIVEN, IN_SEASON, KEY, ORDER, PLACE, Counting, Head
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement
from tremble.store.tables import board_entry, match, player, replay

entry = board_entry.c


class Entry(Struct, frozen=True):
    """One line of a leaderboard; *accuracy* is 0.0 to 1.0.

    *rating* is what the board ranks by: on a score board the score. *match_id* is the last match
    that counted here, on a board of best scores the one of the score; null if the entry was set by
    hand. *replay* is where that match's replay is for as long as it is kept, null if none was recorded.
    *established*: the rating is known well enough to stand ahead of guesses.
    """

    rank: int
    player_id: str
    username: str
    bot: bool
    rating: float
    deviation: float
    provisional: bool
    established: bool
    matches_played: int
    wins: int
    losses: int
    draws: int
    kills: int
    deaths: int
    accuracy: float
    match_id: str | None
    replay: str | None


class Board(Struct, frozen=True):
    """A leaderboard and some of its entries; *total* counts all its players.

    *counting*: how far it is with what was played before it was made, null once that was counted.
    """

    board: str
    season: int
    entries: list[Entry]
    total: int
    last_updated: datetime
    counting: Counting | None = None


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
    replay.c.match_seq,
)
_lines = (
    select(*LINE)
    .join(player, player.c.id == entry.player_id)
    .outerjoin(match, match.c.seq == entry.last_match_seq)
    .outerjoin(replay, replay.c.match_seq == entry.last_match_seq)
    .where(*IN_SEASON)
)
TOP = Statement(_lines.order_by(*ORDER).limit(bindparam("limit")))
LINE_OF = Statement(_lines.where(entry.player_id == bindparam("player_id")))
FROM = Statement(_lines.where(PLACE >= GIVEN).order_by(*ORDER).limit(bindparam("limit")))
#: One range of the index; to be counted only where no ranking is loaded.
AHEAD = Statement(select(func.count()).select_from(board_entry).where(*IN_SEASON, PLACE < GIVEN))
NTH = Statement(
    select(*ORDER).where(*IN_SEASON).order_by(*ORDER).limit(1).offset(bindparam("ahead"))
)


def shown(at: Head, entries: list[Entry]) -> Board:
    """Return the leaderboard with *entries*."""
    updated = instant.from_store(at.last_updated_at)
    return Board(at.name, at.season, entries, at.total, updated, at.counting)


def top(tx: Transaction, name: str, limit: int, number: int | None = None) -> Board | None:
    """Return board *name* with its first *limit* entries, None if there is no such board."""
    found = boards.head(tx, name, number)
    return None if found is None else first(tx, past.told(tx, found), limit)


def first(tx: Transaction, at: Head, limit: int) -> Board:
    """Return the first *limit* entries of a board."""
    rows = tx.rows(TOP, board=at.name, season=at.season, limit=limit)
    return shown(at, [read(rank, row) for rank, row in enumerate(rows, 1)])


def from_place(
    tx: Transaction, at: Head, place: tuple[int, str], rank: int, limit: int
) -> list[Entry]:
    """Return *limit* entries from *place* (rank key, player id) on, whose rank is *rank*."""
    rows = tx.rows(
        FROM,
        board=at.name,
        season=at.season,
        rank_key=place[0],
        player_id=place[1],
        limit=limit,
    )
    return [read(number, row) for number, row in enumerate(rows, rank)]


def entry_of(tx: Transaction, at: Head, player_id: str, rank: int) -> Entry | None:
    """Return the entry of a player whose rank is *rank*; None if not on the board."""
    row = tx.row(LINE_OF, board=at.name, season=at.season, player_id=player_id)
    return None if row is None else read(rank, row)


def place(tx: Transaction, at: Head, player_id: str) -> tuple[int, str] | None:
    """Return the place of a player, None if not on the board."""
    row = tx.row(KEY, board=at.name, season=at.season, player_id=player_id)
    return None if row is None else (int(row[0]), player_id)


def count_ahead(tx: Transaction, at: Head, place: tuple[int, str]) -> int:
    """Count who is ahead of *place*: slow on a large board."""
    row = tx.row(AHEAD, board=at.name, season=at.season, rank_key=place[0], player_id=place[1])
    assert row is not None
    return int(row[0])


def nth(tx: Transaction, at: Head, rank: int) -> tuple[int, str] | None:
    """Return the place of *rank*: slow on a large board."""
    row = tx.row(NTH, board=at.name, season=at.season, ahead=rank - 1)
    return None if row is None else (int(row[0]), str(row[1]))


def of_player(tx: Transaction, player_id: str) -> dict[str, Entry]:
    """Return the player's entry on each board played on, by the board's name."""
    found: dict[str, Entry] = {}
    for name in boards.names(tx):
        at = boards.head(tx, name)
        own = None if at is None else place(tx, at, player_id)
        if at is not None and own is not None:
            line = entry_of(tx, at, player_id, count_ahead(tx, at, own) + 1)
            assert line is not None
            found[name] = line
    return found


def read(rank: int, row: Row) -> Entry:
    player_id, username, bot, rating, deviation, matches, wins, losses, draws = row[:9]
    kills, deaths, shots, hits, match_id, replayed = row[9:]
    return Entry(
        rank=rank,
        player_id=player_id,
        username=username,
        bot=bool(bot),
        rating=rating,
        deviation=deviation,
        provisional=Rating(rating, deviation).provisional,
        established=rankkey.established(deviation, matches),
        matches_played=matches,
        wins=wins,
        losses=losses,
        draws=draws,
        kills=kills,
        deaths=deaths,
        accuracy=min(hits / shots, 1.0) if shots else 0.0,
        match_id=match_id,
        replay=None if replayed is None else f"/v1/matches/{match_id}/replay",
    )
