"""From an account to a match and out again: ticket, join, ban, over real sockets and processes."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

from e2e.processes import Up, run, wait_until

from tremble.client.api import Api
from tremble.client.client import Client
from tremble.net import messages
from tremble.net.messages import JOIN_SPECTATE

KEY = bytes(range(16))


class Player:
    """A client on a socket of its own, moved on by `seen`."""

    def __init__(self, port: int, ticket: bytes) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect(("127.0.0.1", port))
        self.sock.settimeout(0.01)
        self.client = Client(
            b"server", "x", bytes(16), JOIN_SPECTATE, 7, monotonic(), ticket=ticket
        )

    def seen(self) -> Client:
        """Send and receive what there is."""
        for data, _ in self.client.datagrams_to_send(monotonic()):
            self.sock.send(data)
        try:
            while True:
                self.client.receive_datagram(self.sock.recv(4096), b"server", monotonic())
        except TimeoutError:
            return self.client


def test_ticket_and_ban(tmp_path: Path) -> None:
    """Who is signed in joins as the account; banned by the operator, the player is out with the reason."""
    up = Up(tmp_path, sets=("server.map=pit", "server.require_ticket=true"))
    try:
        [public] = (tmp_path / "keys" / "servers").glob("*.pub")
        with Api(up.url) as api:
            player_id = api.sign_in_guest(KEY, "anna").player_id
            wait_until(lambda: (tmp_path / "keys" / "record.pub").exists(), "the record's key")
            player = Player(up.port, api.join(public.stem).ticket)
        welcome = wait_until(lambda: player.seen().welcome, "the welcome")
        with ThreadPoolExecutor(1) as beside:  # whoever is silent for long is put out for that
            words = ("admin", "ban", player_id, "--reason", "aimbot", "--dir", str(tmp_path))
            banning = beside.submit(run, *words)
            refused = wait_until(lambda: player.seen().refused, "the end")
            banned = banning.result()
        again = Player(up.port, b"")
        guest = wait_until(lambda: again.seen().refused, "the refusal")
    finally:
        up.kill()

    assert welcome.player_id == player_id
    assert banned.returncode == 0, banned.stderr
    assert (refused.code, refused.reason) == (messages.REFUSED_BANNED, "you are banned: aimbot")
    assert guest.code == messages.REFUSED_TICKET
    for one in (player, again):
        one.sock.close()
