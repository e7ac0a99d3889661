"""cli/operators.py: operators are added, listed, changed and removed; passwords are shown once."""

import json
from pathlib import Path

import pytest
from stores import fresh

from tremble.cli import main
from tremble.store import audit, staff
from tremble.store.engine import Store
from tremble.web.passwords import HASHER


def run(*words: str, directory: Path) -> int:
    try:
        main(["admin", "operators", *words, "--dir", str(directory)])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_life_of_an_operator(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each step acts, is in the audit, and what cannot be is said."""
    fresh(tmp_path / "tremble.db").close()

    assert run("add", "anna", "--role", "admin", directory=tmp_path) == 0
    first = capsys.readouterr().out.split()[-1]
    assert run("add", "anna", directory=tmp_path) == 1
    assert run("add", "x y", directory=tmp_path) == 2
    assert run("remove", "anna", directory=tmp_path) == 1
    assert "last admin" in capsys.readouterr().err
    assert run("add", "bert", directory=tmp_path) == 0
    assert run("role", "bert", "admin", directory=tmp_path) == 0
    capsys.readouterr()
    assert run("password", "anna", "--no-code", directory=tmp_path) == 0
    second = capsys.readouterr().out.split()[-1]
    assert run("password", "nobody", directory=tmp_path) == 1
    capsys.readouterr()
    assert run("list", "--json", directory=tmp_path) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [(o["name"], o["role"], o["totp"]) for o in listed] == [
        ("anna", "admin", False), ("bert", "admin", False),
    ]  # fmt: skip
    with Store(tmp_path / "tremble.db") as store:
        anna = store.read(staff.find, "anna")
        assert anna is not None and HASHER.verify(anna.password, second) and first != second
        assert len(store.read(audit.pages, 9)) == 5
    assert run("remove", "bert", directory=tmp_path) == 0
