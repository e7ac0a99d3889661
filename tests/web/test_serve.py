"""The web process: ready, serving, and ending cleanly, over a real socket."""

import signal
from pathlib import Path

import pytest
from clients import trust
from processes_web import serving

from tremble.errors import StoreError
from tremble.store import board_entries
from tremble.store.engine import Store
from tremble.web import listen
from tremble.web.serve import STORE_NAME, run


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_served_and_ended(tmp_path: Path, by: signal.Signals) -> None:
    """Once ready it answers; told to stop it ends without error, its log folded into the file."""
    with serving(tmp_path) as process:
        assert process.request("GET", "/readyz") == (200, {"status": "ok"})

        assert process.end(by) == (0, "ended\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["keys", STORE_NAME]


def test_key_added_later(tmp_path: Path) -> None:
    """A server whose key is added while the process runs can post from then on."""
    with serving(tmp_path) as process:
        assert process.post(1) == 401
        trust(tmp_path)

        assert process.post(1) == 201
        assert process.post(1) == 200
        assert process.request("GET", "/v1/leaderboards/duel/top")[1]["total"] == 2


def test_killed(tmp_path: Path, place: Path | str) -> None:
    """What was answered with 201 is there after kill -9, and posting it again says so."""
    trust(tmp_path)
    url = place if isinstance(place, str) else ""
    with serving(tmp_path, url) as process:
        assert [process.post(number) for number in (1, 2, 3)] == [201] * 3
        process.end(signal.SIGKILL)
    with serving(tmp_path, url) as process:
        assert [process.post(number) for number in (1, 2, 3, 4)] == [200, 200, 200, 201]
        process.end(signal.SIGTERM)

    with Store(place) as store:
        top = store.read(board_entries.top, "duel", 1)
    assert top is not None
    assert top.entries[0].matches_played == 4


def test_store_unusable(tmp_path: Path) -> None:
    """A store that cannot be used ends it at once, before it was ever ready."""
    (tmp_path / STORE_NAME).write_bytes(b"not a database" * 100)

    with pytest.raises(StoreError, match="not a database"):
        run(listen.bind("127.0.0.1", 0), tmp_path, lambda url: pytest.fail(url))
