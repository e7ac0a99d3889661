"""Matches that a board has yet to count, since it was not kept when they were played."""

import sqlalchemy as sa
from alembic import op

revision = "x0051"
down_revision = "x0050"


def upgrade() -> None:
    op.create_table(
        "board_past",
        sa.Column("board", sa.Text(), primary_key=True, nullable=False),
        sa.Column("last", sa.BigInteger(), primary_key=True, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
    )
