"""`tremble data`: check, show, backup, restore, export, import and migrate a player's data folder.

Exit codes: 0 all is well, 1 problems were found, 2 wrong usage (3 if a game is saving there now).
A command that finds problems prints all it has to say first, and raises ProblemsFound at the end.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from cyclopts import App, CycloptsError, Parameter
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from tremble.data import archive, checkup, documents
from tremble.data.backups import Generation
from tremble.data.documents import DataType
from tremble.data.manager import DataManager, default_folder
from tremble.errors import ConfigError, TrembleError

T = TypeVar("T")

data_app = App(name="data", help="Look after a player's data: check it, back it up, take it along.")

Type = Literal[
    "player_stats", "settings", "leaderboard", "match_history", "terminal_state", "performance_data"
]
Dir = Annotated[
    Path | None, Parameter(name="--dir", help="The data folder (default: TREMBLE_DIR, or yours).")
]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON for programs.")]
DryRun = Annotated[
    bool, Parameter(name="--dry-run", negative="", help="Say what would be done, and do nothing.")
]
PassphraseFile = Annotated[
    Path | None,
    Parameter(name="--passphrase-file", help="A file whose first line is the passphrase."),
]


class ProblemsFound(TrembleError):
    """The command did its work, and not all is well: exit code 1."""


def folder_of(given: Path | None) -> Path:
    """Return the folder to work on; raise ConfigError if it is not there."""
    folder = given or default_folder()
    if not folder.is_dir():
        raise ConfigError(f"there is no data folder {folder}: give --dir, or set TREMBLE_DIR")
    return folder


def passphrase_of(path: Path | None) -> str:
    """Return the first line of *path*, "" without one; all can see a command line."""
    if path is None:
        return ""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"--passphrase-file {path}: {error}") from None
    if not lines or not lines[0]:
        raise ConfigError(f"--passphrase-file {path}: the first line is empty")
    return lines[0]


def types_of(names: tuple[Type, ...]) -> list[DataType]:
    return [DataType(name) for name in names] or list(DataType)


def print_json(value: Any) -> None:
    print(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def plain(value: object) -> str:
    """Return *value* as text that cannot steer a terminal: files may come from strangers."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))


def print_rows(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    table = Table(title=Text(title), title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        table.add_row(*(Text(plain(value)) for value in row))
    Console(markup=False).print(table)


def tracked(items: list[T], what: str) -> Iterable[T]:
    """Show progress over *items* on the error output, if that is a terminal."""
    return track(items, what, console=Console(stderr=True), transient=True)


def minute(stamp: str) -> str:
    """Return a stamp of a document as a person reads it."""
    return stamp[:16].replace("T", " ")


def report(title: str, rows: list[dict[str, Any]], as_json: bool) -> None:
    """Print *rows*, which have the same keys, as JSON or as a table."""
    if as_json:
        print_json(rows)
    elif rows:
        print_rows(title, rows[0], ([row[key] for key in rows[0]] for row in rows))
    else:
        print(f"{title}: nothing to do")


@data_app.command
def check(*, dir_: Dir = None, json: Json = False) -> None:
    """Check every document and every backup; change nothing.

    Example: tremble data check --dir ~/.local/share/tremble
    """
    folder = folder_of(dir_)
    findings = checkup.look(folder)
    if json:
        print_json(findings)
    else:
        rows = [
            (
                f.document,
                f.state,
                f.version,
                f.size,
                minute(f.changed),
                f.backups,
                len(f.bad_backups),
            )
            for f in findings
        ]
        columns = ("document", "state", "version", "bytes", "changed (UTC)", "backups", "bad")
        print_rows(str(folder), columns, rows)
        for finding in findings:
            for line in [*finding.problems, *finding.bad_backups]:
                print(plain(f"{finding.document}: {line}"))
    bad = [finding.document for finding in findings if not finding.healthy]
    if bad:
        raise ProblemsFound(f"not well: {', '.join(bad)}; mend with: tremble data restore NAME")


@data_app.command
def show(*names: Type, dir_: Dir = None, json: Json = False) -> None:
    """Show what documents hold (default: all that are there).

    Example: tremble data show settings
    """
    folder = folder_of(dir_)
    wanted = types_of(names)
    with DataManager(folder, read_only=True) as manager:
        found = {t: d for t, d in archive.valid_documents(manager) if t in wanted}
    if json:
        print_json({t.value: document for t, document in found.items()})
    else:
        for data_type, document in found.items():
            leaves = checkup.flatten(msgspec.to_builtins(document))
            print_rows(data_type.value, ("field", "value"), leaves)
    missing = [t.value for t in wanted if t not in found]
    if names and missing:
        raise ProblemsFound(f"{', '.join(missing)}: missing or damaged; see: tremble data check")


@data_app.command
def backup(*names: Type, dir_: Dir = None, dry_run: DryRun = False, json: Json = False) -> None:
    """Back documents up now (default: all); a save does so by itself.

    Example: tremble data backup player_stats
    """
    folder = folder_of(dir_)
    states = {finding.document: finding.state for finding in checkup.look(folder)}
    rows: list[dict[str, Any]] = []
    with DataManager(folder, read_only=dry_run) as manager:
        for data_type in tracked(types_of(names), "Backing up"):
            state = states[data_type.value]
            if state == "missing":
                continue
            done = state in ("ok", "older") and (dry_run or manager.create_backup(data_type))
            newest = next(iter(manager.list_backups(data_type)), None)
            name = newest.name if newest and not dry_run else ""
            rows.append({"document": data_type.value, "backed up": done, "newest": name})
    report("Would be backed up" if dry_run else "Backups", rows, json)
    failed = [row["document"] for row in rows if not row["backed up"]]
    if failed:
        raise ProblemsFound(f"not backed up: {', '.join(failed)}; see: tremble data check")


def row_of(generation: Generation) -> dict[str, Any]:
    return {
        "document": generation.data_type.value,
        "number": generation.sequence,
        "time": documents.stamp(generation.at),
        "file": generation.name,
    }


@data_app.command
def restore(
    name: Type,
    *,
    number: Annotated[int | None, Parameter(help="Which backup; see --list.")] = None,
    list_: Annotated[bool, Parameter(name="--list", negative="", help="List backups.")] = False,
    dir_: Dir = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Put a backup back: the newest valid one that differs from the file, or that with --number.

    Example: tremble data restore player_stats --number 41
    """
    data_type, folder = DataType(name), folder_of(dir_)
    with DataManager(folder, read_only=dry_run or list_) as manager:
        generations = manager.list_backups(data_type)
        if list_:
            report("Backups", [row_of(g) for g in generations], json)
            return
        chosen = None
        if number is not None:
            chosen = next((g for g in generations if g.sequence == number), None)
            if chosen is None:
                raise ConfigError(f"{name} has no backup {number}; see: --list")
        found = manager.find_backup(data_type, chosen)
        if not dry_run and not manager.restore_from_backup(data_type, found):
            raise ProblemsFound(f"{name} was not restored: {manager.last_error}")
    report("Would be restored" if dry_run else "Restored", [row_of(found)], json)


@data_app.command(name="export")
def export_(
    target: Path,
    *,
    passphrase_file: PassphraseFile = None,
    dir_: Dir = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write all documents into one sealed file, to take along.

    Example: tremble data export player.tremble
    """
    folder = folder_of(dir_)
    passphrase = passphrase_of(passphrase_file)
    with DataManager(folder, read_only=True) as manager:
        found = archive.valid_documents(manager)
        if not found:
            raise ConfigError(f"{folder} holds no valid document to export")
        if not dry_run:
            now = documents.stamp(manager.clock())
            archive.write_archive(target, tracked(found, "Exporting"), now, passphrase)
    left_out = [f.document for f in checkup.look(folder) if f.state in checkup.BAD_STATES]
    rows = [{"document": t.value, "exported": True} for t, _ in found]
    rows += [{"document": name, "exported": False} for name in left_out]
    report(f"{'Would export' if dry_run else 'Exported'} to {target}", rows, json)
    if left_out:
        raise ProblemsFound(f"left out: {', '.join(left_out)}; see: tremble data check")


@data_app.command(name="import")
def import_(
    source: Path,
    *,
    passphrase_file: PassphraseFile = None,
    dir_: Dir = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Take over the documents of an exported file; what they replace stays as a backup.

    Example: tremble data import player.tremble --dry-run
    """
    contents = archive.read_archive(source, passphrase_of(passphrase_file))
    folder = dir_ or default_folder()
    rows: list[dict[str, Any]] = []
    with DataManager(folder, read_only=dry_run) as manager:
        for change in tracked(archive.plan_import(manager, contents), "Importing"):
            done = change.action == "same" or dry_run
            if not done and not manager.save_data(change.data_type, change.document):
                raise ProblemsFound(f"{change.data_type.value}: {manager.last_error}")
            rows.append({"document": change.data_type.value, "action": change.action})
    report(f"{'Would import' if dry_run else 'Imported'} into {folder}", rows, json)


@data_app.command
def migrate(*, dir_: Dir = None, dry_run: DryRun = False, json: Json = False) -> None:
    """Bring documents of older versions to this one; a load does so in memory by itself.

    Example: tremble data migrate --dry-run
    """
    folder = folder_of(dir_)
    older = [finding for finding in checkup.look(folder) if finding.state == "older"]
    rows: list[dict[str, Any]] = []
    with DataManager(folder, read_only=dry_run) as manager:
        for finding in tracked(older, "Migrating"):
            data_type = DataType(finding.document)
            document = manager.load_data(data_type)
            if not dry_run and not manager.save_data(data_type, document):
                raise ProblemsFound(f"{finding.document}: {manager.last_error}")
            rows.append(
                {"document": finding.document, "from": finding.version, "to": document.version}
            )
    report("Would be migrated" if dry_run else "Migrated", rows, json)


def main(tokens: list[str] | None = None) -> int:
    """Run `tremble data` on its own; return the exit code."""
    try:
        data_app(tokens, exit_on_error=False, result_action="return_value")
    except CycloptsError:
        return 2
    except TrembleError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader, such as `head`, has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
