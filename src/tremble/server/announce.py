"""Tells the local network by multicast DNS that a server is here, from a process of its own.

What any machine of the network sends is parsed there and not in the game worker, which neither waits
nor wakes for it. It ends when the worker does, however that ends.
"""

import ipaddress
import os
import select
import signal
import socket
import subprocess
import sys
from typing import Any

import msgspec

from tremble.log import configure, logger
from tremble.process import StopFlag, follow_parent

log = logger("announce")

#: What servers are found by; the game's own browser asks them for the rest.
SERVICE = "_tremble._udp.local."
#: Longest name of a service in bytes (RFC 6763, 4.1.1), with room for what makes it unique.
MAX_NAME = 48
#: Seconds for saying goodbye to the network.
PATIENCE = 2.0


class Announcement(msgspec.Struct, frozen=True):
    """What is announced: *name*, *port* and *facts*, on the interfaces of *addresses*, on all if none."""

    name: str
    port: int
    facts: dict[str, str]
    addresses: list[str] = []


class Announcer:
    """The announcing process as its parent sees it; start() at once, stop() at the end."""

    def __init__(self, wanted: Announcement) -> None:
        self.wanted = wanted
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; what goes wrong there is logged there, and no reason to stop here."""
        words = [sys.executable, "-m", "tremble.server.announce"]
        text = msgspec.json.encode(self.wanted).decode()
        try:
            self.process = subprocess.Popen(
                [*words, text],
                stdin=subprocess.PIPE,
                stdout=2,  # it prints nothing; an empty root has no /dev/null
                start_new_session=True,
            )
        except OSError as error:
            log.warning("not announced to the local network", reason=str(error))

    def stop(self) -> None:
        """End the process, once it has said goodbye."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


def announcement(name: str, bind: str, port: int, facts: dict[str, str]) -> Announcement | None:
    """Return what a server on the address *bind* announces; None if only this machine can reach it."""
    address = ipaddress.ip_address(bind)
    if address.is_loopback:
        return None
    return Announcement(name, port, facts, [] if address.is_unspecified else [bind])


def local_addresses() -> list[str]:
    """Return the addresses of this machine's interfaces, without loopback and link-local IPv6."""
    import ifaddr

    found = [ip.ip for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    plain = [ip for ip in found if isinstance(ip, str)]
    plain += [ip[0] for ip in found if not isinstance(ip, str) and ip[2] == 0]
    return [ip for ip in plain if not ipaddress.ip_address(ip).is_loopback]


def register(wanted: Announcement) -> Any:
    """Announce *wanted*; return the responder, to be closed. Raises OSError without a network."""
    from zeroconf import InterfaceChoice, ServiceInfo, Zeroconf

    responder = Zeroconf(interfaces=wanted.addresses or InterfaceChoice.All)
    label = wanted.name.encode()[:MAX_NAME].decode("utf-8", "ignore").replace(".", " ")
    service = ServiceInfo(
        SERVICE,
        f"{label}.{SERVICE}",
        port=wanted.port,
        properties=wanted.facts,
        parsed_addresses=wanted.addresses or local_addresses(),
        server=f"tremble-{wanted.port}-{label_of_host()}.local.",
    )
    responder.register_service(service, allow_name_change=True)
    return responder


def label_of_host() -> str:
    """Return the name of this machine as far as it is a DNS label."""
    kept = [c if c.isascii() and c.isalnum() else "-" for c in socket.gethostname()]
    return "".join(kept)[:30].strip("-") or "host"


def main() -> None:
    """Entry of `python -m tremble.server.announce ANNOUNCEMENT` (JSON)."""
    configure()
    wanted = msgspec.json.decode(sys.argv[1].encode(), type=Announcement)
    stop = StopFlag()
    stop.listen()
    follow_parent()
    try:
        responder = register(wanted)
    except Exception as error:
        # No network, or another responder that does not share the port: the server can do without.
        log.warning("not announced to the local network", reason=str(error) or repr(error))
        return
    log.info("announced to the local network", name=wanted.name, port=wanted.port)
    while not stop.stopping:
        select.select([stop.fd], [], [])
        os.read(stop.fd, 4096)  # it may be a signal that ends nothing
    responder.unregister_all_services()
    responder.close()


if __name__ == "__main__":
    main()
