"""What is done for many sessions at once, each tick: hear them, take their commands, show them the world.

The shell around it (`server/loop.py`, `server/arena.py`) does what is rare; these loops are compiled.
"""

from collections.abc import Callable

from tremble.net.enet_peer import RECEIVED, RELIABLE, UNRELIABLE, Event, Peer
from tremble.net.messages import CHANNEL_RELIABLE, CHANNEL_SNAPSHOT, CHANNEL_USERCMD
from tremble.net.session import Session
from tremble.net.snapshot import Encoder
from tremble.sim.state import MAX_PLAYERS, Usercmd

#: What is to be sent: session number, channel, packet.
Packet = tuple[int, int, bytes]


def hear_all(
    sessions: dict[int, Session],
    events: list[Event],
    now: float,
    other: Callable[[Event], None],
    broke: Callable[[int], None],
) -> None:
    """Let *sessions*, by number, hear the usercmds among the *events* of their peers.

    In their order, *other* gets all other events, *broke* the number of a session that has sent too
    much garbage.
    """
    for event in events:
        if event.kind != RECEIVED or event.channel != CHANNEL_USERCMD:
            other(event)
            continue
        session = sessions.get(event.peer.tag)
        if session is None:
            continue
        session.hear(CHANNEL_USERCMD, event.data, now)
        if session.broken:
            broke(session.number)


def late_ones(sessions: dict[int, Session], now: float) -> list[int]:
    """Return the numbers of those whose JOIN should have come by *now*."""
    return [session.number for session in sessions.values() if session.late(now)]


def take_commands(sessions: dict[int, Session]) -> list[Usercmd | None]:
    """Return the command of each slot for the tick to come; None where nobody asks for anything."""
    commands: list[Usercmd | None] = [None] * MAX_PLAYERS
    for session in sessions.values():
        if session.slot >= 0:
            commands[session.slot] = session.inputs.take()
    return commands


def show_all(
    sessions: dict[int, Session], encoder: Encoder, tick: int, every: int, out: list[Packet]
) -> None:
    """Append to *out* the snapshot of *tick* for each session that is due one, *every* so many ticks."""
    for session in sessions.values():
        # By number, so that not all of them fall on the same tick.
        if (tick + session.number) % every or not session.due(tick):
            continue
        inputs = session.inputs
        data, told_to, full = encoder.encode(
            session.slot, session.acked, session.told_to, inputs.executed, inputs.lead
        )
        session.note_sent(tick, told_to, full)
        out.append((session.number, CHANNEL_SNAPSHOT, data))


def send_all(peers: dict[int, Peer], packets: list[Packet]) -> None:
    """Hand *packets* to ENet, each to the peer of its session; those of sessions that are gone are lost."""
    for number, channel, data in packets:
        peer = peers.get(number)
        if peer is not None:
            peer.send(channel, data, RELIABLE if channel == CHANNEL_RELIABLE else UNRELIABLE)
