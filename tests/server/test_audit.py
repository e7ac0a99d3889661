"""server/audit.py: what is kept of a command."""

from datetime import UTC, datetime
from pathlib import Path

from tremble.server.audit import Audit, read
from tremble.server.calling import Caller, Reply

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_entries_are_appended(tmp_path: Path) -> None:
    """Each is a line of its own, oldest first; a torn one spoils no other."""
    audit = Audit(tmp_path)
    caller = Caller("alice", "web", "admin", "192.0.2.1")
    for line in ("set a 1", "set a 2"):
        for write in audit.entry(NOW, caller, line, Reply(True, "done", before={"a": 0}, after=1)):
            write()
        with (tmp_path / "logs" / "audit.jsonl").open("ab") as file:
            file.write(b'{"torn\n')

    assert [entry["command"] for entry in read(tmp_path)] == ["set a 1", "set a 2"]
    assert next(read(tmp_path)) == {
        "at": "2026-01-01T00:00:00Z", "who": "alice", "via": "web", "from": "192.0.2.1",
        "command": "set a 1", "ok": True, "text": "done", "before": {"a": 0}, "after": 1,
    }  # fmt: skip


def test_no_log_no_entries(tmp_path: Path) -> None:
    assert list(read(tmp_path)) == []
