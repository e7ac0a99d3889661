"""Operators who sign in to the dashboard, and where they are signed in."""

import sqlalchemy as sa
from alembic import op

revision = "d0020"
down_revision = "u0014"


def upgrade() -> None:
    op.create_table(
        "operator",
        sa.Column("name", sa.Text(), primary_key=True, nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("totp", sa.Text()),
        sa.Column("totp_step", sa.BigInteger()),
    )
    op.create_table(
        "operator_session",
        sa.Column("digest", sa.Text(), primary_key=True, nullable=False),
        sa.Column("operator", sa.Text(), sa.ForeignKey("operator.name"), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
    )
    op.create_index("operator_session_by_operator", "operator_session", ["operator", "began_at"])
    op.create_index("operator_session_by_end", "operator_session", ["until"])
