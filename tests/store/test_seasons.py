"""Seasons: begun by hand or by schedule, each once, whoever asks for it how often."""

from concurrent.futures import ThreadPoolExecutor

from conftest import Places
from results import result

from tremble import ledger
from tremble.store import instant, seasons
from tremble.store.engine import Store

DAY = instant.DAY


def numbers(store: Store, *moments: int) -> list[int]:
    """Return the season of each moment."""
    return [store.read(seasons.at, moment) for moment in moments]


def test_plan(store: Store) -> None:
    """A planned season takes the matches from its time on; to plan it again changes nothing."""
    assert store.write(seasons.plan, 0, DAY).result() == 2
    assert store.write(seasons.plan, 1, DAY).result() is None

    assert numbers(store, 0, DAY - 1, DAY) == [1, 1, 2]
    assert store.write(seasons.plan, DAY, 2 * DAY).result() == 3
    assert [season.ends_at for season in store.read(seasons.every)] == [
        instant.from_store(DAY),
        instant.from_store(2 * DAY),
        None,
    ]


def test_plan_changed(store: Store) -> None:
    """Another schedule moves what is only planned; without one it is cancelled."""
    store.write(seasons.plan, 0, 9 * DAY).result()

    assert store.write(seasons.plan, 0, 5 * DAY).result() == 2
    assert numbers(store, 5 * DAY) == [2]
    assert store.write(seasons.plan, 0, None).result() == 2
    assert numbers(store, 9 * DAY) == [1]
    assert store.write(seasons.plan, 0, None).result() is None


def test_begin_before_planned(store: Store) -> None:
    """Begun by hand, the planned season comes early; the next is planned after it."""
    store.write(seasons.plan, 0, 9 * DAY).result()

    assert store.write(seasons.begin, 2 * DAY).result() == 2
    assert numbers(store, 2 * DAY - 1, 2 * DAY) == [1, 2]
    assert store.write(seasons.begin, DAY).result() == 2
    assert store.write(seasons.plan, 3 * DAY, 9 * DAY).result() == 3


def test_played_stays(store: Store) -> None:
    """A planned season in which a match ended already, by another's clock, is not moved."""
    ended = instant.to_store(result(1).ended_at)
    store.write(seasons.plan, ended - 2, ended - 1).result()
    ledger.post(store, result(1))

    assert store.write(seasons.plan, ended - 2, ended + DAY).result() is None
    assert store.write(seasons.plan, ended - 2, None).result() is None
    assert store.write(seasons.begin, ended - 2).result() is None


def test_many_processes(places: Places) -> None:
    """However many plan at once, a season is there once."""
    place = places()
    stores = [Store(place) for _ in range(3)]

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(s.write(seasons.plan, 0, DAY).result) for s in stores * 4]
        found = [job.result() for job in jobs]

    assert sorted(found, key=str) == [2] + [None] * 11
    assert len(stores[0].read(seasons.every)) == 2
    for store in stores:
        store.close()
