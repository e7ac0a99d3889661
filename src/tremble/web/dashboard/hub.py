"""The hub: one link to the game server beside the web process, fanned out to all who look.

console.sock ─► link ─► hub ─► a seat for each open page ─► its stream

Whatever is told is written as JSON and as an event once, for all. The state comes every WATCHED_S while
anybody looks, else every RESTING_S, so that there is a history when somebody comes. Frames of an arena
come only while somebody looks at it; the more look, the fewer a second: pages move between two frames.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar
from msgspec import Struct

from tremble.look import Look, Numbers, Since, looked
from tremble.metrics import Family
from tremble.web.beside import beside
from tremble.web.dashboard.link import PATIENCE_S, Link, body_of
from tremble.web.problems import Problem

#: Often enough for who looks; the game answers when a tick was sent, in about a millisecond.
WATCHED_S = 5.0
RESTING_S = 10.0
#: Seconds before the next try to connect.
RETRY_S = 0.5
#: What is kept: two hours of states, and the last events.
MAX_HISTORY = 720
MAX_NEWS = 100
#: Frames a second for one who looks, and for all who do, of one arena.
MAX_HZ = 15.0
MIN_HZ = 2.0
FRAMES_A_SECOND = 400.0
#: Events that wait for one page; beyond them the oldest go, as none is worth more than its time.
MAX_WAITING = 256
#: Commands in which an address of a player may stand.
NAMES_ADDRESS = ("ban", "unban")
#: Pages that may be open at once.
MAX_SEATS = 400


class Point(Struct, frozen=True, array_like=True):
    """The state at one moment (Unix time in s), for the graphs; None: not known."""

    at: float
    players: int | None
    bots: int | None
    live: int
    tick_p50_ms: float | None
    tick_p99_ms: float | None
    out_bytes_a_s: float | None


class Seat:
    """One open page: what waits for it. *arena* is the one that it looks at, None: none."""

    def __init__(self, arena: int | None) -> None:
        self.arena = arena
        self._events: deque[bytes] = deque(maxlen=MAX_WAITING)
        self._frame: bytes | None = None
        self._something = asyncio.Event()
        self._ended = False

    def put(self, event: bytes) -> None:
        """Let *event* wait."""
        self._events.append(event)
        self._something.set()

    def show(self, frame: bytes) -> None:
        """Let *frame* wait in place of one that was not taken yet."""
        self._frame = frame
        self._something.set()

    def end(self) -> None:
        """Let the page's stream end."""
        self._ended = True
        self._something.set()

    async def take(self, patience_s: float) -> bytes | None:
        """Return all that waits, as soon as there is any; nothing after *patience_s*, None at the end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._something.wait()
        if self._ended:
            return None
        self._something.clear()
        found = [*self._events, self._frame or b""]
        self._events.clear()
        self._frame = None
        return b"".join(found)


class Hub:
    """Tells all open pages of the game server of *directory*; None: there is none here."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory
        self.history: deque[Point] = deque(maxlen=MAX_HISTORY)
        self.news: deque[dict[str, Any]] = deque(maxlen=MAX_NEWS)
        self.look = Look("here", up=False, wrong=["the game server was not asked yet"])
        self.seats: set[Seat] = set()
        self._link = Link(self._hear)
        self._before: Numbers | None = None
        self._wanted = asyncio.Event()
        self._events_id = 0
        self._watches: dict[
            int, tuple[int, float]
        ] = {}  # by arena: id of the watch, frames a second
        self._frames: dict[int, bytes] = {}
        self._said: bytes = b""
        self._closed = False

    @asynccontextmanager
    async def running(self, _: Litestar) -> AsyncIterator[None]:
        """A lifespan of the application, during which the game server is followed."""
        async with beside(*([] if self.directory is None else [self._follow, self._ask_on])):
            try:
                yield
            finally:
                self.close()

    def close(self) -> None:
        """Let all streams end, and those to come at once."""
        self._closed = True
        for seat in self.seats:
            seat.end()

    @contextmanager
    def seat(self, arena: int | None) -> Iterator[Seat]:
        """Take a seat, from which arena number *arena* is looked at. Raises Problem 503 if all are taken."""
        if len(self.seats) >= MAX_SEATS:
            raise Problem(503, "busy", f"{MAX_SEATS} pages are open already; close some")
        seat = Seat(arena)
        self.seats.add(seat)
        if self._said:
            seat.put(self._said)
        if arena in self._frames:
            seat.show(self._frames[arena])
        if self._closed:
            seat.end()
        self._wanted.set()
        self._watch()
        try:
            yield seat
        finally:
            self.seats.discard(seat)
            self._watch()

    async def call(self, line: str, by: str, role: str, origin: str) -> dict[str, Any]:
        """Have *line* obeyed for the operator *by*; return {"ok", "text", "data"}. Raises Problem 503."""
        who = {"by": by[:64], "via": "web", "role": role, "from": origin[:64]}
        try:
            return await self._link.ask({"line": line, **who})
        except OSError as error:
            raise Problem(503, "no_game_server", str(error)) from None

    async def _follow(self) -> None:
        assert self.directory is not None
        while not self._closed:
            try:
                await self._link.talk(self.directory, self._opened)
            except OSError as error:
                self._lost(error.strerror or str(error))
            await asyncio.sleep(RETRY_S)

    def _opened(self) -> None:
        self._events_id = self._link.send({"watch": "events"})
        self._watches.clear()
        self._watch()
        self._wanted.set()

    def _lost(self, why: str) -> None:
        self._before = None
        self._frames.clear()
        self._tell_look(Look("here", up=False, wrong=[f"the game server does not answer: {why}"]))

    async def _ask_on(self) -> None:
        while not self._closed:
            self._wanted.clear()
            try:
                await self._ask()
            except TimeoutError:
                self._lost(f"it has said nothing for {PATIENCE_S:.0f} s")
            except (OSError, KeyError, msgspec.ValidationError):
                pass  # there is no link, which was told; or another release answered
            if self.seats:
                await asyncio.sleep(WATCHED_S)
            else:
                with suppress(TimeoutError):
                    async with asyncio.timeout(RESTING_S):
                        await self._wanted.wait()

    async def _ask(self) -> None:
        """Ask how the server is, and tell it."""
        # Both at once: an empty server is woken by it.
        answers = await asyncio.gather(
            *[self._link.ask({"show": what}) for what in ("status", "metrics")]
        )
        status, told = answers[0]["data"]["status"], answers[1]["data"]["metrics"]
        numbers = Numbers(msgspec.convert(told, list[Family]))
        look = looked("here", status, Since(numbers, self._before))
        self._before = numbers
        self._tell_look(look)

    def _tell_look(self, look: Look) -> None:
        self.look = look
        at = time.time()
        self._keep(point_of(look, at))
        self._said = event("server", msgspec.json.encode({"at": at, "look": look}))
        for seat in self.seats:
            seat.put(self._said)

    def _keep(self, point: Point) -> None:
        """Keep a point every RESTING_S: those between are for who looks now."""
        if not self.history or point.at - self.history[-1].at >= RESTING_S - 0.5:
            self.history.append(point)

    def _hear(self, number: int, line: bytes) -> None:
        """Take what the server sends of itself."""
        if number == self._events_id:
            body = body_of(line, b"event")
            if body is not None:
                self._tell_news(msgspec.json.decode(body))
            return
        for arena, (watch, _) in self._watches.items():
            frame = body_of(line, b"arena") if watch == number else None
            if frame is not None:
                self._show(arena, event("arena", frame))

    def _tell_news(self, news: dict[str, Any]) -> None:
        # Addresses are not for every role, and a ban may name one.
        news.pop("address", None)
        if news.get("kind") == "command":
            news["line"] = shown_line(str(news["line"]))
        news.setdefault("at", datetime.now(UTC).isoformat())
        self.news.append(news)
        told = event("news", msgspec.json.encode(news))
        for seat in self.seats:
            seat.put(told)

    def _show(self, arena: int, frame: bytes) -> None:
        self._frames[arena] = frame
        for seat in self.seats:
            if seat.arena == arena:
                seat.show(frame)

    def _watch(self) -> None:
        """Watch the arenas that are looked at, as often as their number of pages allows."""
        wanted: dict[int, float] = {}
        for arena in {seat.arena for seat in self.seats} - {None}:
            looking = sum(1 for seat in self.seats if seat.arena == arena)
            wanted[arena or 0] = rate_for(looking)
        with suppress(OSError):
            for arena, (number, hz) in list(self._watches.items()):
                if wanted.get(arena) != hz:
                    self._link.send({"id": number, "stop": True})
                    del self._watches[arena]
                    self._frames.pop(arena, None)
            for arena, hz in wanted.items():
                if arena not in self._watches:
                    number = self._link.send({"watch": "arena", "arena": arena, "hz": hz})
                    self._watches[arena] = (number, hz)


def shown_line(line: str) -> str:
    """Return a command as everybody may see it: of those that may name an address the first word."""
    name = line.split(maxsplit=1)[0].lower() if line.strip() else ""
    return f"{name} …" if name in NAMES_ADDRESS else line


def rate_for(looking: int) -> float:
    """Return the frames a second of an arena at which so many pages look; in steps, so it seldom changes."""
    for hz in (MAX_HZ, 10.0, 6.0, 4.0):
        if looking * hz <= FRAMES_A_SECOND:
            return hz
    return MIN_HZ


def point_of(look: Look, at: float) -> Point:
    """Return *look* as a point of the graphs."""
    live = sum(1 for arena in look.arenas if arena.phase in ("live", "overtime"))
    out = look.bytes_out
    return Point(at, look.players, look.bots, live, look.tick_p50_ms, look.tick_p99_ms, out)


def event(name: str, body: bytes) -> bytes:
    """Return *body*, JSON on one line, as a server-sent event."""
    return b"event: " + name.encode() + b"\ndata: " + body + b"\n\n"
