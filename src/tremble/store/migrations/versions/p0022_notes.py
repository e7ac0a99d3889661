"""What moderators wrote of players."""

import sqlalchemy as sa
from alembic import op

revision = "p0022"
down_revision = "q0030"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "note",
        sa.Column("seq", SERIAL, primary_key=True, nullable=False),
        sa.Column("player_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    op.create_index("note_by_player", "note", ["player_id", "seq"])
