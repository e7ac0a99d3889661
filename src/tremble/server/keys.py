"""The server's key pair, made at first start and kept in `keys/` of the data directory."""

import os
from pathlib import Path

from tremble import token
from tremble.errors import ConfigError


def server_key(directory: Path) -> bytes:
    """Return the private key of this server; make it, readable by its owner alone, if there is none.

    The public key lies in `keys/servers/<server id>.pub`, where a web process on the same directory
    finds it; for another one copy the file there. Raises ConfigError.
    """
    path = directory / "keys" / "server.key"
    try:
        if not path.exists():
            make(path)
        private = bytes.fromhex(path.read_text("ascii").strip())
        if len(private) != 32:
            raise ValueError
        publish(directory, private)
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from None
    except ValueError:
        raise ConfigError(
            f"{path}: must hold 64 hex digits; move it away and a new key is made "
            "(results signed with it must then be trusted anew)"
        ) from None
    return private


def make(path: Path) -> None:
    """Write a fresh private key to *path*, durably, before anything uses it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "w") as file:
        file.write(token.new_private_key().hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def publish(directory: Path, private: bytes) -> None:
    """Put the public key where the web process looks for the servers it trusts."""
    public = token.public_key(private)
    path = directory / "keys" / "servers" / f"{token.server_id(public)}.pub"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(public.hex() + "\n")
