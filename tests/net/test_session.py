"""The server's end of a client: what it takes in which state, and commands one a tick."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tremble.net import messages, session, usercmds
from tremble.net.messages import (
    CHANNEL_RELIABLE,
    CHANNEL_SNAPSHOT,
    CHANNEL_USERCMD,
    LAYOUT,
    ChatLine,
    Join,
    Prove,
    Spectate,
)
from tremble.net.session import CLOSING, JOINING, PLAYING, Bucket, Inputs, Session
from tremble.sim.state import Usercmd

JOIN = Join(1, bytes(16), 0, "A")
SAMPLES = {
    "u8": 1, "u16": 1, "u32": 1, "str": "A", "key": bytes(16), "rest": b"", "scores": [],
}  # fmt: skip


def packet(kind):
    """Return a packet of the message *kind*, or usercmds for None."""
    if kind is None:
        return CHANNEL_USERCMD, usercmds.encode([Usercmd(1)], 0)
    values = [SAMPLES[k] for _, k in LAYOUT[kind][1]]
    return CHANNEL_RELIABLE, messages.encode(kind(*values))


def playing(now=0.0):
    found = Session(1, now)
    found.join("id", "A", False)
    return found


@pytest.mark.parametrize("kind", [None, *LAYOUT])
@pytest.mark.parametrize("state", [JOINING, PLAYING, CLOSING])
def test_every_message_in_every_state(state, kind):
    """JOIN and PROVE are for JOINING, the rest for PLAYING; CLOSING hears nothing; else garbage."""
    client = Session(1, 0.0) if state == JOINING else playing()
    if state == CLOSING:
        client.close()
    heard = client.hear(*packet(kind), 0.0)

    good = kind in (Join, Prove) if state == JOINING else kind in (None, ChatLine, Spectate)
    assert (heard is not None) == (good and kind is not None and state != CLOSING)
    assert client.garbage == (0 if good or state == CLOSING else 1)
    assert client.state == state


@given(st.integers(0, 3), st.binary(max_size=60), st.sampled_from([JOINING, PLAYING]))
def test_any_bytes_are_a_message_or_counted(channel, data, state):
    """Nothing a client sends raises anything."""
    client = Session(1, 0.0) if state == JOINING else playing()
    heard = client.hear(channel, data, 0.0)

    assert client.garbage in (0, 1)
    assert heard is None or client.garbage == 0


def test_garbage_closes_after_twenty():
    """broken says so at the twentieth, not before."""
    client = playing()
    for _ in range(session.MAX_GARBAGE - 1):
        client.hear(CHANNEL_SNAPSHOT, b"x", 0.0)

    assert not client.broken
    client.hear(CHANNEL_RELIABLE, b"", 0.0)
    assert client.broken


def test_datagrams_beyond_the_budget_are_not_read():
    """150 at once, then 75 a second; those beyond are counted and are no garbage."""
    client = playing()
    for _ in range(200):
        client.hear(CHANNEL_USERCMD, b"", 0.0)

    assert client.garbage == 150
    assert client.over_budget == 50
    for _ in range(100):
        client.hear(CHANNEL_USERCMD, b"", 1.0)
    assert client.garbage == 225


def test_sixty_datagrams_a_second_are_always_within_the_budget():
    """An honest client of 60 Hz, 5 % fast, loses nothing."""
    client = playing()
    for i in range(3600):
        client.hear(CHANNEL_USERCMD, usercmds.encode([Usercmd(i + 1)], 0), i / 63)

    assert (client.over_budget, client.garbage) == (0, 0)


def test_talk_has_its_own_budget():
    """Ten lines at once, then two a second."""
    client = playing()
    line = messages.encode(ChatLine("hi"))
    heard = [client.hear(CHANNEL_RELIABLE, line, 0.0) for _ in range(15)]

    assert sum(found is not None for found in heard) == 10
    assert client.over_budget == 5
    assert client.hear(CHANNEL_RELIABLE, line, 0.5) == ChatLine("hi")
    assert client.hear(CHANNEL_RELIABLE, line, 0.5) is None


@given(st.lists(st.floats(0, 2), max_size=200))
def test_a_bucket_gives_no_more_than_its_rate(gaps):
    """In any time at most burst and rate times that time."""
    bucket = Bucket(5.0, 3.0, 0.0)
    now, taken = 0.0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now)

    assert taken <= 3.0 + 5.0 * now + 1e-6


@pytest.mark.parametrize(("after", "late"), [(5.0, False), (5.01, True)])
def test_join_must_come_in_time(after, late):
    """Five seconds, and only for who has not joined."""
    assert Session(1, 10.0).late(10.0 + after) == late
    assert not playing(10.0).late(10.0 + after)


class TestAcknowledgement:
    def test_of_a_snapshot_that_was_sent_makes_a_baseline(self):
        """The tick becomes acked, and the events that it held are known."""
        client = playing()
        client.note_sent(50, 48, True)
        client.note_sent(51, 51, False)
        client.hear(CHANNEL_USERCMD, usercmds.encode([Usercmd(1)], 51), 0.0)

        assert (client.acked, client.told_to) == (51, 51)

    @pytest.mark.parametrize("tick", [0, 49, 52, 2**32 - 1])
    def test_of_one_never_sent_is_ignored(self, tick):
        """A client cannot claim what it never got."""
        client = playing()
        client.note_sent(50, 50, True)
        client.hear(CHANNEL_USERCMD, usercmds.encode([Usercmd(1)], tick), 0.0)

        assert (client.acked, client.told_to, client.garbage) == (0, 0, 0)

    def test_never_goes_back(self):
        """A late datagram does not bring back an older baseline."""
        client = playing()
        for tick in (50, 51):
            client.note_sent(tick, tick, False)
        for tick in (51, 50):
            client.hear(CHANNEL_USERCMD, usercmds.encode([Usercmd(1)], tick), 0.0)

        assert client.acked == 51

    def test_from_before_another_slot_is_ignored(self):
        """What was sent for the old slot is no baseline for the new one."""
        client = playing()
        client.note_sent(50, 50, True)
        client.take_slot(3)
        client.hear(CHANNEL_USERCMD, usercmds.encode([Usercmd(1)], 50), 0.0)

        assert client.acked == 0
        assert client.due(51)

    def test_of_more_than_a_ring_ago_is_forgotten(self):
        """64 snapshots later it is as if never sent, and snapshots get seldom."""
        client = playing()
        client.note_sent(1, 1, True)
        client.hear(CHANNEL_USERCMD, usercmds.encode([Usercmd(1)], 1), 0.0)
        for tick in range(2, 65):
            assert client.due(tick)
            client.note_sent(tick, tick, False)

        assert len(client.sent) <= session.SENT
        client.note_sent(65, 65, True)
        assert next(tick for tick in range(66, 80) if client.due(tick)) == 71


def test_another_slot_drops_the_commands_that_wait():
    """Commands for the old life are not executed in the new one, nor twice."""
    client = playing()
    for tick in (1, 2, 3):
        client.inputs.add(Usercmd(tick))
    client.inputs.take()
    client.take_slot(1)
    client.inputs.add(Usercmd(1))
    client.inputs.add(Usercmd(2))

    assert client.inputs.executed == 1
    assert list(client.inputs.waiting) == [2]


class TestInputs:
    def test_commands_are_taken_in_order_once_enough_wait(self):
        """Two must wait at first; then one a tick."""
        inputs = Inputs()
        inputs.add(Usercmd(1))
        first = inputs.take()
        for tick in (3, 2):
            inputs.add(Usercmd(tick))

        assert first is None
        assert [inputs.take().tick for _ in range(3)] == [1, 2, 3]

    def test_a_starved_player_repeats_two_ticks_then_asks_for_nothing(self):
        """The last command is repeated while a burst of loss lasts 33 ms, no longer."""
        inputs = Inputs()
        for tick in (1, 2):
            inputs.add(Usercmd(tick))
        taken = [inputs.take() for _ in range(6)]

        assert [c.tick if c else None for c in taken] == [1, 2, 2, 2, None, None]

    def test_starving_asks_for_a_longer_queue_and_calm_for_a_shorter(self):
        """One more after each starvation up to three, one fewer after ten seconds without."""
        inputs = Inputs()
        wanted = []
        tick = 0
        for _ in range(3):
            enough = inputs.wanted
            for _ in range(enough):
                tick += 1
                inputs.add(Usercmd(tick))
            for _ in range(enough + 1):
                inputs.take()
            wanted.append(inputs.wanted)
        for _ in range(3):
            tick += 1
            inputs.add(Usercmd(tick))
        for _ in range(session.CALM * 3):
            inputs.take()
            tick += 1
            inputs.add(Usercmd(tick))

        assert wanted == [3, 3, 3]
        assert inputs.wanted == session.MIN_WANTED

    def test_the_lead_is_what_waits_less_what_is_wanted(self):
        """Below zero the client must hurry, above it may slow down."""
        inputs = Inputs()
        for tick in range(1, 6):
            inputs.add(Usercmd(tick))
        inputs.take()

        assert inputs.lead == 2


class InputsMachine(RuleBasedStateMachine):
    """Any commands in any order, ticks taken in between."""

    def __init__(self):
        super().__init__()
        self.inputs = Inputs()
        self.given = set()
        self.executed = []
        self.repeated = 0

    @rule(ticks=st.lists(st.integers(1, 60), max_size=15))
    def add(self, ticks):
        for tick in ticks:
            self.given.add(tick)
            self.inputs.add(Usercmd(tick))

    @rule(tick=st.integers(1, 2**32 - 1))
    def add_far(self, tick):
        self.given.add(tick)
        self.inputs.add(Usercmd(tick))

    @rule()
    def take(self):
        before = self.inputs.executed
        command = self.inputs.take()
        if self.inputs.executed != before:
            assert command.tick == self.inputs.executed > before
            self.executed.append(command.tick)
            self.repeated = 0
        elif command is not None:
            assert command.tick == self.executed[-1]
            self.repeated += 1

    @invariant()
    def holds(self):
        assert len(self.inputs.waiting) <= session.MAX_WAITING
        assert all(tick > self.inputs.executed for tick in self.inputs.waiting)
        assert self.executed == sorted(set(self.executed))
        assert set(self.executed) <= self.given
        assert self.repeated <= session.REPEAT
        assert session.MIN_WANTED <= self.inputs.wanted <= session.MAX_WANTED


TestInputsMachine = InputsMachine.TestCase
