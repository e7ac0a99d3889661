"""What the dashboard looks for: players whose names are new, and the acts of one operator."""

import sqlalchemy as sa
from alembic import op

revision = "x0052"
down_revision = "x0051"


def upgrade() -> None:
    column = sa.Column("changed", sa.BigInteger(), nullable=False, server_default=sa.text("0"))
    op.add_column("player", column)
    op.create_index("player_by_change", "player", ["changed"])
    op.create_index("audit_by_actor", "audit", ["actor", "action", "seq"])
