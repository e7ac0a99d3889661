"""The listening socket of the web process. Cheap to import: the supervisor binds it for its child."""

import errno
import socket

from tremble.errors import ConfigError, PortBusy


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


def bind_udp(host: str, port: int) -> socket.socket:
    """Return a UDP socket of the master list. Raises PortBusy or ConfigError."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        sock.setblocking(False)
        sock.bind(where)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortBusy(
                f"web.master_port: UDP port {port} of {host} is in use by another program; choose another"
            ) from error
        raise ConfigError(f"web.master_port: cannot listen on {host} ({error.strerror})") from error
    return sock


def address(listener: socket.socket) -> str:
    """Return HOST:PORT where *listener* listens, as it stands in a URL."""
    host, port = listener.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
