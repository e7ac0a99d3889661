"""tremble restart: let a running server end and come back, when that spoils least."""

import os
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated, Literal

from cyclopts import Parameter

from tremble import config
from tremble.cli import life
from tremble.cli.console import opened, who
from tremble.cli.options import Dir, Json
from tremble.errors import TrembleError
from tremble.server import lock
from tremble.server.lock import Holder

When = Annotated[
    Literal["empty", "between-matches", "now"],
    Parameter(help="When nobody is here, when no match counts, or right after the countdown."),
]
Countdown = Annotated[float, Parameter(help="Seconds for which everybody here is told.")]
Deadline = Annotated[
    float, Parameter(help="Seconds after which it comes however matches stand; 0: none.")
]
#: Seconds in which a server that has ended must be back.
READY_S = 60.0
#: Seconds between two looks.
LOOK_S = 0.25


def restart(
    *,
    when: When = "between-matches",
    countdown: Countdown = 30.0,
    deadline: Deadline = 0.0,
    reason: Annotated[str, Parameter(help="Told to everybody.")] = "",
    off: Annotated[bool, Parameter(negative=(), help="Take a planned restart back.")] = False,
    wait: Annotated[bool, Parameter(help="Wait until the new server answers.")] = True,
    directory: Dir = None,
    as_json: Json = False,
) -> None:
    """Restart the Tremble that runs on the data directory, in its place.

    The exit code is 1 if it does not come back, or if somebody takes the restart back.
    """
    path = config.data_directory(directory, os.environ)
    holder = running(path)
    said = plan(path, ["off"] if off else [when, f"{countdown:g}", f"{deadline:g}", reason])
    if off or not wait:
        life.tell(as_json, {"restarted": False, "planned": not off}, said)
        return
    if not as_json:
        print(said, flush=True)
    found = wait_for_next(path, holder)
    if found is None:
        life.tell(as_json, {"restarted": False, "planned": False}, "the restart was taken back")
        sys.exit(1)
    what = f"restarted: process {found.pid}, game udp port {found.port}"
    life.tell(as_json, {"restarted": True, "pid": found.pid, "port": found.port}, what)


def running(path: Path) -> Holder:
    """Return who runs on *path* and plays matches. Raises TrembleError if nobody does."""
    holder = lock.holder(path)
    if holder is None:
        raise TrembleError(f"nothing runs on {path}; start it with tremble up")
    if holder.command == "web":
        raise TrembleError(
            f"on {path} runs the record half alone, which has no matches to wait for: "
            "tremble stop, and start it again"
        )
    return holder


def plan(path: Path, words: list[str]) -> str:
    """Have the server of *path* plan a restart; return what it says. Raises TrembleError."""
    with opened(path) as link:
        found = link.call(" ".join(["recycle", *words]).strip(), by=who())
    if not found["ok"]:
        raise TrembleError(str(found["text"]))
    return str(found["text"])


def wait_for_next(path: Path, old: Holder) -> Holder | None:
    """Wait until another server than *old* answers, and return it; None if *old* is to stay after all.

    Raises TrembleError if *old* has ended and none answers within READY_S.
    """
    ended: float | None = None
    staying = 0
    while True:
        found = lock.holder(path)
        if found is not None and found.since == old.since:
            game = life.ask(path, "status")
            # Twice: in the last moment before its end it may have forgotten what it planned.
            staying = staying + 1 if game is not None and game["leaving"] is None else 0
            if staying >= 2:
                return None
        else:
            ended = monotonic() if ended is None else ended
            if found is not None and found.port and life.ask(path, "status") is not None:
                return found
            if monotonic() - ended > READY_S:
                raise TrembleError(
                    f"it has ended and is not back after {READY_S:g} s; tremble logs tells why"
                )
        sleep(LOOK_S)
