"""Every message but snapshots and usercmds: one class, one id, one row of LAYOUT.

  8  message id
     the values of LAYOUT in their order, little-endian:
       u8 u16 u32 i16   numbers
       str              u8 length, UTF-8 bytes (a longer text is cut between two characters)
       key              16 bytes
       rest             all bytes that are left, at most 400, perhaps none
       scores           u8 count, then count times: u8 slot, i16 score, u16 kills, u16 deaths, u16 ping in ms

All travel on ENet channel 0, reliable. `docs/protocol.md` holds the same tables.
"""

from dataclasses import dataclass
from struct import Struct
from typing import Final

from tremble.errors import ProtocolError

#: Counted up whenever an older client could no longer play.
PROTOCOL_VERSION: Final = 1
#: ENet connect data of a client: this bit and the version. Other values are peer ids of Godot's own.
CONNECT_DATA: Final = 0x8000_0000 | PROTOCOL_VERSION

# ENet channels
CHANNEL_RELIABLE: Final = 0
CHANNEL_SNAPSHOT: Final = 1
CHANNEL_USERCMD: Final = 2
CHANNELS: Final = 4

# Join.flags
JOIN_SPECTATE: Final = 1
JOIN_BOT: Final = 2

# Refused.code and the data of ENet's disconnect
REFUSED_PROTOCOL: Final = 1
REFUSED_NAME: Final = 2
REFUSED_FULL: Final = 3
REFUSED_DUPLICATE: Final = 4
REFUSED_TIMEOUT: Final = 5
REFUSED_GARBAGE: Final = 6
REFUSED_STOPPING: Final = 7
REFUSED_ADDRESS: Final = 8
REFUSED_KICKED: Final = 9
REFUSED_BANNED: Final = 10
REFUSED_LINE: Final = 11
REFUSED_PASSWORD: Final = 12
REFUSED_TICKET: Final = 13

#: Seat.slot and Chat.slot of who has none.
NO_SLOT: Final = 255
#: Longest chat line and name, in characters.
MAX_CHAT: Final = 200
MAX_NAME: Final = 32
#: Longest `rest` of a message, in bytes.
MAX_REST: Final = 400


@dataclass(frozen=True)
class Join:
    """Client: let me in. *key* is the client's own secret, from which its player id follows.

    With a *ticket* of the record player id and name are those of the account that it was given to.
    """

    protocol: int
    key: bytes
    flags: int
    name: str
    ticket: bytes = b""


@dataclass(frozen=True)
class ChatLine:
    """Client: say this to everybody."""

    text: str


@dataclass(frozen=True)
class Spectate:
    """Client: 1 to leave the game and watch, 0 to queue for a slot."""

    on: int


@dataclass(frozen=True)
class Prove:
    """Client: I know the password. *proof* answers a Challenge; see password.py."""

    proof: bytes


@dataclass(frozen=True)
class Welcome:
    """Server: you are in; what is played here."""

    protocol: int
    tick: int
    tick_rate: int
    player_id: str
    server_name: str
    mode: str
    map: str
    map_digest: str


@dataclass(frozen=True)
class Refused:
    """Server: you are not let in, or are put out, and why. The connection ends after it."""

    code: int
    reason: str


@dataclass(frozen=True)
class Seat:
    """Server: your slot from now on (NO_SLOT: you watch), and your place in the queue (0: not in it)."""

    slot: int
    queue: int


@dataclass(frozen=True)
class PlayerInfo:
    """Server: who has *slot*. An empty name: nobody."""

    slot: int
    flags: int
    player_id: str
    name: str


@dataclass(frozen=True)
class PhaseInfo:
    """Server: the match is in *phase* since tick *since* until tick *ends* (0: open)."""

    phase: int
    since: int
    ends: int
    frag_limit: int
    match_id: str


@dataclass(frozen=True)
class Score:
    """One line of the scoreboard. *ping* in milliseconds."""

    slot: int
    score: int
    kills: int
    deaths: int
    ping: int


@dataclass(frozen=True)
class Scores:
    """Server: the scoreboard."""

    lines: list[Score]


@dataclass(frozen=True)
class MatchOver:
    """Server: the match has ended. *winner* is a slot, NO_SLOT after a draw."""

    winner: int
    ended_by: str
    match_id: str


@dataclass(frozen=True)
class Chat:
    """Server: somebody said this; *slot* is NO_SLOT for those who watch and for the server itself."""

    slot: int
    name: str
    text: str


@dataclass(frozen=True)
class MapChange:
    """Server: from *tick* on another level is played, perhaps in another mode; everybody stays."""

    tick: int
    mode: str
    map: str
    map_digest: str


@dataclass(frozen=True)
class Challenge:
    """Server: show that you know the password, by a Prove made of *nonce*, *salt* and *rounds*."""

    nonce: bytes
    salt: bytes
    rounds: int


LAYOUT: Final[dict[type, tuple[int, list[tuple[str, str]]]]] = {
    Join: (
        1,
        [("protocol", "u16"), ("key", "key"), ("flags", "u8"), ("name", "str"), ("ticket", "rest")],
    ),
    ChatLine: (2, [("text", "str")]),
    Spectate: (3, [("on", "u8")]),
    Prove: (4, [("proof", "key")]),
    Welcome: (
        65,
        [
            ("protocol", "u16"),
            ("tick", "u32"),
            ("tick_rate", "u8"),
            ("player_id", "str"),
            ("server_name", "str"),
            ("mode", "str"),
            ("map", "str"),
            ("map_digest", "str"),
        ],
    ),
    Refused: (66, [("code", "u8"), ("reason", "str")]),
    Seat: (67, [("slot", "u8"), ("queue", "u8")]),
    PlayerInfo: (68, [("slot", "u8"), ("flags", "u8"), ("player_id", "str"), ("name", "str")]),
    PhaseInfo: (
        69,
        [("phase", "u8"), ("since", "u32"), ("ends", "u32"), ("frag_limit", "u16"),
         ("match_id", "str")],
    ),
    Scores: (70, [("lines", "scores")]),
    MatchOver: (71, [("winner", "u8"), ("ended_by", "str"), ("match_id", "str")]),
    Chat: (72, [("slot", "u8"), ("name", "str"), ("text", "str")]),
    Challenge: (74, [("nonce", "key"), ("salt", "key"), ("rounds", "u32")]),
    MapChange: (73, [("tick", "u32"), ("mode", "str"), ("map", "str"), ("map_digest", "str")]),
}  # fmt: skip

BY_ID: Final[dict[int, type]] = {LAYOUT[kind][0]: kind for kind in LAYOUT}
#: Ids that a client may send.
FROM_CLIENT: Final = (1, 2, 3, 4)

NUMBER: Final = {"u8": Struct("<B"), "u16": Struct("<H"), "u32": Struct("<I"), "i16": Struct("<h")}
SCORE: Final = Struct("<BhHHH")


def encode(message: object) -> bytes:
    """Return *message* (an instance of a class of LAYOUT) as bytes.

    Raises ValueError for a key that is not 16 bytes long and a rest that is too long, struct.error for a
    number out of range.
    """
    number, layout = LAYOUT[type(message)]
    out = bytearray((number,))
    for name, kind in layout:
        value = getattr(message, name)
        if kind == "str":
            text = value.encode()[:255].decode(errors="ignore").encode()
            out.append(len(text))
            out += text
        elif kind == "key":
            if len(value) != 16:
                raise ValueError(f"a key has 16 bytes, not {len(value)}")
            out += value
        elif kind == "rest":
            if len(value) > MAX_REST:
                raise ValueError(f"a rest has at most {MAX_REST} bytes, not {len(value)}")
            out += value
        elif kind == "scores":
            out.append(len(value))
            for line in value:
                out += SCORE.pack(line.slot, line.score, line.kills, line.deaths, line.ping)
        else:
            out += NUMBER[kind].pack(value)
    return bytes(out)


def decode(data: bytes) -> object:
    """Return the message in *data*. Raises ProtocolError on anything else, bytes left over included."""
    if not data or data[0] not in BY_ID:
        raise ProtocolError("unknown message")
    message = BY_ID[data[0]]
    reader = Reader(data)
    values = [reader.read(kind) for _, kind in LAYOUT[message][1]]
    if reader.at != len(data):
        raise ProtocolError("message has bytes after its end")
    return message(*values)


class Reader:
    """Reads the values of a message one after another; every length is checked."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 1

    def take(self, count: int) -> bytes:
        """Return the next *count* bytes. Raises ProtocolError past the end."""
        if self.at + count > len(self.data):
            raise ProtocolError("message ends too early")
        self.at += count
        return self.data[self.at - count : self.at]

    def read(self, kind: str) -> object:
        """Return the next value of *kind* (see the head of this file)."""
        if kind == "str":
            try:
                return self.take(self.take(1)[0]).decode()
            except UnicodeDecodeError:
                raise ProtocolError("text is not UTF-8") from None
        if kind == "key":
            return self.take(16)
        if kind == "rest":
            if len(self.data) - self.at > MAX_REST:
                raise ProtocolError("message is too long")
            return self.take(len(self.data) - self.at)
        if kind == "scores":
            return [Score(*SCORE.unpack(self.take(SCORE.size))) for _ in range(self.take(1)[0])]
        number = NUMBER[kind]
        return number.unpack(self.take(number.size))[0]
