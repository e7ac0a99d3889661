"""Problems: every error answer of the API, as RFC 9457 problem+json with a machine `code`.

400 invalid_request, invalid_json, invalid_result, invalid_cursor     the request must be changed
401 unsigned, unknown_server     403 bad_signature, wrong_server      who asks must change
401 not_signed_in, invalid_token, reused_token, bad_login, bad_code, unknown_key,
    login_required, wrong_password
403 banned, missing_scope, stale_request
409 username_taken, already_registered, already_linked     429 too_many_requests: wait for Retry-After seconds
400 invalid_save, clock_ahead    412 version_mismatch        413 save_too_large     422 key_reused
404 unknown_save, unknown_version    409 no_save, device_cloned, would_shrink, too_many_slots,
    too_many_copies, own_friend, too_many_friends
404 not_found, unknown_board, unknown_player, unknown_match
400 clock_off    403 bad_address, too_many_servers    404 unknown_server    409 replayed
404 unknown_metric    501 no_analytics     the extra is not installed
404 no_replay, no_film, no_telemetry, unknown_map, no_outline    403 wrong_server    422 wrong_replay
405 method_not_allowed    406 not_acceptable    413 too_large    415 unsupported_media_type
416 no_such_range
503 store_unavailable, busy, unhealthy, not_ready      try again after Retry-After seconds
500 internal_error               our fault; the traceback is in the log
"""

import re
from http import HTTPStatus
from typing import Any

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from msgspec import Struct, structs

from tremble.errors import StoreError
from tremble.log import logger
from tremble.web import html

MEDIA_TYPE = "application/problem+json"
#: After a full disk or a lock, sooner is not worth the trouble.
RETRY_AFTER_S = 5
#: What the framework says too curtly, by status.
CODES = {
    400: "invalid_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}
DETAILS = {
    400: "a parameter or a field of the request is not valid",
    404: "there is nothing at this address",
    405: "this address does not take that method",
    413: "the body is too large",
}


class FieldError(Struct, frozen=True):
    """What is wrong with one field; *path* is like `players[0].kills`."""

    path: str
    message: str


class ProblemBody(Struct, frozen=True, omit_defaults=True):
    """The body of an error answer (RFC 9457), with a *code* for machines.

    By *request_id* the operator finds it in the log; it stands in X-Request-Id too.
    """

    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] = []
    request_id: str = ""


class Problem(Exception):
    """Raised by a handler to answer with a problem."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        errors: list[FieldError] | None = None,
        *,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.headers = headers
        self.body = ProblemBody(HTTPStatus(status).phrase, status, code, detail, errors or [])


Asked = Request[Any, Any, Any]
#: What a message says of the whole, and what to say of the field instead.
STRAYS = (
    (re.compile("Object missing required field `(.*)`", re.DOTALL), "is missing"),
    (re.compile("Object contains unknown field `(.*)`", re.DOTALL), "is not known here"),
)


def answer(
    request: Asked, body: ProblemBody, headers: dict[str, str] | None = None
) -> Response[Any]:
    """Return *body* as JSON, or as a page for a browser that asked for one."""
    body = structs.replace(body, request_id=request.scope["state"].get("request_id", ""))
    if "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/"):
        page = html.render("problem.html", problem=body, path=request.url.path)
        return Response(page, status_code=body.status, media_type=MediaType.HTML, headers=headers)
    return Response(body, status_code=body.status, media_type=MEDIA_TYPE, headers=headers)


def on_problem(request: Asked, problem: Problem) -> Response[Any]:
    return answer(request, problem.body, problem.headers)


def on_http_error(request: Asked, error: HTTPException) -> Response[Any]:
    """Answer for the framework's errors: no such route, wrong method, bad parameter, too large."""
    status = error.status_code
    found = error.extra if isinstance(error.extra, list) else []
    errors = [field_error(item.get("key", ""), item.get("message", "")) for item in found]
    code = CODES.get(status, HTTPStatus(status).name.lower())
    detail = DETAILS.get(status, error.detail)
    body = ProblemBody(HTTPStatus(status).phrase, status, code, detail, errors)
    return answer(request, body, error.headers)


def field_error(path: str, message: str) -> FieldError:
    """Return what is wrong at *path*; a field that lacks or that nobody knows has a path of its own."""
    for pattern, said in STRAYS:
        if found := pattern.fullmatch(message):
            return FieldError(f"{path}.{found[1]}" if path else found[1], said)
    return FieldError(path, message)


def on_store_error(request: Asked, error: StoreError) -> Response[Any]:
    """Say that the record cannot be used now. The reason names files: it goes to the log alone."""
    logger("web").error("store unavailable", reason=str(error))
    detail = "the store cannot be used now; nothing was recorded, try again"
    body = ProblemBody("Service Unavailable", 503, "store_unavailable", detail)
    return answer(request, body, {"Retry-After": str(RETRY_AFTER_S)})


def on_bug(request: Asked, error: Exception) -> Response[Any]:
    """Answer for a fault of our own, and keep its traceback."""
    logger("web").error("fault while answering", path=request.url.path, exc_info=error)
    detail = "this is a fault of the server"
    return answer(request, ProblemBody("Internal Server Error", 500, "internal_error", detail))


#: What answers when a handler raises.
HANDLERS: ExceptionHandlersMap = {
    Problem: on_problem,
    HTTPException: on_http_error,
    StoreError: on_store_error,
    Exception: on_bug,
}
