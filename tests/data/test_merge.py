"""Merging saves: devices converge whatever the network does, and nothing counts twice or is lost."""

import random
from typing import Any

import msgspec
import pytest
from data import devices
from data.devices import KINDS, Device, World
from hypothesis import given, settings
from hypothesis import strategies as st

from tremble.data import documents, merge
from tremble.data.documents import DataType, PlayerStats, Settings, Unlock
from tremble.data.fields import BadSave, empty_document
from tremble.data.merge import Save, Shrunk, Tip

A, B, C = "a" * 32, "b" * 32, "c" * 32
NOW = devices.START_MS
STEP = st.tuples(st.integers(0, 7), st.integers(0, 9), st.integers(0, 40))


def stats_of(kills: int) -> PlayerStats:
    document = empty_document(DataType.PLAYER_STATS)
    assert isinstance(document, PlayerStats)
    document.stats.kills = kills
    return document


def with_kills(save: Save, device: str, kills: int) -> Save:
    """Return *save* after *device* counted *kills* more."""
    return merge.record(save, stats_of(0), stats_of(kills), device, NOW)


def kills_in(save: Save) -> int:
    document = merge.show(save)
    assert isinstance(document, PlayerStats)
    return document.stats.kills


def some_saves(seed: int) -> list[Save]:
    """Return three saves that one random history left in three places."""
    dice = random.Random(seed)
    world = World(dice.choice(KINDS), 3)
    for _ in range(dice.randrange(30)):
        world.step((dice.randrange(7), dice.randrange(9), dice.randrange(40)))
    return [device.save for device in world.devices]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32))
def test_laws(seed: int) -> None:
    """Merging is commutative, associative and idempotent, to the byte."""
    a, b, c = some_saves(seed)

    assert merge.encode(merge.merge(a, b)) == merge.encode(merge.merge(b, a))
    assert merge.encode(merge.merge(a, a)) == merge.encode(a)
    left = merge.merge(merge.merge(a, b), c)
    assert merge.encode(left) == merge.encode(merge.merge(a, merge.merge(b, c)))
    merge.check_growth(a, left)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(KINDS), st.integers(1, 5), st.lists(STEP, max_size=40))
def test_devices_converge(kind: DataType | None, count: int, history: list[devices.Step]) -> None:
    """Up to five devices end alike after loss, repetition, reordering, loss of a device."""
    devices.play(kind, count, history)


def play_many(count: int) -> None:
    for seed in range(count):
        dice = random.Random(seed)
        history = [
            (dice.randrange(8), dice.randrange(10), dice.randrange(1000))
            for _ in range(dice.randrange(1, 30))
        ]
        try:
            kind = DataType.PLAYER_STATS if seed % 2 else KINDS[seed // 2 % len(KINDS)]
            devices.play(kind, dice.randint(1, 5), history)
        except AssertionError as error:
            raise AssertionError(f"history of seed {seed}") from error


def test_thousands_of_histories() -> None:
    """Thousands of random histories converge, with every kill that reached the server once."""
    play_many(2_000)


@pytest.mark.heavy
@pytest.mark.timeout(0)
def test_a_million_histories() -> None:
    """A million random histories converge, with every kill that reached the server once."""
    play_many(1_000_000)


def test_a_game_that_read_long_ago() -> None:
    """Kills of other devices that came in between do not hide those of a game that runs."""
    save = merge.merge(with_kills(Save("player_stats"), B, 100), Save("player_stats"))

    save = merge.record(save, stats_of(3), stats_of(5), A, NOW)

    assert kills_in(save) == 102


def test_counters_never_go_down() -> None:
    """A document restored from a backup takes no kills away."""
    save = with_kills(Save("player_stats"), A, 10)

    assert kills_in(merge.record(save, stats_of(10), stats_of(4), A, NOW)) == 10


@pytest.mark.parametrize("skew", [-devices.YEAR_MS, devices.YEAR_MS])
def test_clock_a_year_off(skew: int) -> None:
    """A setting written after another was seen wins, whatever the clocks say."""
    default = empty_document(DataType.SETTINGS)
    assert isinstance(default, Settings)
    low, high = (msgspec.json.decode(msgspec.json.encode(default), type=Settings) for _ in "lh")
    low.audio.music_volume, high.audio.music_volume = 0.1, 0.9
    first = merge.record(Save("settings"), default, low, A, NOW + skew)

    second = merge.record(first, low, high, B, NOW)

    shown = merge.show(merge.merge(second, first))
    assert isinstance(shown, Settings)
    assert shown.audio.music_volume == 0.9


def test_settings_merge_by_key() -> None:
    """Two settings changed on two devices are both kept; a key that was unbound stays unbound."""
    default = empty_document(DataType.SETTINGS)
    assert isinstance(default, Settings)
    default.controls.key_bindings = {"jump": "SPACE"}
    start = merge.record(Save("settings"), empty_document(DataType.SETTINGS), default, A, NOW)
    loud, unbound = (msgspec.json.decode(msgspec.json.encode(default), type=Settings) for _ in "ab")
    loud.audio.sfx_volume, unbound.controls.key_bindings = 0.2, {}

    both = merge.merge(
        merge.record(start, default, loud, A, NOW), merge.record(start, default, unbound, B, NOW)
    )

    shown = merge.show(both)
    assert isinstance(shown, Settings)
    assert (shown.audio.sfx_volume, shown.controls.key_bindings) == (0.2, {})


def test_earliest_unlock_counts() -> None:
    """An achievement earned on two devices keeps the earlier time."""
    early, late = stats_of(0), stats_of(0)
    early.achievements["first"] = Unlock("2026-01-01T00:00:00Z", "m1")
    late.achievements["first"] = Unlock("2026-02-01T00:00:00Z", "m2")
    empty = Save("player_stats")

    both = merge.merge(
        merge.record(empty, stats_of(0), late, A, NOW),
        merge.record(empty, stats_of(0), early, B, NOW),
    )

    shown = merge.show(both)
    assert isinstance(shown, PlayerStats)
    assert shown.achievements["first"].match_id == "m1"


def test_slot_keeps_both() -> None:
    """Two devices that write a slot side by side leave two copies; picking one leaves that."""
    start = merge.put_copy(Save("slot-1"), b"start", A, NOW)
    both = merge.merge(
        merge.put_copy(start, b"left", A, NOW), merge.put_copy(start, b"right", B, NOW)
    )

    picked = merge.merge(merge.put_copy(both, b"right", C, NOW), both)

    assert {copy.content for copy in merge.copies_of(both)} == {b"left", b"right"}
    assert [copy.content for copy in merge.copies_of(picked)] == [b"right"]


@pytest.mark.parametrize(
    ("part", "smaller"),
    [
        ("sums", {"stats/kills": {A: 4.0}}),
        ("sums", {}),
        ("maxima", {"stats/most_kills": 1.0}),
        ("earliest", {}),
        ("registers", {}),
        ("rows", {}),
        ("tips", {}),
        ("clock", (0, 0)),
    ],
)
def test_shrink_guard(part: str, smaller: Any) -> None:
    """A save that lacks a count, an achievement or anything else is told from one that grew."""
    document = stats_of(5)
    document.stats.most_kills = 5
    document.username = "anna"
    document.counted_matches = ["0" * 32]
    document.achievements["first"] = Unlock("2026-01-01T00:00:00Z")
    save = merge.seal(
        merge.record(Save("player_stats"), stats_of(0), document, A, NOW), A, "0" * 16
    )

    merge.check_growth(save, with_kills(save, A, 1))
    with pytest.raises(Shrunk, match=part):
        merge.check_growth(save, msgspec.structs.replace(save, **{part: smaller}))


def test_restore_brings_back_what_was_changed() -> None:
    """A restore undoes settings and slots also on devices that come later; counters stay."""
    old = merge.put_copy(Save("slot-1"), b"good", A, NOW)
    new = merge.put_copy(old, b"broken", A, NOW + 1)
    document = stats_of(5)
    document.username = "anna"
    named = merge.record(Save("player_stats"), stats_of(0), document, A, NOW)
    again = stats_of(9)
    again.username = "oops"
    renamed = merge.record(named, document, again, A, NOW + 1)

    slot = merge.merge(merge.restored(new, old, NOW), new)
    stats = merge.show(merge.merge(renamed, merge.restored(renamed, named, NOW)))

    assert [copy.content for copy in merge.copies_of(slot)] == [b"good"]
    assert isinstance(stats, PlayerStats)
    assert (stats.username, stats.stats.kills) == ("anna", 9)


def test_restore_only_grows() -> None:
    """A restored save passes the shrink guard."""
    for seed in range(40):
        old = some_saves(seed)[0]
        new = merge.merge(old, some_saves(seed)[1])

        merge.check_growth(new, merge.restored(new, old, 0))


def test_clone_is_found_and_nothing_is_lost() -> None:
    """Of two copies of one device the later to upload forks; all its kills count once."""
    first = merge.seal(with_kills(Save("player_stats"), A, 10), A, "0" * 16)
    base = merge.own(first, A)
    one = merge.seal(with_kills(first, A, 2), A, "1" * 16)
    two = merge.seal(with_kills(first, A, 5), A, "2" * 16)
    server = merge.merge(first, one)

    assert not merge.is_clone(one.tips[A], server.tips[A])
    assert merge.is_clone(two.tips[A], server.tips[A])
    forked = merge.fork(two, base, A, B)

    assert kills_in(merge.merge(server, forked)) == 17
    assert forked.sums["stats/kills"] == {A: 10.0, B: 5.0}


def test_fork_renames_copies() -> None:
    """Copies of a slot that a clone wrote live on beside those of the first."""
    first = merge.put_copy(Save("slot-1"), b"start", A, NOW)
    base = merge.own(first, A)
    one, two = merge.put_copy(first, b"one", A, NOW), merge.put_copy(first, b"two", A, NOW)

    both = merge.merge(one, merge.fork(two, base, A, B))

    assert {copy.content for copy in merge.copies_of(both)} == {b"one", b"two"}


TAGS = tuple(f"{n:016x}" for n in range(20))


@pytest.mark.parametrize(
    ("mine", "theirs", "clone"),
    [
        (None, None, False),
        (Tip(1, TAGS[:1]), None, False),
        (Tip(2, (TAGS[1], TAGS[0])), Tip(1, TAGS[:1]), False),
        (None, Tip(1, TAGS[:1]), True),
        (Tip(1, TAGS[:1]), Tip(2, (TAGS[1], TAGS[0])), True),
        (Tip(2, (TAGS[2], TAGS[0])), Tip(2, (TAGS[1], TAGS[0])), True),
        (Tip(18, TAGS[:16]), Tip(1, (TAGS[19],)), True),
    ],
)
def test_clone_by_tips(mine: Tip | None, theirs: Tip | None, clone: bool) -> None:
    """The server's newest upload must be one of those that the device remembers."""
    assert merge.is_clone(mine, theirs) is clone


def test_late_upload_is_no_clone() -> None:
    """An older upload of a device that comes late goes well with the newer one."""
    old, new, other = Tip(1, TAGS[:1]), Tip(2, (TAGS[1], TAGS[0])), Tip(2, (TAGS[2], TAGS[0]))

    assert not merge.diverged(old, new)
    assert not merge.diverged(new, old)
    assert merge.diverged(new, other)


def test_bad_saves_are_refused() -> None:
    """A save of unknown form is no save, and one with unknown fields shows as none."""
    for content in (b'{"type":"nothing"}', b'{"type":"settings","format":2}', b"[]", b'{"type":1}'):
        with pytest.raises(msgspec.ValidationError):
            merge.decode(content)
    strange: list[dict[str, Any]] = [
        {"sums": {"stats/most_kills": {A: 1.0}}},
        {"sums": {"stats/weapons/rail/wins": {A: 1.0}}},
        {"maxima": {"stats/kills": 1.0}},
        {"registers": {"username": [[0, 0, A], 5]}},
        {"registers": {"version": [[0, 0, A], "9.9"]}},
    ]
    for parts in strange:
        save = merge.decode(msgspec.json.encode({"type": "player_stats", **parts}))
        with pytest.raises(BadSave):
            merge.show(save)
    with pytest.raises(ValueError, match="cannot be merged"):
        merge.merge(Save("settings"), Save("slot-1"))
    with pytest.raises(TypeError, match="free slot"):
        merge.show(Save("slot-1"))


def test_totals_stay_in_range() -> None:
    """Counters that add up to more than a document holds are cut, not refused."""
    most = float(documents.MAX_COUNT)
    save = Save("player_stats", sums={"stats/kills": {A: most, B: most}})

    assert kills_in(save) == documents.MAX_COUNT


def test_a_device_reads_what_it_wrote() -> None:
    """What a device alone wrote, it reads unchanged."""
    device = Device(A, DataType.MATCH_HISTORY, 0)
    for number in range(3):
        devices.change_history(device.document, number)
    written = msgspec.json.encode(device.document)

    device.record(NOW)

    assert msgspec.json.encode(device.document) == written
