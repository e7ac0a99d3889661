"""Tremble: dedicated server and persistence for an arena shooter.

Read in this order: server/loop, net/session, match/match, sim/step, net/snapshot, ledger.
"""

from tremble import compiled

__version__ = "0.1.0"

compiled.prefer_sources_when_stale()
