"""tremble admin: ban players, enrol game servers, make users and API keys; what was done so far.

Secrets are made here, shown once and kept only as digests: there is no default one anywhere.
Whatever changes something is noted in the audit in the same transaction: see store/operators.py.
"""

from datetime import UTC, datetime, timedelta
from secrets import token_urlsafe
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from tremble import token
from tremble.cli import operators as operators_app
from tremble.cli.options import Dir, Json
from tremble.cli.record import acting, opened
from tremble.errors import ConfigError, TrembleError
from tremble.result import MatchId, PlayerId
from tremble.store import api_keys, audit, bans, instant, operators, server_keys
from tremble.store.accounts import Account
from tremble.store.bans import Ban
from tremble.web import exports
from tremble.web.api_auth import USERNAME
from tremble.web.passwords import HASHER

app = App(name="admin", help="Ban players, enrol game servers, make users and API keys.")
app.command(operators_app.app)

Player = Annotated[str, Parameter(help="A player id: 16 hex digits.")]
Public = Annotated[str, Parameter(help="A public key: the 64 hex digits of a .pub file.")]
Server = Annotated[str, Parameter(help="A server id: 16 hex digits.")]


@app.command(name="create-user")
def create_user(username: str, *, directory: Dir = None) -> None:
    """Make an account with a login; its password is made up and shown once.

    Example: tremble admin create-user anna
    """
    if not USERNAME.fullmatch(username):
        raise ConfigError(f"{username!r}: a username has 3 to 32 of A-Z a-z 0-9 _ . -")
    password = token_urlsafe(12)
    new = Account(token.new_id(8), None, username, HASHER.hash(password), datetime.now(UTC))
    with opened(directory) as store:
        if store.write(operators.create_user, acting(), new).result() is not None:
            raise TrembleError(f"the username {username!r} is taken")
    print(f"player {new.player_id}\npassword {password}")


@app.command
def ban(
    player: Player,
    *,
    reason: Annotated[str, Parameter(help="Told to the player.")],
    days: Annotated[float | None, Parameter(help="For so many days; without it for good.")] = None,
    match: Annotated[str | None, Parameter(help="Where it shows: the id of a match.")] = None,
    tick: Annotated[int | None, Parameter(help="And the tick in its replay.")] = None,
    directory: Dir = None,
) -> None:
    """Ban a player, at once on every node.

    Example: tremble admin ban 8f14e45fceea167a --reason aimbot --days 30
    """
    now = datetime.now(UTC)
    until = None if days is None else now + timedelta(days=days)
    new = Ban(player_id(player), now, until, reason, match_id(match), tick)
    with opened(directory) as store:
        store.write(operators.ban, acting(), new).result()
    print(f"banned {player} {'for good' if until is None else f'until {until:%Y-%m-%d %H:%M} UTC'}")


@app.command
def unban(player: Player, *, directory: Dir = None) -> None:
    """Take a ban back.

    Example: tremble admin unban 8f14e45fceea167a
    """
    with opened(directory) as store:
        if not store.write(operators.unban, acting(), player_id(player)).result():
            raise TrembleError(f"player {player} is not banned")
    print(f"unbanned {player}")


@app.command(name="bans")
def list_bans(*, directory: Dir = None, as_json: Json = False) -> None:
    """List all bans, also those that are over.

    Example: tremble admin bans --json
    """
    with opened(directory) as store:
        show(store.read(bans.every), as_json)


@app.command(name="sign-out")
def sign_out(player: Player, *, directory: Dir = None) -> None:
    """Sign a player out on all devices; who knows the password can sign in again.

    Example: tremble admin sign-out 8f14e45fceea167a
    """
    with opened(directory) as store:
        store.write(operators.sign_out, acting(), player_id(player)).result()
    print(f"signed out {player}")


@app.command(name="token")
def make_token(
    name: Annotated[str, Parameter(help="What it is for.")],
    *,
    scope: Annotated[
        list[str], Parameter(help="What it may do, such as players:ban. May be repeated.")
    ],
    directory: Dir = None,
) -> None:
    """Make an API key; it is shown once.

    Example: tremble admin token moderation-bot --scope players:ban
    """
    unknown = [word for word in scope if word not in api_keys.SCOPES]
    if unknown:
        raise ConfigError(f"no scope {unknown[0]!r}; there are {', '.join(api_keys.SCOPES)}")
    ident = token.new_id(16)
    key = token.new_token(token.API_KEY, ident)
    with opened(directory) as store:
        store.write(operators.add_key, acting(), ident, token.digest(key), name, scope).result()
    print(f"id {ident}\nkey {key}")


@app.command(name="revoke-token")
def revoke_token(ident: str, *, directory: Dir = None) -> None:
    """Revoke an API key by its id, at once on every node.

    Example: tremble admin revoke-token 0123456789abcdef0123456789abcdef
    """
    with opened(directory) as store:
        if not store.write(operators.revoke_key, acting(), ident).result():
            raise TrembleError(f"no API key {ident!r} that still holds")
    print(f"revoked {ident}")


@app.command(name="tokens")
def list_tokens(*, directory: Dir = None, as_json: Json = False) -> None:
    """List all API keys, without their secrets.

    Example: tremble admin tokens
    """
    with opened(directory) as store:
        show(store.read(api_keys.every), as_json)


@app.command(name="enrol-server")
def enrol_server(public: Public, *, name: str = "", directory: Dir = None) -> None:
    """Take the results of a game server, by its public key.

    Example: tremble admin enrol-server "$(cat keys/servers/c9f0f895fb98ab91.pub)" --name eu-1
    """
    key = public_key(public)
    with opened(directory) as store:
        if not store.write(operators.enrol_server, acting(), key, name).result():
            raise TrembleError(f"server {token.server_id(key)} was enrolled before")
    print(f"server {token.server_id(key)}")


@app.command(name="rotate-server")
def rotate_server(
    server: Server,
    public: Public,
    *,
    hours: Annotated[float, Parameter(help="For so long the old key still counts.")] = 24.0,
    directory: Dir = None,
) -> None:
    """Enrol a server's new public key, and revoke the old one once its results are posted.

    Example: tremble admin rotate-server c9f0f895fb98ab91 "$(cat new.pub)" --hours 48
    """
    key, who = public_key(public), acting()
    until = who.at + int(hours * instant.DAY / 24)
    with opened(directory) as store:
        found = store.write(operators.rotate_server, who, server, key, until).result()
    if found == "unknown":
        raise TrembleError(f"server {server!r} is not enrolled")
    if found == "known":
        raise TrembleError(f"server {token.server_id(key)} was enrolled before")
    print(f"server {token.server_id(key)}")


@app.command(name="revoke-server")
def revoke_server(server: Server, *, directory: Dir = None) -> None:
    """Refuse the results of a game server from now on, at once on every node.

    Example: tremble admin revoke-server c9f0f895fb98ab91
    """
    with opened(directory) as store:
        if not store.write(operators.revoke_server, acting(), server).result():
            raise TrembleError(
                f"server {server!r} is not enrolled; if it has a file in keys/servers, delete that"
            )
    print(f"revoked {server}")


@app.command(name="servers")
def list_servers(*, directory: Dir = None, as_json: Json = False) -> None:
    """List the enrolled game servers, also the revoked ones.

    Example: tremble admin servers
    """
    with opened(directory) as store:
        show(store.read(server_keys.every), as_json)


@app.command
def export(player: Player, *, directory: Dir = None) -> None:
    """Print all that is kept of a player, as JSON.

    Example: tremble admin export 8f14e45fceea167a > player.json
    """
    with opened(directory) as store:
        found = store.write(exports.noted, acting(), player_id(player)).result()
    if found is None:
        raise TrembleError(f"player {player} was never seen")
    print(msgspec.json.encode(found).decode())


@app.command
def erase(
    player: Player,
    *,
    yes: Annotated[bool, Parameter(negative=(), help="Really: it cannot be undone.")] = False,
    directory: Dir = None,
) -> None:
    """Erase a player's account, saves and names for good; matches stay without the name.

    Example: tremble admin erase 8f14e45fceea167a --yes
    """
    if not yes:
        raise ConfigError("this cannot be undone; add --yes (and `tremble admin export` first)")
    with opened(directory) as store:
        if not store.write(operators.erase, acting(), player_id(player)).result():
            raise TrembleError(f"player {player} was never seen")
    print(f"erased {player}")


@app.command(name="audit")
def show_audit(
    *,
    target: Annotated[str | None, Parameter(help="Only what was done to this id.")] = None,
    limit: Annotated[int, Parameter(help="How many entries.")] = 50,
    directory: Dir = None,
    as_json: Json = False,
) -> None:
    """Show what operators did, newest first.

    Example: tremble admin audit --target 8f14e45fceea167a --json
    """
    with opened(directory) as store:
        show(store.read(audit.pages, limit, audit.NEWEST, target), as_json)


def show(rows: list[Any], as_json: bool) -> None:
    """Print *rows*, all of one type."""
    if as_json:
        print(msgspec.json.encode(rows).decode())
        return
    table = Table()
    for row in rows:
        values = msgspec.structs.asdict(row)
        if not table.columns:
            for name in values:
                table.add_column(name)
        table.add_row(*["" if value is None else str(value) for value in values.values()])
    Console(markup=False).print(table)


def player_id(given: str) -> str:
    """Return *given*; raises ConfigError if it is no player id."""
    try:
        return msgspec.convert(given, PlayerId)
    except msgspec.ValidationError:
        raise ConfigError(f"{given!r}: a player id has 16 hex digits") from None


def match_id(given: str | None) -> str | None:
    """Return *given*; raises ConfigError if it is no match id."""
    try:
        return msgspec.convert(given, MatchId | None)
    except msgspec.ValidationError:
        raise ConfigError(f"{given!r}: a match id has 32 hex digits") from None


def public_key(given: str) -> bytes:
    """Return the key in *given*; raises ConfigError if it is none."""
    try:
        key = bytes.fromhex(given.strip())
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigError("a public key has 64 hex digits, as in keys/servers/<server id>.pub")
    return key
