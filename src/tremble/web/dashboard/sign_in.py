"""Signing in to the dashboard, and out; the first operator, made at the first start."""

import asyncio
from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.params import QueryParameter

from tremble import restoring, token
from tremble.log import logger
from tremble.restoring import Restoring
from tremble.store import instant, staff
from tremble.store.audit import By
from tremble.store.engine import Store
from tremble.store.staff import Operator
from tremble.web import limits
from tremble.web.api import QuotaDependency, StoreDependency
from tremble.web.api_auth import PasswordsDependency
from tremble.web.dashboard import totp
from tremble.web.dashboard.files import DirectoryDependency
from tremble.web.dashboard.session import (
    COOKIE,
    PATH,
    SIGN_IN,
    check_site,
    find,
    new_secret,
    origin_of,
    require,
    with_cookie,
)
from tremble.web.dashboard.shell import HEADERS, bare
from tremble.web.passwords import HASHER
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import now, reading, writing

log = logger("dashboard")

#: How long a session would have held.
LIFE = timedelta(microseconds=staff.LIFE)
WRONG = "name, password or code is wrong"
Next = Annotated[str, QueryParameter(name="next", max_length=500)]


def first_operator(store: Store) -> str | None:
    """Make the operator `admin` if there is none yet; return its password, which is kept nowhere."""
    if not store.read(staff.none_yet):
        return None
    password = token_urlsafe(15)
    at = datetime.now(UTC)
    new = Operator(staff.FIRST, HASHER.hash(password), "admin", at)
    by = By("start", "", instant.to_store(at))
    return password if store.write(staff.add_first, by, new).result() else None


@get(SIGN_IN, include_in_schema=False)
async def sign_in_page(
    request: Asked,
    store: StoreDependency,
    directory: DirectoryDependency,
    next_page: Next = PATH,
) -> Response[str]:
    """The form; who is signed in already goes on, who was until the record was restored is told so."""
    if await find(request, store) is not None:
        return onward(next_page)
    told = ""
    if request.cookies.get(COOKIE):
        told = why_out(await asyncio.to_thread(restoring.read, directory), datetime.now(UTC))
    return bare("dashboard/login.html", next=inside(next_page), fault="", told=told)


def why_out(found: Restoring | None, at: datetime) -> str:
    """Return why nobody is signed in any more at *at*, if it is because of the restore *found*, else ""."""
    if found is None or found.state != "restored" or at - found.at > LIFE:
        return ""
    return (
        f"The record was restored at {found.at:%H:%M} UTC: {found.text}. "
        "Sign in again, with the password of then."
    )


@post(SIGN_IN, include_in_schema=False, status_code=200)
async def sign_in(
    request: Asked, store: StoreDependency, quota: QuotaDependency, passwords: PasswordsDependency
) -> Response[str]:
    """Sign in. Whether the name, the password or the code was wrong does not show."""
    check_site(request)
    form = await request.form()
    name, where = str(form.get("name", "")).strip()[:64], inside(str(form.get("next", PATH)))
    try:
        await quota.check_address(limits.PASSWORDS, request)
        # By address too: else anybody could lock an operator out.
        key = f"operator {name} {limits.address(request)}"
        await quota.check(limits.GUESSES, key, request)
        who = await reading(store, staff.find, name)
        kept = None if who is None else who.password
        good = await passwords.check(kept, str(form.get("password", ""))[:128])
        if not good or not await let_in(store, who, str(form.get("code", ""))):
            log.warning("operator refused", operator=name, address=origin_of(request))
            return bare("dashboard/login.html", 401, next=where, fault=WRONG, told="")
    except Problem as problem:
        return bare(
            "dashboard/login.html", problem.body.status, next=where, fault=str(problem), told=""
        )
    assert who is not None
    await quota.forgive(limits.GUESSES, key)
    secret = new_secret()
    origin = origin_of(request)
    if not await writing(store, staff.sign_in, token.digest(secret), who, origin, now()):
        return bare("dashboard/login.html", 401, next=where, fault=WRONG)
    log.info("operator signed in", operator=who.name, address=origin)
    return with_cookie(request, onward(where), secret)


async def let_in(store: Store, who: Operator | None, code: str) -> bool:
    """Say whether *who*, whose password was right, may come in with *code*."""
    return who is not None and not who.disabled and await code_holds(store, who, code)


async def code_holds(store: Store, who: Operator, code: str) -> bool:
    """Say whether *code* is one that *who* may show now; each counts once. Nobody is asked without TOTP."""
    if who.totp is None:
        return True
    step = totp.step_of(who.totp, code, now() // 1_000_000)
    return step is not None and await writing(store, staff.use_step, who.name, step)


@post("/dashboard/logout", include_in_schema=False, status_code=200)
async def sign_out(request: Asked, store: StoreDependency) -> Response[str]:
    """End this session."""
    session = await require(request, store)
    await writing(store, staff.end, token.digest(session.secret))
    return with_cookie(request, onward(SIGN_IN), "")


def inside(where: str) -> str:
    """Return *where* if it is a page of the dashboard, else its first: nobody is sent elsewhere."""
    plain = all(c.isascii() and c.isprintable() and c != "\\" for c in where)
    ours = where == PATH or where.startswith((PATH + "/", PATH + "?"))
    return where if plain and ours else PATH


def onward(where: str) -> Response[str]:
    """Send the browser to *where* in the dashboard."""
    there = {**HEADERS, "location": inside(where)}
    return Response("", status_code=303, headers=there)


HANDLERS: list[Any] = [sign_in_page, sign_in, sign_out]
