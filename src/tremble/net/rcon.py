"""The Source RCON protocol without a socket, both ends.

  4  size of what follows, 10 .. 4110 from a client
  4  id, chosen by the client, sent back with each answer
  4  kind
     body, UTF-8, ended by a NUL; then another NUL

  from the client                          our answer
  -----------------------------------------------------------------------------------------------
  AUTH, the password                       AUTH_RESPONSE with its id, or with id -1 and the end
  COMMAND, a line                          RESPONSE once, or more often if the answer is long
  RESPONSE, empty: "is that all?"          the same, then RESPONSE with the body 00 01 00 00

All numbers are little-endian. Valve's server sends an empty RESPONSE before AUTH_RESPONSE; several
clients take that for the answer, none needs it, so it is not sent.
"""

from struct import Struct
from typing import Final

from tremble.errors import ProtocolError

RESPONSE: Final = 0
COMMAND: Final = 2
AUTH_RESPONSE: Final = 2
AUTH: Final = 3

#: The id of the answer to a wrong password.
REFUSED: Final = -1
#: A longer answer goes in pieces of so many bytes, up to 3 more so that no character is cut: clients
#: take a shorter piece for the last one.
PIECE: Final = 4096
#: Size of a packet without and with the longest body, as a client may send it and as we do.
MIN_SIZE: Final = 10
MAX_REQUEST: Final = 4110
MAX_RESPONSE: Final = MIN_SIZE + PIECE + 3
#: The second half of the answer to an empty RESPONSE.
END: Final = b"\0\1\0\0"

SIZE: Final = Struct("<i")
HEAD: Final = Struct("<iii")


class Packet:
    """One packet: *number* its id, *kind* as above, *body* without the NULs."""

    def __init__(self, number: int, kind: int, body: bytes) -> None:
        self.number = number
        self.kind = kind
        self.body = body

    @property
    def text(self) -> str:
        """The body as text; what is no UTF-8 is replaced."""
        return self.body.decode("utf-8", "replace")


class Reader:
    """Cuts a stream into packets; *max_size* is the longest that the other end may send."""

    def __init__(self, max_size: int) -> None:
        self.max_size = max_size
        self.rest = b""

    def receive(self, data: bytes) -> list[Packet]:
        """Return the packets that *data* completes. Raises ProtocolError for a size out of range."""
        self.rest += data
        packets: list[Packet] = []
        at = 0
        while len(self.rest) - at >= SIZE.size:
            size = int(SIZE.unpack_from(self.rest, at)[0])
            if size < MIN_SIZE or size > self.max_size:
                raise ProtocolError(f"an RCON packet of {size} bytes")
            if len(self.rest) - at < SIZE.size + size:
                break
            packets.append(read(self.rest[at : at + SIZE.size + size]))
            at += SIZE.size + size
        self.rest = self.rest[at:]
        return packets


def read(data: bytes) -> Packet:
    """Return the packet that *data* is; its body ends at the first NUL, what follows is ignored."""
    _, number, kind = HEAD.unpack_from(data)
    body = data[HEAD.size :]
    end = body.find(b"\0")
    return Packet(int(number), int(kind), body if end < 0 else body[:end])


def encode(number: int, kind: int, body: bytes) -> bytes:
    """Return a packet as it travels."""
    return HEAD.pack(len(body) + MIN_SIZE, number, kind) + body + b"\0\0"


def respond(number: int, text: str) -> bytes:
    """Return *text* as the answer to the command *number*: one packet or more, never none."""
    body = text.replace("\0", " ").encode("utf-8", "replace")
    out = bytearray()
    at = 0
    while True:
        end = boundary(body, at + PIECE)
        out += encode(number, RESPONSE, body[at:end])
        at = end
        if at >= len(body):
            return bytes(out)


def boundary(body: bytes, at: int) -> int:
    """Return the first place from *at* on where no character of UTF-8 is cut."""
    while at < len(body) and body[at] & 0xC0 == 0x80:
        at += 1
    return min(at, len(body))


def respond_end(number: int) -> bytes:
    """Return the answer to an empty RESPONSE with id *number*."""
    return encode(number, RESPONSE, b"") + encode(number, RESPONSE, END)
