"""server/gamelog.py: one line for each thing that happens, in a form that stays."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tremble.server import gamelog
from tremble.server.gamelog import GameLog, GameLogOptions

AT = datetime(2026, 1, 1, 12, 0, 0, 5000, UTC)
PAIR = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^ "]+)')


class Desk:
    """Stands in for the desk's thread: does its tasks at once."""

    def __init__(self) -> None:
        self.behind = False

    def crowded(self) -> bool:
        return self.behind

    def later(self, task) -> None:
        task()


def test_line() -> None:
    """Time, kind, facts in their order; text that is not plain as a JSON string."""
    facts = {"means": "railgun", "arena": 0, "attacker": "anna", "victim": 'Big "B"'}

    assert gamelog.line(AT, "kill", facts) == (
        '2026-01-01T12:00:00.005Z kill arena=0 attacker=anna victim="Big \\"B\\"" means=railgun'
    )


@given(st.text(max_size=30))
def test_any_text_stays_one_line_and_comes_back(text: str) -> None:
    """Names and chat are what players make of them."""
    found = gamelog.line(AT, "chat", {"arena": 1, "number": 2, "name": "x", "text": text})

    assert "\n" not in found
    value = dict(PAIR.findall(found))["text"]
    assert (json.loads(value) if value.startswith('"') else value) == text


def test_file(tmp_path: Path) -> None:
    """News for the log is written; commands are not, nor anything while the desk is behind."""
    desk = Desk()
    log = GameLog(tmp_path, GameLogOptions(), desk)
    log.hear("leave", {"number": 3, "player_id": "ab", "name": "anna", "address": "10.0.0.1"})
    log.hear("command", {"line": "kick anna"})
    desk.behind = True
    log.hear("leave", {"number": 4, "player_id": "cd", "name": "bert"})

    log.close()
    [line] = (tmp_path / "logs" / "game.log").read_text().splitlines()
    assert line.endswith("leave number=3 player_id=ab name=anna")
