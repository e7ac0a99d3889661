"""The hub and its link: what the console says, told to all who look; nothing asked for nobody."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tremble.web.dashboard import hub as module
from tremble.web.dashboard import link
from tremble.web.dashboard.hub import MAX_WAITING, Hub, Seat, rate_for, shown_line
from tremble.web.dashboard.link import Link, body_of, number_of
from tremble.web.problems import Problem

STATUS = {"name": "here", "players": 3, "bots": 1, "max_players": 8, "arenas": []}


class Console:
    """A game server's console: answers, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.writers: list[asyncio.StreamWriter] = []
        self.mute = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        while line := await reader.readline():
            request = json.loads(line)
            self.asked.append(request)
            if self.mute:
                continue
            data: dict[str, Any] = {"status": STATUS, "metrics": []}
            self.send({"id": request["id"], "ok": True, "text": "done", "data": data})
            if request.get("watch") == "arena":
                self.send({"id": request["id"], "arena": {"tick": 7}})
        writer.close()

    def send(self, answer: dict[str, Any]) -> None:
        self.writers[-1].write(json.dumps(answer, separators=(",", ":")).encode() + b"\n")

    def watches(self) -> list[tuple[str, Any]]:
        return [
            (r["watch"], r.get("hz")) if "watch" in r else ("stop", r["id"])
            for r in self.asked
            if "watch" in r or "stop" in r
        ]


@asynccontextmanager
async def running(directory: Path) -> AsyncIterator[tuple[Console, Hub]]:
    """A console in *directory* and a hub that follows it."""
    console, hub = Console(), Hub(directory)
    server = await asyncio.start_unix_server(console.serve, str(directory / "console.sock"))
    try:
        async with hub.running(None):  # type: ignore[arg-type]
            yield console, hub
    finally:
        server.close()
        for writer in console.writers:
            writer.close()


async def taken(seat: Seat, what: str) -> str:
    """Return what the seat is told, once *what* is in it."""
    found = ""
    async with asyncio.timeout(60):
        while what not in found:
            found += (await seat.take(5) or b"").decode()
    return found


def test_tells_all(tmp_path: Path) -> None:
    """State and events reach every seat; addresses of players do not."""

    async def run() -> None:
        async with running(tmp_path) as (console, hub):
            with hub.seat(None) as one, hub.seat(None) as other:
                assert '"players":3' in await taken(one, '"up":true')
                await taken(other, '"up":true')
                number = next(r["id"] for r in console.asked if r.get("watch") == "events")
                console.send({"id": number, "event": {"kind": "join", "at": "x", "address": "::1"}})
                for seat in (one, other):
                    assert "::1" not in await taken(seat, '"kind":"join"')
                hub.close()
                assert await one.take(1) is None
        assert [news["kind"] for news in hub.news] == ["join"]

    asyncio.run(run())


def test_a_server_that_stands_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it was a while ago is not shown as if it were now; once it answers again, that is."""
    monkeypatch.setattr(link, "PATIENCE_S", 0.2)
    monkeypatch.setattr(module, "WATCHED_S", 0.05)

    async def run() -> None:
        async with running(tmp_path) as (console, hub):
            with hub.seat(None) as seat:
                await taken(seat, '"up":true')
                console.mute = True
                assert "has said nothing" in await taken(seat, '"up":false')
                console.mute = False
                assert '"players":3' in await taken(seat, '"up":true')

    asyncio.run(run())


def test_an_arena_is_watched_while_somebody_looks(tmp_path: Path) -> None:
    """One watch for all of them; the last one to go ends it."""

    async def run() -> None:
        async with running(tmp_path) as (console, hub):
            with hub.seat(0) as one:
                await taken(one, '"tick":7')
                with hub.seat(0) as other:
                    # Who comes later sees the last frame at once.
                    await taken(other, '"tick":7')
            assert hub._watches == {}
            await asyncio.sleep(0)
            assert (await hub.call("kick Bob", "anna", "moderator", "::1"))["text"] == "done"
        assert [w for w, _ in console.watches() if w == "arena"] == ["arena"]
        assert console.watches()[-1][0] == "stop"
        [said] = [request for request in console.asked if "line" in request]
        assert (said["by"], said["via"], said["role"], said["from"]) == (
            "anna", "web", "moderator", "::1",
        )  # fmt: skip

    asyncio.run(run())


def test_nobody_there(tmp_path: Path) -> None:
    """Without a game server that is said, and a command is refused at once."""

    async def run() -> None:
        hub = Hub(tmp_path)
        async with hub.running(None):  # type: ignore[arg-type]
            with hub.seat(None) as seat:
                assert "does not answer" in await taken(seat, '"up":false')
            with pytest.raises(Problem, match="does not answer"):
                await hub.call("status", "anna", "viewer", "")

    asyncio.run(run())


def test_seats_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who does not take what waits loses the oldest; too many pages are refused."""
    monkeypatch.setattr(module, "MAX_SEATS", 1)

    async def run() -> None:
        hub = Hub(None)
        with hub.seat(None) as seat:
            for number in range(MAX_WAITING + 5):
                seat.put(b"%d;" % number)
            seat.show(b"old")
            seat.show(b"new")
            found = await seat.take(1) or b""
            assert found.startswith(b"5;") and found.endswith(b";new")
            with pytest.raises(Problem, match="close some"), hub.seat(None):
                pass

    asyncio.run(run())


def test_no_address_in_commands() -> None:
    """What is banned stays with those who may see it; all else is shown as it was typed."""
    lines = ["ban 192.0.2.1 1d", " BAN x", "unban 192.0.2.1", "say hello", ""]

    assert [shown_line(line) for line in lines] == ["ban …", "ban …", "unban …", "say hello", ""]


def test_rates() -> None:
    """One page sees all frames, many see fewer."""
    assert [rate_for(n) for n in (1, 26, 40, 66, 100, 400)] == [15.0, 15.0, 10.0, 6.0, 4.0, 2.0]


@pytest.mark.parametrize(
    ("line", "number", "body"),
    [
        (b'{"id":3,"arena":{"x":"}"}}\n', 3, b'{"x":"}"}'),
        (b'{"id":12,"ok":true,"text":""}\n', 12, None),
        (b"rubbish\n", 0, None),
    ],
)
def test_lines(line: bytes, number: int, body: bytes | None) -> None:
    """Id and body are cut from a line as it came."""
    assert number_of(line) == number
    assert body_of(line, b"arena") == body


def test_asker_who_gave_up_as_the_server_went(tmp_path: Path) -> None:
    """The link ends as it always does, and so is tried again."""

    async def run() -> None:
        server = await asyncio.start_unix_server(
            lambda reader, writer: writer.close(), str(tmp_path / "console.sock")
        )
        link = Link(lambda number, line: None)
        gone: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        gone.cancel()
        with pytest.raises(ConnectionError):
            await link.talk(tmp_path, lambda: link._waiting.update({1: gone}))
        server.close()

    asyncio.run(run())
