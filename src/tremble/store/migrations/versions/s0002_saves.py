"""Saves: their versions, and the uploads that were taken."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "s0002"
down_revision = "a0006"


def column(name: str, kind: sa.types.TypeEngine[Any], primary: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=primary, nullable=False)


def upgrade() -> None:
    op.create_table(
        "save_version",
        column("player_id", sa.Text(), primary=True),
        column("type", sa.Text(), primary=True),
        column("version", sa.BigInteger(), primary=True),
        column("saved_at", sa.BigInteger()),
        column("device", sa.Text()),
        column("content", sa.Text()),
    )
    op.create_table(
        "save_upload",
        column("player_id", sa.Text(), primary=True),
        column("key", sa.Text(), primary=True),
        column("type", sa.Text()),
        column("digest", sa.Text()),
        column("at", sa.BigInteger()),
    )
