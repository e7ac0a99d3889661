"""Tables of game servers, operators and what they did, and of the upkeep of the record."""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, Integer, Table, Text

from tremble.store.columns import Serial, metadata

server_key = Table(
    "server_key",
    metadata,
    Column("server_id", Text, primary_key=True, nullable=False),
    Column("public", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

server = Table(
    "server",
    metadata,
    Column("server_id", Text, primary_key=True, nullable=False),
    Column("owner", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("reach", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("probed_at", BigInteger),
    Column("ping_ms", Float),
    Column("info", Text, nullable=False),
    Index("server_by_state", "state", "seen_at"),
)

server_change = Table(
    "server_change",
    metadata,
    Column("seq", Serial, primary_key=True, nullable=False),
    Column("server_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Index("server_change_by_server", "server_id", "seq"),
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Text, primary_key=True, nullable=False),
    Column("digest", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

operator = Table(
    "operator",
    metadata,
    Column("name", Text, primary_key=True, nullable=False),
    Column("password", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("totp", Text),
    Column("totp_step", BigInteger),
    Column("disabled", Integer, nullable=False, server_default="0"),
    Column("temporary", Integer, nullable=False, server_default="0"),
)

operator_session = Table(
    "operator_session",
    metadata,
    Column("digest", Text, primary_key=True, nullable=False),
    Column("operator", ForeignKey("operator.name"), nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("origin", Text, nullable=False),
    Index("operator_session_by_operator", "operator", "began_at"),
    Index("operator_session_by_end", "until"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Serial, primary_key=True, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("before", Text),
    Column("after", Text),
    Index("audit_by_target", "target", "seq"),
    Index("audit_by_actor", "actor", "action", "seq"),
)

audit_part = Table(
    "audit_part",
    metadata,
    Column("part", Text, primary_key=True, nullable=False),
    Column("target", Text, primary_key=True, nullable=False),
    sqlite_with_rowid=False,
)

report = Table(
    "report",
    metadata,
    Column("due_at", BigInteger, primary_key=True, autoincrement=False, nullable=False),
    Column("claimed_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
)

health = Table(
    "health",
    metadata,
    Column("id", Integer, primary_key=True, nullable=False),
    Column("checked_at", BigInteger, nullable=False),
)
