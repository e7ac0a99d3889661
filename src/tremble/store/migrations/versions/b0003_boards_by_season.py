"""Boards by season: keys to rank by, versions, and a log of what changed."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from tremble.store.rankkey import of_rating

revision = "b0003"
down_revision = "r0002"

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def column(name: str, kind: sa.types.TypeEngine[Any], primary: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=primary, nullable=False)


def board_key() -> sa.Column[Any]:
    return sa.Column(
        "board", sa.Text(), sa.ForeignKey("board.name"), primary_key=True, nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "season",
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False, nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False, unique=True),
    )
    board_season()
    op.create_table(
        "board_log",
        board_key(),
        column("season", sa.Integer(), primary=True),
        column("version", sa.BigInteger(), primary=True),
        sa.Column("changes", sa.Text()),
    )
    board_entry()


def board_season() -> None:
    op.create_table(
        "board_season",
        board_key(),
        column("season", sa.Integer(), primary=True),
        column("total", sa.Integer()),
        column("matches", sa.Integer()),
        column("version", sa.BigInteger()),
        column("last_updated", sa.BigInteger()),
    )
    op.execute(
        "INSERT INTO board_season (board, season, total, matches, version, last_updated) "
        "SELECT name, season, total, (SELECT COUNT(*) FROM match "
        "WHERE match.board = name AND match.season = board.season), 1, last_updated FROM board"
    )
    with op.batch_alter_table("board") as board:
        board.add_column(sa.Column("field", sa.Text(), nullable=False, server_default="rating"))
        board.add_column(sa.Column("operator", sa.Text(), nullable=False, server_default="last"))
        board.add_column(sa.Column("source", sa.Text()))
        board.add_column(sa.Column("map", sa.Text()))
        board.drop_column("season")
        board.drop_column("total")
        board.drop_column("last_updated")
    with op.batch_alter_table("board") as board:
        board.alter_column("field", server_default=None)
        board.alter_column("operator", server_default=None)


def board_entry() -> None:
    """Make the entries anew, each with its key, and with no need of a match."""
    counts = ("matches", "wins", "losses", "draws")
    sums = ("kills", "deaths", "shots", "hits")
    made = op.create_table(
        "board_entry_keyed",
        board_key(),
        column("season", sa.Integer(), primary=True),
        sa.Column(
            "player_id", sa.Text(), sa.ForeignKey("player.id"), primary_key=True, nullable=False
        ),
        *[column(name, sa.Float()) for name in ("rating", "deviation", "volatility")],
        *[column(name, sa.Integer()) for name in counts],
        *[column(name, sa.BigInteger()) for name in sums],
        sa.Column("last_match_seq", SERIAL, sa.ForeignKey("match.seq")),
        column("last_played_at", sa.BigInteger()),
        column("rank_key", sa.BigInteger()),
    )
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT * FROM board_entry")).mappings()
    while some := rows.fetchmany(10_000):
        keyed = [
            dict(row) | {"rank_key": of_rating(row["rating"], row["deviation"], row["matches"])}
            for row in some
        ]
        connection.execute(made.insert(), keyed)
    op.drop_table("board_entry")
    op.rename_table("board_entry_keyed", "board_entry")
    op.create_index(
        "board_entry_by_rank", "board_entry", ["board", "season", "rank_key", "player_id"]
    )
