"""The ledger: a result is recorded once, all of it or none of it.

result ─► match, lines ─► players ─► ratings ─► board ─► stats ─► feed      one transaction
"""

from tremble.errors import TrembleError
from tremble.result import MatchResult, PlayerLine
from tremble.store import (
    boards,
    feed,
    instant,
    matches,
    players,
    ratings,
    scores,
    seasons,
    standings,
    stats,
)
from tremble.store.engine import Store, Transaction
from tremble.store.ratings import Rated, RatedLine
from tremble.store.standings import Tally


class InvalidResult(TrembleError):
    """A result contradicts itself; *path* names the field that is wrong."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def post(store: Store, result: MatchResult) -> bool:
    """Record *result*; False if it was already there, and then nothing changes.

    When this returns, the record is on the disk. Raises InvalidResult, and StoreError if the store
    cannot be written now; both leave everything as it was.
    """
    check(result)
    return store.write(record, result).result()


def check(result: MatchResult) -> None:
    """Raise InvalidResult if *result* contradicts itself in a way that its types cannot forbid."""
    if result.ended_at < result.started_at:
        raise InvalidResult("ended_at", "is before started_at")
    seen: set[str] = set()
    for i, line in enumerate(result.players):
        if line.player_id in seen:
            raise InvalidResult(f"players[{i}].player_id", "stands twice in this match")
        seen.add(line.player_id)
        if line.won and line.place != 1:
            raise InvalidResult(f"players[{i}].won", "only a player in place 1 can have won")
    check_teams(result.players)


def check_teams(lines: list[PlayerLine]) -> None:
    """Raise InvalidResult unless all or none are in teams, and each team shares place and fate."""
    first: dict[int, PlayerLine] = {}
    for i, line in enumerate(lines):
        if bool(line.team) != bool(lines[0].team):
            raise InvalidResult(f"players[{i}].team", "either all players have a team or none has")
        fellow = first.setdefault(line.team, line)
        if line.team and line.place != fellow.place:
            raise InvalidResult(f"players[{i}].place", "differs from another of the same team")
        if line.team and line.won != fellow.won:
            raise InvalidResult(f"players[{i}].won", "differs from another of the same team")


def record(tx: Transaction, result: MatchResult) -> bool:
    """Do the work of `post` within *tx*, for a result that passed `check`."""
    name = result.board
    at = instant.to_store(result.ended_at)
    season = seasons.at(tx, at)
    seq = matches.insert_once(tx, result, season)
    if seq is None:
        return False
    boards.touch(tx, name, season, at)
    players.see(tx, result)
    for i, line in enumerate(result.players):
        matches.insert_line(tx, seq, i, line, at)
    leader = boards.leader(tx, name, season)
    lines = [RatedLine(line.player_id, line.place, line.team) for line in result.players]
    standings.enter(tx, Rated(seq, result.match_id, name, season, at, lines), tallies(result))
    ratings.settle(tx, ratings.SETTLED_AT_ONCE, name)
    scores.count(tx, result, seq, season)
    stats.enter_all(tx, [result])
    feed.append(tx, at, "match", name, seq)
    now_leading = boards.leader(tx, name, season)
    if now_leading != leader:
        feed.append(tx, at, "new_leader", name, seq, now_leading)
    return True


def tallies(result: MatchResult) -> list[Tally]:
    """Return what each line of *result* adds to its player's record on the board."""
    drawn = not any(line.won for line in result.players)
    return [
        Tally(
            wins=int(line.won),
            losses=int(not line.won and not drawn),
            draws=int(drawn),
            kills=line.kills,
            deaths=line.deaths,
            shots=line.shots,
            hits=line.hits,
        )
        for line in result.players
    ]
