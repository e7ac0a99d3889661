"""Operators who are kept out for a while, and passwords that somebody else made up."""

import sqlalchemy as sa
from alembic import op

revision = "e0050"
down_revision = "u0040"


def upgrade() -> None:
    for name in ("disabled", "temporary"):
        op.add_column("operator", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
