"""Keys in files, in hex: private ones made once, durably, readable by their owner alone."""

import os
from pathlib import Path

from tremble import token
from tremble.errors import ConfigError


def read_or_make(path: Path) -> bytes:
    """Return the private key in *path*; make one if there is none. Raises ConfigError, OSError."""
    if not path.exists():
        make(path)
    return read(path)


def make(path: Path) -> None:
    """Write a fresh private key to *path* before anything uses it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(token.new_private_key().hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def read(path: Path) -> bytes:
    """Return the 32 bytes in *path*, written in hex. Raises ConfigError, OSError."""
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigError(
            f"{path}: must hold 64 hex digits; move it away and a new key is made "
            "(what was signed with it must then be trusted anew)"
        )
    return key


def publish(path: Path, public: bytes) -> None:
    """Write the public key *public* to *path*, whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_text(public.hex() + "\n")
    fresh.replace(path)
