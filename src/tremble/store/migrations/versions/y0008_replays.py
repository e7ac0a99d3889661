"""Replays: which matches have one, by digest."""

import sqlalchemy as sa
from alembic import op

revision = "y0008"
down_revision = "h0007"
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "replay",
        sa.Column(
            "match_seq", SERIAL, sa.ForeignKey("match.seq"), primary_key=True, nullable=False
        ),
        sa.Column("digest", sa.Text(), nullable=False),
    )
