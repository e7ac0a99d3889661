"""The listening socket: bound, or a clear word why not."""

import pytest

from tremble.errors import ConfigError, PortBusy
from tremble.web import listen


def test_free_port() -> None:
    """Port 0 takes a free port, and its address says which."""
    with listen.bind("127.0.0.1", 0) as listener:
        host, _, port = listen.address(listener).partition(":")

    assert host == "127.0.0.1"
    assert int(port) > 0


def test_busy() -> None:
    """A port that is taken is named, with what to do."""
    with listen.bind("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(PortBusy, match=rf"127\.0\.0\.1:{port} is in use.*--http"):
            listen.bind("127.0.0.1", port)


def test_not_ours() -> None:
    """An address of another machine, or of none, is named."""
    with pytest.raises(ConfigError, match=r"192\.0\.2\.1"):
        listen.bind("192.0.2.1", 0)
    with pytest.raises(ConfigError, match=r"no\.such\.host\.invalid"):
        listen.bind("no.such.host.invalid", 0)
