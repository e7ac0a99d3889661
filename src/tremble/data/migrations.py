"""Forward migrations: how a document of an older version becomes one of this release.

Files without a `version` count as 0.0: the first sketch of the game wrote `{}` for documents it had
no use for yet, and a leaderboard without a version. A version newer than ours is never touched.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tremble.data.documents import VERSIONS, DataType
from tremble.errors import TrembleError

UNVERSIONED = "0.0"
VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}")

#: A JSON object as it was read.
Raw = dict[str, Any]


class NewerVersion(TrembleError):
    """The file was written by a newer release; it can be read in part and must not be written."""

    def __init__(self, data_type: DataType, version: str, known: str) -> None:
        super().__init__(
            f"{data_type.value}.json has version {version}, newer than {known} that "
            "this release knows: it is read-only here; update the game to save it"
        )
        self.version = version


class Migration(NamedTuple):
    """One step forward: *upgrade* makes of an object of *source* one of *target*."""

    data_type: DataType
    source: str
    target: str
    upgrade: Callable[[Raw], Raw]


def upgrade_leaderboard(raw: Raw) -> Raw:
    return {"version": "1.0", "players": [], "last_updated": "", **raw}


def upgrade_match_history(raw: Raw) -> Raw:
    return {"version": "1.0", "matches": [], **raw}


def upgrade_terminal_state(raw: Raw) -> Raw:
    empty = {"history": [], "aliases": {}, "bindings": {}, "scroll": 0, "tabs": [], "active_tab": 0}
    return {"version": "1.0", **empty, **raw}


def upgrade_performance_data(raw: Raw) -> Raw:
    return {"version": "1.0", "runs": [], **raw}


MIGRATIONS: Sequence[Migration] = (
    Migration(DataType.LEADERBOARD, UNVERSIONED, "1.0", upgrade_leaderboard),
    Migration(DataType.MATCH_HISTORY, UNVERSIONED, "1.0", upgrade_match_history),
    Migration(DataType.TERMINAL_STATE, UNVERSIONED, "1.0", upgrade_terminal_state),
    Migration(DataType.PERFORMANCE_DATA, UNVERSIONED, "1.0", upgrade_performance_data),
)


def version_of(raw: Raw) -> str | None:
    """Return the version of *raw*, UNVERSIONED without one; None if it is not a version at all."""
    version = raw.get("version", UNVERSIONED)
    return version if isinstance(version, str) and VERSION.fullmatch(version) else None


def number(version: str) -> tuple[int, int]:
    """Return *version* as numbers, so that 1.10 is newer than 1.9."""
    major, minor = version.split(".")
    return int(major), int(minor)


def migrate(
    data_type: DataType,
    raw: Raw,
    known: str | None = None,
    migrations: Sequence[Migration] = MIGRATIONS,
) -> Raw:
    """Return *raw* brought to version *known* (default: ours) step by step, as far as steps lead.

    Raises NewerVersion if *raw* is newer than *known*.
    """
    known = known or VERSIONS[data_type]
    version = version_of(raw)
    if version is None:
        return raw
    if number(version) > number(known):
        raise NewerVersion(data_type, version, known)
    steps = {m.source: m for m in migrations if m.data_type is data_type}
    while version != known and version in steps:
        raw = steps[version].upgrade(raw)
        version = steps[version].target
    return raw
