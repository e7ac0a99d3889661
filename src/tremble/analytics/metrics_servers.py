"""Metrics of servers: network, cost, crashes."""

from tremble.analytics.metric import Metric

NETWORK = Metric(
    "Ping and loss by region",
    "People's median round trip and mean share of packets lost in each match, by the server's region "
    "(empty: it names none).",
    ("region", "lines", "median_ping_ms", "p95_ping_ms", "mean_loss", "p95_loss"),
    """
    SELECT region, count(*) AS lines, median(ping_ms) AS median_ping_ms,
        quantile_cont(ping_ms, 0.95) AS p95_ping_ms, avg(loss) AS mean_loss,
        quantile_cont(loss, 0.95) AS p95_loss
    FROM p WHERE NOT bot AND ping_ms IS NOT NULL GROUP BY region ORDER BY region
    """,
    telemetry=True,
)
COST = Metric(
    "What an hour of play costs",
    "CPU seconds of the game server by hour that a player, bot or not, played.",
    ("region", "matches", "player_hours", "cpu_s", "cpu_s_per_player_hour"),
    """
    WITH played AS (SELECT match_id, sum(playtime_s) / 3600 AS hours FROM p GROUP BY match_id)
    SELECT region, count(*) AS matches, sum(hours) AS player_hours, sum(cpu_s) AS cpu_s,
        sum(cpu_s) / nullif(sum(hours), 0) AS cpu_s_per_player_hour
    FROM m JOIN played USING (match_id) WHERE telemetry GROUP BY region ORDER BY region
    """,
    telemetry=True,
)
STABILITY = Metric(
    "Matches without a crash",
    "Matches that came to a result, by all that began: those lost are told with the next result.",
    ("day", "matches", "crashes", "crash_free"),
    """
    SELECT day, count(match_id) AS matches, coalesce(sum(crashes), 0) AS crashes,
        count(match_id) / nullif(count(match_id) + coalesce(sum(crashes), 0), 0) AS crash_free
    FROM days LEFT JOIN (SELECT * FROM m WHERE telemetry) AS m USING (day) GROUP BY day ORDER BY day
    """,
    telemetry=True,
)

METRICS = {"network": NETWORK, "cost": COST, "stability": STABILITY}
