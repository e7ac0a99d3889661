"""server/pulse.py: a worker that is asked, answers, or hangs."""

from tremble.server.pulse import EVERY_S, HANG_S, Pulse


def test_asked_again_after_an_answer() -> None:
    """One question at a time, the next some seconds after the answer."""
    pulse = Pulse()
    assert pulse.next_look(0.0) is None and not pulse.due(0.0)

    pulse.begin(100.0)

    assert pulse.due(100.0) and not pulse.due(101.0)
    pulse.answered(102.0)
    assert not pulse.due(102.0 + EVERY_S - 0.1)
    assert pulse.next_look(102.0) == EVERY_S
    assert pulse.due(102.0 + EVERY_S)


def test_no_answer_is_a_hang() -> None:
    """Who does not answer for HANG_S hangs; who has ended does not."""
    pulse = Pulse()
    pulse.begin(0.0)
    assert pulse.due(0.0)

    assert pulse.next_look(1.0) == HANG_S - 1.0
    assert not pulse.hangs(HANG_S - 0.1)
    assert pulse.hangs(HANG_S)
    pulse.end()
    assert not pulse.hangs(HANG_S) and pulse.next_look(0.0) is None
    pulse.answered(5.0)  # too late, and no reason to ask
    assert not pulse.due(1000.0)


def test_watchdog_is_fed_in_time() -> None:
    """A watchdog that waits 8 s hears of it every 2."""
    assert Pulse(8.0).every_s == 2.0
    assert Pulse(3600.0).every_s == EVERY_S
