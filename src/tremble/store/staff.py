"""Who may sign in to the dashboard, and where they are signed in.

A session is a random secret in a cookie, of which only a digest is kept. It ends after LIFE, when its
operator signs out, is removed or disabled, or gets another password or role.
"""

from datetime import datetime
from typing import Literal, get_args

from msgspec import Struct
from sqlalchemy import bindparam, delete, func, select, update

from tremble.store import audit, instant
from tremble.store.audit import By
from tremble.store.engine import Transaction
from tremble.store.sql import Row, Statement, binds, insert
from tremble.store.tables import operator, operator_session

Role = Literal["viewer", "moderator", "admin"]
#: Each may do what those before it may, as at the console.
ROLES: tuple[Role, ...] = get_args(Role)
#: The one who is there from the first start.
FIRST = "admin"
#: How long a session holds, in microseconds: a shift, not a month.
LIFE = 12 * 3600 * 1_000_000
#: Sessions of one operator; with one more the oldest ends.
MAX_SESSIONS = 20
#: Sessions that are over, taken away with each new one.
SWEEP = 10


class Operator(Struct, frozen=True):
    """A row of the table `operator`: *password* is an argon2id hash, *totp* a secret in base32.

    *totp_step* is the last step whose code was taken, so that none counts twice. Who is *disabled* cannot
    sign in; a *temporary* password was made up by somebody else, and opens nothing but the way to change it.
    """

    name: str
    password: str
    role: Role
    made_at: datetime
    totp: str | None = None
    totp_step: int | None = None
    disabled: bool = False
    temporary: bool = False

    def may(self, role: Role) -> bool:
        """Say whether the operator may do what *role* may."""
        return ROLES.index(self.role) >= ROLES.index(role)


column = operator.c
session = operator_session.c
_this = column.name == bindparam("name")
ADD = Statement(insert(operator).values(binds(list(column))))
FIND = Statement(select(operator).where(_this))
ALL = Statement(select(operator).order_by(column.made_at, column.name))
COUNT = Statement(select(func.count()).select_from(operator))
ADMINS = Statement(
    select(func.count()).select_from(operator).where(column.role == "admin", column.disabled == 0)
)
REMOVE = Statement(delete(operator).where(_this))
SET_PASSWORD = Statement(
    update(operator)
    .where(_this)
    .values(password=bindparam("password"), temporary=bindparam("temporary"))
)
SET_DISABLED = Statement(update(operator).where(_this).values(disabled=bindparam("disabled")))
SET_ROLE = Statement(update(operator).where(_this).values(role=bindparam("role")))
SET_TOTP = Statement(
    update(operator).where(_this).values(totp=bindparam("totp"), totp_step=bindparam("totp_step"))
)
_fresh = (column.totp_step.is_(None)) | (column.totp_step < bindparam("totp_step"))
USE_STEP = Statement(
    update(operator)
    .where(_this, _fresh)
    .values(totp_step=bindparam("totp_step"))
    .returning(column.name)
)

BEGIN = Statement(insert(operator_session).values(binds(list(session))))
HOLDER = Statement(
    select(operator)
    .select_from(operator_session.join(operator, session.operator == column.name))
    .where(
        session.digest == bindparam("digest"),
        session.until > bindparam("now"),
        column.disabled == 0,
    )
)
SIGNED_IN = Statement(
    select(session.operator, func.count(), func.max(session.began_at))
    .where(session.until > bindparam("now"))
    .group_by(session.operator)
)
END = Statement(delete(operator_session).where(session.digest == bindparam("digest")))
_of_operator = session.operator == bindparam("operator")
END_ALL = Statement(delete(operator_session).where(_of_operator))
END_EVERYBODY = Statement(delete(operator_session))
_newest = (
    select(session.digest)
    .where(_of_operator)
    .order_by(session.began_at.desc(), session.digest)
    .limit(MAX_SESSIONS - 1)
)
END_OLDEST = Statement(delete(operator_session).where(_of_operator, session.digest.not_in(_newest)))
_over = (
    select(session.digest)
    .where(session.until <= bindparam("now"))
    .order_by(session.until)
    .limit(SWEEP)
)
SWEEP_OVER = Statement(delete(operator_session).where(session.digest.in_(_over)))


def find(tx: Transaction, name: str) -> Operator | None:
    """Return the operator *name*."""
    row = tx.row(FIND, name=name)
    return None if row is None else read(row)


def every(tx: Transaction) -> list[Operator]:
    """Return all operators, the oldest first."""
    return [read(row) for row in tx.rows(ALL)]


def none_yet(tx: Transaction) -> bool:
    """Say whether there is no operator at all."""
    row = tx.row(COUNT)
    return row is None or row[0] == 0


def add(tx: Transaction, by: By, new: Operator) -> bool:
    """Add an operator; False if the name is taken."""
    if find(tx, new.name) is not None:
        return False
    tx.run(
        ADD,
        name=new.name,
        password=new.password,
        role=new.role,
        made_at=instant.to_store(new.made_at),
        totp=new.totp,
        totp_step=new.totp_step,
        disabled=int(new.disabled),
        temporary=int(new.temporary),
    )
    audit.note(tx, by, "add-operator", new.name, None, {"role": new.role})
    return True


def add_first(tx: Transaction, by: By, new: Operator) -> bool:
    """Add the first operator; False if there is one: another process may have been quicker."""
    return none_yet(tx) and add(tx, by, new)


def remove(tx: Transaction, by: By, name: str) -> Literal["removed", "unknown", "last"]:
    """Remove an operator and end its sessions; the last admin who can sign in stays."""
    old = find(tx, name)
    if old is None:
        return "unknown"
    if last_admin(tx, old):
        return "last"
    tx.run(END_ALL, operator=name)
    tx.run(REMOVE, name=name)
    audit.note(tx, by, "remove-operator", name, {"role": old.role})
    return "removed"


def set_role(
    tx: Transaction, by: By, name: str, role: Role
) -> Literal["changed", "unknown", "last"]:
    """Give an operator another role and end its sessions; the last admin stays one."""
    old = find(tx, name)
    if old is None:
        return "unknown"
    if role != "admin" and last_admin(tx, old):
        return "last"
    tx.run(SET_ROLE, name=name, role=role)
    tx.run(END_ALL, operator=name)
    audit.note(tx, by, "operator-role", name, {"role": old.role}, {"role": role})
    return "changed"


def set_disabled(
    tx: Transaction, by: By, name: str, disabled: bool
) -> Literal["changed", "unknown", "last"]:
    """Keep an operator out, its sessions ended, or let it in again; the last admin stays."""
    old = find(tx, name)
    if old is None:
        return "unknown"
    if disabled and last_admin(tx, old):
        return "last"
    tx.run(SET_DISABLED, name=name, disabled=int(disabled))
    tx.run(END_ALL, operator=name)
    audit.note(tx, by, "disable-operator" if disabled else "enable-operator", name)
    return "changed"


def set_password(
    tx: Transaction, by: By, name: str, hashed: str, *, temporary: bool = False
) -> bool:
    """Give an operator another password and end its sessions; False if there is no such operator.

    *temporary*: it was made up by somebody else.
    """
    if find(tx, name) is None:
        return False
    tx.run(SET_PASSWORD, name=name, password=hashed, temporary=int(temporary))
    tx.run(END_ALL, operator=name)
    audit.note(tx, by, "operator-password", name, None, {"temporary": temporary})
    return True


def set_totp(tx: Transaction, by: By, name: str, secret: str | None, step: int | None) -> bool:
    """Ask for codes of *secret* at each sign-in from now on; None: for none. False if unknown."""
    if find(tx, name) is None:
        return False
    tx.run(SET_TOTP, name=name, totp=secret, totp_step=step)
    audit.note(tx, by, "operator-totp", name, None, {"on": secret is not None})
    return True


def use_step(tx: Transaction, name: str, step: int) -> bool:
    """Note that the code of *step* was shown; False if it or a later one was before."""
    return tx.row(USE_STEP, name=name, totp_step=step) is not None


def last_admin(tx: Transaction, who: Operator) -> bool:
    """Say whether *who* is the only admin left who can sign in."""
    row = tx.row(ADMINS)
    return who.role == "admin" and not who.disabled and (row is None or row[0] <= 1)


def begin(tx: Transaction, digest: str, name: str, origin: str, now: int) -> None:
    """Sign an operator in; *digest* is that of the cookie's secret, *origin* an address."""
    tx.run(SWEEP_OVER, now=now)
    tx.run(END_OLDEST, operator=name)
    tx.run(BEGIN, digest=digest, operator=name, began_at=now, until=now + LIFE, origin=origin)


def sign_in(tx: Transaction, digest: str, shown: Operator, origin: str, now: int) -> bool:
    """Begin a session, if the operator is still as it was when its password was *shown* to fit.

    False if it was removed, kept out, or given another password or role meanwhile: its sessions were
    ended then, and this one comes late.
    """
    known = find(tx, shown.name)
    if known is None or known.disabled:
        return False
    if (known.password, known.role) != (shown.password, shown.role):
        return False
    begin(tx, digest, shown.name, origin, now)
    return True


def holder(tx: Transaction, digest: str, now: int) -> Operator | None:
    """Return whose session the one of *digest* is; None if it does not hold (any more)."""
    row = tx.row(HOLDER, digest=digest, now=now)
    return None if row is None else read(row)


def end(tx: Transaction, digest: str) -> None:
    """End one session."""
    tx.run(END, digest=digest)


def end_everybody(tx: Transaction) -> None:
    """End all sessions of all operators."""
    tx.run(END_EVERYBODY)


def sign_out(tx: Transaction, by: By, name: str) -> bool:
    """End all sessions of an operator; False if there is no such operator."""
    if find(tx, name) is None:
        return False
    tx.run(END_ALL, operator=name)
    audit.note(tx, by, "operator-sign-out", name)
    return True


def signed_in(tx: Transaction, now: int) -> dict[str, tuple[int, datetime]]:
    """Return how many sessions each operator has that hold at *now*, and when the last began."""
    rows = tx.rows(SIGNED_IN, now=now)
    return {name: (count, instant.from_store(began)) for name, count, began in rows}


def read(row: Row) -> Operator:
    name, password, role, made_at, totp, step, disabled, temporary = row
    made = instant.from_store(made_at)
    return Operator(name, password, role, made, totp, step, bool(disabled), bool(temporary))
