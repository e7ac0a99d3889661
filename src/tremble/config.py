"""Settings (sections.py), read and checked once at start.

Later wins: the defaults below < server.toml (or the game's server_config.json) in the data directory <
TREMBLE_SECTION__KEY in the environment, or TREMBLE_SECTION__KEY_FILE, the name of a file that holds the
value < --set section.key=value. A key that does not exist is refused
with the nearest one that does; a bad value with its place and the allowed range.
"""

import difflib
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import platformdirs
from msgspec import Struct

from tremble.errors import ConfigError
from tremble.match.modes import MODES
from tremble.sections import KEYS, SECRET, SECTIONS, TICK_RATES, AlertsSection, Settings
from tremble.server.alarms import EVENTS
from tremble.sim.tuning import TICK_RATE
from tremble.store import place
from tremble.web.options import listing_faults, read_options, report_faults


class Loaded(Struct, frozen=True):
    """Settings, and where each came from (by section.key)."""

    settings: Settings
    sources: dict[str, str]


class Change(Struct, frozen=True):
    """A setting that is not what it was; both values are for people."""

    key: str
    old: object
    new: object


class Gathered:
    """Values by section.key as the sources give them, and what is wrong with the others."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.sources = dict.fromkeys(KEYS, "default")
        self.problems: list[str] = []

    def put(self, source: str, where: str, key: str, value: Any, strict: bool) -> None:
        """Take one value, *where* names its place in a message."""
        try:
            self.values[key] = checked(where, key, value, strict)
            self.sources[key] = source
        except ConfigError as error:
            self.problems.append(str(error))

    def settings(self) -> Settings:
        """Return the settings; problems of single values together are added to the others."""
        sections = {
            name: {
                k.partition(".")[2]: v for k, v in self.values.items() if k.startswith(name + ".")
            }
            for name in SECTIONS
        }
        found = msgspec.convert(sections, Settings)
        self.problems += contradictions(found)
        return found


def data_directory(given: str | None, environ: Mapping[str, str]) -> Path:
    """Return the data directory: *given*, else TREMBLE_DIR, else the user's own. It is not created."""
    if given or environ.get("TREMBLE_DIR"):
        return Path(given or environ["TREMBLE_DIR"]).expanduser().absolute()
    return Path(platformdirs.user_data_dir("tremble", appauthor=False))


def load(
    directory: Path, environ: Mapping[str, str] = os.environ, sets: Sequence[str] = ()
) -> Loaded:
    """Read all settings. Raises ConfigError, naming the place, the setting and the value."""
    gathered = gather(directory, environ, sets)
    found = gathered.settings()
    if gathered.problems:
        first, *others = gathered.problems
        more = f" (and {len(others)} more: tremble config check)" if others else ""
        raise ConfigError(first + more)
    return Loaded(found, gathered.sources)


def problems(
    directory: Path, environ: Mapping[str, str] = os.environ, sets: Sequence[str] = ()
) -> list[str]:
    """Return all that is wrong with the settings, one line each."""
    gathered = gather(directory, environ, sets)
    gathered.settings()
    return gathered.problems


def gather(directory: Path, environ: Mapping[str, str], sets: Sequence[str]) -> Gathered:
    """Return what file, environment and *sets* say."""
    gathered = Gathered()
    try:
        where, found = read_file(directory)
    except ConfigError as error:
        gathered.problems.append(str(error))
        where, found = "", {}
    for key, value in found.items():
        gathered.put(where, where, key, value, strict=True)
    for name, text in sorted(environ.items()):
        if name.startswith("TREMBLE_") and "__" in name:
            key = name.removeprefix("TREMBLE_").lower().replace("__", ".", 1)
            source = f"environment {name}"
            if key not in KEYS and key.removesuffix("_file") in KEYS:
                put_file(gathered, environ, name, key.removesuffix("_file"))
            else:
                gathered.put(source, source, key, text, strict=False)
    for text in sets:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            gathered.problems.append(f"--set {text}: write --set section.key=value")
        else:
            gathered.put("--set", "--set", key, value, strict=False)
    return gathered


def put_file(gathered: Gathered, environ: Mapping[str, str], name: str, key: str) -> None:
    """Take what stands in the file that the variable *name* names, without the end of its line."""
    path, source, plain = Path(environ[name]), f"environment {name}", name.removesuffix("_FILE")
    try:
        text = path.read_text("utf-8").rstrip("\r\n")
    except OSError as error:
        gathered.problems.append(f"{source}: {path}: {error.strerror}")
    except ValueError:
        gathered.problems.append(f"{source}: {path}: must be text in UTF-8")
    else:
        # The same is no fault: a process of ours finds it in its environment beside the file.
        if environ.get(plain, text) != text:
            gathered.problems.append(f"{source} and {plain} differ; set one of them")
        gathered.put(source, source, key, text, strict=False)


def read_file(directory: Path) -> tuple[str, dict[str, Any]]:
    """Return the name of the settings file in *directory* and its values by section.key."""
    toml, seed = directory / "server.toml", directory / "server_config.json"
    try:
        if toml.exists():
            return str(toml), flatten(str(toml), tomllib.loads(toml.read_text("utf-8")))
        if seed.exists():
            return str(seed), from_seed(str(seed), json.loads(seed.read_text("utf-8")))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{toml if toml.exists() else seed}: {error}") from None
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}") from None
    return str(toml), {}


def flatten(where: str, tables: dict[str, Any]) -> dict[str, Any]:
    """Return the values of *tables* by section.key."""
    flat: dict[str, Any] = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise ConfigError(f"{where}: {name} stands outside a section; put it under [server]")
        flat.update({f"{name}.{key}": value for key, value in table.items()})
    return flat


def from_seed(where: str, data: Any) -> dict[str, Any]:
    """Return the values of a server_config.json; Godot writes whole numbers as floats."""
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: must be one JSON object of settings")
    flat: dict[str, Any] = {}
    for key, value in data.items():
        whole = isinstance(value, float) and value.is_integer()
        flat[f"server.{key}"] = int(value) if whole else value
    return flat


def checked(where: str, key: str, value: Any, strict: bool) -> Any:
    """Return *value* as the type of setting *key*. Raises ConfigError."""
    if key not in KEYS:
        near = difflib.get_close_matches(key, KEYS, 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(KEYS))}"
        raise ConfigError(f"{where}: unknown setting {key}; {hint}")
    if not strict and KEYS[key] == list[str] and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        return msgspec.convert(value, KEYS[key], strict=strict)
    except msgspec.ValidationError as error:
        given = "(not shown)" if key in SECRET else repr(value)
        raise ConfigError(f"{where}: {key} = {given}: {error}") from None


def contradictions(settings: Settings) -> list[str]:
    """Return what is wrong where single values are fine, but not for us or not together."""
    found = []
    server = settings.server
    modes = [("server.gamemode", server.gamemode)]
    modes += [("rotation.maps", entry_of(text)[1]) for text in settings.rotation.maps]
    for key, mode in modes:
        if mode and mode not in MODES:
            known = ", ".join(sorted(MODES))
            found.append(f"{key} = {mode!r}: unknown mode; there are {known}")
    if server.tick_rate not in TICK_RATES:
        rates = ", ".join(str(rate) for rate in TICK_RATES)
        found.append(
            f"server.tick_rate = {server.tick_rate}: the simulation runs {TICK_RATE} ticks a second "
            f"and sends this many snapshots of them; choose one of {rates}"
        )
    if not settings.match.time_limit_s and not settings.match.frag_limit:
        found.append(
            "match.time_limit_s = 0 and match.frag_limit = 0: a match would never end; set one"
        )
    found += listing_faults(server.advertise, server.tags)
    found += alert_faults(settings.alerts)
    report = settings.report
    found += report_faults(report.weekly, report.timezone, report.webhook_url)
    try:
        web = settings.web
        read_options(web.cors_origins, web.trusted_proxies, redis_url=web.redis_url)
    except ConfigError as error:
        found.append(str(error))
    try:
        place.shown(settings.store.url or place.EXAMPLE)
    except ConfigError as error:
        found.append(str(error))
    return found


def alert_faults(alerts: AlertsSection) -> list[str]:
    """Return what is wrong with the section [alerts]; the URL, which is a secret, is not repeated."""
    found = [
        f"alerts.events: {event!r} is none; there are {', '.join(EVENTS)}"
        for event in alerts.events
        if event not in EVENTS
    ]
    scheme = alerts.webhook_url.partition("://")[0]
    if alerts.webhook_url and scheme not in ("https", "http"):
        found.append("alerts.webhook_url must begin with https:// or http://")
    return found


def entry_of(text: str) -> tuple[str, str]:
    """Return map and mode of an entry of rotation.maps; an empty mode is server.gamemode."""
    name, _, mode = text.partition(":")
    return name.strip(), mode.strip()


def changes(old: Settings, new: Settings) -> list[Change]:
    """Return what differs between two settings, by name; secrets are not shown."""
    found = []
    for key in sorted(KEYS):
        if value_of(old, key) != value_of(new, key):
            found.append(Change(key, value_shown(old, key), value_shown(new, key)))
    return found


def keeping(old: Settings, new: Settings, keys: Sequence[str]) -> Settings:
    """Return *new* with the values of *old* at *keys*."""
    sections: dict[str, Any] = msgspec.to_builtins(new)
    for key in keys:
        section, _, name = key.partition(".")
        sections[section][name] = value_of(old, key)
    return msgspec.convert(sections, Settings)


def value_of(settings: Settings, key: str) -> Any:
    """Return the value of setting *key* (section.key)."""
    section, _, name = key.partition(".")
    return getattr(getattr(settings, section), name)


def value_shown(settings: Settings, key: str) -> object:
    """Return the value of setting *key* (section.key) for people: without a password."""
    value = value_of(settings, key)
    if key == "store.url" and value:
        return place.shown(value)
    return "(not shown)" if key in SECRET and value else value


def json_schema() -> bytes:
    """Return the JSON Schema of server.toml."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Settings)), indent=2)
