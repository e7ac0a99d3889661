"""Accounts, and who is signed in to them."""

import sqlalchemy as sa
from alembic import op

revision = "a0004"
down_revision = "b0003"


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("device", sa.Text()),
        sa.Column("login", sa.Text(), unique=True),
        sa.Column("username", sa.Text()),
        sa.Column("password", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("account_id", sa.Text(), sa.ForeignKey("account.id"), nullable=False),
        sa.Column("access", sa.Text(), nullable=False),
        sa.Column("access_until", sa.BigInteger(), nullable=False),
        sa.Column("refresh", sa.Text(), nullable=False),
        sa.Column("refresh_until", sa.BigInteger(), nullable=False),
        sa.Column("previous", sa.Text()),
        sa.Column("rotated_at", sa.BigInteger(), nullable=False),
    )
    op.create_index("sign_in_by_end", "sign_in", ["refresh_until"])
    op.create_index("sign_in_by_account", "sign_in", ["account_id", "rotated_at"])
