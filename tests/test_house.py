"""The house rules: sizes, docstrings, tests and docs that go with the source."""

import ast
from pathlib import Path

import pytest

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


def test_whole_fits_in_a_head() -> None:
    """All of the source stays under 15,000 lines."""
    assert sum(len(p.read_text().splitlines()) for p in SOURCES) <= 15_000


def test_no_drawer_for_odds_and_ends() -> None:
    """No module is named after nothing in particular."""
    forbidden = {"utils", "util", "common", "helpers", "base", "misc"}

    assert forbidden.isdisjoint(p.stem for p in SOURCES)
