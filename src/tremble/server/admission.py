"""Admission: who somebody is who joins. By a ticket of the record, else by the key of a guest.

The record's key is pinned in `keys/record.pub` at first contact, or stands in the settings.
"""

from __future__ import annotations

from time import time
from typing import NamedTuple

from tremble import token
from tremble.net.messages import Join
from tremble.ticket import Collector, TicketError


class Person(NamedTuple):
    """Who joins: *ratings* holds rating and deviation by board, empty for who has shown no ticket."""

    player_id: str
    name: str
    ratings: dict[str, tuple[int, int]]


class Admission:
    """*server_id* is this server's; *record_key* the record's public key, None while it is not known."""

    def __init__(self, server_id: str = "", record_key: bytes | None = None) -> None:
        self.record_key = record_key
        self.tickets = Collector(server_id, int(time() * 1000))

    def person(self, join: Join, required: bool) -> Person:
        """Return who *join* is of; *required*: only by ticket. Raises TicketError."""
        if not join.ticket:
            if required:
                raise TicketError("this server lets in who is signed in: join with a ticket")
            return Person(token.player_id(join.key), join.name, {})
        if self.record_key is None:
            raise TicketError("this server knows no record that gives tickets, or not yet")
        found = self.tickets.take(join.ticket, self.record_key, int(time() * 1000))
        return Person(found.player_id, found.name, found.ratings)
