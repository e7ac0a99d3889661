"""The schema: every table of the store, in SQLAlchemy Core; migrations/ brings a file to it.

player        who was ever seen
match         one row per posted result, numbered in the order of posting
match_line    one row per player of a match
board         a leaderboard and its season
board_entry   one player on one board
feed          what happened, newest last
save_version  each version of a save that is kept, the newest is the present one
save_upload   keys of uploads that were taken
health        one row, rewritten to prove that the writer can commit

Instants are whole microseconds since 1970 (UTC), truths are 0 and 1, `weapons` and `items` JSON.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()

#: 64 bits everywhere; on SQLite only the word INTEGER makes a column the row's own number.
Serial = BigInteger().with_variant(Integer(), "sqlite")

player = Table(
    "player",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("name", Text, nullable=False),
    Column("bot", Integer, nullable=False),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
)

match = Table(
    "match",
    metadata,
    Column("seq", Serial, primary_key=True, nullable=False),
    Column("id", Text, nullable=False, unique=True),
    Column("server_id", Text, nullable=False),
    Column("board", Text, nullable=False),
    Column("season", Integer, nullable=False),
    Column("mode", Text, nullable=False),
    Column("map", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("ended_by", Text, nullable=False),
)

match_line = Table(
    "match_line",
    metadata,
    Column("match_seq", ForeignKey("match.seq"), primary_key=True, nullable=False),
    Column("position", Integer, primary_key=True, nullable=False),
    Column("player_id", ForeignKey("player.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("bot", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("won", Integer, nullable=False),
    Column("score", Integer, nullable=False),
    Column("kills", Integer, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("suicides", Integer, nullable=False),
    Column("damage_given", Integer, nullable=False),
    Column("damage_taken", Integer, nullable=False),
    Column("shots", BigInteger, nullable=False),
    Column("hits", BigInteger, nullable=False),
    Column("weapons", Text, nullable=False),
    Column("items", Text, nullable=False),
    Column("playtime_s", Float, nullable=False),
    Column("left", Integer, nullable=False),
    Column("rating_before", Float, nullable=False),
    Column("rating_after", Float, nullable=False),
    Index("match_line_by_player", "player_id", "match_seq"),
)

board = Table(
    "board",
    metadata,
    Column("name", Text, primary_key=True, nullable=False),
    Column("season", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("last_updated", BigInteger, nullable=False),
)

board_entry = Table(
    "board_entry",
    metadata,
    Column("board", ForeignKey("board.name"), primary_key=True, nullable=False),
    Column("season", Integer, primary_key=True, nullable=False),
    Column("player_id", ForeignKey("player.id"), primary_key=True, nullable=False),
    Column("rating", Float, nullable=False),
    Column("deviation", Float, nullable=False),
    Column("volatility", Float, nullable=False),
    Column("matches", Integer, nullable=False),
    Column("wins", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("draws", Integer, nullable=False),
    Column("kills", BigInteger, nullable=False),
    Column("deaths", BigInteger, nullable=False),
    Column("shots", BigInteger, nullable=False),
    Column("hits", BigInteger, nullable=False),
    Column("last_match_seq", ForeignKey("match.seq"), nullable=False),
    Column("last_played_at", BigInteger, nullable=False),
)
Index(
    "board_entry_by_rank",
    board_entry.c.board,
    board_entry.c.season,
    board_entry.c.rating.desc(),
    board_entry.c.matches.desc(),
    board_entry.c.last_match_seq,
    board_entry.c.player_id,
)

feed = Table(
    "feed",
    metadata,
    Column("seq", Serial, primary_key=True, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("board", Text, nullable=False),
    Column("match_seq", ForeignKey("match.seq"), nullable=False),
    Column("player_id", ForeignKey("player.id")),
)

health = Table(
    "health",
    metadata,
    Column("id", Integer, primary_key=True, nullable=False),
    Column("checked_at", BigInteger, nullable=False),
)

save_version = Table(
    "save_version",
    metadata,
    Column("player_id", Text, primary_key=True, nullable=False),
    Column("type", Text, primary_key=True, nullable=False),
    Column("version", BigInteger, primary_key=True, nullable=False),
    Column("saved_at", BigInteger, nullable=False),
    Column("device", Text, nullable=False),
    Column("content", Text, nullable=False),
)

save_upload = Table(
    "save_upload",
    metadata,
    Column("player_id", Text, primary_key=True, nullable=False),
    Column("key", Text, primary_key=True, nullable=False),
    Column("type", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
