"""Backups: made, checked, and gone back to: what is lost is shown first, then the backup's name is typed.

The game server beside us takes the wish as a command (server/restore.py), with the operator's name and
role; `tremble up` ends us, restores and starts us again. Sessions do not live through that.
"""

import asyncio
import shlex
from pathlib import Path
from typing import Annotated, Any, Literal

from litestar import Response, get, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tremble import restoring
from tremble.restoring import Restoring
from tremble.store import audit, backup
from tremble.store.engine import Store
from tremble.web.api import StoreDependency
from tremble.web.dashboard.files import BenchDependency, DirectoryDependency
from tremble.web.dashboard.hub import Hub
from tremble.web.dashboard.live import HubDependency
from tremble.web.dashboard.session import require
from tremble.web.dashboard.shell import HEADERS, page
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import writing

PATH = "/dashboard/backups"
#: Seconds that one job may take.
PATIENCE_S = 900.0


class Job(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be done with the backup *name*; *match*: and results up to that one."""

    name: str = ""
    match: Annotated[str, Meta(pattern=f"^({restoring.MATCH.pattern})?$")] = ""


class Wish(Job, frozen=True, forbid_unknown_fields=True):
    """The same, *when* the server may end for it; *typed*: the backup's name again, by hand.

    Seconds for which players are told, and after which it comes however matches stand, 0: never.
    """

    typed: str = ""
    when: Literal["empty", "between-matches", "now"] = "between-matches"
    countdown_s: Annotated[int, Meta(ge=0, le=3600)] = 30
    deadline_s: Annotated[int, Meta(ge=0, le=604800)] = 0


class Done(Struct, frozen=True):
    """What a job came to, in words; *commands* are for a shell, for the reason *why*: "": none are needed."""

    ok: bool
    text: str
    commands: list[str] = []
    why: str = ""


class Told(Struct, frozen=True):
    """What has become of the last restore."""

    state: str
    target: str
    text: str
    over: bool


@get(PATH, include_in_schema=False)
async def backups_page(
    request: Asked, store: StoreDependency, directory: DirectoryDependency
) -> Response[str]:
    """The backups, the newest first."""
    session = await require(request, store, "admin")
    found = await asyncio.to_thread(backup.every, directory)
    last = await asyncio.to_thread(restoring.read, directory)
    template = "dashboard/backups.html"
    return page(session, template, PATH, backups=found, remote=store.remote, last=last)


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
    hub: HubDependency,
    data: JSONBody[Job],
) -> Response[Done]:
    """Tell what going back to a backup would come to; where a button cannot do it, what to type."""
    await require(request, store, "admin")
    name = await known(directory, data.name)
    target = [name, *(["--match", data.match] if data.match else [])]
    there = ["--dir", str(directory)]
    printed, why = await bench.run(["restore", *target, "--dry-run", *there], PATIENCE_S)
    if why:
        return Response(Done(False, why), headers=HEADERS)
    refusal = unable(store, hub)
    steps = [["stop", *there], ["restore", *target, *there], ["up", *there]] if refusal else []
    commands = [shlex.join(["tremble", *words]) for words in steps]
    return Response(Done(True, printed, commands, refusal), headers=HEADERS)


@post("/dashboard/backups/restore", include_in_schema=False, status_code=200)
async def restore(
    request: Asked,
    store: StoreDependency,
    directory: DirectoryDependency,
    hub: HubDependency,
    data: JSONBody[Wish],
) -> Response[Done]:
    """Have the record go back to a backup whose name was typed: the game server plans it."""
    session = await require(request, store, "admin")
    name = await known(directory, data.name)
    if data.typed.strip() != name:
        raise Problem(400, "not_typed", f"type the name of the backup, {name}, to go back to it")
    if refusal := unable(store, hub):
        raise Problem(409, "no_supervisor", refusal)
    words = ["restore", name, *(["--to-match", data.match] if data.match else [])]
    words += [data.when, str(data.countdown_s), str(data.deadline_s)]
    found = await hub.call(
        " ".join(words), session.operator.name, session.operator.role, session.origin
    )
    return Response(Done(bool(found["ok"]), str(found["text"])), headers=HEADERS)


@post("/dashboard/backups/keep", include_in_schema=False, status_code=200)
async def keep(request: Asked, store: StoreDependency, hub: HubDependency) -> Response[Done]:
    """Take a planned restore back."""
    session = await require(request, store, "admin")
    who = session.operator.name, session.operator.role, session.origin
    found = await hub.call("restore off", *who)
    return Response(Done(bool(found["ok"]), str(found["text"])), headers=HEADERS)


@get("/dashboard/backups/restore", include_in_schema=False)
async def restored(
    request: Asked, store: StoreDependency, directory: DirectoryDependency
) -> Response[Told]:
    """Tell what has become of the last restore."""
    await require(request, store, "admin")
    found = await asyncio.to_thread(restoring.read, directory)
    return Response(told(found), headers=HEADERS)


def told(found: Restoring | None) -> Told:
    """Return what is told of *found*."""
    if found is None:
        return Told("none", "", "nothing was restored", True)
    return Told(found.state, found.target, found.text, found.over)


def unable(store: Store, hub: Hub) -> str:
    """Return why no button can restore here, "" if one can."""
    if store.remote:
        return "The record is on PostgreSQL, where pg_restore puts it back"
    if hub.directory is None:
        return "No `tremble up` looks after this web process, which would end it and start it again"
    return ""


async def known(directory: Path, name: str) -> str:
    """Return *name* if a backup is called so: it becomes a word of a command. Raises Problem 404."""
    found = await asyncio.to_thread(backup.every, directory)
    if name not in [made.name for made in found]:
        raise Problem(404, "unknown_backup", f"there is no backup {name!r}")
    return name


HANDLERS: list[Any] = [backups_page, create, verify, rehearse, restore, keep, restored]
