"""The master list with real processes: up lists its own server, a browser finds it there."""

import json
import os
import signal
from pathlib import Path

from e2e.processes import QUICK, Up, get, run, wait_until


def test_from_the_first_heartbeat_to_the_browser(tmp_path: Path) -> None:
    """Listed once it has answered, with its bots; found by browse; gone with a goodbye, and noted."""
    up = Up(tmp_path, "--bots", "2", sets=(*QUICK, "server.server_name=listed", "server.lan=false"))
    try:

        def listed() -> list:
            found = get(f"{up.url}/v1/servers?not_full=true")
            assert found is not None
            return found["servers"]

        [found] = wait_until(lambda: [s for s in listed() if s["players"] == 2], "the bots")
        browsed = run("browse", "--web", up.url, "--json", "--dir", str(tmp_path / "browser"))
        ident = found["server_id"]
        every = json.loads(browsed.stdout)["servers"]  # also of others on this network
        [server] = [one for one in every if one["server_id"] == ident]
        game = up.child("tremble.server")
        up.process.send_signal(signal.SIGSTOP)  # nobody starts the game again
        os.kill(game, signal.SIGTERM)
        wait_until(lambda: not listed(), "its goodbye")
        changes = get(f"{up.url}/v1/servers/{ident}")["changes"]
        up.process.send_signal(signal.SIGCONT)
    finally:
        up.stop(signal.SIGTERM)

    assert (found["name"], found["bots"]) == ("listed", 2)
    assert found["address"] == server["server_address"] == f"127.0.0.1:{up.port}"
    assert (server["server_id"], server["sources"]) == (ident, ["master"])
    states = [change["state"] for change in changes]  # the newest first
    # A server that is slow at its start may be looked for in vain at first.
    assert [state for state in states if state != "unreachable"][:3] == [
        "gone", "listed", "unprobed",
    ]  # fmt: skip
