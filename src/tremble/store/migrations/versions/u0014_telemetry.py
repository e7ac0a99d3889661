"""Telemetry of matches, compressed."""

import sqlalchemy as sa
from alembic import op

revision = "u0014"
down_revision = "m0013"
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "match_telemetry",
        sa.Column(
            "match_seq", SERIAL, sa.ForeignKey("match.seq"), primary_key=True, nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )
