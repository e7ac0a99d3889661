"""server/alerts.py: what a webhook gets, tried again, without a secret in the log."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from e2e.processes import wait_until

from tremble.server import alerts
from tremble.server.alarms import Alert
from tremble.server.alerts import Hook, Sender

ALERT = Alert("crash", "raised", "the game process died @everyone", 3)
NOW = datetime(2026, 1, 2, tzinfo=UTC)


class Webhook(HTTPServer):
    """Takes what is posted, with the statuses in *answers*, then 204."""

    def __init__(self) -> None:
        self.bodies: list[dict] = []
        self.paths: list[str] = []
        self.answers: list[int] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api/s3cret"


class Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(json.loads(data))
        self.server.paths.append(self.path)
        status = self.server.answers.pop(0) if self.server.answers else 204
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        return


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.05,))
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def test_discord_takes_content_that_calls_nobody() -> None:
    """Discord's form, with the server's name, and mentions switched off."""
    found = json.loads(alerts.body(Hook("", "discord", "Arena"), ALERT, NOW))

    assert found["allowed_mentions"] == {"parse": []}
    assert "**Arena**: the game process died" in found["content"] and "3 times" in found["content"]


def test_generic_has_all_facts() -> None:
    """The form of our own has what happened, where, when and how often."""
    found = json.loads(alerts.body(Hook("", "generic", "Arena"), ALERT, NOW))

    assert (found["event"], found["state"], found["count"]) == ("crash", "raised", 3)
    assert (found["server"], found["at"]) == ("Arena", "2026-01-02T00:00:00+00:00")


def test_tried_again_until_taken(webhook: Webhook, monkeypatch) -> None:
    """A webhook that fails gets the same again; the order stays."""
    monkeypatch.setattr(alerts, "WAITS", (0.0, 0.0))
    webhook.answers = [500, 429, 204]
    hook = Hook(webhook.url, "generic", "Arena")

    with Sender(lambda: hook) as sender:
        sender.send(ALERT)
        sender.send(Alert("crash", "cleared", "runs"))
        wait_until(lambda: len(webhook.bodies) == 4, "both alerts")

    assert [body["state"] for body in webhook.bodies] == ["raised"] * 3 + ["cleared"]
    assert set(webhook.paths) == {"/api/s3cret"}


def test_refused_for_good_is_logged_without_the_address(webhook: Webhook, capsys) -> None:
    """404: not tried again; the log names the host, not the path, which is the secret."""
    webhook.answers = [404]
    with Sender(lambda: Hook(webhook.url, "generic", "Arena")) as sender:
        sender.send(ALERT)
        wait_until(lambda: webhook.bodies, "the attempt")
    told = "".join(capsys.readouterr())

    assert len(webhook.bodies) == 1
    assert "alert not taken" in told and "127.0.0.1" in told
    assert "s3cret" not in told


def test_nobody_listens() -> None:
    """No answer is status 0; without a webhook nothing is sent, and nothing waits at the end."""
    assert alerts.post(Hook("http://127.0.0.1:1/", "generic", ""), b"{}") == (0, 0.0)
    with Sender(lambda: None) as sender:
        sender.send(ALERT)
