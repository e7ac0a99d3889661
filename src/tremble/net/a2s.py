"""Valve's server queries (A2S): what monitors, hosting panels and server lists already speak.

  asked                                    answered
  FFFFFFFF 54 "Source Engine Query\\0" [c]   41 challenge, or 49 info
  FFFFFFFF 55 c                            41 challenge, or 44 players
  FFFFFFFF 56 c                            41 challenge, or 45 rules
  FFFFFFFF 57 and at least 4 bytes more    41 challenge

No ENet datagram begins with FFFFFFFF. Whoever asks without the right challenge *c* is told it, in 9
bytes and never in more than were asked; who knows it has shown that the address is its own and gets
the answer, in as many packets as it takes. The challenge goes by address without port (two clients in
use change theirs in between) and holds for one EPOCH at least. It has no state: nobody can fill it up.
"""

from hashlib import blake2s
from struct import pack
from typing import Final

#: First bytes of every question and of every answer in one packet.
HEAD: Final = b"\xff\xff\xff\xff"
#: First bytes of each packet of an answer in several.
SPLIT_HEAD: Final = b"\xfe\xff\xff\xff"
INFO: Final = 0x54
PLAYER: Final = 0x55
RULES: Final = 0x56
GET_CHALLENGE: Final = 0x57
CHALLENGE: Final = 0x41
INFO_TEXT: Final = b"Source Engine Query\0"
#: Longest packet; the shortest room among the clients in use is 1,400.
MAX_BYTES: Final = 1200
#: Seconds for which a challenge is given; it is taken for as long again.
EPOCH: Final = 120.0
#: Source's newest; clients take 48 for GoldSrc, which splits otherwise.
PROTOCOL: Final = 17
FOLDER: Final = "tremble"
GAME: Final = "Tremble"
#: What follows the version: 0x80 the port, 0x20 the keywords; one client misreads 0x40.
EXTRA: Final = 0xA0
#: Longest text in bytes, so that INFO fits into one packet.
MAX_TEXT: Final = 200
#: Most packets of an answer; players and rules beyond are left out.
MAX_PACKETS: Final = 15
#: Of a packet of several: head, id, how many, which, size.
SPLIT_BYTES: Final = 12
MAX_BODY: Final = MAX_PACKETS * (MAX_BYTES - SPLIT_BYTES) - 64
#: Challenges that clients take for none: 0 and -1.
NO_CHALLENGES: Final = (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff")


class Facts:
    """What INFO tells; *environment* is `l`, `w` or `m`, *keywords* go separated by commas.

    *password*: one is needed to join.
    """

    def __init__(
        self,
        name: str,
        map_name: str,
        players: int,
        max_players: int,
        bots: int,
        environment: str,
        version: str,
        port: int,
        keywords: list[str],
        password: bool = False,
    ) -> None:
        self.name = name
        self.map_name = map_name
        self.players = players
        self.max_players = max_players
        self.bots = bots
        self.environment = environment
        self.version = version
        self.port = port
        self.keywords = keywords
        self.password = password


class Player:
    """A line of PLAYER; *seconds* here, -1 for a bot, which is how tools tell it."""

    def __init__(self, name: str, score: int, seconds: float) -> None:
        self.name = name
        self.score = score
        self.seconds = seconds


def is_question(data: bytes) -> bool:
    """Say whether *data* is for read_question() and not for ENet."""
    return data[:4] == HEAD


def read_question(data: bytes) -> tuple[int, bytes] | None:
    """Return the kind of the question in *data* and its challenge, empty if it has none.

    None if it is none that we answer. What follows the challenge is padding.
    """
    if len(data) < 5 or len(data) > MAX_BYTES or data[:4] != HEAD:
        return None
    kind = data[4]
    if kind == INFO:
        end = 5 + len(INFO_TEXT)
        return (INFO, data[end : end + 4]) if data[5:end] == INFO_TEXT else None
    if kind in (PLAYER, RULES):
        return kind, data[5:9]
    return (GET_CHALLENGE, b"") if kind == GET_CHALLENGE else None


def challenge(secret: bytes, host: bytes, epoch: int) -> bytes:
    """Return the 4 bytes that *host* must send back in the period *epoch*; none of NO_CHALLENGES."""
    seal = blake2s(host + epoch.to_bytes(8, "big"), key=secret, digest_size=8).digest()
    return seal[4:] if seal[:4] in NO_CHALLENGES else seal[:4]


def proves(given: bytes, secret: bytes, host: bytes, now: float) -> bool:
    """Say whether *given* is the challenge that *host* got in this period or the one before."""
    epoch = int(now / EPOCH)
    return given == challenge(secret, host, epoch) or (
        epoch > 0 and given == challenge(secret, host, epoch - 1)
    )


def challenge_answer(secret: bytes, host: bytes, now: float) -> bytes:
    """Return the packet that tells *host* its challenge: 9 bytes."""
    return HEAD + bytes([CHALLENGE]) + challenge(secret, host, int(now / EPOCH))


def text(value: str) -> bytes:
    """Return *value* as A2S writes it: UTF-8 of at most MAX_TEXT bytes, ended by a zero byte."""
    data = value.replace("\0", "").encode("utf-8", "replace")[:MAX_TEXT]
    return data.decode("utf-8", "ignore").encode() + b"\0"


def count(value: int) -> int:
    """Return *value* as it fits into a byte."""
    return max(0, min(255, value))


def info(facts: Facts) -> bytes:
    """Return the answer to INFO, one packet.

    head 49 | u8 protocol | name | map | folder | game | u16 app id | u8 players | u8 max | u8 bots |
    'd' | environment | u8 password | u8 VAC | version | u8 extra | u16 port | keywords
    """
    numbers = bytes([count(facts.players), count(facts.max_players), count(facts.bots)])
    return (
        HEAD
        + bytes([0x49, PROTOCOL])
        + text(facts.name)
        + text(facts.map_name)
        + text(FOLDER)
        + text(GAME)
        + b"\0\0"  # our own application id: no other game's special cases
        + numbers
        + b"d"
        + facts.environment.encode()
        + (b"\1\0" if facts.password else b"\0\0")
        + text(facts.version)
        + bytes([EXTRA])
        + facts.port.to_bytes(2, "little")
        + text(",".join(facts.keywords))
    )


def players(lines: list[Player]) -> list[bytes]:
    """Return the answer to PLAYER: head 44 | u8 count | each: u8 0, name, i32 score, f32 seconds."""
    body = bytearray()
    told = 0
    for line in lines[:255]:
        score = max(-(2**31), min(2**31 - 1, line.score))
        entry = b"\0" + text(line.name) + pack("<if", score, line.seconds)
        if len(body) + len(entry) > MAX_BODY:
            break
        body += entry
        told += 1
    return packets(bytes([0x44, told]) + bytes(body))


def rules(pairs: list[tuple[str, str]]) -> list[bytes]:
    """Return the answer to RULES: head 45 | i16 count | each: name, value."""
    body = bytearray()
    told = 0
    for name, value in pairs:
        entry = text(name) + text(value)
        if len(body) + len(entry) > MAX_BODY:
            break
        body += entry
        told += 1
    return packets(b"\x45" + told.to_bytes(2, "little") + bytes(body))


def packets(body: bytes) -> list[bytes]:
    """Return *body* in one packet, or in several as Source splits it, never compressed.

    FEFFFFFF | u32 id | u8 packets | u8 number | u16 size of each | part of (head, body)
    """
    whole = HEAD + body
    if len(whole) <= MAX_BYTES:
        return [whole]
    room = MAX_BYTES - SPLIT_BYTES
    parts = [whole[i : i + room] for i in range(0, len(whole), room)]
    # Bits 15, 16 and 31 of the id mean "compressed" to one client each.
    number = int.from_bytes(blake2s(whole, digest_size=2).digest(), "big") & 0x7FFF
    head = SPLIT_HEAD + max(1, number).to_bytes(4, "little") + bytes([len(parts)])
    size = room.to_bytes(2, "little")
    return [head + bytes([i]) + size + part for i, part in enumerate(parts)]
