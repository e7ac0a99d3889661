"""The settings of the web process: lists that are taken as they are meant, or refused by name."""

import subprocess
import sys

import pytest

from tremble.errors import ConfigError
from tremble.web.options import WebOptions, listing_faults, read_options


def test_lists() -> None:
    """Words between commas, however spaced; the defaults are what empty settings give."""
    found = read_options("https://play.example.org, http://[::1]:8080", " 10.0.0.7,10.1.0.0/16,")

    assert found.cors_origins == ("https://play.example.org", "http://[::1]:8080")
    assert found.trusted_proxies == ("10.0.0.7", "10.1.0.0/16")
    assert read_options("", "127.0.0.1,::1") == WebOptions()


@pytest.mark.parametrize(
    ("origins", "proxies", "named"),
    [
        ("play.example.org", "", "web.cors_origins: 'play.example.org'"),
        ("https://play.example.org/", "", "web.cors_origins"),
        ("", "proxy.local", "web.trusted_proxies: 'proxy.local'"),
        ("", "10.0.0.7/8", "web.trusted_proxies: 10.0.0.7/8"),
    ],
)
def test_refused(origins: str, proxies: str, named: str) -> None:
    """What cannot be meant is refused before anything starts, with an example of what can."""
    with pytest.raises(ConfigError, match=named):
        read_options(origins, proxies)


@pytest.mark.parametrize(
    ("advertise", "tags", "expected"),
    [
        ("", [], None),
        ("203.0.113.7:4433", ["railonly", "new"], None),
        ("play.example.org", [], "server.advertise: 'play.example.org' is no address"),
        ("", ["Two Words"], "server.tags = ['Two Words']"),
        ("", ["a"] * 9, "up to 8"),
    ],
)
def test_what_the_list_of_servers_is_told(advertise, tags, expected):
    """An address and words; what is wrong is named."""
    faults = listing_faults(advertise, tags)

    assert (expected is None and not faults) or expected in faults[0]


@pytest.mark.parametrize(
    "url", ["localhost:6379", "http://localhost", "redis://", "redis://h:x1", "unix://"]
)
def test_no_redis(url: str) -> None:
    """The address of something else is refused, without repeating it: it may hold a password."""
    with pytest.raises(ConfigError, match=r"web\.redis_url"):
        read_options("", "", redis_url=url)


def test_cheap_to_import() -> None:
    """Settings are read by every command: they bring neither event loop nor logging along."""
    script = "import sys, tremble.config; print({'asyncio', 'structlog'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert found.stdout == "set()\n"
