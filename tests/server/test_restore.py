"""server/restore.py: a wish is tried beside the game, then planned as a restart is, or it is over."""

import queue
from collections.abc import Callable
from pathlib import Path
from subprocess import SubprocessError

import pytest
from memory import Game
from rooms import room

from tremble import restoring
from tremble.server import commands, restore
from tremble.server.calling import Caller, Reply
from tremble.server.leave import Leave
from tremble.server.restore import Restore

NAME = "20260102T030405Z"
ADMIN = Caller("anna", "web", "admin", "192.0.2.1")


class Wished:
    """A game whose jobs from other threads wait in a queue, and a trial that answers *outcome*."""

    def __init__(
        self, directory: Path, outcome: str | Exception, patch: pytest.MonkeyPatch
    ) -> None:
        self.game = Game(room())
        self.directory = directory
        self.jobs: queue.Queue[Callable] = queue.Queue()
        self.tried: list[list[str]] = []
        self.server = self.game.server
        self.server.house.restore = Restore(directory, "", self.jobs.put)

        def tried(command: list[str]) -> str:
            self.tried.append(command[3:])
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        patch.setattr(restore, "tried", tried)

    def do(self, line: str) -> Reply:
        reply = commands.execute(self.server, ADMIN, line)
        for write in reply.writes:
            write()
        return reply

    def answer(self) -> None:
        """Let the loop take what came of the trial."""
        self.jobs.get(timeout=60)(self.server)

    @property
    def state(self) -> str:
        found = restoring.read(self.directory)
        return "" if found is None else found.state


def test_planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried, then waits for its time with all that is needed; who wanted it stands in the audit."""
    wished = Wished(tmp_path, NAME, monkeypatch)

    reply = wished.do(f"restore --to-match {'a' * 32} empty 5 60 too many cheaters")
    assert (reply.ok, reply.before, wished.state) == (True, "staying", "checking")
    wished.answer()

    leave = wished.server.house.leave
    assert isinstance(leave, Leave)
    assert (leave.when, leave.countdown_s, leave.reason) == ("empty", 5.0, "too many cheaters")
    assert leave.deadline == wished.server.now + 60
    assert leave.wish is not None
    assert (leave.wish["backup"], leave.wish["match"]) == (NAME, "a" * 32)
    assert (leave.wish["by"], leave.wish["via"], leave.wish["address"]) == (
        "anna",
        "web",
        "192.0.2.1",
    )
    assert wished.state == "planned"
    assert wished.tried[0][:4] == ["restore", "--match", "a" * 32, "--dry-run"]
    assert "a restore is planned" in wished.do("recycle now").text
    assert "planned already; `restore off`" in wished.do(f"restore {NAME}").text


def test_refused_by_the_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup that does not do ends nothing; why is told to who asks."""
    wished = Wished(tmp_path, SubprocessError("tremble.db has changed"), monkeypatch)

    wished.do(f"restore {NAME} now")
    wished.answer()

    assert wished.server.house.leave is None
    assert wished.state == "failed"
    assert "tremble.db has changed" in wished.do("restore").text


def test_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is tried, and when it is planned; there is nothing to take back twice."""
    wished = Wished(tmp_path, NAME, monkeypatch)
    wished.do(f"restore {NAME}")
    assert wished.do("restore off").ok
    wished.answer()  # too late
    assert wished.server.house.leave is None
    wished.do(f"restore {NAME}")
    wished.answer()

    assert wished.do("restore off").ok
    assert wished.server.house.leave is None
    assert not wished.do("restore off").ok
    assert "anna took it back" in wished.do("restore").text


def test_not_beside_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One leaving at a time, also if the restart is planned while the trial runs."""
    wished = Wished(tmp_path, NAME, monkeypatch)
    wished.do(f"restore {NAME}")
    wished.do("recycle empty")
    wished.answer()

    assert wished.server.house.leave is not None and wished.server.house.leave.wish is None
    assert "a restart was planned meanwhile" in wished.do("restore").text
    assert "a restart is planned already; `recycle off`" in wished.do(f"restore {NAME}").text


@pytest.mark.parametrize(
    "line", ["restore ../..", "restore --to-match 12", "restore now", f"restore {NAME} now 9999999"]
)
def test_bad_words(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but names of backups and ids of matches becomes a word of a command line."""
    wished = Wished(tmp_path, NAME, monkeypatch)

    wished.do(line)

    assert wished.tried == [] and wished.state == ""


def test_where_nobody_restores(tmp_path: Path) -> None:
    """The refusal says what to type; so does a game without a directory."""
    game = Game(room())
    game.server.house.restore = Restore(tmp_path, "type tremble restore", lambda job: None)

    assert commands.execute(game.server, ADMIN, f"restore {NAME}").text == "type tremble restore"


def test_wish_of_a_process_that_has_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is over, unless the next process goes on with its plan."""
    wished = Wished(tmp_path, NAME, monkeypatch)
    wished.do(f"restore {NAME}")
    wished.answer()
    following = Restore(tmp_path, "", wished.jobs.put)

    following.settle(wished.server)
    assert wished.state == "planned"
    wished.server.house.leave = None
    following.settle(wished.server)

    assert wished.state == "failed"
