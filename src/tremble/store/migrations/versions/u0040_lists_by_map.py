"""A player's matches on one map, or on one server."""

import sqlalchemy as sa
from alembic import op

revision = "u0040"
down_revision = "p0022"


def upgrade() -> None:
    for name in ("map", "server_id"):
        op.add_column("match_line", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE match_line SET (map, server_id) = "
        "(SELECT match.map, match.server_id FROM match WHERE match.seq = match_line.match_seq)"
    )
    for name, column in (
        ("match_line_by_player_map", "map"),
        ("match_line_by_player_server", "server_id"),
    ):
        op.create_index(name, "match_line", ["player_id", column, "ended_at", "match_seq"])
