"""The API of what a player came to: totals by board, and achievements with the match behind each."""

from datetime import datetime

from litestar import get
from msgspec import Struct

from tremble.store import honours, players
from tremble.store.engine import Transaction
from tremble.store.honours import Honour, Stats
from tremble.web.api import PlayerId, StoreDependency
from tremble.web.problems import Problem


class PlayerStats(Struct, frozen=True):
    """A player's totals on each board. Not *settled*: a late result is about to be counted."""

    player_id: str
    settled: bool
    boards: dict[str, Stats]


class PlayerAchievements(Struct, frozen=True):
    """All achievements, in the order of the game's table; hidden ones only if earned."""

    player_id: str
    settled: bool
    earned: int
    last_earned_at: datetime | None
    achievements: list[Honour]


@get("/v1/players/{player_id:str}/stats", sync_to_thread=False, tags=["players"])
def get_stats(store: StoreDependency, player_id: PlayerId) -> PlayerStats:
    """What a player did on each board, in all matches that count."""
    return store.read(read_stats, player_id)


@get("/v1/players/{player_id:str}/achievements", sync_to_thread=False, tags=["players"])
def get_achievements(store: StoreDependency, player_id: PlayerId) -> PlayerAchievements:
    """What a player earned, in which match first, and how far the rest is.

    Earned against people: matches with bots do not count. A voided match takes back what it earned.
    """
    return store.read(read_achievements, player_id)


def read_stats(tx: Transaction, player_id: str) -> PlayerStats:
    check(tx, player_id)
    return PlayerStats(player_id, honours.settled(tx, player_id), honours.of_boards(tx, player_id))


def read_achievements(tx: Transaction, player_id: str) -> PlayerAchievements:
    check(tx, player_id)
    found = honours.of_player(tx, player_id)
    when = [one.earned_at for one in found if one.earned_at is not None]
    settled = honours.settled(tx, player_id)
    return PlayerAchievements(player_id, settled, len(when), max(when, default=None), found)


def check(tx: Transaction, player_id: str) -> None:
    """Raise Problem if the player was never seen."""
    if players.find(tx, player_id) is None:
        raise Problem(404, "unknown_player", f"player {player_id!r} never played a recorded match")


HANDLERS = [get_stats, get_achievements]
