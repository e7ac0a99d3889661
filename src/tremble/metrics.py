"""Metrics: numbers as plain values, which travel between processes, and as Prometheus reads them.

A process counts in its own integers and in Histogram; when it is asked it puts them together as families.
What reads them needs prometheus_client, which is imported only then.
"""

from __future__ import annotations

import hmac
import os
import platform
import sys
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from time import process_time, time
from typing import Any, Literal

from msgspec import Struct

import tremble
from tremble import log

LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")
OPENMETRICS = "application/openmetrics-text"
#: When this process was started, as Unix time; good to the import of this module.
STARTED = time()


class Histogram:
    """Counts of values up to each of *bounds* (ascending), of those beyond, and their sum.

    One thread writes. Who reads meanwhile may see a value in its bucket and not yet in the sum.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = list(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count *value*."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def value(self) -> Distribution:
        """Return what was counted so far."""
        return Distribution(list(self.bounds), list(self.counts), self.sum)


class Distribution(Struct, frozen=True):
    """A Histogram at one moment; the last of *counts* is of values beyond all *bounds*."""

    bounds: list[float]
    counts: list[int]
    sum: float

    @property
    def count(self) -> int:
        return sum(self.counts)

    def less(self, other: Distribution) -> Distribution:
        """Return what was counted since *other*, an earlier one of the same histogram."""
        counts = [a - b for a, b in zip(self.counts, other.counts, strict=True)]
        return Distribution(self.bounds, counts, self.sum - other.sum)

    def quantile(self, share: float) -> float:
        """Return about where *share* (0 to 1) of the values lie below, within a bucket by its share of it.

        0.0 without values; the highest bound for those beyond it.
        """
        wanted, seen, low = share * self.count, 0, 0.0
        for bound, count in zip(self.bounds, self.counts, strict=False):
            if count and seen + count >= wanted:
                return low + (bound - low) * (wanted - seen) / count
            seen += count
            low = bound
        return low if self.count else 0.0


class Sample(Struct, frozen=True):
    """One value of a family, with the values of its labels."""

    labels: list[str]
    value: float | Distribution


class Family(Struct, frozen=True):
    """A metric: *name* as it is exposed, with what it means and its samples."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: list[str]
    samples: list[Sample]


def counter(name: str, help: str, value: float) -> Family:
    """Return a counter without labels; its name ends in _total."""
    return Family(name, "counter", help, [], [Sample([], value)])


def gauge(name: str, help: str, value: float | None) -> Family:
    """Return a gauge without labels; None is not known and gives no sample."""
    return Family(name, "gauge", help, [], [] if value is None else [Sample([], value)])


def histogram(name: str, help: str, value: Histogram) -> Family:
    """Return a histogram without labels."""
    return Family(name, "histogram", help, [], [Sample([], value.value())])


def counters(name: str, help: str, label: str, values: Mapping[str, float]) -> Family:
    """Return a counter with one *label*."""
    return Family(name, "counter", help, [label], [Sample([k], v) for k, v in values.items()])


def gauges(name: str, help: str, label: str, values: Mapping[str, float]) -> Family:
    """Return a gauge with one *label*."""
    return Family(name, "gauge", help, [label], [Sample([k], v) for k, v in values.items()])


def process_families(name: str) -> list[Family]:
    """Return what this process, called *name*, needs of the machine; what the system hides is left out."""
    found = {
        "tremble_process_resident_memory_bytes": ("Memory in use.", resident_bytes()),
        "tremble_process_open_fds": ("Open files and sockets.", open_fds()),
        "tremble_process_start_time_seconds": ("Start, as Unix time.", STARTED),
    }
    version, python = tremble.__version__, platform.python_version()
    return [
        Family(
            "tremble_build_info",
            "gauge",
            "Always 1; which version runs.",
            ["process", "version", "python"],
            [Sample([name, version, python], 1)],
        ),
        counters(
            "tremble_process_cpu_seconds_total",
            "CPU time used, user and system.",
            "process",
            {name: process_time()},
        ),
        *(
            gauges(metric, text, "process", {name: value})
            for metric, (text, value) in found.items()
            if value is not None
        ),
        Family(
            "tremble_log_lines_total",
            "counter",
            "Lines logged.",
            ["process", "level"],
            [Sample([name, level], count) for level, count in log.LINES.items()],
        ),
    ]


def may_read(host: str, authorization: str, token: str) -> bool:
    """Say whether metrics are for who asks from *host* with that Authorization: the machine itself, or a
    bearer of *token*, if there is one."""
    shown = authorization.removeprefix("Bearer ").strip().encode()
    return host in LOOPBACK or (bool(token) and hmac.compare_digest(shown, token.encode()))


def resident_bytes() -> int | None:
    """Return the memory that this process holds; None where the system does not say."""
    if sys.platform != "linux":
        return None
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_fds() -> int | None:
    """Return how many files and sockets are open; None where the system does not say."""
    return len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else None


def merged(families: Iterable[Family]) -> list[Family]:
    """Return *families* with those of one name made one, in order of their names."""
    found: dict[str, Family] = {}
    for family in families:
        known = found.get(family.name)
        samples = family.samples if known is None else [*known.samples, *family.samples]
        found[family.name] = Family(
            family.name, family.kind, family.help, family.labels, list(samples)
        )
    return [found[name] for name in sorted(found)]


def exposition(families: Iterable[Family], accept: str = "") -> tuple[str, bytes]:
    """Return content type and text of *families* for a scraper that sent the header *accept*.

    OpenMetrics 1.0 if it is named there, else Prometheus' own text format.
    """
    from prometheus_client import exposition as prometheus
    from prometheus_client.openmetrics import exposition as openmetrics
    from prometheus_client.registry import CollectorRegistry

    registry = CollectorRegistry()
    registry.register(Collector(merged(families)))
    if OPENMETRICS in accept:
        text = openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call]
        return openmetrics.CONTENT_TYPE_LATEST, text
    return prometheus.CONTENT_TYPE_PLAIN_0_0_4, prometheus.generate_latest(registry)


class Collector:
    """Hands *families* to prometheus_client."""

    def __init__(self, families: list[Family]) -> None:
        self.families = families

    def collect(self) -> Iterable[Any]:
        from prometheus_client.metrics_core import Metric

        for family in self.families:
            metric = Metric(family.name.removesuffix("_total"), family.help, family.kind)
            for sample in family.samples:
                labels = dict(zip(family.labels, sample.labels, strict=True))
                if isinstance(sample.value, Distribution):
                    add_distribution(metric, family.name, labels, sample.value)
                else:
                    metric.add_sample(family.name, labels, sample.value)
            yield metric


def add_distribution(metric: Any, name: str, labels: dict[str, str], value: Distribution) -> None:
    """Add the lines of a histogram to *metric*: Prometheus' buckets hold all below them too."""
    total = 0
    for bound, count in zip([*map(str, value.bounds), "+Inf"], value.counts, strict=True):
        total += count
        metric.add_sample(f"{name}_bucket", {**labels, "le": bound}, total)
    metric.add_sample(f"{name}_count", labels, total)
    metric.add_sample(f"{name}_sum", labels, value.sum)
