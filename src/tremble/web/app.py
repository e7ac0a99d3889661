"""The HTTP application: routes, errors and headers put together. No socket here: see serve.py."""

from pathlib import Path

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.types import Message, Scope

from tremble.errors import StoreError
from tremble.store.engine import Store
from tremble.store.ranking import Rankings
from tremble.store.seasons import Length
from tremble.web import (
    api,
    api_admin,
    api_auth,
    api_boards,
    api_friends,
    api_me,
    api_ratings,
    api_saves,
    health,
    pages,
    planning,
    problems,
    settling,
)
from tremble.web.api_saves import Who
from tremble.web.document import CONFIG
from tremble.web.health import Health
from tremble.web.limits import Limits
from tremble.web.passwords import Passwords
from tremble.web.problems import Problem
from tremble.web.trust import Trust

#: Nothing from elsewhere, nothing inline: HTML in a name could do nothing even if not escaped.
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def create_app(
    store: Store,
    directory: Path,
    who: Who = api_saves.signed_in_player,
    season_length: Length = "none",
) -> Litestar:
    """Return the application on an open *store*; keys lie in *directory*/keys/servers.

    *who* tells which player asks for saves; *season_length* is the schedule of the seasons.
    """
    trust = Trust(directory / "keys" / "servers", store)
    writer = Health(store)
    rankings = Rankings(store)
    limits = Limits()
    passwords = Passwords()
    return Litestar(
        route_handlers=handlers_for(store),
        dependencies={
            "rankings": Provide(lambda: rankings, sync_to_thread=False),
            "quota": Provide(lambda: limits, sync_to_thread=False),
            "passwords": Provide(lambda: passwords, sync_to_thread=False),
            "store": Provide(lambda: store, sync_to_thread=False),
            "trust": Provide(lambda: trust, sync_to_thread=False),
            "who": Provide(lambda: who, sync_to_thread=False),
            "health": Provide(lambda: writer, sync_to_thread=False),
        },
        exception_handlers={
            Problem: problems.on_problem,
            HTTPException: problems.on_http_error,
            StoreError: problems.on_store_error,
            Exception: problems.on_bug,
        },
        before_send=[add_headers],
        on_startup=[lambda: rankings.load_behind()],
        on_shutdown=[lambda: passwords.close()],
        lifespan=[settling.keep_settled(store), planning.keep_planned(store, season_length)],
        openapi_config=CONFIG,
        request_max_body_size=api.MAX_RESULT_BYTES,
        logging_config=None,
    )


def handlers_for(store: Store) -> list[HTTPRouteHandler]:
    """Return every route; what reads *store* runs in a thread if that may take long."""
    handlers: list[HTTPRouteHandler] = [
        *api_admin.HANDLERS,
        *api_auth.HANDLERS,
        *api_me.HANDLERS,
        *api_friends.HANDLERS,
        *api_saves.HANDLERS,
        *api_boards.HANDLERS,
        api.get_player,
        api_ratings.get_ratings,
        api_ratings.get_expected,
        api.get_matches,
        api.get_match,
        api.post_result,
        health.get_health,
        health.get_ready,
        *pages.HANDLERS,
    ]
    for handler in handlers:
        # To read a file takes microseconds, less than to hand over to a thread.
        handler.sync_to_thread = store.remote
    return handlers


async def add_headers(message: Message, scope: Scope) -> None:
    """Put the security headers on every answer, errors too."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in SECURITY_HEADERS.items():
        headers[name] = value
    headers.setdefault("cache-control", "no-cache")
