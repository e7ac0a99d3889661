"""The probe: is the game server with this id at this address? One small datagram there, one back.

  {"type":"ping","timestamp":N} in BYTES bytes ──►   ◄── {"type":"pong","timestamp":N,"server_id":"..."}

The number is random, so only who has received the question can answer it, and the id in the answer is
that of the server that sends heartbeats: nobody can have somebody else's address listed. All questions
of a probe together are shorter than the heartbeat that brought it about: nobody gains by having us
send them. The game half knows these packets too (docs/protocol.md); the halves do not import each other.
"""

import asyncio
import secrets
from collections.abc import Sequence
from time import monotonic

import msgspec
from msgspec import Struct

#: Length of a question; the answer, which is never longer, fits.
BYTES = 96
#: Seconds to wait for an answer to each question.
PATIENCE = (0.5, 1.0, 2.0)


class Pong(Struct, tag_field="type", tag="pong"):
    """The answer to a question."""

    timestamp: int
    server_id: str = ""


class Ear(asyncio.DatagramProtocol):
    """Hears the answer of the server *server_id*; the socket hears nobody from elsewhere."""

    def __init__(self, server_id: str) -> None:
        self.server_id = server_id
        self.sent: dict[int, float] = {}  # number of a question -> when it was sent
        #: Milliseconds of the round trip; None: somebody else is there.
        self.heard: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()

    def question(self) -> bytes:
        """Return a fresh question."""
        number = secrets.randbits(52)
        self.sent[number] = monotonic()
        return msgspec.json.encode({"type": "ping", "timestamp": number}).ljust(BYTES)

    def datagram_received(self, data: bytes, addr: object) -> None:
        try:
            pong = msgspec.json.decode(data, type=Pong)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return
        sent = self.sent.get(pong.timestamp)
        if sent is None or self.heard.done():
            return
        there = pong.server_id == self.server_id
        self.heard.set_result((monotonic() - sent) * 1000.0 if there else None)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there yet: the next question may find somebody."""


async def probe(
    host: str, port: int, server_id: str, patience: Sequence[float] = PATIENCE
) -> float | None:
    """Return the round trip to the server in ms; None if it does not answer, or is another one."""
    loop = asyncio.get_running_loop()
    try:
        transport, ear = await loop.create_datagram_endpoint(
            lambda: Ear(server_id), remote_addr=(host, port)
        )
    except OSError:  # no route there
        return None
    try:
        for seconds in patience:
            transport.sendto(ear.question())
            done, _ = await asyncio.wait([ear.heard], timeout=seconds)
            if done:
                return ear.heard.result()
        return None
    finally:
        transport.close()
