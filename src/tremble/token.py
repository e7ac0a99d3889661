"""Keys and signatures. A server signs its results with Ed25519; its id is a digest of the public key."""

from base64 import b64decode, b64encode
from hashlib import blake2b

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

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


def sign(private: bytes, body: bytes) -> str:
    """Return the signature of *body* in base64, as it travels in SIGNATURE_HEADER."""
    return b64encode(Ed25519PrivateKey.from_private_bytes(private).sign(body)).decode()


def verify(public: bytes, body: bytes, signature: str) -> bool:
    """Say whether *signature* (base64) is the one of *body* by the owner of *public*."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(b64decode(signature, validate=True), body)
    except (InvalidSignature, ValueError):
        return False
    return True
