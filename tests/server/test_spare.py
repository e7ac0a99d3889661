"""server/spare.py and standby.py: when a worker stands still, and what waits in its place."""

import os
import subprocess
import sys
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest

from tremble.server import memory
from tremble.server.memory import PLAYERS, STANDBY, Memory
from tremble.server.spare import EVERY_S, LOOKS, Spare, Stall
from tremble.server.standby import read_line
from tremble.server.supervisor import Child, attend, stop_in_order

pytestmark = pytest.mark.skipif(not memory.available(), reason="memfd_create is Linux's")

#: Says that it is ready, waits for a line, says who goes on and waits for the end.
WAITS = """
import json, os, sys
from tremble.server.standby import read_line
print('{"event": "standby", "memory_mb": 1}', flush=True)
line = read_line(0).decode()
print(json.dumps({"event": "ready", "line": line, "pid": os.getpid()}), flush=True)
sys.stdin.read()
"""
PLAYS = "import sys; print('{}', flush=True); sys.stdin.read()"


def looks(stall: Stall, turns: list[int], every: float = EVERY_S) -> list[bool]:
    return [stall.look(turn, True, 100.0 + i * every) for i, turn in enumerate(turns)]


def test_stall_is_a_count_that_stands_still() -> None:
    """LOOKS looks in a row without a round; one round more, and it is none."""
    assert looks(Stall(), [5] * (LOOKS + 1)) == [False] * LOOKS + [True]
    assert not any(looks(Stall(), [5, 5, 5, 6, 6, 6, 7]))


def test_stall_needs_players_and_looks_in_time() -> None:
    """Nobody there, or a machine that stood still itself: no stall. Early looks do not count."""
    assert not any(looks(Stall(), [5] * 9, every=5.0))
    assert not any(looks(Stall(), [5] * 9, every=0.05))
    empty = Stall()
    assert not any(empty.look(5, False, 100.0 + i * EVERY_S) for i in range(9))


def test_line_is_read_and_no_more() -> None:
    """What follows the line stays for who reads next; an end is an end."""
    reader, writer = os.pipe()
    os.write(writer, b"go\nrest")
    os.close(writer)

    assert read_line(reader) == b"go"
    assert os.read(reader, 10) == b"rest"
    assert read_line(reader) == b""
    os.close(reader)


@pytest.fixture
def spare() -> Iterator[tuple[Spare, list[dict[str, Any]]]]:
    """A worker and its standby, and what the worker reports."""
    reports: list[dict[str, Any]] = []
    game = Child("game", [sys.executable, "-c", PLAYS], [], None, reports.append)
    game.start()
    fd = memory.create()
    found = Spare(game, Memory(fd))
    found.begin(lambda heard: Child("standby", [sys.executable, "-c", WAITS], [], None, heard))
    yield found, reports
    stop_in_order([*found.children, game])
    os.close(fd)


def until(found: Spare, true) -> None:
    end = monotonic() + 60.0
    while not true():
        assert monotonic() < end, "it never came true"
        attend([found.game, *found.children], 0.05)


def test_standby_takes_the_place_of_the_worker(spare) -> None:
    """Killed, the worker is the former standby at once; another standby is started."""
    found, reports = spare
    until(found, lambda: found.ready)
    assert found.memory.word(STANDBY) == 1
    waiting = found.child.process.pid

    found.game.process.kill()
    until(found, lambda: any(r.get("line") == "go" for r in reports))

    assert reports[-1]["pid"] == waiting == found.game.process.pid
    assert {"event": "died", "code": -9} in reports
    until(found, lambda: found.ready)
    assert found.child.process.pid != waiting


def test_a_standby_that_was_replaced_is_not_ready(spare) -> None:
    """What it said before its end, and is read only then, tells nothing of the next one."""
    found, _ = spare
    until(found, lambda: found.ready)
    first = found.child.process

    found.renew(list(found.child.command), {})
    found.heard({"event": "standby", "memory_mb": 1.0})

    assert not found.ready
    until(found, lambda: found.ready)
    assert found.child.process is not first


def test_without_a_standby_it_is_started_again(spare) -> None:
    """While none is ready the worker is started again as ever."""
    found, reports = spare
    until(found, lambda: reports)
    first = found.game.process
    found.ready = False

    first.kill()
    until(found, lambda: found.game.process not in (None, first))

    assert found.game.restarts == 1
    assert isinstance(found.game.process, subprocess.Popen)


def test_who_does_not_go_on_is_killed(spare) -> None:
    """Neither a stall nor a takeover that does not come to its end lasts for ever."""
    found, _ = spare
    until(found, lambda: found.ready)
    found.memory.set(PLAYERS, 2)
    now = monotonic()
    first = found.game.process

    for i in range(LOOKS + 1):
        assert first.poll() is None
        found.attend(True, now + i * EVERY_S)
    until(found, lambda: found.game.process is not first)
    second = found.game.process
    assert found.patience(monotonic()) == 1.0
    found.attend(False, monotonic() + 11.0)
    until(found, lambda: found.game.process is not second)
