"""tremble up, server, web: start the whole thing, or one half of it."""

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from tremble import compiled, log, maps
from tremble.cli.console import follow_stdin
from tremble.cli.options import Dir, Sets, host_and_port, prepared, settings
from tremble.cli.view import PlainView, View, live_view
from tremble.config import Loaded, Settings
from tremble.errors import TrembleError
from tremble.process import StopFlag
from tremble.server import lock, udp
from tremble.server.rcon import RconOptions
from tremble.server.supervisor import Child, attend, stop_in_order
from tremble.server.worker import RCON_PASSWORD, WorkerOptions, serve
from tremble.web import listen
from tremble.web.options import read_options

Port = Annotated[int | None, Parameter(help="UDP port of the game (server.port).")]
Http = Annotated[str | None, Parameter(name="--http", help="HOST:PORT of the web process.")]
Arenas = Annotated[int | None, Parameter(help="Matches at once (server.arenas).")]

#: Seconds between two looks at the children while nothing is reported.
PATIENCE = 0.25


class StartError(TrembleError):
    """A child could not start; it has said why, and with which exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def up(
    *,
    bots: Annotated[int, Parameter(help="Bots that connect and play.")] = 0,
    arenas: Arenas = None,
    directory: Dir = None,
    port: Port = None,
    http: Http = None,
    sets: Sets = None,
) -> None:
    """Run all of Tremble: game server, record and web page, started again if they die."""
    log.configure()
    path, loaded = settings(directory, with_flags(sets, arenas, port, http))
    wanted = loaded.settings
    maps.load(wanted.server.map, path)  # a bad map is told before anything starts
    stop = StopFlag()
    with ExitStack() as stack:
        stack.enter_context(lock.take(prepared(path)))
        game = stack.enter_context(udp.bind(wanted.server.bind, wanted.server.port))
        page = stack.enter_context(listen.bind(wanted.web.host, wanted.web.port))
        errors = stack.enter_context((path / "logs" / "processes.log").open("ab"))
        terminal = sys.stdout.isatty()
        view: View = live_view(wanted, bots, path) if terminal else PlainView()
        stack.enter_context(view)
        url = f"http://{listen.address(page)}"
        view.addresses(game.getsockname()[1], url)
        tell(loaded, view)
        stop.listen()
        where = msgspec.structs.replace(
            worker_options(path, wanted, url), fd=game.fileno(), port=game.getsockname()[1]
        )
        children = Children(path, view, errors if terminal else None)
        children.add(
            "web",
            ["tremble.web", str(path), str(page.fileno())],
            [page.fileno()],
            web_environ(wanted),
        )
        secret = {RCON_PASSWORD: wanted.rcon.password}
        rcon = msgspec.structs.replace(where.rcon, password="")
        game_options = msgspec.json.encode(msgspec.structs.replace(where, rcon=rcon)).decode()
        children.add("game", ["tremble.server", game_options], [game.fileno()], secret)
        children.watch(stop, bots, game.getsockname()[1])


class Children:
    """The processes of `up`, in the order in which they were started."""

    def __init__(self, path: Path, view: View, errors: Any) -> None:
        self.path = path
        self.view = view
        self.errors = errors
        self.all: list[Child] = []
        self.ready: set[str] = set()
        self.failure: StartError | None = None

    def add(
        self,
        name: str,
        arguments: Sequence[str],
        fds: Sequence[int],
        environ: Mapping[str, str] | None = None,
    ) -> None:
        """Start `python -m ARGUMENTS` as the child *name*, with *environ* besides our own."""
        command = [sys.executable, "-m", *arguments]
        child = Child(
            name, command, fds, self.errors, lambda found: self.heard(name, found), environ
        )
        self.all.append(child)
        child.start()

    def heard(self, name: str, report: dict[str, Any]) -> None:
        """Take one report of the child *name*."""
        if report.get("event") == "ready":
            self.ready.add(name)
        elif report.get("event") == "error" and name not in self.ready:
            self.failure = StartError(report["message"], report["exit_code"])
        self.view.report(name, report)

    def watch(self, stop: StopFlag, bots: int, port: int) -> None:
        """Keep them running until *stop*; the bots start once the game is ready."""
        try:
            while not stop.stopping:
                attend(self.all, PATIENCE)
                if self.failure is not None:
                    raise self.failure
                if bots and "game" in self.ready and len(self.all) == 2:
                    words = ["tremble.client", "127.0.0.1", str(port), str(bots), str(self.path)]
                    self.add("bots", words, [])
                if len(self.ready) == 2:
                    self.view.ready()
                self.view.refresh([child.restarts for child in self.all])
        finally:
            self.view.stopping()
            stop_in_order(self.all[::-1])


def with_flags(
    sets: list[str] | None, arenas: int | None, port: int | None, http: str | None
) -> list[str]:
    """Return *sets* with the flags that stand for settings at its end."""
    found = list(sets or [])
    if arenas is not None:
        found.append(f"server.arenas={arenas}")
    if port is not None:
        found.append(f"server.port={port}")
    if http is not None:
        host, http_port = host_and_port(http, 8433)
        found += [f"web.host={host}", f"web.port={http_port}"]
    return found


def web_environ(wanted: Settings) -> dict[str, str]:
    """Return what the web process must know of the settings, as it reads them."""
    return {
        "TREMBLE_STORE__URL": wanted.store.url,
        "TREMBLE_SEASON__LENGTH": wanted.season.length,
        "TREMBLE_WEB__CORS_ORIGINS": wanted.web.cors_origins,
        "TREMBLE_WEB__TRUSTED_PROXIES": wanted.web.trusted_proxies,
    }


def tell(loaded: Loaded, view: View) -> None:
    """Tell the operator what is worth knowing before anything runs."""
    for warning in loaded.warnings:
        view.warn(warning)
    if compiled.reason is not None:
        view.warn(f"running UNCOMPILED, about 4x slower: {compiled.reason}")


def worker_options(path: Path, wanted: Settings, url: str) -> WorkerOptions:
    """Return what a game worker must know of the settings."""
    server = wanted.server
    return WorkerOptions(
        directory=str(path),
        name=server.server_name,
        bind=server.bind,
        port=server.port,
        mode=server.gamemode,
        map=server.map,
        arenas=server.arenas,
        max_players=server.max_players,
        per_address=server.max_connections_per_ip,
        public=server.public,
        lan=server.lan,
        match=msgspec.structs.asdict(wanted.match),
        url=url,
        rcon=RconOptions(**msgspec.structs.asdict(wanted.rcon)),
    )


def server(
    *, directory: Dir = None, port: Port = None, arenas: Arenas = None, sets: Sets = None
) -> None:
    """Run the game half alone; results go to web.url, or wait in the outbox."""
    log.configure()
    path, loaded = settings(directory, with_flags(sets, arenas, port, None))
    view = PlainView()
    tell(loaded, view)
    options = worker_options(path, loaded.settings, loaded.settings.web.url)
    maps.load(options.map, path)
    with lock.take(prepared(path)):
        serve(options, lambda line: heard_alone(view, path, msgspec.json.decode(line)))


def heard_alone(view: View, path: Path, report: dict[str, Any]) -> None:
    """Take one report of a game server that runs in this process."""
    view.report("game", report)
    if report["event"] == "ready":
        follow_stdin(path)


def web(*, directory: Dir = None, http: Http = None, sets: Sets = None) -> None:
    """Run the record half alone: API, pages and the store."""
    from tremble.web.serve import run

    log.configure()
    path, loaded = settings(directory, with_flags(sets, None, None, http))
    view = PlainView()
    tell(loaded, view)
    with lock.take(prepared(path)):
        section = loaded.settings.web
        listener = listen.bind(section.host, section.port)
        store_url = loaded.settings.store.url
        length = loaded.settings.season.length
        options = read_options(section.cors_origins, section.trusted_proxies, length)
        run(
            listener,
            path,
            lambda url: view.report("web", {"event": "ready", "url": url}),
            store_url,
            options,
        )
