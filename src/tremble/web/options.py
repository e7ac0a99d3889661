"""What the operator says of the web process. Cheap to import: every command checks the settings with it."""

import re
from ipaddress import ip_network
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Struct

from tremble.errors import ConfigError
from tremble.heartbeat import Tags
from tremble.shelf import Room
from tremble.store.calendar import Length
from tremble.web.places import read_place

#: Whose `X-Forwarded-For` is believed unless it is said otherwise: a proxy on the same machine.
LOCAL_PROXIES = "127.0.0.1,::1"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEKLY = re.compile(rf"({'|'.join(WEEKDAYS)}) ([01][0-9]|2[0-3]):[0-5][0-9]")
ORIGIN = re.compile(
    r"\*|https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?|https?://\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?"
)
#: Of addresses of a Redis.
SCHEMES = ("redis", "rediss", "unix")
EXAMPLE = "redis://:PASSWORD@HOST:6379/0"


class ListOptions(Struct, frozen=True):
    """The master list. *allow_private*: it may name servers of private networks, to everybody.

    *per_owner*: most servers of one name that servers were enrolled under. *master_port*: UDP port of the
    list in Valve's dialect, 0 for none.
    """

    allow_private: bool = False
    per_owner: int = 20
    master_port: int = 0


class ReportOptions(Struct, frozen=True):
    """The report of the week. *weekly*: when, such as `mon 06:00` in the zone *timezone*; empty: never.

    *kind* of the webhook: discord or generic. *server*: the name under which it is sent.
    """

    weekly: str = ""
    timezone: str = "UTC"
    webhook_url: str = ""
    kind: str = "discord"
    server: str = "Tremble"


class WebOptions(Struct, frozen=True):
    """*cors_origins*: sites whose scripts may read the API; *trusted_proxies*: addresses, networks.

    *room*: how many replays are kept; *season_length*: by what schedule seasons begin. *metrics_open*,
    *metrics_token*: see `[metrics]`. *game*: a game server runs beside it, on the same directory.
    *map_boards*: a board of each map is kept. *servers*: how the master list is. *redis_url*: by which
    Redis limits are shared; empty: by none.
    *report*: the report of the week.
    """

    cors_origins: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = tuple(LOCAL_PROXIES.split(","))
    room: Room = Room()
    metrics_open: bool = False
    metrics_token: str = ""
    game: bool = False
    season_length: Length = "none"
    servers: ListOptions = ListOptions()
    redis_url: str = ""
    map_boards: bool = False
    report: ReportOptions = ReportOptions()


def report_faults(weekly: str, timezone: str, webhook_url: str) -> list[str]:
    """Return what is wrong with the section [report]; the URL, which is a secret, is not repeated."""
    found = []
    if weekly and not WEEKLY.fullmatch(weekly):
        found.append(f"report.weekly = {weekly!r}: write a day and a time such as mon 06:00")
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        found.append(f"report.timezone = {timezone!r}: no such zone; write such as Europe/Berlin")
    if webhook_url and webhook_url.partition("://")[0] not in ("https", "http"):
        found.append("report.webhook_url must begin with https:// or http://")
    return found


def read_options(
    cors_origins: str,
    trusted_proxies: str,
    room: Room | None = None,
    season_length: Length = "none",
    servers: ListOptions = ListOptions(),  # noqa: B008  frozen
    redis_url: str = "",
) -> WebOptions:
    """Return what stands in the settings; the first two are lists with commas. Raises ConfigError."""
    origins, proxies = words(cors_origins), words(trusted_proxies)
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ConfigError(
                f"web.cors_origins: {origin!r} is no origin; write such as https://play.example.org, or *"
            )
    for proxy in proxies:
        try:
            ip_network(proxy)
        except ValueError as error:
            raise ConfigError(
                f"web.trusted_proxies: {error}; write such as 10.0.0.7 or 10.0.0.0/24"
            ) from None
    if redis_url:
        check_url(redis_url)
    return WebOptions(
        origins,
        proxies,
        room or Room(),
        season_length=season_length,
        servers=servers,
        redis_url=redis_url,
    )


def check_url(url: str) -> None:
    """Raise ConfigError, without the URL, which may hold a password, unless *url* may name a Redis."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise ConfigError(f"web.redis_url: {error}; write such as {EXAMPLE}") from None
    there = parts.path if parts.scheme == "unix" else parts.hostname
    if parts.scheme not in SCHEMES or not there:
        raise ConfigError(
            f"web.redis_url names no Redis; write such as {EXAMPLE} or unix:///run/redis.sock"
        )


def listing_faults(advertise: str, tags: list[str]) -> list[str]:
    """Return what is wrong with what the master list is to be told of a server."""
    found = []
    try:
        if advertise:
            read_place(advertise, 1)
    except ValueError as error:
        found.append(f"server.advertise: {error}")
    try:
        msgspec.convert(tags, Tags)
    except msgspec.ValidationError as error:
        found.append(f"server.tags = {tags}: up to 8 of a-z 0-9 _ - each: {error}")
    return found


def words(listed: str) -> tuple[str, ...]:
    """Return what stands between the commas of *listed*."""
    return tuple(word.strip() for word in listed.split(",") if word.strip())
