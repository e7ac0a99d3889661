"""Order and windows of one channel."""

from hypothesis import given
from hypothesis import strategies as st

from tremble.net.enet_channel import WINDOWS_AHEAD, Channel, Incoming, windows_ahead

sequences = st.integers(0, 0xFFFF)


@given(sequences, st.integers(0, 6 * 4096))
def test_what_a_sender_may_send_is_ahead(current: int, distance: int) -> None:
    """Numbers up to six windows on are ahead, across the wrap too."""
    assert windows_ahead((current + distance) & 0xFFFF, current) < WINDOWS_AHEAD


@given(sequences, st.integers(1, 6 * 4096))
def test_what_was_delivered_is_the_past(current: int, distance: int) -> None:
    """Numbers up to six windows back are not ahead, and may be acknowledged again."""
    assert windows_ahead((current - distance) & 0xFFFF, current) > WINDOWS_AHEAD + 1


@given(sequences, st.permutations(list(range(1, 12))))
def test_early_packets_come_out_in_order(start: int, order: list[int]) -> None:
    """In whatever order packets are kept, they become ready in order, once each."""
    channel = Channel()
    channel.reliable = start
    ready: list[bytes] = []

    for n in order:
        sequence = (start + n) & 0xFFFF
        assert channel.accepts_reliable(sequence)
        channel.waiting[sequence] = Incoming(sequence, 0, b"%d" % n)
        assert not channel.accepts_reliable(sequence)
        ready += [packet.data for packet in channel.take_ready()]

    assert ready == [b"%d" % n for n in range(1, 12)]
    assert channel.waiting == {}


def test_late_unreliable_packets_are_released_as_such() -> None:
    """When a reliable packet arrives, what hung on it is due in order, what hung on older is late."""
    channel = Channel()
    for sequence, unreliable in [(1, 2), (1, 1), (0, 9), (2, 1)]:
        channel.held[sequence << 16 | unreliable] = Incoming(sequence, unreliable, b"")
    channel.advance(1)

    due, late = channel.release()

    assert [(p.sequence, p.unreliable) for p in due] == [(1, 1), (1, 2)]
    assert [(p.sequence, p.unreliable) for p in late] == [(0, 9)]
    assert list(channel.held) == [2 << 16 | 1]


def test_new_window_waits_for_the_oldest() -> None:
    """A window is opened only if what is unacknowledged lies at most six windows back."""
    channel = Channel()
    channel.in_flight[0] = 1

    assert not channel.window_is_blocked(6 * 4096)
    assert channel.window_is_blocked(7 * 4096)
    assert not channel.window_is_blocked(7 * 4096 + 1)
