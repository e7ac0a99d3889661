"""Documents taken apart by how each field merges, and put together again.

sums        counters, added over all devices         stats/kills, stats/weapons/rail/shots
maxima      the greatest value of all                stats/best_accuracy
earliest    never removed, the first time counts     achievements/first_blood
registers   the newest writing wins                  controls/key_bindings/jump, rating
rows        lists by key, the newest are kept        match_history by match, runs by map and machine

Derived values (accuracy) are in none; they are worked out anew. A path is joined by `/`; only its
last part may hold any text.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from tremble.data.documents import (
    CLASSES,
    MAX_COUNT,
    DataType,
    Document,
    PlayerStats,
    Stats,
    default_document,
)
from tremble.errors import TrembleError

#: Rows kept of each type: as many as the game itself keeps.
ROW_CAPS = {
    DataType.PLAYER_STATS: 64,
    DataType.MATCH_HISTORY: 500,
    DataType.PERFORMANCE_DATA: 64,
}
#: Stats that are no counters.
MAXIMA = frozenset({"best_win_streak", "most_kills", "most_damage", "best_accuracy"})
OTHERS = frozenset({"accuracy", "win_streak"})
TABLES = frozenset({"weapons", "items", "maps"})
SUMS = frozenset(Stats.__struct_fields__) - MAXIMA - OTHERS - TABLES
#: Sums and maxima of whole numbers are kept as floats, exact up to MAX_COUNT.
FLOATS = frozenset({"playtime_hours", "unmeasured_accuracy", "best_accuracy"})
#: Largest value of a float in a document.
MAX_TOTAL = 1e15

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: A part of a document as JSON has it.
Raw = dict[str, Any]


class BadSave(TrembleError):
    """A save holds what no document can hold; the message names the place."""


class Row(Struct, frozen=True):
    """One row: kept if its *order* is among the greatest (time of the match; "": of writing)."""

    order: str
    value: Any


class Fields(Struct):
    """A document, taken apart (see the module)."""

    sums: dict[str, float] = field(default_factory=dict)
    maxima: dict[str, float] = field(default_factory=dict)
    #: Stamp and match of each.
    earliest: dict[str, tuple[str, str]] = field(default_factory=dict)
    registers: dict[str, Any] = field(default_factory=dict)
    #: From the one to be dropped first to the one kept longest.
    rows: dict[str, Row] = field(default_factory=dict)


def empty_document(data_type: DataType) -> Document:
    """Return the document of someone who never played; the same on every device and server."""
    document = default_document(data_type, EPOCH)
    if isinstance(document, PlayerStats):
        document.last_updated = ""
    return document


def accuracy_of(stats: Stats, matches: int) -> float:
    """Return the share of hits over *matches*, of which those without shots weigh the average."""
    unmeasured = matches - stats.measured_matches
    measured = stats.shots and stats.measured_matches
    weight = stats.shots / stats.measured_matches if measured else 1.0
    shots = stats.shots + unmeasured * weight
    hits = stats.hits + stats.unmeasured_accuracy * weight
    return max(0.0, min(hits / shots, 1.0)) if shots > 0 else 0.0


def split(document: Document) -> Fields:
    """Take *document* apart."""
    data_type = next(t for t, cls in CLASSES.items() if type(document) is cls)
    return SPLITTERS[data_type](msgspec.to_builtins(document))


def join(data_type: DataType, fields: Fields) -> Document:
    """Put *fields* together; what is missing is as in a fresh document. Raises BadSave."""
    raw: Raw = msgspec.to_builtins(empty_document(data_type))
    JOINERS[data_type](raw, fields)
    try:
        document = msgspec.convert(raw, CLASSES[data_type])
    except msgspec.ValidationError as error:
        raise BadSave(f"{data_type.value}: {error}") from error
    if isinstance(document, PlayerStats):
        document.stats.accuracy = accuracy_of(document.stats, document.stats.matches_played)
    return document


def split_player_stats(raw: Raw) -> Fields:
    stats = raw["stats"]
    fields = Fields()
    for name in SUMS & stats.keys():
        fields.sums[f"stats/{name}"] = stats[name]
    for name in MAXIMA & stats.keys():
        fields.maxima[f"stats/{name}"] = stats[name]
    if not any(stats.get(name) for name in ("measured_matches", "unmeasured_accuracy", "hits")):
        # A file of the first sketch holds the average alone.
        total = stats["accuracy"] * stats["matches_played"]
        fields.sums["stats/unmeasured_accuracy"] = min(total, MAX_TOTAL)
    for weapon, used in stats.get("weapons", {}).items():
        for name, count in used.items():
            fields.sums[f"stats/weapons/{weapon}/{name}"] = count
    for table in ("items", "maps"):
        for word, count in stats.get(table, {}).items():
            fields.sums[f"stats/{table}/{word}"] = count
    for ident, unlock in raw.get("achievements", {}).items():
        fields.earliest[ident] = (unlock["unlocked_at"], unlock["match_id"])
    for name in ("player_id", "username", "rating", "last_updated"):
        fields.registers[name] = raw[name]
    fields.registers["win_streak"] = stats.get("win_streak", 0)
    fields.rows = {match_id: Row("", True) for match_id in raw.get("counted_matches", [])}
    return fields


def join_player_stats(raw: Raw, fields: Fields) -> None:
    stats = raw["stats"]
    for path, total in fields.sums.items():
        put_sum(stats, path, total)
    for path, value in fields.maxima.items():
        name = path.removeprefix("stats/")
        expect(name in MAXIMA, path)
        stats[name] = number(name, value)
    raw["achievements"] = {
        ident: {"unlocked_at": at, "match_id": match_id}
        for ident, (at, match_id) in sorted(fields.earliest.items(), key=lambda e: (e[1], e[0]))
    }
    registers = dict(fields.registers)
    stats["win_streak"] = registers.pop("win_streak", 0)
    for name, value in registers.items():
        expect(name in ("player_id", "username", "rating", "last_updated"), name)
        raw[name] = value
    raw["counted_matches"] = list(fields.rows)


def put_sum(stats: Raw, path: str, total: float) -> None:
    """Put the counter *path* into *stats*; raise BadSave if there is none of that name."""
    match path.split("/"):
        case ["stats", name] if name in SUMS:
            stats[name] = number(name, total)
        case ["stats", "weapons", weapon, name]:
            stats.setdefault("weapons", {}).setdefault(weapon, {})[name] = number(name, total)
        case ["stats", ("items" | "maps") as table, word]:
            stats.setdefault(table, {})[word] = number(word, total)
        case _:
            raise BadSave(f"{path}: there is no such counter")


def number(name: str, value: float) -> float | int:
    """Return *value* as documents hold the field *name*, cut at what they can hold."""
    if name in FLOATS:
        return min(value, MAX_TOTAL)
    return min(int(value), MAX_COUNT)


def split_settings(raw: Raw) -> Fields:
    registers: dict[str, Any] = {}
    for section in ("graphics", "audio", "controls", "network"):
        for name, value in raw[section].items():
            if name != "key_bindings":
                registers[f"{section}/{name}"] = value
    for action, key in raw["controls"]["key_bindings"].items():
        registers[f"controls/key_bindings/{action}"] = key
    return Fields(registers=registers)


def join_settings(raw: Raw, fields: Fields) -> None:
    for path, value in fields.registers.items():
        match path.split("/", 2):
            case ["controls", "key_bindings", action]:
                raw["controls"]["key_bindings"][action] = value
            case [("graphics" | "audio" | "controls" | "network") as section, name]:
                raw[section][name] = value
            case _:
                raise BadSave(f"{path}: there is no such setting")


def split_leaderboard(raw: Raw) -> Fields:
    return Fields(registers={"board": {k: raw[k] for k in ("players", "last_updated")}})


def join_leaderboard(raw: Raw, fields: Fields) -> None:
    """The copy of a server's board: the one taken last is right as a whole."""
    for path, value in fields.registers.items():
        expect(path == "board" and isinstance(value, dict), path)
        raw.update(value)


def split_match_history(raw: Raw) -> Fields:
    rows = {m["match_id"]: Row(m["played_at"], m) for m in reversed(raw["matches"])}
    return Fields(rows=rows)


def join_match_history(raw: Raw, fields: Fields) -> None:
    raw["matches"] = [row.value for row in reversed(fields.rows.values())]


def split_terminal_state(raw: Raw) -> Fields:
    registers: dict[str, Any] = {
        "history": raw["history"],
        # A tab is meant by its place, so the three go together.
        "view": {name: raw[name] for name in ("scroll", "tabs", "active_tab")},
    }
    for table in ("aliases", "bindings"):
        for word, line in raw[table].items():
            registers[f"{table}/{word}"] = line
    return Fields(registers=registers)


def join_terminal_state(raw: Raw, fields: Fields) -> None:
    for path, value in fields.registers.items():
        table, _, word = path.partition("/")
        if path == "history":
            raw["history"] = value
        elif path == "view":
            expect(isinstance(value, dict) and value.keys() <= raw.keys(), path)
            raw.update(value)
        else:
            expect(table in ("aliases", "bindings"), path)
            raw[table][word] = value


def split_performance_data(raw: Raw) -> Fields:
    runs = reversed(raw["runs"])
    return Fields(rows={f"{run['map']}/{run['hardware']}": Row("", run) for run in runs})


def join_performance_data(raw: Raw, fields: Fields) -> None:
    raw["runs"] = [row.value for row in reversed(fields.rows.values())]


def expect(holds: bool, path: str) -> None:
    """Raise BadSave that names *path* unless *holds*."""
    if not holds:
        raise BadSave(f"{path}: there is no such field")


SPLITTERS: dict[DataType, Callable[[Raw], Fields]] = {
    DataType.PLAYER_STATS: split_player_stats,
    DataType.SETTINGS: split_settings,
    DataType.LEADERBOARD: split_leaderboard,
    DataType.MATCH_HISTORY: split_match_history,
    DataType.TERMINAL_STATE: split_terminal_state,
    DataType.PERFORMANCE_DATA: split_performance_data,
}
JOINERS: dict[DataType, Callable[[Raw, Fields], None]] = {
    DataType.PLAYER_STATS: join_player_stats,
    DataType.SETTINGS: join_settings,
    DataType.LEADERBOARD: join_leaderboard,
    DataType.MATCH_HISTORY: join_match_history,
    DataType.TERMINAL_STATE: join_terminal_state,
    DataType.PERFORMANCE_DATA: join_performance_data,
}
