"""Commands about the process: drain, save, stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tremble.errors import CommandError
from tremble.server.calling import Caller, Command, Reply, number
from tremble.server.leave import BETWEEN, WHENS, Leave

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
    if words == ["off"]:
        if house.leave is None:
            raise CommandError("no restart is planned")
        house.leave = None
        server.wake_at = server.now + 1.0
        return Reply(True, "the restart is taken back", before="leaving", after="staying")
    when = words.pop(0) if words and words[0] in WHENS else BETWEEN
    limits: list[float] = []
    while len(limits) < 2 and words and words[0].replace(".", "", 1).isdigit():
        limits.append(number(words.pop(0), "seconds", 0, 604800))
    countdown_s, deadline_s = [*limits, *(30.0, 0.0)[len(limits) :]]
    reason = " ".join(words) or "the server restarts"
    deadline = server.now + max(deadline_s, countdown_s) if deadline_s else None
    house.leave = Leave(when, countdown_s, deadline, reason)
    server.wake_at = server.now + 1.0  # the steward looks once a second
    told = f"restarts: {when}, after a countdown of {countdown_s:g} s if anybody is here"
    told += f", in {deadline_s:g} s at the latest" if deadline_s else ""
    return Reply(True, told, before="staying", after="leaving")


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
