"""An operator's own page: the password, and codes of an authenticator app."""

from base64 import b32encode
from secrets import token_bytes
from typing import Any

from litestar import Response, get, post
from msgspec import structs

from tremble import token
from tremble.store import staff
from tremble.store.engine import Store
from tremble.store.staff import Operator
from tremble.web import limits
from tremble.web.api import QuotaDependency, StoreDependency
from tremble.web.api_auth import PasswordsDependency
from tremble.web.dashboard import totp
from tremble.web.dashboard.session import Session, new_secret, nobody, require, with_cookie
from tremble.web.dashboard.shell import page
from tremble.web.limits import Limits
from tremble.web.passwords import Passwords
from tremble.web.problems import Asked
from tremble.web.signed_in import now, writing

PATH = "/dashboard/account"
SHORTEST, LONGEST = 10, 128
#: Random bytes of a secret for codes: those of SHA-1, as RFC 4226 wants it.
SECRET_BYTES = 20


@get(PATH, include_in_schema=False)
async def account_page(request: Asked, store: StoreDependency) -> Response[str]:
    """What the operator may change of itself."""
    return shown(await require(request, store))


@post("/dashboard/account/password", include_in_schema=False, status_code=200)
async def change_password(
    request: Asked, store: StoreDependency, quota: QuotaDependency, passwords: PasswordsDependency
) -> Response[str]:
    """Take another password; all other sessions end."""
    session = await require(request, store)
    form = await request.form()
    fresh = str(form.get("fresh", ""))
    if not SHORTEST <= len(fresh) <= LONGEST:
        return shown(session, fault=f"a password has {SHORTEST} to {LONGEST} characters")
    if not await is_password(quota, passwords, session.operator, str(form.get("old", ""))):
        return shown(session, fault="the present password is another one")
    if fresh == str(form.get("old", "")):
        return shown(session, fault="this is the present password; choose another one")
    hashed = await passwords.hash(fresh)
    await writing(store, staff.set_password, session.by(), session.operator.name, hashed)
    changed = structs.replace(session.operator, password=hashed)
    return await signed_in_again(request, store, session, changed, "The password is changed.")


@post("/dashboard/account/codes", include_in_schema=False, status_code=200)
async def change_codes(
    request: Asked, store: StoreDependency, quota: QuotaDependency, passwords: PasswordsDependency
) -> Response[str]:
    """Ask for a code at each sign-in from now on, once one was shown; or, without a secret, no more."""
    session = await require(request, store)
    form = await request.form()
    secret, who = str(form.get("secret", "")), session.operator
    if not await is_password(quota, passwords, who, str(form.get("old", ""))):
        return shown(session, secret, "the present password is another one")
    if not secret:
        await writing(store, staff.set_totp, session.by(), who.name, None, None)
        told = "No code is asked for any more."
        return await signed_in_again(request, store, session, who, told)
    step = step_of(secret, str(form.get("code", "")))
    if step is None:
        return shown(
            session, secret, "this is not the code of now; is the clock of the device right?"
        )
    await writing(store, staff.set_totp, session.by(), who.name, secret, step)
    return await signed_in_again(request, store, session, who, "A code is asked for from now on.")


def step_of(secret: str, code: str) -> int | None:
    """Return the step of which *code* is, None if of none now, or if *secret* was not made by us."""
    try:
        return totp.step_of(secret, code, now() // 1_000_000) if len(secret) == 32 else None
    except ValueError:
        return None


async def is_password(quota: Limits, passwords: Passwords, who: Operator, shown: str) -> bool:
    """Say whether *shown* is the password of *who*. Raises Problem 429 for who guesses."""
    await quota.check(limits.GUESSES, f"account {who.name}")
    return await passwords.check(who.password, shown[:LONGEST])


async def signed_in_again(
    request: Asked, store: Store, session: Session, operator: Operator, told: str
) -> Response[str]:
    """Answer with the page, under a new session in place of all there were. Raises Problem.

    Its *operator* is as it is now: another admin who changed it meanwhile has ended what there was.
    """
    secret = new_secret()
    digest, origin = token.digest(secret), session.origin
    if not await writing(store, staff.sign_in, digest, operator, origin, now()):
        raise nobody(request)
    holder = await writing(store, staff.holder, digest, now())
    fresh = Session(holder or operator, secret, origin)
    return with_cookie(request, shown(fresh, told=told), secret)


def shown(session: Session, secret: str = "", fault: str = "", told: str = "") -> Response[str]:
    """Return the page; a *secret* that was offered before stays until it is taken."""
    offered = secret or b32encode(token_bytes(SECRET_BYTES)).decode()
    address = totp.address(offered, session.operator.name, "Tremble")
    return page(
        session,
        "dashboard/account.html",
        PATH,
        400 if fault else 200,
        fault=fault,
        told=told,
        secret=offered,
        address=address,
        picture=totp.picture(address),
    )


HANDLERS: list[Any] = [account_page, change_password, change_codes]
