"""Questions on the game port from anybody: the JSON dialect of the game's server browser.

  {"type": "server_info_request", ...}   -> {"type": "server_info_response", "server_info": {...}}
  {"type": "server_discovery", ...}      -> the same, from a server that shows itself on its LAN
  {"type": "ping", "timestamp": ...}     -> {"type": "pong", "timestamp": ...}, and the server's id in
                                            "server_id" if the question is as long as that

A datagram that begins with "{" is one of these; ENet never begins so towards a server without
compression. Addresses are not verified, so no answer is longer than its question: a question that is
too short is told how long to make it, {"type": "pad", "bytes": n}; pad it with spaces. "players" holds
as many lines as fit into MAX_BYTES, highest scores first.
"""

from typing import Final

import msgspec

#: First byte of every question.
FIRST_BYTE: Final = 0x7B
#: Longest question that is read and longest answer; our own client pads its questions to it.
MAX_BYTES: Final = 1200


class Question(msgspec.Struct):
    """A question; unknown members are ignored. *timestamp* is sent back with a pong."""

    type: str
    timestamp: float | int | None = None


class PlayerStatus(msgspec.Struct):
    """One line of the scoreboard, as anybody may see it."""

    name: str
    score: int
    bot: bool


class ServerInfo(msgspec.Struct):
    """What anybody may know of a server; *uptime* in seconds, *time_left* of the phase in seconds.

    *password*: one is needed to join. *server_id*: 16 hex digits, empty if it has none.
    """

    name: str
    port: int
    max_players: int
    current_players: int
    bots: int
    spectators: int
    gamemode: str
    map: str
    uptime: float
    public: bool
    phase: str
    time_left: float
    players: list[PlayerStatus]
    protocol: int
    version: str
    password: bool = False
    server_id: str = ""


class InfoResponse(msgspec.Struct, tag_field="type", tag="server_info_response"):
    """The answer to server_info_request and server_discovery."""

    server_info: ServerInfo


class Pad(msgspec.Struct, tag_field="type", tag="pad"):
    """Ask again with at least *bytes* bytes."""

    bytes: int


class Pong(msgspec.Struct, tag_field="type", tag="pong", omit_defaults=True):
    """The answer to ping; *server_id* if the question had room for it."""

    timestamp: float | int | None
    server_id: str = ""


decode_question: Final = msgspec.json.Decoder(Question)


def is_question(data: bytes) -> bool:
    """Say whether *data* is for answer() and not for ENet."""
    return len(data) > 0 and data[0] == FIRST_BYTE


def answer(data: bytes, told: bytes, lan: bool = True, server_id: str = "") -> bytes | None:
    """Return the answer to the question in *data*; None if it is not one that we answer.

    Never longer than *data*. *told* is an info_response(); without *lan* server_discovery gets none.
    *server_id* is told to a ping that has room for it.
    """
    if len(data) > MAX_BYTES:
        return None
    try:
        question = decode_question.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if question.type == "ping":
        reply = msgspec.json.encode(Pong(question.timestamp, server_id))
        if len(reply) > len(data):
            reply = msgspec.json.encode(Pong(question.timestamp))
    elif question.type == "server_info_request" or (lan and question.type == "server_discovery"):
        reply = told
    else:
        return None
    if len(reply) > len(data):
        reply = msgspec.json.encode(Pad(len(reply)))
    return reply if len(reply) <= len(data) else None


def info_response(info: ServerInfo) -> bytes:
    """Return the answer that tells *info*, with as many of its players as fit into MAX_BYTES."""
    told = msgspec.structs.replace(info, players=[])
    size = len(msgspec.json.encode(InfoResponse(told)))
    for line in info.players:
        size += len(msgspec.json.encode(line)) + 1
        if size > MAX_BYTES:
            break
        told.players.append(line)
    return msgspec.json.encode(InfoResponse(told))


def question(kind: str, timestamp: float) -> bytes:
    """Return a question of *kind*, padded so that it is answered at once."""
    return msgspec.json.encode({"type": kind, "timestamp": timestamp}).ljust(MAX_BYTES)


def read_answer(data: bytes) -> InfoResponse | Pad | Pong | None:
    """Return the answer in *data*; None if it is none."""
    try:
        return msgspec.json.decode(data, type=InfoResponse | Pad | Pong)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
