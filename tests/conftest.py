"""Fixtures that several folders of tests share."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stores
from godot_engine import GodotMissing, find_godot
from hypothesis import HealthCheck, settings
from postgres import Server, Unavailable
from redis_server import RedisServer

from tremble.store import database
from tremble.store.engine import Store
from tremble.store.tables import metadata

#: Makes a place for another fresh store: a path, or the URL of a database.
Places = Callable[[], Path | str]

# A busy machine is no fault of the code: no test fails for being slow.
settings.register_profile("tremble", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tremble")
# Nor does any wait for the other writer.
database.BUSY_TIMEOUT_MS = 50_000


#: Files that take longest: they begin first, so that none is left over at the end.
LONGEST = (
    "e2e/",
    "web/dashboard/test_people",
    "web/test_fuzzed",
    "docs/test_operating",
    "data/test_godot",
    "cli/test_re",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; within a file the order stays."""
    here = Path(__file__).parent
    items.sort(key=lambda item: not item.path.relative_to(here).as_posix().startswith(LONGEST))


@pytest.fixture(scope="session")
def godot() -> Path:
    """The Godot 4 binary; without one a test fails in CI and is skipped elsewhere."""
    try:
        return find_godot()
    except GodotMissing as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"Godot is needed in CI: {error}")
        pytest.skip(f"no Godot: {error}")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A running PostgreSQL server, for all tests that need one."""
    from tremble.store import postgres

    postgres.CONNECT_TIMEOUT_S = 60.0
    try:
        running = Server()
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must test on PostgreSQL: {error}")
        pytest.skip(str(error))
    yield running
    running.close()


@pytest.fixture(scope="session")
def redis_running() -> Iterator[RedisServer]:
    """A running Redis server, for all tests that need one."""
    try:
        running = RedisServer()
    except Unavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must test with Redis: {error}")
        pytest.skip(str(error))
    yield running
    running.close()


@pytest.fixture
def redis_server(redis_running: RedisServer) -> RedisServer:
    """A running Redis server with nothing in it."""
    redis_running.empty()
    return redis_running


@pytest.fixture(params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    """Makes places for fresh stores, on each database."""
    if request.param == "postgresql":
        running: Server = request.getfixturevalue("server")
        yield lambda: running.fresh(lambda url: Store(url).close())
        running.forget([table.name for table in reversed(metadata.sorted_tables)])
    else:
        numbers = iter(range(1000))

        def fresh() -> Path:
            path = tmp_path / f"{next(numbers) or ''}tremble.db"
            path.write_bytes(stores.empty())
            return path

        yield fresh


@pytest.fixture
def place(places: Places) -> Path | str:
    """A place for one fresh store."""
    return places()


@pytest.fixture
def store(place: Path | str) -> Iterator[Store]:
    """A fresh store."""
    with Store(place) as opened:
        yield opened
