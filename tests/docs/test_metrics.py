"""docs/metrics.md has every metric that a running Tremble tells, and none besides; promtool takes them."""

import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.processes import Up, wait_until
from prometheus_client.openmetrics.parser import text_string_to_metric_families

ROOT = Path(__file__).parents[2]


def scrape(url: str, accept: str = "text/plain") -> str:
    request = urllib.request.Request(f"{url}/metrics", headers={"accept": accept})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


@pytest.fixture(scope="module")
def text(tmp_path_factory) -> Iterator[str]:
    """What a server says on which bots have played a match."""
    up = Up(tmp_path_factory.mktemp("up"), "--bots", "2")
    try:
        wait_until(lambda: 'outcome="recorded"} 1' in scrape(up.url), "a result in the record")
        wait_until(lambda: "board_entries{" in scrape(up.url), "a board")
        open_text = scrape(up.url, "application/openmetrics-text")
        assert list(text_string_to_metric_families(open_text))
        yield scrape(up.url)
    finally:
        up.kill()


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
