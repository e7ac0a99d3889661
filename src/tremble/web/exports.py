"""All that is kept of one player, to be handed out."""

from datetime import datetime

from msgspec import Struct

from tremble.store import accounts, bans, board_entries, history, players, saves
from tremble.store.accounts import FormerName
from tremble.store.audit import By
from tremble.store.bans import Ban
from tremble.store.board_entries import Entry
from tremble.store.engine import Transaction
from tremble.store.history import LAST, Filter, Place
from tremble.store.matches import Summary
from tremble.store.operators import note_export
from tremble.store.players import Player
from tremble.web.saves import Stored, stored

#: Matches read at a time.
PAGE = 500


class AccountFacts(Struct, frozen=True):
    """An account without its digests; *username* is null for a guest."""

    username: str | None
    created_at: datetime


class PlayerExport(Struct, frozen=True):
    """All that is kept of a player but digests and notes of moderators; matches newest first.

    Of saves it is the present version.
    """

    player: Player
    account: AccountFacts | None
    ban: Ban | None
    former_names: list[FormerName]
    boards: dict[str, Entry]
    matches: list[Summary]
    saves: list[Stored]


def of_player(tx: Transaction, player_id: str, now: int) -> PlayerExport | None:
    """Return all that is kept of a player, None if never seen."""
    player = players.find(tx, player_id)
    if player is None:
        return None
    account = accounts.find(tx, player_id)
    return PlayerExport(
        player,
        None if account is None else AccountFacts(account.username, account.created_at),
        bans.find(tx, player_id, now),
        accounts.former(tx, player_id),
        board_entries.of_player(tx, player_id),
        matches_of(tx, player_id),
        saves_of(tx, player_id),
    )


def noted(tx: Transaction, by: By, player_id: str) -> PlayerExport | None:
    """Return `of_player` for an operator, and note in the audit that it was handed out."""
    found = of_player(tx, player_id, by.at)
    if found is not None:
        note_export(tx, by, player_id)
    return found


def matches_of(tx: Transaction, player_id: str) -> list[Summary]:
    """Return all matches of a player, newest first."""
    found: list[Summary] = []
    below: Place | None = LAST
    while below is not None:
        page, below = history.page(tx, Filter(player_id), PAGE, below)
        found += page
    return found


def saves_of(tx: Transaction, player_id: str) -> list[Stored]:
    """Return the present version of each save of a player."""
    found = [saves.latest(tx, player_id, info.type) for info in saves.present(tx, player_id)]
    return [stored(version) for version in found if version is not None]
