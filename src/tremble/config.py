"""Settings: frozen sections, checked once at start.

Later wins: the defaults below < server.toml (or the game's server_config.json) in the data directory <
TREMBLE_SECTION__KEY in the environment < --set section.key=value. A key that does not exist is refused
with the nearest one that does; a bad value with its place and the allowed range.
"""

import difflib
import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import platformdirs
from msgspec import Meta, Struct

from tremble.errors import ConfigError
from tremble.match.modes import MODES
from tremble.store import place
from tremble.store.calendar import Length
from tremble.web.options import LOCAL_PROXIES, read_options

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(ge=0, le=86400)]


class ServerSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[server]: the game server. *port* 0 takes any free one; *bind* is an address, :: for all."""

    server_name: Annotated[str, Meta(min_length=1, max_length=64)] = "Tremble Server"
    bind: str = "0.0.0.0"
    port: Port = 4433
    max_players: Annotated[int, Meta(ge=1, le=256)] = 16
    gamemode: str = "duel"
    map: str = "arena_01"
    arenas: Annotated[int, Meta(ge=1, le=64)] = 1
    max_connections_per_ip: Annotated[int, Meta(ge=1, le=256)] = 4
    public: bool = True
    lan: bool = True


class MatchSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[match]: lengths in seconds; 0 for *time_limit_s* or *frag_limit* means none, not for both."""

    time_limit_s: Seconds = 600.0
    frag_limit: Annotated[int, Meta(ge=0, le=1000)] = 0
    warmup_s: Seconds = 5.0
    countdown_s: Seconds = 3.0
    overtime_s: Annotated[float, Meta(ge=1, le=86400)] = 120.0
    intermission_s: Seconds = 8.0


class WebSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[web]: HTTP. *url* is where a game server alone posts its results; empty: they are kept.

    Lists, with commas: *cors_origins* are sites whose scripts may use the API, *trusted_proxies*
    addresses whose `X-Forwarded-For` is believed.
    """

    host: str = "127.0.0.1"
    port: Port = 8433
    url: str = ""
    cors_origins: str = ""
    trusted_proxies: str = LOCAL_PROXIES


class RconSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[rcon]: Source RCON over TCP; off while *password* is empty. *port* 0 takes any free one."""

    password: Annotated[str, Meta(max_length=256)] = ""
    bind: str = "127.0.0.1"
    port: Port = 4433
    max_failures: Annotated[int, Meta(ge=1, le=1000)] = 5
    lockout_s: Annotated[float, Meta(ge=0, le=86400)] = 300.0


class StoreSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[store]: the record. *url* is postgresql://user:password@host/db; empty: a file of its own."""

    url: str = ""


class SeasonSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[season]: how long one is; the next begins by itself, at midnight (UTC)."""

    length: Length = "none"


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings, by section."""

    server: ServerSection = ServerSection()
    match: MatchSection = MatchSection()
    web: WebSection = WebSection()
    store: StoreSection = StoreSection()
    season: SeasonSection = SeasonSection()
    rcon: RconSection = RconSection()


#: Fields of the game's server_config.json that this version reads but does not act on yet.
NOT_YET = frozenset(
    {
        "password", "auto_shutdown", "auto_restart", "max_uptime_hours", "backup_interval_minutes",
        "tick_rate", "max_ping", "packet_loss_threshold", "enable_anti_cheat",
        "rate_limit_requests",
    }
)  # fmt: skip

#: Settings whose value may hold a password: never shown as they are.
SECRET = frozenset({"store.url", "rcon.password"})

SECTIONS: dict[str, type[Struct]] = {
    field.name: field.type for field in msgspec.structs.fields(Settings)
}
KEYS: dict[str, Any] = {
    f"{name}.{field.name}": field.type
    for name, section in SECTIONS.items()
    for field in msgspec.structs.fields(section)
}


class Loaded(Struct, frozen=True):
    """Settings, where each came from (by section.key), and what the operator should be told."""

    settings: Settings
    sources: dict[str, str]
    warnings: list[str]


def data_directory(given: str | None, environ: Mapping[str, str]) -> Path:
    """Return the data directory: *given*, else TREMBLE_DIR, else the user's own. It is not created."""
    if given or environ.get("TREMBLE_DIR"):
        return Path(given or environ["TREMBLE_DIR"]).expanduser().absolute()
    return Path(platformdirs.user_data_dir("tremble", appauthor=False))


def load(
    directory: Path, environ: Mapping[str, str] = os.environ, sets: Sequence[str] = ()
) -> Loaded:
    """Read all settings. Raises ConfigError, naming the place, the setting and the value."""
    warnings: list[str] = []
    values: dict[str, Any] = {}
    sources = dict.fromkeys(KEYS, "default")
    where, found = read_file(directory, warnings)
    for key, value in found.items():
        values[key] = checked(where, key, value, strict=True)
        sources[key] = where
    for name, text in sorted(environ.items()):
        if name.startswith("TREMBLE_") and "__" in name:
            key = name.removeprefix("TREMBLE_").lower().replace("__", ".", 1)
            values[key] = checked(f"environment {name}", key, text, strict=False)
            sources[key] = f"environment {name}"
    for text in sets:
        key, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"--set {text}: write --set section.key=value")
        values[key.strip()] = checked("--set", key.strip(), value.strip(), strict=False)
        sources[key.strip()] = "--set"
    sections = {
        name: {k.partition(".")[2]: v for k, v in values.items() if k.startswith(name + ".")}
        for name in SECTIONS
    }
    settings = msgspec.convert(sections, Settings)
    check_together(settings)
    return Loaded(settings, sources, warnings)


def read_file(directory: Path, warnings: list[str]) -> tuple[str, dict[str, Any]]:
    """Return the name of the settings file in *directory* and its values by section.key."""
    toml, seed = directory / "server.toml", directory / "server_config.json"
    try:
        if toml.exists():
            return str(toml), flatten(str(toml), tomllib.loads(toml.read_text("utf-8")))
        if seed.exists():
            return str(seed), from_seed(str(seed), json.loads(seed.read_text("utf-8")), warnings)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, UnicodeDecodeError) as error:
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


def from_seed(where: str, data: Any, warnings: list[str]) -> dict[str, Any]:
    """Return the values of a server_config.json; Godot writes whole numbers as floats."""
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: must be one JSON object of settings")
    flat: dict[str, Any] = {}
    for key, value in data.items():
        if key in NOT_YET:
            warnings.append(f"{where}: {key} has no effect in this version")
        elif isinstance(value, float) and value.is_integer():
            flat[f"server.{key}"] = int(value)
        else:
            flat[f"server.{key}"] = value
    return flat


def checked(where: str, key: str, value: Any, strict: bool) -> Any:
    """Return *value* as the type of setting *key*. Raises ConfigError."""
    if key not in KEYS:
        near = difflib.get_close_matches(key, KEYS, 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(KEYS))}"
        raise ConfigError(f"{where}: unknown setting {key}; {hint}")
    try:
        return msgspec.convert(value, KEYS[key], strict=strict)
    except msgspec.ValidationError as error:
        given = "(not shown)" if key in SECRET else repr(value)
        raise ConfigError(f"{where}: {key} = {given}: {error}") from None


def check_together(settings: Settings) -> None:
    """Raise ConfigError where single values are fine but not together."""
    mode = settings.server.gamemode
    if mode not in MODES:
        raise ConfigError(
            f"server.gamemode = {mode!r}: unknown mode; there are {', '.join(sorted(MODES))}"
        )
    if not settings.match.time_limit_s and not settings.match.frag_limit:
        raise ConfigError(
            "match.time_limit_s = 0 and match.frag_limit = 0: a match would never end; set one"
        )
    read_options(settings.web.cors_origins, settings.web.trusted_proxies)
    if settings.store.url:
        place.shown(settings.store.url)


def value_shown(settings: Settings, key: str) -> object:
    """Return the value of setting *key* (section.key) for people: without a password."""
    section, _, name = key.partition(".")
    value = getattr(getattr(settings, section), name)
    if key not in SECRET or not value:
        return value
    return place.shown(value) if key == "store.url" else "(not shown)"


def json_schema() -> bytes:
    """Return the JSON Schema of server.toml."""
    return msgspec.json.format(msgspec.json.encode(msgspec.json.schema(Settings)), indent=2)
