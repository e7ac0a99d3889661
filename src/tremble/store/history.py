"""History: lists of matches, the last that ended first, by what they have in common.

The order is (ended_at, seq). A page begins below the place at which the one before it stopped, so what
is posted meanwhile moves nothing on the pages to come.
"""

from collections.abc import Mapping
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Any

from msgspec import Struct, structs
from sqlalchemy import Select, and_, bindparam, or_, select, tuple_

from tremble.result import boards_of
from tremble.store import honours, instant, matches, seasons
from tremble.store.engine import Transaction
from tremble.store.matches import Summary
from tremble.store.sql import Row, Statement, Value
from tremble.store.tables import match, match_line

#: The place of a match in a list: ended_at, seq.
Place = tuple[int, int]
#: Below every place, and above.
FIRST: Place = (-(2**63), -1)
LAST: Place = (2**63 - 1, 2**63 - 1)
#: How far the clock of a game server may be ahead of ours: an hour.
CLOCKS_APART = 3_600_000_000


class Filter(Struct, frozen=True):
    """What the matches of a list have in common; None asks for nothing.

    *opponent* goes with *player*, and is one who did not play on the same team. Instants are as
    stored: from *since* on, and before *until*.
    """

    player: str | None = None
    opponent: str | None = None
    map: str | None = None
    mode: str | None = None
    board: str | None = None
    season: int | None = None
    server: str | None = None
    since: int | None = None
    until: int | None = None


MINE, THEIRS = match_line.alias("mine"), match_line.alias("theirs")
mine, theirs = MINE.c, THEIRS.c
#: Two lines of the same match that are not of one team: by all columns of the index.
AGAINST = and_(
    theirs.player_id == bindparam("opponent"),
    theirs.ended_at == mine.ended_at,
    theirs.match_seq == mine.match_seq,
    or_(mine.team == 0, theirs.team != mine.team),
)
#: What a list can be led by, rarest first: each has an index in the order of the list.
LEADS = {
    "server": match.c.server_id,
    "map": match.c.map,
    "board": match.c.board,
    "mode": match.c.mode,
}
CONDITIONS = ("player", "opponent", "season", *LEADS)


#: What leads the list of a player's matches, if it is asked for: rarest first.
LEADS_OF_PLAYER = {"server": mine.server_id, "map": mine.map, "board": mine.board}


def among(found: Select[Any], lead: str, own: Mapping[str, Any] | None = None) -> Select[Any]:
    """Return *found* with every condition on the match but that of *lead* as one that may be off.

    *own*: columns of the player's line that stand for those of the match.
    """
    columns = {**LEADS, "season": match.c.season, **(own or {})}
    for name, column in columns.items():
        wanted = bindparam(name, type_=column.type)
        found = found.where(
            column == wanted if name == lead else or_(wanted.is_(None), column == wanted)
        )
    return found


def paged(found: Select[Any], ended_at: Any, seq: Any) -> Statement:
    """Return the page of *found* below a place."""
    below = tuple_(
        bindparam("ended_at", type_=ended_at.type), bindparam("seq", type_=match.c.seq.type)
    )
    return Statement(
        found.where(tuple_(ended_at, seq) < below, ended_at >= bindparam("since"))
        .order_by(ended_at.desc(), seq.desc())
        .limit(bindparam("limit"))
    )


_all = select(*matches.HEAD)
_of_player = _all.join(MINE, mine.match_seq == match.c.seq).where(
    mine.player_id == bindparam("player")
)
_of_both = _of_player.join(THEIRS, AGAINST)
#: Of a row of these lists: ended_at and seq.
IN_ORDER = itemgetter(list(_all.selected_columns).index(match.c.ended_at), 0)
#: The same list, led by that condition which leaves the fewest matches to look at.
LISTS = {
    "": paged(among(_all, ""), match.c.ended_at, match.c.seq),
    "player": paged(among(_of_player, ""), mine.ended_at, mine.match_seq),
    "opponent": paged(among(_of_both, ""), mine.ended_at, mine.match_seq),
    **{
        f"{whose} on {lead}": paged(
            # SQLite takes the index of all of the player's matches for as good, until it is told.
            among(found, lead, LEADS_OF_PLAYER).with_hint(
                MINE, f"INDEXED BY match_line_by_player_{lead}", "sqlite"
            ),
            mine.ended_at,
            mine.match_seq,
        )
        for whose, found in (("player", _of_player), ("opponent", _of_both))
        for lead in LEADS_OF_PLAYER
    },
    **{lead: paged(among(_all, lead), match.c.ended_at, match.c.seq) for lead in LEADS},
}


def page(
    tx: Transaction, wanted: Filter, limit: int, below: Place = LAST
) -> tuple[list[Summary], Place | None]:
    """Return at most *limit* matches *below* a place, and the place at which to go on.

    The second value is None on the last page.
    """
    wanted = rarer_first(tx, wanted)
    since, until = span(tx, wanted)
    below = min(below, (until, FIRST[1]))
    place = {"ended_at": below[0], "seq": below[1], "since": since, "limit": limit + 1}
    lists = [read(tx, part, place) for part in by_board(wanted)]
    rows = list(islice(merge(*lists, key=IN_ORDER, reverse=True), limit + 1))
    found = matches.summaries(tx, rows[:limit])
    if len(rows) <= limit:
        return found, None
    return found, (instant.to_store(found[-1].ended_at), rows[limit - 1][0])


def rarer_first(tx: Transaction, wanted: Filter) -> Filter:
    """Return the same matches, looked for among those of the opponent if these are fewer."""
    player, opponent = wanted.player, wanted.opponent
    if player is None or opponent is None:
        return wanted
    if honours.matches(tx, player) <= honours.matches(tx, opponent):
        return wanted
    return structs.replace(wanted, player=opponent, opponent=player)


def by_board(wanted: Filter) -> list[Filter]:
    """Return filters whose lists together are that of *wanted*: a player's matches of one mode stand on
    two boards, and those on one board have an index."""
    if wanted.player is None or wanted.mode is None or wanted.board is not None:
        return [wanted]
    return [structs.replace(wanted, board=name) for name in boards_of(wanted.mode)]


def read(tx: Transaction, wanted: Filter, place: Mapping[str, Value]) -> list[Row]:
    """Return the rows of the list of *wanted* at a place."""
    conditions: dict[str, Value] = {name: getattr(wanted, name) for name in CONDITIONS}
    return tx.rows(LISTS[led_by(wanted)], **conditions, **place)


def led_by(wanted: Filter) -> str:
    """Return the name of the list in LISTS that looks at the fewest matches for *wanted*."""
    if wanted.player is not None:
        whose = "player" if wanted.opponent is None else "opponent"
        for name in LEADS_OF_PLAYER:
            if getattr(wanted, name) is not None:
                return f"{whose} on {name}"
    for name in ("opponent", "player", *LEADS):
        if getattr(wanted, name) is not None:
            return name
    return ""


def span(tx: Transaction, wanted: Filter) -> tuple[int, int]:
    """Return from when and until when *wanted* can have matches."""
    since = FIRST[0] if wanted.since is None else wanted.since
    until = LAST[0] if wanted.until is None else wanted.until
    for season in seasons.every(tx) if wanted.season is not None else ():
        if season.season == wanted.season:
            if season.starts_at is not None:
                since = max(since, instant.to_store(season.starts_at))
            if season.ends_at is not None:
                # What came before the next season was begun, from a server whose clock is ahead.
                until = min(until, instant.to_store(season.ends_at) + CLOCKS_APART)
    return since, until
