"""Alerts to a webhook: from a thread of its own, tried again, never with a secret in the log."""

import json
import queue
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self
from urllib.parse import urlsplit

from msgspec import Struct

import tremble
from tremble import webhook
from tremble.log import logger
from tremble.server.alarms import Alert

log = logger("alerts")

#: Seconds before each further attempt.
WAITS = (2.0, 10.0, 60.0, 300.0)
#: Longest wait that a webhook may ask for.
MAX_WAIT = 900.0
#: Alerts that wait; beyond, the newest are dropped.
MAX_WAITING = 100
#: Most characters of a message of Discord.
MAX_CONTENT = 2000


class Hook(Struct, frozen=True):
    """Where alerts go: *kind* is discord or generic; *server*: the name under which they do."""

    url: str
    kind: str
    server: str


def body(hook: Hook, alert: Alert, at: datetime) -> bytes:
    """Return what is posted for *alert*."""
    if hook.kind == "discord":
        sign = {"raised": "\N{LARGE RED CIRCLE}", "cleared": "\N{LARGE GREEN CIRCLE}"}
        often = f" ({alert.count} times)" if alert.count > 1 else ""
        text = f"{sign.get(alert.state, '')} **{hook.server}**: {alert.text}{often}".strip()
        # Names of players and servers must not call anybody.
        found = {"content": text[:MAX_CONTENT], "allowed_mentions": {"parse": []}}
        return json.dumps(found).encode()
    facts = {
        "event": alert.event,
        "state": alert.state,
        "text": alert.text,
        "count": alert.count,
        "server": hook.server,
        "host": socket.gethostname(),
        "version": tremble.__version__,
        "at": at.isoformat(),
    }
    return json.dumps(facts).encode()


def post(hook: Hook, data: bytes) -> tuple[int, float]:
    """Post *data*; return the status (0: no answer) and the seconds that the webhook asks to wait."""
    return webhook.post(hook.url, data)


class Sender:
    """Sends alerts one after the other; *current* returns where to, None: nowhere. `with` ends it."""

    def __init__(self, current: Callable[[], Hook | None]) -> None:
        self.current = current
        self._waiting: queue.Queue[tuple[Alert, datetime] | None] = queue.Queue(MAX_WAITING)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """End, after one attempt at each that waits."""
        self._ending.set()
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return  # it is a daemon: what waits behind a dead webhook goes with us
        self._thread.join(webhook.TIMEOUT)

    def send(self, alert: Alert) -> None:
        """Have *alert* sent; returns at once."""
        log.warning("alert", alert=alert.event, state=alert.state, text=alert.text)
        try:
            self._waiting.put_nowait((alert, datetime.now(UTC)))
        except queue.Full:
            log.error("alert dropped, too many wait", alert=alert.event)

    def _run(self) -> None:
        while (found := self._waiting.get()) is not None:
            alert, at = found
            hook = self.current()
            if hook is not None:
                self._deliver(hook, alert, at)

    def _deliver(self, hook: Hook, alert: Alert, at: datetime) -> None:
        """Try until the webhook takes it, or has refused it for good."""
        status = 0
        for wait in (*WAITS, None):
            status, asked = post(hook, body(hook, alert, at))
            if 200 <= status < 300:
                return
            if wait is None or (400 <= status < 500 and status not in (408, 429)):
                break
            if self._ending.wait(min(MAX_WAIT, max(wait, asked))):
                break
        host = urlsplit(hook.url).hostname
        log.error("alert not taken", alert=alert.event, host=host, status=status)
