"""The state of the in-game console: history, aliases, bindings, tabs; saved within a second."""

from tremble.data.documents import DataType, Tab
from tremble.data.manager import DataManager
from tremble.errors import TrembleError

MAX_HISTORY = 1_000
MAX_TABS = 32
#: Aliases may use aliases; this deep, so that one that uses itself comes to an end.
MAX_ALIAS_DEPTH = 8


class TerminalError(TrembleError, ValueError):
    """The console cannot do that; the message says why."""


class TerminalManager:
    """The console of the player who plays here, loaded on construction."""

    def __init__(self, data_manager: DataManager) -> None:
        self.data_manager = data_manager
        self.state = data_manager.load_data(DataType.TERMINAL_STATE)
        self._recalled = len(self.state.history)

    def enter(self, line: str) -> str:
        """Note *line* in the history (not twice in a row) and return it with its alias expanded."""
        history = self.state.history
        if line.strip() and (not history or history[-1] != line):
            self._change("history", [*history, line][-MAX_HISTORY:])
        self._recalled = len(self.state.history)
        return self.expand(line)

    def older(self) -> str:
        """Return the line before the one recalled last (arrow up); "" without history."""
        self._recalled = max(self._recalled - 1, 0)
        return self.state.history[self._recalled] if self.state.history else ""

    def newer(self) -> str:
        """Return the line after the one recalled last; "" past the newest."""
        self._recalled = min(self._recalled + 1, len(self.state.history))
        is_past = self._recalled == len(self.state.history)
        return "" if is_past else self.state.history[self._recalled]

    def expand(self, line: str) -> str:
        """Return *line* with its first word replaced by its alias, and so on; raise on a circle."""
        for _ in range(MAX_ALIAS_DEPTH):
            word, space, rest = line.partition(" ")
            if word not in self.state.aliases:
                return line
            line = self.state.aliases[word] + space + rest
        raise TerminalError(f"alias {word!r} uses itself: change it with `alias {word} ...`")

    def alias(self, word: str, text: str) -> None:
        """Let *word* stand for *text*; an empty *text* removes it."""
        self._change("aliases", with_entry(self.state.aliases, word, text))

    def bind(self, key: str, command: str) -> None:
        """Let *key* run *command*; an empty *command* removes it."""
        self._change("bindings", with_entry(self.state.bindings, key, command))

    def scroll_to(self, lines: int) -> None:
        """Note how many lines above the newest the view stands."""
        self._change("scroll", max(lines, 0))

    def open_tab(self, title: str) -> None:
        """Open a tab behind the others and go to it."""
        if len(self.state.tabs) >= MAX_TABS:
            raise TerminalError(f"there are {MAX_TABS} tabs already: close one first")
        self._change("tabs", [*self.state.tabs, Tab(title)])
        self.select_tab(len(self.state.tabs) - 1)

    def close_tab(self, index: int) -> None:
        """Close tab *index*; the one before it becomes the active one."""
        self._check_tab(index)
        self._change("tabs", self.state.tabs[:index] + self.state.tabs[index + 1 :])
        if self.state.active_tab >= max(index, 1):
            self._change("active_tab", self.state.active_tab - 1)

    def select_tab(self, index: int) -> None:
        """Go to tab *index*."""
        self._check_tab(index)
        self._change("active_tab", index)

    def _check_tab(self, index: int) -> None:
        if not 0 <= index < len(self.state.tabs):
            raise TerminalError(f"there is no tab {index}: {len(self.state.tabs)} are open")

    def _change(self, field: str, value: object) -> None:
        """Set one field and save; put it back and raise TerminalError if that is not allowed."""
        before = getattr(self.state, field)
        setattr(self.state, field, value)
        if not self.data_manager.save_later(DataType.TERMINAL_STATE, self.state):
            setattr(self.state, field, before)
            raise TerminalError(str(self.data_manager.last_error))


def with_entry(entries: dict[str, str], key: str, value: str) -> dict[str, str]:
    """Return *entries* with *key* set to *value*, or without it if *value* is empty."""
    rest = {k: v for k, v in entries.items() if k != key}
    return {**rest, key: value} if value else rest
