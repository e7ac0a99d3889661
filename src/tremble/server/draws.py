"""Numbers that nobody outside can foresee and that come the same again when a round is played again."""

from hashlib import blake2b

#: Bytes of the secret from which all are drawn.
SECRET_BYTES = 32


class Draws:
    """Draws from *secret* (SECRET_BYTES that nobody else knows), each number once."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self.drawn = 0

    def take(self, size: int) -> bytes:
        """Return the next *size* bytes, 1 to 64."""
        self.drawn += 1
        count = self.drawn.to_bytes(8, "little")
        return blake2b(count, key=self.secret, digest_size=size).digest()

    def match_id(self) -> str:
        """Return the next id of a match, 32 hex digits."""
        return self.take(16).hex()
