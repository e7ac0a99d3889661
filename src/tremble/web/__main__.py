"""python -m tremble.web DIRECTORY FD: the web process on an inherited socket, as `up` starts it."""

import json
import socket
import sys
from pathlib import Path

from tremble import log
from tremble.errors import TrembleError
from tremble.process import follow_parent
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
        )
    except TrembleError as error:
        failure = {"event": "error", "message": str(error), "exit_code": error.exit_code}
        print(json.dumps(failure), flush=True)
        sys.exit(error.exit_code)


main()
