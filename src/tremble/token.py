"""Keys, signatures and opaque tokens.

A server signs its results with Ed25519; its id is a digest of the public key.

    tr a _ 32 hex digits _ 43 characters      an opaque token: kind, id of its row, secret
    tr r _ ...                                 a: access   r: refresh   k: API key

Of a token the record keeps a SHA-256 alone: its secret has 256 random bits, so no slower hash is due.
"""

import re
from base64 import b32encode, b64decode, b64encode
from functools import lru_cache
from hashlib import blake2b, sha256
from secrets import token_bytes, token_hex, token_urlsafe

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

#: An opaque token as it travels.
OPAQUE = re.compile("tr([ark])_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")
ACCESS = "a"
REFRESH = "r"
API_KEY = "k"

#: Headers of a signed request: who signed, and the signature of the body.
SERVER_HEADER = "Tremble-Server"
SIGNATURE_HEADER = "Tremble-Signature"


def new_private_key() -> bytes:
    """Return 32 fresh random bytes: an Ed25519 private key."""
    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_key(private: bytes) -> bytes:
    """Return the 32 bytes of the public key of *private*."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def server_id(public: bytes) -> str:
    """Return the 16 hex digits by which the owner of *public* is known."""
    return blake2b(public, digest_size=8, person=b"tremble-server").hexdigest()


def player_id(key: bytes) -> str:
    """Return the 16 hex digits by which the guest who holds the 16-byte *key* is known."""
    return blake2b(key, digest_size=8, person=b"tremble-player").hexdigest()


def device_digest(key: bytes) -> str:
    """Return what is kept of a guest's 16-byte *key* to know it again: 64 hex digits.

    A player id alone would not do: it has 64 bits, and among millions of players somebody else's
    key that gives one of their ids could be found by trying.
    """
    return blake2b(key, digest_size=32, person=b"tremble-device").hexdigest()


def new_id(size: int) -> str:
    """Return *size* random bytes in hex."""
    return token_hex(size)


def new_token(kind: str, ident: str) -> str:
    """Return a fresh opaque token of *kind* for the row *ident* (32 hex digits)."""
    return f"tr{kind}_{ident}_{token_urlsafe(32)}"


def token_row(kind: str, token: str) -> str | None:
    """Return the id of the row that *token* is for; None if it is no token of *kind*."""
    found = OPAQUE.fullmatch(token)
    return found[2] if found and found[1] == kind else None


def new_code() -> str:
    """Return a fresh recovery code of 80 random bits, to be written down: `xxxx-xxxx-xxxx-xxxx`."""
    letters = b32encode(token_bytes(10)).decode().lower()
    return "-".join([letters[i : i + 4] for i in range(0, 16, 4)])


def digest(secret: str) -> str:
    """Return what is kept of *secret*, a random one: its SHA-256, 64 hex digits."""
    return sha256(secret.encode()).hexdigest()


def signature(private: bytes, body: bytes) -> bytes:
    """Return the 64 bytes of the signature of *body*."""
    return Ed25519PrivateKey.from_private_bytes(private).sign(body)


@lru_cache(maxsize=1024)
def opened(public: bytes) -> Ed25519PublicKey:
    """Return the key of 32 bytes, made once; raises ValueError for what is none."""
    return Ed25519PublicKey.from_public_bytes(public)


def is_signed(public: bytes, body: bytes, signed: bytes) -> bool:
    """Say whether *signed* is the signature of *body* by the owner of *public*."""
    try:
        opened(public).verify(signed, body)
    except (InvalidSignature, ValueError):
        return False
    return True


def sign(private: bytes, body: bytes) -> str:
    """Return the signature of *body* in base64, as it travels in SIGNATURE_HEADER."""
    return b64encode(signature(private, body)).decode()


def bans_request(since: int, wait: int, at: int) -> bytes:
    """Return what a game server signs to ask for the bans; the parameters are those of the address."""
    return f"GET /v1/server/bans since={since} wait={wait} at={at}".encode()


def verify(public: bytes, body: bytes, signature: str) -> bool:
    """Say whether *signature* (base64) is the one of *body* by the owner of *public*."""
    try:
        return is_signed(public, body, b64decode(signature, validate=True))
    except ValueError:
        return False
