"""The editor of server.toml: tried by the same code as `tremble config check`, saved whole, read again."""

import asyncio
import difflib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody
from msgspec import Meta, Struct

from tremble.log import logger
from tremble.store import audit
from tremble.web.api import StoreDependency
from tremble.web.dashboard.files import (
    Bench,
    BenchDependency,
    DirectoryDependency,
    mark,
    read_text,
    reload,
    write_text,
)
from tremble.web.dashboard.session import require
from tremble.web.dashboard.shell import HEADERS, page
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import writing

log = logger("dashboard")

PATH = "/dashboard/settings"
NAME = "server.toml"
#: The game's own settings, which hold while there is no server.toml.
OTHER = "server_config.json"
MAX_CHARACTERS = 64 * 1024
MAX_BODY_BYTES = 512 * 1024
#: Seconds that a check may take: it loads the maps.
PATIENCE_S = 60.0

Text = Annotated[str, Meta(max_length=MAX_CHARACTERS)]


class Draft(Struct, frozen=True, forbid_unknown_fields=True):
    """A server.toml as it is to be; *known* marks the one that the page was given."""

    text: Text
    known: str = ""


class Change(Struct, frozen=True):
    """A setting that would be another one; secrets are not shown. *restart*: only from the next start on."""

    key: str
    old: Any
    new: Any
    restart: bool


class Trial(Struct, frozen=True):
    """What would come of a draft: what is wrong, else what changes; *diff* is of the text, line by line."""

    problems: list[str]
    changes: list[Change]
    diff: list[str] = []


class Saved(Struct, frozen=True):
    """What came of saving: *reloaded* if the running server was told to read the file again."""

    changes: list[Change]
    reloaded: bool
    known: str


@get(PATH, include_in_schema=False)
async def settings_page(
    request: Asked,
    store: StoreDependency,
    directory: DirectoryDependency,
    bench: BenchDependency,
) -> Response[str]:
    """The editor; of a file that is not there yet with every setting explained."""
    session = await require(request, store, "admin")
    text = read_text(directory / NAME)
    other = text is None and (directory / OTHER).exists()
    shown = text
    if shown is None:
        shown, _ = await bench.run(["config", "example"], PATIENCE_S)
        shown += "\n"
    return page(
        session,
        "dashboard/settings.html",
        PATH,
        text=shown,
        known=mark(text),
        fresh=text is None,
        other=OTHER if other else "",
        file=str(directory / NAME),
    )


@post(
    "/dashboard/settings/try",
    include_in_schema=False,
    status_code=200,
    request_max_body_size=MAX_BODY_BYTES,
)
async def try_settings(
    request: Asked,
    store: StoreDependency,
    directory: DirectoryDependency,
    bench: BenchDependency,
    data: JSONBody[Draft],
) -> Response[Trial]:
    """Tell what would come of a draft."""
    await require(request, store, "admin")
    found = await tried(bench, directory, data.text)
    before = read_text(directory / NAME) or ""
    return Response(msgspec.structs.replace(found, diff=diff(before, data.text)), headers=HEADERS)


@post(
    "/dashboard/settings/save",
    include_in_schema=False,
    status_code=200,
    request_max_body_size=MAX_BODY_BYTES,
)
async def save_settings(
    request: Asked,
    store: StoreDependency,
    directory: DirectoryDependency,
    bench: BenchDependency,
    data: JSONBody[Draft],
) -> Response[Saved]:
    """Put a draft in place and have it read; refused if it is wrong, or the file is another one by now."""
    session = await require(request, store, "admin")
    found = await tried(bench, directory, data.text)
    if found.problems:
        raise Problem(400, "bad_settings", "; ".join(found.problems))
    async with bench.saving:
        await replace(directory / NAME, data)
    told = {change.key: {"old": change.old, "new": change.new} for change in found.changes}
    await writing(store, audit.note, session.by(), "settings", NAME, None, told)
    log.info("settings saved", operator=session.operator.name, settings=sorted(told))
    known = mark(data.text)
    return Response(Saved(found.changes, reload(directory), known), headers=HEADERS)


async def replace(path: Path, data: Draft) -> None:
    """Put a draft in the place of the file that its page was given. Raises Problem."""
    if mark(read_text(path)) != data.known:
        detail = f"{NAME} was changed by somebody else meanwhile; load the page again and compare"
        raise Problem(409, "changed_meanwhile", detail)
    try:
        await asyncio.to_thread(write_text, path, data.text)
    except OSError as error:
        raise Problem(503, "not_written", f"{NAME}: {error.strerror}") from None


async def tried(bench: Bench, directory: Path, text: str) -> Trial:
    """Return what would come of *text*. Raises Problem 503 if that cannot be found out."""
    with TemporaryDirectory() as folder:
        draft = Path(folder) / NAME
        draft.write_bytes(text.encode())
        words = ["config", "try", str(draft), "--dir", str(directory)]
        printed, why = await bench.run(words, PATIENCE_S)
    if why:
        log.error("settings not tried", why=why)
        raise Problem(503, "not_tried", "the settings could not be checked; the log has the reason")
    return msgspec.json.decode(printed, type=Trial)


def diff(before: str, after: str) -> list[str]:
    """Return what differs between two texts as lines that begin with + - @ or a space."""
    found = difflib.unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm="")
    return list(found)[2:]


HANDLERS: list[Any] = [settings_page, try_settings, save_settings]
