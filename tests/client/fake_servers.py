"""Game servers on loopback that only answer queries: sockets on a thread, each on a port of its own."""

import selectors
import socket
import threading
from collections.abc import Callable

from tremble.net.query import PlayerStatus, ServerInfo, answer, info_response

Answer = Callable[[bytes, bytes], bytes | None]


def info(name: str, players: int = 0, max_players: int = 16, **more) -> ServerInfo:
    """What a server says of itself."""
    lines = [PlayerStatus(f"player {i} of it", i, False) for i in range(players)]
    values = dict(
        name=name, port=4433, max_players=max_players, current_players=players, bots=0,
        spectators=0, gamemode="ffa", map="arena_01", uptime=1.0, public=True, phase="live",
        time_left=60.0, players=lines, protocol=1, version="0.1.0",
    )  # fmt: skip
    return ServerInfo(**{**values, **more})


class Servers:
    """Servers named by number; `with` ends them. *reply* takes a question and what is told."""

    def __init__(
        self, count: int, reply: Answer = answer, host: str = "127.0.0.1", server_id: str = ""
    ) -> None:
        self.reply = reply
        self.silent: set[int] = set()
        self.selector = selectors.DefaultSelector()
        self.reader, self.writer = socket.socketpair()
        self.selector.register(self.reader, selectors.EVENT_READ)
        self.ports: list[int] = []
        self.sockets: list[socket.socket] = []
        for number in range(count):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((host, 0))
            self.sockets.append(sock)
            self.ports.append(sock.getsockname()[1])
            port = self.ports[-1]
            told = info_response(
                info(f"server {number}", number % 16, port=port, server_id=server_id)
            )
            self.selector.register(sock, selectors.EVENT_READ, (number, told))
        self.thread = threading.Thread(target=self.serve)

    def serve(self) -> None:
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.reader:
                    return
                number, told = key.data
                data, sender = key.fileobj.recvfrom(4096)
                reply = None if number in self.silent else self.reply(data, told)
                if reply is not None:
                    key.fileobj.sendto(reply, sender)

    @property
    def addresses(self) -> list[str]:
        return [f"127.0.0.1:{port}" for port in self.ports]

    def __enter__(self) -> "Servers":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.writer.send(b"\0")
        self.thread.join()
        for sock in [self.reader, self.writer, *self.sockets]:
            sock.close()
