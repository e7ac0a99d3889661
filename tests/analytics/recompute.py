"""Every metric once more, in plain Python over the results themselves: no SQL, no file, no DuckDB."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from math import dist, floor
from statistics import mean, median
from typing import Any
from zoneinfo import ZoneInfo

from tremble.analytics.span import Span
from tremble.result import MatchResult, PlayerLine, PlayerTelemetry

Rows = list[tuple[Any, ...]]
#: Rating before and after, by match and player.
Ratings = dict[tuple[str, str], tuple[float, float]]
DAY = timedelta(days=1)


def quantile(values: list[float], q: float) -> float | None:
    """Return the quantile between the two nearest values."""
    if not values:
        return None
    ordered = sorted(values)
    at = q * (len(ordered) - 1)
    low = floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


class Recomputed:
    """The metrics of *results* in *span*; players in *erased* are nobody."""

    def __init__(
        self,
        results: Iterable[MatchResult],
        ratings: Ratings,
        span: Span,
        erased: frozenset[str] = frozenset(),
    ) -> None:
        self.all = list(results)
        self.ratings = ratings
        self.span = span
        self.erased = erased
        self.zone = ZoneInfo(span.tz)
        self.m = [r for r in self.all if span.since <= r.ended_at < span.until]
        self.told = [r for r in self.m if r.telemetry is not None]
        first, last = self.day(span.since), self.day(span.until - timedelta(microseconds=1))
        self.days = [first + n * DAY for n in range((last - first).days + 1)]
        self.began: dict[str, datetime] = {}
        for result in self.all:
            for line in result.players:
                if self.person(line) and result.ended_at < span.until:
                    known = self.began.get(line.player_id, result.ended_at)
                    self.began[line.player_id] = min(known, result.ended_at)
        self.inside = {who: at for who, at in self.began.items() if at >= span.since}
        self.seen = {
            (line.player_id, self.day(result.ended_at))
            for result in self.all
            if result.ended_at < span.until
            for line in result.players
            if self.person(line)
        }

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def person(self, line: PlayerLine) -> bool:
        return not line.bot and line.player_id not in self.erased

    def lines(self) -> list[tuple[MatchResult, PlayerLine]]:
        return [(result, line) for result in self.m for line in result.players]

    def lines_told(self) -> list[tuple[MatchResult, PlayerLine, PlayerTelemetry]]:
        return [
            (result, line, seen)
            for result in self.told
            if result.telemetry is not None
            for line, seen in zip(result.players, result.telemetry.players, strict=True)
        ]

    def by_day(self, row: Callable[[date], tuple[Any, ...]]) -> Rows:
        return [(day.isoformat(), *row(day)) for day in self.days]

    def summary(self) -> Rows:
        lines = [line for _, line in self.lines()]
        people = [line for line in lines if not line.bot]
        return [
            (
                len(self.m),
                len(self.told),
                len({line.player_id for line in people if self.person(line)}),
                len(self.inside),
                len(lines),
                len(lines) - len(people),
                sum(line.playtime_s for line in people) / 3600,
                sum(line.kills for line in lines),
                sum(line.shots for line in people),
                sum(line.damage_given for line in lines),
            )
        ]

    def played_on(self) -> dict[date, set[str]]:
        found: dict[date, set[str]] = defaultdict(set)
        for result, line in self.lines():
            if self.person(line):
                found[self.day(result.ended_at)].add(line.player_id)
        return found

    def active(self) -> Rows:
        here = self.played_on()

        def within(day: date, days: int) -> int:
            return len({who for who, then in self.seen if day - days * DAY < then <= day})

        return self.by_day(lambda day: (len(here[day]), within(day, 7), within(day, 30)))

    def new_players(self) -> Rows:
        here = self.played_on()

        def row(day: date) -> tuple[int, int]:
            new = sum(self.day(self.began[who]) == day for who in here[day])
            return new, len(here[day]) - new

        return self.by_day(row)

    def retention(self) -> Rows:
        rows: Rows = []
        for later in (1, 3, 7, 14, 28):
            wanted = [(who, self.day(at) + later * DAY) for who, at in self.inside.items()]
            due = [one for one in wanted if one[1] < self.day(self.span.until)]
            back = sum(one in self.seen for one in due)
            rows.append((later, len(due), back, share(back, len(due))))
        return rows

    def cohorts(self) -> Rows:
        def week(day: date) -> date:
            return day - day.weekday() * DAY

        groups: dict[date, list[str]] = defaultdict(list)
        for who, at in self.inside.items():
            groups[week(self.day(at))].append(who)
        weeks = {(who, week(day)) for who, day in self.seen}
        rows: Rows = []
        for cohort, people in sorted(groups.items()):
            for n in range((week(self.days[-1]) - cohort).days // 7 + 1):
                back = sum((who, cohort + 7 * n * DAY) in weeks for who in people)
                rows.append((cohort.isoformat(), len(people), n, back, back / len(people)))
        return rows

    def sessions(self) -> Rows:
        played: dict[str, list[MatchResult]] = defaultdict(list)
        for result, line in self.lines():
            if self.person(line):
                played[line.player_id].append(result)
        found: dict[date, list[tuple[float, int]]] = defaultdict(list)
        for results in played.values():
            results.sort(key=lambda r: (r.started_at, r.ended_at, r.match_id))
            start, end, count = results[0].started_at, results[0].ended_at, 1
            for result in [*results[1:], None]:
                if result is None or result.started_at - end > timedelta(minutes=30):
                    day = max(self.day(start), self.days[0])
                    found[day].append(((end - start).total_seconds() / 60, count))
                    if result is not None:
                        start, end, count = result.started_at, result.ended_at, 1
                else:
                    end, count = max(end, result.ended_at), count + 1

        def row(day: date) -> tuple[Any, ...]:
            lengths = [length for length, _ in found[day]]
            if not lengths:
                return 0, None, None, None
            matches = sum(count for _, count in found[day])
            return len(lengths), mean(lengths), median(lengths), matches / len(lengths)

        return self.by_day(row)

    def present(self) -> list[tuple[datetime, datetime]]:
        """Return from when to when each person was in a match, within the span."""
        found = []
        for result, line in self.lines():
            if not line.bot:
                left = result.started_at + timedelta(milliseconds=round(line.playtime_s * 1000))
                end = min(result.ended_at, left) if line.left else result.ended_at
                start = max(result.started_at, self.span.since)
                if start < end:
                    found.append((start, end))
        return found

    def concurrency(self) -> Rows:
        """The peak of an hour is reached at its beginning or when somebody enters."""
        spans = self.present()
        hours: dict[str, int] = {}
        at = self.span.since
        moments = [start for start, _ in spans if start < self.span.until]
        while at < self.span.until:
            moments.append(at)
            quarter = at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)
            at = quarter + timedelta(minutes=15)
        for moment in moments:
            hour = moment.astimezone(self.zone).strftime("%Y-%m-%dT%H:00")
            here = sum(start <= moment < end for start, end in spans)
            hours[hour] = max(hours.get(hour, 0), here)
        return sorted(hours.items())

    def busy_hours(self) -> Rows:
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for hour, peak in self.concurrency():
            at = datetime.fromisoformat(hour)
            found[at.isoweekday(), at.hour].append(peak)
        return [(*at, mean(peaks), max(peaks)) for at, peaks in sorted(found.items())]

    def waiting(self) -> Rows:
        found: dict[date, list[float]] = defaultdict(list)
        for result, line, seen in self.lines_told():
            if not line.bot:
                found[self.day(result.ended_at)].append(seen.waited_s)
        return self.by_day(
            lambda day: (len(found[day]), quantile(found[day], 0.5), quantile(found[day], 0.9))
        )

    def matches(self) -> Rows:
        ends = Counter((self.day(result.ended_at), result.ended_by) for result in self.m)
        kinds = ("frag_limit", "time_limit", "overtime", "forfeit")
        return self.by_day(
            lambda day: (sum(ends[day, kind] for kind in kinds), *(ends[day, k] for k in kinds))
        )

    def match_length(self) -> Rows:
        found: dict[tuple[str, str], list[float]] = defaultdict(list)
        for result in self.m:
            found[result.mode, result.map].append(result.duration_s)
        return [
            (*key, len(s), mean(s), median(s), quantile(s, 0.9)) for key, s in sorted(found.items())
        ]

    def maps(self) -> Rows:
        found: dict[str, list[int]] = defaultdict(list)
        for result in self.m:
            found[result.map].append(len(result.players))
        rows = [(name, len(n), len(n) / len(self.m), mean(n)) for name, n in found.items()]
        return sorted(rows, key=lambda row: (-row[1], row[0]))

    def spawns(self) -> Rows:
        found: dict[tuple[str, int], list[tuple[bool, float]]] = defaultdict(list)
        for result, line, seen in self.lines_told():
            if seen.spawn >= 0 and any(one.won for one in result.players):
                found[result.map, seen.spawn].append((line.won, 1 / len(result.players)))
        return [
            (*key, len(n), sum(w for w, _ in n), mean(w for w, _ in n), mean(e for _, e in n))
            for key, n in sorted(found.items())
        ]

    def weapons(self) -> Rows:
        found: dict[str, Counter[str]] = defaultdict(Counter)
        for _, line in self.lines():
            for name, used in {} if line.bot else line.weapons.items():
                for field in ("shots", "hits", "damage", "kills"):
                    found[name][field] += getattr(used, field)
        kills = sum(n["kills"] for n in found.values())
        rows = [
            (name, n["shots"], n["hits"], share(n["hits"], n["shots"]), n["damage"],
             share(n["damage"], n["shots"]), n["kills"], share(n["kills"], kills))
            for name, n in found.items()
        ]  # fmt: skip
        return sorted(rows, key=lambda row: (-row[6], row[0]))

    def distances(self) -> dict[str, list[float]]:
        found: dict[str, list[float]] = defaultdict(list)
        for result in self.told:
            assert result.telemetry is not None
            for _, killer, victim, weapon, *at in result.telemetry.kills:
                if killer not in (-1, victim) and weapon >= 0:
                    found[result.telemetry.weapons[weapon]].append(dist(at[:3], at[3:]))
        return found

    def kill_distance(self) -> Rows:
        rows = [
            (name, len(n), mean(n), median(n), quantile(n, 0.9))
            for name, n in self.distances().items()
        ]
        return sorted(rows, key=lambda row: (-row[1], row[0]))

    def kill_reach(self) -> Rows:
        found = Counter(
            (name, int(one // 256) * 256) for name, n in self.distances().items() for one in n
        )
        return [(*key, count) for key, count in sorted(found.items())]

    def items(self) -> Rows:
        taken: Counter[str] = Counter()
        control: dict[str, list[tuple[bool, float]]] = defaultdict(list)
        for result in self.m:
            decided = any(line.won for line in result.players) and len(result.players) > 1
            for item in {name for line in result.players for name in line.items}:
                counts = [line.items.get(item, 0) for line in result.players]
                taken[item] += sum(counts)
                best = max(counts)
                if decided and best > 0 and counts.count(best) == 1:
                    won = result.players[counts.index(best)].won
                    control[item].append((won, 1 / len(counts)))
        rows = []
        for item, n in taken.items():
            wins, even = [w for w, _ in control[item]], [e for _, e in control[item]]
            rows.append(
                (
                    item,
                    n,
                    len(wins),
                    sum(wins),
                    mean(wins) if wins else None,
                    mean(even) if even else None,
                )
            )
        return sorted(rows, key=lambda row: (-row[1], row[0]))

    def last_ratings(self) -> dict[tuple[str, str], tuple[datetime, str, float]]:
        found: dict[tuple[str, str], tuple[datetime, str, float]] = {}
        for result, line in self.lines():
            rated = self.ratings.get((result.match_id, line.player_id))
            if rated is not None and self.person(line):
                key, new = (
                    (result.board, line.player_id),
                    (result.ended_at, result.match_id, rated[1]),
                )
                found[key] = max(found.get(key, new), new)
        return found

    def rating_rows(self) -> Rows:
        found = Counter(
            (board, floor(rating / 100) * 100)
            for (board, _), (_, _, rating) in self.last_ratings().items()
        )
        return [(*key, n) for key, n in sorted(found.items())]

    def calibration(self) -> Rows:
        found: dict[float, list[tuple[float, float]]] = defaultdict(list)
        for result in self.m:
            rated = [
                (self.ratings[result.match_id, line.player_id][0], line)
                for line in result.players
                if (result.match_id, line.player_id) in self.ratings
            ]
            for i, (one, line) in enumerate(rated):
                for other, opponent in rated[i + 1 :]:
                    if one == other:
                        continue
                    better, worse = (line, opponent) if one > other else (opponent, line)
                    expected = 1 / (1 + 10 ** (-abs(one - other) / 400))
                    made = 1.0 if better.place < worse.place else 0.5
                    made = 0.0 if better.place > worse.place else made
                    found[min(floor(expected * 20) / 20, 0.95)].append((expected, made))
        return [
            (bucket, len(n), mean(e for e, _ in n), mean(a for _, a in n))
            for bucket, n in sorted(found.items())
        ]

    def kill_map(self) -> Rows:
        found: Counter[tuple[str, int, int]] = Counter()
        for result in self.told:
            assert result.telemetry is not None
            for row in result.telemetry.kills:
                found[result.map, row[7] // 64 * 64, row[8] // 64 * 64] += 1
        return [(*key, n) for key, n in sorted(found.items())]

    def move_map(self) -> Rows:
        found: Counter[tuple[str, int, int]] = Counter()
        for result in self.told:
            assert result.telemetry is not None
            assert result.telemetry.sample_ticks == result.telemetry.tick_rate
            for row in result.telemetry.samples:
                found[result.map, row[2] // 64 * 64, row[3] // 64 * 64] += 1
        return [(*key, float(n)) for key, n in sorted(found.items())]

    def network(self) -> Rows:
        found: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for result, line, seen in self.lines_told():
            if not line.bot and result.telemetry is not None:
                found[result.telemetry.region].append((seen.ping_ms, seen.loss))
        rows: Rows = []
        for region, n in sorted(found.items()):
            pings, losses = [ping for ping, _ in n], [loss for _, loss in n]
            rows.append(
                (
                    region,
                    len(n),
                    median(pings),
                    quantile(pings, 0.95),
                    mean(losses),
                    quantile(losses, 0.95),
                )
            )
        return rows

    def cost(self) -> Rows:
        found: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for result in self.told:
            assert result.telemetry is not None
            hours = sum(line.playtime_s for line in result.players) / 3600
            found[result.telemetry.region].append((hours, result.telemetry.cpu_s))
        rows: Rows = []
        for region, n in sorted(found.items()):
            hours, cpu = sum(h for h, _ in n), sum(c for _, c in n)
            rows.append((region, len(n), hours, cpu, share(cpu, hours)))
        return rows

    def stability(self) -> Rows:
        found: dict[date, list[int]] = defaultdict(list)
        for result in self.told:
            assert result.telemetry is not None
            found[self.day(result.ended_at)].append(result.telemetry.crashes)

        def row(day: date) -> tuple[Any, ...]:
            ended, lost = len(found[day]), sum(found[day])
            return ended, lost, share(ended, ended + lost)

        return self.by_day(row)


def tables(recomputed: Recomputed, names: Iterable[str]) -> dict[str, Rows]:
    """Return the rows of the metrics *names*."""
    given = {"ratings": recomputed.rating_rows}
    return {name: given.get(name, getattr(recomputed, name))() for name in names}
