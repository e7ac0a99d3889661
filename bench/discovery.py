"""How long a browser takes to list many servers, and what it costs: python bench/discovery.py

The servers are sockets of another process on loopback, each on a port of its own, which answer as the
real one does, players included. A tenth of the addresses in the list belongs to nobody.
"""

import multiprocessing
import resource
import selectors
import socket
import sys
from multiprocessing.connection import Connection
from statistics import median
from time import monotonic, process_time

from tremble.client.discovery import ServerDiscovery
from tremble.net.query import PlayerStatus, ServerInfo, answer, info_response

SERVERS = 2000
RUNS = 5


def told(number: int) -> bytes:
    """What server *number* says of itself: 0 to 15 players."""
    lines = [PlayerStatus(f"player {i} of {number}", i, False) for i in range(number % 16)]
    return info_response(
        ServerInfo(
            name=f"server {number}", port=4433, max_players=16, current_players=len(lines), bots=0,
            spectators=0, gamemode="ffa", map="arena_01", uptime=1.0, public=True, phase="live",
            time_left=60.0, players=lines, protocol=1, version="0.1.0",
        )
    )  # fmt: skip


def serve(count: int, parent: Connection) -> None:
    """Be *count* servers; tell *parent* their ports, and end when it says so."""
    selector = selectors.DefaultSelector()
    selector.register(parent, selectors.EVENT_READ, b"")
    ports = []
    for number in range(count):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)
        ports.append(sock.getsockname()[1])
        selector.register(sock, selectors.EVENT_READ, told(number))
    parent.send(ports)
    while True:
        for key, _ in selector.select():
            sock = key.fileobj
            if not isinstance(sock, socket.socket):
                return
            data, sender = sock.recvfrom(2048)
            reply = answer(data, key.data)
            if reply is not None:
                sock.sendto(reply, sender)


def measure(ports: list[int]) -> tuple[float, float, float, int, int]:
    """Sweep once; return seconds to the half and to all of them, to the end, CPU ms, how many."""
    count = len(ports)
    dead = [f"127.0.0.1:{port}" for port in range(1, 1 + count // 10)]
    addresses = [f"127.0.0.1:{port}" for port in ports]
    found = ServerDiscovery(addresses + dead, lan=False, mdns=False)
    times: list[float] = []

    def note(sender: object, server_info: dict[str, object]) -> None:
        times.append(monotonic() - began)

    found.server_found.connect(note)
    began, cpu = monotonic(), process_time()
    found.sweep()
    whole, cpu = monotonic() - began, process_time() - cpu
    found.close()
    return times[len(times) // 2], times[-1], whole, int(cpu * 1000), len(times)


def main() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, SERVERS + 200), hard))
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(SERVERS, theirs), daemon=True)
    process.start()
    ports = ours.recv()
    runs = [measure(ports) for _ in range(RUNS)]
    ours.send(None)
    process.join(10)
    print("| servers | listed | half s | all s, median | all s, worst | sweep s | CPU ms |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    half, last, whole, cpu, listed = zip(*runs, strict=True)
    print(
        f"| {SERVERS} | {min(listed)} | {median(half):.2f} | {median(last):.2f} | {max(last):.2f} "
        f"| {median(whole):.2f} | {median(cpu):.0f} |"
    )
    if min(listed) < SERVERS:
        sys.exit("not every server was listed")


if __name__ == "__main__":
    main()
