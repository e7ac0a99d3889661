"""Budgets: so much to one address, so much to all, and it comes back with time."""

from tremble.net.budget import CELLS, Budgets

HOST, OTHER = b"\x0a\0\0\1", b"\x0a\0\0\2"


def test_an_address_has_its_burst_and_then_its_rate():
    """After the burst nothing; after a second the rate."""
    budgets = Budgets(2.0, 5.0, 1000.0, 10.0)

    assert [budgets.take(HOST, 10.0) for _ in range(7)] == [True] * 5 + [False] * 2
    assert [budgets.take(HOST, 11.0) for _ in range(3)] == [True, True, False]


def test_another_address_has_its_own():
    """Unless the two share a bucket, as one in CELLS does."""
    budgets = Budgets(1.0, 1.0, 1000.0, 0.0)
    budgets.take(HOST, 0.0)

    assert budgets.take(OTHER, 0.0) == (hash(HOST) % CELLS != hash(OTHER) % CELLS)


def test_all_together_have_one_too():
    """From however many addresses."""
    budgets = Budgets(1.0, 1.0, 3.0, 0.0)

    given = [budgets.take(bytes([10, 0, a, b]), 0.0) for a in range(4) for b in range(250)]

    assert sum(given) == 3
    assert budgets.take(b"\xc0\xa8\0\1", 1.0)


def test_a_host_may_have_all_of_an_ipv6_network():
    """The lower half of the address does not make another."""
    budgets = Budgets(1.0, 1.0, 1000.0, 0.0)

    assert budgets.take(b"network0" + b"machine1", 0.0)
    assert not budgets.take(b"network0" + b"machine2", 0.0)
