"""The schema: every table of the store, in SQLAlchemy Core; migrations/ brings a file to it.

player        who was ever seen; `changed` grows with each new player and each new name
match         one row per posted result, numbered in the order of posting
match_line    one row per player of a match; `ended_at`, `map`, `server_id`, `board` are its own, for lists
replay        the digest of a match's replay, if it was recorded
match_telemetry  the telemetry of a match, if it has any: zlib of the JSON as it was posted
match_void    why a match does not count: one row per cause
season        when each season began; the first began with the record and has no row
board         a leaderboard: what it ranks by; of a score board also whose matches count, on which map
board_past    matches from before a board was kept that it has yet to count: after `first`, up to `last`
board_season  one board in one season: how many are on it, and its version, one more with each change
board_entry   one player on one board in one season
board_log     the last versions of a board: whose place changed with each
rating_history   one row per player of a match that counts: the rating after it
rating_due    matches to be rated again, since an earlier one came late or was voided
player_stats  one row per player and board: sums, streaks and bests of the matches that count
player_achievement  which match earned a player what
stats_due     players whose stats are to be counted again; one more `version` with each reason
feed          what happened, newest last
account       who can sign in: a guest by the digest of a key, others by username and password
sign_in       one device that is signed in: digests of its tokens, and until when they hold
name_history  names that players with an account gave up, and until when each was theirs
recovery_code digests of the codes that are good for a new password, each once
friend        whom a player wants to see on the boards
ban           who may not sign in, until when (null: for good), and why; in which match and tick it shows
ban_change    whose ban was changed last, numbered anew with each change: what game servers follow
server_key    game servers whose results are taken, by public key; from `revoked_at` on no more
server        game servers that send heartbeats: where, how they stand in the master list, the last heartbeat
server_change when a server came into which state
api_key       digests of the keys of the operator's programs, and what each may do
save_version  each version of a save that is kept, the newest is the present one
save_upload   keys of uploads that were taken
note          what moderators wrote of players
audit         what operators did, each with what it changed; never rewritten but to erase a player
audit_part    parts of the names of whom or what operators did something to
erasure       players whose names were erased, and when
report        which report was due when, and who took it to be sent
health        one row, rewritten to prove that the writer can commit

`rating_history` and the stats can be computed again from the matches at any time, and so refer to nothing.
Instants are whole microseconds since 1970 (UTC), truths are 0 and 1, `weapons` and `items` JSON.

Matches, boards and what is computed of them stand here; people in tables_people.py, game servers and
operators in tables_servers.py.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from tremble.store.columns import Serial
from tremble.store.columns import metadata as metadata
from tremble.store.tables_people import account as account
from tremble.store.tables_people import ban as ban
from tremble.store.tables_people import ban_change as ban_change
from tremble.store.tables_people import erasure as erasure
from tremble.store.tables_people import friend as friend
from tremble.store.tables_people import name_history as name_history
from tremble.store.tables_people import note as note
from tremble.store.tables_people import recovery_code as recovery_code
from tremble.store.tables_people import save_upload as save_upload
from tremble.store.tables_people import save_version as save_version
from tremble.store.tables_people import sign_in as sign_in
from tremble.store.tables_servers import api_key as api_key
from tremble.store.tables_servers import audit as audit
from tremble.store.tables_servers import audit_part as audit_part
from tremble.store.tables_servers import health as health
from tremble.store.tables_servers import operator as operator
from tremble.store.tables_servers import operator_session as operator_session
from tremble.store.tables_servers import report as report
from tremble.store.tables_servers import server as server
from tremble.store.tables_servers import server_change as server_change
from tremble.store.tables_servers import server_key as server_key

player = Table(
    "player",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("name", Text, nullable=False),
    Column("bot", Integer, nullable=False),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False, server_default=text("0")),
    Index("player_by_change", "changed"),
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
    Index("match_in_order", "board", "season", "ended_at", "id"),
    Index("match_by_end", "ended_at", "seq"),
    Index("match_by_server", "server_id", "ended_at", "seq"),
    Index("match_by_map", "map", "ended_at", "seq"),
    Index("match_by_board", "board", "ended_at", "seq"),
    Index("match_by_mode", "mode", "ended_at", "seq"),
)

replay = Table(
    "replay",
    metadata,
    Column("match_seq", ForeignKey("match.seq"), primary_key=True, nullable=False),
    Column("digest", Text, nullable=False),
)

match_telemetry = Table(
    "match_telemetry",
    metadata,
    Column("match_seq", ForeignKey("match.seq"), primary_key=True, nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
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
    Column("team", Integer, nullable=False, server_default=text("0")),
    Column("ended_at", BigInteger, nullable=False, server_default=text("0")),
    Column("fair_play", Text),
    Column("map", Text, nullable=False, server_default=""),
    Column("server_id", Text, nullable=False, server_default=""),
    Column("board", Text, nullable=False, server_default=""),
    # With what two players are compared by in it, neither database reads a line for that.
    Index(
        "match_line_by_player",
        *("player_id", "ended_at", "match_seq", "team", "place", "kills", "map", "board"),
    ),
    Index("match_line_by_player_map", "player_id", "map", "ended_at", "match_seq"),
    Index("match_line_by_player_server", "player_id", "server_id", "ended_at", "match_seq"),
    Index("match_line_by_player_board", "player_id", "board", "ended_at", "match_seq"),
)

season = Table(
    "season",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False, nullable=False),
    Column("starts_at", BigInteger, nullable=False, unique=True),
)

match_void = Table(
    "match_void",
    metadata,
    Column("match_id", ForeignKey("match.id"), primary_key=True, nullable=False),
    Column("cause", Text, primary_key=True, nullable=False),
    Column("voided_at", BigInteger, nullable=False),
)

board = Table(
    "board",
    metadata,
    Column("name", Text, primary_key=True, nullable=False),
    Column("field", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("source", Text),
    Column("map", Text),
)

board_past = Table(
    "board_past",
    metadata,
    Column("board", Text, primary_key=True, nullable=False),
    Column("last", BigInteger, primary_key=True, nullable=False),
    Column("first", BigInteger, nullable=False),
)

board_season = Table(
    "board_season",
    metadata,
    Column("board", ForeignKey("board.name"), primary_key=True, nullable=False),
    Column("season", Integer, primary_key=True, nullable=False),
    Column("total", Integer, nullable=False),
    Column("matches", Integer, nullable=False),
    Column("version", BigInteger, nullable=False),
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
    Column("last_match_seq", ForeignKey("match.seq")),
    Column("last_played_at", BigInteger, nullable=False),
    Column("rank_key", BigInteger, nullable=False),
    Index("board_entry_by_rank", "board", "season", "rank_key", "player_id"),
)

board_log = Table(
    "board_log",
    metadata,
    Column("board", ForeignKey("board.name"), primary_key=True, nullable=False),
    Column("season", Integer, primary_key=True, nullable=False),
    Column("version", BigInteger, primary_key=True, nullable=False),
    Column("changes", Text),
)

rating_history = Table(
    "rating_history",
    metadata,
    Column("board", Text, nullable=False),
    Column("player_id", Text, nullable=False),
    Column("season", Integer, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("match_id", Text, nullable=False),
    Column("rating_before", Float, nullable=False),
    Column("rating", Float, nullable=False),
    Column("deviation", Float, nullable=False),
    Column("volatility", Float, nullable=False),
    # With what a graph shows in it, PostgreSQL draws one from the key alone, which lies in its order.
    PrimaryKeyConstraint(
        *("board", "player_id", "season", "ended_at", "match_id"),
        postgresql_include=["rating", "deviation"],
    ),
    sqlite_with_rowid=False,
)

rating_due = Table(
    "rating_due",
    metadata,
    Column("board", Text, primary_key=True, nullable=False),
    Column("season", Integer, primary_key=True, nullable=False),
    Column("ended_at", BigInteger, primary_key=True, nullable=False),
    Column("match_id", Text, primary_key=True, nullable=False),
    sqlite_with_rowid=False,
)

player_stats = Table(
    "player_stats",
    metadata,
    Column("player_id", Text, primary_key=True, nullable=False),
    Column("board", Text, primary_key=True, nullable=False),
    Column("matches", Integer, nullable=False),
    Column("wins", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("draws", Integer, nullable=False),
    Column("kills", BigInteger, nullable=False),
    Column("deaths", BigInteger, nullable=False),
    Column("suicides", BigInteger, nullable=False),
    Column("shots", BigInteger, nullable=False),
    Column("hits", BigInteger, nullable=False),
    Column("damage_given", BigInteger, nullable=False),
    Column("damage_taken", BigInteger, nullable=False),
    Column("playtime_ms", BigInteger, nullable=False),
    Column("win_streak", Integer, nullable=False),
    Column("best_win_streak", Integer, nullable=False),
    Column("most_kills", BigInteger, nullable=False),
    Column("most_damage", BigInteger, nullable=False),
    Column("weapons", Text, nullable=False),
    Column("items", Text, nullable=False),
    Column("maps", Text, nullable=False),
    Column("last_ended_at", BigInteger, nullable=False),
    Column("last_match_id", Text, nullable=False),
    sqlite_with_rowid=False,
)

player_achievement = Table(
    "player_achievement",
    metadata,
    Column("player_id", Text, primary_key=True, nullable=False),
    Column("achievement", Text, primary_key=True, nullable=False),
    Column("match_id", Text, nullable=False),
    Column("earned_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

stats_due = Table(
    "stats_due",
    metadata,
    Column("player_id", Text, primary_key=True, nullable=False),
    Column("version", Integer, nullable=False),
    sqlite_with_rowid=False,
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
