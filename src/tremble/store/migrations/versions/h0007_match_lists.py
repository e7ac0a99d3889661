"""Lists of matches by the time they ended: of a player, a server, a map, a board, a mode."""

import sqlalchemy as sa
from alembic import op

revision = "h0007"
down_revision = "s0002"


def upgrade() -> None:
    op.add_column(
        "match_line",
        sa.Column("ended_at", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )
    op.execute(
        "UPDATE match_line SET ended_at = (SELECT ended_at FROM match WHERE seq = match_seq)"
    )
    op.drop_index("match_line_by_player", "match_line")
    op.create_index("match_line_by_player", "match_line", ["player_id", "ended_at", "match_seq"])
    op.create_index("match_by_end", "match", ["ended_at", "seq"])
    for name, column in (
        ("match_by_server", "server_id"),
        ("match_by_map", "map"),
        ("match_by_board", "board"),
        ("match_by_mode", "mode"),
    ):
        op.create_index(name, "match", [column, "ended_at", "seq"])
