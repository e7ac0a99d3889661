"""Heartbeat: what a game server tells the master list of itself, and what it hears back. JSON on the wire."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from tremble.result import Word

#: Seconds between two heartbeats; after three that did not come the server is gone.
INTERVAL_S = 25.0
MISSED = 3

Count = Annotated[int, Meta(ge=0, le=65535)]
#: Without control characters: it is shown in lists.
Line = Annotated[str, Meta(pattern="^[^\\x00-\\x1f\\x7f]*$")]
Port = Annotated[int, Meta(ge=1, le=65535)]
#: Empty, or a word such as `eu-west`.
Region = Annotated[str, Meta(pattern="^[a-z0-9-]{0,32}$")]
Tags = Annotated[list[Word], Meta(max_length=8)]
#: unprobed ─► listed ◄─► unreachable, and any of them ─► gone at a goodbye or three missed heartbeats.
State = Literal["unprobed", "listed", "unreachable", "gone"]


class Heartbeat(Struct, frozen=True, tag_field="type", tag="heartbeat"):
    """One heartbeat; its signature is of the whole body, with the key that signs results.

    *at* is in microseconds since 1970 by the server's clock, and more in each: a heartbeat counts once.
    *advertise* is where the server is if not where this comes from: HOST, HOST:PORT or empty.
    *leaving*: the server ends, or is not to be listed any more.
    """

    at: Annotated[int, Meta(ge=0, le=2**62)]
    port: Port
    name: Annotated[Line, Meta(min_length=1, max_length=64)]
    gamemode: Word
    map: Word
    players: Count
    bots: Count
    max_players: Count
    phase: Word
    protocol: Count
    version: Annotated[Line, Meta(max_length=32)]
    password: bool = False
    advertise: Annotated[Line, Meta(max_length=64)] = ""
    region: Region = ""
    tags: Tags = []
    leaving: bool = False


class Heard(Struct, frozen=True):
    """The answer: how the server stands in the list, at which address, and when to come again."""

    state: State
    address: str
    next_s: float
