"""Bans of this server: DIR/bans.json, by player id or by a range of addresses.

A player id is what follows from the key of a guest, or stands for an account. The record has bans of
its own; these hold without it, and for addresses.
"""

import ipaddress
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from tremble.errors import CommandError, ConfigError
from tremble.server.calling import Write

NAME = "bans.json"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
LENGTH = re.compile(r"(\d{1,6})([smhdw])")
PLAYER_ID = re.compile(r"[0-9a-f]{16}")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Ban(msgspec.Struct, frozen=True):
    """One ban. *target*: a player id or a range, 192.0.2.0/24; *until* None: for good."""

    target: str
    reason: str
    by: str
    at: datetime
    until: datetime | None = None
    evidence: str = ""
    name: str = ""


class Bans:
    """All bans, by target; kept in *directory*, without one in memory alone."""

    def __init__(self, directory: Path | None = None) -> None:
        self.path = directory / NAME if directory is not None else None
        self.by_target: dict[str, Ban] = {}
        self.ranges: dict[str, Network] = {}
        if self.path is not None and self.path.exists():
            for ban in load(self.path):
                self.add(ban)

    def add(self, ban: Ban) -> None:
        """*ban* holds from now on, instead of one of the same target."""
        self.by_target[ban.target] = ban
        if not PLAYER_ID.fullmatch(ban.target):
            self.ranges[ban.target] = ipaddress.ip_network(ban.target)

    def lift(self, target: str) -> Ban:
        """Take the ban of *target* back and return it. Raises CommandError if there is none."""
        if target not in self.by_target:
            raise CommandError(f"nobody is banned as {target!r}; bans lists them")
        self.ranges.pop(target, None)
        return self.by_target.pop(target)

    def of_player(self, player_id: str, now: datetime) -> Ban | None:
        """Return the ban that holds for *player_id* at *now*."""
        return holding(self.by_target.get(player_id), now)

    def of_address(self, host: str, now: datetime) -> Ban | None:
        """Return a ban that holds for the address *host* at *now*."""
        try:
            address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
        except ValueError:
            return None
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        for target, network in self.ranges.items():
            if address in network and holding(self.by_target[target], now):
                return self.by_target[target]
        return None

    def save(self, now: datetime) -> list[Write]:
        """Return what writes all bans that still hold."""
        for target in [t for t, ban in self.by_target.items() if holding(ban, now) is None]:
            self.lift(target)
        if self.path is None:
            return []
        body = msgspec.json.format(msgspec.json.encode(list(self.by_target.values())), indent=1)
        return [partial(replace, self.path, body + b"\n")]


def holding(ban: Ban | None, now: datetime) -> Ban | None:
    """Return *ban* if it has not run out."""
    if ban is None or (ban.until is not None and ban.until <= now):
        return None
    return ban


def told(ban: Ban) -> str:
    """Return what whoever is banned is told."""
    until = f" until {ban.until:%Y-%m-%d %H:%M} UTC" if ban.until is not None else ""
    return f"you are banned{until}: {ban.reason}"


def target_of(text: str) -> str | None:
    """Return *text* as a target if it is a player id, an address or a range of them; else None."""
    if PLAYER_ID.fullmatch(text.lower()):
        return text.lower()
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return None


def terms(words: Sequence[str], now: datetime) -> tuple[datetime | None, str, str]:
    """Return end, reason and evidence as in [30m] [REASON...] [evidence=WHERE]."""
    rest = list(words)
    until = None
    found = LENGTH.fullmatch(rest[0]) if rest else None
    if found is not None:
        rest.pop(0)
        until = now + timedelta(seconds=int(found[1]) * UNITS[found[2]])
    evidence = [word.partition("=")[2] for word in rest if word.startswith("evidence=")]
    reason = " ".join(word for word in rest if not word.startswith("evidence="))
    return until, reason or "no reason given", " ".join(evidence)


def load(path: Path) -> list[Ban]:
    """Return the bans in *path*. Raises ConfigError if they cannot be read: nobody is let in by a fault."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=list[Ban])
        for ban in found:
            if target_of(ban.target) != ban.target:
                raise ConfigError(f"{path}: {ban.target!r} is neither a player id nor a range")
    except (msgspec.MsgspecError, OSError) as error:
        raise ConfigError(f"{path}: {error}; mend the file, or move it away") from None
    return [msgspec.structs.replace(ban, at=ban.at.astimezone(UTC)) for ban in found]


def replace(path: Path, body: bytes) -> None:
    """Put *body* in the place of *path*, whole or not at all. Raises OSError."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    if os.name == "posix":
        fd = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
