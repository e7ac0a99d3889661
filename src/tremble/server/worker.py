"""The game worker: wires one process's socket, arenas and outbox together and runs the loop.

Started by the supervisor as `python -m tremble.server OPTIONS`, or in the foreground by
`tremble server`. New options come as lines of JSON on standard input. Reports go as JSON lines: one
`ready`, then `status` once a second while people play, `ended` with the reason.
"""

import os
import secrets
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import msgspec

from tremble import compiled
from tremble.errors import TrembleError
from tremble.log import logger, set_up_child
from tremble.match.modes import MODES
from tremble.match.votes import VoteSettings
from tremble.net.enet import Host
from tremble.net.messages import CHANNELS, PROTOCOL_VERSION
from tremble.process import StopFlag, follow_parent
from tremble.server import agones, figures, keys, record, status, udp
from tremble.server.admission import Admission
from tremble.server.agones import Agones
from tremble.server.announce import Announcer, announcement
from tremble.server.arena import Arena
from tremble.server.backup import Backup
from tremble.server.calling import Reply
from tremble.server.chat import ChatCommands
from tremble.server.console import Console, ConsoleDoor
from tremble.server.desk import Desk, Door
from tremble.server.gamelog import GameLog
from tremble.server.heart import Heart, Herald
from tremble.server.house import House
from tremble.server.keeper import Keeper
from tremble.server.loop import GameServer, run
from tremble.server.memory import USED, Memory
from tremble.server.metrics_port import MetricsDoor
from tremble.server.options import WorkerOptions, levels, match_settings, told
from tremble.server.outbox import Outbox
from tremble.server.rcon import RconDoor
from tremble.server.record import Record
from tremble.server.replays import Replays
from tremble.server.restore import Restore
from tremble.server.standby import wait_for_turn
from tremble.server.steward import Steward
from tremble.server.upload import Uploader
from tremble.shelf import Room, Shelf
from tremble.sim.level import Level

log = logger("server")

#: Seconds that a stopping worker tries to get rid of waiting results.
PATIENCE = 2.0
#: Where the supervisor leaves secrets: anyone can read a command line.
PASSWORD = "TREMBLE_SERVER__PASSWORD"
RCON_PASSWORD = "TREMBLE_RCON__PASSWORD"
METRICS_TOKEN = "TREMBLE_METRICS__TOKEN"
#: Ends after which the server begins anew.
AGAIN = ("restart", "recycle", "restore")
#: The end that a signal asked for.
SIGNAL = "signal"
#: Peers beyond the players: so that a full server can still say that it is full.
SPARE_PEERS = 16


def game_server(
    options: WorkerOptions,
    outbox: Outbox,
    sock: socket.socket,
    replays: Replays | None,
    level: Level,
) -> GameServer:
    """Return the server of *options* on the bound *sock*, which begins with *level*."""
    mode = MODES[options.mode]
    match = match_settings(options)
    rules = house(options, outbox)
    arenas = [
        Arena(number, level, mode, match, outbox.server_id, lambda: rules.draws.match_id(), replays)
        for number in range(options.arenas)
    ]
    peers = min(4095, options.max_players + SPARE_PEERS)
    host = Host(peers, CHANNELS, secrets.randbits(64))
    known = told(options, sock.getsockname()[1])
    post = outbox.put if replays is None else replays.post
    return GameServer(known, udp.wrap(sock), host, arenas, post, monotonic(), rules)


def house(options: WorkerOptions, outbox: Outbox) -> House:
    """Return what holds in the process. Raises ConfigError."""
    found = House(Path(options.directory), options.roles)
    found.flush = outbox.hurry
    found.backup = Backup(Path(options.directory)).begin
    known = bytes.fromhex(options.record_key) or record.pinned(Path(options.directory))
    found.admission = Admission(outbox.server_id, known)
    found.voting = options.voting
    found.vote_settings = VoteSettings(**options.vote)
    return found


def over(server: GameServer, stop: StopFlag, steward: Steward) -> bool:
    """Say whether the loop is to end; the first SIGTERM begins to drain."""
    if stop.asked and not server.house.drain.on:
        server.begin_drain(
            monotonic(), steward.options.drain_s, "the server stops after this match"
        )
    if server.drained(monotonic()):
        steward.ends = SIGNAL if stop.asked else "drained"
    return stop.stopping or steward.ends != ""


def serve(
    options: WorkerOptions,
    report: Callable[[bytes], None],
    listen: Callable[[StopFlag, Steward], None] = lambda stop, steward: None,
    known: dict[str, Level] | None = None,
) -> str:
    """Run a worker until it is told to stop; return why it ends, SIGNAL if it was told to.

    *listen* is called with what new options go to; *known* are the maps, if they were read already.
    Raises TrembleError if it cannot start.
    """
    stop = StopFlag(gentle=options.drain_s > 0)
    directory = Path(options.directory)
    private = keys.server_key(directory)
    memory = Memory(options.memory) if options.memory >= 0 else None
    with bound(options) as sock:
        outbox = Outbox(directory / "outbox.db", options.url or None, private)
        shelf = Shelf(directory / "replays", options.replays or Room())
        afresh = memory is None or not memory.word(USED)
        replays = Replays(shelf, outbox.put, afresh) if options.replays else None
        uploader = uploading(options, outbox, private, shelf)
        known = levels(options) if known is None else known
        server = game_server(options, outbox, sock, replays, known[options.map])
        contact = in_contact(options, private, server)
        steward = Steward(server, options, known, monotonic())
        steward.answer = lambda: report(b'{"event": "alive"}\n')
        desk = Desk(stop.poke)
        introduce(options, server, outbox, desk)
        console = Console(server, desk)
        game_log = game_logged(options, server, desk)
        ChatCommands(server)
        stop.listen()
        listen(stop, steward)
        deadline = None if memory is None else kept(memory, server, outbox)
        steward.started = server.started
        desk.start(doors(options, console, outbox))
        fleet = in_fleet(options, server, stop)
        report_ready(report, server)
        speakers = announced(options, server), beating(options, private, server)
        run(
            server,
            stop.fd,
            lambda: over(server, stop, steward),
            lambda: report(status.report_line(server, outbox.depth)),
            deadline,
        )
        why = report_ended(report, server, SIGNAL if stop.stopping else steward.ends)
        close_doors(*speakers, desk, contact, game_log)
        hand_over(replays, outbox, uploader)
        return left(SIGNAL if stop.asked or stop.stopping else why, fleet)


def report_ended(report: Callable[[bytes], None], server: GameServer, why: str) -> str:
    """Report *why* the process ends, and what is to be restored if that is why; return *why*.

    Before anything is closed: what fails there is no reason for a standby to go on.
    """
    leave = server.house.leave
    wish = leave.wish if leave is not None and why == "restore" else None
    report(msgspec.json.encode({"event": "ended", "why": why, "wish": wish}) + b"\n")
    return why


def left(why: str, fleet: Agones | None) -> str:
    """Tell *fleet* that the process ends because of *why*, and return that."""
    if fleet is not None:
        fleet.close(again=why in AGAIN)
    return why


def kept(memory: Memory, server: GameServer, outbox: Outbox) -> float | None:
    """Keep *server* in *memory* from now on, going on from what is there; return when a tick is due."""
    assert server.house.directory is not None
    return Keeper(memory, server, server.house.directory, outbox.written).go_on()


def report_ready(report: Callable[[bytes], None], server: GameServer) -> None:
    """Report that *server* can be joined."""
    ready = {"event": "ready", "port": server.options.port, "compiled": compiled.reason is None}
    report(msgspec.json.encode(ready) + b"\n")


def close_doors(
    announcer: Announcer | None,
    heart: Heart | None,
    desk: Desk,
    contact: Record | None,
    game_log: GameLog | None,
) -> None:
    """End what speaks for the server, and what takes commands and news to it."""
    if heart is not None:
        heart.close()
    if announcer is not None:
        announcer.stop()
    desk.close()
    if contact is not None:
        contact.close()
    if game_log is not None:
        game_log.close()


def bound(options: WorkerOptions) -> socket.socket:
    """Return the socket to inherit, else one of our own. Raises PortBusy or ConfigError."""
    if options.fd >= 0:
        return socket.socket(fileno=options.fd)
    return udp.bind(options.bind, options.port)


def hand_over(replays: Replays | None, outbox: Outbox, uploader: Uploader | None) -> None:
    """Write what was recorded, get rid of what can be got rid of; the rest waits for the next start."""
    if replays is not None:
        replays.close()
    waiting = outbox.close(PATIENCE)
    if uploader is not None:
        uploader.close()
    if waiting:
        log.warning("results wait in the outbox for the next start", count=waiting)


def game_logged(options: WorkerOptions, server: GameServer, desk: Desk) -> GameLog | None:
    """Let *desk* write down what happens on *server*, if that is wanted."""
    if options.game_log is None:
        return None
    found = GameLog(Path(options.directory), options.game_log, desk)
    server.news.listeners.append(found.hear)
    return found


def introduce(options: WorkerOptions, server: GameServer, outbox: Outbox, desk: Desk) -> None:
    """Tell the house what stands outside it."""
    restore = Restore(Path(options.directory), options.no_restore, desk.ask)
    server.house.restore = restore
    desk.ask(
        restore.settle
    )  # in the first round: by then it is known what another process has planned
    server.house.settle = lambda reply: desk.settle(reply, settled)
    server.house.families = lambda: figures.families(server, outbox)
    server.house.status = lambda: status.status(server, outbox.depth)


def uploading(
    options: WorkerOptions, outbox: Outbox, private: bytes, shelf: Shelf
) -> Uploader | None:
    """Send the replays on *shelf* to the record, if it has another directory than ours."""
    if not options.upload or not options.url:
        return None
    path = Path(options.directory) / "outbox.db"
    uploader = Uploader(path, options.url, private, shelf)
    outbox.replay_due = uploader.due
    return uploader


def beating(options: WorkerOptions, private: bytes, server: GameServer) -> Heart | None:
    """Tell the master list of the record of *server*; None without a record."""
    if not options.url:
        return None
    heart = Heart(options.url, private)
    herald = Herald(server, heart)
    herald.attend(monotonic())
    server.between.append(herald.attend)
    return heart


def in_contact(options: WorkerOptions, private: bytes, server: GameServer) -> Record | None:
    """Begin to ask the record for what *server* must know, if it has one."""
    if not options.url:
        return None
    found = Record(options.url, Path(options.directory), private, server)
    found.start()
    return found


def doors(options: WorkerOptions, console: Console, outbox: Outbox) -> list[Door]:
    """Return where commands may come in."""
    found: list[Door] = [ConsoleDoor(Path(options.directory), console)]
    if options.rcon.password:
        found.append(RconDoor(options.rcon))
    if options.metrics.port:
        found.append(MetricsDoor(options.metrics, console.desk, lambda s: unready(s, outbox)))
    return found


def unready(server: GameServer, outbox: Outbox) -> str:
    """Return why nobody should be sent to *server*; "" if they may come."""
    if server.house.drain.on:
        return f"draining: {server.house.drain.reason}"
    return "results cannot be written: see the log" if outbox.failing else ""


def settled(reply: Reply) -> None:
    """What a reply had to write is written, and nobody waits for it."""


def announced(options: WorkerOptions, server: GameServer) -> Announcer | None:
    """Show *server* to its local network, if it is to be seen there."""
    facts = {"mode": options.mode, "map": options.map, "protocol": str(PROTOCOL_VERSION)}
    bind = server.socket.sock.getsockname()[0]
    wanted = announcement(options.name, bind, server.options.port, facts)
    if not (options.lan and options.public) or wanted is None:
        return None
    announcer = Announcer(wanted)
    announcer.start()
    return announcer


def in_fleet(options: WorkerOptions, server: GameServer, stop: StopFlag) -> Agones | None:
    """Tell Agones of *server*, if it is to be told. Raises ConfigError."""
    if not options.agones:
        return None
    found = Agones(agones.sdk_port(os.environ), stop.poke)
    server.between.append(lambda now: found.attend(server.idle, server.house.drain.on))
    found.start()
    return found


def main() -> None:
    """Entry of `python -m tremble.server OPTIONS` (JSON of WorkerOptions)."""
    set_up_child()
    options = msgspec.json.decode(sys.argv[1].encode(), type=WorkerOptions)
    # Not among the arguments, which anybody on the machine may read.
    rcon = msgspec.structs.replace(options.rcon, password=os.environ.pop(RCON_PASSWORD, ""))
    token = os.environ.pop(METRICS_TOKEN, "")
    options = msgspec.structs.replace(
        options,
        rcon=rcon,
        password=os.environ.pop(PASSWORD, ""),
        metrics=msgspec.structs.replace(options.metrics, token=token),
    )
    try:
        known = wait_for_turn(options, write_report) if options.standby else None
        serve(options, write_report, follow, known)
    except TrembleError as error:
        failure = {"event": "error", "message": str(error), "exit_code": error.exit_code}
        write_report(msgspec.json.encode(failure) + b"\n")
        sys.exit(error.exit_code)


def follow(stop: StopFlag, steward: Steward) -> None:
    """Take new options from the supervisor, and end when it does."""
    follow_parent(steward.take_line(stop.poke))


def write_report(line: bytes) -> None:
    """Write *line* to standard output; a reader that has gone is no reason to stop."""
    try:
        os.write(1, line)
    except OSError:
        log.debug("nobody reads the reports")
