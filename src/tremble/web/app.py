"""The HTTP application: routes, errors and headers put together. No socket here: see serve.py."""

import socket
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler

from tremble.shelf import Shelf
from tremble.store.engine import Store
from tremble.store.ranking import Rankings
from tremble.store.roster import Roster
from tremble.web import (
    api,
    api_admin,
    api_analytics,
    api_auth,
    api_bans,
    api_boards,
    api_feed,
    api_friends,
    api_history,
    api_join,
    api_matches,
    api_me,
    api_players,
    api_ratings,
    api_replays,
    api_saves,
    api_servers,
    api_stats,
    health,
    master,
    metrics,
    pages,
    pages_history,
    pages_maps,
    pages_servers,
    planning,
    problems,
    score_boards,
    settling,
    shared_limits,
)
from tremble.web.api_join import RecordKey
from tremble.web.api_saves import Who
from tremble.web.bell import Bell
from tremble.web.commits import Commits
from tremble.web.dashboard import pages as dashboard
from tremble.web.dashboard.files import Bench
from tremble.web.dashboard.foretelling import Foretelling
from tremble.web.dashboard.hub import Hub
from tremble.web.document import CONFIG
from tremble.web.entrance import enter
from tremble.web.envelope import Application
from tremble.web.films import Films
from tremble.web.game import Game
from tremble.web.health import Health
from tremble.web.limits import Limits
from tremble.web.metrics import Traffic
from tremble.web.numbers import Numbers
from tremble.web.options import WebOptions
from tremble.web.outlines import Outlines
from tremble.web.passwords import Passwords
from tremble.web.registry import Registry
from tremble.web.tail import Tail
from tremble.web.trust import Trust
from tremble.web.weekly import Weekly

#: What scripts of other sites may send and see, where they may ask at all.
CORS_REQUEST = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"]
CORS_REQUEST += ["Last-Event-ID", "Tremble-Device", "X-Request-Id"]
CORS_ANSWER = ["ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"]
#: For routes that do not say how much they take: no form of the API has more.
MAX_BODY_BYTES = 16 * 1024


def create_app(
    store: Store,
    directory: Path,
    who: Who = api_saves.signed_in_player,
    options: WebOptions = WebOptions(),  # noqa: B008  frozen
    master_socket: socket.socket | None = None,
) -> Litestar:
    """Return the application on an open *store*; keys lie in *directory*/keys/servers.

    *who* tells which player asks for saves; replays lie in *directory*/replays; on *master_socket* (UDP)
    the list of servers is told in Valve's dialect. Raises ConfigError for a bad key of the record.
    """
    shared = shared_things(store, directory, who, options)
    limits, passwords, rankings = shared["quota"], shared["passwords"], shared["rankings"]
    lives = (
        shared["registry"],
        shared["tail"],
        shared["hub"],
        shared["films"],
        shared["foretelling"],
        shared["numbers"],
        weekly(store, directory, shared),
    )
    kept = ("bell", "hub", "quota", "tail", "traffic")
    return Application(
        route_handlers=handlers_for(store),
        dependencies={name: given(thing) for name, thing in shared.items()},
        exception_handlers=problems.HANDLERS,
        before_request=enter,
        cors_config=cors(options),
        state=State({name: shared[name] for name in kept}),
        on_startup=[lambda: rankings.load_behind()],
        on_shutdown=[lambda: passwords.close(), limits.close],
        lifespan=[
            *kept_going(store, options, master_socket, shared),
            *[thing.running for thing in lives],
        ],
        openapi_config=CONFIG,
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
    )


def weekly(store: Store, directory: Path, shared: Mapping[str, Any]) -> Weekly:
    """Return what makes the report of the week."""
    numbers, outlines = shared["numbers"], shared["outlines"]
    return Weekly(store, directory, shared["web_options"].report, numbers, outlines)


def shared_things(store: Store, directory: Path, who: Who, options: WebOptions) -> dict[str, Any]:
    """Return what routes may ask for, by the name under which they do."""
    limits = Limits(shared_limits.connect(options.redis_url))
    commits = Commits(store)
    return {
        "bell": Bell(store, commits),
        "bench": Bench(),
        "commits": commits,
        "directory": directory,
        "films": Films(directory, Shelf(directory / "replays", options.room)),
        "foretelling": Foretelling(directory),
        "game": Game(directory if options.game else None),
        "health": Health(store),
        "hub": Hub(directory if options.game else None),
        "numbers": Numbers(store, directory),
        "outlines": Outlines(directory),
        "passwords": Passwords(),
        "quota": limits,
        "rankings": Rankings(store),
        "record_key": RecordKey(directory),
        "roster": Roster(store),
        "registry": Registry(store, limits, options.servers),
        "store": store,
        "tail": Tail(store, commits),
        "traffic": Traffic(),
        "trust": Trust(directory / "keys" / "servers", store),
        "web_options": options,
        "who": who,
    }


def kept_going(
    store: Store,
    options: WebOptions,
    master_socket: socket.socket | None,
    shared: Mapping[str, Any],
) -> list[Callable[[Litestar], AbstractAsyncContextManager[None]]]:
    """Return what goes on beside the requests."""
    found = [
        settling.keep_settled(store, shared["commits"]),
        planning.keep_planned(store, options.season_length),
        score_boards.keep_counted(store, options.map_boards, shared["commits"]),
    ]
    if master_socket is not None:
        found.append(master.running(master_socket, shared["registry"], shared["quota"]))
    return found


def given(thing: object) -> Provide:
    """Return how *thing* gets to the routes that ask for it."""
    return Provide(lambda: thing, sync_to_thread=False)


def handlers_for(store: Store) -> list[HTTPRouteHandler]:
    """Return every route; what reads *store* runs in a thread if that may take long."""
    handlers: list[HTTPRouteHandler] = [
        *api_admin.HANDLERS,
        *api_analytics.HANDLERS,
        *api_auth.HANDLERS,
        *api_me.HANDLERS,
        *api_join.HANDLERS,
        *api_bans.HANDLERS,
        *api_friends.HANDLERS,
        *api_saves.HANDLERS,
        *api_replays.HANDLERS,
        *api_boards.HANDLERS,
        *api_feed.HANDLERS,
        *api_servers.HANDLERS,
        *api_players.HANDLERS,
        api.get_player,
        api_ratings.get_ratings,
        api_ratings.get_expected,
        *api_history.HANDLERS,
        *api_stats.HANDLERS,
        *api_matches.HANDLERS,
        api.post_result,
        health.get_health,
        health.get_ready,
        metrics.get_metrics,
        *pages.HANDLERS,
        *pages_history.HANDLERS,
        *pages_maps.HANDLERS,
        *pages_servers.HANDLERS,
        *dashboard.HANDLERS,
    ]
    long = [
        *api_history.HANDLERS,
        *api_stats.HANDLERS,
        *api_players.HANDLERS,
        *pages_history.HANDLERS,
    ]
    for handler in handlers:
        # To read a file takes microseconds, less than to hand over to a thread; but not if it may be
        # all that a player ever played.
        handler.sync_to_thread = store.remote or handler in long
    return handlers


def cors(options: WebOptions) -> CORSConfig | None:
    """Return which other sites may use the API from their pages; never with cookies, there are none."""
    if not options.cors_origins:
        return None
    return CORSConfig(
        allow_origins=list(options.cors_origins),
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"],
        allow_headers=CORS_REQUEST,
        expose_headers=CORS_ANSWER,
        max_age=600,
    )
