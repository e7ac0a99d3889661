"""Backups: made, checked, and what going back to one would come to; going back needs a stop, at the shell."""

import asyncio
import shlex
from pathlib import Path
from typing import Any

from litestar import Response, get, post
from litestar.params import JSONBody
from msgspec import Struct

from tremble.store import audit, backup
from tremble.web.api import StoreDependency
from tremble.web.dashboard.files import BenchDependency, DirectoryDependency
from tremble.web.dashboard.session import require
from tremble.web.dashboard.shell import HEADERS, page
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import writing

PATH = "/dashboard/backups"
#: Seconds that one job may take.
PATIENCE_S = 900.0


class Job(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done with the backup *name*."""

    name: str = ""


class Done(Struct, frozen=True):
    """What a job came to, in words; *commands* are for a shell."""

    ok: bool
    text: str
    commands: list[str] = []


@get(PATH, include_in_schema=False)
async def backups_page(
    request: Asked, store: StoreDependency, directory: DirectoryDependency
) -> Response[str]:
    """The backups, the newest first."""
    session = await require(request, store, "admin")
    found = await asyncio.to_thread(backup.every, directory)
    return page(session, "dashboard/backups.html", PATH, backups=found, remote=store.remote)


@post("/dashboard/backups/create", include_in_schema=False, status_code=200)
async def create(
    request: Asked, store: StoreDependency, directory: DirectoryDependency, bench: BenchDependency
) -> Response[Done]:
    """Make a backup, while everything runs."""
    session = await require(request, store, "admin")
    words = ["backup", "create", "--dir", str(directory)]
    printed, why = await bench.run(words, PATIENCE_S)
    if not why:
        await writing(store, audit.note, session.by(), "backup", printed.partition(":")[0])
    return Response(Done(not why, why or printed), headers=HEADERS)


@post("/dashboard/backups/verify", include_in_schema=False, status_code=200)
async def verify(
    request: Asked,
    store: StoreDependency,
    directory: DirectoryDependency,
    bench: BenchDependency,
    data: JSONBody[Job],
) -> Response[Done]:
    """Check a backup to the last byte."""
    await require(request, store, "admin")
    name = await known(directory, data.name)
    words = ["backup", "verify", name, "--dir", str(directory)]
    printed, why = await bench.run(words, PATIENCE_S)
    return Response(Done(not why, why or printed), headers=HEADERS)


@post("/dashboard/backups/rehearse", include_in_schema=False, status_code=200)
async def rehearse(
    request: Asked,
    store: StoreDependency,
    directory: DirectoryDependency,
    bench: BenchDependency,
    data: JSONBody[Job],
) -> Response[Done]:
    """Tell what going back to a backup would come to, and what to type for it."""
    await require(request, store, "admin")
    name = await known(directory, data.name)
    there = ["--dir", str(directory)]
    printed, why = await bench.run(["restore", name, "--dry-run", *there], PATIENCE_S)
    steps = [["stop", *there], ["restore", name, *there], ["up", *there]]
    commands = [] if why else [shlex.join(["tremble", *words]) for words in steps]
    return Response(Done(not why, why or printed, commands), headers=HEADERS)


async def known(directory: Path, name: str) -> str:
    """Return *name* if a backup is called so: it becomes a word of a command. Raises Problem 404."""
    found = await asyncio.to_thread(backup.every, directory)
    if name not in [made.name for made in found]:
        raise Problem(404, "unknown_backup", f"there is no backup {name!r}")
    return name


HANDLERS: list[Any] = [backups_page, create, verify, rehearse]
