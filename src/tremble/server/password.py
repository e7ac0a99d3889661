"""The password at the door: a challenge to each who wants to join, and a lock-out for those who guess."""

import secrets

from tremble.net import password
from tremble.net.messages import Challenge, Join, Prove
from tremble.server.lockout import Lockout

#: Wrong passwords from an address that lock it out, and seconds of the first lock-out.
MAX_FAILURES = 5
LOCKOUT_S = 60.0


class Gate:
    """Asks for the password *text*; an empty one asks for nothing."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.salt = secrets.token_bytes(16)
        self.secret = password.secret_of(text, self.salt, password.ROUNDS) if text else b""
        self.lockout = Lockout(MAX_FAILURES, LOCKOUT_S)

    def changed(self, text: str) -> "Gate":
        """Return the gate for the password *text*, which remembers who is locked out."""
        if text == self.text:
            return self
        fresh = Gate(text)
        fresh.lockout = self.lockout
        return fresh

    def challenge(self, nonce: bytes) -> Challenge:
        """Return the question made of *nonce*, 16 bytes that were never used before."""
        return Challenge(nonce, self.salt, password.ROUNDS)

    def opens(self, asked: Challenge, join: Join, shown: Prove, host: str, now: float) -> bool:
        """Say whether what *host* has shown is the answer; wrong ones are counted."""
        # A proof by the password before a change does not count: the salt is another.
        if asked.salt == self.salt and password.proves(
            self.secret, asked.nonce, join.key, shown.proof
        ):
            self.lockout.passed(host)
            return True
        self.lockout.failed(host, now)
        return False
