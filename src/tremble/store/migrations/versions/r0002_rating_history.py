"""Ratings by the order of the matches: history, voided matches, teams.

What was rated in the order of posting is due to be rated again.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "r0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_column("match_line", "rating_before")
    op.drop_column("match_line", "rating_after")
    op.add_column(
        "match_line", sa.Column("team", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.create_index("match_in_order", "match", ["board", "season", "ended_at", "id"])
    op.create_table(
        "match_void",
        sa.Column(
            "match_id", sa.Text(), sa.ForeignKey("match.id"), primary_key=True, nullable=False
        ),
        sa.Column("cause", sa.Text(), primary_key=True, nullable=False),
        sa.Column("voided_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "rating_history",
        key("board", sa.Text()),
        key("player_id", sa.Text()),
        key("season", sa.Integer()),
        key("ended_at", sa.BigInteger()),
        key("match_id", sa.Text()),
        sa.Column("rating_before", sa.Float(), nullable=False),
        sa.Column("rating", sa.Float(), nullable=False),
        sa.Column("deviation", sa.Float(), nullable=False),
        sa.Column("volatility", sa.Float(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rating_due",
        key("board", sa.Text()),
        key("season", sa.Integer()),
        key("ended_at", sa.BigInteger()),
        key("match_id", sa.Text()),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO rating_due (board, season, ended_at, match_id) "
        "SELECT board, season, ended_at, id FROM match"
    )


def key(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, nullable=False)
