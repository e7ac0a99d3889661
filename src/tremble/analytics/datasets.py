"""The datasets: which rows the files of a day hold, and how a day's matches become those rows.

matches   one row per match; `region`, `cpu_s` and `crashes` are null without telemetry
players   one row per player of a match; `player_id` is null if the player was erased
kills, pickups, samples   the telemetry's rows; players by their position in the match

A day's matches come as lines of JSON (store/days.py), so DuckDB unpacks them, not we.
"""

#: The columns of the JSON of a match, with the types as which DuckDB reads them.
LINE = (
    "STRUCT(player_id VARCHAR, bot BOOLEAN, place TINYINT, won BOOLEAN, score INTEGER, "
    "kills INTEGER, deaths INTEGER, suicides INTEGER, damage_given INTEGER, damage_taken INTEGER, "
    "weapons MAP(VARCHAR, STRUCT(shots BIGINT, hits BIGINT, damage BIGINT, kills BIGINT)), "
    'items MAP(VARCHAR, BIGINT), playtime_s DOUBLE, "left" BOOLEAN, team TINYINT, '
    "rating_before DOUBLE, rating DOUBLE, deviation DOUBLE)"
)
TELEMETRY = (
    "STRUCT(tick_rate INTEGER, players STRUCT(joined_tick INTEGER, left_tick INTEGER, "
    "waited_s DOUBLE, spawn INTEGER, ping_ms DOUBLE, loss DOUBLE)[], region VARCHAR, "
    "cpu_s DOUBLE, crashes INTEGER, weapons VARCHAR[], kills INTEGER[][], item_names VARCHAR[], "
    "pickups INTEGER[][], sample_ticks INTEGER, samples INTEGER[][], truncated BOOLEAN)"
)
JSON = {
    "seq": "BIGINT",
    "match_id": "VARCHAR",
    "server_id": "VARCHAR",
    "board": "VARCHAR",
    "season": "INTEGER",
    "mode": "VARCHAR",
    "map": "VARCHAR",
    "started_at": "BIGINT",
    "ended_at": "BIGINT",
    "duration_s": "DOUBLE",
    "ended_by": "VARCHAR",
    "lines": f"{LINE}[]",
    "telemetry": TELEMETRY,
}

#: The columns of the files.
COLUMNS: dict[str, dict[str, str]] = {
    "matches": {
        "match_id": "VARCHAR",
        "started_at": "TIMESTAMPTZ",
        "ended_at": "TIMESTAMPTZ",
        "duration_s": "DOUBLE",
        "mode": "VARCHAR",
        "map": "VARCHAR",
        "board": "VARCHAR",
        "season": "INTEGER",
        "server_id": "VARCHAR",
        "ended_by": "VARCHAR",
        "players": "INTEGER",
        "bots": "INTEGER",
        "telemetry": "BOOLEAN",
        "truncated": "BOOLEAN",
        "region": "VARCHAR",
        "cpu_s": "DOUBLE",
        "crashes": "INTEGER",
    },
    "players": {
        "match_id": "VARCHAR",
        "started_at": "TIMESTAMPTZ",
        "ended_at": "TIMESTAMPTZ",
        "mode": "VARCHAR",
        "map": "VARCHAR",
        "board": "VARCHAR",
        "position": "INTEGER",
        "player_id": "VARCHAR",
        "bot": "BOOLEAN",
        "place": "INTEGER",
        "won": "BOOLEAN",
        "score": "INTEGER",
        "kills": "INTEGER",
        "deaths": "INTEGER",
        "suicides": "INTEGER",
        "damage_given": "INTEGER",
        "damage_taken": "INTEGER",
        "weapons": "MAP(VARCHAR, STRUCT(shots BIGINT, hits BIGINT, damage BIGINT, kills BIGINT))",
        "items": "MAP(VARCHAR, BIGINT)",
        "playtime_s": "DOUBLE",
        "left_early": "BOOLEAN",
        "team": "INTEGER",
        "rating_before": "DOUBLE",
        "rating": "DOUBLE",
        "deviation": "DOUBLE",
        "region": "VARCHAR",
        "waited_s": "DOUBLE",
        "spawn": "INTEGER",
        "ping_ms": "DOUBLE",
        "loss": "DOUBLE",
    },
    "kills": {
        "match_id": "VARCHAR",
        "map": "VARCHAR",
        "at_s": "FLOAT",
        "killer": "TINYINT",
        "victim": "TINYINT",
        "weapon": "VARCHAR",
        "x": "INTEGER",
        "y": "INTEGER",
        "z": "INTEGER",
        "victim_x": "INTEGER",
        "victim_y": "INTEGER",
        "victim_z": "INTEGER",
        "distance": "FLOAT",
    },
    "pickups": {
        "match_id": "VARCHAR",
        "map": "VARCHAR",
        "at_s": "FLOAT",
        "player": "TINYINT",
        "item": "VARCHAR",
    },
    "samples": {
        "match_id": "VARCHAR",
        "map": "VARCHAR",
        "at_s": "FLOAT",
        "seconds": "FLOAT",
        "player": "TINYINT",
        "x": "INTEGER",
        "y": "INTEGER",
        "z": "INTEGER",
    },
}

#: What makes the rows of each dataset from `day`, the table of a day's matches.
ROWS = {
    "matches": """
        SELECT match_id, make_timestamptz(started_at), make_timestamptz(ended_at), duration_s,
            mode, map, board, season, server_id, ended_by, len(lines),
            len(list_filter(lines, lambda line: line.bot)), telemetry IS NOT NULL,
            coalesce(telemetry.truncated, false), telemetry.region, telemetry.cpu_s,
            telemetry.crashes
        FROM day ORDER BY ended_at, seq
    """,
    "players": """
        SELECT match_id, make_timestamptz(started_at), make_timestamptz(ended_at), mode, map, board,
            slot - 1, line.player_id, line.bot, line.place, line.won, line.score, line.kills,
            line.deaths, line.suicides, line.damage_given, line.damage_taken, line.weapons,
            line.items, line.playtime_s, line."left", line.team, line.rating_before, line.rating,
            line.deviation, telemetry.region, seen[slot].waited_s, seen[slot].spawn, seen[slot].ping_ms,
            seen[slot].loss
        FROM (
            SELECT *, telemetry.players AS seen, unnest(lines) AS line,
                generate_subscripts(lines, 1) AS slot
            FROM day
        ) ORDER BY ended_at, seq, slot
    """,
    "kills": """
        SELECT match_id, map, k[1] / telemetry.tick_rate, k[2], k[3],
            telemetry.weapons[k[4] + 1], k[5], k[6], k[7], k[8], k[9], k[10],
            CASE WHEN k[2] >= 0 AND k[2] <> k[3]
                THEN sqrt((k[5] - k[8])::DOUBLE ** 2 + (k[6] - k[9])::DOUBLE ** 2
                    + (k[7] - k[10])::DOUBLE ** 2) END
        FROM (SELECT *, unnest(telemetry.kills) AS k FROM day)
    """,
    "pickups": """
        SELECT match_id, map, p[1] / telemetry.tick_rate, p[2], telemetry.item_names[p[3] + 1]
        FROM (SELECT *, unnest(telemetry.pickups) AS p FROM day)
    """,
    "samples": """
        SELECT match_id, map, s[1] / tick_rate, seconds, s[2], s[3], s[4], s[5]
        FROM (
            SELECT match_id, map, telemetry.tick_rate AS tick_rate,
                telemetry.sample_ticks / telemetry.tick_rate AS seconds,
                unnest(telemetry.samples) AS s
            FROM day
        )
    """,
}


def rows(dataset: str) -> str:
    """Return the query for the rows of *dataset* of the table `day`, by the names of COLUMNS."""
    named = ", ".join(
        f"CAST({name} AS {kind}) AS {name}" for name, kind in COLUMNS[dataset].items()
    )
    given = ", ".join(COLUMNS[dataset])
    return f"SELECT {named} FROM ({ROWS[dataset]}) AS made({given})"  # noqa: S608  ours alone


def nothing(dataset: str) -> str:
    """Return a query for no rows of *dataset*, with the columns it would have."""
    named = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in COLUMNS[dataset].items())
    return f"SELECT {named} WHERE false"
