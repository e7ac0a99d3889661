"""Clients that cost little: they join, send scripted usercmds at 60 Hz and acknowledge snapshots.

    python bench/load_client.py PORT COUNT SECONDS

Everything travels as with a real client (ENet, JOIN, redundant usercmds, acknowledgements), but a
snapshot is only read as far as its tick. Prints JSON: joined, snapshots, bytes in and out per client
and second.
"""

import json
import random
import select
import socket
import sys
import time

from tremble.net import enet, messages, usercmds
from tremble.net.enet import Host
from tremble.net.snapshot import SNAPSHOT
from tremble.sim.state import Usercmd

SERVER = b"server"


class LoadClient:
    """One client on a socket of its own."""

    def __init__(self, number: int, port: int, now: float) -> None:
        self.dice = random.Random(number)
        self.name = f"load {number}"
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.host = Host(1, messages.CHANNELS, number + 1, accepts=False)
        self.peer = self.host.connect(SERVER, messages.CHANNELS, messages.CONNECT_DATA, now)
        self.joined = False
        self.snapshot = 0
        self.snapshots = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.tick = 0
        self.commands: list[Usercmd] = []
        self.wish = Usercmd()

    def receive(self, now: float) -> None:
        while True:
            try:
                data = self.socket.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                break
            self.bytes_in += len(data) + 28  # with the headers of IP and UDP
            self.host.receive_datagram(data, SERVER, now)
        for event in self.host.take_events():
            if event.kind == enet.CONNECTED:
                key = self.name.encode().ljust(16, b".")[:16]
                join = messages.Join(messages.PROTOCOL_VERSION, key, messages.JOIN_BOT, self.name)
                self.peer.send(0, messages.encode(join), enet.RELIABLE)
            elif event.kind == enet.RECEIVED:
                self.hear(event.data)

    def hear(self, data: bytes) -> None:
        if data[0] == SNAPSHOT:
            self.snapshots += 1
            self.snapshot = max(self.snapshot, int.from_bytes(data[1:5], "little"))
        elif isinstance(messages.decode(data), messages.Welcome):
            self.joined = True

    def send(self, now: float) -> None:
        if self.joined:
            self.command()
        for data, _ in self.host.datagrams_to_send(now):
            self.bytes_out += len(data) + 28
            try:
                self.socket.send(data)
            except OSError:
                continue

    def command(self) -> None:
        """Run, turn, jump and shoot, changing the mind five times a second."""
        self.tick += 1
        if self.tick % 12 == 1:
            self.wish = Usercmd(
                forward=self.dice.choice((127, 127, 0, -127)),
                side=self.dice.choice((-127, 0, 127)),
                yaw=self.dice.randrange(65536),
                pitch=self.dice.randrange(-2000, 4000),
                buttons=self.dice.choice((0, 1, 2, 3)),
                weapon=self.dice.randrange(3),
            )
        wish = self.wish
        turned = (wish.yaw + self.tick * 97) & 0xFFFF
        now = Usercmd(
            self.tick, wish.forward, wish.side, turned, wish.pitch, wish.buttons, wish.weapon
        )
        self.commands = [now, *self.commands[:3]]
        self.peer.send(
            messages.CHANNEL_USERCMD,
            usercmds.encode(self.commands, self.snapshot),
            enet.UNSEQUENCED,
        )


def main(port: int, count: int, seconds: float) -> None:
    start = time.monotonic()
    clients = [LoadClient(number, port, start) for number in range(count)]
    deadline = start
    measured_from = start + 3.0  # everybody has joined by then
    counted = False
    while deadline < start + 3.0 + seconds:
        deadline += 1 / 60
        pause = deadline - time.monotonic()
        if pause > 0:
            select.select([], [], [], pause)
        now = time.monotonic()
        if not counted and now >= measured_from:
            counted = True
            for client in clients:
                client.bytes_in = client.bytes_out = client.snapshots = 0
        for client in clients:
            client.receive(now)
            client.send(now)
    report = {
        "joined": sum(c.joined for c in clients),
        "snapshots_per_s": sum(c.snapshots for c in clients) / seconds / count,
        "bytes_in_per_s": sum(c.bytes_in for c in clients) / seconds / count,
        "bytes_out_per_s": sum(c.bytes_out for c in clients) / seconds / count,
        "cpu_s": time.process_time(),
    }
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
