"""The ledger: a result is recorded once, all of it or none of it.

result ─► match, lines ─► players ─► ratings ─► board ─► feed      one transaction
"""

from tremble import rating
from tremble.errors import TrembleError
from tremble.rating import Rating
from tremble.result import MatchResult, PlayerLine
from tremble.store import boards, feed, instant, matches, players
from tremble.store.boards import Standing
from tremble.store.engine import Store, Transaction


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


def record(tx: Transaction, result: MatchResult) -> bool:
    """Do the work of `post` within *tx*, for a result that passed `check`."""
    name = result.board
    at = instant.to_store(result.ended_at)
    season = boards.season(tx, name)
    seq = matches.insert_once(tx, result, season)
    if seq is None:
        return False
    boards.touch(tx, name, at)
    players.see(tx, result)
    leader = boards.leader(tx, name, season)
    known = boards.standings(tx, name, season, [line.player_id for line in result.players])
    before = [known.get(line.player_id) or newcomer(line.player_id, at) for line in result.players]
    ratings = rating.update(
        [Rating(s.rating, s.deviation, s.volatility) for s in before],
        [line.place for line in result.players],
        [(at - s.last_played_at) / instant.DAY for s in before],
    )
    drawn = not any(line.won for line in result.players)
    after = [
        played(standing, line, new, drawn, (seq, at))
        for standing, line, new in zip(before, result.players, ratings, strict=True)
    ]
    boards.put(tx, name, season, after)
    moves = [(old.rating, new.rating) for old, new in zip(before, after, strict=True)]
    matches.insert_lines(tx, seq, result.players, moves)
    feed.append(tx, at, "match", name, seq)
    now_leading = boards.leader(tx, name, season)
    if now_leading != leader:
        feed.append(tx, at, "new_leader", name, seq, now_leading)
    return True


def newcomer(player_id: str, at: int) -> Standing:
    """Return the standing of a player before their first match on a board."""
    new = Rating()
    return Standing(
        player_id=player_id,
        rating=new.rating,
        deviation=new.deviation,
        volatility=new.volatility,
        matches=0,
        wins=0,
        losses=0,
        draws=0,
        kills=0,
        deaths=0,
        shots=0,
        hits=0,
        last_match_seq=0,
        last_played_at=at,
    )


def played(
    before: Standing, line: PlayerLine, new: Rating, drawn: bool, match: tuple[int, int]
) -> Standing:
    """Return *before* after *match* (its seq, and when it ended), with *line* theirs."""
    seq, at = match
    return Standing(
        player_id=before.player_id,
        rating=new.rating,
        deviation=new.deviation,
        volatility=new.volatility,
        matches=before.matches + 1,
        wins=before.wins + line.won,
        losses=before.losses + (not line.won and not drawn),
        draws=before.draws + drawn,
        kills=before.kills + line.kills,
        deaths=before.deaths + line.deaths,
        shots=before.shots + line.shots,
        hits=before.hits + line.hits,
        last_match_seq=seq,
        last_played_at=max(before.last_played_at, at),
    )
