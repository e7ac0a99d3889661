"""tremble restore: go back to a backup, or to a match."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from cyclopts import Parameter

from tremble.cli.options import Dir, Json, Sets, prepared, settings
from tremble.errors import ConfigError
from tremble.server import lock

if TYPE_CHECKING:
    from tremble.store.losses import Lost
    from tremble.store.restore import Restored, Target

#: How a record on PostgreSQL is put back.
PG_RESTORE = "pg_restore --clean --if-exists --dbname=URL backups/NAME/record.pgdump"


def restore(
    name: str | None = None,
    *,
    match: Annotated[
        str | None,
        Parameter(
            name=["--match", "--to-match"],
            help="Go to the state right after this match id; `last`: after all.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, Parameter(negative=(), help="Only tell what would come of it.")
    ] = False,
    everything: Annotated[
        bool, Parameter(name="--all", negative=(), help="Settings, keys, bans, outbox too.")
    ] = False,
    directory: Dir = None,
    sets: Sets = None,
    as_json: Json = False,
) -> None:
    """Put back the backup NAME (or the one at a path), or the record as it was after a match.

    Not while Tremble runs: there `tremble console restore NAME` does it. What is replaced is kept in
    backups/<time>.replaced.
    """
    from tremble import ledger
    from tremble.store import restore as restoring

    if name is None and match is None:
        raise ConfigError(
            "give the name of a backup, or --match ID; tremble backup list shows them"
        )
    path, loaded = settings(directory, sets)
    if loaded.settings.store.url:
        raise ConfigError(f"the record is on PostgreSQL: stop Tremble, and type {PG_RESTORE}")
    if dry_run:
        done = restoring.rehearse(path, target_of(path, name, match), ledger.record_all)
    else:
        with lock.take(prepared(path), "restore"):
            try:
                done = restoring.build(path, target_of(path, name, match), ledger.record_all)
                done = restoring.put_in_place(path, done, everything, datetime.now(UTC))
            finally:
                restoring.forget(path)
    tell(done, dry_run, as_json)


def target_of(path: Path, name: str | None, match: str | None) -> "Target":
    """Return how to come to the backup *name*, to right after *match*, or to that from the backup.

    Raises StoreError if one cannot.
    """
    from tremble.store import restore as restoring

    folder = None if name is None else restoring.folder_of(path, name)
    if match is not None:
        return restoring.to_match(path, match, folder)
    assert folder is not None
    return restoring.Target(folder)


def tell(done: "Restored", dry_run: bool, as_json: bool) -> None:
    """Print what has been restored, or would be."""
    if as_json:
        print(msgspec.json.encode(done).decode())
        return
    print("\n".join([in_words(done, dry_run), *told(done.lost)]))
    if done.replaced:
        print(f"what was there is in {done.replaced}", file=sys.stderr)


def in_words(done: "Restored", dry_run: bool = False) -> str:
    """Return what has been restored, or would be, in a line."""
    return (
        f"{'would restore' if dry_run else 'restored'} backup {done.backup}: {done.matches} matches, "
        f"{done.again} of them posted again; the last is {done.last_match or 'none'}"
    )


def told(lost: "Lost | None") -> list[str]:
    """Return what would be *lost*, a line each."""
    if lost is None:
        return ["what would be lost is not known: the record that is there cannot be read"]
    if lost.since is None or lost.until is None:
        found = ["no match would be lost"]
    else:
        span = f"from {lost.since:%Y-%m-%d %H:%M:%S} to {lost.until:%Y-%m-%d %H:%M:%S} UTC"
        found = [f"would lose {lost.matches} matches of {lost.players} players, {span}"]
    if lost.accounts:
        found.append(f"would lose {lost.accounts} accounts, made since the backup")
    return found
