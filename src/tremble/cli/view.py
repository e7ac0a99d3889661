"""What `tremble up` shows: a live view on a terminal, plain lines elsewhere."""

from __future__ import annotations

import http.client
import sys
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Protocol, Self

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from tremble.sections import Settings

#: Seconds between two looks at the leaderboard, and the longest wait for it.
BOARD_EVERY = 2.0
BOARD_TIMEOUT = 0.5
BOARD_LINES = 8


class View(Protocol):
    """Where `up` says what happens. *every*: seconds between two calls of refresh(), None: none needed."""

    every: float | None

    def addresses(self, port: int, url: str) -> None: ...
    def warn(self, text: str) -> None: ...
    def report(self, name: str, report: dict[str, Any]) -> None: ...
    def ready(self) -> None: ...
    def refresh(self, restarts: list[int]) -> None: ...
    def stopping(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


def first_operator(url: str, report: dict[str, Any]) -> str:
    """Return how to get into the dashboard for the first time; the password is told this once."""
    return f"dashboard: {url}/dashboard user admin password {report['password']} (shown this once)"


class PlainView:
    """One stable line when all is ready, one for each warning; for logs and scripts."""

    every: float | None = None

    def __init__(self) -> None:
        self.port = 0
        self.url = ""
        self.said_ready = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def addresses(self, port: int, url: str) -> None:
        self.port, self.url = port, url

    def warn(self, text: str) -> None:
        print(f"warning: {text}", file=sys.stderr, flush=True)

    def report(self, name: str, report: dict[str, Any]) -> None:
        """A half that runs alone has only this to say."""
        if report.get("event") == "first operator":
            print(first_operator(self.url, report), file=sys.stderr, flush=True)
        if report.get("event") == "ready" and not self.url:
            where = report.get("url") or f"udp port {report['port']}"
            print(f"tremble {name} ready: {where}", flush=True)

    def ready(self) -> None:
        if not self.said_ready:
            self.said_ready = True
            print(f"tremble ready: game udp port {self.port}, web {self.url}", flush=True)

    def refresh(self, restarts: list[int]) -> None:
        return

    def stopping(self) -> None:
        print("tremble stopping", flush=True)


class TerminalView:
    """The live view: addresses, arenas, tick time, leaderboard."""

    every: float | None = 0.25

    def __init__(self, settings: Settings, bots: int, directory: Path, live: Live) -> None:
        self.settings = settings
        self.board = f"{settings.server.gamemode}-bots" if bots else settings.server.gamemode
        self.directory = directory
        self.live = live
        self.port = 0
        self.url = ""
        self.status: dict[str, Any] = {}
        self.state = "starting"
        self.restarts: list[int] = []
        self.entries: list[dict[str, Any]] = []
        self.board_at = 0.0

    def __enter__(self) -> Self:
        self.live.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self.live.__exit__(*error)

    def addresses(self, port: int, url: str) -> None:
        self.port, self.url = port, url

    def warn(self, text: str) -> None:
        self.live.console.print(Text.assemble(("warning:", "yellow"), f" {text}"))

    def report(self, name: str, report: dict[str, Any]) -> None:
        if report.get("event") == "status":
            self.status = report
        elif report.get("event") == "first operator":
            self.live.console.print(Text(first_operator(self.url, report)))

    def ready(self) -> None:
        if self.state == "starting":
            self.state = "ready"

    def stopping(self) -> None:
        self.state = "stopping"
        self.refresh(self.restarts)

    def refresh(self, restarts: list[int]) -> None:
        self.restarts = restarts
        if self.state == "ready" and monotonic() >= self.board_at:
            self.board_at = monotonic() + BOARD_EVERY
            self.entries = top_of(self.url, self.board)
        self.live.update(self.draw(), refresh=True)

    def draw(self) -> Panel:
        """Return the whole view."""
        server = self.settings.server
        head = Table.grid(padding=(0, 2))
        head.add_row("join", f"127.0.0.1:{self.port}  (UDP, ENet)")
        head.add_row("page", self.url)
        head.add_row("plays", f"{server.gamemode} on {server.map}")
        head.add_row("data", str(self.directory))
        head.add_row("tick", self.tick_text())
        return Panel(
            Group(head, self.arenas(), self.leaderboard()),
            title=Text.assemble((server.server_name, "bold"), f" · {self.state}"),
            subtitle="Ctrl-C stops",
            width=min(self.live.console.width, 84),
        )

    def tick_text(self) -> str:
        """Return the line about the loop."""
        found = self.status
        if not found.get("players"):
            return "asleep: nobody is here"
        restarts = sum(self.restarts)
        return (
            f"p50 {found['tick_p50_ms']:.2f} ms, p99 {found['tick_p99_ms']:.2f} ms of 16.67; "
            f"{found['late_ticks']} late"
            + (f"; {found['outbox']} results wait" if found["outbox"] else "")
            + (f"; {restarts} restarts" if restarts else "")
        )

    def arenas(self) -> Table:
        """Return one line for each arena with people."""
        table = Table(
            "arena", "phase", "left", "score", "watch", "ended", expand=True, box=SIMPLE_HEAD
        )
        for number, arena in enumerate(self.status.get("arenas", [])):
            parts = [
                Text.assemble(name, " ", (str(points), "bold")) for name, points in arena["players"]
            ]
            score = Text("  ").join(parts)
            minutes, seconds = divmod(int(arena["time_left"]), 60)
            table.add_row(
                str(number),
                arena["phase"],
                f"{minutes}:{seconds:02}" if arena["time_left"] else "-",
                score if parts else "-",
                str(arena["watching"]),
                str(arena["matches"]),
            )
        return table

    def leaderboard(self) -> Table:
        """Return the top of the board."""
        table = Table(
            "#", "player", "rating", "matches", "won", "K", "D", box=SIMPLE_HEAD, expand=True
        )
        table.title = f"leaderboard {self.board}"
        for entry in self.entries:
            table.add_row(
                str(entry["rank"]),
                entry["username"],
                f"{entry['rating']:.0f}{'?' if entry['provisional'] else ''}",
                str(entry["matches_played"]),
                str(entry["wins"]),
                str(entry["kills"]),
                str(entry["deaths"]),
            )
        if not self.entries:
            table.caption = "no match has ended yet"
        return table


def live_view(settings: Settings, bots: int, directory: Path) -> TerminalView:
    """Return the view for a terminal. Names are shown as they are: no word of them is markup."""
    live = Live(console=Console(markup=False), auto_refresh=False, transient=False)
    return TerminalView(settings, bots, directory, live)


def top_of(url: str, board: str) -> list[dict[str, Any]]:
    """Return the first entries of *board*; none if there is no answer in time."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=BOARD_TIMEOUT)
    try:
        connection.request("GET", f"/v1/leaderboards/{board}/top?limit={BOARD_LINES}")
        answer = connection.getresponse()
        if answer.status != 200:
            return []
        entries: list[dict[str, Any]] = msgspec.json.decode(answer.read())["entries"]
        return entries
    except (OSError, http.client.HTTPException, msgspec.DecodeError, KeyError):
        return []
    finally:
        connection.close()
