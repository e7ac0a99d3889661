"""Metrics of play: matches, maps and spawns, weapons, items, ratings, where it happens."""

from tremble.analytics.metric import Metric

#: Side of a cell of a heat map, in units of the map.
CELL = 64
#: Kills are counted by distance in steps of so many units.
REACH = 256

MATCHES = Metric(
    "Matches by day",
    "Matches that ended on a day, and how: at the frag limit, the time limit, in overtime, or as all "
    "but one had left.",
    ("day", "matches", "frag_limit", "time_limit", "overtime", "forfeit"),
    """
    SELECT day, count(match_id) AS matches, count(*) FILTER (ended_by = 'frag_limit') AS frag_limit,
        count(*) FILTER (ended_by = 'time_limit') AS time_limit,
        count(*) FILTER (ended_by = 'overtime') AS overtime,
        count(*) FILTER (ended_by = 'forfeit') AS forfeit
    FROM days LEFT JOIN m USING (day) GROUP BY day ORDER BY day
    """,
)
LENGTH = Metric(
    "Length of matches",
    "Seconds that matches counted for, by mode and map.",
    ("mode", "map", "matches", "mean_s", "median_s", "p90_s"),
    """
    SELECT mode, map, count(*) AS matches, avg(duration_s) AS mean_s, median(duration_s) AS median_s,
        quantile_cont(duration_s, 0.9) AS p90_s
    FROM m GROUP BY mode, map ORDER BY mode, map
    """,
)
MAPS = Metric(
    "Maps",
    "How often each map is played, and by how many at a time.",
    ("map", "matches", "share", "players_per_match"),
    """
    SELECT map, count(*) AS matches, count(*) / sum(count(*)) OVER () AS share,
        avg(players) AS players_per_match
    FROM m GROUP BY map ORDER BY matches DESC, map
    """,
)
SPAWNS = Metric(
    "Win balance by spawn",
    "Who began at a spawn point, in matches that somebody won: how often they won, and how often they "
    "would if all players of a match were equal.",
    ("map", "spawn", "starts", "wins", "win_share", "even_share"),
    """
    WITH decided AS (SELECT match_id, 1 / count(*) AS even FROM p
        GROUP BY match_id HAVING bool_or(won))
    SELECT map, spawn, count(*) AS starts, count(*) FILTER (won) AS wins,
        count(*) FILTER (won) / count(*) AS win_share, avg(even) AS even_share
    FROM p JOIN decided USING (match_id) WHERE spawn >= 0
    GROUP BY map, spawn ORDER BY map, spawn
    """,
    telemetry=True,
)
WEAPONS = Metric(
    "Weapons",
    "What people (no bots) did with each weapon. Accuracy is hits by shots; share is of all kills.",
    ("weapon", "shots", "hits", "accuracy", "damage", "damage_per_shot", "kills", "share"),
    """
    WITH used AS (SELECT unnest(map_entries(weapons)) AS w FROM p WHERE NOT bot)
    SELECT w.key AS weapon, sum(w.value.shots) AS shots, sum(w.value.hits) AS hits,
        sum(w.value.hits) / nullif(sum(w.value.shots), 0) AS accuracy,
        sum(w.value.damage) AS damage,
        sum(w.value.damage) / nullif(sum(w.value.shots), 0) AS damage_per_shot,
        sum(w.value.kills) AS kills,
        sum(w.value.kills) / nullif(sum(sum(w.value.kills)) OVER (), 0) AS share
    FROM used GROUP BY weapon ORDER BY kills DESC, weapon
    """,
)
DISTANCE = Metric(
    "Distance of kills",
    "How far the killer stood from the victim, in units of the map, by weapon.",
    ("weapon", "kills", "mean", "median", "p90"),
    """
    SELECT weapon, count(*) AS kills, avg(distance) AS mean, median(distance) AS median,
        quantile_cont(distance, 0.9) AS p90
    FROM kills WHERE distance IS NOT NULL AND weapon IS NOT NULL
    GROUP BY weapon ORDER BY kills DESC, weapon
    """,
    telemetry=True,
)
REACHES = Metric(
    "Kills by distance",
    f"Kills by weapon and distance, in steps of {REACH} units: distance is where a step begins.",
    ("weapon", "distance", "kills"),
    f"""
    SELECT weapon, (floor(distance / {REACH}) * {REACH})::INTEGER AS distance, count(*) AS kills
    FROM kills WHERE distance IS NOT NULL AND weapon IS NOT NULL
    GROUP BY ALL ORDER BY weapon, 2
    """,  # noqa: S608  a constant
    telemetry=True,
)
ITEMS = Metric(
    "Item control",
    "Matches that somebody won, in which one player took an item more often than any other: how often "
    "that player won, and how often they would if all players of a match were equal.",
    ("item", "taken", "matches", "wins", "win_share", "even_share"),
    """
    WITH decided AS (SELECT match_id, 1 / count(*) AS even FROM p
        GROUP BY match_id HAVING bool_or(won) AND count(*) > 1),
    took AS (SELECT match_id, position, won, unnest(map_entries(items)) AS i FROM p),
    sums AS (SELECT i.key AS item, sum(i.value) AS taken FROM took GROUP BY item),
    ranked AS (SELECT match_id, i.key AS item, won, i.value AS n,
            max(i.value) OVER most AS most, count(*) OVER same AS alike
        FROM took
        WINDOW most AS (PARTITION BY match_id, i.key), same AS (PARTITION BY match_id, i.key, i.value)),
    control AS (SELECT item, count(*) AS matches, count(*) FILTER (won) AS wins,
            avg(even) AS even_share
        FROM ranked JOIN decided USING (match_id) WHERE n = most AND alike = 1 AND n > 0
        GROUP BY item)
    SELECT item, taken, coalesce(matches, 0) AS matches, coalesce(wins, 0) AS wins,
        wins / matches AS win_share, even_share
    FROM sums LEFT JOIN control USING (item) ORDER BY taken DESC, item
    """,
)
RATINGS = Metric(
    "Ratings",
    "People by their rating after their last match in the span, on each board, in steps of 100.",
    ("board", "rating", "people"),
    """
    WITH last AS (SELECT board, player_id, arg_max(rating, (ended_at, match_id)) AS rating
        FROM p WHERE rating IS NOT NULL AND NOT bot AND player_id IS NOT NULL
        GROUP BY board, player_id)
    SELECT board, (floor(rating / 100) * 100)::INTEGER AS rating, count(*) AS people
    FROM last GROUP BY board, 2 ORDER BY board, 2
    """,
)
CALIBRATION = Metric(
    "Do ratings foretell?",
    "Pairs of opponents of unlike ratings, by the score that these gave the better one before the match: "
    "1 / (1 + 10^(-difference / 400)); and the score made. A win is 1, an equal place 0.5.",
    ("expected_from", "pairs", "expected", "actual"),
    """
    WITH pairs AS (
        SELECT 1 / (1 + pow(10, (b.rating_before - a.rating_before) / 400)) AS expected,
            CASE WHEN a.place < b.place THEN 1 WHEN a.place = b.place THEN 0.5 ELSE 0 END AS actual
        FROM p AS a JOIN p AS b USING (match_id)
        WHERE a.rating_before IS NOT NULL AND b.rating_before IS NOT NULL
            AND (a.team = 0 OR a.team <> b.team)
            AND a.rating_before > b.rating_before)
    SELECT least(floor(expected * 20) / 20, 0.95) AS expected_from, count(*) AS pairs,
        avg(expected) AS expected, avg(actual) AS actual
    FROM pairs GROUP BY expected_from ORDER BY expected_from
    """,
)
KILL_MAP = Metric(
    "Where players die",
    f"Kills by map and cell of {CELL} units: x and y are the cell's lower corner.",
    ("map", "x", "y", "kills"),
    f"""
    SELECT map, (floor(victim_x / {CELL}) * {CELL})::INTEGER AS x,
        (floor(victim_y / {CELL}) * {CELL})::INTEGER AS y, count(*) AS kills
    FROM kills GROUP BY ALL ORDER BY map, 2, 3
    """,  # noqa: S608  a constant
    telemetry=True,
)
MOVE_MAP = Metric(
    "Where they are",
    f"Seconds that players spent in a cell of {CELL} units, as samples tell it.",
    ("map", "x", "y", "seconds"),
    f"""
    SELECT map, (floor(x / {CELL}) * {CELL})::INTEGER AS x,
        (floor(y / {CELL}) * {CELL})::INTEGER AS y, sum(seconds) AS seconds
    FROM samples GROUP BY ALL ORDER BY map, 2, 3
    """,  # noqa: S608  a constant
    telemetry=True,
)

METRICS = {
    "matches": MATCHES,
    "match_length": LENGTH,
    "maps": MAPS,
    "spawns": SPAWNS,
    "weapons": WEAPONS,
    "kill_distance": DISTANCE,
    "kill_reach": REACHES,
    "items": ITEMS,
    "ratings": RATINGS,
    "calibration": CALIBRATION,
    "kill_map": KILL_MAP,
    "move_map": MOVE_MAP,
}
