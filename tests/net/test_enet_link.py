"""What a peer's link is taken for, and what follows for what is let through."""

from enet_ends import CLIENT, Ends, payloads

from tremble.net.enet import UNRELIABLE
from tremble.net.enet_link import MIN_VARIANCE_MS, THROTTLE_SCALE, PeerLink


def test_first_sample_is_believed() -> None:
    """The first round trip replaces the guess; half of it is the variance."""
    link = PeerLink()

    link.measure(80.0, 1000)

    assert (link.round_trip_time, link.round_trip_time_variance) == (0.08, 0.04)


def test_steady_samples_settle() -> None:
    """Equal samples bring the round trip to their value and the variance to its floor."""
    link = PeerLink()
    for n in range(100):
        link.measure(50.0, 1000 + n * 100)

    assert link.round_trip_ms == 50.0
    assert link.variance_ms == MIN_VARIANCE_MS


def test_throttle_falls_and_recovers() -> None:
    """Round trips far over the lowest close the throttle step by step; short ones open it."""
    link = PeerLink()
    for n in range(100):
        link.measure(50.0, 1000 + n * 100)

    link.measure(500.0, 11_000)
    assert link.throttle == THROTTLE_SCALE - 2
    link.measure(40.0, 11_100)
    assert link.throttle == THROTTLE_SCALE


def test_loss_is_smoothed_over_intervals() -> None:
    """Half of the commands lost in one interval moves the loss by an eighth of that."""
    link = PeerLink()
    link.judge(10_000)
    link.commands_sent, link.commands_lost = 100, 50

    link.judge(20_000)

    assert link.packet_loss == 0.5 / 8


def test_bandwidth_of_the_other_end_is_obeyed() -> None:
    """After BANDWIDTH_LIMIT the window shrinks and unreliable packets are thinned out to fit."""
    ends = Ends()
    there, here = ends.connect()
    limit = there.header + b"\x0a\xff\x00\x09" + (20_000).to_bytes(4, "big") + bytes(4)
    ends.server.receive_datagram(limit, CLIENT, ends.now)

    for _ in range(10 * 64):
        here.send(1, bytes(1000), UNRELIABLE)
        ends.tick()

    assert here.window == 4096
    # 64 kB/s were asked for; the first second passes before anything is known.
    assert 20_000 < sum(map(len, payloads(ends.at_client))) / 10 < 36_000
