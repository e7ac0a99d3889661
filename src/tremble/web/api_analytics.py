"""The API of analytics: the metrics there are, and each over a span of time."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import Parameter, SkipValidation
from msgspec import Struct

from tremble.analytics.metrics import METRICS
from tremble.analytics.span import Span, WrongSpan, span
from tremble.web.api import StoreDependency
from tremble.web.api_auth import NO_STORE
from tremble.web.api_history import wrong
from tremble.web.numbers import Numbers
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import require

SCOPE = "analytics:read"
NumbersDependency = NamedDependency[SkipValidation[Numbers]]

Name = Annotated[str, Parameter(pattern="^[a-z0-9_]{1,32}$", description="Name of the metric")]
Since = Annotated[
    str | None,
    Parameter(max_length=40, description="A day, an instant, or days back; default `30d`"),
]
Until = Annotated[
    str | None, Parameter(max_length=40, description="A day or an instant, not included; else now")
]
Zone = Annotated[str, Parameter(max_length=64, description="Whose days: such as `Europe/Berlin`")]


class MetricInfo(Struct, frozen=True):
    """A metric. *telemetry*: it stands over matches with telemetry alone."""

    metric: str
    title: str
    meaning: str
    columns: list[str]
    telemetry: bool


class MetricList(Struct, frozen=True):
    """All metrics, in the order of the report."""

    metrics: list[MetricInfo]


class MetricTable(Struct, frozen=True):
    """A metric over matches that ended at *since* or later and before *until*.

    It stands over *matches* of the *matches_in_span*. Rows have a value for each of *columns*; days and
    hours are those of *tz*, `2026-01-31` and `2026-01-31T18:00`.
    """

    metric: str
    title: str
    meaning: str
    since: datetime
    until: datetime
    tz: str
    matches: int
    matches_in_span: int
    columns: list[str]
    rows: list[list[float | str | None]]


@get("/v1/analytics", tags=["admin"], operation_id="ListMetrics")
async def list_metrics(request: Asked, store: StoreDependency) -> Response[MetricList]:
    """The metrics there are. Needs an API key with the scope analytics:read."""
    await require(request, store, SCOPE)
    found = [
        MetricInfo(name, metric.title, metric.meaning, list(metric.columns), metric.telemetry)
        for name, metric in METRICS.items()
    ]
    return Response(MetricList(found), status_code=200, headers=NO_STORE)


@get("/v1/analytics/{metric:str}", tags=["admin"], operation_id="GetMetric")
async def get_metric(
    request: Asked,
    store: StoreDependency,
    numbers: NumbersDependency,
    metric: Name,
    since: Since = None,
    until: Until = None,
    tz: Zone = "UTC",
) -> Response[MetricTable]:
    """One metric over a span of time. Needs an API key with the scope analytics:read.

    The record's matches are counted as they are, at most 30 seconds ago.
    """
    await require(request, store, SCOPE)
    if metric not in METRICS:
        raise Problem(404, "unknown_metric", f"there is no metric {metric!r}")
    asked = asked_span(since, until, tz)
    table = (await numbers.tables(asked, [metric]))[metric]
    found = MetricTable(
        table.metric,
        table.title,
        table.meaning,
        asked.since,
        asked.until,
        asked.tz,
        table.matches,
        table.matches_in_span,
        table.columns,
        [list(row) for row in table.rows],
    )
    return Response(found, status_code=200, headers=NO_STORE)


def asked_span(since: str | None, until: str | None, tz: str) -> Span:
    """Return the span that a request asks for; raises Problem that names the parameter that is wrong."""
    try:
        return span(since, until, tz, datetime.now(UTC))
    except WrongSpan as error:
        raise wrong(error.name, error.reason) from None


HANDLERS: list[Any] = [list_metrics, get_metric]
