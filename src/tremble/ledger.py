"""The ledger: a result is recorded once, all of it or none of it.

results ─► players ─► matches, lines ─► ratings, boards ─► score boards ─► stats ─► feed  one transaction

Results that wait together are recorded together: what they need is read at once, and written at once.
"""

from collections.abc import Sequence

import msgspec

from tremble.errors import TrembleError
from tremble.result import MAX_TELEMETRY, MatchResult, PlayerLine, Telemetry
from tremble.store import (
    erasures,
    feed,
    matches,
    players,
    replays,
    scores,
    sheets,
    stats,
    telemetry,
)
from tremble.store.engine import Store, Transaction
from tremble.store.feed import Event
from tremble.store.matches import Posted
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
    return store.write_batch(record_all, result).result()


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
    if result.telemetry is not None:
        check_telemetry(result.telemetry, len(result.players))


def check_telemetry(told: Telemetry, players: int) -> None:
    """Raise InvalidResult if *told* is too long, or names what a match of *players* does not have."""
    if len(told.players) != players:
        raise InvalidResult("telemetry.players", f"are not as many as the {players} of the result")
    weapons, items = len(told.weapons), len(told.item_names)
    check_indexes("kills", [max(row[1:3]) for row in told.kills], players)
    check_indexes("kills", [row[3] for row in told.kills], weapons)
    check_indexes("pickups", [row[1] for row in told.pickups], players)
    check_indexes("pickups", [row[2] for row in told.pickups], items)
    check_indexes("samples", [row[1] for row in told.samples], players)
    size = len(msgspec.json.encode(told))
    if size > MAX_TELEMETRY:
        raise InvalidResult("telemetry", f"has {size} bytes of JSON; {MAX_TELEMETRY} are the most")


def check_indexes(rows: str, found: list[int], count: int) -> None:
    """Raise InvalidResult if a row points beyond a list of *count*."""
    if max(found, default=-1) >= count:
        at = next(i for i, index in enumerate(found) if index >= count)
        raise InvalidResult(f"telemetry.{rows}[{at}]", "points beyond its list")


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
    return record_all(tx, [result])[0]


def record_all(tx: Transaction, results: Sequence[MatchResult]) -> list[bool]:
    """Do the work of `post` for each of *results*, in that order, in as few statements as for one."""
    there = matches.known(tx, [result.match_id for result in results])
    fresh: list[MatchResult] = []
    recorded: list[bool] = []
    for result in results:
        recorded.append(result.match_id not in there)
        if recorded[-1]:
            there.add(result.match_id)
            fresh.append(result)
    if fresh:
        keep(tx, fresh)
    return recorded


def keep(tx: Transaction, results: Sequence[MatchResult]) -> None:
    """Record *results*, of which none is there yet."""
    results = erasures.anonymous(tx, results)
    players.see(tx, results)
    posted = matches.insert_all(tx, results)
    replays.add(tx, posted)
    telemetry.add(tx, posted)
    leaders = sheets.count(tx, posted, [tallies(one) for one in posted])
    scores.count(tx, posted)
    stats.enter_all(tx, posted)
    events: list[Event] = []
    for one, leader in zip(posted, leaders, strict=True):
        happened = (one.board, one.seq)
        events.append(Event(one.ended_at, "match", *happened))
        if leader is not None:
            events.append(Event(one.ended_at, "new_leader", *happened, leader))
    feed.append(tx, events)


def tallies(posted: Posted) -> list[Tally]:
    """Return what each line of a result adds to its player's record on the board."""
    lines = posted.result.players
    drawn = not any([line.won for line in lines])
    return [
        Tally(
            wins=int(line.won),
            losses=int(not line.won and not drawn),
            draws=int(drawn),
            kills=line.kills,
            deaths=line.deaths,
            shots=shots,
            hits=hits,
        )
        for line, (shots, hits) in zip(lines, posted.aims, strict=True)
    ]
