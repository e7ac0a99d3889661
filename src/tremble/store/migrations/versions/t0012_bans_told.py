"""Bans numbered for game servers, with evidence; fair play of a match's lines."""

import sqlalchemy as sa
from alembic import op

revision = "t0012"
down_revision = "h0011"


def upgrade() -> None:
    op.create_table(
        "ban_change",
        sa.Column("player_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False, unique=True),
    )
    op.execute(
        "INSERT INTO ban_change (player_id, seq) "
        "SELECT player_id, row_number() OVER (ORDER BY banned_at, player_id) FROM ban"
    )
    op.add_column("ban", sa.Column("match_id", sa.Text()))
    op.add_column("ban", sa.Column("tick", sa.BigInteger()))
    op.add_column("match_line", sa.Column("fair_play", sa.Text()))
