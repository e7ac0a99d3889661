"""The first schema: players, matches, boards, feed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def column(name: str, kind: sa.types.TypeEngine[Any], primary: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=primary, nullable=False)


def reference(
    name: str, kind: sa.types.TypeEngine[Any], target: str, primary: bool = False
) -> sa.Column[Any]:
    return sa.Column(name, kind, sa.ForeignKey(target), primary_key=primary, nullable=False)


def upgrade() -> None:
    player_and_match()
    match_line()
    board()
    op.create_table(
        "feed",
        column("seq", SERIAL, primary=True),
        column("at", sa.BigInteger()),
        column("kind", sa.Text()),
        column("board", sa.Text()),
        reference("match_seq", SERIAL, "match.seq"),
        sa.Column("player_id", sa.Text(), sa.ForeignKey("player.id")),
    )
    op.create_table(
        "health",
        column("id", sa.Integer(), primary=True),
        column("checked_at", sa.BigInteger()),
    )


def player_and_match() -> None:
    op.create_table(
        "player",
        column("id", sa.Text(), primary=True),
        column("name", sa.Text()),
        column("bot", sa.Integer()),
        column("first_seen_at", sa.BigInteger()),
        column("last_seen_at", sa.BigInteger()),
    )
    op.create_table(
        "match",
        column("seq", SERIAL, primary=True),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        column("server_id", sa.Text()),
        column("board", sa.Text()),
        column("season", sa.Integer()),
        column("mode", sa.Text()),
        column("map", sa.Text()),
        column("started_at", sa.BigInteger()),
        column("ended_at", sa.BigInteger()),
        column("duration_s", sa.Float()),
        column("ended_by", sa.Text()),
    )


def match_line() -> None:
    op.create_table(
        "match_line",
        reference("match_seq", SERIAL, "match.seq", primary=True),
        column("position", sa.Integer(), primary=True),
        reference("player_id", sa.Text(), "player.id"),
        column("name", sa.Text()),
        column("bot", sa.Integer()),
        column("place", sa.Integer()),
        column("won", sa.Integer()),
        column("score", sa.Integer()),
        column("kills", sa.Integer()),
        column("deaths", sa.Integer()),
        column("suicides", sa.Integer()),
        column("damage_given", sa.Integer()),
        column("damage_taken", sa.Integer()),
        column("shots", sa.BigInteger()),
        column("hits", sa.BigInteger()),
        column("weapons", sa.Text()),
        column("items", sa.Text()),
        column("playtime_s", sa.Float()),
        column("left", sa.Integer()),
        column("rating_before", sa.Float()),
        column("rating_after", sa.Float()),
    )
    op.create_index("match_line_by_player", "match_line", ["player_id", "match_seq"])


def board() -> None:
    op.create_table(
        "board",
        column("name", sa.Text(), primary=True),
        column("season", sa.Integer()),
        column("total", sa.Integer()),
        column("last_updated", sa.BigInteger()),
    )
    op.create_table(
        "board_entry",
        reference("board", sa.Text(), "board.name", primary=True),
        column("season", sa.Integer(), primary=True),
        reference("player_id", sa.Text(), "player.id", primary=True),
        column("rating", sa.Float()),
        column("deviation", sa.Float()),
        column("volatility", sa.Float()),
        column("matches", sa.Integer()),
        column("wins", sa.Integer()),
        column("losses", sa.Integer()),
        column("draws", sa.Integer()),
        column("kills", sa.BigInteger()),
        column("deaths", sa.BigInteger()),
        column("shots", sa.BigInteger()),
        column("hits", sa.BigInteger()),
        reference("last_match_seq", SERIAL, "match.seq"),
        column("last_played_at", sa.BigInteger()),
    )
    op.create_index(
        "board_entry_by_rank",
        "board_entry",
        [
            "board",
            "season",
            sa.text("rating DESC"),
            sa.text("matches DESC"),
            "last_match_seq",
            "player_id",
        ],
    )
