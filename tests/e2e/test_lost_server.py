"""A game server that dies: the web process that keeps the list tells a webhook, and when it is back."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from shutil import copytree

import pytest
from e2e.processes import get, wait_until, write_pit

#: Three heartbeats of 25 s, a look of the list every 5 s and of the alerts every 30 s; and a busy machine.
PATIENCE = 180.0


class Webhook(BaseHTTPRequestHandler):
    """Takes alerts."""

    told: list[dict]

    def do_POST(self) -> None:
        self.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        return


@pytest.fixture
def webhook() -> Iterator[ThreadingHTTPServer]:
    Webhook.told = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Webhook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def started(directory: Path, *words: str) -> tuple[subprocess.Popen[str], str]:
    """Start `tremble` with *words*; return the process, and the end of the line that says ready."""
    command = [sys.executable, "-m", "tremble", *words, "--dir", str(directory)]
    with (directory / "stderr.txt").open("ab") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "ready" in line, (directory / "stderr.txt").read_text()
    return process, line.split()[-1]


def end(process: subprocess.Popen[str], number: int) -> None:
    process.send_signal(number)
    process.communicate(timeout=60)


@pytest.mark.heavy
@pytest.mark.timeout(600)
def test_heartbeats_end_and_come_again(tmp_path: Path, webhook: ThreadingHTTPServer) -> None:
    """kill -9 of a listed server: one alert by its name, and its end once it runs again."""
    record, game = tmp_path / "record", tmp_path / "game"
    record.mkdir()
    game.mkdir()
    write_pit(game)
    where = f"http://127.0.0.1:{webhook.server_port}/"
    web, url = started(
        record, "web", "--http", "127.0.0.1:0", "--set", f"alerts.webhook_url={where}"
    )
    sets = ("server.map=pit", "server.bind=127.0.0.1", f"web.url={url}", "server.server_name=Anna")
    words = ["server", "--port", "0", *(word for text in sets for word in ("--set", text))]
    server, _ = started(game, *words)
    try:
        copytree(game / "keys" / "servers", record / "keys" / "servers", dirs_exist_ok=True)
        wait_until(lambda: get(f"{url}/v1/servers")["servers"], "the list", PATIENCE)
        end(server, signal.SIGKILL)
        wait_until(lambda: Webhook.told, "an alert", PATIENCE)
        server, _ = started(game, *words)
        wait_until(lambda: len(Webhook.told) > 1, "its end", PATIENCE)
    finally:
        end(server, signal.SIGTERM)
        end(web, signal.SIGTERM)

    assert [(told["event"], told["state"]) for told in Webhook.told] == [
        ("listed", "raised"), ("listed", "cleared"),
    ]  # fmt: skip
    assert all("Anna" in told["text"] for told in Webhook.told)
