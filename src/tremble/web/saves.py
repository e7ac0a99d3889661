"""What happens to a save that is uploaded: checked, merged into what is there, kept as a version.

Nothing that was acknowledged is lost: an upload is only ever merged in, never put in place.
"""

from datetime import datetime
from hashlib import blake2b

import msgspec
from msgspec import Struct

from tremble.data import merge
from tremble.data.fields import BadSave
from tremble.data.merge import MAX_COPIES, Save, Shrunk
from tremble.store import instant, saves
from tremble.store.engine import Transaction
from tremble.store.saves import Info, Version
from tremble.web.problems import FieldError, Problem

KIB = 1024
#: Bytes of a save, by type; a slot may hold several copies for a while.
MAX_BYTES = {"player_stats": 256 * KIB, "settings": 256 * KIB}
MAX_DOCUMENT_BYTES = 2048 * KIB
MAX_SLOT_BYTES = 4096 * KIB
MAX_COPY_BYTES = 1024 * KIB
MAX_SLOTS = 16
#: A device's clock may be wrong, but not so far that others could never be later.
MAX_AHEAD_MS = 2 * 366 * 86_400_000


class Upload(Struct, frozen=True):
    """An upload: *base* is the version it must be made from; 0: none may be there; None: any."""

    save: Save
    digest: str
    device: str
    key: str
    base: int | None


class Stored(Struct, frozen=True):
    """A save as the server has it."""

    type: str
    version: int
    saved_at: datetime
    device: str
    save: Save


def read_save(body: bytes, kind: str) -> Save:
    """Return the save of type *kind* in *body*; raises Problem that names what is wrong."""
    if len(body) > limit(kind):
        raise too_large(kind)
    try:
        save = merge.decode(body)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at ")
        # For a key of an object the place reads "`key` in `$.sums[...]`".
        field = FieldError(place.rpartition("$")[2].rstrip("`").lstrip("."), message)
        raise Problem(400, "invalid_save", "a field of the save is wrong", [field]) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Problem(400, "invalid_json", f"the body is not JSON: {error}") from error
    if save.type != kind:
        field = FieldError("type", f"is {save.type!r}, the address says {kind!r}")
        raise Problem(400, "invalid_save", "the save is of another type", [field])
    check(save)
    return save


def check(save: Save) -> None:
    """Raise Problem unless *save* shows as a document, or as copies that are not too large."""
    if merge.data_type_of(save) is None:
        check_slot(save)
        return
    if save.copies or save.seen:
        field = FieldError("copies", "only a free slot has copies")
        raise Problem(400, "invalid_save", "a field of the save is wrong", [field])
    try:
        merge.show(save)
    except BadSave as error:
        detail = "the save holds what no document can hold"
        raise Problem(400, "invalid_save", detail, [FieldError("", str(error))]) from error


def check_slot(save: Save) -> None:
    if save.sums or save.maxima or save.earliest or save.registers or save.rows:
        detail = "a free slot has copies and nothing else"
        raise Problem(400, "invalid_save", detail)
    for dot, copy in save.copies.items():
        if not merge.has_seen(save, dot):
            field = FieldError(f"copies[{dot!r}]", "is not among what was seen")
            raise Problem(400, "invalid_save", "a field of the save is wrong", [field])
        if len(copy.content) > MAX_COPY_BYTES:
            raise Problem(413, "save_too_large", f"a copy holds at most {MAX_COPY_BYTES} bytes")


def limit(kind: str) -> int:
    return MAX_SLOT_BYTES if kind.startswith("slot-") else MAX_BYTES.get(kind, MAX_DOCUMENT_BYTES)


def too_large(kind: str) -> Problem:
    return Problem(413, "save_too_large", f"a save of {kind} has at most {limit(kind)} bytes")


def put(tx: Transaction, player_id: str, upload: Upload, now: datetime) -> tuple[Stored, bool]:
    """Merge *upload* into the player's save; say if it is the first version. Raises Problem.

    An upload whose key was taken before changes nothing and is answered with what is there now.
    """
    kind = upload.save.type
    found = saves.latest(tx, player_id, kind)
    taken = saves.uploaded(tx, player_id, upload.key)
    if taken is not None:
        if found is None or taken != (kind, upload.digest):
            raise Problem(422, "key_reused", "this Idempotency-Key was sent with another body")
        return stored(found), False
    check_base(upload.base, found)
    check_clock(upload.save, now)
    if found is None:
        check_slots(tx, player_id, kind)
        kept = add(tx, player_id, upload.save, Info(kind, 1, now, upload.device))
    else:
        kept = merge_into(tx, player_id, stored(found), upload, now)
    at = instant.to_store(now)
    saves.note_upload(tx, player_id, upload.key, kind, upload.digest, at)
    return kept, found is None


def check_base(base: int | None, found: Version | None) -> None:
    """Raise Problem if the version that is there is not the one that was asked for."""
    if found is None:
        if base is None:
            detail = "there is no save yet; to begin one, send If-None-Match: *"
            raise Problem(409, "no_save", detail)
        if base > 0:
            raise Problem(412, "version_mismatch", f"there is no save, so no version {base}")
        return
    version = found.info.version
    if base is not None and base != version:
        detail = f"the present version is {version}; get it, merge it, and try again"
        raise Problem(412, "version_mismatch", detail, headers={"ETag": etag(version)})


def check_clock(save: Save, now: datetime) -> None:
    """Raise Problem if the save's clock is so far ahead that it would win for years."""
    latest = max(
        [save.clock[0], *(r.at[0] for r in save.registers.values())]
        + [row.at[0] for row in save.rows.values()]
        + [copy.at[0] for copy in save.copies.values()]
    )
    if latest > instant.to_store(now) // 1000 + MAX_AHEAD_MS:
        field = FieldError("clock", "is more than two years ahead")
        raise Problem(400, "clock_ahead", "set the clock of the device right", [field])


def check_slots(tx: Transaction, player_id: str, kind: str) -> None:
    """Raise Problem if the player has all the slots there are."""
    held = sum(info.type.startswith("slot-") for info in saves.present(tx, player_id))
    if kind.startswith("slot-") and held >= MAX_SLOTS:
        raise Problem(409, "too_many_slots", f"a player has at most {MAX_SLOTS} slots")


def merge_into(
    tx: Transaction, player_id: str, there: Stored, upload: Upload, now: datetime
) -> Stored:
    """Keep what *there* and *upload* come to as the next version, if that is any different."""
    mine, theirs = upload.save.tips[upload.device], there.save.tips.get(upload.device)
    if theirs is not None and merge.diverged(mine, theirs):
        detail = "another device uploads under this device's id; go on under a new one"
        raise Problem(409, "device_cloned", detail, headers={"ETag": etag(there.version)})
    merged = merge.merge(there.save, upload.save)
    if merged == there.save:
        return there
    return add(
        tx, player_id, merged, Info(there.type, there.version + 1, now, upload.device), there
    )


def add(
    tx: Transaction, player_id: str, save: Save, info: Info, before: Stored | None = None
) -> Stored:
    """Keep *save* as the version *info*, unless it is too large or lacks anything of *before*."""
    if before is not None:
        try:
            merge.check_growth(before.save, save)
        except Shrunk as error:
            raise Problem(409, "would_shrink", str(error)) from error
    check(save)
    if len(save.copies) > MAX_COPIES:
        detail = f"the slot holds {MAX_COPIES} copies side by side; pick one of them first"
        raise Problem(409, "too_many_copies", detail)
    content = merge.encode(save)
    if len(content) > limit(info.type):
        raise too_large(info.type)
    saves.add(tx, player_id, Version(info, content.decode()))
    return Stored(info.type, info.version, info.saved_at, info.device, save)


def restore(
    tx: Transaction, player_id: str, kind: str, version: int, now: datetime
) -> Stored | None:
    """Make what *version* held the present version; None if that is not kept."""
    there = saves.latest(tx, player_id, kind)
    old = saves.find(tx, player_id, kind, version)
    if there is None or old is None:
        return None
    before = stored(there)
    restored = merge.restored(before.save, stored(old).save, instant.to_store(now) // 1000)
    info = Info(kind, before.version + 1, now, merge.SERVER)
    return add(tx, player_id, restored, info, before)


def stored(found: Version) -> Stored:
    info = found.info
    save = merge.decode(found.content.encode())
    return Stored(info.type, info.version, info.saved_at, info.device, save)


def etag(version: int) -> str:
    return f'"{version}"'


def digest(body: bytes) -> str:
    """Return by what the same body is known again."""
    return blake2b(body, digest_size=16).hexdigest()
