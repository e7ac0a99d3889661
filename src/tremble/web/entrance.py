"""The entrance: what is refused before a route is asked, by the kind of what comes and is wanted.

A route may say in its `opt` what it `takes` and `gives`, media types, where that is not JSON, and
by which rule its writing is limited (`limit`; None: it limits itself).
"""

from litestar.enums import MediaType

from tremble.web import limits
from tremble.web.limits import Limits, Rule
from tremble.web.problems import Asked, Problem

JSON = "application/json"
WRITING = ("POST", "PUT", "PATCH", "DELETE")


async def enter(request: Asked) -> None:
    """Raise Problem 406, 415 or 429 for what the route would not want to see."""
    if not request.url.path.startswith("/v1/"):
        return
    handler = request.route_handler
    if request.method in WRITING:
        check_rate(request, handler.opt.get("limit", limits.WRITES))
        check_content(request, handler.opt.get("takes", JSON))
    given = handler.opt.get("gives") or media_type(handler.media_type)
    if request.headers.get("accept") and not request.accept.accepts(given):
        raise Problem(
            406, "not_acceptable", f"the answer is {given}: accept that, or send no Accept"
        )


def media_type(said: str) -> str:
    """Return the type of a route's answers, JSON unless it is said; an enum's member is its value."""
    return MediaType(said).value if isinstance(said, MediaType) else said or JSON


def check_rate(request: Asked, rule: Rule | None) -> None:
    quota: Limits = request.app.state.quota
    if rule is not None:
        quota.check_address(rule, request)


def check_content(request: Asked, taken: str) -> None:
    headers = request.headers
    empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    kind = headers.get("content-type", taken).partition(";")[0].strip().lower()
    if not empty and kind != taken:
        detail = f"the body must be {taken}, and Content-Type say so"
        raise Problem(415, "unsupported_media_type", detail)
