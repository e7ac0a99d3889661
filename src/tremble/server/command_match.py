"""Commands about what is played: map, mode, restart, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tremble.errors import CommandError
from tremble.match.match import MatchSettings
from tremble.match.modes import MODES
from tremble.server.arena import Arena
from tremble.server.calling import Caller, Command, Reply, number

if TYPE_CHECKING:
    from tremble.server.loop import GameServer

#: Settings of a match that may change while the server runs, with their ranges: those of sections.py.
MATCH_SETTINGS = {
    "time_limit_s": (0.0, 86400.0),
    "frag_limit": (0.0, 1000.0),
    "warmup_s": (0.0, 86400.0),
    "countdown_s": (0.0, 86400.0),
    "overtime_s": (1.0, 86400.0),
    "intermission_s": (0.0, 86400.0),
}


def arenas_of(server: GameServer, words: list[str], at: int) -> list[Arena]:
    """Return the arena whose number is word *at*, else all of them. Raises CommandError."""
    if len(words) <= at:
        return server.arenas
    last = len(server.arenas) - 1
    return [server.arenas[int(number(words[at], "arena", 0, last))]]


def change(server: GameServer, arenas: list[Arena], name: str | None, mode: str | None) -> Reply:
    """Play map *name* and *mode* (None: the same as now) in *arenas*, between matches."""
    if mode is not None:
        check_choice(server, "mode", mode)
    level = server.house.level(name) if name is not None else None
    before = [{"map": arena.level.name, "mode": arena.mode.name} for arena in arenas]
    after, now = [], []
    for arena in arenas:
        # What is asked for twice in one match adds up: a map, then a mode.
        wanted, played = arena.next_up or (arena.level, arena.mode)
        wanted, played = level or wanted, MODES[mode] if mode is not None else played
        now.append(arena.change_level(wanted, played))
        after.append({"map": wanted.name, "mode": played.name})
    when = "now" if all(now) else "when the match is over"
    what = f"{after[0]['map']} ({after[0]['mode']})"
    return Reply(True, f"{what} is played {when}", {"now": now}, before, after)


def check_choice(server: GameServer, what: str, name: str) -> None:
    """Raise CommandError, ConfigError or MapError if there is no map or mode (*what*) of that *name*."""
    if what == "map":
        server.house.level(name)
    elif name not in MODES:
        raise CommandError(f"there is no mode {name!r}; there are {', '.join(sorted(MODES))}")


def change_map(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Play another map."""
    return change(server, arenas_of(server, words, 1), words[0], None)


def change_mode(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Play another mode."""
    return change(server, arenas_of(server, words, 1), None, words[0])


def restart(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Begin again, without a result of what was played so far."""
    arenas = arenas_of(server, words, 0)
    ended = [arena.match.match_id for arena in arenas]
    for arena in arenas:
        arena.start_over()
        arena.announce("the match starts over")
    text = ", ".join(str(arena.number) for arena in arenas)
    return Reply(True, f"started over: arena {text}", before={"matches": ended})


def set_setting(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Change a setting until the server stops; without a value show it, without words show all."""
    shown = {f"match.{name}": getattr(server.arenas[0].settings, name) for name in MATCH_SETTINGS}
    shown |= {
        "server.server_name": server.options.name,
        "server.max_players": server.options.max_players,
    }
    if words and words[0] not in shown:
        raise CommandError(f"{words[0]!r} cannot be set here; {', '.join(shown)} can")
    if len(words) < 2:
        told = {key: shown[key] for key in (words or shown)}
        return Reply(True, "\n".join(f"{k} = {v}" for k, v in told.items()), {"settings": told})
    key, value = words[0], " ".join(words[1:])
    after = apply(server, key, value)
    before = shown[key]
    return Reply(True, f"{key} = {after}", {key: after}, {key: before}, {key: after})


def apply(server: GameServer, key: str, value: str) -> object:
    """Make *value* that of the setting *key*; return it as it is now. Raises CommandError."""
    name = key.partition(".")[2]
    if key == "server.server_name":
        if not 1 <= len(value) <= 64:
            raise CommandError("server.server_name has 1 to 64 characters")
        server.options.name = value
        return value
    if key == "server.max_players":
        server.options.max_players = int(number(value, key, 1, 256))
        return server.options.max_players
    low, high = MATCH_SETTINGS[name]
    found = number(value, key, low, high)
    set_match(server, name, int(found) if name == "frag_limit" else found)
    return getattr(server.arenas[0].settings, name)


def set_match(server: GameServer, name: str, value: float) -> None:
    """Change one setting of the matches to come. Raises CommandError if one would never end."""
    now = server.arenas[0].settings
    values = {key: getattr(now, key) for key in MATCH_SETTINGS} | {name: value}
    if not values["time_limit_s"] and not values["frag_limit"]:
        raise CommandError("a match without time limit and frag limit would never end")
    fresh = MatchSettings(**values)
    for arena in server.arenas:
        arena.change_settings(fresh)


COMMANDS = (
    Command(
        "map", "map NAME [ARENA]", "Play another map, after the match.", "moderator", change_map, 1
    ),
    Command(
        "mode",
        "mode NAME [ARENA]",
        "Play another mode, after the match.",
        "moderator",
        change_mode,
        1,
    ),
    Command("restart", "restart [ARENA]", "Start over, without a result.", "moderator", restart),
    Command(
        "set",
        "set [SETTING [VALUE]]",
        "Show or change a setting for the matches to come.",
        "admin",
        set_setting,
    ),
)
