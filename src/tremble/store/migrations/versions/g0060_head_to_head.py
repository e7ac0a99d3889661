"""Two players compared by an index alone; whom operators did something to, found by a part of the name."""

import sqlalchemy as sa
from alembic import op

revision = "g0060"
down_revision = "x0052"

#: Rows written at once.
AT_ONCE = 10_000


def upgrade() -> None:
    columns = ["player_id", "ended_at", "match_seq", "team", "place", "kills", "map", "board"]
    op.drop_index("match_line_by_player", "match_line")
    op.create_index("match_line_by_player", "match_line", columns)
    table = op.create_table(
        "audit_part",
        sa.Column("part", sa.Text(), primary_key=True, nullable=False),
        sa.Column("target", sa.Text(), primary_key=True, nullable=False),
        sqlite_with_rowid=False,
    )
    rows: list[dict[str, str]] = []
    for (target,) in op.get_bind().execute(sa.text("SELECT DISTINCT target FROM audit")).all():
        padded = target.lower() + "  "
        parts = {padded[i : i + 3] for i in range(len(target))}
        rows += [{"part": part, "target": target} for part in sorted(parts)]
        if len(rows) >= AT_ONCE:
            op.bulk_insert(table, rows)
            rows = []
    op.bulk_insert(table, rows)
