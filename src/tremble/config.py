"""Settings: frozen sections, checked once at start.

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
from typing import Annotated, Any, Literal

import msgspec
import platformdirs
from msgspec import Meta, Struct

from tremble.errors import ConfigError
from tremble.match.modes import MODES
from tremble.server.alarms import EVENTS
from tremble.sim.tuning import TICK_RATE
from tremble.store import place
from tremble.store.calendar import Length
from tremble.web.options import LOCAL_PROXIES, listing_faults, read_options

Port = Annotated[int, Meta(ge=0, le=65535)]
Seconds = Annotated[float, Meta(ge=0, le=86400)]


class ServerSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[server]: the game server. *port* 0 takes any free one; *bind* is an address, :: for all.

    *max_uptime_hours*, *backup_interval_minutes* and *max_ping* (ms): 0 means never, none.
    """

    server_name: Annotated[str, Meta(min_length=1, max_length=64)] = "Tremble Server"
    bind: str = "0.0.0.0"
    port: Port = 4433
    max_players: Annotated[int, Meta(ge=1, le=256)] = 16
    gamemode: str = "duel"
    map: str = "arena_01"
    arenas: Annotated[int, Meta(ge=1, le=64)] = 1
    max_connections_per_ip: Annotated[int, Meta(ge=1, le=256)] = 4
    public: bool = True
    advertise: Annotated[str, Meta(max_length=64)] = ""
    region: Annotated[str, Meta(pattern="^[a-z0-9-]{0,32}$")] = ""
    tags: list[str] = []
    drain_s: Seconds = 0.0
    lan: bool = True
    agones: bool = False
    password: Annotated[str, Meta(max_length=128)] = ""
    auto_shutdown: bool = False
    auto_shutdown_minutes: Annotated[float, Meta(ge=0, le=10080)] = 10.0
    auto_restart: bool = True
    max_uptime_hours: Annotated[float, Meta(ge=0, le=8760)] = 24.0
    backup_interval_minutes: Annotated[float, Meta(ge=0, le=10080)] = 30.0
    backups_kept: Annotated[int, Meta(ge=1, le=10000)] = 48
    backups_kept_days: Annotated[int, Meta(ge=0, le=3660)] = 7
    backups_kept_weeks: Annotated[int, Meta(ge=0, le=520)] = 4
    tick_rate: int = TICK_RATE
    max_ping: Annotated[int, Meta(ge=0, le=5000)] = 200
    packet_loss_threshold: Annotated[float, Meta(gt=0, le=1)] = 0.1
    enable_anti_cheat: bool = True
    rate_limit_requests: bool = True
    require_ticket: bool = False
    record_key: Annotated[str, Meta(pattern="^([0-9a-f]{64})?$")] = ""


class MatchSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[match]: lengths in seconds; 0 for *time_limit_s* or *frag_limit* means none, not for both."""

    time_limit_s: Seconds = 600.0
    frag_limit: Annotated[int, Meta(ge=0, le=1000)] = 0
    warmup_s: Seconds = 5.0
    countdown_s: Seconds = 3.0
    overtime_s: Annotated[float, Meta(ge=1, le=86400)] = 120.0
    intermission_s: Seconds = 8.0


class RotationSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[rotation]: what is played after *matches* matches: each of *maps* is MAP or MAP:MODE."""

    maps: list[str] = []
    order: Literal["sequence", "random"] = "sequence"
    matches: Annotated[int, Meta(ge=1, le=1000)] = 1


class VoteSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[vote]: votes by chat. *quorum*: share of those here who must have voted when its time is over."""

    enabled: bool = True
    time_s: Annotated[float, Meta(ge=5, le=600)] = 30.0
    cooldown_s: Annotated[float, Meta(ge=0, le=86400)] = 60.0
    quorum: Annotated[float, Meta(ge=0, le=1)] = 0.5


class AlertsSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[alerts]: troubles told to *webhook_url*; empty: to nobody. *events*: which of them, empty: all."""

    webhook_url: Annotated[str, Meta(max_length=2000)] = ""
    kind: Literal["discord", "generic"] = "generic"
    events: list[str] = []
    disk_low_bytes: Annotated[int, Meta(ge=0, le=1 << 50)] = 1_000_000_000


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
    allow_private: bool = False
    servers_per_owner: Annotated[int, Meta(ge=0, le=10000)] = 20
    master_port: Port = 0


class RconSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[rcon]: Source RCON over TCP; off while *password* is empty. *port* 0 takes any free one."""

    password: Annotated[str, Meta(max_length=256)] = ""
    bind: str = "127.0.0.1"
    port: Port = 4433
    max_failures: Annotated[int, Meta(ge=1, le=1000)] = 5
    lockout_s: Annotated[float, Meta(ge=0, le=86400)] = 300.0


class AdminsSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[admins]: player ids, with commas, who may call commands by chat."""

    moderators: str = ""
    admins: str = ""


class StoreSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[store]: the record. *url* is postgresql://user:password@host/db; empty: a file of its own."""

    url: str = ""


class SeasonSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[season]: how long one is; the next begins by itself, at midnight (UTC)."""

    length: Length = "none"


class ReplaySection(Struct, frozen=True, forbid_unknown_fields=True):
    """[replay]: what is recorded of matches, and how much of it stays; 0 stands for no limit."""

    record: bool = True
    keep_days: Annotated[float, Meta(ge=0, le=36500)] = 30.0
    max_bytes: Annotated[int, Meta(ge=0, le=1 << 50)] = 2_000_000_000
    max_count: Annotated[int, Meta(ge=0, le=10_000_000)] = 10_000


class LogSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[log]: what is logged from *level* on. A file holds *max_bytes*, *files* of them are kept.

    *format* is of standard error: auto is pretty on a terminal. *game*: logs/game.log is written.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "pretty", "json"] = "auto"
    max_bytes: Annotated[int, Meta(ge=10_000, le=1 << 40)] = 10_000_000
    files: Annotated[int, Meta(ge=2, le=1000)] = 5
    game: bool = True


class MetricsSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[metrics]: who may read them, and a port of the game server for them; *port* 0: none.

    Who is on this machine may; others with *token* as bearer, or all if *open*.
    """

    bind: str = "127.0.0.1"
    port: Port = 0
    token: Annotated[str, Meta(max_length=256)] = ""
    open: bool = False


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All settings, by section."""

    server: ServerSection = ServerSection()
    match: MatchSection = MatchSection()
    rotation: RotationSection = RotationSection()
    web: WebSection = WebSection()
    store: StoreSection = StoreSection()
    season: SeasonSection = SeasonSection()
    replay: ReplaySection = ReplaySection()
    rcon: RconSection = RconSection()
    admins: AdminsSection = AdminsSection()
    vote: VoteSection = VoteSection()
    alerts: AlertsSection = AlertsSection()
    log: LogSection = LogSection()
    metrics: MetricsSection = MetricsSection()


#: Settings whose value may hold a password: never shown as they are.
SECRET = frozenset(
    {"store.url", "server.password", "rcon.password", "metrics.token", "alerts.webhook_url"}
)
#: Settings that count only from the next start; all others change while Tremble runs.
NEEDS_RESTART = frozenset(
    {
        "server.bind",
        "server.port",
        "server.arenas",
        "server.lan",
        "server.agones",
        "server.record_key",
        "store.url",
    }
)
#: And sections of which that is true as a whole.
SECTIONS_NEED_RESTART = ("web", "rcon", "replay", "log", "metrics")
#: Snapshots a second that come out even with the ticks of the simulation.
TICK_RATES = tuple(n for n in range(10, TICK_RATE + 1) if TICK_RATE % n == 0)

SECTIONS: dict[str, type[Struct]] = {
    field.name: field.type for field in msgspec.structs.fields(Settings)
}
KEYS: dict[str, Any] = {
    f"{name}.{field.name}": field.type
    for name, section in SECTIONS.items()
    for field in msgspec.structs.fields(section)
}


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
    try:
        read_options(settings.web.cors_origins, settings.web.trusted_proxies)
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
