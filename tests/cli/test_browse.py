"""tremble browse and ping, as commands."""

import json

import pytest
from client.fake_servers import Servers
from e2e.processes import run


def test_servers_are_listed_as_json(tmp_path):
    """One sweep, filtered and sorted as asked."""
    with Servers(3) as servers:
        words = ["--json", "--dir", str(tmp_path), "--not-empty", "--sort", "players"]
        ran = run("browse", *servers.addresses, *words)

    found = json.loads(ran.stdout)["servers"]
    ours = [server for server in found if server["server_address"] in servers.addresses]
    assert [server["name"] for server in ours] == ["server 2", "server 1"]
    assert all(server["ping"] > 0 for server in found)


def test_favourites_are_kept_and_shown_in_a_table(tmp_path):
    """Added by one command, listed by the next, forgotten by a third."""
    with Servers(1) as servers:
        address = servers.addresses[0]
        assert run("browse", "--dir", str(tmp_path), "--add", address).returncode == 0
        shown = run("browse", "--dir", str(tmp_path), "--favourite")
    forgotten = [run("browse", "--dir", str(tmp_path), "--forget", address) for _ in range(2)]

    assert "★ server 0" in shown.stdout
    assert address in shown.stdout
    assert [ran.returncode for ran in forgotten] == [0, 1]
    assert "is no favourite" in forgotten[1].stderr


def test_a_ping_is_the_median_of_several():
    """Each is told, and as JSON all of them."""
    with Servers(1) as servers:
        shown = run("ping", servers.addresses[0], "-c", "2", "--timeout", "30")
        told = json.loads(
            run("ping", servers.addresses[0], "-c", "3", "--json", "--timeout", "30").stdout
        )

    assert shown.stdout.count(" ms\n") == 2
    assert "0% lost" in shown.stdout
    assert len(told["round_trips_ms"]) == 3
    assert told["median_ms"] == sorted(told["round_trips_ms"])[1]


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["ping", "127.0.0.1:1", "-c", "1", "--timeout", "0.2"], 1, "no answer from 127.0.0.1:1"),
        (["browse", "nonsense"], 1, "'nonsense' is not HOST:PORT"),
        (["browse", "--add", "x:99999"], 1, "the port must be 1 to 65535"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, words, code, expected):
    """In one line, with the exit code of an answer that is no."""
    ran = run(*words, environ={"TREMBLE_DIR": str(tmp_path)})

    assert ran.returncode == code
    assert expected in ran.stderr
