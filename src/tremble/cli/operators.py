"""tremble admin operators: who may sign in to the dashboard, and as what."""

from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Annotated

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from tremble.cli.options import Dir, Json
from tremble.cli.record import acting, opened
from tremble.errors import ConfigError, TrembleError
from tremble.store import staff
from tremble.store.staff import Operator, Role
from tremble.web.api_auth import USERNAME
from tremble.web.passwords import HASHER

app = App(name="operators", help="Who may sign in to the dashboard: viewer, moderator, admin.")

Name = Annotated[str, Parameter(help="The operator's name.")]


@app.command
def add(
    name: Name,
    *,
    role: Annotated[Role, Parameter(help="What it may do.")] = "viewer",
    directory: Dir = None,
) -> None:
    """Add an operator; its password is made up, shown once, and must be changed at the first sign-in.

    Example: tremble admin operators add anna --role moderator
    """
    if not USERNAME.fullmatch(name):
        raise ConfigError(f"{name!r}: an operator's name has 3 to 32 of A-Z a-z 0-9 _ . -")
    password = token_urlsafe(15)
    new = Operator(name, HASHER.hash(password), role, datetime.now(UTC), temporary=True)
    with opened(directory) as store:
        if not store.write(staff.add, acting(), new).result():
            raise TrembleError(f"there is an operator {name!r} already")
    print(f"operator {name}\nrole {role}\npassword {password}")


@app.command(name="list")
def list_operators(*, directory: Dir = None, as_json: Json = False) -> None:
    """List the operators.

    Example: tremble admin operators list --json
    """
    with opened(directory) as store:
        found = store.read(staff.every)
    rows = [
        {
            "name": o.name,
            "role": o.role,
            "made_at": o.made_at,
            "totp": o.totp is not None,
            "disabled": o.disabled,
        }
        for o in found
    ]
    if as_json:
        print(msgspec.json.encode(rows).decode())
        return
    table = Table("name", "role", "since", "code", "")
    for row in rows:
        asked = "asked for" if row["totp"] else ""
        made, out = f"{row['made_at']:%Y-%m-%d %H:%M}", "disabled" if row["disabled"] else ""
        table.add_row(str(row["name"]), str(row["role"]), made, asked, out)
    Console(markup=False).print(table)


@app.command
def remove(name: Name, *, directory: Dir = None) -> None:
    """Remove an operator, and sign it out. The last admin stays.

    Example: tremble admin operators remove anna
    """
    with opened(directory) as store:
        refuse(store.write(staff.remove, acting(), name).result(), name)
    print(f"removed {name}")


@app.command
def disable(name: Name, *, directory: Dir = None) -> None:
    """Keep an operator out until `enable`, and sign it out. The last admin stays.

    Example: tremble admin operators disable anna
    """
    with opened(directory) as store:
        refuse(store.write(staff.set_disabled, acting(), name, True).result(), name)
    print(f"disabled {name}")


@app.command
def enable(name: Name, *, directory: Dir = None) -> None:
    """Let an operator sign in again.

    Example: tremble admin operators enable anna
    """
    with opened(directory) as store:
        refuse(store.write(staff.set_disabled, acting(), name, False).result(), name)
    print(f"enabled {name}")


@app.command
def role(
    name: Name, to: Annotated[Role, Parameter(help="What it may do.")], *, directory: Dir = None
) -> None:
    """Give an operator another role, and sign it out. The last admin stays one.

    Example: tremble admin operators role anna admin
    """
    with opened(directory) as store:
        refuse(store.write(staff.set_role, acting(), name, to).result(), name)
    print(f"{name} is {to}")


@app.command
def password(
    name: Name,
    *,
    no_code: Annotated[
        bool,
        Parameter(negative=(), help="Ask for no code any more: the authenticator app is lost."),
    ] = False,
    directory: Dir = None,
) -> None:
    """Give an operator a new password, shown once and to be changed at once, and sign it out.

    Example: tremble admin operators password admin --no-code
    """
    fresh = token_urlsafe(15)
    with opened(directory) as store:
        hashed = HASHER.hash(fresh)
        changed = store.write(
            lambda tx: staff.set_password(tx, acting(), name, hashed, temporary=True)
        )
        if not changed.result():
            refuse("unknown", name)
        if no_code:
            store.write(staff.set_totp, acting(), name, None, None).result()
    print(f"password {fresh}")


def refuse(outcome: str, name: str) -> None:
    """Raise TrembleError unless all went well."""
    if outcome == "unknown":
        raise TrembleError(f"there is no operator {name!r}")
    if outcome == "last":
        raise TrembleError(f"{name} is the last admin; make another one first")
