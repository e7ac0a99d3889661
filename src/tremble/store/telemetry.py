"""Telemetry of matches: kept beside the match as it was posted, compressed, and read back for reports.

It names players by their place in the match alone, so an erased player stays nobody in it.
"""

import zlib
from collections.abc import Sequence

from msgspec import Struct, json
from sqlalchemy import bindparam, select, tuple_

from tremble.result import Telemetry
from tremble.store import instant, matches
from tremble.store.engine import Transaction
from tremble.store.matches import Posted, Summary
from tremble.store.sql import Statement, Value, binds, insert
from tremble.store.tables import match, match_telemetry

#: A third of the time of zlib's default, for a tenth more bytes.
LEVEL = 1
#: Place of a match in the order: ended_at as stored, seq. Below every place.
Place = tuple[int, int]
FIRST: Place = (-(2**63), -1)


class Kept(Struct, frozen=True):
    """A match and its telemetry, whose players stand in the same order; *place* is for the next page."""

    match: Summary
    telemetry: Telemetry
    place: Place


ADD = Statement(insert(match_telemetry).values(binds(list(match_telemetry.c))))
FIND = Statement(
    select(match_telemetry.c.body)
    .join(match, match.c.seq == match_telemetry.c.match_seq)
    .where(match.c.id == bindparam("id"))
)
_after = tuple_(
    bindparam("ended_at", type_=match.c.ended_at.type), bindparam("seq", type_=match.c.seq.type)
)
HAS = Statement(
    select(match_telemetry.c.version)
    .join(match, match.c.seq == match_telemetry.c.match_seq)
    .where(match.c.id == bindparam("id"))
)
SINCE = Statement(
    select(*matches.HEAD, match_telemetry.c.body)
    .join(match_telemetry, match_telemetry.c.match_seq == match.c.seq)
    .where(
        tuple_(match.c.ended_at, match.c.seq) > _after,
        match.c.ended_at >= bindparam("since"),
        match.c.ended_at < bindparam("until"),
    )
    .order_by(match.c.ended_at, match.c.seq)
    .limit(bindparam("limit"))
)


def add(tx: Transaction, posted: Sequence[Posted]) -> None:
    """Keep the telemetry of those of *posted* that have any."""
    rows: list[dict[str, Value]] = [
        {
            "match_seq": one.seq,
            "version": one.result.telemetry.version,
            "body": zlib.compress(json.encode(one.result.telemetry), LEVEL),
        }
        for one in posted
        if one.result.telemetry is not None
    ]
    if rows:
        tx.run_many(ADD, rows)


def find(tx: Transaction, match_id: str) -> Telemetry | None:
    """Return the telemetry of the match *match_id*; None if it has none."""
    row = tx.row(FIND, id=match_id)
    return None if row is None else read(row[0])


def has(tx: Transaction, match_id: str) -> bool:
    """Say whether the match *match_id* has telemetry."""
    return tx.row(HAS, id=match_id) is not None


def read(body: bytes) -> Telemetry:
    """Return the telemetry in a *body* as it is stored."""
    return json.decode(zlib.decompress(body), type=Telemetry)


def telemetry_since(
    tx: Transaction, since: int, until: int, after: Place = FIRST, limit: int = 100
) -> list[Kept]:
    """Return at most *limit* matches that ended from *since* on and before *until*, the first first.

    Instants are as stored. The next page comes *after* the place of the last one; an empty page is the
    last. Only matches with telemetry are in it; voided ones are, and say so.
    """
    rows = tx.rows(SINCE, since=since, until=until, ended_at=after[0], seq=after[1], limit=limit)
    found = matches.summaries(tx, [row[:-1] for row in rows])
    return [
        Kept(one, read(row[-1]), (instant.to_store(one.ended_at), row[0]))
        for one, row in zip(found, rows, strict=True)
    ]
