"""What the settings say to each process: the options of a worker, the environment of a web process."""

from pathlib import Path
from typing import Any

import msgspec

from tremble import config
from tremble.cli.restore import PG_RESTORE
from tremble.sections import Settings
from tremble.server.clients import Listing
from tremble.server.gamelog import GameLogOptions
from tremble.server.metrics_port import MetricsOptions
from tremble.server.options import WorkerOptions
from tremble.server.rcon import RconOptions
from tremble.shelf import Room
from tremble.web.options import ReportOptions
from tremble.web.places import read_host

#: Why a game server without `tremble up` restores nothing.
ALONE = (
    "no `tremble up` looks after this game server: on the machine of the record, type `tremble stop`, "
    "`tremble restore NAME`, and start it again"
)


def web_environ(wanted: Settings) -> dict[str, str]:
    """Return what the web process must know of the settings, as it reads them."""
    return {
        "TREMBLE_STORE__URL": wanted.store.url,
        "TREMBLE_STORE__MAP_BOARDS": str(wanted.store.map_boards).lower(),
        "TREMBLE_SEASON__LENGTH": wanted.season.length,
        "TREMBLE_WEB__CORS_ORIGINS": wanted.web.cors_origins,
        "TREMBLE_WEB__TRUSTED_PROXIES": wanted.web.trusted_proxies,
        "TREMBLE_WEB__ALLOW_PRIVATE": str(wanted.web.allow_private).lower(),
        "TREMBLE_WEB__SERVERS_PER_OWNER": str(wanted.web.servers_per_owner),
        "TREMBLE_WEB__MASTER_PORT": str(wanted.web.master_port),
        "TREMBLE_WEB__REDIS_URL": wanted.web.redis_url,
        "TREMBLE_REPORT__WEEKLY": wanted.report.weekly,
        "TREMBLE_REPORT__TIMEZONE": wanted.report.timezone,
        "TREMBLE_REPORT__WEBHOOK_URL": wanted.report.webhook_url,
        "TREMBLE_REPORT__KIND": wanted.report.kind,
        "TREMBLE_SERVER__SERVER_NAME": wanted.server.server_name,
        "TREMBLE_REPLAY__KEEP_DAYS": str(wanted.replay.keep_days),
        "TREMBLE_REPLAY__MAX_BYTES": str(wanted.replay.max_bytes),
        "TREMBLE_REPLAY__MAX_COUNT": str(wanted.replay.max_count),
        "TREMBLE_METRICS__TOKEN": wanted.metrics.token,
        "TREMBLE_METRICS__OPEN": str(wanted.metrics.open).lower(),
    }


def report_options(wanted: Settings) -> ReportOptions:
    """Return how the weekly report is made and sent."""
    section = msgspec.structs.asdict(wanted.report)
    return ReportOptions(**section, server=wanted.server.server_name)


def worker_options(
    path: Path,
    wanted: Settings,
    url: str,
    fd: int = -1,
    port: int | None = None,
    memory: int = -1,
) -> WorkerOptions:
    """Return what a game worker must know of the settings; *port* and *fd* of a socket to inherit."""
    server = wanted.server
    return WorkerOptions(
        directory=str(path),
        name=server.server_name,
        bind=server.bind,
        port=server.port if port is None else port,
        mode=server.gamemode,
        map=server.map,
        arenas=server.arenas,
        max_players=server.max_players,
        per_address=server.max_connections_per_ip,
        public=server.public,
        lan=server.lan,
        match=msgspec.structs.asdict(wanted.match),
        url=url,
        fd=fd,
        memory=memory,
        password=server.password,
        require_ticket=server.require_ticket,
        record_key=server.record_key,
        shutdown_after_s=60.0 * server.auto_shutdown_minutes if server.auto_shutdown else None,
        max_uptime_s=3600.0 * server.max_uptime_hours,
        tick_rate=server.tick_rate,
        max_ping=server.max_ping,
        max_loss=server.packet_loss_threshold,
        anti_cheat=server.enable_anti_cheat,
        rate_limit=server.rate_limit_requests,
        **rotation(wanted),
        replays=room(wanted) if wanted.replay.record else None,
        drain_s=server.drain_s,
        roles=roles(wanted),
        voting=wanted.vote.enabled,
        vote=vote(wanted),
        rcon=RconOptions(**msgspec.structs.asdict(wanted.rcon)),
        listing=listing(wanted, fd >= 0),
        metrics=MetricsOptions(**msgspec.structs.asdict(wanted.metrics)),
        game_log=game_log(wanted),
        agones=server.agones,
        no_restore=on_postgres() if wanted.store.url else "",
    )


def rotation(wanted: Settings) -> dict[str, Any]:
    """Return what is played in turn."""
    section = wanted.rotation
    return {
        "rotation": [config.entry_of(text) for text in section.maps],
        "rotation_random": section.order == "random",
        "rotation_matches": section.matches,
    }


def on_postgres() -> str:
    """Return why a record on PostgreSQL is not restored by command."""
    return f"the record is on PostgreSQL: `tremble stop`, then {PG_RESTORE}, then start it again"


def vote(wanted: Settings) -> dict[str, float]:
    """Return how votes are held."""
    section = wanted.vote
    return {
        "time_s": section.time_s,
        "cooldown_s": section.cooldown_s,
        "quorum": section.quorum,
    }


def listing(wanted: Settings, here: bool) -> Listing:
    """Return what the master list is told; *here*: the web process is on the same machine.

    It then finds us where we listen, unless that is any address.
    """
    server = wanted.server
    bound = read_host(server.bind)
    own = server.bind if here and bound is not None and not bound.is_unspecified else ""
    return Listing(server.advertise or own, server.region, server.tags)


def game_log(wanted: Settings) -> GameLogOptions | None:
    """Return how the game log is kept; None: not at all."""
    return GameLogOptions(wanted.log.max_bytes, wanted.log.files) if wanted.log.game else None


def options_alone(path: Path, wanted: Settings) -> WorkerOptions:
    """Return the same for a game server whose record is elsewhere: it sends replays there."""
    found = worker_options(path, wanted, wanted.web.url)
    return msgspec.structs.replace(found, upload=True, no_restore=ALONE)


def roles(wanted: Settings) -> dict[str, str]:
    """Return the role of each player of [admins]."""
    moderators = dict.fromkeys(words_of(wanted.admins.moderators), "moderator")
    return moderators | dict.fromkeys(words_of(wanted.admins.admins), "admin")


def words_of(text: str) -> list[str]:
    return [word.strip().lower() for word in text.split(",") if word.strip()]


def room(wanted: Settings) -> Room:
    """Return how many replays are to be kept."""
    section = wanted.replay
    return Room(section.keep_days, section.max_bytes, section.max_count)
