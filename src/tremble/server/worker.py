"""The game worker: wires one process's socket, arenas and outbox together and runs the loop.

Started by the supervisor as `python -m tremble.server OPTIONS`, or in the foreground by
`tremble server`. Reports go as JSON lines: one `ready`, then `status` once a second while people play.
"""

import os
import secrets
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import msgspec

from tremble import compiled, maps
from tremble.errors import TrembleError
from tremble.log import configure, logger
from tremble.match.match import MatchSettings
from tremble.match.modes import MODES
from tremble.net.enet import Host
from tremble.net.messages import CHANNELS, PROTOCOL_VERSION
from tremble.process import StopFlag, follow_parent
from tremble.server import keys, status, udp
from tremble.server.announce import Announcer, announcement
from tremble.server.arena import Arena
from tremble.server.clients import Options
from tremble.server.console import Console, ConsoleDoor
from tremble.server.desk import Desk, Door
from tremble.server.loop import GameServer, run
from tremble.server.outbox import Outbox
from tremble.server.rcon import RconDoor, RconOptions

log = logger("server")

#: Seconds that a stopping worker tries to get rid of waiting results.
PATIENCE = 2.0
#: Where the supervisor leaves the password of RCON.
RCON_PASSWORD = "TREMBLE_RCON__PASSWORD"
#: Peers beyond the players: so that a full server can still say that it is full.
SPARE_PEERS = 16


class WorkerOptions(msgspec.Struct, frozen=True):
    """All that a worker is told. *fd*: a bound UDP socket to inherit, -1 to bind one itself."""

    directory: str
    name: str
    bind: str
    port: int
    mode: str
    map: str
    arenas: int
    max_players: int
    per_address: int
    public: bool
    lan: bool
    match: dict[str, float]
    url: str
    fd: int = -1
    rcon: RconOptions = RconOptions()


def game_server(options: WorkerOptions, outbox: Outbox, sock: socket.socket) -> GameServer:
    """Return the server of *options* on the bound *sock*."""
    level = maps.load(options.map, Path(options.directory))
    mode = MODES[options.mode]
    match = MatchSettings(
        options.match["time_limit_s"],
        int(options.match["frag_limit"]),
        options.match["warmup_s"],
        options.match["countdown_s"],
        options.match["overtime_s"],
        options.match["intermission_s"],
    )
    arenas = [
        Arena(number, level, mode, match, outbox.server_id, lambda: secrets.token_hex(16))
        for number in range(options.arenas)
    ]
    peers = min(4095, options.max_players + SPARE_PEERS)
    host = Host(peers, CHANNELS, secrets.randbits(64))
    told = Options(
        options.name,
        sock.getsockname()[1],
        options.mode,
        options.max_players,
        options.per_address,
        options.public,
        options.lan,
    )
    return GameServer(told, udp.wrap(sock), host, arenas, outbox.put, monotonic())


def serve(options: WorkerOptions, report: Callable[[bytes], None]) -> None:
    """Run a worker until it is told to stop. Raises TrembleError if it cannot start."""
    stop = StopFlag()
    directory = Path(options.directory)
    private = keys.server_key(directory)
    if options.fd >= 0:
        sock = socket.socket(fileno=options.fd)
    else:
        sock = udp.bind(options.bind, options.port)
    with sock:
        outbox = Outbox(directory / "outbox.db", options.url or None, private)
        server = game_server(options, outbox, sock)
        desk = Desk(stop.poke)
        console = Console(server, desk)
        stop.listen()
        doors: list[Door] = [ConsoleDoor(directory, console)]
        if options.rcon.password:
            doors.append(RconDoor(options.rcon))
        desk.start(doors)
        ready = {"event": "ready", "port": server.options.port, "compiled": compiled.reason is None}
        report(msgspec.json.encode(ready) + b"\n")
        announcer = announced(options, server)
        run(
            server,
            stop.fd,
            lambda: stop.stopping,
            lambda: report(status.report_line(server, outbox.depth)),
        )
        if announcer is not None:
            announcer.stop()
        desk.close()
        waiting = outbox.close(PATIENCE)
        if waiting:
            log.warning("results wait in the outbox for the next start", count=waiting)


def announced(options: WorkerOptions, server: GameServer) -> Announcer | None:
    """Show *server* to its local network, if it is to be seen there."""
    facts = {"mode": options.mode, "map": options.map, "protocol": str(PROTOCOL_VERSION)}
    bind = server.socket.sock.getsockname()[0]
    wanted = announcement(options.name, bind, server.options.port, facts)
    if not options.lan or wanted is None:
        return None
    announcer = Announcer(wanted)
    announcer.start()
    return announcer


def main() -> None:
    """Entry of `python -m tremble.server OPTIONS` (JSON of WorkerOptions)."""
    configure()
    options = msgspec.json.decode(sys.argv[1].encode(), type=WorkerOptions)
    # Not among the arguments, which anybody on the machine may read.
    password = os.environ.pop(RCON_PASSWORD, "")
    rcon = msgspec.structs.replace(options.rcon, password=password)
    options = msgspec.structs.replace(options, rcon=rcon)
    follow_parent()
    try:
        serve(options, write_report)
    except TrembleError as error:
        failure = {"event": "error", "message": str(error), "exit_code": error.exit_code}
        write_report(msgspec.json.encode(failure) + b"\n")
        sys.exit(error.exit_code)


def write_report(line: bytes) -> None:
    """Write *line* to standard output; a reader that has gone is no reason to stop."""
    try:
        os.write(1, line)
    except OSError:
        log.debug("nobody reads the reports")
