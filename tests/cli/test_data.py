"""`tremble data`: every command, its exit codes, JSON and dry runs."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tremble.cli.data import data_app, main
from tremble.data import documents
from tremble.data.documents import DataType
from tremble.data.manager import DataManager

STATS = DataType.PLAYER_STATS

Run = Callable[..., tuple[int, Any]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A player's data after three matches."""
    made = tmp_path / "player"
    with DataManager(made, durable=False) as manager:
        manager.load_all_data()
        save_wins(manager, 1)
        save_wins(manager, 2)
        save_wins(manager, 3)
    return made


def save_wins(manager: DataManager, wins: int) -> None:
    document = manager.load_data(STATS)
    document.stats.wins = wins
    assert manager.save_data(STATS, document)


def wins_in(folder: Path) -> int:
    with DataManager(folder, read_only=True) as manager:
        return manager.load_data(STATS).stats.wins


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.name != "data.lock"
    }


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command on *folder* with --json; return its exit code and what it printed."""

    def run_(
        *tokens: object, in_folder: Path = folder, flags: tuple[str, ...] = ("--json",)
    ) -> Any:
        capsys.readouterr()
        code = main([*map(str, tokens), "--dir", str(in_folder), *flags])
        printed = capsys.readouterr().out
        return code, json.loads(printed) if "--json" in flags and printed else printed

    return run_


def test_check(run: Run, folder: Path) -> None:
    """A healthy folder is 0, a damaged document 1 with the path of the fault; nothing changes."""
    healthy, found = run("check")
    (folder / "settings.json").write_bytes(b'{"version": "1.0"}')
    before = contents(folder)
    damaged, findings = run("check")

    assert (healthy, [f["state"] for f in found]) == (0, ["ok"] * 6)
    assert damaged == 1
    assert findings[1]["problems"][0] == "$.graphics: expected a value, found nothing"
    assert contents(folder) == before


def test_check_as_a_table(run: Run, folder: Path) -> None:
    """For people there is a table, and the problems beneath it."""
    (folder / "settings.json").write_bytes(b"")
    code, text = run("check", flags=())

    assert code == 1
    assert "player_stats" in text
    assert "settings: $: expected a document, found an empty file (0 bytes)" in text


def test_check_finds_a_bad_backup(run: Run, folder: Path) -> None:
    """A backup that could not be restored is a problem."""
    newest = max((folder / "backups").glob("player_stats*"))
    newest.write_bytes(b"rotten")
    code, findings = run("check")

    assert (code, findings[0]["bad_backups"]) == (1, [newest.name])


def test_show(run: Run) -> None:
    """One document or all are shown, as fields or as JSON."""
    code, found = run("show", "player_stats")
    all_code, everything = run("show")
    _, text = run("show", "settings", flags=())

    assert (code, found["player_stats"]["stats"]["wins"]) == (0, 3)
    assert (all_code, len(everything)) == (0, 6)
    assert "graphics.fov" in text
    assert "120.0" in text


def test_show_cannot_steer_the_terminal(run: Run, folder: Path) -> None:
    """Control characters and markup in a file are shown as what they are."""
    with DataManager(folder) as manager:
        state = manager.load_data(DataType.TERMINAL_STATE)
        state.history = ["\x1b[2J[red]x[/red]"]
        assert manager.save_data(DataType.TERMINAL_STATE, state)
    _, text = run("show", "terminal_state", flags=())

    assert "\x1b" not in text
    assert "[2J[red]x[/red]" in text


def test_show_what_is_damaged(run: Run, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged document cannot be shown; that is said, and changes nothing."""
    (folder / "settings.json").write_bytes(b"{")
    code = main(["show", "settings", "--dir", str(folder)])

    assert code == 1
    assert "settings: missing or damaged; see: tremble data check" in capsys.readouterr().err
    assert (folder / "settings.json").read_bytes() == b"{"


def test_backup(run: Run, folder: Path) -> None:
    """Files that were edited by hand are backed up; a dry run says so only."""
    path = folder / "settings.json"
    path.write_text(path.read_text().replace("120.0", "95.0"))
    before = contents(folder)
    dry_code, dry = run("backup", "--dry-run")
    after_dry = contents(folder)
    code, rows = run("backup")

    assert (dry_code, [row["backed up"] for row in dry]) == (0, [True] * 6)
    assert after_dry == before
    assert (code, len(rows)) == (0, 6)
    assert any(
        b"95.0" in content for name, content in contents(folder).items() if "backups" in name
    )


def test_backup_of_a_damaged_file(run: Run, folder: Path) -> None:
    """A damaged document is not backed up, and the exit code says it."""
    (folder / "settings.json").write_bytes(b"{")
    code, rows = run("backup", "settings", "player_stats")

    assert code == 1
    assert [row["backed up"] for row in rows] == [False, True]


def test_restore(run: Run, folder: Path) -> None:
    """The save before comes back; a dry run names it and leaves all as it is."""
    dry_code, dry = run("restore", "player_stats", "--dry-run")
    after_dry = wins_in(folder)
    code, rows = run("restore", "player_stats")

    assert (dry_code, after_dry) == (0, 3)
    assert (code, rows[0]["file"]) == (0, dry[0]["file"])
    assert wins_in(folder) == 2


def test_restore_by_number(run: Run, folder: Path) -> None:
    """Backups are listed with numbers, and any can be chosen."""
    _, listed = run("restore", "player_stats", "--list")
    code, _ = run("restore", "player_stats", "--number", 2)

    assert [row["number"] for row in listed] == [4, 3, 2, 1]
    assert (code, wins_in(folder)) == (0, 1)
    assert run("restore", "player_stats", "--number", 77)[0] == 2


def test_restore_without_a_backup(run: Run, folder: Path) -> None:
    """With nothing to restore the exit code is 1."""
    for path in (folder / "backups").iterdir():
        path.unlink()

    assert run("restore", "player_stats")[0] == 1


def test_export_and_import(run: Run, folder: Path, tmp_path: Path) -> None:
    """An archive made here is imported there; what was there stays as a backup."""
    target, other = tmp_path / "player.tremble", tmp_path / "other"
    with DataManager(other, durable=False) as manager:
        save_wins(manager, 50)

    exported, rows = run("export", target)
    dry_code, dry = run("import", target, "--dry-run", in_folder=other)
    after_dry = wins_in(other)
    imported, changes = run("import", target, in_folder=other)

    assert (exported, [row["exported"] for row in rows]) == (0, [True] * 6)
    assert (dry_code, after_dry) == (0, 50)
    assert imported == 0
    assert dry == changes
    assert changes[0] == {"document": "player_stats", "action": "replace"}
    assert wins_in(other) == 3
    assert run("restore", "player_stats", in_folder=other)[0] == 0
    assert wins_in(other) == 50


def test_export_without_doing_it(run: Run, tmp_path: Path) -> None:
    """A dry run of an export writes nothing."""
    assert run("export", tmp_path / "a", "--dry-run")[0] == 0
    assert not (tmp_path / "a").exists()


def test_export_leaves_damage_out(run: Run, folder: Path, tmp_path: Path) -> None:
    """A damaged document is left out, and said to be."""
    (folder / "settings.json").write_bytes(b"{")
    code, rows = run("export", tmp_path / "a")

    assert code == 1
    assert {"document": "settings", "exported": False} in rows


def test_import_refuses_a_tampered_archive(run: Run, folder: Path, tmp_path: Path) -> None:
    """A tampered archive changes nothing."""
    target = tmp_path / "a"
    run("export", target)
    target.write_bytes(target.read_bytes().replace(b'"wins":3', b'"wins":9'))
    before = contents(folder)

    assert run("import", target)[0] == 1
    assert contents(folder) == before


def test_passphrase(run: Run, tmp_path: Path) -> None:
    """A passphrase comes from a file; without it, or with an empty file, the import is refused."""
    target, secret, empty = tmp_path / "a", tmp_path / "secret", tmp_path / "empty"
    secret.write_text("correct horse\n")
    empty.write_text("")
    run("export", target, "--passphrase-file", secret)

    assert run("import", target)[0] == 1
    assert run("import", target, "--passphrase-file", empty)[0] == 2
    assert run("import", target, "--passphrase-file", tmp_path / "none")[0] == 2
    assert run("import", target, "--passphrase-file", secret)[0] == 0


def test_migrate(run: Run, folder: Path) -> None:
    """Old versions are brought up to date on the disk; a dry run lists them."""
    (folder / "leaderboard.json").write_bytes(b'{"players": []}')
    dry_code, dry = run("migrate", "--dry-run")
    state_after_dry = run("check")[1][2]["state"]
    code, rows = run("migrate")

    expected = [{"document": "leaderboard", "from": "0.0", "to": "1.0"}]
    assert (dry_code, dry, state_after_dry) == (0, expected, "older")
    assert (code, rows) == (0, expected)
    assert run("check")[1][2]["state"] == "ok"
    assert run("migrate", flags=())[1].strip() == "Migrated: nothing to do"


@pytest.mark.parametrize(
    "tokens",
    [
        ["check", "--dir", "/nowhere/at/all"],
        ["show", "nothing"],
        ["explode"],
        ["restore"],
        ["import", "/nowhere/at/all"],
    ],
)
def test_wrong_usage(tokens: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong usage is 2, with a word about what is wrong."""
    assert main(tokens) == 2
    told = capsys.readouterr()
    assert told.out + told.err


def test_while_a_game_runs(run: Run, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While a game saves there, looking is allowed and changing is not."""
    with DataManager(folder):
        assert run("check")[0] == 0
        assert run("restore", "player_stats", "--dry-run")[0] == 0
        code = main(["restore", "player_stats", "--dir", str(folder)])
    assert code == 3
    assert "close the other game or tool first" in capsys.readouterr().err


def test_every_command_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command explains itself, with an example."""
    for name in ("check", "show", "backup", "restore", "export", "import", "migrate"):
        main([name, "--help"])
        assert f"Example: tremble data {name}" in " ".join(capsys.readouterr().out.split())
    assert data_app.name == ("data",)


@pytest.mark.parametrize(
    ("content", "code", "error"),
    [(None, 0, b""), (b"{", 1, b"not well: settings; mend with: tremble data restore")],
)
def test_as_a_part_of_tremble(folder: Path, content: bytes | None, code: int, error: bytes) -> None:
    """`tremble data` has the same exit codes, and JSON stands alone on the output."""
    if content is not None:
        (folder / "settings.json").write_bytes(content)
    command = [sys.executable, "-m", "tremble", "data", "check", "--json", "--dir", str(folder)]
    done = subprocess.run(command, capture_output=True, timeout=60)

    assert done.returncode == code
    assert len(json.loads(done.stdout)) == 6
    assert error in done.stderr


def test_as_a_program(folder: Path) -> None:
    """It runs on its own, and a reader that stops reading is no error."""
    command = [sys.executable, "-m", "tremble.cli.data", "show", "--json", "--dir", str(folder)]
    shown = subprocess.run(command, capture_output=True, timeout=60)
    piped = subprocess.run(
        ["sh", "-c", 'exec "$@" | head -c 1', "sh", *command], capture_output=True, timeout=60
    )

    assert shown.returncode == 0
    assert json.loads(shown.stdout)["settings"]["version"] == documents.VERSIONS[STATS]
    assert b"Traceback" not in piped.stderr
