"""The house rules: sizes, docstrings, tests and docs that go with the source."""

import ast
import re
from pathlib import Path

import pytest

from tremble import sections
from tremble.cli import COMMANDS
from tremble.cli.config_text import MEANINGS
from tremble.server import commands

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "tremble").rglob("*.py"))
NAMES = [str(p.relative_to(ROOT / "src" / "tremble")) for p in SOURCES]


@pytest.mark.parametrize("path", SOURCES, ids=NAMES)
def test_module_fits_in_a_head(path: Path) -> None:
    """A module has a docstring and at most 500 lines, a function at most 50."""
    tree = ast.parse(path.read_text())
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= 50]

    assert ast.get_docstring(tree)
    assert len(path.read_text().splitlines()) <= 500
    assert long == []


def test_no_drawer_for_odds_and_ends() -> None:
    """No module is named after nothing in particular."""
    forbidden = {"utils", "util", "common", "helpers", "base", "misc"}

    assert forbidden.isdisjoint(p.stem for p in SOURCES)


def test_every_setting_is_documented() -> None:
    """docs/operating.md has a row for each setting, with its default."""
    page = (ROOT / "docs" / "operating.md").read_text()
    page = page.partition("<!-- settings -->")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| (\S.*?) \|", page, re.MULTILINE))
    settings = sections.Settings()

    assert set(rows) == set(sections.KEYS)
    for key, shown in rows.items():
        section, _, name = key.partition(".")
        value = getattr(getattr(settings, section), name)
        assert shown == (f"`{value}`" if value != "" else "(empty)"), key


def test_every_console_command_is_documented() -> None:
    """docs/operating.md has a row for each command of the console, as the table has it."""
    page = (ROOT / "docs" / "operating.md").read_text()
    page = page.partition("<!-- commands -->")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([^`]+)` \| (\w+) \| (.+) \|$", page, re.MULTILINE)

    assert rows == [(row.usage, row.role, row.help) for row in commands.TABLE.values()]


def test_every_setting_is_explained() -> None:
    """The file that `tremble config init` writes has a word on each (cli/config_text.py)."""
    assert set(MEANINGS) == set(sections.KEYS)


def test_every_decision_is_a_page() -> None:
    """Decisions are numbered without a gap and say question, choice, why and price."""
    pages = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [p.name[:4] for p in pages] == [f"{i + 1:04}" for i in range(len(pages))]
    for page in pages:
        text = page.read_text()
        assert all(f"**{word}.**" in text for word in ("Question", "Choice", "Why", "Price")), page


def test_links_of_the_docs_lead_somewhere() -> None:
    """Every relative link in README and docs names a file that is there."""
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page}: {target}"


def test_readme_begins_with_the_commands() -> None:
    """Both commands stand within the first 25 lines."""
    head = (ROOT / "README.md").read_text().splitlines()[:25]

    assert any(line.startswith("make run") for line in head)
    assert any(line.startswith("make test") for line in head)


def test_every_command_has_help_with_an_example() -> None:
    """`tremble --help` lists them all, and each has one line and one way to call it."""
    for name, (where, what, example) in COMMANDS.items():
        assert what.endswith("."), name
        assert example.startswith(f"tremble {name}"), name
        assert (ROOT / "src" / (where.partition(":")[0].replace(".", "/") + ".py")).exists()


def test_every_command_is_in_the_readme() -> None:
    """The README names each command once."""
    page = (ROOT / "README.md").read_text()

    assert [name for name in COMMANDS if f"tremble {name}" not in page] == []
