"""Sheets: boards in memory while a batch of results is recorded.

    read: what the batch needs to know of each board ─► enter each result, in order ─► write what changed

A board is read once and written once for the whole batch, and ends as if each result had been
recorded alone. Results that came late are only counted here: their ratings are due (ratings.py).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from tremble.rating import Rating, entrants
from tremble.rating.entrants import MEETING_WINDOW
from tremble.rating.rating import Entrant
from tremble.store import boards, ratings, seasons
from tremble.store.boards import Kind, Standing
from tremble.store.engine import Transaction
from tremble.store.matches import Posted
from tremble.store.ratings import Rated, RatedLine
from tremble.store.sql import Row, Value
from tremble.store.standings import NEVER, Tally, newcomer, plus, plus_rated

#: Places read at once where the first that fits is looked for.
FEW = 16


class Sheet:
    """A board in one season: *standings* of the players of a batch, as they are by now."""

    def __init__(
        self, tx: Transaction, name: str, season: int, player_ids: Sequence[str], kind: Kind
    ) -> None:
        self.name = name
        self.season = season
        self.kind = kind
        self._here: dict[str, Value] = {"board": name, "season": season}
        self.standings = boards.standings(tx, name, season, player_ids)
        self._players = len(self.standings)
        self._changed: dict[str, None] = {}
        self._matches = 0
        self._last = NEVER

    def enter(self, standings: Iterable[Standing], ended_at: int) -> None:
        """Note what one match made of its players' standings."""
        for standing in standings:
            self.standings[standing.player_id] = standing
            self._changed[standing.player_id] = None
        self._matches += 1
        self._last = max(self._last, ended_at)

    def write(self, tx: Transaction) -> None:
        """Store what changed."""
        boards.touch(tx, self.name, self.season, self._last, self.kind, self._matches)
        changed = [self.standings[player_id] for player_id in self._changed]
        newcomers = len(self.standings) - self._players
        boards.put(tx, self.name, self.season, changed, self.kind, newcomers)


class RatingSheet(Sheet):
    """A board that ranks by ratings, with what the matches of a batch are rated from."""

    def __init__(self, tx: Transaction, posted: Sequence[Posted]) -> None:
        """Read what *posted*, all on one board in one season, need."""
        first: dict[str, int] = {}
        for one in posted:
            for line in one.result.players:
                first[line.player_id] = min(one.ended_at, first.get(line.player_id, one.ended_at))
        super().__init__(tx, posted[0].board, posted[0].season, list(first), boards.RATING)
        self._is_past = boards.season(tx, self.name) > self.season
        self._carried = self._read_carried(tx, first)
        self._lately = self._read_lately(tx, first)
        self._rows: dict[tuple[str, int, int, str], Row] = {}
        self._due: list[tuple[int, int, str]] = []
        self._other = first_but(tx, self.name, self.season, first)
        self._keys = {who: boards.rank_key(s, self.kind) for who, s in self.standings.items()}
        self._leader = self._find_leader()

    def post(self, posted: Posted, tallies: list[Tally]) -> str | None:
        """Let a match count; return who leads the board now and did not before."""
        result, at = posted.result, posted.ended_at
        lines = [RatedLine(line.player_id, line.place, line.team) for line in result.players]
        rated = Rated(posted.seq, result.match_id, self.name, self.season, at, lines)
        before = [
            self.standings.get(line.player_id) or newcomer(line.player_id, posted.seq)
            for line in lines
        ]
        if self._is_past or any(one.last_played_at >= at for one in before):
            self._due.append((self.season, at, result.match_id))
            after = [plus(one, tally) for one, tally in zip(before, tallies, strict=True)]
        else:
            last = (posted.seq, at)
            after = [
                plus_rated(one, tally, rating, last)
                for one, tally, rating in zip(
                    before, tallies, self._rate(rated, before), strict=True
                )
            ]
        self.enter(after, at)
        return self._new_leader(after)

    def write(self, tx: Transaction) -> None:
        super().write(tx)
        ratings.put_many(tx, self.name, self._rows)
        ratings.mark(tx, self.name, self._due)

    def _rate(self, rated: Rated, before: list[Standing]) -> list[Rating]:
        """Return the ratings after a match that is the last of each of its players."""
        players = [
            self._entrant(rated, line, standing)
            for line, standing in zip(rated.lines, before, strict=True)
        ]
        since = rated.ended_at - MEETING_WINDOW
        lately = [self._lately.setdefault(line.player_id, {}) for line in rated.lines]
        met = [{ident for ident, at in known.items() if at > since} for known in lately]
        after = entrants.update(players, entrants.meetings(met))
        for line, player, rating, known in zip(rated.lines, players, after, lately, strict=True):
            self._rows[line.player_id, *rated.place[1:]] = ratings.row_of(player, rating)
            known[rated.match_id] = rated.ended_at
        return after

    def _entrant(self, rated: Rated, line: RatedLine, standing: Standing) -> Entrant:
        if standing.last_played_at == NEVER:
            return ratings.entrant_after(rated, line, self._carried.get(line.player_id))
        return ratings.entrant(rated, line, standing)

    def _read_carried(self, tx: Transaction, player_ids: Iterable[str]) -> dict[str, Row]:
        """Return the last row of the seasons before, of who has no rated match in this one."""
        if self.season == seasons.FIRST:
            return {}
        start: dict[str, Value] = {**self._here, "ended_at": NEVER, "match_id": ""}
        new = [who for who in player_ids if self._last_played(who) == NEVER]
        found = tx.rows_each(ratings.PREVIOUS, [{**start, "player_id": who} for who in new])
        return {who: rows[0] for who, rows in zip(new, found, strict=True) if rows}

    def _read_lately(self, tx: Transaction, first: dict[str, int]) -> dict[str, dict[str, int]]:
        """Return the matches of each player in the 24 hours before the *first* of the batch."""
        each: list[dict[str, Value]] = []
        for who, ended_at in first.items():
            # A match that is no later than the last one is not rated here.
            since = max(ended_at, self._last_played(who)) - MEETING_WINDOW
            if self._last_played(who) > since:
                each.append({**self._here, "player_id": who, "since": since})
        found = tx.rows_each(ratings.RATED_SINCE, each)
        return {str(one["player_id"]): dict(rows) for one, rows in zip(each, found, strict=True)}

    def _last_played(self, player_id: str) -> int:
        standing = self.standings.get(player_id)
        return NEVER if standing is None else standing.last_played_at

    def _new_leader(self, after: list[Standing]) -> str | None:
        """Note the new places; return who leads now and did not before."""
        before = self._leader
        new = {one.player_id: boards.rank_key(one, self.kind) for one in after}
        self._keys |= new
        if before is not None and before[1] in new:
            self._leader = self._find_leader()
        else:
            places = [(key, who) for who, key in new.items()]
            self._leader = min(places if before is None else [before, *places])
        was = None if before is None else before[1]
        return None if self._leader is None or self._leader[1] == was else self._leader[1]

    def _find_leader(self) -> tuple[int, str] | None:
        places = [(key, who) for who, key in self._keys.items()]
        if self._other is not None:
            places.append(self._other)
        return min(places, default=None)


def first_but(
    tx: Transaction, name: str, season: int, player_ids: Collection[str]
) -> tuple[int, str] | None:
    """Return the first place of a board that none of these players has, None if there is none."""
    here: dict[str, Value] = {"board": name, "season": season, "limit": FEW}
    page = tx.rows(boards.FIRST_PLACES, **here)
    while page:
        for rank_key, player_id in page:
            if player_id not in player_ids:
                return rank_key, player_id
        rank_key, player_id = page[-1]
        page = tx.rows(boards.NEXT_PLACES, rank_key=rank_key, player_id=player_id, **here)
    return None


def count(
    tx: Transaction, posted: Sequence[Posted], added: Sequence[list[Tally]]
) -> list[str | None]:
    """Let *posted* count on the boards that rank by ratings, each with what it *added*.

    Returns for each who leads its board afterwards and did not before; None if nobody.
    """
    leaders: list[str | None] = []
    # What a season begins with is read when those before it have been written.
    for _, together in groupby(zip(posted, added, strict=True), lambda both: both[0].season):
        leaders += count_season(tx, list(together))
    return leaders


def count_season(tx: Transaction, added: list[tuple[Posted, list[Tally]]]) -> Iterator[str | None]:
    """The same for results of one season."""
    by_board: dict[str, list[Posted]] = {}
    for one, _ in added:
        by_board.setdefault(one.board, []).append(one)
    sheets = {name: RatingSheet(tx, some) for name, some in by_board.items()}
    for one, tallies in added:
        yield sheets[one.board].post(one, tallies)
    for sheet in sheets.values():
        sheet.write(tx)
