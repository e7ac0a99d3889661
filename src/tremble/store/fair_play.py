"""Fair play: what game servers saw of the players of a match, for moderators alone."""

from datetime import datetime

from msgspec import Struct, json
from sqlalchemy import bindparam, select

from tremble.result import FairPlay
from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.sql import Statement
from tremble.store.tables import match, match_line

_line = match_line.c


class Seen(Struct, frozen=True):
    """What was seen of a player: *score* 0 to 1, and the *ticks* at which to look in the replay."""

    player_id: str
    username: str
    score: float
    ticks: list[int]


FIND = Statement(
    select(_line.player_id, _line.name, _line.fair_play)
    .join(match, match.c.seq == _line.match_seq)
    .where(match.c.id == bindparam("id"), _line.fair_play.is_not(None))
    .order_by(_line.position)
)


OF_PLAYER = Statement(
    select(match.c.id, match.c.ended_at, _line.fair_play)
    .join(match, match.c.seq == _line.match_seq)
    .where(_line.player_id == bindparam("player_id"), _line.fair_play.is_not(None))
    .order_by(_line.ended_at.desc(), _line.match_seq.desc())
    .limit(bindparam("limit"))
)


class Sight(Struct, frozen=True):
    """What was seen of a player in one match, as in Seen."""

    match_id: str
    ended_at: datetime
    score: float
    ticks: list[int]


def of_player(tx: Transaction, player_id: str, limit: int) -> list[Sight]:
    """Return what was seen of a player in the last *limit* matches in which something was."""
    found: list[Sight] = []
    for match_id, ended_at, text in tx.rows(OF_PLAYER, player_id=player_id, limit=limit):
        seen = json.decode(text, type=FairPlay)
        found.append(Sight(match_id, instant.from_store(ended_at), seen.score, seen.ticks))
    return found


def of_match(tx: Transaction, match_id: str) -> list[Seen]:
    """Return what was seen of each player of a match of whom something was."""
    found: list[Seen] = []
    for player_id, name, text in tx.rows(FIND, id=match_id):
        seen = json.decode(text, type=FairPlay)
        found.append(Seen(player_id, name, seen.score, seen.ticks))
    return found
