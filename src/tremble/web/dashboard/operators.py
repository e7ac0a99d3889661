"""Operators, for admins: listed, added, given another role or password, kept out, signed out, removed.

Each act stands in the audit. Nobody acts on itself here: what one may change of oneself is under Account,
so no admin shuts itself out by a slip, and one who can sign in is always left.
"""

import asyncio
from datetime import datetime
from secrets import token_urlsafe
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import PathParameter

from tremble.log import logger
from tremble.store import staff
from tremble.store.audit import By
from tremble.store.engine import Store, Transaction
from tremble.store.staff import ROLES, Operator, Role
from tremble.web.api import StoreDependency
from tremble.web.api_auth import USERNAME, PasswordsDependency
from tremble.web.dashboard.matches import Done, back
from tremble.web.dashboard.session import Session, require
from tremble.web.dashboard.shell import page
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import moment, now, reading, writing

log = logger("dashboard")

PATH = "/dashboard/operators"
#: What each role lets an operator do, in a line.
MEANINGS: dict[Role, str] = {
    "viewer": "sees everything but addresses and secrets",
    "moderator": "also kicks, bans, voids matches, reads the logs",
    "admin": "also changes settings, keys, operators; stops the server",
}
DONE = {
    "role": "The role is changed.",
    "disable": "Nobody can sign in by this name until you let it in again.",
    "enable": "The operator may sign in again.",
    "codes": "No code is asked for any more: the device can be set up anew under Account.",
    "sign-out": "All sessions are ended.",
    "remove": "The operator is removed.",
}
Name = Annotated[str, PathParameter(pattern=f"^{USERNAME.pattern}$")]


@get(PATH, include_in_schema=False)
async def operators_page(request: Asked, store: StoreDependency, done: Done = "") -> Response[str]:
    """All operators."""
    session = await require(request, store, "admin")
    return await listed(session, store, told=DONE.get(done, ""))


@post(PATH, include_in_schema=False, status_code=200)
async def add(
    request: Asked, store: StoreDependency, passwords: PasswordsDependency
) -> Response[str]:
    """Add an operator; the answer alone shows its password, which opens only the way to change it."""
    session = await require(request, store, "admin")
    form = await request.form()
    name, role = str(form.get("name", "")).strip(), as_role(form.get("role"))
    if not USERNAME.fullmatch(name):
        fault = "an operator's name has 3 to 32 of A-Z a-z 0-9 _ . -"
        return await listed(session, store, fault=fault)
    made_up = token_urlsafe(15)
    new = Operator(name, await passwords.hash(made_up), role, moment(), temporary=True)
    if not await writing(store, staff.add, session.by(), new):
        return await listed(session, store, fault=f"there is an operator {name} already")
    log.info("operator added", added=name, role=role, operator=session.operator.name)
    return await listed(session, store, fresh=(name, made_up))


@get(PATH + "/{name:str}", include_in_schema=False)
async def operator_page(
    request: Asked, store: StoreDependency, name: Name, done: Done = ""
) -> Response[str]:
    """One operator, and all that can be done to it."""
    session = await require(request, store, "admin")
    return await shown(session, store, name, told=DONE.get(done, ""))


@post(PATH + "/{name:str}/role", include_in_schema=False, status_code=200)
async def change_role(request: Asked, store: StoreDependency, name: Name) -> Response[str]:
    """Give another role."""
    session = await another(request, store, name)
    role = as_role((await request.form()).get("role"))
    check(await writing(store, staff.set_role, session.by(), name, role), name)
    return done_to(session, name, "role")


@post(PATH + "/{name:str}/password", include_in_schema=False, status_code=200)
async def reset_password(
    request: Asked, store: StoreDependency, passwords: PasswordsDependency, name: Name
) -> Response[str]:
    """Make up another password; the answer alone shows it."""
    session = await another(request, store, name)
    made_up = token_urlsafe(15)
    hashed = await passwords.hash(made_up)
    known = await writing(store, set_temporary, session.by(), name, hashed)
    check("changed" if known else "unknown", name)
    log.info("operator changed", act="password", changed=name, operator=session.operator.name)
    return await shown(session, store, name, fresh=made_up)


def set_temporary(tx: Transaction, by: By, name: str, hashed: str) -> bool:
    return staff.set_password(tx, by, name, hashed, temporary=True)


@post(PATH + "/{name:str}/codes", include_in_schema=False, status_code=200)
async def reset_codes(request: Asked, store: StoreDependency, name: Name) -> Response[str]:
    """Ask for no code of an authenticator app any more: the device is lost."""
    session = await another(request, store, name)
    known = await writing(store, staff.set_totp, session.by(), name, None, None)
    check("changed" if known else "unknown", name)
    return done_to(session, name, "codes")


@post(PATH + "/{name:str}/{act:str}", include_in_schema=False, status_code=200)
async def act_on(
    request: Asked,
    store: StoreDependency,
    name: Name,
    act: Annotated[str, PathParameter(pattern="^(disable|enable|sign-out|remove)$")],
) -> Response[str]:
    """Keep an operator out or let it in again, end its sessions, or remove it for good."""
    session = await another(request, store, name)
    by = session.by()
    if act == "remove":
        if str((await request.form()).get("name", "")) != name:
            raise Problem(400, "not_confirmed", "nobody was removed: the name typed is another one")
        check(await writing(store, staff.remove, by, name), name)
    elif act == "sign-out":
        check("changed" if await writing(store, staff.sign_out, by, name) else "unknown", name)
    else:
        check(await writing(store, staff.set_disabled, by, name, act == "disable"), name)
    return done_to(session, name, act)


async def another(request: Asked, store: Store, name: str) -> Session:
    """Return the session of an admin who is not *name*. Raises Problem."""
    session = await require(request, store, "admin")
    if session.operator.name == name:
        detail = "this is you: password and codes are under Account, the rest is for another admin"
        raise Problem(409, "yourself", detail)
    return session


def as_role(given: object) -> Role:
    """Return *given* as a role. Raises Problem 400 if it is none."""
    if given not in ROLES:
        raise Problem(400, "invalid_request", f"a role is one of {', '.join(ROLES)}")
    return given


def check(outcome: str, name: str) -> None:
    """Raise Problem unless the act on *name* was done."""
    if outcome == "unknown":
        raise Problem(404, "unknown_operator", f"there is no operator {name!r} (any more)")
    if outcome == "last":
        raise Problem(409, "last_admin", f"{name} is the last admin; make another one first")


def done_to(session: Session, name: str, act: str) -> Response[str]:
    """Log *act*, and lead back to where it shows."""
    log.info("operator changed", act=act, changed=name, operator=session.operator.name)
    return back(PATH if act == "remove" else f"{PATH}/{name}", act)


async def listed(
    session: Session,
    store: Store,
    *,
    told: str = "",
    fault: str = "",
    fresh: tuple[str, str] | None = None,
) -> Response[str]:
    """Return the list; *fresh* is a name and its password, made up just now."""
    found = await asyncio.to_thread(store.read, read_list, now())
    return page(
        session,
        "dashboard/operators.html",
        PATH,
        400 if fault else 200,
        operators=found,
        meanings=MEANINGS,
        told=told,
        fault=fault,
        fresh=fresh,
    )


def read_list(tx: Transaction, at: int) -> list[tuple[Operator, int, datetime | None]]:
    """Return each operator with its sessions that hold *at* that instant, and when the last began."""
    signed_in = staff.signed_in(tx, at)
    return [(one, *signed_in.get(one.name, (0, None))) for one in staff.every(tx)]


async def shown(
    session: Session, store: Store, name: str, *, told: str = "", fresh: str = ""
) -> Response[str]:
    """Return the page of operator *name*; *fresh* is its password, made up just now."""
    who = await reading(store, staff.find, name)
    if who is None:
        check("unknown", name)
    sessions, since = (await reading(store, staff.signed_in, now())).get(name, (0, None))
    return page(
        session,
        "dashboard/operator.html",
        PATH,
        who=who,
        sessions=sessions,
        since=since,
        meanings=MEANINGS,
        told=told,
        fresh=fresh,
    )


HANDLERS: list[Any] = [
    operators_page,
    add,
    operator_page,
    change_role,
    reset_password,
    reset_codes,
    act_on,
]
