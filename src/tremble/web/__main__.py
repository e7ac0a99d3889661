"""python -m tremble.web DIRECTORY FD: the web process on an inherited socket, as `up` starts it.

Settings come in the environment, as TREMBLE_SECTION__KEY: anyone can read a command line.
"""

import json
import os
import socket
import sys
from pathlib import Path

import msgspec

from tremble import log
from tremble.errors import TrembleError
from tremble.process import follow_parent
from tremble.store.seasons import Length
from tremble.web.serve import run


def main() -> None:
    """Serve until told to stop."""
    log.configure()
    follow_parent()
    listener = socket.socket(fileno=int(sys.argv[2]))
    try:
        run(
            listener,
            Path(sys.argv[1]),
            lambda url: print(json.dumps({"event": "ready", "url": url}), flush=True),
            os.environ.get("TREMBLE_STORE__URL", ""),
            msgspec.convert(os.environ.get("TREMBLE_SEASON__LENGTH", "none"), Length),
        )
    except TrembleError as error:
        failure = {"event": "error", "message": str(error), "exit_code": error.exit_code}
        print(json.dumps(failure), flush=True)
        sys.exit(error.exit_code)


main()
