"""Tables of people who can sign in, and of what they keep: accounts, names, friends, bans, saves."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from tremble.store.columns import Serial, metadata

account = Table(
    "account",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("device", Text),
    Column("login", Text, unique=True),
    Column("username", Text),
    Column("password", Text),
    Column("created_at", BigInteger, nullable=False),
)

sign_in = Table(
    "sign_in",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("access", Text, nullable=False),
    Column("access_until", BigInteger, nullable=False),
    Column("refresh", Text, nullable=False),
    Column("refresh_until", BigInteger, nullable=False),
    Column("previous", Text),
    Column("rotated_at", BigInteger, nullable=False),
    Index("sign_in_by_account", "account_id", "rotated_at"),
    Index("sign_in_by_end", "refresh_until"),
)

name_history = Table(
    "name_history",
    metadata,
    Column("player_id", Text, primary_key=True, nullable=False),
    Column("until", BigInteger, primary_key=True, nullable=False),
    Column("name", Text, nullable=False),
    Column("login", Text),
    Index("name_history_by_login", "login", "until"),
)

recovery_code = Table(
    "recovery_code",
    metadata,
    Column("account_id", ForeignKey("account.id"), primary_key=True, nullable=False),
    Column("code", Text, primary_key=True, nullable=False),
)

friend = Table(
    "friend",
    metadata,
    Column("player_id", Text, primary_key=True, nullable=False),
    Column("friend_id", Text, primary_key=True, nullable=False),
    Column("since", BigInteger, nullable=False),
    Index("friend_of", "friend_id"),
)

ban = Table(
    "ban",
    metadata,
    Column("player_id", Text, primary_key=True, nullable=False),
    Column("banned_at", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("reason", Text, nullable=False),
    Column("match_id", Text),
    Column("tick", BigInteger),
)

ban_change = Table(
    "ban_change",
    metadata,
    Column("player_id", Text, primary_key=True, nullable=False),
    Column("seq", BigInteger, nullable=False, unique=True),
)

note = Table(
    "note",
    metadata,
    Column("seq", Serial, primary_key=True, nullable=False),
    Column("player_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("note_by_player", "player_id", "seq"),
)

erasure = Table(
    "erasure",
    metadata,
    Column("player_id", Text, primary_key=True, nullable=False),
    Column("at", BigInteger, nullable=False),
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
