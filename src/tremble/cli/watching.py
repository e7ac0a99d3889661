"""Looks after a running Tremble and alerts: children that die, late ticks, store, disk, backups."""

import http.client
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Self
from urllib.parse import urlsplit

from tremble.cli.backup import Regular
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
        """Look at disk and store."""
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


@contextmanager
def looked_after(path: Path, current: Callable[[], Settings], url: str = "") -> Iterator[Watching]:
    """Make backups and alerts, as the settings say, until the end of `with`."""
    with Watching(path, current, url) as watching, Regular(path, current, watching.backup):
        yield watching


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
