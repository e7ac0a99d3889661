"""The master list: game servers that send heartbeats, and their ups and downs."""

import sqlalchemy as sa
from alembic import op

revision = "m0013"
down_revision = "t0012"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "server",
        sa.Column("server_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("reach", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("probed_at", sa.BigInteger()),
        sa.Column("ping_ms", sa.Float()),
        sa.Column("info", sa.Text(), nullable=False),
    )
    op.create_index("server_by_state", "server", ["state", "seen_at"])
    op.create_table(
        "server_change",
        sa.Column("seq", SERIAL, primary_key=True, nullable=False),
        sa.Column("server_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
    )
    op.create_index("server_change_by_server", "server_change", ["server_id", "seq"])
