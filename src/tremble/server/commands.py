"""The one table of commands: console, RCON, chat and dashboard all call execute().

kick "Bob the Great" too loud        words are split at spaces; double quotes hold a word together
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from tremble.errors import CommandError, TrembleError
from tremble.log import logger
from tremble.server import command_match, command_people, command_process, command_vote
from tremble.server.calling import Caller, Command, Reply

if TYPE_CHECKING:
    from tremble.server.loop import GameServer

log = logger("console")

#: Longest line that is read, in characters.
MAX_LINE = 4000


def split(line: str) -> list[str]:
    """Return the words of *line*; a double quote that is not closed holds up to the end.

    Within quotes a backslash stands before a quote or backslash that is meant as such.
    """
    words: list[str] = []
    word: list[str] | None = None
    quoted = escaped = False
    for c in line:
        if escaped or (quoted and c == "\\"):
            if escaped and word is not None:
                word.append(c if c in '"\\' else "\\" + c)
            escaped = not escaped
        elif c == '"':
            quoted = not quoted
            word = [] if word is None else word
        elif c.isspace() and not quoted:
            if word is not None:
                words.append("".join(word))
            word = None
        else:
            word = [c] if word is None else [*word, c]
    return words if word is None else [*words, "".join(word)]


def execute(server: GameServer, caller: Caller, line: str) -> Reply:
    """Do what *line* says, if *caller* may. Never raises."""
    words = split(line[:MAX_LINE])
    if not words:
        return Reply(True, "")
    server.touch()
    name = words[0].lower()
    try:
        reply = obey(server, caller, find(name), words[1:])
    except TrembleError as error:
        reply = Reply(False, str(error))
    except Exception:
        # Our fault: whoever called is told so, the game goes on.
        log.exception("command failed", command=name, by=caller.by, via=caller.via)
        reply = Reply(False, f"{name} failed by a fault of the server; its log has the details")
    if name in TABLE and TABLE[name].changes:
        server.house.note(caller, line, reply)
        log.info("command", line=line, by=caller.by, via=caller.via, ok=reply.ok)
        server.news.tell("command", line=line, by=caller.by, via=caller.via, ok=reply.ok)
    return reply


def find(name: str) -> Command:
    """Return the row of the command *name*. Raises CommandError naming the nearest one."""
    row = TABLE.get(name)
    if row is None:
        near = difflib.get_close_matches(name, TABLE, 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else "help lists them all"
        raise CommandError(f"there is no command {name[:40]!r}; {hint}")
    return row


def obey(server: GameServer, caller: Caller, row: Command, words: list[str]) -> Reply:
    """Call the function of *row*. Raises CommandError for too few words or too small a role."""
    if not caller.may(row.role):
        raise CommandError(f"{row.name} is for the role {row.role}; you have {caller.role}")
    if len(words) < row.least:
        raise CommandError(f"usage: {row.usage}")
    return row.function(server, caller, words)


def show_help(server: GameServer, caller: Caller, words: list[str]) -> Reply:
    """Tell what all commands do that *caller* may call, or one of them."""
    if words:
        row = find(words[0].lower())
        told = f"{row.usage}\n{row.help}\nFor the role {row.role}."
        return Reply(True, told, {"commands": [described(row)]})
    rows = [row for row in TABLE.values() if caller.may(row.role)]
    width = max(len(row.usage) for row in rows)
    lines = [f"{row.usage:{width}}  {row.help}" for row in rows]
    return Reply(True, "\n".join(lines), {"commands": [described(row) for row in rows]})


def described(row: Command) -> dict[str, str]:
    """Return what a program may want to know of *row*."""
    return {"name": row.name, "usage": row.usage, "help": row.help, "role": row.role}


#: All commands by name, in the order in which help lists them.
TABLE: dict[str, Command] = {
    row.name: row
    for row in (
        Command("help", "help [COMMAND]", "What commands do.", "viewer", show_help, changes=False),
        *command_people.COMMANDS,
        *command_match.COMMANDS,
        *command_vote.COMMANDS,
        *command_process.COMMANDS,
    )
}
