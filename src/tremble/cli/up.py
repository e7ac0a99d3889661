"""tremble up, server, web: start the whole thing, or one half of it."""

import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from tremble import compiled, log
from tremble.cli import restoring
from tremble.cli.afresh import begin_afresh
from tremble.cli.console import follow_stdin
from tremble.cli.logs import log_file, unseen, where_logs_go
from tremble.cli.options import Dir, Sets, host_and_port, prepared, settings
from tremble.cli.reload import Reloader, check_maps
from tremble.cli.sockets import Sockets
from tremble.cli.told import options_alone, report_options, room, web_environ, worker_options
from tremble.cli.view import PlainView, View, live_view
from tremble.cli.watching import Watching, looked_after
from tremble.errors import TrembleError
from tremble.log import LogOptions
from tremble.process import StopFlag
from tremble.sections import Settings
from tremble.server import lock, memory, notify, pulse, udp
from tremble.server.memory import Memory
from tremble.server.options import WorkerOptions
from tremble.server.pulse import Pulse
from tremble.server.spare import Spare
from tremble.server.steward import Steward
from tremble.server.supervisor import STOP_PATIENCE, Child, attend, let_finish, stop_in_order
from tremble.server.worker import AGAIN, METRICS_TOKEN, PASSWORD, RCON_PASSWORD, SIGNAL, serve
from tremble.web import listen
from tremble.web.options import ListOptions, read_options

Port = Annotated[int | None, Parameter(help="UDP port of the game (server.port).")]
Http = Annotated[str | None, Parameter(name="--http", help="HOST:PORT of the web process.")]
Arenas = Annotated[int | None, Parameter(help="Matches at once (server.arenas).")]


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
    flags = with_flags(sets, arenas, port, http)
    path, loaded = settings(directory, flags)
    wanted = loaded.settings
    check_maps(wanted, path)  # a bad map is told before anything starts
    stop = StopFlag()
    with ExitStack() as stack:
        held = stack.enter_context(lock.take(prepared(path)))
        terminal = sys.stdout.isatty()
        errors = log_file(path, stack) if terminal or unseen() else None
        log.set_up(log_options(path, wanted))
        sockets = stack.enter_context(Sockets())
        game = sockets.bind("game", wanted.server.bind, wanted.server.port, udp.bind)
        page = sockets.bind("web", wanted.web.host, wanted.web.port, listen.bind)
        view: View = live_view(wanted, bots, path) if terminal else PlainView()
        stack.enter_context(view)
        url = f"http://{listen.address(page)}"
        view.addresses(game.getsockname()[1], url)
        held.tell(port=game.getsockname()[1], url=url, log=where_logs_go(path, errors))
        tell(view)
        stop.listen(children=True)
        restoring.at_start(path, held, errors, lambda: stop.stopping)
        place = place_of(wanted, game, url)
        children = Children(path, view, errors, wanted.server.drain_s)
        children.environ = log.handed_on(log_options(path, wanted, quiet=errors is not None))
        children.again = wanted.server.auto_restart
        words = ["tremble.web", str(path), str(page.fileno()), "game"]
        children.add("web", words, [page.fileno()], web_environ(wanted))
        begin_game(children, worker_options(path, wanted, **place), secrets_of(wanted))
        reloader = Reloader(path, loaded, flags)
        children.watching = stack.enter_context(looked_after(path, lambda: reloader.settings, url))
        children.watch(stop, bots, game.getsockname()[1], lambda: reload(reloader, children, place))
        again = children.recycled and not stop.stopping
        if again:
            sockets.hand_on()
    if again:
        begin_afresh(stop, children.wish)


def place_of(wanted: Settings, game: socket.socket, url: str) -> dict[str, Any]:
    """Return what the worker is given: its record, its socket, memory to share with a standby."""
    found = {"url": url, "fd": game.fileno(), "port": game.getsockname()[1]}
    if wanted.server.standby and wanted.server.auto_restart and memory.available():
        found["memory"] = memory.create()
    return found


def begin_game(children: "Children", options: WorkerOptions, secrets: Mapping[str, str]) -> None:
    """Start the game worker, and keep a standby if it has memory to share with one."""
    inherited = [options.fd, *([options.memory] if options.memory >= 0 else [])]
    worker = children.add("game", ["tremble.server", in_public(options)], inherited, secrets)
    if options.memory >= 0:
        children.spare = Spare(worker, Memory(options.memory))


def reload(reloader: Reloader, children: "Children", place: Mapping[str, Any]) -> bool | None:
    """Read the settings again, give them to the worker; return auto_restart if they changed."""
    wanted = reloader.again()
    if wanted is None:
        return None
    worker = children.game
    options = worker_options(reloader.path, wanted, **place)
    worker.command = [*worker.command[:-1], in_public(options)]  # for when it is started again
    worker.environ = {**worker.environ, **secrets_of(wanted)}
    worker.write(msgspec.json.encode(options))
    if children.spare is not None:
        children.spare.renew(standby_command(worker.command), worker.environ)
    return wanted.server.auto_restart


def secrets_of(wanted: Settings) -> dict[str, str]:
    """Return what the worker finds in its environment: its arguments anyone can read."""
    return {
        PASSWORD: wanted.server.password,
        RCON_PASSWORD: wanted.rcon.password,
        METRICS_TOKEN: wanted.metrics.token,
    }


def in_public(options: WorkerOptions) -> str:
    """Return *options* for a command line."""
    rcon = msgspec.structs.replace(options.rcon, password="")
    metrics = msgspec.structs.replace(options.metrics, token="")
    shown = msgspec.structs.replace(options, password="", rcon=rcon, metrics=metrics)
    return msgspec.json.encode(shown).decode()


def standby_command(command: Sequence[str]) -> list[str]:
    """Return how to start the standby of the worker that *command* starts."""
    options = msgspec.json.decode(command[-1], type=WorkerOptions)
    options = msgspec.structs.replace(options, standby=True)
    return [*command[:-1], msgspec.json.encode(options).decode()]


class Children:
    """The processes of `up`, in the order in which they were started."""

    def __init__(self, path: Path, view: View, errors: Any, drain_s: float) -> None:
        self.path = path
        self.view = view
        self.errors = errors
        self.all: list[Child] = []
        self.ready: set[str] = set()
        self.failure: StartError | None = None
        self.drain_s = drain_s
        self.again = True
        self.finished = False
        self.watching: Watching | None = None
        self.environ: dict[str, str] = {}  # of all of them, besides our own
        self.recycled = False  # it is to begin afresh as a whole
        self.wish: dict[str, Any] | None = None  # and to restore this first (tremble.restoring)
        self.pulse = Pulse(notify.watchdog_s())
        self.spare: Spare | None = None
        self.told = ""  # what was said when all was ready

    def add(
        self,
        name: str,
        arguments: Sequence[str],
        fds: Sequence[int],
        environ: Mapping[str, str] | None = None,
    ) -> Child:
        """Start `python -m ARGUMENTS` as the child *name*, with *environ* besides our own."""
        command = [sys.executable, "-m", *arguments]
        child = Child(
            name,
            command,
            fds,
            self.errors,
            lambda found: self.heard(child, found),
            {**self.environ, **(environ or {})},
        )
        child.again = self.again
        self.all.append(child)
        child.start()
        return child

    def heard(self, child: Child, report: dict[str, Any]) -> None:
        """Take one report of a *child*."""
        name = child.name
        if report.get("event") == "ready":
            self.ready.add(name)
            if name == "game":
                self.pulse.begin(monotonic())
        elif report.get("event") == "died" and name == "game":
            self.pulse.end()
        elif report.get("event") == "alive":
            self.pulse.answered(monotonic())
            notify.alive()
        elif report.get("event") == "error" and name not in self.ready:
            self.failure = StartError(report["message"], report["exit_code"])
        elif report.get("event") == "ended":
            child.expect_end()
            self.pulse.end()
            self.finished = report["why"] not in ("restart", SIGNAL)
            self.recycled = report["why"] in ("recycle", "restore")
            self.wish = report.get("wish")
        self.view.report(name, report)
        if self.watching is not None:
            self.watching.heard(name, report)

    def watch(
        self, stop: StopFlag, bots: int, port: int, reload: Callable[[], bool | None]
    ) -> None:
        """Keep them running until *stop*; the bots start once the game is ready."""
        try:
            while not stop.stopping and not self.finished:
                attend(self.everybody, self.patience(monotonic()), stop.fd)
                self.feel(monotonic())
                if stop.reloading:
                    stop.reloading = False
                    notify.reloading()
                    self.let_restart(reload())
                    notify.ready(self.told)
                self.check()
                if bots and "game" in self.ready and len(self.all) == 2:
                    words = ["tremble.client", "127.0.0.1", str(port), str(bots), str(self.path)]
                    self.add("bots", words, [])
                if not self.told and {"game", "web"} <= self.ready:
                    self.told = f"game udp port {port}"
                    self.view.ready()
                    notify.ready(self.told)
                if self.told and self.spare is not None:
                    self.spare.begin(self.standby)
                self.view.refresh([child.restarts for child in self.all])
        finally:
            self.view.stopping()
            if not self.recycled:  # else a service manager would wait for the end of this process
                notify.stopping("matches end" if self.drain_s else "stopping")
            if self.drain_s:
                # First of all the game: its matches need their bots, its results the web process.
                let_finish(self.game, self.everybody, self.drain_s + STOP_PATIENCE)
            stop_in_order(self.everybody[::-1])

    def standby(self, heard: Callable[[dict[str, Any]], None]) -> Child:
        """Return a standby of the game worker that is not started yet; *heard* takes its reports."""
        game = self.game
        command = standby_command(game.command)
        return Child("standby", command, game.fds, self.errors, heard, game.environ)

    @property
    def everybody(self) -> list[Child]:
        """All of them, and the standby."""
        return [*self.all, *(self.spare.children if self.spare is not None else [])]

    @property
    def game(self) -> Child:
        """The game worker."""
        return next(child for child in self.all if child.name == "game")

    def patience(self, now: float) -> float | None:
        """Return how long nothing has to be looked at unless something is reported; None: for ever."""
        waits = [self.view.every, self.pulse.next_look(now)]
        if self.spare is not None:
            waits.append(self.spare.patience(now))
        known = [wait for wait in waits if wait is not None]
        return min(known) if known else None

    def feel(self, now: float) -> None:
        """Ask the game worker whether its loop turns; end it if it does not, to be started again."""
        if self.game.process is None:
            self.pulse.end()
        elif self.pulse.due(now):
            self.game.write(pulse.QUESTION)
        elif self.pulse.hangs(now):
            self.pulse.end()
            self.game.kill("hangs")
        if self.spare is not None and self.game.process is not None:
            self.spare.attend(self.pulse.ask_at is not None, now)

    def let_restart(self, again: bool | None) -> None:
        """Start who dies again or not, as the settings say now; None: as before."""
        if again is not None:
            self.again = again
            for child in self.all:
                child.again = again

    def check(self) -> None:
        """Raise StartError if a child could not start, or has died and is not to be started again."""
        for child in self.all:
            if child.died is not None and self.failure is None:
                why = f"the {child.name} process died (exit code {child.died}) and "
                self.failure = StartError(f"{why}server.auto_restart is off: stopping", 1)
        if self.failure is not None:
            raise self.failure


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


def log_options(path: Path, wanted: Settings, quiet: bool = False) -> LogOptions:
    """Return how a process on the data directory *path* logs."""
    section = wanted.log
    return LogOptions(
        section.level, section.format, section.max_bytes, section.files, str(path), quiet
    )


def tell(view: View) -> None:
    """Tell the operator what is worth knowing before anything runs."""
    if compiled.reason is not None:
        view.warn(f"running UNCOMPILED, about 4x slower: {compiled.reason}")


def server(
    *, directory: Dir = None, port: Port = None, arenas: Arenas = None, sets: Sets = None
) -> None:
    """Run the game half alone; results go to web.url, or wait in the outbox."""
    log.configure()
    flags = with_flags(sets, arenas, port, None)
    path, loaded = settings(directory, flags)
    view = PlainView()
    tell(view)
    options = options_alone(path, loaded.settings)
    check_maps(loaded.settings, path)
    reloader = Reloader(path, loaded, flags)
    stops: list[StopFlag] = []

    def listening(stop: StopFlag, steward: Steward) -> None:
        stops.append(stop)
        follow_hangup(stop, steward, reloader)

    with (
        lock.take(prepared(path), "server") as held,
        Sockets() as sockets,
        looked_after(path, lambda: reloader.settings) as watching,
    ):
        log.set_up(log_options(path, loaded.settings))
        held.tell(log=where_logs_go(path, None))
        game = sockets.bind("game", options.bind, options.port, udp.bind)
        why = serve(
            msgspec.structs.replace(options, fd=game.dup().detach()),
            lambda line: heard_alone(view, held, path, watching, msgspec.json.decode(line)),
            listening,
        )
        if why in AGAIN:
            sockets.hand_on()
        else:
            notify.stopping("stopping")
    if why in AGAIN:
        begin_afresh(stops[0])


def follow_hangup(stop: StopFlag, steward: Steward, reloader: Reloader) -> None:
    """Let SIGHUP change the settings of the game server that *steward* looks after.

    If a watchdog waits it is told, by the loop itself, that it turns.
    """

    def attend(now: float) -> None:
        if stop.reloading:
            stop.reloading = False
            notify.reloading()
            wanted = reloader.again()
            if wanted is not None:
                options = options_alone(reloader.path, wanted)
                steward.read(msgspec.json.encode(options), now)
            notify.ready("settings read again")

    steward.server.between.append(attend)
    watchdog_s = notify.watchdog_s()
    if watchdog_s is not None:
        ask = partial(steward.take_line(stop.poke), pulse.QUESTION)
        every_s = Pulse(watchdog_s).every_s
        threading.Thread(target=keep_asking, args=(ask, every_s), name="pulse", daemon=True).start()


def keep_asking(ask: Callable[[], None], every_s: float) -> None:
    """Call *ask* every *every_s* seconds, for ever."""
    while True:
        ask()
        sleep(every_s)


def heard_alone(
    view: View, held: lock.Lock, path: Path, watching: Watching, report: dict[str, Any]
) -> None:
    """Take one report of a game server that runs in this process."""
    view.report("game", report)
    watching.heard("game", report)
    if report["event"] == "ready":
        held.tell(port=report["port"])
        notify.ready(f"game udp port {report['port']}")
        follow_stdin(path)
    elif report["event"] == "alive":
        notify.alive()


def web(*, directory: Dir = None, http: Http = None, sets: Sets = None) -> None:
    """Run the record half alone: API, pages and the store."""
    from tremble.web.serve import run

    log.configure()
    flags = with_flags(sets, None, None, http)
    path, loaded = settings(directory, flags)
    reloader = Reloader(path, loaded, flags)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda number, frame: reloader.again())
    view = PlainView()
    tell(view)
    section, access = loaded.settings.web, loaded.settings.metrics
    with (
        lock.take(prepared(path), "web") as held,
        listen.bind(section.host, section.port) as listener,
        looked_after(path, lambda: reloader.settings, f"http://{listen.address(listener)}"),
    ):
        log.set_up(log_options(path, loaded.settings))
        held.tell(log=where_logs_go(path, None))
        store_url = loaded.settings.store.url
        length = loaded.settings.season.length
        options = read_options(
            section.cors_origins,
            section.trusted_proxies,
            room(loaded.settings),
            length,
            ListOptions(section.allow_private, section.servers_per_owner, section.master_port),
            section.redis_url,
        )
        run(
            listener,
            path,
            lambda url: web_ready(view, held, url),
            store_url,
            msgspec.structs.replace(
                options,
                metrics_open=access.open,
                metrics_token=access.token,
                map_boards=loaded.settings.store.map_boards,
                report=report_options(loaded.settings),
            ),
            lambda password: view.report("web", {"event": "first operator", "password": password}),
        )


def web_ready(view: View, held: lock.Lock, url: str) -> None:
    """The web process answers at *url*: tell everybody who waits for it."""
    held.tell(url=url)
    view.report("web", {"event": "ready", "url": url})
    notify.ready(f"web {url}")
