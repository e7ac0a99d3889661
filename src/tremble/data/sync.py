"""What a device does next about one save: pure, no file, no clock, no network (see cloud.py).

    joined?  no ──► DOWNLOAD ──► there is one: merge it in, joined
                             └─► there is none: ASK, until the player wants a new profile
             yes ─► something being sent, or changed? ──► UPLOAD ──► taken: merge the answer in
                                                                └─► refused: DOWNLOAD, or STOP

Nothing is uploaded before the server's save was merged in, or the player asked for a new profile:
a device that failed to load anything cannot put its empty state over a real one. What is sent is
written down first and repeated, byte for byte and under one key, until the server answered.
"""

from enum import Enum
from typing import Any

import msgspec
from msgspec import Struct, field, structs

from tremble.data import fields, merge
from tremble.data.documents import CLASSES, DataType, Document
from tremble.data.merge import Own, Save

#: After the first failure wait a second, then twice as long each time.
FIRST_WAIT_MS = 1_000
LONGEST_WAIT_MS = 15 * 60_000
#: Answers after which the server's save is fetched anew.
STALE = frozenset({"version_mismatch", "device_cloned"})
#: Answers after which the same upload may be taken later.
LATER = frozenset({408, 425, 429})


class Step(Enum):
    """What to do next."""

    NOTHING = "nothing"
    WAIT = "wait"
    DOWNLOAD = "download"
    UPLOAD = "upload"
    #: There is no save on the server: does the player want a new profile?
    ASK = "ask"
    #: The server refuses this save for good; `stopped` says why, and all is kept here.
    STOP = "stop"


class Sending(Struct, frozen=True):
    """An upload under way; *key* is random and its own."""

    key: str
    save: Save


class Local(Struct, frozen=True):
    """All that a device keeps about one save; written down whole after every change."""

    device: str
    save: Save
    #: The document as the game knew it when it was last recorded; None for a free slot.
    base: Any = None
    #: The document that is just being given to the game.
    applying: Any = None
    joined: bool = False
    #: The server has no save.
    absent: bool = False
    #: The server's save must be merged in before the next upload.
    stale: bool = False
    dirty: bool = False
    #: Version that the server had last; 0: none.
    version: int = 0
    sending: Sending | None = None
    #: What this device had added at its last upload that the server took.
    acked: Own = field(default_factory=lambda: Own({}, 0))
    failures: int = 0
    retry_at_ms: int = 0
    stopped: str = ""


def new_local(kind: str, device: str) -> Local:
    """Return the state of a device that never spoke with the server."""
    base = None
    if not kind.startswith("slot-"):
        base = msgspec.to_builtins(fields.empty_document(DataType(kind)))
    return Local(device=device, save=Save(kind), base=base)


def next_step(local: Local, now_ms: int) -> Step:
    """Say what to do next; on WAIT, at `retry_at_ms`."""
    if local.stopped:
        return Step.STOP
    if local.absent and not local.joined:
        return Step.ASK
    if local.joined and not (local.stale or local.sending or local.dirty):
        return Step.NOTHING
    # A longer wait than there is means that the clock was set back.
    if 0 < local.retry_at_ms - now_ms <= LONGEST_WAIT_MS:
        return Step.WAIT
    return Step.UPLOAD if local.joined and not local.stale else Step.DOWNLOAD


def noted(local: Local, document: Document, now_ms: int) -> Local:
    """Return *local* with what the game changed in *document* since it was last noted."""
    raw = msgspec.to_builtins(document)
    before = document_of(local, local.base)
    if local.applying is not None and raw != local.base:
        applying = document_of(local, local.applying)
        if builds_on(document, applying):
            before = applying
    save = merge.record(local.save, before, document, local.device, now_ms)
    return structs.replace(
        local, save=save, base=raw, applying=None, dirty=local.dirty or save != local.save
    )


def builds_on(document: Document, older: Document) -> bool:
    """Say whether *document* has all that *older* counts, so that it may have come from it."""
    counted = fields.split(document).sums
    return all(counted.get(path, 0) >= n for path, n in fields.split(older).sums.items())


def document_of(local: Local, raw: Any) -> Document:
    return msgspec.convert(raw, CLASSES[DataType(local.save.type)])


def to_apply(local: Local) -> Document | None:
    """Return the document that the game should read now, None if it has it already."""
    shown = merge.show(local.save)
    return None if msgspec.to_builtins(shown) == local.base else shown


def applying(local: Local, document: Document) -> Local:
    """Return *local* about to write *document* over the game's file: write this down first."""
    return structs.replace(local, applying=msgspec.to_builtins(document))


def slot_written(local: Local, content: bytes, now_ms: int) -> Local:
    """Return *local* with *content* in the free slot, in place of all copies that were in it."""
    save = merge.put_copy(local.save, content, local.device, now_ms)
    return structs.replace(local, save=save, dirty=True)


def downloaded(local: Local, theirs: Save, version: int, new_device: str) -> Local:
    """Return *local* with the server's save merged in, and joined.

    If another uploads under our id, all that is not on the server moves to *new_device*.
    """
    if merge.is_clone(local.save.tips.get(local.device), theirs.tips.get(local.device)):
        local = forked(local, theirs, new_device)
    save = merge.merge(local.save, theirs)
    return structs.replace(
        local,
        save=save,
        joined=True,
        absent=False,
        stale=False,
        dirty=save != theirs,
        version=version,
        failures=0,
        retry_at_ms=0,
    )


def forked(local: Local, theirs: Save, new_device: str) -> Local:
    base = local.acked
    mine = local.save.tips.get(local.device)
    if mine is not None and local.sending is not None:
        common = merge.agreed(mine, theirs.tips[local.device])
        if common == local.sending.save.tips[local.device].number:
            base = merge.own(local.sending.save, local.device)
    save = merge.fork(local.save, base, local.device, new_device)
    return structs.replace(
        local, device=new_device, save=save, sending=None, acked=Own({}, 0), dirty=True
    )


def found_absent(local: Local) -> Local:
    """Return *local* knowing that the server has no save. Nothing is uploaded by that alone."""
    return structs.replace(local, joined=False, absent=True, stale=False, failures=0)


def new_profile(local: Local) -> Local:
    """Return *local* after the player asked for a new profile: what is here begins it."""
    return structs.replace(local, joined=True, version=0, dirty=True, stopped="", sending=None)


def sealed(local: Local, key: str, tag: str) -> Local:
    """Return *local* with an upload to send, the one under way if there is one. Write it down first."""
    if local.sending is not None:
        return local
    save = merge.seal(local.save, local.device, tag)
    return structs.replace(local, save=save, sending=Sending(key, save), dirty=False)


def upload_headers(local: Local) -> dict[str, str]:
    """Return the headers of the upload under way: the first begins the save, later ones merge."""
    assert local.sending is not None
    headers = {"Tremble-Device": local.device, "Idempotency-Key": local.sending.key}
    return headers if local.version else {**headers, "If-None-Match": "*"}


def acknowledged(local: Local, theirs: Save, version: int) -> Local:
    """Return *local* after the server took the upload and told what all comes to."""
    assert local.sending is not None
    save = merge.merge(local.save, theirs)
    return structs.replace(
        local,
        save=save,
        sending=None,
        acked=merge.own(local.sending.save, local.device),
        dirty=save != theirs,
        version=version,
        failures=0,
        retry_at_ms=0,
    )


def refused(local: Local, status: int, code: str, now_ms: int, wait_ms: int, share: float) -> Local:
    """Return *local* after an answer other than success; *wait_ms* is what the server asks for."""
    if code in STALE:
        return structs.replace(local, sending=None, stale=True, dirty=True)
    if status >= 500 or status in LATER or status == 401:
        return failed(local, now_ms, wait_ms, share)
    return structs.replace(local, stopped=code, sending=None, dirty=True)


def failed(local: Local, now_ms: int, wait_ms: int, share: float) -> Local:
    """Return *local* after no answer, to be tried again later.

    *share* is random, 0 to 1, so that devices do not come back all at once.
    """
    longest = min(FIRST_WAIT_MS << min(local.failures, 20), LONGEST_WAIT_MS)
    wait = min(max(wait_ms, int(longest * (0.5 + share / 2))), LONGEST_WAIT_MS)
    return structs.replace(local, failures=local.failures + 1, retry_at_ms=now_ms + wait)
