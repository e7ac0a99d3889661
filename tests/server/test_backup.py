"""server/backup.py: a backup by command, in a process of its own."""

import sys
from pathlib import Path
from time import monotonic, sleep

from memory import Game
from rooms import room

from tremble.server import commands
from tremble.server.backup import Backup
from tremble.server.calling import Caller

ADMIN = Caller("alice", "console", "admin")


def test_one_backup_at_a_time(tmp_path: Path) -> None:
    """The command begins one and answers at once; a second is refused until the first is done."""
    game = Game(room())
    go, done = tmp_path / "go", tmp_path / "done"
    nothing = commands.execute(game.server, ADMIN, "backup")
    backup = Backup(tmp_path)
    code = (
        "import pathlib, sys, time\n"
        "while not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)\n"
        "pathlib.Path(sys.argv[2]).touch()"
    )
    backup.command = [sys.executable, "-c", code, str(go), str(done)]
    game.server.house.backup = backup.begin

    first = commands.execute(game.server, ADMIN, "backup")
    second = commands.execute(game.server, ADMIN, "backup")
    go.touch()
    end = monotonic() + 60
    while not backup.begin():
        assert monotonic() < end, "the first backup never ends"
        sleep(0.01)

    assert (nothing.ok, first.ok, second.ok) == (False, True, False)
    assert done.exists()
