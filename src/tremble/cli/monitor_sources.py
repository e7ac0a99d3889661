"""Where `tremble monitor` looks: a data directory, a game port, a web process. Each look is a Look.

directory   console.sock: status and metrics
HOST:PORT   the query that browsers send: players, phase, score; nothing of ticks
web URL     /metrics: everything but names and scores
"""

import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from tremble.client.query import query
from tremble.errors import TrembleError
from tremble.local import ConsoleLink
from tremble.look import Look, Numbers, Since, looked
from tremble.metrics import Distribution, Family, Sample

#: Seconds for one look.
PATIENCE_S = 2.0


class Source:
    """A place to look at, again and again; *ask* returns names and scores if it has them, and families."""

    def __init__(self, where: str, ask: Callable[[], tuple[dict[str, Any], list[Family]]]) -> None:
        self.where = where
        self.ask = ask
        self.before: Numbers | None = None

    def look(self) -> Look:
        """Look once; what does not answer is a Look too."""
        try:
            status, families = self.ask()
        except TrembleError as error:
            return self.lost(str(error))
        except (OSError, KeyError, ValueError) as error:
            return self.lost(f"no answer: {getattr(error, 'strerror', None) or error}")
        now = Numbers(families)
        found = looked(self.where, status, Since(now, self.before))
        self.before = now
        return found

    def lost(self, why: str) -> Look:
        """Return the look at a server that did not answer; what was counted before is of no use."""
        self.before = None
        return Look(self.where, up=False, wrong=[why])


def of_directory(path: Path) -> Source:
    """Return the server that runs on the data directory *path*."""

    def ask() -> tuple[dict[str, Any], list[Family]]:
        with ConsoleLink(path, PATIENCE_S) as link:
            families = msgspec.convert(link.show("metrics"), list[Family])
            return link.show("status"), families

    return Source(str(path), ask)


def of_address(host: str, port: int) -> Source:
    """Return the server that listens for players at *host* and *port*."""

    def ask() -> tuple[dict[str, Any], list[Family]]:
        info, _ = query(host, port, PATIENCE_S)
        score = [(line.name, line.score) for line in info.players]
        told = {
            "phase": info.phase, "map": info.map, "mode": info.gamemode,
            "time_left": info.time_left, "players": score,
        }  # fmt: skip
        head = {"name": info.name, "players": info.current_players, "bots": info.bots}
        return {**head, "max_players": info.max_players, "arenas": [told]}, []

    return Source(f"{host}:{port}", ask)


def of_web(url: str, token: str) -> Source:
    """Return what a web process, or a game server's metrics port, at *url* tells who shows *token*."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    request = urllib.request.Request(f"{url.rstrip('/')}/metrics", headers=headers)

    def ask() -> tuple[dict[str, Any], list[Family]]:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return {}, read(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                more = ": show metrics.token with --token" if error.code == 403 else ""
                raise TrembleError(f"HTTP {error.code}{more}") from None
        except urllib.error.URLError as error:
            raise TrembleError(str(error.reason)) from None

    return Source(url, ask)


def read(text: str) -> list[Family]:
    """Return the families of *text*, in Prometheus' format. Raises ValueError."""
    from prometheus_client.parser import text_string_to_metric_families

    found = []
    for metric in text_string_to_metric_families(text):
        if metric.type == "histogram":
            found.append(Family(metric.name, "histogram", "", [], histograms(metric.samples)))
        elif metric.type in ("counter", "gauge"):
            samples = [Sample(list(s.labels.values()), s.value) for s in metric.samples]
            name = metric.name + ("_total" if metric.type == "counter" else "")
            kind = "counter" if metric.type == "counter" else "gauge"
            found.append(Family(name, kind, "", [], samples))  # type: ignore[arg-type]
    return found


def histograms(samples: Iterable[Any]) -> list[Sample]:
    """Return the histograms whose lines *samples* are, by their labels."""
    bounds: dict[tuple[str, ...], list[tuple[float, float]]] = {}
    sums: dict[tuple[str, ...], float] = {}
    for sample in samples:
        key = tuple(value for name, value in sample.labels.items() if name != "le")
        if sample.name.endswith("_bucket"):
            bounds.setdefault(key, []).append((float(sample.labels["le"]), sample.value))
        elif sample.name.endswith("_sum"):
            sums[key] = sample.value
    found = []
    for key, buckets in bounds.items():
        totals = [0.0, *(count for _, count in sorted(buckets))]
        counts = [int(b - a) for a, b in pairwise(totals)]
        edges = sorted(bound for bound, _ in buckets)[:-1]
        found.append(Sample(list(key), Distribution(edges, counts, sums.get(key, 0.0))))
    return found
