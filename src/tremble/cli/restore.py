"""tremble restore: go back to a backup, or to a match."""

import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from cyclopts import Parameter

from tremble.cli.options import Dir, Json, Sets, prepared, settings
from tremble.errors import ConfigError
from tremble.server import lock


def restore(
    name: str | None = None,
    *,
    match: Annotated[
        str | None, Parameter(help="Go to the state right after this match id; `last`: after all.")
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

    Not while Tremble runs. What is replaced is kept in backups/<time>.replaced.
    """
    from tremble import ledger
    from tremble.store import restore as restoring

    if (name is None) == (match is None):
        raise ConfigError(
            "give the name of a backup, or --match ID; tremble backup list shows them"
        )
    path, loaded = settings(directory, sets)
    if loaded.settings.store.url:
        raise ConfigError(
            "the record is on PostgreSQL: stop Tremble and use pg_restore --clean --if-exists "
            "on record.pgdump of the backup"
        )
    with nullcontext() if dry_run else lock.take(prepared(path), "restore"):
        try:
            if match is not None:
                target = restoring.to_match(path, match)
            else:
                target = restoring.Target(restoring.folder_of(path, str(name)))
            done = restoring.build(path, target, ledger.record_all)
            if not dry_run:
                done = restoring.put_in_place(path, done, everything, datetime.now(UTC))
        finally:
            restoring.forget(path)
    tell(done, dry_run, as_json)


def tell(done: Any, dry_run: bool, as_json: bool) -> None:
    """Print what has been restored, or would be."""
    if as_json:
        print(msgspec.json.encode(done).decode())
        return
    print(
        f"{'would restore' if dry_run else 'restored'} backup {done.backup}: {done.matches} matches, "
        f"{done.again} of them posted again; the last is {done.last_match or 'none'}"
    )
    if done.replaced:
        print(f"what was there is in {done.replaced}", file=sys.stderr)
