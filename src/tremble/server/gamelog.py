"""The game log: what happens in the game, a line each, for programs that make statistics of it.

  2026-01-01T12:00:00.000Z kill arena=0 attacker=anna victim="Big Bert" means=railgun

Time (UTC), kind, then facts in an order that stays: new ones come last. Text with anything in it but
letters, digits and `_.:/+-` is a JSON string. The desk's thread writes: the tick waits for no disk.
"""

import json
import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from tremble.log import Rotating
from tremble.server.desk import Desk

NAME = "game.log"
PLAIN = re.compile(r"[A-Za-z0-9_.:/+-]+")
#: What of the news is for the log, and which of its facts in which order. Addresses are not.
LINES = {
    "join": ("arena", "number", "player_id", "name", "bot"),
    "leave": ("number", "player_id", "name"),
    "chat": ("arena", "number", "name", "text"),
    "kill": ("arena", "attacker", "victim", "means"),
    "phase": ("arena", "phase", "match_id"),
    "over": ("arena", "match_id", "ended_by", "winner"),
}


class GameLogOptions(msgspec.Struct, frozen=True):
    """How large a file becomes, in bytes, and how many are kept."""

    max_bytes: int = 10_000_000
    files: int = 5


class GameLog:
    """Writes news to *directory*/logs/game.log; `hear` is a listener of News."""

    def __init__(self, directory: Path, options: GameLogOptions, desk: Desk) -> None:
        (directory / "logs").mkdir(exist_ok=True)
        path = directory / "logs" / NAME
        self._file = Rotating(path, options.max_bytes, options.files)
        self._desk = desk

    def hear(self, kind: str, facts: dict[str, Any]) -> None:
        """Write what has happened, if it is for the log and the desk keeps up."""
        if kind in LINES and not self._desk.crowded():
            self._desk.later(partial(self._write, datetime.now(UTC), kind, facts))

    def close(self) -> None:
        """Close the file, once the desk writes no more."""
        self._file.close()

    def _write(self, at: datetime, kind: str, facts: dict[str, Any]) -> None:
        self._file.write(line(at, kind, facts))


def line(at: datetime, kind: str, facts: dict[str, Any]) -> str:
    """Return the line of *facts* of a *kind* among LINES."""
    time = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    pairs = [f"{name}={shown(facts[name])}" for name in LINES[kind]]
    return " ".join([time, kind, *pairs])


def shown(value: object) -> str:
    """Return *value* as it stands in a line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
