"""The bad link does what it is told, and the same again with the same seed."""

import pytest

from tremble.net.link import Link, LinkQuality


def arrivals(quality: LinkQuality, seed: int, count: int = 2000) -> list[bytes]:
    link = Link(quality, seed)
    arrived = []
    for n in range(count):
        link.send(b"%d" % n, n * 0.01)
        arrived += link.receive(n * 0.01)
    return arrived + link.receive(1e9)


def test_good_link_changes_nothing() -> None:
    """Without faults everything arrives at once and in order."""
    assert arrivals(LinkQuality(), 1) == [b"%d" % n for n in range(2000)]


def test_same_seed_same_fate() -> None:
    """The seed alone decides."""
    quality = LinkQuality(loss=0.2, duplication=0.1, delay=0.05, jitter=0.1, reordering=0.1)

    assert arrivals(quality, 5) == arrivals(quality, 5)
    assert arrivals(quality, 5) != arrivals(quality, 6)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_loss_and_duplication_are_shares(share: float) -> None:
    """As many are lost or doubled as asked, within 4 in 100."""
    assert abs(len(arrivals(LinkQuality(loss=share), 1)) / 2000 - (1 - share)) < 0.04
    assert abs(len(arrivals(LinkQuality(duplication=share), 1)) / 2000 - (1 + share)) < 0.04


def test_delay_and_jitter_bound_the_arrival() -> None:
    """Nothing arrives before the delay or after delay and jitter."""
    link = Link(LinkQuality(delay=0.1, jitter=0.05), 3)
    for _ in range(100):
        link.send(b"x", 1.0)

    assert link.receive(1.0999) == []
    assert 1.1 <= (link.next_arrival() or 0.0) <= 1.15
    assert len(link.receive(1.15)) == 100
    assert link.next_arrival() is None


def test_reordering_changes_the_order_alone() -> None:
    """All arrive, some after their successors."""
    arrived = arrivals(LinkQuality(delay=0.05, reordering=0.1), 1)

    assert sorted(arrived, key=int) == [b"%d" % n for n in range(2000)]
    assert arrived != sorted(arrived, key=int)


def test_impossible_quality_is_named() -> None:
    """A share over 1 and a negative delay raise ValueError."""
    with pytest.raises(ValueError, match=r"loss 1\.5"):
        LinkQuality(loss=1.5)
    with pytest.raises(ValueError, match="delay -1"):
        LinkQuality(delay=-1.0)
