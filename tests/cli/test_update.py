"""cli/update.py at a server that runs: a release that fails its trial, one that does, one that is bad."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.processes import QUICK, Up, wait_until

import tremble
from tremble.cli import releases, restart
from tremble.cli.releases import Releases
from tremble.cli.update import RECORD, update
from tremble.errors import TrembleError
from tremble.server import lock
from tremble.store import sqlite

#: A release: Tremble as it is here, under another version, and with what it does at first.
PROGRAM = """#!{python}
import sys
import tremble
tremble.__version__ = "{version}"
{first}
from tremble.cli import app, main
app.version = "{version}"
main()
"""
#: What is wrong with one.
BAD_SETTINGS = 'if "config" in sys.argv: sys.exit("no such setting as there is")'
SPOILS_THE_RECORD = """
if sys.argv[1] == "up":
    import sqlite3
    with sqlite3.connect("{record}") as record:
        record.execute("UPDATE alembic_version SET version_num = 'newer'")
    sys.exit("it does not start")
"""


def write(release: Path, version: str, first: str = "") -> None:
    """Make *release*, which calls itself *version*."""
    (release / "bin").mkdir(parents=True)
    program = release / "bin" / "tremble"
    program.write_text(PROGRAM.format(python=sys.executable, version=version, first=first))
    program.chmod(0o755)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    """The first release, in which the tests update."""
    found = Releases(tmp_path_factory.mktemp("releases") / "venv")
    write(found.first, tremble.__version__)
    return found


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory, here: Releases) -> Iterator[Path]:
    """The data directory of a server that was started by the first release."""
    directory = tmp_path_factory.mktemp("up")
    up = Up(directory, sets=(*QUICK, "server.standby=false"), program=[str(here.link)])
    yield directory
    found = lock.holder(directory)
    if found is not None:
        lock.send(found, signal.SIGTERM)
        wait_until(lambda: lock.holder(directory) is None, "its end")
    up.kill()


def updated(
    monkeypatch: pytest.MonkeyPatch, here: Releases, path: Path, version: str, first: str = ""
) -> None:
    """Update to a release *version* that does *first* at every start."""

    def install(release: Path, what: str) -> str:
        write(release, version, first)
        done = subprocess.run(
            [release / "bin" / "tremble", "--version"], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    monkeypatch.setattr(releases, "here", lambda: here)
    monkeypatch.setattr(releases, "install", install)
    update(wheel=Path("next.whl"), when="now", countdown=0.0, directory=str(path))


def later(here: Releases) -> list[Path]:
    return sorted(here.first.parent.glob("venv-*"))


def test_failed_trial_changes_nothing(here: Releases, path: Path, monkeypatch) -> None:
    """A release that does not like the settings goes, and nobody who plays has seen it."""
    before = lock.holder(path)

    with pytest.raises(TrembleError, match="no such setting as there is"):
        updated(monkeypatch, here, path, "9.0.0", BAD_SETTINGS)

    assert lock.holder(path) == before
    assert later(here) == [] and not here.link.is_symlink()


def test_forward(here: Releases, path: Path, monkeypatch, capsys) -> None:
    """The same process on the same ports runs the new release, which is what everybody starts now."""
    before = lock.holder(path)

    updated(monkeypatch, here, path, "9.1.0")

    after = lock.holder(path)
    assert before is not None and after is not None
    assert (before.version, after.version) == (tremble.__version__, "9.1.0")
    assert (after.pid, after.port, after.url) == (before.pid, before.port, before.url)
    assert [here.link.resolve()] == [release / "bin" / "tremble" for release in later(here)]
    assert "tried: " in capsys.readouterr().out


# The server that is back outlives who started it.
@pytest.mark.filterwarnings("ignore:.*Popen.__del__:pytest.PytestUnraisableExceptionWarning")
def test_taken_back(here: Releases, path: Path, monkeypatch) -> None:
    """A release that spoils the record and does not start: link, record and server are as they were."""
    good, schema = here.current(), sqlite.schema_version(path / RECORD)
    monkeypatch.setattr(restart, "READY_S", 1.0)

    with pytest.raises(TrembleError, match=r"9\.2\.0 does not do"):
        updated(monkeypatch, here, path, "9.2.0", SPOILS_THE_RECORD.format(record=path / RECORD))

    after = lock.holder(path)
    assert after is not None and after.version == "9.1.0"
    assert here.current() == good and len(later(here)) == 1
    assert sqlite.schema_version(path / RECORD) == schema
