"""The entrance: what is refused before a route is asked, by the kind of what comes and is wanted.

A route may say in its `opt` what it `takes` and `gives`, media types, where that is not JSON, and
by which rule its writing is limited (`limit`; None: it limits itself).
"""

import msgspec
from litestar import Response
from litestar.enums import MediaType
from litestar.exceptions import SerializationException

from tremble.web import limits
from tremble.web.limits import Limits, Rule
from tremble.web.problems import Asked, FieldError, Problem, field_error

JSON = "application/json"
WRITING = ("POST", "PUT", "PATCH", "DELETE")


async def enter(request: Asked) -> Response[None] | None:
    """Raise Problem 400, 406, 415 or 429 for what the route would not want to see; answer OPTIONS."""
    if request.method == "OPTIONS":
        return Response(None, status_code=204, headers={"allow": allowed(request)})
    if not request.url.path.startswith("/v1/"):
        return None
    handler = request.route_handler
    if request.method in WRITING:
        await check_rate(request, handler.opt.get("limit", limits.WRITES))
        check_content(request, handler.opt.get("takes", JSON))
    given = handler.opt.get("gives") or media_type(handler.media_type)
    if request.headers.get("accept") and not request.accept.accepts(given):
        detail = f"the answer is {given}: accept that, or send no Accept"
        raise Problem(406, "not_acceptable", detail)
    await check_body(request)
    return None


def allowed(request: Asked) -> str:
    """Return the methods of the address that is asked; the framework knows those of one route alone."""
    asked = request.scope["path_template"]
    routes = [route for route in request.app.routes if route.path_format == asked]
    return ", ".join(sorted({method for route in routes for method in route.methods}))


def media_type(said: str) -> str:
    """Return the type of a route's answers, JSON unless it is said; an enum's member is its value."""
    return MediaType(said).value if isinstance(said, MediaType) else said or JSON


async def check_rate(request: Asked, rule: Rule | None) -> None:
    quota: Limits = request.app.state.quota
    if rule is not None:
        await quota.check_address(rule, request)


def check_content(request: Asked, taken: str) -> None:
    headers = request.headers
    empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    kind = headers.get("content-type", taken).partition(";")[0].strip().lower()
    if not empty and kind != taken:
        detail = f"the body must be {taken}, and Content-Type say so"
        raise Problem(415, "unsupported_media_type", detail)


async def check_body(request: Asked) -> None:
    """Raise Problem 400, naming the field, unless the body is of the very types that the route takes.

    The framework itself would take "5" for 5, and 5 for an instant.
    """
    field = request.route_handler.parsed_data_field
    if field is None:
        return
    if not await request.body():
        raise Problem(400, "invalid_json", "a body of JSON is needed, and there is none")
    try:
        msgspec.convert(await request.json(), field.annotation)
    except SerializationException:
        raise Problem(400, "invalid_json", "the body is not JSON") from None
    except msgspec.ValidationError as error:
        raise Problem(400, "invalid_request", "a field is wrong", [wrong(error)]) from None


def wrong(error: msgspec.ValidationError) -> FieldError:
    """Return which field *error* is about, and what is wrong with it."""
    message, _, place = str(error).partition(" - at `$")
    return field_error(place.rstrip("`").lstrip("."), message)
