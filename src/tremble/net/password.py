"""The password of a server, shown without being sent.

  secret  PBKDF2-HMAC-SHA256 of the password with the server's salt; the server makes it once
  proof   HMAC-SHA256 by the secret over PURPOSE, the nonce of this connection and the player's key,
          its first 16 bytes

Whoever listens must guess passwords at ROUNDS hashes each; a client refuses to prove with fewer, or it
would help a false server to guess. The key in the proof makes it good for one player alone.
"""

from hashlib import pbkdf2_hmac
from hmac import compare_digest, digest
from typing import Final

PURPOSE: Final = b"tremble password"
ROUNDS: Final = 10_000
#: A server that asks for more only wants to keep the client busy.
MAX_ROUNDS: Final = 1_000_000


def secret_of(password: str, salt: bytes, rounds: int) -> bytes:
    """Return the secret that both ends make of *password*."""
    return pbkdf2_hmac("sha256", password.encode(), salt, rounds)


def proof(secret: bytes, nonce: bytes, key: bytes) -> bytes:
    """Return the 16 bytes that show that the holder of *key* knows the password."""
    return digest(secret, PURPOSE + nonce + key, "sha256")[:16]


def proves(secret: bytes, nonce: bytes, key: bytes, shown: bytes) -> bool:
    """Say whether *shown* is that proof, in constant time."""
    return compare_digest(proof(secret, nonce, key), shown)
