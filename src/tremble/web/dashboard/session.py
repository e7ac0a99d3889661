"""Who looks at the dashboard: the session in the cookie, its role, and proof that a form is ours.

The cookie holds a random secret, of which the store keeps a digest. The CSRF token is another digest of
the same secret: who cannot read the cookie cannot make it up. Besides, what writes must come from our own
pages, as browsers say of themselves (Sec-Fetch-Site, else Origin).
"""

from hmac import compare_digest
from secrets import token_urlsafe
from urllib.parse import quote, urlsplit

from litestar import Response
from litestar.datastructures import Cookie
from msgspec import Struct

from tremble import token
from tremble.store import staff
from tremble.store.audit import By
from tremble.store.engine import Store
from tremble.store.staff import Operator, Role
from tremble.web.entrance import WRITING
from tremble.web.problems import Asked, Problem
from tremble.web.signed_in import now, reading

COOKIE = "tremble_dashboard"
PATH = "/dashboard"
SIGN_IN = "/dashboard/login"
ACCOUNT = "/dashboard/account"
#: All that a temporary password opens: the way to another one, and the way out.
WITH_TEMPORARY = (ACCOUNT, "/dashboard/logout")
#: Where a script, or a form, shows the CSRF token.
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf"


class Session(Struct, frozen=True):
    """An *operator* who is signed in by the cookie *secret*, and asks from *origin*, an address."""

    operator: Operator
    secret: str
    origin: str

    @property
    def csrf(self) -> str:
        """What a form of this session must show."""
        return token.digest(f"csrf {self.secret}")

    def by(self) -> By:
        """Return who acts, for the audit."""
        return By(f"operator:{self.operator.name}", self.origin, now())


async def require(request: Asked, store: Store, role: Role = "viewer") -> Session:
    """Return who asks, if it is an operator who may do what *role* may.

    Raises Problem: 401 for a script and 303 to the sign-in for a browser if nobody is signed in; 403 and 303
    to the own page if the password must be changed first; 403 if the role is too small, or if what writes
    does not come from a page of ours.
    """
    session = await find(request, store)
    if session is None:
        raise nobody(request)
    if session.operator.temporary and not request.url.path.startswith(WITH_TEMPORARY):
        raise must_change(request)
    if not session.operator.may(role):
        has = session.operator.role
        raise Problem(403, "missing_role", f"this is for the role {role}; you have {has}")
    if request.method in WRITING:
        check_site(request)
        await check_csrf(request, session)
    return session


async def find(request: Asked, store: Store) -> Session | None:
    """Return who is signed in, None if nobody is."""
    secret = request.cookies.get(COOKIE, "")
    if not 20 <= len(secret) <= 100:
        return None
    operator = await reading(store, staff.holder, token.digest(secret), now())
    return None if operator is None else Session(operator, secret, origin_of(request))


def nobody(request: Asked) -> Problem:
    """Return what to answer to who is not signed in: a browser that asked for a page goes to sign in."""
    detail = "sign in to the dashboard first"
    if not wants_page(request):
        return Problem(401, "not_signed_in", detail)
    where = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    there = {"Location": f"{SIGN_IN}?next={quote(where, safe='')}"}
    return Problem(303, "not_signed_in", detail, headers=there)


def must_change(request: Asked) -> Problem:
    """Return what to answer to who signed in with a password that another one made up."""
    detail = "choose a password of your own first, under Account"
    if not wants_page(request):
        return Problem(403, "temporary_password", detail)
    return Problem(303, "temporary_password", detail, headers={"Location": ACCOUNT})


def wants_page(request: Asked) -> bool:
    """Say whether a browser asks for a page."""
    return "text/html" in request.headers.get("accept", "") and request.method == "GET"


def check_site(request: Asked) -> None:
    """Raise Problem 403 if a page of another site made the browser ask."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        ours = site in ("same-origin", "none")
    else:
        origin = request.headers.get("origin")
        ours = origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
    if not ours:
        raise Problem(403, "other_site", "this must be asked from a page of the dashboard")


async def check_csrf(request: Asked, session: Session) -> None:
    """Raise Problem 403 unless the token of the session was shown."""
    shown = request.headers.get(CSRF_HEADER)
    if shown is None:
        shown = str((await request.form()).get(CSRF_FIELD, ""))
    if not compare_digest(shown.encode(), session.csrf.encode()):
        detail = "this page is of an older session; load it again"
        raise Problem(403, "old_page", detail)


def new_secret() -> str:
    """Return a fresh secret for a cookie: 256 random bits."""
    return token_urlsafe(32)


def with_cookie(request: Asked, response: Response[str], secret: str) -> Response[str]:
    """Return *response*, by which the browser keeps *secret*; an empty one is forgotten."""
    response.set_cookie(
        Cookie(
            COOKIE,
            value=secret,
            path=PATH,
            max_age=staff.LIFE // 1_000_000 if secret else 0,
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
    )
    return response


def origin_of(request: Asked) -> str:
    """Return the address that asks, empty if it has none."""
    return request.client.host if request.client else ""
