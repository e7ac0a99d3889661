"""The options that several commands share, and what they stand for."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tremble import config
from tremble.config import Loaded
from tremble.errors import ConfigError
from tremble.server import lock

#: Where the web process is by default.
HERE = "http://127.0.0.1:8433"
Dir = Annotated[
    str | None,
    Parameter(name="--dir", help="Data directory (else TREMBLE_DIR, else your user data)."),
]
Sets = Annotated[
    list[str] | None,
    Parameter(name="--set", help="One setting: section.key=value. May be repeated.", negative=()),
]
Json = Annotated[bool, Parameter(name="--json", negative=(), help="Print JSON instead of a table.")]
Web = Annotated[
    str | None,
    Parameter(
        name="--web", help=f"Base URL of the web process (else what runs on --dir, else {HERE})."
    ),
]


def settings(directory: str | None, sets: list[str] | None) -> tuple[Path, Loaded]:
    """Return the data directory and the settings that hold in it."""
    path = config.data_directory(directory, os.environ)
    return path, config.load(path, os.environ, sets or [])


def web_url(web: str | None, directory: str | None) -> str:
    """Return *web* if it was given, else the web process of what runs on the data directory, else HERE."""
    if web is not None:
        return web
    try:
        holder = lock.holder(config.data_directory(directory, os.environ))
    except ConfigError:  # another user's: the default may be right all the same
        return HERE
    return holder.url or HERE if holder is not None else HERE


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
