"""Bans of this server: DIR/bans.json, by player id or by a range of addresses.

A player id is what follows from the key of a guest, or stands for an account. The record has bans of
its own, by player id; those last known of it lie in DIR/record_bans.json, and hold without it too.
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
RECORD_NAME = "record_bans.json"
#: By whom the bans are that the record tells of.
RECORD = "record"
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
    """All bans, by target; kept in *directory*, without one in memory alone. Raises ConfigError.

    *of_record* holds those of the record; it is replaced as a whole, by another thread.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.path = directory / NAME if directory is not None else None
        self.by_target: dict[str, Ban] = {}
        self.ranges: dict[str, Network] = {}
        self.of_record: dict[str, Ban] = {}
        if self.path is not None and self.path.exists():
            for ban in load(self.path):
                self.add(ban)
        if directory is not None and (directory / RECORD_NAME).exists():
            known = load(directory / RECORD_NAME)
            self.of_record = {ban.target: ban for ban in known}

    def add(self, ban: Ban) -> None:
        """*ban* holds from now on, instead of one of the same target."""
        self.by_target[ban.target] = ban
        if not PLAYER_ID.fullmatch(ban.target):
            self.ranges[ban.target] = ipaddress.ip_network(ban.target)

    def lift(self, target: str) -> Ban:
        """Take the ban of *target* back and return it. Raises CommandError if there is none."""
        if target not in self.by_target and target in self.of_record:
            raise CommandError(f"{target} is banned by the record: take it back there")
        if target not in self.by_target:
            raise CommandError(f"nobody is banned as {target!r}; bans lists them")
        self.ranges.pop(target, None)
        return self.by_target.pop(target)

    def of_player(self, player_id: str, now: datetime) -> Ban | None:
        """Return the ban that holds for *player_id* at *now*, of this server or of the record."""
        own = holding(self.by_target.get(player_id), now)
        return own or holding(self.of_record.get(player_id), now)

    def every(self, now: datetime) -> list[Ban]:
        """Return all bans that hold at *now*, those of the record last."""
        known = [*self.by_target.values(), *self.of_record.values()]
        return [ban for ban in known if holding(ban, now)]

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
