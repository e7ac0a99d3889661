"""The settings: frozen sections with their defaults, and what is true of each key. config.py reads them."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from tremble.sim.tuning import TICK_RATE
from tremble.store.calendar import Length
from tremble.web.options import LOCAL_PROXIES

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
    standby: bool = True
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
    redis_url: Annotated[str, Meta(max_length=1000)] = ""


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
    """[store]: the record. *url* is postgresql://user:password@host/db; empty: a file of its own.

    *map_boards*: there is a leaderboard of each map too.
    """

    url: str = ""
    map_boards: bool = True


class SeasonSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[season]: how long one is; the next begins by itself, at midnight (UTC)."""

    length: Length = "none"


class ReportSection(Struct, frozen=True, forbid_unknown_fields=True):
    """[report]: the report of the week, at *weekly* (`mon 06:00`, in *timezone*); empty: none."""

    weekly: Annotated[str, Meta(max_length=16)] = ""
    timezone: Annotated[str, Meta(max_length=64)] = "UTC"
    webhook_url: Annotated[str, Meta(max_length=2000)] = ""
    kind: Literal["discord", "generic"] = "discord"


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
    report: ReportSection = ReportSection()
    rcon: RconSection = RconSection()
    admins: AdminsSection = AdminsSection()
    vote: VoteSection = VoteSection()
    alerts: AlertsSection = AlertsSection()
    log: LogSection = LogSection()
    metrics: MetricsSection = MetricsSection()


#: Settings whose value may hold a password: never shown as they are.
SECRET = frozenset(
    {
        "store.url",
        "web.redis_url",
        "server.password",
        "rcon.password",
        "metrics.token",
        "alerts.webhook_url",
        "report.webhook_url",
    }
)
#: Settings that count only from the next start; all others change while Tremble runs.
NEEDS_RESTART = frozenset(
    {
        "server.bind",
        "server.port",
        "server.arenas",
        "server.lan",
        "server.agones",
        "server.standby",
        "server.record_key",
        "store.url",
    }
)
#: And sections of which that is true as a whole.
SECTIONS_NEED_RESTART = ("web", "rcon", "replay", "report", "log", "metrics")
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
