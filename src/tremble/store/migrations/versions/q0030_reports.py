"""Reports by schedule."""

import sqlalchemy as sa
from alembic import op

revision = "q0030"
down_revision = "d0020"


def upgrade() -> None:
    op.create_table(
        "report",
        sa.Column("due_at", sa.BigInteger(), primary_key=True, nullable=False, autoincrement=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger()),
    )
