"""Heartbeats for tests."""

from typing import Any

from tremble.heartbeat import Heartbeat


def beat(at: int = 1, **more: Any) -> Heartbeat:
    """Return a heartbeat of an empty server."""
    values: dict[str, Any] = dict(
        at=at, port=4433, name="here", gamemode="duel", map="arena_01", players=0, bots=0,
        max_players=16, phase="warmup", protocol=1, version="0.1.0",
    )  # fmt: skip
    return Heartbeat(**{**values, **more})
