"""Stats and achievements of players: every player so far is due to be counted."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "h0011"
down_revision = "l0010"

COUNTS = ("matches", "wins", "losses", "draws")
SUMS = (
    "kills", "deaths", "suicides", "shots", "hits", "damage_given", "damage_taken", "playtime_ms",
)  # fmt: skip
TEXTS = ("weapons", "items", "maps")


def column(name: str, kind: sa.types.TypeEngine[Any], primary: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=primary, nullable=False)


def upgrade() -> None:
    op.create_table(
        "player_stats",
        column("player_id", sa.Text(), primary=True),
        column("board", sa.Text(), primary=True),
        *[column(name, sa.Integer()) for name in COUNTS],
        *[column(name, sa.BigInteger()) for name in SUMS],
        column("win_streak", sa.Integer()),
        column("best_win_streak", sa.Integer()),
        column("most_kills", sa.BigInteger()),
        column("most_damage", sa.BigInteger()),
        *[column(name, sa.Text()) for name in TEXTS],
        column("last_ended_at", sa.BigInteger()),
        column("last_match_id", sa.Text()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "player_achievement",
        column("player_id", sa.Text(), primary=True),
        column("achievement", sa.Text(), primary=True),
        column("match_id", sa.Text()),
        column("earned_at", sa.BigInteger()),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stats_due",
        column("player_id", sa.Text(), primary=True),
        column("version", sa.Integer()),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO stats_due SELECT DISTINCT player_id, 1 FROM match_line")
