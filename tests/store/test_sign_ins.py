"""Sign-ins: whatever tokens are shown, a used one never opens anything again."""

from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import delete, func, select
from stores import fresh

from tremble.store import accounts, sign_ins
from tremble.store.engine import Store, Transaction
from tremble.store.sign_ins import ACCESS_LIFE, MAX_DEVICES, REFRESH_LIFE, RETRY, SECOND, Pair
from tremble.store.sql import Statement
from tremble.store.tables import account, sign_in

ACCOUNT = "1" * 16
START = 1_767_268_800_000_000


def pair(number: int) -> Pair:
    return Pair(f"a{number}", f"r{number}")


def begin(store: Store, ident: str, number: int, now: int = START) -> None:
    store.write(accounts.create_guest, ACCOUNT, "d", "anna", now).result()
    store.write(sign_ins.begin, ident, ACCOUNT, pair(number), now).result()


def test_oldest_goes(store: Store) -> None:
    """An account has so many devices; one more signs out the one that was away longest."""
    for number in range(MAX_DEVICES + 1):
        begin(store, f"{number:032}", number, START + number)

    assert store.read(sign_ins.count, ACCOUNT) == MAX_DEVICES
    assert store.read(sign_ins.holder, f"{0:032}", "a0", START + 99) is None
    assert store.read(sign_ins.holder, f"{1:032}", "a1", START + 99) == ACCOUNT


def test_dead_are_swept(store: Store) -> None:
    """Rows of sign-ins that ended by themselves go when others begin."""
    begin(store, "1" * 32, 1)

    begin(store, "2" * 32, 2, START + REFRESH_LIFE)

    count = Statement(select(func.count()).select_from(sign_in))
    assert store.read(Transaction.row, count) == (1,)


def test_everywhere(store: Store) -> None:
    """Signing out everywhere ends every device of the account at once."""
    begin(store, "1" * 32, 1)
    begin(store, "2" * 32, 2)

    store.write(sign_ins.end_all, ACCOUNT).result()

    for number in (1, 2):
        assert store.read(sign_ins.holder, str(number) * 32, f"a{number}", START) is None
        shown = (str(number) * 32, f"r{number}", pair(3), START)
        assert store.write(sign_ins.rotate, *shown).result() == ("unknown", None)


class Rotation(RuleBasedStateMachine):
    """One device that was signed in, time that goes on, and tokens shown in any order.

    The model: the live number, the one before it and since when it may not be shown again.
    """

    ident = "f" * 32
    store: Store

    def __init__(self) -> None:
        super().__init__()
        self.store = Rotation.store
        self.store.write(wipe).result()

    @initialize()
    def sign_in(self) -> None:
        self.now = START
        self.newest = 0
        self.live: int | None = 0
        self.before: int | None = None
        self.rotated_at = self.refreshed_at = START
        begin(self.store, self.ident, 0, self.now)

    @rule(seconds=st.one_of(st.integers(0, 1000), st.just(REFRESH_LIFE // SECOND)))
    def wait(self, seconds: int) -> None:
        """Time goes on."""
        self.now += seconds * SECOND

    @rule(back=st.integers(0, 4))
    def show(self, back: int) -> None:
        """Show the live refresh token (0) or an older one."""
        number = max(self.newest - back, 0)
        expected = self.outcome(number)

        shown = (self.ident, f"r{number}", pair(self.newest + 1), self.now)
        outcome, owner = self.store.write(sign_ins.rotate, *shown).result()

        assert outcome == expected
        assert (owner is None) == (outcome == "unknown")
        if outcome == "rotated":
            if number == self.live:
                self.rotated_at = self.now
            self.before = number
            self.newest += 1
            self.live = self.newest
            self.refreshed_at = self.now
        else:
            self.live = None

    def outcome(self, number: int) -> str:
        if self.live is None:
            return "unknown"
        if self.now - self.refreshed_at >= REFRESH_LIFE:
            return "expired"
        again = number == self.before and self.now - self.rotated_at < RETRY
        return "rotated" if number == self.live or again else "reused"

    @rule()
    def leave(self) -> None:
        """Sign out."""
        self.store.write(sign_ins.end, self.ident).result()
        self.live = None

    @invariant()
    def one_holds(self) -> None:
        """Of all access tokens ever given, the live one alone holds, and only for its time."""
        for number in range(self.newest + 1):
            holder = self.store.read(sign_ins.holder, self.ident, f"a{number}", self.now)
            young = self.now - self.refreshed_at < ACCESS_LIFE
            assert holder == (ACCOUNT if number == self.live and young else None)


def wipe(tx: Transaction) -> None:
    for table in (sign_in, account):
        tx.run(Statement(delete(table)))


def test_rotation(tmp_path: Path) -> None:
    """Only the live refresh token gives new ones; a used one signs the device out."""
    with fresh(tmp_path / "tremble.db") as Rotation.store:
        case = Rotation.TestCase
        case.settings = settings(max_examples=60, stateful_step_count=20)
        case().runTest()
