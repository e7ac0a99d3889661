"""Commands about the process: drain, restart, restore, save, stop."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tremble import restoring
from tremble.errors import CommandError
from tremble.restoring import Restoring
from tremble.server.calling import Caller, Command, Reply, number
from tremble.server.leave import BETWEEN, WHENS, Leave
from tremble.server.restore import Plan, in_words, leaving

if TYPE_CHECKING:
    from tremble.server.loop import GameServer


def drain(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Let nobody in any more and end when no match counts, or after so many seconds."""
    house = server.house
    if words == ["off"]:
        if not house.drain.on:
            raise CommandError("the server is not draining")
        server.open_again()
        return Reply(True, "players are let in again", before="draining", after="open")
    bound = None
    if words and words[0].replace(".", "", 1).isdigit():
        bound = number(words.pop(0), "seconds", 0, 86400)
    reason = " ".join(words) or "the server stops for maintenance"
    server.begin_drain(server.now, bound, reason)
    when = "when no match counts" if bound is None else f"in {bound:g} s at the latest"
    return Reply(True, f"draining, ends {when}: {reason}", before="open", after="draining")


def stop(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """End now, whatever is played."""
    reason = " ".join(words) or "the server stops"
    server.begin_drain(server.now, 0.0, reason)
    return Reply(True, f"stopping: {reason}", before="open", after="stopping")


def recycle(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Plan to end and come back when that spoils least, or take the plan back."""
    house = server.house
    if house.leave is not None and leaving(server) == "restore":
        raise CommandError("a restore is planned; `restore off` takes it back")
    if words == ["off"]:
        if house.leave is None:
            raise CommandError("no restart is planned")
        house.leave = None
        server.wake_at = server.now + 1.0
        return Reply(True, "the restart is taken back", before="leaving", after="staying")
    plan = plan_of(words, "the server restarts")
    bound_s = max(plan.deadline_s, plan.countdown_s)
    deadline = server.now + bound_s if plan.deadline_s else None
    house.leave = Leave(plan.when, plan.countdown_s, deadline, plan.reason)
    server.wake_at = server.now + 1.0  # the steward looks once a second
    return Reply(True, f"restarts: {in_words(plan)}", before="staying", after="leaving")


def plan_of(words: list[str], reason: str) -> Plan:
    """Return when to leave, as *words* say: when, countdown, deadline, reason. Raises CommandError."""
    when = words.pop(0) if words and words[0] in WHENS else BETWEEN
    limits: list[float] = []
    while len(limits) < 2 and words and words[0].replace(".", "", 1).isdigit():
        limits.append(number(words.pop(0), "seconds", 0, 604800))
    countdown_s, deadline_s = [*limits, *(30.0, 0.0)[len(limits) :]]
    return Plan(when, countdown_s, deadline_s, " ".join(words) or reason)


def restore(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Let the record go back to a backup, take that back, or tell how far it is."""
    found = server.house.restore
    if found is None:
        raise CommandError("there is no record here")
    if not words:
        return Reply(True, found.told())
    if words == ["off"]:
        return found.off(server, caller)
    wish = wish_of(words)
    return found.begin(server, caller, wish, plan_of(words, "the record is restored"))


def wish_of(words: list[str]) -> Restoring:
    """Take from *words* to which backup and match to go back. Raises CommandError."""
    backup = words.pop(0) if words[0] != "--to-match" else ""
    match = ""
    if words[:1] == ["--to-match"]:
        match = words[1] if len(words) > 1 else ""
        del words[:2]
        if not restoring.MATCH.fullmatch(match):
            raise CommandError(f"{match!r} is no id of a match: 32 hex digits, or last")
    if backup and not restoring.BACKUP.fullmatch(backup):
        raise CommandError(f"{backup!r} is no name of a backup; `tremble backup list` shows them")
    return Restoring(state="checking", at=datetime.now(UTC), backup=backup, match=match)


def save(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Send what waits for the record at once."""
    waiting = server.house.flush()
    told = f"{waiting} results wait; they are sent now" if waiting else "nothing waits"
    return Reply(True, told, {"waiting": waiting})


def backup(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Begin a backup of the data directory."""
    if server.house.backup is None:
        raise CommandError("there is no data directory to back up")
    if not server.house.backup():
        raise CommandError("a backup is being made already")
    return Reply(True, "a backup is being made; the log tells when, `tremble backup list` shows it")


def replay(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Tell under which id each arena's match is kept."""
    found = [{"arena": arena.number, "match_id": arena.match.match_id} for arena in server.arenas]
    lines = [f"arena {row['arena']}: match {row['match_id']}" for row in found]
    return Reply(True, "\n".join(lines), {"matches": found})


COMMANDS = (
    Command(
        "drain",
        "drain [SECONDS] [REASON]",
        "Let nobody in, finish what counts, end; `off` takes it back.",
        "admin",
        drain,
    ),
    Command("stop", "stop [REASON]", "End now, whatever is played.", "admin", stop),
    Command(
        "recycle",
        "recycle [empty|between-matches|now|off] [COUNTDOWN] [DEADLINE] [REASON]",
        "Restart the whole process when that spoils least, told beforehand; seconds; `off` takes it back.",
        "admin",
        recycle,
    ),
    Command(
        "restore",
        "restore [NAME] [--to-match ID] [empty|between-matches|now|off] [COUNTDOWN] [DEADLINE] [REASON]",
        "Put the record back to a backup or to after a match, by a restart; alone: how far it is.",
        "admin",
        restore,
    ),
    Command("save", "save", "Send results that wait for the record.", "admin", save),
    Command("backup", "backup", "Back up the data directory, while it is used.", "admin", backup),
    Command(
        "replay",
        "replay",
        "Under which id each match is recorded.",
        "viewer",
        replay,
        changes=False,
    ),
)
