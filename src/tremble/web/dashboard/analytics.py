"""Analytics: what was played in a span, with the charts of the report."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Response, get
from litestar.params import QueryParameter

from tremble.analytics import page as report
from tremble.analytics.metrics import METRICS
from tremble.analytics.span import Span, WrongSpan, span
from tremble.web.answers import Answer
from tremble.web.api import StoreDependency
from tremble.web.api_analytics import NumbersDependency
from tremble.web.dashboard.session import require
from tremble.web.dashboard.shell import page
from tremble.web.pages_maps import OutlinesDependency
from tremble.web.problems import Asked, Problem
from tremble.web.weekly import maps_of

PATH = "/dashboard/analytics"
#: What is chosen by one click: days back, and what it is called.
SPANS = {"7d": "7 days", "30d": "30 days", "90d": "90 days", "365d": "a year"}
Since = Annotated[str, QueryParameter(name="since", max_length=40)]
Until = Annotated[str, QueryParameter(name="until", max_length=40)]
Zone = Annotated[str, QueryParameter(name="tz", max_length=64)]


@get(PATH, include_in_schema=False)
async def analytics_page(
    request: Asked,
    store: StoreDependency,
    numbers: NumbersDependency,
    outlines: OutlinesDependency,
    since: Since = "30d",
    until: Until = "",
    tz: Zone = "UTC",
) -> Response[str]:
    """The metrics of the report over a span, in days and hours of a zone."""
    session = await require(request, store)
    given: dict[str, Any] = {"since": since, "until": until, "tz": tz, "spans": SPANS}
    try:
        asked = span(since or None, until or None, tz, datetime.now(UTC))
        answer = await numbers.answer(asked, list(METRICS))
    except WrongSpan as error:
        return page(session, "dashboard/analytics.html", PATH, 400, **given, fault=str(error))
    except Problem as problem:
        status, why = problem.body.status, problem.body.detail
        return page(session, "dashboard/analytics.html", PATH, status, **given, fault=why)
    await draw(answer, await maps_of(outlines, answer.tables))
    whole = whole_of(asked)
    return page(
        session, "dashboard/analytics.html", PATH, **given, charts=answer.charts, whole=whole
    )


async def draw(answer: Answer, maps: dict[str, dict[str, Any]]) -> None:
    """Draw the charts of *answer*, unless they are."""
    if answer.charts is None or answer.outlines != maps:
        answer.charts = await asyncio.to_thread(report.sections, answer.tables, maps)
        answer.outlines = maps


def whole_of(asked: Span) -> str:
    """Return the span in words."""
    return f"{report.local(asked.since, asked)} to {report.local(asked.until, asked)}, {asked.tz}"


HANDLERS: list[Any] = [analytics_page]
