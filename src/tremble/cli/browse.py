"""tremble browse, tremble ping: find servers, and how far away they are."""

import os
import sys
from statistics import median
from time import sleep
from typing import Annotated, Literal

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tremble import config
from tremble.cli.options import Dir, Json, host_and_port
from tremble.client.addresses import AddressBook
from tremble.client.discovery import ServerDiscovery
from tremble.client.listing import Filter, Server
from tremble.client.query import round_trips
from tremble.client.sources import parsed
from tremble.errors import TrembleError

Sort = Literal["ping", "name", "players", "free", "map", "gamemode", "address"]
Wanted = Annotated[Filter, Parameter(name="*", negative=())]

#: Seconds between two drawings of the live table.
REDRAW = 0.25
#: Seconds between two pings: the server answers 10 a second.
PAUSE = 0.2
#: Favourites and history, in the data directory.
FILE = "servers.json"
COLUMNS = ("server", "address", "mode", "map", "players", "ping")


def browse(
    *addresses: str,
    lan: Annotated[bool, Parameter(negative=(), help="The local network alone.")] = False,
    lan_port: Annotated[
        list[int] | None, Parameter(negative=(), help="Port to broadcast to.")
    ] = None,
    web: Annotated[str, Parameter(help="Base URL of a web process that lists servers.")] = "",
    add: Annotated[str | None, Parameter(help="Add HOST:PORT to the favourites.")] = None,
    forget: Annotated[str | None, Parameter(help="Take HOST:PORT from the favourites.")] = None,
    wanted: Wanted = Filter(),  # noqa: B008  (frozen)
    sort: Sort = "ping",
    reverse: Annotated[bool, Parameter(negative=())] = False,
    once: Annotated[bool, Parameter(negative=(), help="Look once, then end.")] = False,
    directory: Dir = None,
    as_json: Json = False,
) -> None:
    """Find servers: ADDRESSES, favourites, the local network, the list of a web process."""
    book = AddressBook(config.data_directory(directory, os.environ) / FILE)
    if add is not None or forget is not None:
        keep(book, add, forget)
        return
    for address in addresses:
        parsed(address)
    found = ServerDiscovery(
        [] if lan else [*addresses, "127.0.0.1:4433"],
        lan_ports=lan_port or [4433],
        master_url="" if lan else web,
        book=AddressBook() if lan else book,
    )
    try:
        if as_json or once or not sys.stdout.isatty():
            found.sweep()
            show(found, found.get_discovered_servers(wanted, sort, reverse), as_json)
        else:
            watch(found, wanted, sort, reverse)
    finally:
        found.close()


def keep(book: AddressBook, add: str | None, forget: str | None) -> None:
    """Change the favourites. Raises TrembleError for what is no address or no favourite."""
    if add is not None:
        parsed(add)
        book.add_favourite(add)
    if forget is not None and not book.remove_favourite(forget):
        raise TrembleError(f"{forget} is no favourite; tremble browse --favourite lists them")


def show(found: ServerDiscovery, servers: list[Server], as_json: bool) -> None:
    """Print what one sweep has found; what went wrong goes to stderr."""
    for source, problem in found.problems.items():
        print(f"{source}: {problem}", file=sys.stderr)
    if as_json:
        print(msgspec.json.encode({"servers": servers}).decode())
    else:
        Console(markup=False).print(table(servers, "nobody answers" if not servers else ""))


def watch(found: ServerDiscovery, wanted: Filter, sort: str, reverse: bool) -> None:
    """Show a table that lives until Ctrl-C."""
    with Live(console=Console(markup=False), auto_refresh=False) as live:
        found.start_discovery()
        while True:
            servers = found.get_discovered_servers(wanted, sort, reverse)
            notes = [f"{source}: {problem}" for source, problem in found.problems.items()]
            shown = servers[: max(5, live.console.height - 8)]
            told = f"{len(servers)} of {len(found.discovered_servers)} servers; Ctrl-C ends"
            live.update(table(shown, "\n".join([told, *notes])), refresh=True)
            sleep(REDRAW)


def table(servers: list[Server], caption: str) -> Table:
    """Return *servers* as a table."""
    drawn = Table(*COLUMNS, caption=Text(caption) if caption else None)
    for server in servers:
        star = "★ " if server["favourite"] else ""
        bots = f" ({server['bots']} bots)" if server["bots"] else ""
        drawn.add_row(
            plain(star + server["name"]),
            plain(server["server_address"]),
            plain(server["gamemode"] + (" (password)" if server["password"] else "")),
            plain(server["map"]),
            plain(f"{server['current_players']}/{server['max_players']}{bots}"),
            plain(f"{server['ping']:.1f} ms"),
        )
    return drawn


def plain(text: str) -> Text:
    """Return *text*, which may come from anybody, without markup and control characters."""
    return Text("".join(c for c in text if c.isprintable())[:64])


def ping(
    address: str,
    *,
    count: Annotated[int, Parameter(name=("--count", "-c"), help="How many.")] = 4,
    timeout: float = 1.0,
    as_json: Json = False,
) -> None:
    """Measure the round trip to the game server at ADDRESS (HOST:PORT), several times."""
    host, port = host_and_port(address, 4433)
    trips: list[float | None] = []
    for trip in round_trips(host, port, max(1, count), timeout):
        trips.append(trip)
        if not as_json:
            print("no answer" if trip is None else f"{trip:.2f} ms", flush=True)
        if len(trips) < count:
            sleep(max(0.0, PAUSE - (trip or 0.0) / 1000.0))
    good = sorted(trip for trip in trips if trip is not None)
    if not good:
        raise TrembleError(f"no answer from {address}; is the server running there?")
    lost = 1.0 - len(good) / len(trips)
    if as_json:
        told = {
            "address": address,
            "round_trips_ms": trips,
            "median_ms": median(good),
            "lost": lost,
        }
        print(msgspec.json.encode(told).decode())
    else:
        least, most = good[0], good[-1]
        print(f"median {median(good):.2f} ms, {least:.2f} to {most:.2f}; {lost:.0%} lost")
