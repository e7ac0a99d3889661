"""docs/metrics.md has every metric that a running Tremble tells, and none besides; promtool takes them."""

import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.processes import QUICK, Up, wait_until
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from redis_server import RedisServer

ROOT = Path(__file__).parents[2]


def scrape(url: str, accept: str = "text/plain") -> str:
    request = urllib.request.Request(f"{url}/metrics", headers={"accept": accept})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read().decode()


@pytest.fixture(scope="module")
def up(tmp_path_factory, redis_running: RedisServer) -> Iterator[Up]:
    """Tremble with two bots on it, and a Redis."""
    sets = (*QUICK, "server.standby=true", f"web.redis_url={redis_running.url}")
    found = Up(tmp_path_factory.mktemp("up"), "--bots", "2", sets=sets)
    yield found
    found.kill()


@pytest.fixture(scope="module")
def text(up: Up) -> str:
    """What it says when a match was played."""
    wait_until(lambda: 'outcome="recorded"} ' in scrape(up.url), "the game server")
    wait_until(lambda: 'outcome="recorded"} 0' not in scrape(up.url), "a result in the record")
    wait_until(lambda: "board_entries{" in scrape(up.url), "a board")
    open_text = scrape(up.url, "application/openmetrics-text")
    assert list(text_string_to_metric_families(open_text))
    return scrape(up.url)


def documented() -> dict[str, tuple[str, set[str]]]:
    page = (ROOT / "docs" / "metrics.md").read_text().partition("<!-- metrics -->")[2]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (?:`([^`]*)`)? ?\|", page, re.MULTILINE)
    return {name: (kind, set(labels.split())) for name, kind, labels in rows}


def test_page_is_what_is_told(text: str) -> None:
    """Name, type and labels."""
    told = dict(re.findall(r"^# TYPE (\w+) (\w+)", text, re.MULTILINE))
    labels: dict[str, set[str]] = {}
    for name, found in re.findall(r"^(\w+)(?:\{(.*)\})? ", text, re.MULTILINE):
        family = name if name in told else re.sub("_(bucket|sum|count)$", "", name)
        labels[family] = set(re.findall(r'(\w+)="', found)) - {"le"}

    assert {name: (kind, labels.get(name, set())) for name, kind in told.items()} == documented()


def test_promtool_takes_it(text: str) -> None:
    """The judge of Prometheus itself has nothing to say."""
    ran = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True
    )

    assert (ran.returncode, ran.stderr) == (0, "")


def code(url: str) -> int:
    """The status of the answer at *url*."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@pytest.fixture
def deserted(tmp_path: Path) -> Iterator[Up]:
    """Tremble with nobody there: with players a standby would go on."""
    found = Up(tmp_path)
    yield found
    found.kill()


def test_stopped_loop_is_not_well(deserted: Up) -> None:
    """A worker that hangs does not answer, and health says so; when it goes on all is well again."""
    up = deserted
    health, ready = f"{up.url}/healthz", f"{up.url}/readyz"
    wait_until(lambda: code(health) == code(ready) == 200, "a Tremble that is well")
    worker = up.child("tremble.server")
    os.kill(worker, signal.SIGSTOP)
    try:
        wait_until(lambda: code(health) == 503, "health to notice")
        assert code(ready) == 503
        assert "tremble_game_up 0.0" in scrape(up.url)
    finally:
        os.kill(worker, signal.SIGCONT)
    wait_until(lambda: code(health) == code(ready) == 200, "health to be back")
