"""Sources of addresses: what people write, the master list, names, broadcast addresses."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tremble.client import sources
from tremble.client.sources import broadcast_addresses, look_up, numeric, parsed, read_master
from tremble.errors import TrembleError


@contextmanager
def master(pages: dict[str, bytes]) -> Iterator[str]:
    """A web process that has *pages* by path with query; yields its URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = pages.get(self.path)
            self.send_response(200 if found is not None else 404)
            self.end_headers()
            self.wfile.write(found or b"{}")

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def page(addresses: list[str], cursor: str | None = None) -> bytes:
    """A page of the master list."""
    servers = [{"address": address, "name": "N", "players": 3} for address in addresses]
    return json.dumps({"servers": servers, "next": cursor, "total": 3}).encode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("127.0.0.1:4433", ("127.0.0.1", 4433)),
        ("[::1]:1", ("::1", 1)),
        ("play.example.org:65535", ("play.example.org", 65535)),
    ],
)
def test_addresses_are_read(text, expected):
    """Numbers and names."""
    assert parsed(text) == expected


@pytest.mark.parametrize(
    "text", ["", "host", ":1", "host:", "host:x", "host:0", "host:65536", "::1:5", "a:²"]
)
def test_what_is_no_address_is_told(text):
    """With what it should be."""
    with pytest.raises(TrembleError, match=r"HOST:PORT|1 to 65535"):
        parsed(text)


def test_names_are_left_to_the_name_servers():
    """Numbers are not."""
    assert numeric("10.0.0.1:5") == ("10.0.0.1", 5)
    assert numeric("[0:0::1]:5") == ("::1", 5)
    assert numeric("localhost:5") is None
    assert look_up("localhost:5")[1] == 5
    with pytest.raises(TrembleError, match="no host of this name"):
        look_up("no.such.host.invalid:5")


def test_a_master_list_is_read_page_by_page():
    """Each server as its page comes; bad lines are passed over."""
    pages = {
        "/v1/servers": page(["10.0.0.1:1", "nonsense", "name:1"], "a/b"),
        "/v1/servers?cursor=a%2Fb": page(["[::1]:2"]),
    }
    found = []
    with master(pages) as url:
        read_master(url + "/", found.append)

    assert found == [("10.0.0.1", 1), ("::1", 2)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"<html>", "no list of servers"),
        (b'{"servers": 5}', "no list of servers"),
        (None, "Not Found"),
    ],
)
def test_a_bad_master_list_is_told(content, expected):
    """With its address."""
    pages = {} if content is None else {"/v1/servers": content}
    with master(pages) as url, pytest.raises(TrembleError, match=expected):
        read_master(url, lambda address: None)


def test_an_endless_master_list_ends(monkeypatch):
    """After MAX_PAGES; a page that is too long is not read."""
    monkeypatch.setattr(sources, "MAX_PAGES", 3)
    found = []
    pages = {
        "/v1/servers": page(["10.0.0.1:1"], "x"),
        "/v1/servers?cursor=x": page(["10.0.0.2:1"], "x"),
    }
    with master(pages) as url:
        read_master(url, found.append)
        monkeypatch.setattr(sources, "MAX_PAGE", 10)
        with pytest.raises(TrembleError, match="over 10 bytes"):
            read_master(url, found.append)

    assert len(found) == 3


@pytest.mark.parametrize("url", ["ftp://x", "x", "http://127.0.0.1:1", "http://[bad"])
def test_no_web_process_is_told(url):
    """Whatever is wrong with it."""
    with pytest.raises(TrembleError, match=r"http|refused"):
        read_master(url, lambda address: None)


def test_what_speaks_no_http_is_told():
    """Something else may listen there."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = f"http://127.0.0.1:{other.getsockname()[1]}"

        def hang_up() -> None:
            accepted, _ = other.accept()
            with accepted:
                accepted.recv(4096)
                accepted.sendall(b"220 smtp.example.org\r\n")

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(TrembleError, match="no servers from there"):
            read_master(url, lambda address: None)
        thread.join()


def test_each_interface_has_its_broadcast_address():
    """Loopback's among them, which reaches the servers of this machine."""
    found = broadcast_addresses()

    assert found[-1] == "255.255.255.255"
    assert "127.255.255.255" in found
