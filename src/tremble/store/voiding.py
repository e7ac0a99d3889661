"""Voiding as operators do it: matches marked or let count again, each act in the audit, ratings up to date.

    named ─► the matches that a target means      preview (rebuild.py) ─► who would move how much
    carry_out ─► marked in batches, each with its entry; then all that is due is rated again

A target is a match id (32 hex digits), or a player id (16): all matches of that player.
"""

from collections.abc import Callable
from typing import Literal

from tremble.store import audit, ratings, rebuild, stats, voids
from tremble.store.audit import By
from tremble.store.engine import Store, Transaction
from tremble.store.rebuild import Move

Act = Literal["void", "restore"]
#: Matches in one transaction: others must get their turn.
BATCH = 100
#: Earlier than any match.
EVER = -(2**63)


def cause(target: str) -> str:
    """Return what is noted as the cause of what *target* voids."""
    return voids.ITSELF if len(target) == 32 else target


def named(tx: Transaction, act: Act, target: str, since: int = EVER) -> list[str] | None:
    """Return the matches that *act* on *target* is for, a player's from *since* on; None if unknown."""
    if cause(target) == voids.ITSELF:
        return None if ratings.find(tx, target) is None else [target]
    of_player = voids.to_void if act == "void" else voids.to_restore
    return of_player(tx, target, since)


def carry_out(
    store: Store, by: By, act: Act, target: str, ids: list[str], on_match: Callable[[], None]
) -> list[Move]:
    """Do *act* to each match of *ids*, which `named` returned, rate again what is due; return who moved.

    Blocks until all is done; *on_match* is called for each match that was rated again.
    """
    names = store.read(rebuild.boards_of, ids)
    before = store.read(rebuild.entries, names)
    for first in range(0, len(ids), BATCH):
        store.write(mark, by, act, target, ids[first : first + BATCH]).result()
    while done := store.write(ratings.settle, BATCH).result():
        for _ in range(done):
            on_match()
    while stats.settle(store):
        pass
    after = store.read(rebuild.entries, names)
    return store.read(rebuild.moves, before, after)


def mark(tx: Transaction, by: By, act: Act, target: str, ids: list[str]) -> None:
    """Mark some matches, and note it."""
    for ident in ids:
        if act == "void":
            voids.void(tx, ident, cause(target), by.at)
        else:
            voids.restore(tx, ident, cause(target))
    audit.note(tx, by, act, target, None, {"matches": ids})
