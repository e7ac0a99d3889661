"""Accounts: a guest is the player its key gives, and no two logins are the same."""

import pytest
from results import line, result
from stores import dump

from tremble import ledger, token
from tremble.store import accounts, audit, erasures, instant, matches, players, sign_ins
from tremble.store.accounts import RESERVED, Account
from tremble.store.audit import By
from tremble.store.engine import Store
from tremble.store.sign_ins import Pair

KEY = bytes(16)
GUEST = token.player_id(KEY)
DEVICE = token.device_digest(KEY)
NOW = 1_767_268_800_000_000


def login(player_id: str, username: str) -> Account:
    return Account(player_id, None, username, "hash", instant.from_store(NOW))


def test_guest(store: Store) -> None:
    """A guest's account is made once, under its player id, and the key is not kept."""
    first = store.write(accounts.create_guest, GUEST, DEVICE, "anna", NOW).result()
    again = store.write(accounts.create_guest, GUEST, DEVICE, "bert", NOW + 1).result()

    assert first == again == store.read(accounts.find, GUEST)
    assert KEY.hex() not in repr(again)
    player = store.read(players.find, GUEST)
    assert player is not None
    assert player.username == "anna"


def test_known_player(store: Store) -> None:
    """A guest who has played keeps the name of the last match."""
    store.write(players.name, GUEST, "carla", NOW).result()

    store.write(accounts.create_guest, GUEST, DEVICE, "anna", NOW + 1).result()

    player = store.read(players.find, GUEST)
    assert player is not None
    assert player.username == "carla"


@pytest.mark.parametrize("username", ["anna", "ANNA"])
def test_taken(store: Store, username: str) -> None:
    """A username is one login however it is written."""
    assert store.write(accounts.create, login("1" * 16, "Anna")).result() is None

    refused = store.write(accounts.create, login("2" * 16, username)).result()

    assert refused == "username_taken"
    assert store.read(accounts.find, "2" * 16) is None
    assert store.read(accounts.by_username, username) == login("1" * 16, "Anna")


def test_link(store: Store) -> None:
    """A guest that gets a login keeps id and matches, once."""
    store.write(accounts.create_guest, GUEST, DEVICE, "anna", NOW).result()

    first = store.write(accounts.link, GUEST, "Anna", "hash", NOW + 1).result()
    second = store.write(accounts.link, GUEST, "other", "hash", NOW + 2).result()

    assert (first, second) == (None, "already_linked")
    linked = store.read(accounts.by_username, "anna")
    assert linked is not None
    assert (linked.player_id, linked.device) == (GUEST, DEVICE)


def test_former_name(store: Store) -> None:
    """A name that was given up is its owner's for 30 days, then anybody's; the history keeps it."""
    one, other = "1" * 16, "2" * 16
    store.write(accounts.create, login(one, "anna")).result()
    store.write(accounts.create, login(other, "bert")).result()
    store.write(accounts.rename, one, "carla", NOW + 5).result()

    soon = store.write(accounts.rename, other, "Anna", NOW + RESERVED).result()
    mine = store.write(accounts.rename, one, "anna", NOW + RESERVED).result()
    store.write(accounts.rename, one, "dora", NOW + RESERVED + 1).result()
    later = store.write(accounts.rename, other, "Anna", NOW + 3 * RESERVED).result()

    assert (soon, mine, later) == ("username_taken", None, None)
    names = [former.name for former in store.read(accounts.former, one)]
    assert names == ["anna", "carla", "anna"]


def test_name_stands(store: Store) -> None:
    """Matches do not rename who has a login; a guest goes by the name last played with."""
    store.write(accounts.create, login(f"{1:016x}", "anna")).result()
    store.write(accounts.create_guest, f"{2:016x}", DEVICE, "bert", NOW).result()

    ledger.post(store, result(1, after_s=86_400 * 365))

    shown = [store.read(players.find, f"{number:016x}") for number in (1, 2)]
    assert [player and player.username for player in shown] == ["anna", "player 2"]


def test_codes(store: Store) -> None:
    """Each recovery code is good once, for its own account, and the newest set alone holds."""
    store.write(accounts.create, login("1" * 16, "anna")).result()
    store.write(accounts.create, login("2" * 16, "bert")).result()
    store.write(accounts.set_codes, "1" * 16, ["old"]).result()
    store.write(accounts.set_codes, "1" * 16, ["a", "b"]).result()

    def recover(username: str, code: str) -> str | None:
        return store.write(accounts.recover, username, code, "new").result()

    assert [recover("anna", "old"), recover("bert", "a"), recover("nobody", "a")] == [None] * 3
    assert [recover("ANNA", "a"), recover("anna", "a"), recover("anna", "b")] == [
        "1" * 16,
        None,
        "1" * 16,
    ]


def test_who_comes_late_is_not_signed_in(store: Store) -> None:
    """A password that fitted before the account was changed or erased opens nothing after it."""
    ident, number = "1" * 16, iter(range(100))

    def sign_in(password: str | None) -> bool:
        pair = Pair(f"a{next(number)}", "r")
        job = store.write(accounts.sign_in, f"{next(number):032}", ident, password, pair, NOW)
        return job.result()

    store.write(accounts.create_guest, ident, DEVICE, "anna", NOW).result()
    assert sign_in(None) and not sign_in("hash")
    store.write(accounts.link, ident, "anna", "hash", NOW).result()
    assert sign_in("hash") and not sign_in(None)
    store.write(accounts.set_password, ident, "new").result()
    assert sign_in("new") and not sign_in("hash")
    store.write(accounts.erase, ident, NOW).result()
    assert not sign_in("new") and not sign_in(None)
    assert store.read(sign_ins.count, ident) == 0


def test_erase(store: Store) -> None:
    """After erasure no name of the player is left, and every match still is."""
    name, ident = "unmistakable", f"{1:016x}"
    ledger.post(store, result(1, line(1, 1, name=name), line(2, 2)))
    store.write(accounts.create_guest, ident, DEVICE, name, NOW).result()
    store.write(accounts.link, ident, name, "hash", NOW).result()
    store.write(accounts.rename, ident, name + "2", NOW + 1).result()
    store.write(accounts.set_codes, ident, ["a"]).result()
    store.write(sign_ins.begin, "f" * 32, ident, Pair("a", "r"), NOW).result()
    by = By("key:1", "192.0.2.1", NOW)
    store.write(audit.note, by, "create-user", ident, None, {"username": name}).result()
    before = dump(store)

    store.write(accounts.erase, ident, NOW + 2).result()

    after = dump(store)
    assert name not in repr(after)
    assert DEVICE not in repr(after)
    for table in ("account", "sign_in", "name_history", "recovery_code"):
        assert before[table]
        assert not after[table]
    for table in ("match", "rating_history", "board_entry"):
        assert before[table] == after[table]
    match = store.read(matches.find, f"{1:032x}")
    assert match is not None
    assert match.players[0].username == erasures.ERASED
