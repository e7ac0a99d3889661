"""The text of a server.toml that explains itself: every setting, commented out, with its meaning."""

from tremble import config, sections

HEAD = """\
# Settings of Tremble. What is commented out has the value shown, the default.
# Tried with: tremble config check      Read again while it runs: kill -HUP of `tremble up`
"""
#: What each setting means, in one line.
MEANINGS = {
    "server.server_name": "what browsers show, 1 to 64 characters",
    "server.bind": "address to listen on; :: takes IPv6 and IPv4",
    "server.port": "UDP port; 0 takes any free one",
    "server.max_players": "most people on the server, those who watch included",
    "server.gamemode": "duel (winner stays, others queue) or ffa (everybody)",
    "server.map": "a map by name",
    "server.arenas": "matches at once in the process",
    "server.max_connections_per_ip": "from one address; loopback is exempt",
    "server.public": "shown to server browsers that look around",
    "server.advertise": "ADDRESS or ADDRESS:PORT to be listed at; empty: where we are",
    "server.region": "shown in the list of servers, such as europe",
    "server.tags": 'shown there too, such as ["railonly"]',
    "server.lan": "shown to the local network",
    "server.password": "needed to join, except from this machine",
    "server.auto_shutdown": "stop when nobody has been here for auto_shutdown_minutes",
    "server.auto_shutdown_minutes": "minutes",
    "server.auto_restart": "a process that dies is started again; false: all stop",
    "server.standby": "a second game process waits to go on when the first dies (Linux)",
    "server.max_uptime_hours": "hours until the game starts afresh, between matches; 0: never",
    "server.backup_interval_minutes": "minutes between two backups; 0: none",
    "server.backups_kept": "the newest are kept",
    "server.backups_kept_days": "and the last of each of so many days",
    "server.backups_kept_weeks": "and the last of each of so many weeks",
    "server.tick_rate": "snapshots a second: 10, 12, 15, 20, 30 or 60",
    "server.max_ping": "ms; who is over it for 20 s is put out; 0: any",
    "server.packet_loss_threshold": "share of usercmds that may be lost; 1: any",
    "server.enable_anti_cheat": "watch for unfair play",
    "server.rate_limit_requests": "bounds what one address may ask, and a player send, in a second",
    "server.agones": "tell Agones, the orchestrator, what becomes of this server",
    "server.require_ticket": "only who is signed in to the record may join, by its ticket",
    "server.record_key": "the record's public key, 64 hex digits; empty: that of first contact",
    "server.drain_s": "seconds that matches may take to end after SIGTERM; 0: stop at once",
    "match.time_limit_s": "seconds; 0 for none",
    "match.frag_limit": "frags that end a match; 0 for none",
    "match.warmup_s": "seconds of warmup once enough players are there",
    "match.countdown_s": "seconds frozen before it counts",
    "match.overtime_s": "seconds added, again and again, while nobody leads",
    "match.intermission_s": "seconds for which the scoreboard stands",
    "rotation.maps": 'played in turn after each match, such as ["arena_01", "pit:ffa"]',
    "rotation.order": "sequence or random",
    "rotation.matches": "matches on each",
    "web.host": "address of the web process; 0.0.0.0 shows it to the network",
    "web.port": "its TCP port; 0 takes any free one",
    "web.url": "where `tremble server` posts its results; empty: they wait in the outbox",
    "web.cors_origins": "sites whose scripts may use the API, with commas; * for all",
    "web.trusted_proxies": "addresses, with commas, whose X-Forwarded-For is believed",
    "web.allow_private": "the list names servers of private networks, to everybody",
    "web.servers_per_owner": "most listed servers of one name of enrolment",
    "web.master_port": "UDP port of the list in Valve's dialect; 0: none",
    "web.redis_url": "Redis by which several web processes share their limits; empty: each its own. A secret",
    "store.url": "PostgreSQL database of the record; empty: a file of its own",
    "vote.enabled": "players may call votes by chat: !vote map NAME",
    "vote.time_s": "seconds for which a vote is open",
    "vote.cooldown_s": "seconds before whoever called a vote that failed may call another",
    "vote.quorum": "share of the people here, 0 to 1, who must have voted at its end",
    "alerts.webhook_url": "where troubles are told; empty: nowhere. A secret",
    "alerts.kind": "discord or generic (JSON)",
    "alerts.events": 'which: "crash", "late", "store", "disk", "backup", "listed"; empty: all',
    "alerts.disk_low_bytes": "the disk is low below it",
    "admins.moderators": "player ids that may moderate by chat, with commas",
    "admins.admins": "player ids that may do all by chat, with commas",
    "store.map_boards": "keep a leaderboard of each map beside that of each mode",
    "season.length": "none, week, month, quarter, half-year or year: how long a season is",
    "report.weekly": "day and time of the weekly report, such as mon 06:00; empty: none",
    "report.timezone": "whose days and hours, such as Europe/Berlin",
    "report.webhook_url": "where the weekly report is sent; empty: it is kept alone. A secret",
    "report.kind": "discord or generic (JSON)",
    "replay.record": "every match is recorded",
    "replay.keep_days": "days for which a replay is kept; 0 for ever",
    "replay.max_bytes": "most bytes of all replays: the oldest go; 0 for no limit",
    "replay.max_count": "most replays; 0 for no limit",
    "rcon.password": "switches Source RCON on",
    "rcon.bind": "its address; the protocol is not encrypted",
    "rcon.port": "its TCP port; 0 takes any free one",
    "rcon.max_failures": "wrong passwords from an address that lock it out",
    "rcon.lockout_s": "seconds of the first lock-out; each further one is twice as long",
    "log.level": "debug, info, warning or error: what is logged from this on",
    "log.format": "of standard error: pretty, json, or auto: pretty on a terminal",
    "log.max_bytes": "bytes of a log file; a full one becomes .1, and so on",
    "log.files": "files kept of each log, the one that is written included",
    "log.game": "joins, kills, chat and the like go to logs/game.log",
    "metrics.bind": "address of the game server's own port for /metrics and health",
    "metrics.port": "its TCP port; 0: none",
    "metrics.token": "who is not on this machine shows it as bearer to read metrics",
    "metrics.open": "anybody may read metrics",
}


def template() -> str:
    """Return a server.toml with every setting commented out at its default."""
    lines = [HEAD.rstrip()]
    settings = sections.Settings()
    section = ""
    for key in sections.KEYS:
        head, _, name = key.partition(".")
        if head != section:
            section = head
            lines += ["", f"[{head}]"]
        meaning = MEANINGS.get(key, "")
        lines.append(
            f"# {name} = {toml(config.value_of(settings, key))}".ljust(42) + f"  # {meaning}"
        )
    return "\n".join(lines) + "\n"


def toml(value: object) -> str:
    """Return *value* (of a setting) as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return f"[{', '.join(toml(item) for item in value)}]"
    return str(value)
