"""Former names of accounts, and codes for who forgot the password."""

import sqlalchemy as sa
from alembic import op

revision = "a0005"
down_revision = "a0004"


def upgrade() -> None:
    op.create_table(
        "name_history",
        sa.Column("player_id", sa.Text(), primary_key=True, nullable=False),
        sa.Column("until", sa.BigInteger(), primary_key=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.Text()),
    )
    op.create_index("name_history_by_login", "name_history", ["login", "until"])
    op.create_table(
        "recovery_code",
        sa.Column(
            "account_id", sa.Text(), sa.ForeignKey("account.id"), primary_key=True, nullable=False
        ),
        sa.Column("code", sa.Text(), primary_key=True, nullable=False),
    )
