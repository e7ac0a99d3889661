"""/metrics: what this process counts, and what the game server beside it does, for Prometheus."""

import asyncio
from collections import Counter
from time import perf_counter
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from tremble.errors import StoreError
from tremble.metrics import (
    Family,
    Histogram,
    Sample,
    counter,
    exposition,
    gauge,
    gauges,
    histogram,
    may_read,
    process_families,
)
from tremble.store import boards, servers
from tremble.store.database import Checkpoints
from tremble.store.engine import Store, Transaction
from tremble.web.game import Game
from tremble.web.limits import Limits
from tremble.web.options import WebOptions
from tremble.web.problems import Problem
from tremble.web.signed_in import now
from tremble.web.tail import Tail

#: Seconds until an answer begins.
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
#: What anybody makes up must not become a label: other methods, and addresses that no route is for.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NO_ROUTE = "(none)"


class Traffic:
    """What was answered, by route. The event loop alone counts."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, str, str]] = Counter()  # method, route, code
        self.times: dict[str, Histogram] = {}
        self.active = 0

    def answered(self, method: str, route: str | None, status: int, began: float) -> None:
        """Count the answer *status* to a request that came at *began* (perf_counter)."""
        route = route or NO_ROUTE
        if method not in METHODS:
            method = "other"
        self.answers[method, route, str(status)] += 1
        self.times.setdefault(route, Histogram(BOUNDS)).observe(perf_counter() - began)

    def families(self) -> list[Family]:
        """Return what was counted."""
        answers = [Sample(list(key), count) for key, count in self.answers.items()]
        times = [Sample([route], found.value()) for route, found in self.times.items()]
        labels = ["method", "route", "code"]
        help = "Time until an answer begins."
        return [
            Family("tremble_http_requests_total", "counter", "Requests answered.", labels, answers),
            Family("tremble_http_request_seconds", "histogram", help, ["route"], times),
            gauge("tremble_http_requests_active", "Requests being answered.", self.active),
        ]


@get("/metrics", include_in_schema=False)
async def get_metrics(
    request: Request[Any, Any, Any],
    store: NamedDependency[SkipValidation[Store]],
    game: NamedDependency[SkipValidation[Game]],
    tail: NamedDependency[SkipValidation[Tail]],
    traffic: NamedDependency[SkipValidation[Traffic]],
    web_options: NamedDependency[SkipValidation[WebOptions]],
    quota: NamedDependency[SkipValidation[Limits]],
) -> Response[bytes]:
    """Metrics, for who is on this machine or shows the token."""
    check(request, web_options)
    found = [*traffic.families(), *process_families("web")]
    found += [gauge("tremble_feed_listeners", "Who listens to the feed.", tail.listeners)]
    found += await asyncio.to_thread(of_store, store)
    found += quota.shared.families() if quota.shared is not None else []
    if game.here:
        theirs = await game.families()
        found += theirs or []
        up = float(theirs is not None)
        found += [gauge("tremble_game_up", "1 while the game server beside us answers.", up)]
    kind, text = exposition(found, request.headers.get("accept", ""))
    return Response(text, headers={"content-type": kind, "cache-control": "no-store"})


def check(request: Request[Any, Any, Any], options: WebOptions) -> None:
    """Raise Problem 403 unless *request* may see metrics."""
    host = request.client.host if request.client is not None else ""
    shown = request.headers.get("authorization", "")
    if not options.metrics_open and not may_read(host, shown, options.metrics_token):
        raise Problem(403, "forbidden", "metrics are for this machine, or with metrics.token")


def of_store(store: Store) -> list[Family]:
    """Return what is known of *store*; what cannot be asked now is left out."""
    failed = "Groups of jobs that could not be committed."
    found = [
        histogram("tremble_commit_seconds", "Time of a commit, its jobs too.", store.commit_times),
        histogram("tremble_commit_jobs", "Jobs committed together.", store.group_sizes),
        counter("tremble_commits_failed_total", failed, store.failed_commits),
        gauge("tremble_store_waiting", "Jobs that wait for the writer.", store.waiting()),
        gauge("tremble_store_free_bytes", "Room on the disk of the store.", store.free_bytes()),
    ]
    try:
        sizes, checkpoints = store.sizes(), store.checkpoints()
        totals = store.read(board_sizes)
        listed, lost = store.read(servers.states), len(store.read(servers.lost, now()))
    except StoreError:
        return [*found, gauge("tremble_store_up", "1 while the store can be read.", 0)]
    return [
        *found,
        gauge("tremble_store_up", "1 while the store can be read.", 1),
        gauges("tremble_store_bytes", "Size of the store, by part.", "part", sizes),
        *of_checkpoints(checkpoints),
        gauges("tremble_servers", "Servers known to the list, by state.", "state", listed),
        gauge("tremble_servers_lost", "Servers missed: they left the list silently.", lost),
        gauges("tremble_board_entries", "Players on a leaderboard.", "board", totals),
    ]


def of_checkpoints(found: Checkpoints) -> list[Family]:
    """Return how often and how long the log of the store was folded in."""
    pages = "Pages folded into the data."
    left = "Pages in the log that are not folded in."
    return [
        counter("tremble_store_checkpoints_total", "Times the log was folded in.", found.count),
        counter("tremble_store_checkpoint_seconds_total", "Time spent on that.", found.seconds),
        counter("tremble_store_checkpoint_pages_total", pages, found.pages),
        gauge("tremble_store_log_pages", left, found.log_pages),
    ]


def board_sizes(tx: Transaction) -> dict[str, int]:
    """Return how many stand on each board."""
    heads = {name: boards.head(tx, name) for name in boards.names(tx)}
    return {name: head.total for name, head in heads.items() if head is not None}
