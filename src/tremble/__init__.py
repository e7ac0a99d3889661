"""Tremble: dedicated server and persistence for an arena shooter.

Read in this order: server/loop, net/session, match/match, sim/step, net/snapshot, ledger.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from tremble import compiled

if TYPE_CHECKING:
    from tremble.client.discovery import ServerDiscovery as ServerDiscovery
    from tremble.data.documents import DataType as DataType
    from tremble.data.leaderboard import LeaderboardManager as LeaderboardManager
    from tremble.data.manager import DataManager as DataManager
    from tremble.data.stats import PlayerStatsManager as PlayerStatsManager
    from tremble.server_config import ServerConfig as ServerConfig

__version__ = "0.1.0"

#: Public names and where they live; imported when first asked for, so that a server loads its half.
PUBLIC = {
    "DataManager": "tremble.data.manager",
    "DataType": "tremble.data.documents",
    "LeaderboardManager": "tremble.data.leaderboard",
    "PlayerStatsManager": "tremble.data.stats",
    "ServerConfig": "tremble.server_config",
    "ServerDiscovery": "tremble.client.discovery",
}

compiled.prefer_sources_when_stale()


def __getattr__(name: str) -> object:
    if name not in PUBLIC:
        raise AttributeError(f"module 'tremble' has no attribute {name!r}")
    return getattr(import_module(PUBLIC[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *PUBLIC])
