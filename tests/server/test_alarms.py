"""server/alarms.py: each trouble is told once, and its end."""

from tremble.server.alarms import HOUR, MOST, QUIET_S, REMIND_S, Alarms, Alert


def test_told_once_and_its_end() -> None:
    """Raised again while it lasts: not told; cleared: told once."""
    alarms = Alarms()

    assert alarms.raised("disk", "disk", "full", 0.0) == Alert("disk", "raised", "full", 1)
    assert alarms.raised("disk", "disk", "full", 30.0) is None
    assert alarms.cleared("disk", "fine", 60.0) == Alert("disk", "cleared", "fine")
    assert alarms.cleared("disk", "fine", 61.0) is None


def test_end_is_told() -> None:
    """The end of a trouble that was told is told; an end without a beginning is not."""
    alarms = Alarms()
    alarms.raised("crash", "crash web", "died", 0.0)

    assert alarms.cleared("crash game", "fine", 1.0) is None
    assert alarms.cleared("crash web", "fine", 1.0) == Alert("crash", "cleared", "fine")
    assert alarms.cleared("crash web", "fine", 2.0) is None


def test_coming_and_going_is_counted() -> None:
    """A process that dies again and again is told once in QUIET_S, with the count."""
    alarms = Alarms()
    found = []
    for second in range(0, int(QUIET_S) + 20, 10):
        found.append(alarms.raised("crash", "crash web", "died", float(second)))
        alarms.cleared("crash web", "runs", second + 1.0)

    told = [alert for alert in found if alert is not None]
    assert [alert.count for alert in told] == [1, QUIET_S / 10]


def test_reminded() -> None:
    """What lasts is told again after REMIND_S."""
    alarms = Alarms()
    alarms.raised("disk", "disk", "full", 0.0)

    assert alarms.raised("disk", "disk", "full", REMIND_S - 1.0) is None
    assert alarms.raised("disk", "disk", "full", REMIND_S) is not None


def test_never_a_flood() -> None:
    """Of however many troubles MOST are told in an hour."""
    alarms = Alarms()
    told = [alarms.raised("crash", f"crash {n}", "died", float(n)) for n in range(MOST + 20)]

    assert sum(alert is not None for alert in told) == MOST
    assert alarms.raised("crash", "another", "died", HOUR + 1.0) is not None
