"""tremble status, stop: ask and end the Tremble that runs on a data directory."""

import os
import select
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from tremble import config
from tremble.cli.options import Dir, Json
from tremble.errors import TrembleError
from tremble.local import ConsoleLink
from tremble.server import lock
from tremble.server.lock import Holder

#: Seconds for an answer at the console.
ANSWER_S = 3.0
#: Seconds that stopping takes at most besides the drain: each child, one after the other, has 8.
STOP_S = 30.0
#: Seconds between two looks at a process that cannot be waited for otherwise.
LOOK_S = 0.05


def status(*, directory: Dir = None, as_json: Json = False) -> None:
    """Tell whether Tremble runs on the data directory, since when, where, and what is played.

    The exit code is 0 if it runs, 1 if not.
    """
    path = config.data_directory(directory, os.environ)
    found = facts(path, lock.holder(path))
    if as_json:
        print(msgspec.json.encode(found).decode())
    else:
        print("\n".join(told(found)))
    sys.exit(0 if found["running"] else 1)


def facts(path: Path, holder: Holder | None) -> dict[str, Any]:
    """Return what can be said of *holder*, who runs on *path*; `game` is null if nobody answers."""
    if holder is None:
        return {"running": False, "directory": str(path)}
    return {
        "running": True,
        "directory": str(path),
        "pid": holder.pid,
        "command": holder.command,
        "version": holder.version,
        "since": holder.since,
        "uptime_s": round((datetime.now(UTC) - holder.since).total_seconds(), 1),
        "port": holder.port,
        "url": holder.url,
        "log": holder.log,
        "game": ask(path, "status"),
    }


def ask(path: Path, line: str) -> dict[str, Any] | None:
    """Return the data of the console's answer to *line*; None if nobody answers in time."""
    try:
        with ConsoleLink(path, ANSWER_S) as link:
            found: dict[str, Any] = link.call(line)
    except OSError:
        return None
    data: dict[str, Any] = found.get("data", {})
    return data


def told(found: dict[str, Any]) -> list[str]:
    """Return the lines of *found* for people."""
    if not found["running"]:
        return [f"nothing runs on {found['directory']}"]
    since = found["since"].astimezone().strftime("%Y-%m-%d %H:%M:%S")
    lines = [
        f"tremble {found['command']} {found['version']} runs: process {found['pid']}, since {since}",
        f"data   {found['directory']}",
    ]
    if found["port"]:
        lines.append(f"game   udp port {found['port']}")
    if found["url"]:
        lines.append(f"web    {found['url']}")
    game = found["game"]
    if game is not None:
        lines.append(
            f"plays  {game['mode']}: {game['players']} of {game['max_players']} here, "
            f"{game['bots']} of them bots; tick p99 {game['tick_p99_ms']:.2f} ms"
        )
        if game.get("standby"):
            lines.append("spare  a standby is ready to go on with all matches")
        for arena in game["arenas"]:
            lines.append(f"       arena {arena['arena']}: {arena['map']}, {arena['phase']}")
    elif found["command"] != "web":
        lines.append("plays  the game worker does not answer: it starts, or the log says why")
    return lines


def stop(
    *,
    now: Annotated[bool, Parameter(negative=(), help="Do not wait for matches to end.")] = False,
    timeout: Annotated[
        float | None, Parameter(help="Seconds to wait for its end (server.drain_s and 30).")
    ] = None,
    directory: Dir = None,
    as_json: Json = False,
) -> None:
    """Stop the Tremble that runs on the data directory, and wait until it has ended.

    It tells its clients, and lets matches end for server.drain_s seconds. The exit code is 1 if it
    still runs when the time is over; it goes on stopping then.
    """
    path = config.data_directory(directory, os.environ)
    holder = lock.holder(path)
    began = monotonic()
    if holder is None:
        tell(as_json, {"stopped": True, "was_running": False}, f"nothing runs on {path}")
        return
    bound = timeout if timeout is not None else drain_s(path) + STOP_S
    end(holder, path, signal.SIGINT if now else signal.SIGTERM)
    gone = wait_for_end(holder, bound)
    took = round(monotonic() - began, 2)
    if gone:
        what = f"stopped: process {holder.pid}, after {took:g} s"
    else:
        what = (
            f"process {holder.pid} still stops after {bound:g} s; `tremble stop --now` hurries it"
        )
    tell(as_json, {"stopped": gone, "was_running": True, "pid": holder.pid, "took_s": took}, what)
    sys.exit(0 if gone else 1)


def end(holder: Holder, path: Path, number: int) -> None:
    """Send *number* to *holder*. Raises TrembleError if it is not a process of this machine."""
    if lock.send(holder, number) or lock.holder(path) is None:
        return
    raise TrembleError(
        f"{path} is held by process {holder.pid}, which is not to be seen from here: "
        "it runs in a container or on another machine; stop it there"
    )


def wait_for_end(holder: Holder, bound_s: float) -> bool:
    """Wait until *holder* has gone, *bound_s* seconds at most; False if it is still there."""
    until = monotonic() + bound_s
    try:
        fd = os.pidfd_open(holder.pid) if hasattr(os, "pidfd_open") else -1
    except ProcessLookupError:
        return True
    try:
        while lock.runs(holder):
            left = until - monotonic()
            if left <= 0.0:
                return False
            if fd >= 0:
                select.select([fd], [], [], left)
            if lock.runs(holder):
                sleep(min(LOOK_S, left))
    finally:
        if fd >= 0:
            os.close(fd)
    return True


def drain_s(path: Path) -> float:
    """Return for how long SIGTERM lets matches go on; the file may have a fault by now."""
    try:
        return config.load(path).settings.server.drain_s
    except TrembleError:
        return 0.0


def tell(as_json: bool, found: dict[str, Any], text: str) -> None:
    """Print *found* or *text*."""
    print(msgspec.json.encode(found).decode() if as_json else text)
