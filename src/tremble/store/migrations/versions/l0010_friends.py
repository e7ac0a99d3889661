"""Friends of players."""

import sqlalchemy as sa
from alembic import op

revision = "l0010"
down_revision = "w0009"


def upgrade() -> None:
    op.create_table(
        "friend",
        sa.Column("player_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("friend_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
    )
    op.create_index("friend_of", "friend", ["friend_id"])
