"""tremble rcon: commands to a server anywhere, over Source RCON."""

import getpass
import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tremble.cli.console import quoted
from tremble.cli.options import host_and_port
from tremble.client.rcon import RconClient
from tremble.errors import ConfigError, TrembleError

#: The same name as that of the setting, so that one file of environment serves both.
VARIABLE = "TREMBLE_RCON__PASSWORD"


def rcon(
    address: str,
    *words: str,
    password_file: Annotated[Path | None, Parameter(help="File that holds the password.")] = None,
    timeout: float = 10.0,
) -> None:
    """Have one command obeyed by the server at ADDRESS (HOST:PORT), or each line of standard input.

    The password is read from --password-file, else from TREMBLE_RCON__PASSWORD, else asked for; it is
    never given as an argument, which anybody on the machine could read.
    """
    host, port = host_and_port(address, 4433)
    secret = password(password_file)
    try:
        with RconClient(host, port, secret, timeout) as client:
            for line in [quoted(words)] if words else sys.stdin:
                if line.strip():
                    print(client.call(line.strip()), flush=True)
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TrembleError(
            f"{address}: {reason}; RCON is off until rcon.password is set, and on loopback alone "
            "unless rcon.bind says otherwise"
        ) from None


def password(file: Path | None) -> str:
    """Return the password. Raises ConfigError if there is none to be had."""
    if file is not None:
        try:
            return file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"--password-file {file}: {error}") from None
    if os.environ.get(VARIABLE):
        return os.environ[VARIABLE]
    if not sys.stdin.isatty():
        raise ConfigError(f"no password: set {VARIABLE} or use --password-file")
    return getpass.getpass("RCON password: ")
