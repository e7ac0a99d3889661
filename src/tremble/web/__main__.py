"""python -m tremble.web DIRECTORY FD [game]: the web process on an inherited socket, as `up` starts it.

`game`: a game server runs beside it.
Settings come in the environment, as TREMBLE_SECTION__KEY: anyone can read a command line, and the
store's URL may hold a password.
"""

import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tremble import log
from tremble.errors import TrembleError
from tremble.process import follow_parent
from tremble.shelf import Room
from tremble.store.calendar import Length
from tremble.web.options import LOCAL_PROXIES, ListOptions, ReportOptions, WebOptions, read_options
from tremble.web.serve import run


def room(environ: Mapping[str, str]) -> Room:
    """Return how many replays are kept, as *environ* says."""
    names = {field: f"TREMBLE_REPLAY__{field.upper()}" for field in Room.__struct_fields__}
    given = {field: environ[name] for field, name in names.items() if name in environ}
    return msgspec.convert(given, Room, strict=False)


def master_list(environ: Mapping[str, str]) -> ListOptions:
    """Return how the master list is, as *environ* says."""
    names = {
        "allow_private": "TREMBLE_WEB__ALLOW_PRIVATE",
        "per_owner": "TREMBLE_WEB__SERVERS_PER_OWNER",
        "master_port": "TREMBLE_WEB__MASTER_PORT",
    }
    given = {field: environ[name] for field, name in names.items() if name in environ}
    return msgspec.convert(given, ListOptions, strict=False)


def report(environ: Mapping[str, str]) -> ReportOptions:
    """Return how the weekly report is, as *environ* says."""
    names = {
        "weekly": "TREMBLE_REPORT__WEEKLY",
        "timezone": "TREMBLE_REPORT__TIMEZONE",
        "webhook_url": "TREMBLE_REPORT__WEBHOOK_URL",
        "kind": "TREMBLE_REPORT__KIND",
        "server": "TREMBLE_SERVER__SERVER_NAME",
    }
    return ReportOptions(**{k: environ[name] for k, name in names.items() if name in environ})


def options(environ: Mapping[str, str]) -> WebOptions:
    """Return what *environ* and our arguments say. Raises ConfigError."""
    found = read_options(
        environ.get("TREMBLE_WEB__CORS_ORIGINS", ""),
        environ.get("TREMBLE_WEB__TRUSTED_PROXIES", LOCAL_PROXIES),
        room(environ),
        msgspec.convert(environ.get("TREMBLE_SEASON__LENGTH", "none"), Length),
        master_list(environ),
        environ.get("TREMBLE_WEB__REDIS_URL", ""),
    )
    return msgspec.structs.replace(
        found,
        metrics_open=environ.get("TREMBLE_METRICS__OPEN") == "true",
        metrics_token=environ.get("TREMBLE_METRICS__TOKEN", ""),
        map_boards=environ.get("TREMBLE_STORE__MAP_BOARDS") == "true",
        game="game" in sys.argv[3:],
        report=report(environ),
    )


def main() -> None:
    """Serve until told to stop."""
    log.set_up_child()
    follow_parent()
    listener = socket.socket(fileno=int(sys.argv[2]))
    try:
        run(
            listener,
            Path(sys.argv[1]),
            lambda url: print(json.dumps({"event": "ready", "url": url}), flush=True),
            os.environ.get("TREMBLE_STORE__URL", ""),
            options(os.environ),
            lambda password: print(
                json.dumps({"event": "first operator", "password": password}), flush=True
            ),
        )
    except TrembleError as error:
        failure = {"event": "error", "message": str(error), "exit_code": error.exit_code}
        print(json.dumps(failure), flush=True)
        sys.exit(error.exit_code)


main()
