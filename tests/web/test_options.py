"""The settings of the web process: lists that are taken as they are meant, or refused by name."""

import pytest

from tremble.errors import ConfigError
from tremble.web.options import WebOptions, read_options


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
