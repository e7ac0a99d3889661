"""Honours: a player's stats and achievements as people are shown them."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, func, select

from tremble.achievements import ACHIEVEMENTS, BY_RATING, Facts
from tremble.store import instant, stats
from tremble.store.engine import Transaction
from tremble.store.ratings import OF_PLAYER, history
from tremble.store.sql import Statement
from tremble.store.stats import BOTS, OnBoard, Place
from tremble.store.tables import player_stats, stats_due
from tremble.store.totals import Totals, Weapon, together


class Stats(Struct, frozen=True):
    """A player's totals on one board; *accuracy* is hits by shots, 0.0 to 1.0."""

    matches: int
    wins: int
    losses: int
    draws: int
    kills: int
    deaths: int
    suicides: int
    shots: int
    hits: int
    accuracy: float
    damage_given: int
    damage_taken: int
    playtime_s: float
    win_streak: int
    best_win_streak: int
    most_kills: int
    most_damage: int
    weapons: dict[str, Weapon]
    items: dict[str, int]
    maps: dict[str, int]
    last_match_id: str
    last_played_at: datetime


class Honour(Struct, frozen=True):
    """An achievement of a player; *progress* 0.0 to 1.0; earned in *match_id*, or null.

    If the last matches were voided, what they earned is not earned.
    """

    id: str
    title: str
    description: str
    hidden: bool
    progress: float
    match_id: str | None
    earned_at: datetime | None


BOARDS = Statement(
    select(
        stats_due.c.version,
        player_stats.c.board,
        player_stats.c.last_ended_at,
        player_stats.c.last_match_id,
        *[player_stats.c[name] for name in Totals.__struct_fields__],
    )
    .outerjoin(stats_due, stats_due.c.player_id == player_stats.c.player_id)
    .where(player_stats.c.player_id == bindparam("player_id"))
    .order_by(player_stats.c.matches.desc(), player_stats.c.board)
)
DUE = Statement(select(stats_due.c.version).where(stats_due.c.player_id == bindparam("player_id")))
MATCHES = Statement(
    select(func.sum(player_stats.c.matches)).where(
        player_stats.c.player_id == bindparam("player_id")
    )
)
HIGHEST = Statement(select(func.max(history.rating)).where(*OF_PLAYER))
FIRST_AT = Statement(
    select(history.ended_at, history.match_id)
    .where(*OF_PLAYER, history.rating >= bindparam("goal"))
    .order_by(history.season, history.ended_at, history.match_id)
    .limit(1)
)


def settled(tx: Transaction, player_id: str) -> bool:
    """Say whether all matches of the player are counted: else they soon will be."""
    return tx.row(DUE, player_id=player_id) is None


def boards(tx: Transaction, player_id: str) -> dict[str, OnBoard]:
    """Return the player's totals by board, the most played first."""
    return stats.boards_of(tx.rows(BOARDS, player_id=player_id))


def matches(tx: Transaction, player_id: str) -> int:
    """Return how many matches of the player count, on all boards."""
    row = tx.row(MATCHES, player_id=player_id)
    return 0 if row is None or row[0] is None else int(row[0])


def of_boards(tx: Transaction, player_id: str) -> dict[str, Stats]:
    """Return the player's stats by board, the most played first."""
    return {name: shown(there) for name, there in boards(tx, player_id).items()}


def shown(there: OnBoard) -> Stats:
    totals = there.totals
    values = {
        name: getattr(totals, name) for name in Totals.__struct_fields__ if name != "playtime_ms"
    }
    return Stats(
        **values,
        accuracy=totals.hits / totals.shots if totals.shots else 0.0,
        playtime_s=totals.playtime_ms / 1000,
        last_match_id=there.last[1],
        last_played_at=instant.from_store(there.last[0]),
    )


def of_player(tx: Transaction, player_id: str) -> list[Honour]:
    """Return the achievements, in the order of the game's table; hidden ones only if earned."""
    there = boards(tx, player_id)
    names = [name for name in there if not name.endswith(BOTS)]
    highest, by_rating = ratings(tx, player_id, names)
    earned: dict[str, Place] = dict(by_rating)
    for name, match_id, at in tx.rows(stats.EARNED, player_id=player_id):
        earned[name] = (at, match_id)
    facts = Facts(together([there[name].totals for name in names]), highest, None)
    found: list[Honour] = []
    for one in ACHIEVEMENTS:
        place = earned.get(one.id)
        if one.hidden and place is None:
            continue
        found.append(
            Honour(
                one.id,
                one.title,
                one.description,
                one.hidden,
                1.0 if place else one.progress(facts),
                place[1] if place else None,
                instant.from_store(place[0]) if place else None,
            )
        )
    return found


def ratings(
    tx: Transaction, player_id: str, names: Iterable[str]
) -> tuple[float, dict[str, Place]]:
    """Return the highest rating that the player ever had on these boards, and what it earned."""
    highest = 0.0
    earned: dict[str, Place] = {}
    for name in names:
        row = tx.row(HIGHEST, board=name, player_id=player_id)
        best = 0.0 if row is None or row[0] is None else float(row[0])
        highest = max(highest, best)
        for one in BY_RATING:
            if best >= one.goal:
                first = tx.row(FIRST_AT, board=name, player_id=player_id, goal=one.goal)
                assert first is not None
                place = (int(first[0]), str(first[1]))
                earned[one.id] = min(place, earned.get(one.id, place))
    return highest, earned
