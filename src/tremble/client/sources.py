"""Where addresses of servers come from, besides the player: names, the master list, the local network.

Each source is a function that may wait, and so runs on a thread of its own; it tells of each address as
soon as it knows it.
"""

import http.client
import ipaddress
import socket
import time
import urllib.parse
import urllib.request
from collections.abc import Callable

import msgspec

from tremble.client.probe import Address
from tremble.errors import TrembleError

#: Takes the address of a server.
Tell = Callable[[Address], None]
#: Seconds to wait for a page of the master list, and for answers of multicast DNS.
MASTER_TIMEOUT = 5.0
MDNS_WINDOW = 1.5
#: Most pages of a master list, and most bytes of one.
MAX_PAGES = 200
MAX_PAGE = 4 << 20
SERVICE = "_tremble._udp.local."


class Listed(msgspec.Struct):
    """A server in the master list; what is said of it there does not matter: it is asked itself."""

    address: str


class Page(msgspec.Struct):
    """A page of GET /v1/servers; *next* is the cursor of the one that follows, null at the end."""

    servers: list[Listed]
    next: str | int | None = None


def parsed(text: str) -> tuple[str, int]:
    """Return host and port of HOST:PORT, an IPv6 host in brackets. Raises TrembleError."""
    host, colon, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    plain = bare != host or ":" not in host
    if not (colon and bare and plain and port.isascii() and port.isdigit()):
        raise TrembleError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:4433")
    if not 0 < int(port) < 65536:
        raise TrembleError(f"{text!r}: the port must be 1 to 65535")
    return bare, int(port)


def numeric(text: str) -> Address | None:
    """Return the address that *text* is; None if its host is a name. Raises TrembleError."""
    host, port = parsed(text)
    try:
        return str(ipaddress.ip_address(host)), port
    except ValueError:
        return None


def look_up(text: str) -> Address:
    """Return the address of HOST:PORT by asking the name servers. Raises TrembleError."""
    host, port = parsed(text)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise TrembleError(f"{text}: there is no host of this name") from None
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return str(found[0][4][0]), port


def read_master(url: str, tell: Tell) -> None:
    """Tell of the servers in the master list of the web process at *url*. Raises TrembleError."""
    if not url.startswith(("http://", "https://")):
        raise TrembleError(f"{url}: must begin with http:// or https://")
    where = f"{url.rstrip('/')}/v1/servers"
    cursor = ""
    for _ in range(MAX_PAGES):
        page = read_page(where + cursor)
        for server in page.servers:
            try:
                address = numeric(server.address)
            except TrembleError:
                continue  # one bad line is no reason to lose the others
            if address is not None:
                tell(address)
        if page.next is None:
            return
        cursor = "?cursor=" + urllib.parse.quote(str(page.next), safe="")


def read_page(url: str) -> Page:
    """Return the page of the master list at *url*. Raises TrembleError."""
    try:
        with urllib.request.urlopen(url, timeout=MASTER_TIMEOUT) as answer:
            data = answer.read(MAX_PAGE + 1)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise TrembleError(f"{url}: {reason}; no servers from there") from None
    if len(data) > MAX_PAGE:
        raise TrembleError(f"{url}: the list is over {MAX_PAGE} bytes a page; not read")
    try:
        return msgspec.json.decode(data, type=Page)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise TrembleError(f"{url}: this is no list of servers: {error}") from None


def browse_mdns(interfaces: list[str], tell: Tell, window: float = MDNS_WINDOW) -> None:
    """Tell of the servers that multicast DNS names within *window* seconds. Raises TrembleError.

    *interfaces* are addresses of ours, none for all.
    """
    from zeroconf import InterfaceChoice, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

    def heard(
        zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        service = ServiceInfo(service_type, name)
        if state_change is ServiceStateChange.Removed or not service.load_from_cache(zeroconf):
            return
        for address in service.parsed_addresses():
            if service.port and not ipaddress.ip_address(address).is_link_local:
                tell((address, service.port))

    try:
        listener = Zeroconf(interfaces=interfaces or InterfaceChoice.All)
    except OSError as error:
        raise TrembleError(f"multicast DNS: {error.strerror or error}") from None
    try:
        browser = ServiceBrowser(listener, SERVICE, handlers=[heard])
        time.sleep(window)
        browser.cancel()
    finally:
        listener.close()


def broadcast_addresses() -> list[str]:
    """Return the IPv4 broadcast address of each interface, and that of all: 255.255.255.255."""
    import ifaddr

    found = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            if isinstance(ip.ip, str) and 0 < ip.network_prefix < 31:
                network = ipaddress.ip_network(f"{ip.ip}/{ip.network_prefix}", strict=False)
                found.append(str(network.broadcast_address))
    return list(dict.fromkeys([*found, "255.255.255.255"]))
