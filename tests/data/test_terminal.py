"""The console's state: history, aliases, bindings, scroll, tabs."""

import pytest

from tremble.data.manager import DataManager
from tremble.data.terminal import MAX_HISTORY, MAX_TABS, TerminalError, TerminalManager


@pytest.fixture
def terminal(manager: DataManager) -> TerminalManager:
    return TerminalManager(manager)


def test_history(terminal: TerminalManager) -> None:
    """Lines are kept oldest first; empty ones and repetitions are not."""
    for line in ("map arena_01", "kick 3", "kick 3", "   ", "status"):
        terminal.enter(line)

    assert terminal.state.history == ["map arena_01", "kick 3", "status"]


def test_recall(terminal: TerminalManager) -> None:
    """Arrow up goes back to the first line and stays; arrow down comes forward to an empty line."""
    assert (terminal.older(), terminal.newer()) == ("", "")
    terminal.enter("one")
    terminal.enter("two")

    assert [terminal.older() for _ in range(3)] == ["two", "one", "one"]
    assert [terminal.newer() for _ in range(3)] == ["two", "", ""]
    assert terminal.older() == "two"


def test_history_is_capped(terminal: TerminalManager) -> None:
    """The oldest lines go."""
    for number in range(MAX_HISTORY + 5):
        terminal.enter(f"say {number}")

    assert len(terminal.state.history) == MAX_HISTORY
    assert terminal.state.history[0] == "say 5"


def test_aliases(terminal: TerminalManager) -> None:
    """An alias stands for the first word, and may use another; an empty one is removed."""
    terminal.alias("k", "kick")
    terminal.alias("kk", "k now")

    assert terminal.enter("kk 3") == "kick now 3"
    assert terminal.enter("status k") == "status k"
    terminal.alias("k", "")
    assert terminal.enter("k 3") == "k 3"


def test_an_alias_of_itself(terminal: TerminalManager) -> None:
    """A circle ends with an error that names it."""
    terminal.alias("a", "b")
    terminal.alias("b", "a")

    with pytest.raises(TerminalError, match="uses itself"):
        terminal.enter("a")


def test_tabs(terminal: TerminalManager) -> None:
    """Tabs open behind and become active; closing goes to the one before."""
    for title in ("main", "chat", "rcon"):
        terminal.open_tab(title)
    terminal.select_tab(1)
    terminal.close_tab(1)

    assert [tab.title for tab in terminal.state.tabs] == ["main", "rcon"]
    assert terminal.state.active_tab == 0
    terminal.select_tab(1)
    terminal.close_tab(0)
    assert (terminal.state.tabs[0].title, terminal.state.active_tab) == ("rcon", 0)
    terminal.close_tab(0)
    assert terminal.state.active_tab == 0


def test_tabs_that_are_not_there(terminal: TerminalManager) -> None:
    """A wrong tab, or one too many, is an error that says so."""
    with pytest.raises(TerminalError, match="there is no tab 0: 0 are open"):
        terminal.select_tab(0)
    for number in range(MAX_TABS):
        terminal.open_tab(str(number))
    with pytest.raises(TerminalError, match="close one first"):
        terminal.open_tab("more")


def test_what_the_document_does_not_allow(terminal: TerminalManager) -> None:
    """A line or word that is too long is refused, and the state stays valid."""
    with pytest.raises(TerminalError, match=r"\$\.history\[0\]: expected 1000 characters"):
        terminal.enter("x" * 1001)
    with pytest.raises(TerminalError, match=r"\$\.aliases"):
        terminal.alias("", "nothing")

    assert terminal.state.history == []
    assert terminal.state.aliases == {}


def test_all_is_there_after_a_restart(terminal: TerminalManager, manager: DataManager) -> None:
    """History, aliases, bindings, scroll and tabs survive."""
    terminal.enter("status")
    terminal.alias("s", "status")
    terminal.bind("f1", "s")
    terminal.scroll_to(12)
    terminal.scroll_to(-3)
    terminal.scroll_to(7)
    terminal.open_tab("main")

    assert TerminalManager(manager).state == terminal.state
    assert TerminalManager(manager).older() == "status"
    assert (terminal.state.bindings, terminal.state.scroll) == ({"f1": "s"}, 7)
