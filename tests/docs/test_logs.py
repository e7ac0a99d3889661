"""docs/logs.md names every event that is logged, with its facts, and every line of the game log."""

import ast
import re
from pathlib import Path

from tremble.server import gamelog

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "logs.md").read_text()
LEVELS = {"debug", "info", "warning", "error", "exception"}


def table(marker: str) -> str:
    return PAGE.partition(f"<!-- {marker} -->")[2].partition("\n\n")[0]


def logged(path: Path) -> list[tuple[str, str, list[str]]]:
    """Event, level and facts of each call of a logger of ours in the module at *path*."""
    text = path.read_text()
    if "tremble.log import" not in text and path.name != "log.py":
        return []
    return [
        (node.args[0].value, node.func.attr, [k.arg for k in node.keywords if k.arg])
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and ast.unparse(node.func.value).startswith(("log", "logger("))
        and isinstance(node.args[0], ast.Constant)
    ]


def test_every_event_is_documented() -> None:
    """With its level and the facts that it is logged with; and none that is not there."""
    rows = re.findall(r"^\| `(.+?)` \| (\w+) \| (?:`([^`]*)`)? ?\|", table("events"), re.MULTILINE)
    known = {event: (level, facts.split()) for event, level, facts in rows}
    found = [call for path in (ROOT / "src").rglob("*.py") for call in logged(path)]

    assert {event for event, _, _ in found} == set(known)
    for event, level, facts in found:
        assert known[event][0] == ("error" if level == "exception" else level), event
        told = {"exception" if fact == "exc_info" else fact for fact in facts}
        assert told <= set(known[event][1]), event


def test_every_line_of_the_game_log_is_documented() -> None:
    """Kinds and facts, in their order."""
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", table("game log"), re.MULTILINE)

    assert {kind: tuple(facts.split()) for kind, facts in rows} == gamelog.LINES
