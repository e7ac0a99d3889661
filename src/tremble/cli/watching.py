"""Looks after a running Tremble and alerts: children that die, late ticks, store, disk, backups, servers."""

import http.client
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any, Self
from urllib.parse import urlsplit

from tremble.cli.backup import Regular
from tremble.client.api_types import LostServer
from tremble.errors import TrembleError
from tremble.sections import Settings
from tremble.server.alarms import Alarms, Alert
from tremble.server.alerts import Hook, Sender

#: Seconds between two looks at disk and store, and for an answer.
LOOK_S = 30.0
ANSWER_S = 5.0
#: Seconds over which late ticks are counted, and the share of ticks that is too much.
SPAN_S = 60.0
LATE_SHARE = 0.01
TICKS_A_SECOND = 60
#: How long a server that left the list is missed (tremble.store.servers).
MISSED_FOR = timedelta(days=1)
#: Looks in a row at which the store must fail before that is told: it may just be starting again.
FAILURES = 2


def hook_of(settings: Settings) -> Hook | None:
    """Return where alerts go; None if nowhere."""
    section = settings.alerts
    if not section.webhook_url:
        return None
    return Hook(section.webhook_url, section.kind, settings.server.server_name)


class Watching:
    """Watches the data directory *path*, and the web process at *url* if there is one.

    *current* returns the settings that hold at the moment. Reports may come from any thread.
    """

    def __init__(self, path: Path, current: Callable[[], Settings], url: str = "") -> None:
        self.path = path
        self.current = current
        self.url = url
        self.alarms = Alarms()
        self.sender = Sender(lambda: hook_of(current()))
        self.late_from: tuple[float, int] | None = None
        self.failures = 0
        self.lost: dict[str, LostServer] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._stack.enter_context(self.sender)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ending.set()
        self._thread.join()
        self._stack.close()

    def heard(self, name: str, report: dict[str, Any]) -> None:
        """Take a report of the child *name*."""
        event = report.get("event")
        if event == "died":
            code = report["code"]
            self.raised("crash", f"crash {name}", f"the {name} process died (exit code {code})")
        elif event == "ready":
            self.cleared(f"crash {name}", f"the {name} process runs again")
        elif event == "status" and name == "game":
            self.count_late(int(report["late_ticks"]), monotonic())

    def count_late(self, late_ticks: int, now: float) -> None:
        """Compare the number of late ticks with that of SPAN_S ago."""
        if self.late_from is None or late_ticks < self.late_from[1]:
            self.late_from = (now, late_ticks)  # the first report, or that of a new process
            return
        since, before = self.late_from
        if now - since < SPAN_S:
            return
        self.late_from = (now, late_ticks)
        late = late_ticks - before
        if late > LATE_SHARE * TICKS_A_SECOND * (now - since):
            self.raised("late", "late", f"{late} ticks were late in {now - since:.0f} s")
        else:
            self.cleared("late", "the ticks are in time again")

    def backup(self, why: str) -> None:
        """A backup was made, or failed because of *why*."""
        if why:
            self.raised("backup", "backup", f"a backup failed: {why}")
        else:
            self.cleared("backup", "backups are made again")

    def raised(self, event: str, key: str, text: str) -> None:
        """Tell of a trouble, unless the settings do not want that or it was told already."""
        section = self.current().alerts
        if section.webhook_url and (not section.events or event in section.events):
            with self._lock:
                self._tell(self.alarms.raised(event, key, text, monotonic()))

    def cleared(self, key: str, text: str) -> None:
        """Tell that a trouble is over, if it was told."""
        with self._lock:
            self._tell(self.alarms.cleared(key, text, monotonic()))

    def _tell(self, alert: Alert | None) -> None:
        if alert is not None:
            self.sender.send(alert)

    def _run(self) -> None:
        while not self._ending.wait(LOOK_S):
            if self.current().alerts.webhook_url:
                self.look()

    def look(self) -> None:
        """Look at disk, store and list of servers."""
        free = shutil.disk_usage(self.path).free
        if free < self.current().alerts.disk_low_bytes:
            self.raised("disk", "disk", f"the disk has only {free // 1_000_000} MB left")
        else:
            self.cleared("disk", "the disk has room again")
        if self.url:
            why = store_fault(self.url)
            self.failures = self.failures + 1 if why else 0
            if self.failures >= FAILURES:
                self.raised("store", "store", f"the record cannot be used: {why}")
            elif not why:
                self.cleared("store", "the record can be used again")
                self.compare(lost_servers(self.url))

    def compare(self, now_lost: list[LostServer] | None) -> None:
        """Tell who has left the list without a goodbye, and who is back; None: that is not known."""
        if now_lost is None:
            return
        before, self.lost = self.lost, {server.server_id: server for server in now_lost}
        for ident, server in self.lost.items():
            self.raised("listed", f"listed {ident}", missing(server))
        for ident in before.keys() - self.lost.keys():
            self.cleared(f"listed {ident}", found_again(before[ident], datetime.now(UTC)))


@contextmanager
def looked_after(path: Path, current: Callable[[], Settings], url: str = "") -> Iterator[Watching]:
    """Make backups and alerts, as the settings say, until the end of `with`."""
    with Watching(path, current, url) as watching, Regular(path, current, watching.backup):
        yield watching


def missing(server: LostServer) -> str:
    """Return what is told of a lost *server*."""
    why = "does not answer" if server.state == "unreachable" else "sends no heartbeats"
    who = f"the server {server.name} ({server.server_id}, {server.address})"
    return f"{who} {why}: it left the list at {server.left_at:%Y-%m-%d %H:%M} UTC"


def found_again(server: LostServer, now: datetime) -> str:
    """Return what is told when *server* is lost no longer."""
    who = f"the server {server.name} ({server.server_id})"
    if now - server.left_at >= MISSED_FOR:
        return f"{who} has been away for a day: it is not missed any longer"
    return f"{who} is back"


def lost_servers(url: str) -> list[LostServer] | None:
    """Return the servers that the web process at *url* misses; None if it does not answer."""
    from tremble.client.api import Api

    try:
        with Api(url, timeout_s=ANSWER_S, attempts=1) as api:
            return api.lost_servers()
    except TrembleError:
        return None


def store_fault(url: str) -> str:
    """Return what is wrong with the record of the web process at *url*, nothing if it is ready."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_S)
    try:
        connection.request("GET", "/readyz")
        status = connection.getresponse().status
        return "" if status == 200 else f"/readyz answers {status}"
    except (OSError, http.client.HTTPException) as error:
        return f"the web process does not answer ({error})"
    finally:
        connection.close()
