"""Commands about people: who is here, saying something to them, putting them out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from tremble.errors import CommandError
from tremble.net import messages
from tremble.net.session import PLAYING
from tremble.server import bans, status
from tremble.server.bans import Ban
from tremble.server.calling import Caller, Command, Reply
from tremble.server.clients import Client, clean

if TYPE_CHECKING:
    from tremble.server.loop import GameServer

#: Most names that an ambiguous one is answered with.
SHOWN = 5


def find_player(server: GameServer, text: str) -> Client:
    """Return the one client that *text* means: #NUMBER, a player id, a name or the start of one.

    Raises CommandError if there is none, or more than one.
    """
    here = [c for c in server.clients.by_number.values() if c.session.state == PLAYING]
    if text.startswith("#") and text[1:].isdigit():
        found = [c for c in here if c.session.number == int(text[1:])]
    else:
        found = by_name(here, text.casefold())
    if not found:
        raise CommandError(f"there is no player {text!r} here; players lists them")
    if len(found) > 1:
        names = ", ".join(f"#{c.session.number} {c.session.name}" for c in found[:SHOWN])
        raise CommandError(f"{text!r} may be {names}; say which by its number")
    return found[0]


def by_name(here: list[Client], text: str) -> list[Client]:
    """Return those of *here* whose id or name is *text*, else starts with it, else holds it."""
    exact = [c for c in here if text in (c.session.player_id, c.session.name.casefold())]
    start = [c for c in here if c.session.name.casefold().startswith(text)]
    return exact or start or [c for c in here if text in c.session.name.casefold()]


def show_status(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Tell what is played here and how the loop does."""
    found = status.overview(server, server.now)
    lines = [
        f"{found['name']}: {found['mode']}, udp port {found['port']}, up {found['uptime_s']:.0f} s",
        f"{found['players']} of {found['max_players']} here, {found['bots']} of them bots",
        f"tick p50 {found['tick_p50_ms']} ms, p99 {found['tick_p99_ms']} ms, "
        f"{found['late_ticks']} late; {found['failures']} failures",
    ]
    for arena in found["arenas"]:
        left = f", {arena['time_left']:.0f} s left" if arena["time_left"] else ""
        lines.append(f"arena {arena['arena']}: {arena['map']}, {arena['phase']}{left}")
    return Reply(True, "\n".join(lines), found)


def show_players(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """List who is here. Addresses are for moderators."""
    rows = [player_row(client) for client in server.clients.by_number.values() if client.arena]
    if not caller.may("moderator"):
        for row in rows:
            del row["address"]
    lines = [
        f"#{row['number']} {row['name']}{' (bot)' if row['bot'] else ''} {row['player_id']} "
        f"arena {row['arena']} {'plays' if row['slot'] is not None else 'watches'} "
        f"score {row['score']} ping {row['ping_ms']} ms loss {row['loss']:.1%}"
        + (f" {row['address']}" if "address" in row else "")
        for row in rows
    ]
    return Reply(True, "\n".join(lines) or "nobody is here", {"players": rows})


def player_row(client: Client) -> dict[str, Any]:
    """Return what is told of one who has joined."""
    session, arena = client.session, client.arena
    tally = arena.match.tallies.get(session.slot) if arena is not None else None
    return {
        "number": session.number,
        "name": session.name,
        "player_id": session.player_id,
        "bot": session.bot,
        "address": client.host,
        "arena": arena.number if arena is not None else None,
        "slot": session.slot if session.slot >= 0 else None,
        "score": tally.score if tally is not None else 0,
        "rating": client.ratings.get(arena.mode.name, (None,))[0] if arena is not None else None,
        "ping_ms": session.ping_ms,
        "loss": session.loss,
    }


def kick(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Put a player out; it may come back."""
    client = find_player(server, words[0])
    reason = " ".join(words[1:]) or "no reason given"
    row = player_row(client)
    put_out = f"you were kicked: {reason}"
    server.clients.put_out(client, messages.REFUSED_KICKED, put_out, server.now)
    return Reply(True, f"kicked {row['name']}: {reason}", {"player": row}, before=row)


def ban(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Ban a player who is here, a player id, an address or a range; put out whom it meets."""
    now = datetime.now(UTC)
    target, name = bans.target_of(words[0]), ""
    if target is None:
        client = find_player(server, words[0])
        target, name = client.session.player_id, client.session.name
    until, reason, evidence = bans.terms(words[1:], now)
    made = Ban(target, reason, caller.by, now, until, evidence, name)
    house = server.house
    before = house.bans.by_target.get(target)
    house.bans.add(made)
    server.clients.put_out_banned(server.now)
    end = f"until {until:%Y-%m-%d %H:%M} UTC" if until is not None else "for good"
    shown = f"{name} ({target})" if name else target
    reply = Reply(True, f"banned {shown} {end}: {reason}", {"ban": row(made)})
    reply.before, reply.after = before and row(before), row(made)
    reply.writes = house.bans.save(now)
    return reply


def unban(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Take a ban back."""
    target = bans.target_of(words[0]) or words[0]
    lifted = server.house.bans.lift(target)
    writes = server.house.bans.save(datetime.now(UTC))
    return Reply(True, f"{target} may come again", before=row(lifted), writes=writes)


def list_bans(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """List the bans that hold."""
    now = datetime.now(UTC)
    rows = [row(ban) for ban in server.house.bans.every(now)]
    lines = [
        f"{r['target']} {r['name']} until {r['until'] or 'ever'} by {r['by']}: {r['reason']}"
        for r in rows
    ]
    return Reply(True, "\n".join(lines) or "nobody is banned", {"bans": rows})


def row(ban: Ban) -> dict[str, Any]:
    """Return *ban* as JSON has it."""
    found: dict[str, Any] = msgspec.to_builtins(ban)
    return found


def mute(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Nobody hears a player any more, until unmute or the end of the process."""
    session = find_player(server, words[0]).session
    server.house.muted.add(session.player_id)
    return Reply(True, f"muted {session.name}", before="heard", after="muted")


def unmute(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """A player is heard again."""
    session = find_player(server, words[0]).session
    if session.player_id not in server.house.muted:
        raise CommandError(f"{session.name} is not muted")
    server.house.muted.discard(session.player_id)
    return Reply(True, f"{session.name} is heard again", before="muted", after="heard")


def say(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Say something to everybody, as the server."""
    text = clean(" ".join(words), messages.MAX_CHAT)
    if not text:
        raise CommandError("say what?")
    for arena in server.arenas:
        arena.announce(text)
    return Reply(True, f"said: {text}")


def tell(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Say something to one player, as the server."""
    client = find_player(server, words[0])
    text = clean(" ".join(words[1:]), messages.MAX_CHAT)
    if client.arena is None or not text:
        raise CommandError(f"nothing to tell {client.session.name}")
    client.arena.announce_to(client.session.number, text)
    return Reply(True, f"told {client.session.name}: {text}")


COMMANDS = (
    Command("status", "status", "What is played here.", "viewer", show_status, changes=False),
    Command("players", "players", "Who is here.", "viewer", show_players, changes=False),
    Command("say", "say TEXT", "Say something to everybody.", "moderator", say, 1),
    Command("tell", "tell PLAYER TEXT", "Say something to one player.", "moderator", tell, 2),
    Command("mute", "mute PLAYER", "Nobody hears the player.", "moderator", mute, 1),
    Command("unmute", "unmute PLAYER", "The player is heard again.", "moderator", unmute, 1),
    Command("kick", "kick PLAYER [REASON]", "Put a player out.", "moderator", kick, 1),
    Command(
        "ban",
        "ban WHO [30m] [REASON] [evidence=WHERE]",
        "Ban a player, player id, address or range (192.0.2.0/24), for good or so many s, m, h, d, w.",
        "moderator",
        ban,
        1,
    ),
    Command("unban", "unban WHO", "Take a ban back.", "moderator", unban, 1),
    Command("bans", "bans", "Who is banned.", "moderator", list_bans, changes=False),
)
