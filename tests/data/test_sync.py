"""What a device does next: never an upload too early, never twice, ever more patiently."""

import msgspec
import pytest

from tremble.data import merge, sync
from tremble.data.documents import DataType, PlayerStats, Settings
from tremble.data.fields import empty_document
from tremble.data.merge import Save
from tremble.data.sync import Local, Step

ONE, TWO, TAG = "1" * 32, "2" * 32, "0" * 16
NOW = 1_780_000_000_000


def local_of(kind: str = "player_stats") -> Local:
    return sync.new_local(kind, ONE)


def stats_of(kills: int) -> PlayerStats:
    document = empty_document(DataType.PLAYER_STATS)
    assert isinstance(document, PlayerStats)
    document.stats.kills = kills
    return document


def kills_of(save: Save) -> int:
    document = merge.show(save)
    assert isinstance(document, PlayerStats)
    return document.stats.kills


def other_save(kills: int) -> Save:
    return merge.record(Save("player_stats"), stats_of(0), stats_of(kills), TWO, NOW)


def test_steps() -> None:
    """Download first, ask if there is nothing, upload what changed, then rest."""
    fresh = sync.noted(local_of(), stats_of(3), NOW)
    absent = sync.found_absent(fresh)
    begun = sync.new_profile(absent)
    sending = sync.sealed(begun, "k", TAG)
    assert sending.sending is not None
    taken = sync.acknowledged(sending, sending.sending.save, 1)

    steps = [sync.next_step(local, NOW) for local in (fresh, absent, begun, sending, taken)]

    assert steps == [Step.DOWNLOAD, Step.ASK, Step.UPLOAD, Step.UPLOAD, Step.NOTHING]
    assert sync.next_step(sync.noted(taken, stats_of(4), NOW), NOW) is Step.UPLOAD
    assert sync.upload_headers(sending)["If-None-Match"] == "*"
    again = sync.sealed(sync.noted(taken, stats_of(4), NOW), "k2", TAG)
    assert sync.upload_headers(again).keys() == {"Tremble-Device", "Idempotency-Key"}


def test_what_is_sent_does_not_change() -> None:
    """An upload under way stays as it is, whatever is played meanwhile."""
    sending = sync.sealed(sync.new_profile(local_of()), "k", TAG)

    later = sync.sealed(sync.noted(sending, stats_of(9), NOW), "k2", "f" * 16)

    assert later.sending == sending.sending
    assert sending.sending is not None
    taken = sync.acknowledged(later, sending.sending.save, 1)
    assert sync.next_step(taken, NOW) is Step.UPLOAD


def test_state_survives_a_file() -> None:
    """The state is the same after it was written down and read."""
    local = sync.noted(local_of(), stats_of(3), NOW)
    local = sync.applying(sync.sealed(sync.new_profile(local), "k", TAG), stats_of(5))

    assert msgspec.json.decode(msgspec.json.encode(local), type=Local) == local


def test_applied_document_is_not_counted() -> None:
    """Kills of another device that were just put into the game's file are not ours."""
    local = sync.downloaded(sync.noted(local_of(), stats_of(3), NOW), other_save(4), 1, ONE)
    document = sync.to_apply(local)
    assert isinstance(document, PlayerStats)
    begun = sync.applying(local, document)

    written, not_written = sync.noted(begun, document, NOW), sync.noted(begun, stats_of(3), NOW)
    played_on = sync.noted(begun, stats_of(9), NOW)

    assert document.stats.kills == 7
    assert sync.to_apply(written) is None
    assert sync.to_apply(not_written) == document
    assert [kills_of(x.save) for x in (written, not_written, played_on)] == [7, 7, 9]


def test_settings_of_an_old_file_win_nothing() -> None:
    """If the game's file was not replaced before a crash, its settings are no new ones."""
    default = empty_document(DataType.SETTINGS)
    loud = empty_document(DataType.SETTINGS)
    assert isinstance(loud, Settings)
    loud.audio.sfx_volume = 0.1
    theirs = merge.record(Save("settings"), default, loud, TWO, NOW)
    local = sync.downloaded(local_of("settings"), theirs, 1, ONE)
    document = sync.to_apply(local)
    assert document == loud

    after = sync.noted(sync.applying(local, loud), default, NOW)

    assert sync.to_apply(after) == loud


@pytest.mark.parametrize(
    ("status", "code", "step"),
    [
        (412, "version_mismatch", Step.DOWNLOAD),
        (409, "device_cloned", Step.DOWNLOAD),
        (503, "store_unavailable", Step.WAIT),
        (429, "too_many_requests", Step.WAIT),
        (401, "not_signed_in", Step.WAIT),
        (400, "invalid_save", Step.STOP),
        (409, "no_save", Step.STOP),
    ],
)
def test_refusals(status: int, code: str, step: Step) -> None:
    """Each refusal leads to fetching anew, waiting or stopping; nothing is forgotten."""
    local = sync.noted(sync.new_profile(local_of()), stats_of(3), NOW)
    sending = sync.sealed(local, "k", TAG)

    after = sync.refused(sending, status, code, NOW, 0, 0.5)

    assert sync.next_step(after, NOW) is step
    assert kills_of(after.save) == 3
    again = sync.new_profile(after)
    assert sync.next_step(again, NOW + sync.LONGEST_WAIT_MS) in (Step.UPLOAD, Step.DOWNLOAD)


def test_back_off() -> None:
    """Waiting doubles from a second to a quarter of an hour, and heeds what the server asks."""
    local, waits = local_of(), []
    for _ in range(40):
        local = sync.failed(local, NOW, 0, 1.0)
        waits.append(local.retry_at_ms - NOW)

    assert waits[:4] == [1_000, 2_000, 4_000, 8_000]
    assert set(waits[12:]) == {sync.LONGEST_WAIT_MS}
    assert sync.failed(local_of(), NOW, 0, 0.0).retry_at_ms - NOW == 500
    assert sync.failed(local_of(), NOW, 60_000, 0.0).retry_at_ms - NOW == 60_000
    assert sync.next_step(local, NOW) is Step.WAIT
    assert sync.next_step(local, NOW + sync.LONGEST_WAIT_MS) is Step.DOWNLOAD


def test_a_clock_set_back_does_not_wait() -> None:
    """A device whose clock was a year ahead does not wait for that year to pass."""
    local = sync.failed(local_of(), NOW + 31_536_000_000, 0, 1.0)

    assert sync.next_step(local, NOW) is Step.DOWNLOAD


def test_clone_forks_from_what_the_server_took() -> None:
    """A clone whose last upload was taken, its answer lost, counts that upload once."""
    local = sync.noted(sync.new_profile(local_of()), stats_of(3), NOW)
    sending = sync.sealed(local, "k", TAG)
    assert sending.sending is not None
    twin = sync.noted(sending, stats_of(8), NOW)
    first = sync.noted(sync.acknowledged(sending, sending.sending.save, 1), stats_of(5), NOW)
    first = sync.sealed(first, "k2", "1" * 16)
    assert first.sending is not None
    server = first.sending.save

    forked = sync.downloaded(twin, server, 2, TWO)

    assert (forked.device, forked.sending) == (TWO, None)
    assert kills_of(forked.save) == 3 + 2 + 5
    assert sync.next_step(forked, NOW) is Step.UPLOAD
