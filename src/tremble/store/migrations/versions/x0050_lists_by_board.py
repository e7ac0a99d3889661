"""A player's matches on one board, and so of one mode; a rating graph read from its key alone."""

import sqlalchemy as sa
from alembic import op

revision = "x0050"
down_revision = "e0050"


def upgrade() -> None:
    column = sa.Column("board", sa.Text(), nullable=False, server_default="")
    op.add_column("match_line", column)
    op.execute(
        "UPDATE match_line SET board = "
        "(SELECT match.board FROM match WHERE match.seq = match_line.match_seq)"
    )
    op.create_index(
        "match_line_by_player_board", "match_line", ["player_id", "board", "ended_at", "match_seq"]
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "ALTER TABLE rating_history DROP CONSTRAINT rating_history_pkey, ADD PRIMARY KEY "
            "(board, player_id, season, ended_at, match_id) INCLUDE (rating, deviation)"
        )
