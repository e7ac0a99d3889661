"""The quality of a player's line, and when it is too bad to play on: warned first, then put out."""

from tremble.net.session import Session

#: Seconds for which a line must be bad before its player is warned, and is put out.
WARN_AFTER = 5.0
OUT_AFTER = 20.0
#: A new player's line is not judged for so long: the first round trips are slow.
GRACE = 10.0
#: Share that one second more counts in the loss that is judged.
SMOOTHING = 0.25

FINE = 0
WARN = 1
OUT = 2


class Quality:
    """The line of one *session*, looked at once a second."""

    def __init__(self, session: Session, now: float) -> None:
        self.session = session
        self.since = now
        self.bad_since: float | None = None
        self.warned = False
        self.loss = 0.0
        self.heard = session.usercmd_datagrams
        self.newest = session.usercmd_tick
        self.fault = ""

    def measure(self) -> None:
        """Take the loss since the last call: a client sends one datagram for each of its ticks."""
        sent = self.session.usercmd_tick - self.newest
        heard = self.session.usercmd_datagrams - self.heard
        if self.newest > 0 and sent > 0:
            lost = max(0.0, 1.0 - heard / sent)
            self.loss += (lost - self.loss) * SMOOTHING
        self.newest = self.session.usercmd_tick
        self.heard = self.session.usercmd_datagrams

    def judge(self, max_ping: int, max_loss: float, now: float) -> int:
        """Return FINE, WARN (once) or OUT; `fault` says why. *max_ping* in ms, 0: any.

        Who only watches slows nobody down and is never judged.
        """
        self.measure()
        self.fault = self.found(max_ping, max_loss)
        if not self.fault or self.session.slot < 0 or now - self.since < GRACE:
            self.bad_since = None
            self.warned = False
            return FINE
        if self.bad_since is None:
            self.bad_since = now
        if now - self.bad_since >= OUT_AFTER:
            return OUT
        if now - self.bad_since >= WARN_AFTER and not self.warned:
            self.warned = True
            return WARN
        return FINE

    def found(self, max_ping: int, max_loss: float) -> str:
        """Return what is bad now, for people; nothing if all is well."""
        ping = self.session.ping_ms
        if max_ping and ping > max_ping:
            return f"your ping of {ping} ms is over the {max_ping} ms that this server allows"
        if self.loss > max_loss:
            return f"{self.loss:.0%} of what you send is lost; this server allows {max_loss:.0%}"
        return ""
