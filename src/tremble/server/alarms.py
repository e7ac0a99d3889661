"""Which alerts are worth sending: each trouble once, its end once, none too often. Pure.

raised ──► told ──► lasts: told again after REMIND_S
             └────► cleared: told ──► raised again within QUIET_S: counted, told after that with the count
"""

from msgspec import Struct

#: What can be alerted: setting alerts.events.
EVENTS = ("crash", "late", "store", "disk", "backup", "listed")
#: Seconds after which a trouble that lasts is told again.
REMIND_S = 6 * 3600.0
#: Seconds for which a trouble that comes and goes is told only once.
QUIET_S = 300.0
#: Alerts in an hour, of all kinds; what is beyond is not told.
MOST = 30
HOUR = 3600.0


class Alert(Struct, frozen=True):
    """One message: *event* is one of EVENTS or "test", *state* raised or cleared, *count* how often."""

    event: str
    state: str
    text: str
    count: int = 1


class Trouble(Struct):
    """What is known of one trouble; *told_at* in seconds of the caller's clock."""

    event: str
    told_at: float | None = None
    count: int = 0  # since it was told
    lasts: bool = False
    shown: bool = False  # its last beginning was told, so its end is to be


class Alarms:
    """Decides; a trouble is known by its *key*: "crash web" is another than "crash game"."""

    def __init__(self) -> None:
        self.troubles: dict[str, Trouble] = {}
        self.sent: list[float] = []

    def raised(self, event: str, key: str, text: str, now: float) -> Alert | None:
        """The trouble *key* is there; return what is to be told."""
        trouble = self.troubles.setdefault(key, Trouble(event))
        if not trouble.lasts:
            trouble.count += 1
            trouble.shown = False
        wait = REMIND_S if trouble.lasts and trouble.shown else QUIET_S
        trouble.lasts = True
        if trouble.told_at is not None and now - trouble.told_at < wait:
            return None
        if not self._may(now):
            return None
        trouble.told_at = now
        trouble.shown = True
        count, trouble.count = max(1, trouble.count), 0
        return Alert(event, "raised", text, count)

    def cleared(self, key: str, text: str, now: float) -> Alert | None:
        """The trouble *key* is over; return what is to be told."""
        trouble = self.troubles.get(key)
        if trouble is None or not trouble.lasts:
            return None
        trouble.lasts = False
        if not trouble.shown or not self._may(now):
            return None
        trouble.shown = False
        return Alert(trouble.event, "cleared", text)

    def _may(self, now: float) -> bool:
        self.sent = [at for at in self.sent if now - at < HOUR]
        if len(self.sent) >= MOST:
            return False
        self.sent.append(now)
        return True
