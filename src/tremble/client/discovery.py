"""ServerDiscovery: finds the servers to play on, asks them all at once and tells of each as it answers.

  sources: known servers, favourites, history (AddressBook) - at once
           broadcast on every interface                     - each sweep
           names, master list, multicast DNS                - threads, every SOURCES_EVERY seconds
  all of them -> Prober (client/probe.py) -> signals

One thread does it, with one UDP socket a family; a sweep ends when every server has answered or been
given up and every source has told what it knows.
"""

import secrets
import select
import socket
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

import msgspec
from blinker import Signal

from tremble.client import sources
from tremble.client.addresses import AddressBook
from tremble.client.listing import Filter, Server, arranged, nearer, twins
from tremble.client.probe import RATE, Address, Lost, Prober, Seen, shown
from tremble.client.query import ping
from tremble.errors import TrembleError
from tremble.log import logger

log = logger("discovery")

#: Ports that are asked by broadcast.
LAN_PORTS = (4433,)
#: Seconds in which broadcasts are answered.
LAN_WINDOW = 0.5
#: Seconds after which names, master list and multicast DNS are asked again.
SOURCES_EVERY = 30.0
#: Datagrams read before anything else is done; an answer has at most ROOM bytes.
BATCH = 64
ROOM = 2048
#: Room for the answers that come while signals are received.
BUFFER = 1 << 22
#: Addresses of one server that are told from each other: a lie that many tell must not cost time.
MAX_CLAIMS = 8
#: Longest wait, so that a stop is seen.
TICK = 0.1


class ServerDiscovery:
    """Finds servers. Signals (blinker; the arguments follow the sender):

    `server_found(server_info)`, `server_updated(server_info)` with more of what is known,
    `server_lost(server_address)` once a server that was there has missed three answers,
    `discovery_complete()` at the end of each sweep. A *server_info* is a dictionary: the members of
    server_info (docs/protocol.md), `server_address` (HOST:PORT), `ping` (median round trip in ms),
    `sources` (of known, favourite, history, lan, mdns, master) and `favourite`.

    `start_discovery` sweeps every `discovery_interval` seconds on a thread of its own, from which the
    signals come; `sweep` does it once in the caller's. No sweep takes over `discovery_timeout` seconds.
    """

    def __init__(
        self,
        known_servers: Sequence[str] = ("127.0.0.1:4433",),
        *,
        lan: bool = True,
        lan_ports: Sequence[int] = LAN_PORTS,
        mdns: bool = True,
        mdns_interfaces: Sequence[str] = (),
        master_url: str = "",
        book: AddressBook | None = None,
        rate: float = RATE,
    ) -> None:
        self.server_found = Signal("server_found(server_info)")
        self.server_updated = Signal("server_updated(server_info)")
        self.server_lost = Signal("server_lost(server_address)")
        self.discovery_complete = Signal("discovery_complete()")
        self.discovered_servers: dict[str, Server] = {}
        self.discovery_active = False
        self.discovery_interval = 5.0
        self.discovery_timeout = 10.0
        self.known_servers = list(known_servers)
        self.lan = lan
        self.lan_ports = tuple(lan_ports)
        self.mdns = mdns
        self.mdns_interfaces = list(mdns_interfaces)
        self.master_url = master_url
        self.book = book if book is not None else AddressBook()
        #: What went wrong with a source in the last sweep, by source; a line for the player.
        self.problems: dict[str, str] = {}
        self.prober = Prober(secrets.randbits(48), rate)
        self._names: dict[Address, str] = {}  # as the player wrote it
        self._claims: dict[tuple[str, int], set[str]] = {}  # id and port -> who has shown them
        self._told: SimpleQueue[tuple[Address, str, str]] = SimpleQueue()
        self._waiting_for = 0
        self._sources_at = float("-inf")
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._busy = threading.Lock()
        self._mutex = threading.Lock()
        self._sockets: dict[socket.AddressFamily, socket.socket] = {}
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)

    def start_discovery(self) -> None:
        """Begin to sweep; nothing happens if it has begun already."""
        if self.discovery_active:
            return
        self.discovery_active = True
        self.discovered_servers.clear()
        self._claims.clear()
        self.prober.probes.clear()
        self._sources_at = float("-inf")
        # Its own: who stops it from a signal, and begins again at once, must not wake the old one.
        self._stop = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(self._stop,), name="tremble-discovery", daemon=True
        )
        self._thread.start()

    def stop_discovery(self) -> None:
        """End the sweeps; what was found stays."""
        self.discovery_active = False
        self._stop.set()
        self._wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Stop, and give up the sockets."""
        self.stop_discovery()
        for sock in [*self._sockets.values(), self._wake_reader, self._wake_writer]:
            sock.close()
        self._sockets.clear()

    def sweep(self) -> list[Server]:
        """Sweep once in the caller's thread; return the servers, nearest first."""
        with self._busy:
            self._sweep(monotonic())
        return self.get_discovered_servers()

    def get_discovered_servers(
        self, wanted: Filter | None = None, sort: str = "ping", reverse: bool = False
    ) -> list[Server]:
        """Return the servers that are there and fit *wanted*, by *sort* (listing.KEYS)."""
        found = [dict(server) for server in list(self.discovered_servers.values())]
        return arranged(found, wanted, sort, reverse)

    def query_known_servers(self) -> None:
        """Ask the known servers, the favourites and those of the history in the present sweep."""
        for address in self.known_servers:
            self._take_in(address, "known")
        for address in self.book.lists.favourites:
            self._take_in(address, "favourite")
        for played in self.book.lists.history:
            self._take_in(played.address, "history")

    def query_server(self, server_address: str) -> None:
        """Ask the server at HOST:PORT, in this sweep and those that follow.

        Raises TrembleError for what is no address.
        """
        sources.parsed(server_address)
        if server_address not in self.known_servers:
            self.known_servers.append(server_address)
        self._take_in(server_address, "known")

    def broadcast_discovery(self) -> None:
        """Ask whoever is on the local network."""
        sock = self._socket(socket.AF_INET)
        if sock is None:
            return
        data = self.prober.broadcast(monotonic(), LAN_WINDOW)
        for host in sources.broadcast_addresses():
            for port in self.lan_ports:
                with suppress(OSError):  # an interface without a route, or one that is down
                    sock.sendto(data, (host, port))

    def ping_server(self, server_address: str) -> float:
        """Return the median round trip to the server at HOST:PORT in ms; -1.0 if it does not answer."""
        try:
            return ping(*sources.parsed(server_address))
        except TrembleError:
            return -1.0

    def add_favourite(self, server_address: str) -> None:
        """Keep the server at HOST:PORT among the favourites. Raises TrembleError."""
        sources.parsed(server_address)
        self.book.add_favourite(server_address)
        self._take_in(server_address, "favourite")

    # The loop

    def _run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            began = monotonic()
            with self._busy:
                self._sweep(began)
            stop.wait(max(0.0, began + self.discovery_interval - monotonic()))

    def _sweep(self, began: float) -> None:
        """Ask everybody once, and tell of the answers as they come."""
        self.prober.begin(began)
        self.query_known_servers()
        if self.lan:
            self.broadcast_discovery()
        if began - self._sources_at >= SOURCES_EVERY:
            self._sources_at = began
            self._ask_sources()
        until = began + self.discovery_timeout
        while not self._stop.is_set() and not self._over(monotonic(), until):
            self._step(until)
        if not self._stop.is_set():
            self.discovery_complete.send(self)

    def _over(self, now: float, until: float) -> bool:
        idle = not self.prober.unsettled and now >= self.prober.lan_until
        return now >= until or (idle and self._waiting_for <= 0 and self._told.empty())

    def _step(self, until: float) -> None:
        """Wait for something to do, and do it."""
        now = monotonic()
        due = self.prober.next_time()
        end = min(until, now + TICK if due is None else due)
        ready = select.select(
            [self._wake_reader, *self._sockets.values()], [], [], max(0.0, min(end - now, TICK))
        )[0]
        if self._wake_reader in ready:
            with suppress(OSError):
                self._wake_reader.recv(4096)
        for sock in ready:
            if sock is not self._wake_reader:
                self._receive(sock)
        self._hear_sources()
        for data, address in self.prober.poll(monotonic()):
            self._send(data, address)
        for event in self.prober.take_events():
            self._tell(event)

    def _receive(self, sock: socket.socket) -> None:
        for _ in range(BATCH):
            try:
                data, sender = sock.recvfrom(ROOM)
            except BlockingIOError:
                return
            except OSError:  # the echo of a port on which nobody listens
                continue
            self.prober.receive(data, (sender[0], sender[1]), monotonic())

    def _send(self, data: bytes, address: Address) -> None:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        sock = self._socket(family)
        if sock is not None:
            with suppress(OSError):  # no route there: it is asked again, then given up
                sock.sendto(data, address)

    def _socket(self, family: socket.AddressFamily) -> socket.socket | None:
        """Return the socket of *family*, opened when first asked for; None without that family."""
        with self._mutex:
            if family not in self._sockets:
                try:
                    sock = socket.socket(family, socket.SOCK_DGRAM)
                except OSError:
                    return None
                sock.setblocking(False)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
                self._sockets[family] = sock
            return self._sockets[family]

    def _tell(self, event: Seen | Lost) -> None:
        """Note *event* and send its signal."""
        key = self._names.get(event.address) or shown(event.address)
        if isinstance(event, Lost):
            if self.discovered_servers.pop(key, None) is not None:
                self.server_lost.send(self, server_address=key)
            return
        server: dict[str, Any] = msgspec.to_builtins(event.info)
        server["server_address"] = key
        server["ping"] = round(event.ping_ms, 3)
        server["sources"] = sorted(event.sources)
        server["favourite"] = key in self.book.lists.favourites
        if not self._is_nearest(server):
            return
        signal = self.server_updated if key in self.discovered_servers else self.server_found
        self.discovered_servers[key] = server
        signal.send(self, server_info=dict(server))

    def _is_nearest(self, server: Server) -> bool:
        """Say whether *server* is to be shown; if it is, no other address of the same one is.

        Whoever is shown has the sources of both.
        """
        key = server["server_address"]
        claims = self._claims.setdefault((server["server_id"], server["port"]), set())
        for other in claims - {key}:
            known = self.discovered_servers.get(other)
            if known is None or not twins(server, known):
                continue
            sources = sorted({*server["sources"], *known["sources"]})
            if nearer(server, known) is known:
                self.discovered_servers.pop(key, None)
                self.discovered_servers[other] = {**known, "sources": sources}
                return False
            server["sources"] = sources
            del self.discovered_servers[other]
            self.server_lost.send(self, server_address=other)
        if len(claims) < MAX_CLAIMS:
            claims.add(key)
        return True

    # Sources

    def _take_in(self, text: str, source: str) -> None:
        """Probe HOST:PORT; a name is looked up on a thread."""
        try:
            address = sources.numeric(text)
        except TrembleError as error:
            self.problems[source] = str(error)
            return
        if address is not None:
            self._put(address, source, text)
        elif text in self._names.values():
            known = next(found for found, name in self._names.items() if name == text)
            self._put(known, source, text)
        else:
            self._ask(source, lambda tell: tell(sources.look_up(text)), text)

    def _ask_sources(self) -> None:
        """Ask the sources that take their time."""
        self.problems.clear()
        if self.master_url:
            self._ask("master", lambda tell: sources.read_master(self.master_url, tell))
        if self.mdns:
            self._ask("mdns", lambda tell: sources.browse_mdns(self.mdns_interfaces, tell))

    def _ask(self, source: str, ask: Callable[[sources.Tell], None], name: str = "") -> None:
        """Let *ask* tell of servers on a thread of its own; no sweep ends before it has."""
        with self._mutex:
            self._waiting_for += 1

        def run() -> None:
            try:
                ask(lambda address: self._put(address, source, name))
            except TrembleError as error:
                self.problems[source] = str(error)
                log.debug("a source of servers failed", source=source, reason=str(error))
            finally:
                with self._mutex:
                    self._waiting_for -= 1
                self._wake()

        threading.Thread(target=run, name=f"tremble-{source}", daemon=True).start()

    def _put(self, address: Address, source: str, name: str = "") -> None:
        """Hand *address* to the loop."""
        self._told.put((address, source, name))
        self._wake()

    def _hear_sources(self) -> None:
        now = monotonic()
        with suppress(Empty):
            while True:
                address, source, name = self._told.get_nowait()
                if name and name != shown(address):
                    self._names.setdefault(address, name)
                probe = self.prober.add(address, source, now)
                key = self._names.get(address) or shown(address)
                if probe is not None and key in self.discovered_servers:
                    told = {"sources": sorted(probe.sources)}
                    self.discovered_servers[key] = {**self.discovered_servers[key], **told}

    def _wake(self) -> None:
        with suppress(OSError):
            self._wake_writer.send(b"\0")
