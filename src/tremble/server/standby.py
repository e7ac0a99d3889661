"""A standby: a game worker that has done beforehand all that it can, and waits for its turn.

It has imported everything and read the maps, holds the socket and the memory, and reads its standard
input: a line tells it to go on where the worker before it ended; the end of the input, to end.
"""

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from tremble.server import keys
from tremble.server.options import WorkerOptions, levels
from tremble.server.udp import BatchedSocket
from tremble.sim.level import Level

#: The line that it waits for.
GO = b"go"


def wait_for_turn(options: WorkerOptions, report: Callable[[bytes], None]) -> dict[str, Level]:
    """Get ready, *report* that, and wait; return the maps. Ends the process if its turn never comes.

    Raises MapError or ConfigError.
    """
    import resource  # not on Windows, where there is no standby

    known = levels(options)
    keys.server_key(Path(options.directory))  # so that what it takes is loaded
    BatchedSocket.prepare()
    gc.collect()
    gc.freeze()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report(msgspec.json.encode({"event": "standby", "memory_mb": round(megabytes, 1)}) + b"\n")
    if read_line(0) != GO:
        sys.exit(0)
    return known


def read_line(fd: int) -> bytes:
    """Return the next line of *fd* without its end, or what there is of it; what follows stays there."""
    line = b""
    while (byte := os.read(fd, 1)) not in (b"", b"\n"):
        line += byte
    return line
