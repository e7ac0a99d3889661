"""python -m tremble.client HOST PORT COUNT DIRECTORY: bots, as the supervisor starts them."""

import json
import sys
from pathlib import Path

from tremble import log
from tremble.client.runner import run_bots
from tremble.process import StopFlag, follow_parent


def main() -> None:
    """Play until told to stop."""
    log.set_up_child()
    stop = StopFlag()
    stop.listen()
    follow_parent()
    run_bots(
        sys.argv[1],
        int(sys.argv[2]),
        int(sys.argv[3]),
        directory=Path(sys.argv[4]),
        stop=lambda: stop.stopping,
        report=lambda line: print(json.dumps({"event": "bot", "line": line}), flush=True),
    )


main()
