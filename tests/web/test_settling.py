"""What late results leave undone is done while the web process runs."""

import time
from pathlib import Path

from clients import Client
from results import result
from stores import ratings_of

from tremble import ledger
from tremble.store import ratings
from tremble.store.engine import Store


def test_settles(client: Client, store: Store, tmp_path: Path) -> None:
    """Ratings put off by results that came backwards are soon those of results in order."""
    for number in range(5, 0, -1):
        ledger.post(store, result(number, after_s=600 * number))
    deadline = time.monotonic() + 60
    while store.read(ratings.waiting) and time.monotonic() < deadline:
        time.sleep(0.05)
    with Store(tmp_path / "ordered.db") as ordered:
        for number in range(1, 6):
            ledger.post(ordered, result(number, after_s=600 * number))

        assert ratings_of(store) == ratings_of(ordered)
