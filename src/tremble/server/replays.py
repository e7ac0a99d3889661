"""Recording: inputs of matches on their way to the disk, on a thread of its own.

  begin() -> <id>.part -> write() ... -> end() -> digest into the result -> outbox -> <id>.trpl
                                      -> drop(): no result, nothing kept
                                      -> fail(): <id>.fault.trpl with the traceback beside it

The tick hands bytes over and goes on. A disk that fails costs the replay, never the result.
"""

import hashlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, BinaryIO

import msgspec

from tremble.errors import ReplayError
from tremble.log import logger
from tremble.match import replay
from tremble.match.header import Ending, Header
from tremble.match.replay import HASH_EVERY, RECORDS, Recorder
from tremble.match.tally import Who
from tremble.result import MatchResult
from tremble.shelf import Shelf
from tremble.sim.state import Usercmd, World, state_hash

log = logger("replays")

#: Bytes of records that wait in a match before they are written: some 40 s of a duel. What a crash
#: of the process takes along.
CHUNK = 16384


class File:
    """A replay that is being written."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.digest = hashlib.sha256()

    def append(self, data: bytes) -> None:
        self.file.write(data)
        self.file.flush()
        self.digest.update(data)


class Replays:
    """Writes replays to *shelf*; *put* takes each result once its replay is complete.

    Not *afresh*: go_on() tells which are to be gone on with, before anything else.
    """

    def __init__(
        self, shelf: Shelf, put: Callable[[MatchResult], None], afresh: bool = True
    ) -> None:
        self.shelf = shelf
        self.put = put
        self._cut = 0
        self._files: dict[str, File] = {}
        self._ended: dict[str, str] = {}  # match id -> digest of the replay
        self._inbox: queue.SimpleQueue[tuple[Callable[..., None], tuple[Any, ...]] | None] = (
            queue.SimpleQueue()
        )
        if afresh:
            self.go_on([])
        self._thread = threading.Thread(target=self._run, name="replays", daemon=True)
        self._thread.start()

    def go_on(self, recordings: "list[Recording]") -> None:
        """Go on with *recordings* of a process that has gone; what else it was recording is cut."""
        going_on = {found.match_id for found in recordings}
        self._inbox.put((self._keep_cut, (going_on,)))
        for found in recordings:
            job = found.match_id, found.handed, found.last
            self._inbox.put((self._resume, job))

    def begin(self, header: Header) -> None:
        """A match begins to count."""
        self._inbox.put((self._begin, (header,)))

    def write(self, match_id: str, records: bytes) -> None:
        """Append *records* to its replay."""
        self._inbox.put((self._write, (match_id, records)))

    def end(self, match_id: str, end: Ending) -> None:
        """It has ended; its result comes by post()."""
        self._inbox.put((self._end, (match_id, end)))

    def drop(self, match_id: str) -> None:
        """It ends without a result."""
        self._inbox.put((self._drop, (match_id,)))

    def fail(self, match_id: str, traceback: str) -> None:
        """It ends by a fault of ours."""
        self._inbox.put((self._fail, (match_id, traceback)))

    def post(self, result: MatchResult) -> None:
        """Pass *result* on, with the digest of its replay if there is one."""
        self._inbox.put((self._post, (result,)))

    def take_cut(self) -> int:
        """Return how many matches a process that has gone left cut off; 0 from the second time on."""
        found, self._cut = self._cut, 0
        return found

    def close(self) -> None:
        """Do what was asked for so far, and stop."""
        self._inbox.put(None)
        self._thread.join()
        for match_id in list(self._files):
            self._drop(match_id)

    def _run(self) -> None:
        while True:
            job = self._inbox.get()
            if job is None:
                return
            work, arguments = job
            try:
                work(*arguments)
            except OSError as error:
                log.error("replay not written", why=str(error))
                self._give_up(arguments[0])
            except Exception:
                # Our fault: results come this way too, so it must not end the thread.
                log.exception("replay failed")
                self._give_up(arguments[0])

    def _give_up(self, about: object) -> None:
        """Forget the replay that cannot be written."""
        if isinstance(about, Header):
            about = about.match_id
        if isinstance(about, str):
            found = self._files.pop(about, None)
            self._ended.pop(about, None)
            if found is not None:
                found.file.close()

    def _keep_cut(self, going_on: set[str]) -> None:
        try:
            self._cut = self.shelf.keep_cut(going_on)
        except OSError as error:
            log.error("replays not looked through", why=str(error))
        if self._cut:
            log.warning("replays of matches that were cut off are kept", count=self._cut)

    def _resume(self, match_id: str, handed: int, last: bytes) -> None:
        """Go on with the file of *match_id*, of which *handed* bytes of records were handed over.

        *last* are the last of them: they may not have come to the disk.
        """
        try:
            written = self.shelf.part(match_id).read_bytes()
            kept, size = up_to(written, handed)
        except (OSError, ReplayError) as error:
            log.error("replay not gone on with", match_id=match_id, why=str(error))
            return
        if size == handed - len(last) and last:
            kept += replay.block(RECORDS, last)
        elif size != handed:
            log.error("replay not gone on with", match_id=match_id, why="a part of it is lost")
            return
        found = File(self.shelf.part(match_id).open("wb"))
        self._files[match_id] = found
        found.append(kept)

    def _begin(self, header: Header) -> None:
        self.shelf.directory.mkdir(parents=True, exist_ok=True)
        self.shelf.cut(header.match_id).unlink(missing_ok=True)  # of a process that has gone
        found = File(self.shelf.part(header.match_id).open("wb"))
        self._files[header.match_id] = found
        found.append(replay.beginning(header))

    def _write(self, match_id: str, records: bytes) -> None:
        if match_id in self._files:
            self._files[match_id].append(replay.block(RECORDS, records))

    def _end(self, match_id: str, end: Ending) -> None:
        if match_id in self._files:
            self._files[match_id].append(replay.ending(end))
            self._ended[match_id] = self._files[match_id].digest.hexdigest()

    def _post(self, result: MatchResult) -> None:
        digest = self._ended.pop(result.match_id, None)
        if digest is None:
            self.put(result)
            return
        # Before the file is safe on the disk: a result is worth more than its replay.
        self.put(msgspec.structs.replace(result, replay=digest))
        self._finish(result.match_id, f"{result.match_id}.trpl")
        gone = self.shelf.prune(time.time())
        if gone:
            log.info("old replays deleted", count=gone)

    def _drop(self, match_id: str) -> None:
        found = self._files.pop(match_id, None)
        if found is not None:
            found.file.close()
            self.shelf.part(match_id).unlink(missing_ok=True)

    def _fail(self, match_id: str, traceback: str) -> None:
        if match_id in self._files:
            self._finish(match_id, f"{match_id}.fault.trpl")
            path = self.shelf.directory / f"{match_id}.fault.txt"
            path.write_text(traceback, "utf-8")
            log.error("replay of the failed match kept", match_id=match_id)

    def _finish(self, match_id: str, name: str) -> None:
        self._files.pop(match_id).file.close()
        self.shelf.finish(self.shelf.part(match_id), name)


def up_to(data: bytes, handed: int) -> tuple[bytes, int]:
    """Return the start of a replay that is being written, with at most *handed* bytes of records.

    And how many those are. Raises ReplayError if it has not even a header.
    """
    if data[:4] != replay.MAGIC:
        raise ReplayError("there is no file of it")
    _, at = replay.read_block(data, len(replay.MAGIC))
    size = 0
    while size < handed and at < len(data):
        try:
            records, end = replay.read_block(data, at)
        except ReplayError:
            break  # the process died while it wrote it
        if size + len(records) > handed:
            break
        size += len(records)
        at = end
    return data[:at], size


class Recording:
    """One match that is being recorded, as its arena sees it."""

    def __init__(self, replays: Replays, header: Header) -> None:
        self.replays = replays
        self.match_id = header.match_id
        self.recorder = Recorder()
        self.handed = 0  # bytes of records handed over so far
        self.last = b""  # the last of them
        replays.begin(header)

    def before(self, commands: list[Usercmd | None], backs: list[int]) -> None:
        """A tick is about to be played with these inputs, by slot."""
        self.recorder.tick(commands, backs)

    def after(self, world: World) -> None:
        """It was played."""
        if self.recorder.ticks % HASH_EVERY == 0:
            self.recorder.hash(state_hash(world))
        if len(self.recorder) >= CHUNK:
            self.flush()

    def join(self, slot: int, who: Who) -> None:
        """*who* plays in *slot* from now on."""
        self.recorder.join(slot, who)

    def leave(self, slot: int) -> None:
        """Nobody plays in *slot* any more."""
        self.recorder.leave(slot)

    def end(self, world: World, result: MatchResult) -> None:
        """The match has ended with *result*."""
        self.flush()
        end = Ending(self.recorder.ticks, f"{state_hash(world):016x}", result)
        self.replays.end(self.match_id, end)

    def drop(self) -> None:
        """The match goes on no more, and has no result."""
        self.replays.drop(self.match_id)

    def fail(self, traceback: str) -> None:
        """The match goes on no more, for a fault of ours."""
        self.flush()
        self.replays.fail(self.match_id, traceback)

    def flush(self) -> None:
        if len(self.recorder):
            self.last = self.recorder.take()
            self.handed += len(self.last)
            self.replays.write(self.match_id, self.last)
