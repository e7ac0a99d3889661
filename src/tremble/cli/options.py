"""The options that several commands share, and what they stand for."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tremble import config
from tremble.config import Loaded
from tremble.errors import ConfigError

Dir = Annotated[
    str | None,
    Parameter(name="--dir", help="Data directory (else TREMBLE_DIR, else your user data)."),
]
Sets = Annotated[
    list[str] | None,
    Parameter(name="--set", help="One setting: section.key=value. May be repeated.", negative=()),
]
Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON instead of a table.")]
Web = Annotated[str, Parameter(name="--web", help="Base URL of the web process.")]


def settings(directory: str | None, sets: list[str] | None) -> tuple[Path, Loaded]:
    """Return the data directory and the settings that hold in it."""
    path = config.data_directory(directory, os.environ)
    return path, config.load(path, os.environ, sets or [])


def prepared(path: Path) -> Path:
    """Return *path*, made if it was missing. Raises ConfigError if it cannot be written to."""
    try:
        (path / "logs").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"data directory {path}: {error.strerror}; choose one with --dir"
        ) from None
    if not os.access(path, os.W_OK):
        raise ConfigError(f"data directory {path}: not writable for you; choose one with --dir")
    return path


def host_and_port(text: str, default_port: int) -> tuple[str, int]:
    """Return the parts of HOST[:PORT] (an IPv6 address in brackets). Raises ConfigError."""
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(default_port)
    if not host or not port.isdigit() or int(port) > 65535:
        raise ConfigError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:{default_port}")
    return host.strip("[]"), int(port)
