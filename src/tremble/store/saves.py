"""Saves: what players keep on the server, version by version; what a save holds is not known here.

Kept of each save: the newest 30 versions, however old, and the last of each of the past 30 days.
Two writers of one version collide on its key, so none is ever overwritten.
"""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, delete, func, insert, select

from tremble.store import instant
from tremble.store.engine import Transaction
from tremble.store.instant import DAY
from tremble.store.sql import Row, Statement, binds
from tremble.store.tables import save_upload, save_version

#: Versions kept whatever their age, and days of which the last version is kept.
KEPT_VERSIONS = 30
KEPT_DAYS = 30
#: Upload keys are remembered as long as a device could still repeat them.
KEPT_UPLOADS = 30 * DAY


class Info(Struct, frozen=True):
    """A version of a save: when it was made, and by which device."""

    type: str
    version: int
    saved_at: datetime
    device: str


class Version(Struct, frozen=True):
    """A version and its content."""

    info: Info
    content: str


_mine = (save_version.c.player_id == bindparam("player_id")) & (
    save_version.c.type == bindparam("type")
)
_info = (
    save_version.c.type,
    save_version.c.version,
    save_version.c.saved_at,
    save_version.c.device,
)
_newest_first = save_version.c.version.desc()
LATEST = Statement(
    select(*_info, save_version.c.content).where(_mine).order_by(_newest_first).limit(1)
)
FIND = Statement(
    select(*_info, save_version.c.content).where(
        _mine, save_version.c.version == bindparam("version")
    )
)
HISTORY = Statement(select(*_info).where(_mine).order_by(_newest_first))
_last = (
    select(save_version.c.type, func.max(save_version.c.version).label("version"))
    .where(save_version.c.player_id == bindparam("player_id"))
    .group_by(save_version.c.type)
    .subquery()
)
PRESENT = Statement(
    select(*_info)
    .join(
        _last, (_last.c.type == save_version.c.type) & (_last.c.version == save_version.c.version)
    )
    .where(save_version.c.player_id == bindparam("player_id"))
    .order_by(save_version.c.type)
)
ADD = Statement(insert(save_version).values(binds(list(save_version.c))))
DROP = Statement(delete(save_version).where(_mine, save_version.c.version == bindparam("version")))
FORGET_SAVES = Statement(
    delete(save_version).where(save_version.c.player_id == bindparam("player_id"))
)

_upload = (save_upload.c.player_id == bindparam("player_id")) & (
    save_upload.c.key == bindparam("key")
)
UPLOADED = Statement(select(save_upload.c.type, save_upload.c.digest).where(_upload))
NOTE_UPLOAD = Statement(insert(save_upload).values(binds(list(save_upload.c))))
DROP_UPLOADS = Statement(
    delete(save_upload).where(
        save_upload.c.player_id == bindparam("player_id"), save_upload.c.at < bindparam("before")
    )
)
FORGET_UPLOADS = Statement(
    delete(save_upload).where(save_upload.c.player_id == bindparam("player_id"))
)


def latest(tx: Transaction, player_id: str, kind: str) -> Version | None:
    """Return the present version of the save *kind*, None if there is none."""
    row = tx.row(LATEST, player_id=player_id, type=kind)
    return None if row is None else Version(info(row[:4]), row[4])


def find(tx: Transaction, player_id: str, kind: str, version: int) -> Version | None:
    """Return that *version*; None if it was never there or is not kept any more."""
    row = tx.row(FIND, player_id=player_id, type=kind, version=version)
    return None if row is None else Version(info(row[:4]), row[4])


def history(tx: Transaction, player_id: str, kind: str) -> list[Info]:
    """Return the versions that are kept, newest first."""
    return [info(row) for row in tx.rows(HISTORY, player_id=player_id, type=kind)]


def present(tx: Transaction, player_id: str) -> list[Info]:
    """Return the present version of each save of the player, by type."""
    return [info(row) for row in tx.rows(PRESENT, player_id=player_id)]


def add(tx: Transaction, player_id: str, new: Version) -> None:
    """Keep the version *new*, and let go of those that are due. Raises Conflict if it is there."""
    at = instant.to_store(new.info.saved_at)
    tx.run(
        ADD,
        player_id=player_id,
        type=new.info.type,
        version=new.info.version,
        saved_at=at,
        device=new.info.device,
        content=new.content,
    )
    for old in due(history(tx, player_id, new.info.type), at):
        tx.run(DROP, player_id=player_id, type=new.info.type, version=old)


def due(kept: list[Info], now: int) -> list[int]:
    """Return which versions of *kept* (newest first) need not be kept any longer."""
    days: set[int] = set()
    dropped = []
    for place, version in enumerate(kept):
        at = instant.to_store(version.saved_at)
        last_of_day = at // DAY not in days and at > now - KEPT_DAYS * DAY
        days.add(at // DAY)
        if place >= KEPT_VERSIONS and not last_of_day:
            dropped.append(version.version)
    return dropped


def uploaded(tx: Transaction, player_id: str, key: str) -> tuple[str, str] | None:
    """Return type and digest of the upload with that *key*, None if none was taken."""
    row = tx.row(UPLOADED, player_id=player_id, key=key)
    return None if row is None else (row[0], row[1])


def note_upload(tx: Transaction, player_id: str, key: str, kind: str, digest: str, at: int) -> None:
    """Remember that the upload *key* was taken at *at*."""
    tx.run(DROP_UPLOADS, player_id=player_id, before=at - KEPT_UPLOADS)
    tx.run(NOTE_UPLOAD, player_id=player_id, key=key, type=kind, digest=digest, at=at)


def erase(tx: Transaction, player_id: str) -> None:
    """Forget all saves of the player, every version."""
    tx.run(FORGET_SAVES, player_id=player_id)
    tx.run(FORGET_UPLOADS, player_id=player_id)


def info(row: Row) -> Info:
    kind, version, at, device = row
    return Info(kind, version, instant.from_store(at), device)
