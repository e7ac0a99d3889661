"""Places: where a game server says that it is, and who can reach it there. Pure.

reach 0   this machine         shown to who asks from this machine
reach 1   a private network    shown to who asks from one
reach 2   the world            shown to everybody
"""

from ipaddress import IPv4Address, IPv6Address, ip_address

from msgspec import Struct

Host = IPv4Address | IPv6Address

HERE, NEAR, WORLD = 0, 1, 2


class BadPlace(ValueError):
    """Where a server says to be cannot be probed; the text says why and how to mend it."""


class Place(Struct, frozen=True):
    """A numeric *host* and a *port*."""

    host: str
    port: int

    @property
    def text(self) -> str:
        """HOST:PORT, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_host(text: str) -> Host | None:
    """Return the address that *text* is, IPv4 in IPv6 as IPv4; None if it is none."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found


def reach(host: Host | None) -> int:
    """Return from how far *host* can be reached; who has no address is of the world."""
    if host is None or host.is_global:
        return WORLD
    return HERE if host.is_loopback else NEAR


def read_place(text: str, port: int) -> Place:
    """Return the place that HOST or HOST:PORT is; *port* if it names none. Raises BadPlace."""
    host, _, given = text.rpartition(":")
    if not (host and given.isascii() and given.isdigit()) or (":" in host and host[0] != "["):
        host, given = text, str(port)
    found = read_host(host[1:-1] if host.startswith("[") and host.endswith("]") else host)
    if found is None or not 0 < int(given) < 65536:
        raise BadPlace(f"{text!r} is no address such as 203.0.113.7 or 203.0.113.7:4433")
    return Place(str(found), int(given))


def place_of(advertised: str, port: int, source: str, allow_private: bool) -> tuple[Place, int]:
    """Return where to probe a server that calls from *source*, and the reach of that.

    A private address may be named only from itself or from this machine, unless *allow_private*:
    nobody elsewhere shall have our network probed. Raises BadPlace.
    """
    caller = read_host(source)
    if not advertised and caller is None:
        raise BadPlace("where this comes from is not known: set server.advertise to an address")
    place = read_place(advertised or str(caller), port)
    host = ip_address(place.host)
    odd = host.is_multicast or host.is_unspecified or str(host) == "255.255.255.255"
    if odd or (isinstance(host, IPv4Address) and host.is_reserved):
        raise BadPlace(f"{place.text} is no address of one machine: set server.advertise to one")
    found = reach(host)
    trusted = caller is not None and (caller == host or caller.is_loopback)
    if found != WORLD and not trusted and not allow_private:
        raise BadPlace(
            f"{place.text} is a private address, and not the one that this comes from: set "
            "server.advertise to a public one, or web.allow_private on the web process"
        )
    return place, found
