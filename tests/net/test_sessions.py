"""Many sessions at once: who hears what, who is asked, who is shown the world, who is sent it."""

from tremble.net import messages, usercmds
from tremble.net.enet_peer import (
    CONNECTED,
    DISCONNECTED,
    RECEIVED,
    Event,
    Peer,
)
from tremble.net.messages import CHANNEL_RELIABLE, CHANNEL_SNAPSHOT, CHANNEL_USERCMD
from tremble.net.session import JOIN_TIMEOUT, MAX_GARBAGE, Session
from tremble.net.sessions import hear_all, late_ones, send_all, show_all, take_commands
from tremble.net.snapshot import Encoder, Frame
from tremble.sim.state import MAX_PLAYERS, Usercmd


def playing(number: int, slot: int) -> Session:
    found = Session(number, 0.0)
    found.join(f"{number:016x}", "A", False)
    found.take_slot(slot)
    return found


def event(number: int, kind: int, channel: int = 0, data: bytes = b"") -> Event:
    peer = Peer(number, b"", 0.0)
    peer.tag = number
    return Event(kind, peer, channel, data)


def asks(*ticks: int) -> bytes:
    return usercmds.encode([Usercmd(tick, forward=tick) for tick in ticks], 0)


def test_usercmds_are_heard_and_the_rest_is_passed_on_in_order() -> None:
    """Nothing is heard twice, nothing of a stranger at all; who sends garbage is named at the limit."""
    sessions = {1: playing(1, 0), 2: playing(2, 1)}
    others = [
        event(1, CONNECTED),
        event(1, RECEIVED, CHANNEL_RELIABLE, messages.encode(messages.ChatLine("hello"))),
        event(2, DISCONNECTED),
    ]
    heard = [
        event(1, RECEIVED, CHANNEL_USERCMD, asks(3, 2, 1)),
        event(9, RECEIVED, CHANNEL_USERCMD, asks(3)),
    ]
    garbage = [event(2, RECEIVED, CHANNEL_USERCMD, b"\0")] * MAX_GARBAGE
    passed_on: list[Event] = []
    broken: list[int] = []

    mixed = [others[0], heard[0], others[1], *garbage, heard[1], others[2]]
    hear_all(sessions, mixed, 1.0, passed_on.append, broken.append)

    assert passed_on == others
    assert sorted(sessions[1].inputs.waiting) == [1, 2, 3]
    assert (sessions[2].garbage, broken) == (MAX_GARBAGE, [2])


def test_each_slot_is_asked_for_its_command() -> None:
    """Who watches, or has sent nothing, asks for nothing."""
    sessions = {4: playing(4, 7), 5: playing(5, 2), 6: playing(6, -1)}
    for number in (4, 6):
        sessions[number].hear(CHANNEL_USERCMD, asks(3, 2, 1), 0.0)

    commands = take_commands(sessions)

    found = {slot: command.tick for slot, command in enumerate(commands) if command is not None}
    assert (len(commands), found) == (MAX_PLAYERS, {7: 1})


def test_who_does_not_join_is_late() -> None:
    sessions = {1: Session(1, 10.0), 2: playing(2, 0), 3: Session(3, 11.0)}

    assert late_ones(sessions, 10.0 + JOIN_TIMEOUT) == []
    assert late_ones(sessions, 10.5 + JOIN_TIMEOUT) == [1]


def test_snapshots_are_shown_every_so_many_ticks_and_sent_to_those_who_are_here() -> None:
    """By number, so that not all fall on the same tick; reliable packets go reliably."""
    encoder = Encoder()
    encoder.add(Frame(10))
    sessions = {number: playing(number, number) for number in (1, 2, 3, 4)}
    packets: list[tuple[int, int, bytes]] = [(2, CHANNEL_RELIABLE, b"told")]

    show_all(sessions, encoder, 10, 2, packets)

    assert [row[:2] for row in packets[1:]] == [(2, CHANNEL_SNAPSHOT), (4, CHANNEL_SNAPSHOT)]
    assert [10 in sessions[number].sent for number in (1, 2, 3, 4)] == [False, True, False, True]
    here = Peer(0, b"", 0.0)
    here.open_channels(messages.CHANNELS)
    here.state = CONNECTED
    send_all({2: here}, packets)  # 4 has gone
    assert [queued.wire[-4:] for queued in here.reliable] == [b"told"]
    assert [queued.wire[-len(packets[1][2]) :] for queued in here.unreliable] == [packets[1][2]]
