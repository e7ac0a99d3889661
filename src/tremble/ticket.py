"""Tickets: the record tells a game server who joins. Good for one server, once, for a minute.

  64 bytes   Ed25519 signature of the rest, by the record's key
   1 byte    1: the form
   n bytes   MessagePack array of the fields of Ticket, in their order

The record makes one for who is signed in, the client hands it over in JOIN.
"""

import msgspec
from msgspec import Struct

from tremble import token
from tremble.errors import TrembleError

#: Longest ticket: with the rest of JOIN it fits into one datagram.
MAX_BYTES = 400
#: Milliseconds for which a ticket is good; longer than a client needs from asking to joining.
LIFE_MS = 60_000
#: Milliseconds by which the clocks of record and game server may differ.
SKEW_MS = 30_000
SIGNATURE_BYTES = 64
FORM = b"\x01"


class TicketError(TrembleError):
    """A ticket does not let anybody in; the message says why, for the player."""


class Ticket(Struct, frozen=True, array_like=True):
    """Who *player_id* is, for the server *server_id*; times are in milliseconds since 1970.

    *ratings* holds rating and deviation, rounded, by board. *nonce* has 16 random bytes.
    """

    player_id: str
    name: str
    server_id: str
    issued_at: int
    expires_at: int
    nonce: bytes
    ratings: dict[str, tuple[int, int]]


def seal(ticket: Ticket, private: bytes) -> bytes:
    """Return *ticket* as it travels, signed; ratings that do not fit into MAX_BYTES are left out."""
    ratings = dict(ticket.ratings)
    while True:
        body = FORM + msgspec.msgpack.encode(msgspec.structs.replace(ticket, ratings=ratings))
        if SIGNATURE_BYTES + len(body) <= MAX_BYTES or not ratings:
            return token.signature(private, body) + body
        ratings.popitem()


def unseal(data: bytes, public: bytes) -> Ticket:
    """Return the ticket in *data*, signed by the owner of *public*. Raises TicketError."""
    signed, body = data[:SIGNATURE_BYTES], data[SIGNATURE_BYTES:]
    if len(data) > MAX_BYTES or body[:1] != FORM or not token.is_signed(public, body, signed):
        raise TicketError("the ticket was not given by the record of this server")
    try:
        return msgspec.msgpack.decode(body[1:], type=Ticket)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise TicketError("the ticket cannot be read") from None


class Collector:
    """Takes each ticket for the server *server_id* once; *since* is when it began to, in ms since 1970."""

    def __init__(self, server_id: str, since: int) -> None:
        self.server_id = server_id
        self.since = since
        self.used: dict[bytes, int] = {}  # nonce -> until when it is remembered

    def take(self, data: bytes, public: bytes, now: int) -> Ticket:
        """Return the ticket in *data*, shown at *now* (ms since 1970). Raises TicketError."""
        found = unseal(data, public)
        if found.server_id != self.server_id:
            raise TicketError("the ticket is for another server")
        if not found.issued_at - SKEW_MS <= now < found.expires_at + SKEW_MS:
            raise TicketError("the ticket is out of date: ask for another")
        # What was used before that is not remembered.
        if found.issued_at < self.since:
            raise TicketError("the server has started since: ask for another ticket")
        self.used = {nonce: until for nonce, until in self.used.items() if until > now}
        if found.nonce in self.used:
            raise TicketError("the ticket was used before: ask for another")
        self.used[found.nonce] = found.expires_at + SKEW_MS
        return found
