"""Rebuild: the ratings of a board computed again from its matches, first to last.

What comes out must be what is stored, to the bit. Rows that are not are counted, and mended if so
asked; the same replay without some matches shows what voiding them would do.
"""

import gc
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager

from msgspec import Struct
from sqlalchemy import and_, bindparam, delete, exists, func, select, tuple_

from tremble.rating import Rating, entrants
from tremble.rating.entrants import MEETING_WINDOW
from tremble.rating.rating import Entrant
from tremble.store import boards, instant, players, ratings
from tremble.store.boards import Standing
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement
from tremble.store.standings import Tally, newcomer, plus_rated
from tremble.store.tables import board_entry, match, match_line, match_void, rating_history

#: Matches read at once.
PAGE = 2000
#: Rows kept in memory (160 MB) to be written together: each time, all pages of the table are visited.
WRITTEN_AT_ONCE = 500_000

history = rating_history.c
line = match_line.c
_void = exists(select(match_void.c.match_id).where(match_void.c.match_id == match.c.id))
_page = (
    select(match.c.seq, match.c.id, match.c.season, match.c.ended_at)
    .where(
        match.c.board == bindparam("board"),
        tuple_(match.c.season, match.c.ended_at, match.c.id)
        > tuple_(
            bindparam("season", type_=match.c.season.type),
            bindparam("ended_at", type_=match.c.ended_at.type),
            bindparam("match_id", type_=match.c.id.type),
        ),
        ~_void,
    )
    .order_by(match.c.season, match.c.ended_at, match.c.id)
    .limit(PAGE)
    .subquery()
)
#: The lines of the next matches in order, each with its row of the history.
LOG = Statement(
    select(
        _page.c.season,
        _page.c.ended_at,
        _page.c.id,
        _page.c.seq,
        line.player_id,
        line.place,
        line.team,
        line.won,
        line.kills,
        line.deaths,
        line.shots,
        line.hits,
        history.rating_before,
        history.rating,
        history.deviation,
        history.volatility,
    )
    .select_from(_page)
    .join(match_line, line.match_seq == _page.c.seq)
    .outerjoin(
        rating_history,
        and_(
            history.board == bindparam("board"),
            history.player_id == line.player_id,
            history.season == _page.c.season,
            history.ended_at == _page.c.ended_at,
            history.match_id == _page.c.id,
        ),
    )
    .order_by(_page.c.season, _page.c.ended_at, _page.c.id, line.position)
)
COUNT = Statement(
    select(func.count()).select_from(match).where(match.c.board == bindparam("board"), ~_void)
)
HISTORY_COUNT = Statement(
    select(func.count()).select_from(rating_history).where(history.board == bindparam("board"))
)
FORGET_STRAYS = Statement(
    delete(rating_history).where(
        history.board == bindparam("board"),
        ~exists(
            select(match.c.id)
            .join(match_line, line.match_seq == match.c.seq)
            .where(
                match.c.id == history.match_id,
                match.c.board == history.board,
                match.c.season == history.season,
                match.c.ended_at == history.ended_at,
                line.player_id == history.player_id,
                ~_void,
            )
        ),
    )
)
ENTRIES = Statement(
    select(
        board_entry.c.season, *[board_entry.c[name] for name in Standing.__struct_fields__]
    ).where(board_entry.c.board == bindparam("board"))
)
BOARD_OF = Statement(select(match.c.board).where(match.c.id == bindparam("id")))


class Rebuilt(Struct, frozen=True):
    """What a rebuild found: *wrong* rows differ from what the matches say (mended, if so asked)."""

    board: str
    matches: int
    players: int
    rows: int
    wrong: int


class Replay:
    """The ratings of one board while its matches are played again."""

    def __init__(self) -> None:
        self.standings: dict[tuple[int, str], Standing] = {}
        self._last: dict[str, tuple[int, int, Rating]] = {}
        self._lately: dict[str, list[tuple[int, int, str]]] = {}

    def play(self, lines: list[Row]) -> list[Row]:
        """Play one match, given its lines of LOG; return what the history is to say of each."""
        season, ended_at, match_id, seq = lines[0][:4]
        before = [self._entrant(row) for row in lines]
        met = entrants.meetings([self._met(row[4], season, ended_at) for row in lines])
        after = entrants.update(before, met)
        drawn = not any(row[7] for row in lines)
        for row, rating in zip(lines, after, strict=True):
            player_id = row[4]
            self._last[player_id] = (season, ended_at, rating)
            self._lately[player_id].append((season, ended_at, match_id))
            standing = self.standings.get((season, player_id)) or newcomer(player_id, seq)
            won = row[7]
            tally = Tally(won, int(not won and not drawn), int(drawn), *row[8:12])
            self.standings[season, player_id] = plus_rated(standing, tally, rating, (seq, ended_at))
        return [
            (player.rating.rating, new.rating, new.deviation, new.volatility)
            for player, new in zip(before, after, strict=True)
        ]

    def _entrant(self, row: Row) -> Entrant:
        season, ended_at, _, _, player_id, place, team = row[:7]
        last = self._last.get(player_id)
        if last is None:
            return Entrant(Rating(), place, 0.0, team)
        rating = last[2] if last[0] == season else entrants.new_season(last[2])
        return Entrant(rating, place, (ended_at - last[1]) / instant.DAY, team)

    def _met(self, player_id: str, season: int, ended_at: int) -> set[str]:
        """Return the player's matches of the last 24 hours of this season; forget older ones."""
        known = self._lately.get(player_id)
        if not known:
            self._lately[player_id] = []
            return set()
        since = ended_at - MEETING_WINDOW
        if known[0][1] <= since or known[0][0] != season:
            known = [entry for entry in known if entry[1] > since and entry[0] == season]
            self._lately[player_id] = known
        return {entry[2] for entry in known}


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the garbage collector away: a replay makes no cycles, and looking for them is a third of it."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def log(tx: Transaction, name: str) -> Iterator[list[Row]]:
    """Yield the matches of board *name* that count, in order, each as its lines of LOG."""
    season, ended_at, match_id = 0, -(2**63), ""
    while rows := tx.rows(LOG, board=name, season=season, ended_at=ended_at, match_id=match_id):
        lines: list[Row] = []
        for row in rows:
            if lines and row[2] != lines[0][2]:
                yield lines
                lines = []
            lines.append(row)
        yield lines
        season, ended_at, match_id = lines[0][:3]


def count(tx: Transaction, name: str) -> int:
    """Return how many matches count on board *name*."""
    row = tx.row(COUNT, board=name)
    assert row is not None
    return int(row[0])


@uncollected()
def replay(
    tx: Transaction, name: str, without: Set[str], on_match: Callable[[], None]
) -> dict[tuple[int, str], Standing]:
    """Return what board *name* would hold, by season and player, had *without* never been played."""
    playing = Replay()
    for lines in log(tx, name):
        if lines[0][2] not in without:
            playing.play(lines)
        on_match()
    return playing.standings


@uncollected()
def rebuild(tx: Transaction, name: str, mend: bool, on_match: Callable[[], None]) -> Rebuilt:
    """Compare all that is stored of board *name*'s ratings with its matches, and mend if so asked.

    *on_match* is called after each match. With *mend* nothing is due on the board afterwards.
    """
    playing = Replay()
    there = tx.row(HISTORY_COUNT, board=name)
    assert there is not None
    matches = rows = missing = wrong = 0
    mended: dict[tuple[str, int, int, str], Row] = {}
    for lines in log(tx, name):
        matches += 1
        season, ended_at, match_id = lines[0][:3]
        for row, right in zip(lines, playing.play(lines), strict=True):
            rows += 1
            if row[12:] != right:
                wrong += 1
                missing += row[12] is None
                if mend:
                    mended[row[4], season, ended_at, match_id] = right
        if mend and len(mended) >= WRITTEN_AT_ONCE:
            ratings.put_many(tx, name, mended)
            mended.clear()
        on_match()
    strays = int(there[0]) - (rows - missing)
    if mend:
        ratings.put_many(tx, name, mended)
        if strays:
            tx.run(FORGET_STRAYS, board=name)
        tx.run(ratings.UNMARK_ALL, board=name)
    wrong += strays + compare_entries(tx, name, playing.standings, mend)
    return Rebuilt(name, matches, len({player for _, player in playing.standings}), rows, wrong)


def compare_entries(
    tx: Transaction, name: str, right: dict[tuple[int, str], Standing], mend: bool
) -> int:
    """Return how many entries of board *name* are not as *right* has them; mend if so asked."""
    stored = {(row[0], row[1]): Standing(*row[1:]) for row in tx.rows(ENTRIES, board=name)}
    wrong: dict[int, list[Standing]] = {}
    for (season, player_id), standing in right.items():
        if stored.get((season, player_id)) != standing:
            wrong.setdefault(season, []).append(standing)
    strays: dict[int, list[str]] = {}
    for season, player_id in stored:
        if (season, player_id) not in right:
            strays.setdefault(season, []).append(player_id)
    if mend:
        for season, standings in wrong.items():
            boards.put(tx, name, season, standings)
        for season, player_ids in strays.items():
            boards.remove(tx, name, season, player_ids)
        for season in wrong.keys() | strays.keys():
            boards.recount(tx, name, season)
    return sum(map(len, wrong.values())) + sum(map(len, strays.values()))


class Move(Struct, frozen=True):
    """One rating on a board of the running season, before and after; None: not on the board."""

    board: str
    player_id: str
    username: str
    before: float | None
    after: float | None
    change: float | None


#: The ratings of boards in their running seasons, by board and player.
Entries = dict[tuple[str, str], float]


def boards_of(tx: Transaction, match_ids: list[str]) -> list[str]:
    """Return the boards that these recorded matches count on."""
    return sorted({str(row[0]) for ident in match_ids for row in tx.rows(BOARD_OF, id=ident)})


def count_affected(tx: Transaction, match_ids: list[str]) -> int:
    """Return how many matches `preview` plays again."""
    return sum(count(tx, name) for name in boards_of(tx, match_ids))


def entries(tx: Transaction, names: list[str]) -> Entries:
    """Return the ratings that stand on these boards."""
    found: Entries = {}
    for name in names:
        running = boards.season(tx, name)
        for season, player_id, rating, *_ in tx.rows(ENTRIES, board=name):
            if season == running:
                found[name, player_id] = rating
    return found


def preview(tx: Transaction, match_ids: list[str], on_match: Callable[[], None]) -> list[Move]:
    """Return who would move how much if these matches were voided."""
    names = boards_of(tx, match_ids)
    foretold: Entries = {}
    for name in names:
        running = boards.season(tx, name)
        for (season, player_id), standing in replay(tx, name, set(match_ids), on_match).items():
            if season == running:
                foretold[name, player_id] = standing.rating
    return moves(tx, entries(tx, names), foretold)


def moves(tx: Transaction, before: Entries, after: Entries) -> list[Move]:
    """Return who stands elsewhere *after* than *before*: first who left or came, then by distance."""
    found: list[Move] = []
    for name, player_id in before.keys() | after.keys():
        old, new = before.get((name, player_id)), after.get((name, player_id))
        if old != new:
            who = players.find(tx, player_id)
            assert who is not None
            change = None if old is None or new is None else new - old
            found.append(Move(name, player_id, who.username, old, new, change))
    found.sort(
        key=lambda move: (
            move.change is not None,
            -abs(move.change or 0.0),
            move.board,
            move.player_id,
        )
    )
    return found
