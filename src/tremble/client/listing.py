"""Which servers of a list to show, and in which order; which of them are one and the same."""

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

#: A server as ServerDiscovery tells of it: the members of server_info and what the browser knows.
Server = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """What a server must be to be shown; what is None or False does not matter.

    *text* is looked for in name, map, mode and address. *max_ping* in ms. *password*: with one (true),
    without (false).
    """

    text: str = ""
    gamemode: str | None = None
    map: str | None = None
    max_ping: float | None = None
    not_full: bool = False
    not_empty: bool = False
    password: bool | None = None
    favourite: bool = False
    source: str | None = None

    def fits(self, server: Server) -> bool:
        """Say whether *server* is to be shown."""
        words = (server["name"], server["map"], server["gamemode"], server["server_address"])
        return (
            (not self.text or self.text.casefold() in "\n".join(words).casefold())
            and self.gamemode in (None, server["gamemode"])
            and self.map in (None, server["map"])
            and (self.max_ping is None or server["ping"] <= self.max_ping)
            and self._room_fits(server)
            and self.password in (None, server["password"])
            and (not self.favourite or server["favourite"])
            and (self.source is None or self.source in server["sources"])
        )

    def _room_fits(self, server: Server) -> bool:
        people = server["current_players"] - server["bots"]
        full = server["current_players"] >= server["max_players"]
        return not (self.not_full and full) and not (self.not_empty and people <= 0)


#: What servers can be sorted by. Where it is equal, by ping, then by address.
KEYS: dict[str, Callable[[Server], Any]] = {
    "ping": lambda server: server["ping"],
    "name": lambda server: server["name"].casefold(),
    "players": lambda server: -server["current_players"],
    "free": lambda server: server["current_players"] - server["max_players"],
    "map": lambda server: server["map"].casefold(),
    "gamemode": lambda server: server["gamemode"].casefold(),
    "address": lambda server: server["server_address"],
}


def arranged(
    servers: Iterable[Server],
    wanted: Filter | None = None,
    sort: str = "ping",
    reverse: bool = False,
) -> list[Server]:
    """Return the *servers* that fit, sorted by *sort*, one of KEYS. Raises KeyError for another."""
    key = KEYS[sort]
    fitting = [server for server in servers if wanted is None or wanted.fits(server)]
    fitting.sort(key=lambda server: (server["ping"], server["server_address"]))
    return sorted(fitting, key=key, reverse=reverse)


def distance(server: Server) -> int:
    """Return how far the address of *server* reaches: 0 this machine, 1 its network, 2 the world."""
    host = server["server_address"].rpartition(":")[0].strip("[]")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return 0 if host == "localhost" else 2
    return 0 if address.is_loopback else 1 if address.is_private else 2


def twins(one: Server, other: Server) -> bool:
    """Say whether two addresses are of one server.

    An id can be claimed by anybody. So it must be the same port too, and one of them on this machine
    or its network: no server elsewhere can hide another by its id.
    """
    return (
        one["server_id"] != ""
        and one["server_id"] == other["server_id"]
        and one["port"] == other["port"]
        and min(distance(one), distance(other)) < 2
    )


def nearer(one: Server, other: Server) -> Server:
    """Return the one of two twins to show: a favourite, else the nearer."""
    return min(one, other, key=lambda s: (not s["favourite"], distance(s), s["server_address"]))
