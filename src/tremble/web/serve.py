"""`tremble web` as a process: bind the port, open the store, serve until SIGTERM or SIGINT."""

import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from tremble.errors import ConfigError, PortBusy
from tremble.store.engine import Store
from tremble.web.app import create_app

STORE_NAME = "tremble.db"
#: How long running requests may take to finish after SIGTERM.
GRACE_S = 10
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Server(uvicorn.Server):
    """Uvicorn that says when it is ready, and leaves the end of the process to us."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at a signal; uvicorn's own way kills us with it at the end, the store still open."""
        before = {number: signal.signal(number, self.handle_exit) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run(host: str, port: int, directory: Path, on_ready: Callable[[str], None]) -> None:
    """Serve *directory*/tremble.db on *host*:*port* (0: any free port) until SIGTERM or SIGINT.

    Calls *on_ready* with the base URL once requests are answered. To be called from the main
    thread. Raises PortBusy, ConfigError if the address cannot be used, StoreError if the store
    cannot.
    """
    with bind(host, port) as listener, Store(directory / STORE_NAME) as store:
        url = f"http://{address(listener)}"
        config = uvicorn.Config(
            create_app(store, directory),
            http="httptools",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        Server(config, lambda: on_ready(url)).run([listener])


def bind(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises PortBusy; ConfigError for an address that is not ours."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise ConfigError(f"--http {host}:{port}: no such address ({error.strerror})") from error
    listener = socket.socket(family, kind, protocol)
    try:
        if socket.has_dualstack_ipv6() and family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        # A restart must not wait for the last connections to be forgotten.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortBusy(
                f"{host}:{port} is in use by another program; end it, or choose another with --http"
            ) from error
        raise ConfigError(f"--http {host}:{port}: cannot listen ({error.strerror})") from error
    return listener


def address(listener: socket.socket) -> str:
    """Return HOST:PORT where *listener* listens, as it stands in a URL."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
