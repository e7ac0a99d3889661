"""tremble console: type commands to a server that runs on this machine."""

import getpass
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tremble import local
from tremble.cli.options import Dir, Json
from tremble.config import data_directory
from tremble.errors import TrembleError
from tremble.local import ConsoleLink

HISTORY = "console_history"
#: Lines of history that are kept.
HISTORY_LINES = 1000
PROMPT = "tremble> "


def console(*words: str, directory: Dir = None, as_json: Json = False) -> None:
    """Have one command obeyed (its words after `console`), or type one after the other.

    Without words and without a terminal the lines of standard input are obeyed in turn. The exit code
    is 1 if the last command was refused. `help` lists the commands.
    """
    path = data_directory(directory, os.environ)
    with opened(path) as link:
        lines = iter([quoted(words)]) if words else typed(path, link)
        ok = True
        for line in lines:
            if line.strip():
                ok = obey(link, line, as_json)
    sys.exit(0 if ok else 1)


def opened(path: Path) -> ConsoleLink:
    """Return a link to the server of the data directory *path*. Raises TrembleError if none runs."""
    try:
        return ConsoleLink(path)
    except OSError as error:
        raise TrembleError(
            f"nobody answers at {path / local.NAME} ({error.strerror}); "
            "is tremble up or tremble server running there? Choose the directory with --dir"
        ) from None


def quoted(words: tuple[str, ...]) -> str:
    """Return the line that the server splits into *words* again."""
    if len(words) == 1:
        return words[0]
    return " ".join(word if plain(word) else requoted(word) for word in words)


def plain(word: str) -> bool:
    return bool(word) and not any(c.isspace() or c == '"' for c in word)


def requoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def obey(link: ConsoleLink, line: str, as_json: bool) -> bool:
    """Have *line* obeyed and print the answer; False if it was refused."""
    try:
        found = link.call(line, by=who())
    except TimeoutError:
        raise TrembleError("no answer within 10 s; the log may say why") from None
    except OSError as error:
        raise TrembleError(f"the server has gone: {error.strerror or error}") from None
    ok = bool(found["ok"])
    if as_json:
        print(msgspec.json.encode(found).decode(), flush=True)
    elif found["text"]:
        print(found["text"], file=sys.stdout if ok else sys.stderr, flush=True)
    return ok


def follow_stdin(path: Path) -> None:
    """Obey the lines of standard input from now on, in a thread; for panels that write them there."""
    if sys.stdin is None or sys.stdin.isatty():
        return  # a terminal has `tremble console`; reading it would stop a process in the background
    threading.Thread(target=obey_stdin, args=(path,), name="stdin", daemon=True).start()


def obey_stdin(path: Path) -> None:
    """Obey the lines of standard input until it ends, and print the answers."""
    rest = b""
    # Not sys.stdin: a thread that waits in its lock would not let the process end.
    while data := os.read(0, 65536):
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            text = line.decode(errors="replace").strip()
            if not text:
                continue
            try:
                with opened(path) as link:
                    found = link.call(text, by="stdin", via="stdin")
            except (TrembleError, OSError) as error:
                found = {"text": f"not obeyed: {error}"}
            print(found["text"], flush=True)


def who() -> str:
    """Return the name under which the audit log has what is typed here."""
    try:
        return getpass.getuser()[:64]
    except (OSError, KeyError):
        return f"user {os.getuid()}"


def typed(path: Path, link: ConsoleLink) -> Iterator[str]:
    """Return the lines that come in, with history and completion on a terminal."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    save = prepare_readline(path, link)
    try:
        while True:
            line = input(PROMPT)
            if line.strip() in ("exit", "quit"):
                return
            yield line
    except EOFError:
        print()
    finally:
        save()


def prepare_readline(path: Path, link: ConsoleLink) -> Any:
    """Switch on history and completion; return what keeps the history."""
    try:
        import readline
    except ImportError:  # Windows
        return lambda: None
    history = path / HISTORY
    try:
        readline.read_history_file(history)
    except OSError:
        history.touch(0o600)
    readline.set_history_length(HISTORY_LINES)
    readline.set_completer(Completer(link).complete)
    readline.set_completer_delims(" ")
    readline.parse_and_bind("tab: complete")
    return lambda: readline.write_history_file(history)


class Completer:
    """Completes the name of a command, then the names of players."""

    def __init__(self, link: ConsoleLink) -> None:
        self.link = link
        self.commands = [row["name"] for row in self.data("help", "commands")]
        self.found: list[str] = []

    def data(self, line: str, member: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.link.call(line).get("data", {}).get(member, [])
        return found

    def complete(self, text: str, state: int) -> str | None:
        """Return the *state*-th way to go on from *text*; readline's own way of asking."""
        import readline

        if state == 0:
            first = readline.get_begidx() == 0
            known = self.commands if first else [p["name"] for p in self.data("players", "players")]
            words = [word if plain(word) else requoted(word) for word in known]
            self.found = [w + " " for w in words if w.casefold().startswith(text.casefold())]
        return self.found[state] if state < len(self.found) else None
