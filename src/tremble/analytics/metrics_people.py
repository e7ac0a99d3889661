"""Metrics of people: who plays, who is new, who comes back, for how long, how many at once."""

from tremble.analytics.metric import Metric

SUMMARY = Metric(
    "At a glance",
    "Matches, people and what they did in the span. Playtime and shots are those of people alone.",
    (
        "matches",
        "with_telemetry",
        "people",
        "newcomers",
        "lines",
        "lines_of_bots",
        "playtime_h",
        "kills",
        "shots",
        "damage",
    ),
    """
    SELECT (SELECT count(*) FROM m) AS matches,
        (SELECT count(*) FROM m WHERE telemetry) AS with_telemetry,
        count(DISTINCT player_id) FILTER (NOT bot) AS people,
        (SELECT count(*) FROM newcomers WHERE inside) AS newcomers,
        count(*) AS lines,
        count(*) FILTER (bot) AS lines_of_bots,
        coalesce(sum(playtime_s) FILTER (NOT bot), 0) / 3600 AS playtime_h,
        coalesce(sum(kills), 0) AS kills,
        coalesce(sum(list_sum([w.shots FOR w IN map_values(weapons)])) FILTER (NOT bot), 0) AS shots,
        coalesce(sum(damage_given), 0) AS damage
    FROM p
    """,
)
ACTIVE = Metric(
    "Active players",
    "People who played on a day (dau), and on any of the 7 (wau) and 30 (mau) days that end with it.",
    ("day", "dau", "wau", "mau"),
    """
    SELECT day, (SELECT count(DISTINCT player_id) FROM p
            WHERE p.day = days.day AND NOT bot) AS dau,
        count(DISTINCT player_id) FILTER (played > day - 7) AS wau,
        count(DISTINCT player_id) AS mau
    FROM days LEFT JOIN (SELECT player_id, day AS played FROM people)
        ON played <= day AND played > day - 30
    GROUP BY day ORDER BY day
    """,
)
NEW = Metric(
    "New and returning",
    "People who played on a day: their first day ever (new), or not (returning).",
    ("day", "new", "returning"),
    """
    WITH seen AS (SELECT DISTINCT p.day, player_id, newcomers.day = p.day AS new
        FROM p JOIN newcomers USING (player_id) WHERE NOT bot)
    SELECT day, count(*) FILTER (new) AS new, count(*) FILTER (NOT new) AS returning
    FROM days LEFT JOIN seen USING (day) GROUP BY day ORDER BY day
    """,
)
RETENTION = Metric(
    "Days until they come back",
    "Of the people whose first match ended in the span: who played on the n-th day after their first. "
    "Only those count for whom that day is over.",
    ("days_later", "people", "back", "share"),
    """
    WITH over AS (SELECT timezone(getvariable('tz'), getvariable('until'))::DATE AS day),
    asked AS (SELECT unnest([1, 3, 7, 14, 28]) AS days_later),
    due AS (SELECT days_later, player_id, newcomers.day + days_later AS wanted
        FROM asked, newcomers, over WHERE inside AND newcomers.day + days_later < over.day)
    SELECT days_later, count(due.player_id) AS people, count(people.player_id) AS back,
        count(people.player_id) / nullif(count(due.player_id), 0) AS share
    FROM asked LEFT JOIN due USING (days_later)
        LEFT JOIN people ON people.player_id = due.player_id AND people.day = due.wanted
    GROUP BY days_later ORDER BY days_later
    """,
)
COHORTS = Metric(
    "Retention by week",
    "People by the week (from Monday) of their first match, if it ended in the span; and how many of them "
    "played in each week since. The last week may not be over.",
    ("cohort", "people", "week", "back", "share"),
    """
    WITH c AS (SELECT player_id, date_trunc('week', day)::DATE AS cohort FROM newcomers WHERE inside),
    sizes AS (SELECT cohort, count(*) AS people FROM c GROUP BY cohort),
    seen AS (SELECT DISTINCT cohort, player_id,
            (date_trunc('week', people.day)::DATE - cohort) // 7 AS week
        FROM c JOIN people USING (player_id)),
    weeks AS (SELECT cohort, people, unnest(range(
            (date_trunc('week', (SELECT max(day) FROM days))::DATE - cohort) // 7 + 1)) AS week
        FROM sizes)
    SELECT cohort, people, week, count(player_id) AS back, count(player_id) / people AS share
    FROM weeks LEFT JOIN seen USING (cohort, week)
    GROUP BY cohort, people, week ORDER BY cohort, week
    """,
)
SESSIONS = Metric(
    "Sessions",
    "A session is a person's matches with at most 30 minutes between the end of one and the start of "
    "the next, of those that ended in the span. It counts on the day of its first start, or on the "
    "first day of the span.",
    ("day", "sessions", "mean_min", "median_min", "matches_per_session"),
    """
    WITH before AS (SELECT player_id, match_id, started_at, ended_at, max(ended_at) OVER (
            PARTITION BY player_id ORDER BY started_at, ended_at, match_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last
        FROM p WHERE NOT bot AND player_id IS NOT NULL),
    numbered AS (SELECT *, sum(CASE WHEN last >= started_at - INTERVAL 30 MINUTE THEN 0 ELSE 1 END)
            OVER (PARTITION BY player_id ORDER BY started_at, ended_at, match_id) AS number
        FROM before),
    sessions AS (SELECT greatest(timezone(getvariable('tz'), min(started_at))::DATE,
            (SELECT min(day) FROM days)) AS day,
            epoch(max(ended_at) - min(started_at)) / 60 AS minutes, count(*) AS matches
        FROM numbered GROUP BY player_id, number)
    SELECT day, count(minutes) AS sessions, avg(minutes) AS mean_min, median(minutes) AS median_min,
        sum(matches) / nullif(count(minutes), 0) AS matches_per_session
    FROM days LEFT JOIN sessions USING (day) GROUP BY day ORDER BY day
    """,
)
#: People at once after each start and end, and at each quarter of an hour: no zone's hour begins elsewhere.
AT_ONCE = """
    WITH here AS (SELECT greatest(started_at, getvariable('since')) AS since,
            CASE WHEN left_early
                THEN least(ended_at, started_at + to_milliseconds((playtime_s * 1000)::BIGINT))
                ELSE ended_at END AS until
        FROM p WHERE NOT bot),
    lines AS (SELECT * FROM here WHERE since < until),
    changes AS (
        SELECT since AS moment, 1 AS n FROM lines UNION ALL SELECT until, -1 FROM lines
        UNION ALL SELECT unnest(generate_series(
            time_bucket(INTERVAL 15 MINUTE, getvariable('since')),
            getvariable('until') - INTERVAL 1 MICROSECOND, INTERVAL 15 MINUTE)), 0),
    running AS (SELECT moment, sum(n) OVER (ORDER BY moment, n
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS people FROM changes),
    hours AS (SELECT date_trunc('hour', timezone(getvariable('tz'), moment)) AS hour,
            max(people)::INTEGER AS peak
        FROM running WHERE moment < getvariable('until') GROUP BY hour)
"""
CONCURRENCY = Metric(
    "People at once, by hour",
    "The most people in matches at the same moment, for each hour. A person is in a match from its "
    "start to its end, or who left early for the time played.",
    ("hour", "peak"),
    AT_ONCE + "SELECT hour, peak FROM hours ORDER BY hour",  # noqa: S608  constants
)
WEEK = """
    SELECT isodow(hour) AS weekday, hour(hours.hour) AS hour, avg(peak) AS mean_peak, max(peak) AS highest
    FROM hours GROUP BY ALL ORDER BY 1, 2
"""
BUSY_HOURS = Metric(
    "Busy hours of the week",
    "The mean and the highest of the hourly peaks, by day of the week (1 is Monday) and hour.",
    ("weekday", "hour", "mean_peak", "highest"),
    AT_ONCE + WEEK,
)
WAITING = Metric(
    "Waiting for a match",
    "Seconds between entering the server, or the end of the match before, and the first tick played.",
    ("day", "lines", "median_s", "p90_s"),
    """
    SELECT day, count(waited_s) AS lines, median(waited_s) AS median_s,
        quantile_cont(waited_s, 0.9) AS p90_s
    FROM days LEFT JOIN (SELECT * FROM p WHERE NOT bot) AS p USING (day)
    GROUP BY day ORDER BY day
    """,
    telemetry=True,
)

METRICS = {
    "summary": SUMMARY,
    "active": ACTIVE,
    "new_players": NEW,
    "retention": RETENTION,
    "cohorts": COHORTS,
    "sessions": SESSIONS,
    "concurrency": CONCURRENCY,
    "busy_hours": BUSY_HOURS,
    "waiting": WAITING,
}
