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

from tremble.rating import Rating
from tremble.store import instant, rankkey, seasons, versions
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, Value, binds, greatest, insert
from tremble.store.tables import board, board_entry, board_season, match, player, replay

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


class Kind(Struct, frozen=True):
    """What a board ranks by: a *field* of the players' lines, and what is kept of many matches."""

    field: str
    operator: str


#: Ranked by rating, as it stands after the last match.
RATING = Kind("rating", "last")
#: Ranked by ratings that no match gave.
BY_HAND = Kind("rating", "set")


class Board(Struct, frozen=True):
    """A leaderboard and some of its entries; *total* counts all its players."""

    board: str
    season: int
    entries: list[Entry]
    total: int
    last_updated: datetime


class BoardStats(Struct, frozen=True):
    """A board in four numbers, and what it ranks by."""

    board: str
    season: int
    field: str
    operator: str
    total_players: int
    average_rating: float
    total_matches: int
    last_updated: datetime


class BoardFacts(Struct, frozen=True):
    """A board as it was last played: its *season* then, and what it ranks by.

    *field* and *operator*: rating and last, or those of a score board. *total* counts its players.
    """

    board: str
    season: int
    field: str
    operator: str
    total: int
    matches: int
    last_updated: datetime


class Head(Struct, frozen=True):
    """The facts of one board in one season."""

    name: str
    season: int
    total: int
    matches: int
    version: int
    last_updated_at: int

    def board(self, entries: list[Entry]) -> Board:
        """Return the leaderboard with *entries*."""
        updated = instant.from_store(self.last_updated_at)
        return Board(self.name, self.season, entries, self.total, updated)


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


def top(tx: Transaction, name: str, limit: int, number: int | None = None) -> Board | None:
    """Return board *name* with its first *limit* entries, None if there is no such board."""
    found = head(tx, name, number)
    return None if found is None else first(tx, found, limit)


def first(tx: Transaction, at: Head, limit: int) -> Board:
    """Return the first *limit* entries of a board."""
    rows = tx.rows(TOP, board=at.name, season=at.season, limit=limit)
    return at.board([read_entry(rank, row) for rank, row in enumerate(rows, 1)])


def entries_from(
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
    return [read_entry(number, row) for number, row in enumerate(rows, rank)]


def entry_of(tx: Transaction, at: Head, player_id: str, rank: int) -> Entry | None:
    """Return the entry of a player whose rank is *rank*; None if not on the board."""
    row = tx.row(LINE_OF, board=at.name, season=at.season, player_id=player_id)
    return None if row is None else read_entry(rank, row)


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
    )


def of_player(tx: Transaction, player_id: str) -> dict[str, Entry]:
    """Return the player's entry on each board played on, by the board's name."""
    found: dict[str, Entry] = {}
    for name in names(tx):
        at = head(tx, name)
        own = None if at is None else place(tx, at, player_id)
        if at is not None and own is not None:
            entry = entry_of(tx, at, player_id, count_ahead(tx, at, own) + 1)
            assert entry is not None
            found[name] = entry
    return found


def read_entry(rank: int, row: Row) -> Entry:
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
