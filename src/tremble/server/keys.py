"""The server's key pair, made at first start and kept in `keys/` of the data directory."""

from pathlib import Path

from tremble import keyfile, token
from tremble.errors import ConfigError


def server_key(directory: Path) -> bytes:
    """Return the private key of this server; make it, readable by its owner alone, if there is none.

    The public key lies in `keys/servers/<server id>.pub`, where a web process on the same directory
    finds it; for another one copy the file there. Raises ConfigError.
    """
    try:
        private = keyfile.read_or_make(directory / "keys" / "server.key")
        publish(directory, private)
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from None
    return private


def publish(directory: Path, private: bytes) -> None:
    """Put the public key where the web process looks for the servers it trusts."""
    public = token.public_key(private)
    path = directory / "keys" / "servers" / f"{token.server_id(public)}.pub"
    if not path.exists():
        keyfile.publish(path, public)
