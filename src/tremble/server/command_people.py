"""Commands about people: who is here, saying something to them, putting them out."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from tremble.errors import CommandError
from tremble.net import messages
from tremble.net.session import PLAYING
from tremble.server import status
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
    found = status.overview(server, monotonic())
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
        "ping_ms": session.ping_ms,
        "loss": session.loss,
    }


def kick(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Put a player out; it may come back."""
    client = find_player(server, words[0])
    reason = " ".join(words[1:]) or "no reason given"
    row = player_row(client)
    put_out = f"you were kicked: {reason}"
    server.clients.put_out(client, messages.REFUSED_KICKED, put_out, monotonic())
    return Reply(True, f"kicked {row['name']}: {reason}", {"player": row}, before=row)


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
    Command("kick", "kick PLAYER [REASON]", "Put a player out.", "moderator", kick, 1),
)
