"""cli/view.py: what the live view shows; names and all are shown as they are."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from rich.live import Live

from tremble import cli
from tremble.cli.view import TerminalView
from tremble.sections import Settings

HOSTILE = ["[/]", "[bold]x", "\\[red]", "[link=file:///]y"]
#: It escapes what it shows, and uses markup of its own.
OWN_MARKUP = {"matches.py"}


def view() -> tuple[TerminalView, io.StringIO]:
    """Return a view of a server with bots, and the terminal on which it is."""
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=86, height=24, markup=False)
    made = TerminalView(Settings(), 2, Path("/data"), Live(console=console, auto_refresh=False))
    made.addresses(4433, "http://127.0.0.1:8433")
    return made, shown


def status(*names: str) -> dict[str, object]:
    """Return what the game says of one arena with these players."""
    return {
        "event": "status",
        "players": len(names),
        "tick_p50_ms": 0.3,
        "tick_p99_ms": 0.5,
        "late_ticks": 0,
        "outbox": 0,
        "arenas": [
            {
                "phase": "live",
                "time_left": 90.0,
                "players": [(name, 1) for name in names],
                "watching": 0,
                "matches": 0,
            }
        ],
    }


def plain(text: str) -> str:
    """Return *text* without what moves the cursor and colours."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


@pytest.mark.parametrize("name", HOSTILE)
def test_names_as_they_are(name: str) -> None:
    """Whatever a player is called, on the server and on the board; it ends nothing and hides nothing."""
    made, shown = view()
    entry = {"rank": 1, "username": name, "rating": 1500.0, "provisional": False}
    made.entries = [entry | {"matches_played": 1, "wins": 1, "kills": 2, "deaths": 0}]
    made.report("game", status(name))
    with made:
        made.refresh([0])

    text = plain(shown.getvalue())

    assert text.count(name) == 2 * text.count("Ctrl-C stops") > 0


def test_the_password_does_not_disturb_the_view() -> None:
    """It stands above the view, which is drawn below as it always is."""
    made, shown = view()
    made.report("game", status("Rumble", "Shiver", "Flint"))
    with made:
        made.refresh([0])
        made.report("web", {"event": "first operator", "password": "s3cret"})
        made.warn("the [disk] is full")
    text = plain(shown.getvalue())

    assert "password s3cret" in text and "warning: the [disk] is full" in text
    assert "[bold]" not in text
    assert text.count("Rumble 1  Shiver 1  Flint 1") == text.count("Ctrl-C stops") >= 3


def test_no_console_takes_names_for_markup() -> None:
    """Names come from anybody: consoles that print tables are told that nothing in them is markup."""
    sources = Path(cli.__file__).parent.glob("*.py")
    found = {p.name for p in sources if "Console()" in p.read_text("utf-8")}

    assert found <= OWN_MARKUP | {"stats.py"}
