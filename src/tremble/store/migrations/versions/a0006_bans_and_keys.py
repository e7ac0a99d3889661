"""Bans, keys of game servers and API keys."""

import sqlalchemy as sa
from alembic import op

revision = "a0006"
down_revision = "a0005"


def upgrade() -> None:
    op.create_table(
        "ban",
        sa.Column("player_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("banned_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        sa.Column("reason", sa.Text(), nullable=False),
    )
    op.create_table(
        "server_key",
        sa.Column("server_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("public", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
    )
