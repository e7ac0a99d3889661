"""`tremble web` as a process: bind the port, open the store, serve until SIGTERM or SIGINT."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

import uvicorn
from litestar import Litestar

from tremble.process import collect_rarely
from tremble.store.engine import Store
from tremble.web import listen
from tremble.web.app import create_app
from tremble.web.commits import until_look
from tremble.web.dashboard.sign_in import first_operator
from tremble.web.options import WebOptions

STORE_NAME = "tremble.db"
#: How long running requests may take to finish after SIGTERM.
GRACE_S = 10
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Server(uvicorn.Server):
    """Uvicorn that says when it is ready and when it ends, and leaves the end of the process to us."""

    def __init__(
        self, config: uvicorn.Config, on_ready: Callable[[], None], on_end: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._on_end = on_end
        self._ends = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def main_loop(self) -> None:
        """Wait for the end; keep the header Date right, at the moment when all else looks about.

        Uvicorn's own loop wakes ten times as often.
        """
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(until_look(self._loop.time())):
                    await self._ends.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal: the first ends the loop, a second one the waiting for requests."""
        super().handle_exit(sig, frame)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ends.set)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Streams would never end by themselves.
        self._on_end()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at a signal; uvicorn's own way kills us with it at the end, the store still open."""
        before = {number: signal.signal(number, self.handle_exit) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def end_waiting(app: Litestar) -> None:
    """Let all end that would wait for what happens."""
    app.state.tail.close()
    app.state.bell.close()
    app.state.hub.close()


def run(
    listener: socket.socket,
    directory: Path,
    on_ready: Callable[[str], None],
    store_url: str = "",
    options: WebOptions = WebOptions(),  # noqa: B008  frozen
    on_first: Callable[[str], None] | None = None,
) -> None:
    """Serve the store on *listener* (see listen.py) until SIGTERM or SIGINT.

    The store is the PostgreSQL database at *store_url*, without one *directory*/tremble.db. Calls
    *on_ready* with the base URL once requests are answered, and before that *on_first* with the password
    of the dashboard's first operator, if it was made just now. To be called from the main thread.
    Raises StoreError if the store cannot be used.
    """
    with ExitStack() as stack:
        stack.enter_context(listener)
        master = None
        if options.servers.master_port:
            host = listener.getsockname()[0]
            master = stack.enter_context(listen.bind_udp(host, options.servers.master_port))
        store = stack.enter_context(Store(store_url or directory / STORE_NAME))
        if on_first is not None and (password := first_operator(store)) is not None:
            on_first(password)
        url = f"http://{listen.address(listener)}"
        app = create_app(store, directory, options=options, master_socket=master)
        config = uvicorn.Config(
            app,
            http="httptools",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=list(options.trusted_proxies),
            timeout_graceful_shutdown=GRACE_S,
        )
        collect_rarely()
        Server(config, lambda: on_ready(url), lambda: end_waiting(app)).run([listener])
