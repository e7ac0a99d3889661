"""Targets of the audit: found by any part, by the ranges of one index."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from tremble.store import audit_targets
from tremble.store.audit_targets import BEGUN, HOLDING, WITH
from tremble.store.engine import Store, Transaction
from tremble.store.sql import Statement

LETTERS = st.text("aAb_%é ", min_size=1, max_size=6).filter(lambda word: word == word.strip())


class Undo(Exception):
    """Ends a job without a trace."""


@given(st.sets(LETTERS, max_size=8), LETTERS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parts(store: Store, targets: set[str], word: str) -> None:
    """Who is found by a word holds it, whatever its length; and who holds it is found."""

    def job(tx: Transaction) -> None:
        for target in sorted(targets):
            audit_targets.add(tx, target)
        raise Undo(audit_targets.holding(tx, word.lower()))

    undo = store.write(job).exception()
    assert isinstance(undo, Undo)
    assert sorted(undo.args[0]) == sorted(t for t in targets if word.lower() in t.lower())


def test_too_many(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What many targets hold is not looked up one by one; what few of them hold is."""
    monkeypatch.setattr(audit_targets, "MAX_TARGETS", 3)
    monkeypatch.setattr(audit_targets, "FEW", 2)
    for number in range(5):
        store.write(audit_targets.add, f"board_{number}").result()

    assert store.read(audit_targets.holding, "board") is None
    assert store.read(audit_targets.holding, "bo") is None
    assert store.read(audit_targets.holding, "board_3") == ["board_3"]
    assert store.read(audit_targets.holding, "nobody") == []


@pytest.mark.parametrize("statement", [WITH, HOLDING, BEGUN])
def test_index(tmp_path: object, statement: Statement) -> None:
    """Nothing is scanned and nothing sorted."""
    explain = Statement(text(f"EXPLAIN QUERY PLAN {statement.text}"))
    known = {"part": "a", "end": "b", "limit": 1, "pattern": "%a%"}
    given = {name: value for name, value in known.items() if f":{name}" in statement.text}
    with Store(f"{tmp_path}/tremble.db") as store:
        plan = store.read(Transaction.rows, explain, **given, **statement.constants)

    steps = [str(step[3]) for step in plan]
    assert any(step.startswith("SEARCH audit_part") for step in steps)
    assert not any(step.startswith("SCAN audit_part") or "B-TREE" in step for step in steps)
