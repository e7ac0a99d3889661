"""The list of servers in Valve's dialect, over UDP, for tools that know it.

  asked      31 | u8 region | seed "A.B.C.D:PORT" 00 | filter "\\key\\value..." 00
  answered   FFFFFFFF 66 0A | of each: 4 bytes address, u16 port, big-endian | at the end 0.0.0.0:0

The dialect has no challenge, so answers are longer than questions. To be of little use to who forges
addresses: the list is a ring that begins for each asker elsewhere; the first page is short; a whole one
gets only who names the end of a page before, which who has not received that cannot know. And askers
have budgets, one by one and together. IPv4 alone: the dialect has no other.
"""

import asyncio
import secrets
import socket
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from fnmatch import fnmatchcase
from hashlib import blake2s
from ipaddress import IPv4Address, ip_address
from time import monotonic
from typing import NamedTuple, cast

from litestar import Litestar

from tremble.errors import StoreError
from tremble.store.servers import Server
from tremble.web.limits import Limits, Rule, network
from tremble.web.places import reach, read_host, read_place
from tremble.web.registry import Registry

HEAD = b"\xff\xff\xff\xff\x66\x0a"
END = bytes(6)
QUESTION = 0x31
#: Servers on the first page and on the others: 126 and 1,086 bytes.
FIRST, MORE = 20, 180
#: Longest question read.
MAX_BYTES = 512
ASKER = Rule("master", 60, 0.5)
ALL = Rule("master_all", 200, 0.01)
#: Region bytes by the words of server.region; 255 is any.
REGIONS = {
    word: number
    for number, word in enumerate(
        ("us-east", "us-west", "south-america", "europe", "asia", "australia", "middle-east", "africa")
    )
}  # fmt: skip
ANY_REGION = 255


class Question(NamedTuple):
    """What is asked: behind the address *seed* (6 bytes, zero for the first page), pairs of a filter.

    *shorter* is the seed if the last digit of its port is none of it.
    """

    region: int
    seed: bytes
    filter: tuple[tuple[str, str], ...]
    shorter: bytes = END


class Entry(NamedTuple):
    """A server at its place on the ring."""

    seal: bytes
    packed: bytes
    server: Server


def read_question(data: bytes) -> Question | None:
    """Return the question in *data*, None if it is none."""
    if len(data) > MAX_BYTES or len(data) < 3 or data[0] != QUESTION:
        return None
    seed, _, rest = data[2:].partition(b"\0")
    if b"\\" in seed:  # one client forgets the byte between them
        seed, _, rest = seed.partition(b"\\")
        rest = b"\\" + rest
    host, _, port = seed.decode("ascii", "replace").partition(":")
    digits = port[: len(port) - len(port.lstrip("0123456789"))]
    shorter = read_seed(host, digits[:-1])
    packed = read_seed(host, digits) or shorter
    if packed is None or shorter is None:
        return None
    words = rest.partition(b"\0")[0].decode("utf-8", "replace").split("\\")[1:]
    return Question(data[1], packed, tuple(zip(words[::2], words[1::2], strict=False)), shorter)


def read_seed(host: str, digits: str) -> bytes | None:
    """Return the 6 bytes of an address A.B.C.D and the *digits* of a port; None if it is none."""
    try:
        return IPv4Address(host).packed + int(digits or "0").to_bytes(2, "big")
    except (ValueError, OverflowError):
        return None


def ring(servers: list[Server], secret: bytes) -> list[Entry]:
    """Return the *servers* with an IPv4 address in an order that nobody can know beforehand."""
    found = []
    for server in servers:
        place = read_place(server.address, 0)
        host = ip_address(place.host)
        if isinstance(host, IPv4Address):
            packed = host.packed + place.port.to_bytes(2, "big")
            found.append(Entry(seal(secret, packed), packed, server))
    return sorted(found, key=lambda entry: entry.seal)


def seal(secret: bytes, data: bytes) -> bytes:
    return blake2s(data, key=secret, digest_size=8).digest()


def answer(question: Question, entries: list[Entry], secret: bytes, host: bytes) -> bytes:
    """Return the page of *entries*, a ring, that *host* asks for."""
    fitting = [entry for entry in entries if fits(question, entry.server)]
    start = bisect_right(fitting, seal(secret, host), key=lambda entry: entry.seal)
    mine = fitting[start:] + fitting[:start]
    at, whole = 0, False
    if question.seed != END:
        seed = meant(question, fitting)
        behind = bisect_right(fitting, seal(secret, seed), key=lambda entry: entry.seal)
        at = (behind - start) % len(fitting) if fitting else 0
        at = len(fitting) if at == 0 else at  # the last of the list was the seed
        whole = mine[at - 1].packed == seed and (at - FIRST) % MORE == 0 if mine else False
    page = mine[at : at + (MORE if whole else FIRST)]
    end = END if at + len(page) >= len(mine) else b""
    return HEAD + b"".join(entry.packed for entry in page) + end


def meant(question: Question, entries: list[Entry]) -> bytes:
    """Return the seed that is meant: one client leaves a stale byte, maybe a digit, behind the port."""
    packed = {entry.packed for entry in entries}
    shorter = question.seed not in packed and question.shorter in packed
    return question.shorter if shorter else question.seed


def fits(question: Question, server: Server) -> bool:
    """Say whether *server* is asked for."""
    region = REGIONS.get(server.info.region, ANY_REGION)
    if question.region not in (ANY_REGION, region):
        return False
    pairs = list(question.filter)
    while pairs:
        key, value = pairs.pop(0)
        if key in ("nor", "nand"):
            count = int(value) if value.isascii() and value.isdigit() else 0
            group, pairs = pairs[:count], pairs[count:]
            told = [meets(server, *pair) for pair in group]
            if told and (any(told) if key == "nor" else all(told)):
                return False
        elif not meets(server, key, value):
            return False
    return True


#: What each key of a filter asks for; keys that are not here ask for nothing.
KEYS: dict[str, Callable[[Server, str], bool]] = {
    "gamedir": lambda server, value: value.lower() == "tremble",
    "map": lambda server, value: server.info.map == value.lower(),
    "empty": lambda server, value: value != "1" or server.info.players > 0,
    "noplayers": lambda server, value: value != "1" or server.info.players == 0,
    "full": lambda server, value: value != "1" or server.info.players < server.info.max_players,
    "password": lambda server, value: value != "0" or not server.info.password,
    "secure": lambda server, value: value != "1",
    "name_match": lambda server, value: like(server.info.name, value),
    "version_match": lambda server, value: like(server.info.version, value),
    "gameaddr": lambda server, value: value in (server.address, server.address.partition(":")[0]),
    "gametype": lambda server, value: (
        set(value.lower().split(",")) <= {server.info.gamemode, *server.info.tags}
    ),
}


def meets(server: Server, key: str, value: str) -> bool:
    """Say whether *server* is what one pair of a filter asks for."""
    return key not in KEYS or KEYS[key](server, value)


def like(text: str, pattern: str) -> bool:
    """Say whether *text* is like *pattern*, in which * stands for anything."""
    return fnmatchcase(text.casefold(), pattern.casefold().replace("[", "[[]"))


class Master(asyncio.DatagramProtocol):
    """Answers from the list of *registry*."""

    def __init__(self, registry: Registry, limits: Limits) -> None:
        self._registry = registry
        self._limits = limits
        self._secret = secrets.token_bytes(32)
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers: list[Server] = []
        self._ring: list[Entry] = []
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        question = read_question(data)
        now = monotonic()
        if question is None or self._limits.wait(ASKER, network(addr[0]), now):
            return
        if self._limits.wait(ALL, "", now):
            return
        task = asyncio.create_task(self._answer(question, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def error_received(self, exc: Exception) -> None:
        """Somebody did not wait for the answer."""

    async def _answer(self, question: Question, addr: tuple[str, int]) -> None:
        with suppress(StoreError):
            servers = await self._registry.listed()
            if servers is not self._servers:
                self._servers, self._ring = servers, ring(servers, self._secret)
            host = read_host(addr[0])
            near = 0 if self._registry.options.allow_private else reach(host)
            seen = [entry for entry in self._ring if entry.server.reach >= near]
            packed = b"" if host is None else host.packed
            if self._transport is not None:
                self._transport.sendto(answer(question, seen, self._secret, packed), addr)


def running(
    sock: socket.socket, registry: Registry, limits: Limits
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """Return a lifespan of the application, during which the bound *sock* is answered on."""

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        transport, _protocol = await loop.create_datagram_endpoint(
            lambda: Master(registry, limits), sock=sock
        )
        try:
            yield
        finally:
            transport.close()

    return lifespan
