"""The directory: the servers of the master list that somebody wants to see, in order, page by page. Pure.

A place in the order is 28 bytes of what it goes by and the 8 bytes of the server's id. A page begins
after the place at which the one before it stopped, so who comes or goes moves nobody to another page.
"""

from collections.abc import Callable, Iterable
from typing import Literal

from msgspec import Struct

from tremble.store.servers import Server

#: Bytes of what an order goes by, and of a whole place.
KEY_BYTES = 28
PLACE_BYTES = KEY_BYTES + 8
MOST = 2**32

Order = Literal["name", "players", "free", "map", "mode", "newest"]


class Wanted(Struct, frozen=True):
    """What a server must be to be shown; None and False ask for nothing.

    *text* is looked for in name, map, mode, region and tags; *not_empty* counts people, no bots.
    """

    text: str | None = None
    mode: str | None = None
    map: str | None = None
    region: str | None = None
    version: str | None = None
    tag: str | None = None
    password: bool | None = None
    not_full: bool = False
    not_empty: bool = False

    def fits(self, server: Server) -> bool:
        """Say whether *server* is to be shown."""
        info = server.info
        pairs = (
            (self.mode, info.gamemode),
            (self.map, info.map),
            (self.region, info.region),
            (self.version, info.version),
            (self.password, info.password),
        )
        return (
            all(wanted is None or wanted == found for wanted, found in pairs)
            and (self.tag is None or self.tag in info.tags)
            and not (self.not_full and info.players >= info.max_players)
            and not (self.not_empty and info.players <= info.bots)
            and (not self.text or self.text.casefold() in words(server))
        )


def words(server: Server) -> str:
    """Return all that a text is looked for in."""
    info = server.info
    return "\n".join((info.name, info.map, info.gamemode, info.region, *info.tags)).casefold()


def by_text(text: str) -> bytes:
    return text.casefold().encode()[:KEY_BYTES].ljust(KEY_BYTES, b"\0")


def by_most(count: int) -> bytes:
    """Return the key of an order in which the greatest *count* comes first."""
    return (MOST - count).to_bytes(KEY_BYTES, "big")


ORDERS: dict[str, Callable[[Server], bytes]] = {
    "name": lambda server: by_text(server.info.name),
    "players": lambda server: by_most(server.info.players - server.info.bots),
    "free": lambda server: by_most(server.info.max_players - server.info.players),
    "map": lambda server: by_text(server.info.map),
    "mode": lambda server: by_text(server.info.gamemode),
    "newest": lambda server: by_most(int(server.first_seen_at.timestamp())),
}


class Page(Struct, frozen=True):
    """Some servers, how many fit in all, and the place of the last; None if there are no more."""

    servers: list[Server]
    total: int
    last: bytes | None


def page(
    servers: Iterable[Server], wanted: Wanted, order: Order, after: bytes | None, limit: int
) -> Page:
    """Return the first *limit* of the *servers* that are *wanted*, of those behind the place *after*."""
    key = ORDERS[order]
    places = sorted(
        (key(server) + bytes.fromhex(server.server_id), server.server_id, server)
        for server in servers
        if wanted.fits(server)
    )
    rest = [place for place in places if after is None or place[0] > after]
    shown = rest[:limit]
    last = shown[-1][0] if len(rest) > limit else None
    return Page([server for _, _, server in shown], len(places), last)
