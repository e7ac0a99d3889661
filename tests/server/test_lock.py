"""server/lock.py: one Tremble on one directory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tremble.errors import AlreadyRunning
from tremble.server import lock

HOLD = "import sys; from pathlib import Path; from tremble.server import lock; \
f = lock.take(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"


def test_second_process_is_refused_by_name(tmp_path: Path) -> None:
    """Who comes second is told the process that holds the directory; its death frees it."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunning, match=f"process {holder.pid}") as caught:
            lock.take(tmp_path)
        holder.kill()

    assert caught.value.exit_code == 3
    with lock.take(tmp_path):
        assert (tmp_path / "tremble.lock").read_text() == f"{os.getpid()}\n"
