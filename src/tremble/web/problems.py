"""Problems: every error answer of the API, as RFC 9457 problem+json with a machine `code`.

400 invalid_request, invalid_json, invalid_result, invalid_cursor     the request must be changed
401 unsigned, unknown_server     403 bad_signature, wrong_server      who asks must change
404 not_found, unknown_board, unknown_player, unknown_match           405 413 as HTTP has them
503 store_unavailable            nothing was recorded; try again after Retry-After seconds
500 internal_error               our fault; the traceback is on the server's stderr
"""

import sys
import traceback
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from msgspec import Struct

from tremble.errors import StoreError

MEDIA_TYPE = "application/problem+json"
#: After a full disk or a lock, sooner is not worth the trouble.
RETRY_AFTER_S = 5


class FieldError(Struct, frozen=True):
    """What is wrong with one field; *path* is like `players[0].kills`."""

    path: str
    message: str


class ProblemBody(Struct, frozen=True, omit_defaults=True):
    """The body of an error answer (RFC 9457), with a *code* for machines."""

    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldError] = []


class Problem(Exception):
    """Raised by a handler to answer with a problem."""

    def __init__(
        self, status: int, code: str, detail: str, errors: list[FieldError] | None = None
    ) -> None:
        super().__init__(detail)
        self.body = ProblemBody(HTTPStatus(status).phrase, status, code, detail, errors or [])


def answer(body: ProblemBody, headers: dict[str, str] | None = None) -> Response[ProblemBody]:
    return Response(body, status_code=body.status, media_type=MEDIA_TYPE, headers=headers)


def on_problem(request: Request[Any, Any, Any], problem: Problem) -> Response[ProblemBody]:
    return answer(problem.body)


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[ProblemBody]:
    """Answer for the framework's errors: no such route, wrong method, bad parameter, too large."""
    status = error.status_code
    found = error.extra if isinstance(error.extra, list) else []
    errors = [FieldError(item.get("key", ""), item.get("message", "")) for item in found]
    code = "invalid_request" if status == 400 else HTTPStatus(status).name.lower()
    detail = "a parameter of the request is not valid" if errors else error.detail
    body = ProblemBody(HTTPStatus(status).phrase, status, code, detail, errors)
    return answer(body, error.headers)


def on_store_error(request: Request[Any, Any, Any], error: StoreError) -> Response[ProblemBody]:
    """Say that the record cannot be used now. The reason names files: it goes to stderr alone."""
    print(f"tremble web: {error}", file=sys.stderr, flush=True)
    detail = "the store cannot be used now; nothing was recorded, try again"
    body = ProblemBody("Service Unavailable", 503, "store_unavailable", detail)
    return answer(body, {"Retry-After": str(RETRY_AFTER_S)})


def on_bug(request: Request[Any, Any, Any], error: Exception) -> Response[ProblemBody]:
    """Answer for a fault of our own, and keep its traceback."""
    traceback.print_exception(error, file=sys.stderr)
    return answer(
        ProblemBody("Internal Server Error", 500, "internal_error", "this is a fault of the server")
    )
