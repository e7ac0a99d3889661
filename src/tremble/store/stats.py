"""Stats: what each player did on each board, and the achievements that the matches earned.

Both are a pure function of the matches that count, taken in the order (ended_at, match id):

    post in order ─► added to what is there
    post late ─┐
    void, restore ─► the player is due ─► all matches of the player counted again, beside the requests

Achievements are earned against people: a match with a bot in it is counted on its own board, and earns
nothing. Those for a rating are read off the rating's history, and stand in no row.
"""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct, json, structs
from sqlalchemy import bindparam, delete, exists, func, select, tuple_

from tremble import achievements
from tremble.facts import MatchFacts, facts_of_all
from tremble.result import WeaponLine
from tremble.store.engine import Store, Transaction
from tremble.store.matches import Posted
from tremble.store.sql import Row, Statement, Value, binds, insert
from tremble.store.tables import (
    match,
    match_line,
    match_void,
    player,
    player_achievement,
    player_stats,
    stats_due,
)
from tremble.store.totals import Totals, Weapon, count, together

#: Matches of a player read at once.
PAGE = 1000
BOTS = "-bots"
#: A match in the order: ended_at, match id.
Place = tuple[int, str]
FIRST: Place = (-(2**63), "")

stored = player_stats.c
earned = player_achievement.c
due = stats_due.c
line = match_line.c
KNOWN = Statement(
    select(
        due.version,
        stored.board,
        stored.last_ended_at,
        stored.last_match_id,
        *[stored[name] for name in Totals.__struct_fields__],
    )
    .select_from(player)
    .outerjoin(stats_due, due.player_id == player.c.id)
    .outerjoin(player_stats, stored.player_id == player.c.id)
    .where(player.c.id == bindparam("player_id"))
)
_put = insert(player_stats).values(binds(list(stored)))
PUT = Statement(
    _put.on_conflict_do_update(
        index_elements=["player_id", "board"],
        set_={c.name: _put.excluded[c.name] for c in stored if not c.primary_key},
    )
)
EARN = Statement(insert(player_achievement).values(binds(list(earned))).on_conflict_do_nothing())
EARNED = Statement(
    select(earned.achievement, earned.match_id, earned.earned_at).where(
        earned.player_id == bindparam("player_id")
    )
)
MARK = Statement(
    insert(stats_due)
    .values(player_id=bindparam("player_id"), version=1)
    .on_conflict_do_update(index_elements=["player_id"], set_={"version": due.version + 1})
)
FIRST_DUE = Statement(select(due.player_id, due.version).order_by(due.player_id).limit(1))
UNMARK = Statement(
    delete(stats_due)
    .where(due.player_id == bindparam("player_id"), due.version == bindparam("version"))
    .returning(due.version)
)
FORGET = (
    Statement(delete(player_stats).where(stored.player_id == bindparam("player_id"))),
    Statement(delete(player_achievement).where(earned.player_id == bindparam("player_id"))),
)
SOME = Statement(
    select(player.c.id)
    .where(player.c.id > bindparam("after"))
    .order_by(player.c.id)
    .limit(bindparam("limit"))
)
PLAYERS = Statement(select(func.count()).select_from(player))
_others = match_line.alias("others").c
LOG = Statement(
    select(
        match.c.board,
        match.c.ended_at,
        match.c.id,
        match.c.map,
        match.c.ended_by,
        line.won,
        line.score,
        *[line[name] for name in ("kills", "deaths", "shots", "hits", "suicides")],
        line.damage_given,
        line.damage_taken,
        line.playtime_s,
        line.weapons,
        line["items"],
        select(func.max(_others.won)).where(_others.match_seq == match.c.seq).scalar_subquery(),
        select(func.max(_others.score))
        .where(_others.match_seq == match.c.seq, _others.position != line.position)
        .scalar_subquery(),
    )
    .select_from(match_line)
    .join(match, match.c.seq == line.match_seq)
    .where(
        line.player_id == bindparam("player_id"),
        line.ended_at >= bindparam("since"),
        tuple_(match.c.ended_at, match.c.id)
        > tuple_(
            bindparam("ended_at", type_=match.c.ended_at.type),
            bindparam("match_id", type_=match.c.id.type),
        ),
        ~exists(select(match_void.c.match_id).where(match_void.c.match_id == match.c.id)),
    )
    .order_by(line.ended_at, match.c.id)
    .limit(PAGE)
)
WRITER = json.Encoder(order="deterministic")
WEAPONS = json.Decoder(dict[str, Weapon])
USED = json.Decoder(dict[str, WeaponLine])
COUNTS = json.Decoder(dict[str, int])


class OnBoard(Struct):
    """A player's totals on a board, and the last match in them."""

    totals: Totals
    last: Place = FIRST


class Counted(Struct):
    """All that is kept of a player: by board; which match earned what, and when it ended."""

    boards: dict[str, OnBoard]
    earned: dict[str, Place]

    def add(self, board: str, at: int, facts: MatchFacts) -> None:
        """Count a match that is after all that were counted before."""
        there = self.boards.setdefault(board, OnBoard(Totals()))
        if board.endswith(BOTS):
            count(there.totals, facts)
        else:
            before = achievements.measured(self.against_people())
            count(there.totals, facts)
            after = achievements.measured(self.against_people())
            for name in achievements.earned_by(facts, before, after):
                self.earned.setdefault(name, (at, facts.match_id))
        there.last = (at, facts.match_id)

    def against_people(self) -> Totals:
        """Return the totals of all boards without bots."""
        return together([b.totals for name, b in self.boards.items() if not name.endswith(BOTS)])

    @property
    def last(self) -> Place:
        return max((board.last for board in self.boards.values()), default=FIRST)


def enter_all(tx: Transaction, posted: Sequence[Posted]) -> None:
    """Count *posted*, which were just recorded in that order, and whose players were seen.

    The same rows as if each had come alone.
    """
    ids = sorted({one.player_id for recorded in posted for one in recorded.result.players})
    there = dict(zip(ids, known_all(tx, ids), strict=True))
    late = {ident for ident, found in there.items() if found is None}
    changed: dict[tuple[str, str], OnBoard] = {}
    earned_now: dict[str, dict[str, Place]] = {}
    for recorded in posted:
        result, board = recorded.result, recorded.board
        at = (recorded.ended_at, result.match_id)
        for one, facts in zip(result.players, facts_of_all(result, recorded.aims), strict=True):
            found = there[one.player_id]
            if found is None or one.player_id in late or at < found.last:
                late.add(one.player_id)
                continue
            found.add(board, at[0], facts)
            changed[one.player_id, board] = found.boards[board]
            earned_now[one.player_id] = found.earned
    put(tx, changed)
    earn(tx, earned_now)
    mark(tx, late)


def known_all(tx: Transaction, player_ids: Sequence[str]) -> list[Counted | None]:
    """Return what is kept of these players, without what they earned; None of one who is due."""
    found: list[Counted | None] = []
    for rows in tx.rows_each(KNOWN, [{"player_id": ident} for ident in player_ids]):
        if any(row[0] is not None for row in rows):
            found.append(None)
        else:
            found.append(Counted(boards_of(rows), {}))
    return found


def boards_of(rows: Iterable[Row]) -> dict[str, OnBoard]:
    """Return the boards in rows of KNOWN."""
    found: dict[str, OnBoard] = {}
    for _, board, ended_at, match_id, *values in rows:
        if board is not None:
            totals = Totals(*values[:-3])
            totals.weapons = WEAPONS.decode(values[-3])
            totals.items, totals.maps = COUNTS.decode(values[-2]), COUNTS.decode(values[-1])
            found[board] = OnBoard(totals, (ended_at, match_id))
    return found


def put(tx: Transaction, boards: dict[tuple[str, str], OnBoard]) -> None:
    """Store totals, by player and board."""
    rows: list[dict[str, Value]] = []
    for (player_id, board), there in sorted(boards.items(), key=lambda item: item[0]):
        row: dict[str, Value] = structs.asdict(there.totals)
        for name in ("weapons", "items", "maps"):
            row[name] = WRITER.encode(row[name]).decode()
        row["player_id"], row["board"] = player_id, board
        row["last_ended_at"], row["last_match_id"] = there.last
        rows.append(row)
    tx.run_many(PUT, rows)


def earn(tx: Transaction, earned_by: dict[str, dict[str, Place]]) -> None:
    """Store what each player earned, unless an earlier match earned it."""
    rows: list[dict[str, Value]] = [
        {"player_id": player_id, "achievement": name, "match_id": match_id, "earned_at": at}
        for player_id, names in earned_by.items()
        for name, (at, match_id) in names.items()
    ]
    tx.run_many(EARN, rows)


def mark(tx: Transaction, player_ids: Iterable[str]) -> None:
    """Note that these players are to be counted again."""
    tx.run_many(MARK, [{"player_id": ident} for ident in sorted(player_ids)])


def settle(store: Store) -> bool:
    """Count one of the players who are due again; False if there is none.

    It is read and added up without holding up the writer; if something of the player changed
    meanwhile, the player stays due.
    """
    found = store.read(first_due)
    if found is None:
        return False
    player_id, version, counted = found
    store.write(replace, player_id, version, counted).result()
    return True


def any_due(tx: Transaction) -> bool:
    """Say whether any player is due to be counted again."""
    return tx.row(FIRST_DUE) is not None


def first_due(tx: Transaction) -> tuple[str, int, Counted] | None:
    """Return a player who is due, for which version of the reasons, and what is right; or None."""
    row = tx.row(FIRST_DUE)
    if row is None:
        return None
    return row[0], row[1], replay(tx, row[0])


def replay(tx: Transaction, player_id: str) -> Counted:
    """Return what all matches of a player that count come to."""
    found = Counted({}, {})
    for board, at, facts in log(tx, player_id):
        found.add(board, at, facts)
    return found


def replace(tx: Transaction, player_id: str, version: int, counted: Counted) -> bool:
    """Store what is right of a player who was due; False if that is no longer it."""
    if tx.row(UNMARK, player_id=player_id, version=version) is None:
        return False
    for statement in FORGET:
        tx.run(statement, player_id=player_id)
    put(tx, {(player_id, board): there for board, there in counted.boards.items()})
    earn(tx, {player_id: counted.earned})
    return True


def check(tx: Transaction, player_id: str) -> bool:
    """Say whether all that is kept of a player is what the matches say; one who is due will be."""
    rows = tx.rows(KNOWN, player_id=player_id)
    if any(row[0] is not None for row in rows):
        return True
    there = {name: (at, ident) for name, ident, at in tx.rows(EARNED, player_id=player_id)}
    return Counted(boards_of(rows), there) == replay(tx, player_id)


def some_players(tx: Transaction, after: str, limit: int) -> list[str]:
    """Return the ids of at most *limit* players, those that follow *after*."""
    return [row[0] for row in tx.rows(SOME, after=after, limit=limit)]


def count_players(tx: Transaction) -> int:
    row = tx.row(PLAYERS)
    assert row is not None
    return int(row[0])


def log(tx: Transaction, player_id: str) -> Iterator[tuple[str, int, MatchFacts]]:
    """Yield the matches of a player that count, in order: board, end, what they say of the player."""
    at, match_id = FIRST
    while rows := tx.rows(LOG, player_id=player_id, since=at, ended_at=at, match_id=match_id):
        for row in rows:
            yield row[0], row[1], read_facts(row)
        at, match_id = rows[-1][1:3]


def read_facts(row: Row) -> MatchFacts:
    """Return a row of LOG as `facts_of` has it of the result."""
    _, _, match_id, level, ended_by, won, score, kills, deaths, shots, hits = row[:11]
    suicides, given, taken, playtime, weapons, items, anyone_won, best = row[11:]
    return MatchFacts(
        outcome="win" if won else "loss" if anyone_won else "draw",
        kills=kills,
        deaths=deaths,
        accuracy=min(hits / shots, 1.0) if shots else 0.0,
        shots=shots,
        hits=min(hits, shots),
        suicides=suicides,
        damage_given=given,
        damage_taken=taken,
        playtime_s=playtime,
        match_id=match_id,
        map=level,
        ended_by=ended_by,
        best_other_score=best,
        margin=None if best is None else score - best,
        weapons=USED.decode(weapons),
        items=COUNTS.decode(items),
    )
