"""What is in a data folder and how it is: looks at everything, changes nothing."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from tremble.data import codec, documents, files
from tremble.data.backups import Backups, Generation, Keep
from tremble.data.codec import Damaged, Problem
from tremble.data.documents import DataType
from tremble.data.migrations import NewerVersion, version_of
from tremble.errors import TrembleError

State = Literal["ok", "missing", "older", "newer", "damaged", "unreadable"]
#: States in which a load would not simply return what is there.
BAD_STATES = frozenset({"newer", "damaged", "unreadable"})


class Finding(msgspec.Struct, frozen=True):
    """How one document is. *backups* counts the valid ones, *bad_backups* the others."""

    document: str
    state: State
    version: str
    size: int
    changed: str
    problems: list[str]
    backups: int
    bad_backups: list[str]

    @property
    def healthy(self) -> bool:
        return self.state not in BAD_STATES and not self.bad_backups


def look(folder: Path) -> list[Finding]:
    """Return how each of the six documents in *folder* is."""
    backups = Backups(str(folder / "backups"), files.Disk(), Keep(), durable=True)
    return [look_at(folder / f"{t.value}.json", t, backups) for t in DataType]


def look_at(path: Path, data_type: DataType, backups: Backups) -> Finding:
    state, version, problems = state_of(path, data_type)
    try:
        generations = backups.list(data_type)
    except OSError as error:
        generations, state = [], "unreadable"
        problems = [*problems, str(error)]
    bad = [g.name for g in generations if not is_valid(backups, g)]
    size, changed = 0, ""
    if os.path.lexists(path):
        info = path.lstat()
        size = info.st_size
        changed = documents.stamp(datetime.fromtimestamp(info.st_mtime, UTC))
    return Finding(
        data_type.value, state, version, size, changed, problems, len(generations) - len(bad), bad
    )


def is_valid(backups: Backups, generation: Generation) -> bool:
    """Say whether *generation* could be restored."""
    try:
        codec.decode(generation.data_type, backups.read(generation))
    except (OSError, TrembleError):
        return False
    return True


def state_of(path: Path, data_type: DataType) -> tuple[State, str, list[str]]:
    """Return the state of one file, its version as far as it has one, and what is wrong."""
    try:
        content = files.read(str(path))
        codec.decode(data_type, content)
    except FileNotFoundError:
        return "missing", "", []
    except files.NotAFile as error:
        return "damaged", "", [str(Problem("$", error.expected, error.found))]
    except OSError as error:
        return "unreadable", "", [str(error)]
    except Damaged as error:
        return "damaged", "", [str(problem) for problem in error.problems]
    except NewerVersion as error:
        return "newer", error.version, [str(error)]
    version = version_of(codec.RAW_DECODER.decode(content.removeprefix(codec.BOM))) or ""
    return ("older" if codec.needs_migration(content) else "ok"), version, []


def flatten(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Return the leaves of *value* with their paths, for a person to read."""
    if isinstance(value, dict) and value:
        pairs = [(f"{path}.{key}" if path else str(key), inner) for key, inner in value.items()]
    elif isinstance(value, list) and value:
        pairs = [(f"{path}[{index}]", inner) for index, inner in enumerate(value)]
    else:
        return [(path, value)]
    return [leaf for name, inner in pairs for leaf in flatten(inner, name)]
