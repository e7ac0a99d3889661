"""The shell of every page: navigation by role, headers, the files of static/dashboard."""

from pathlib import Path
from typing import Annotated, Any

from litestar import MediaType, Response, get
from litestar.params import Parameter
from msgspec import Struct

from tremble.store.staff import Role
from tremble.web import html
from tremble.web.dashboard.session import Session
from tremble.web.problems import Problem

#: As everywhere, but that forms of the dashboard may be sent to itself.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {"content-security-policy": POLICY, "cache-control": "no-store"}
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
#: Read once: the files of static/dashboard by name, each with its media type.
STATIC = {
    file.name: (file.read_bytes(), MEDIA_TYPES[file.suffix])
    for file in (Path(html.__file__).parent / "static" / "dashboard").iterdir()
    if file.suffix in MEDIA_TYPES
}


class Entry(Struct, frozen=True):
    """A line of the navigation, under a *heading*, for who has *role*."""

    path: str
    label: str
    heading: str
    role: Role = "viewer"


#: The navigation, in its order.
NAVIGATION: list[Entry] = [
    Entry("/dashboard", "Overview", "Now"),
    Entry("/dashboard/server", "Server", "Now"),
    Entry("/dashboard/settings", "Settings", "This machine", "admin"),
    Entry("/dashboard/logs", "Logs", "This machine", "moderator"),
    Entry("/dashboard/backups", "Backups", "This machine", "admin"),
    Entry("/dashboard/players", "Players", "People"),
    Entry("/dashboard/matches", "Matches", "People"),
    Entry("/dashboard/boards", "Boards", "People"),
    Entry("/dashboard/analytics", "Analytics", "People"),
    Entry("/dashboard/servers", "Server list", "Record"),
    Entry("/dashboard/keys", "API keys", "Record", "admin"),
    Entry("/dashboard/operators", "Operators", "Record", "admin"),
    Entry("/dashboard/audit", "Audit", "Record"),
]


def page(
    session: Session, template: str, path: str, status: int = 200, **values: Any
) -> Response[str]:
    """Return *template*, which extends dashboard/base.html, for who is signed in by *session*.

    *path* is that of the navigation's entry which is shown as the current one.
    """
    shown = [entry for entry in NAVIGATION if session.operator.may(entry.role)]
    headings = list(dict.fromkeys(entry.heading for entry in shown))
    text = html.render(
        template,
        session=session,
        current=path,
        navigation=[(heading, [e for e in shown if e.heading == heading]) for heading in headings],
        **values,
    )
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=HEADERS)


def bare(template: str, status: int = 200, **values: Any) -> Response[str]:
    """Return *template* for who is not signed in."""
    text = html.render(template, **values)
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=HEADERS)


@get("/static/dashboard/{name:str}", sync_to_thread=False, include_in_schema=False)
def static_file(name: Annotated[str, Parameter(max_length=64)]) -> Response[bytes]:
    """A script or a style; asked again at each page, and answered 304 unless it has changed."""
    if name not in STATIC:
        raise Problem(404, "not_found", "there is no such file")
    content, media_type = STATIC[name]
    return Response(content, media_type=media_type)


HANDLERS: list[Any] = [static_file]
