"""deploy/prometheus and deploy/grafana: alerts that fire when they should, queries of metrics there are."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).parents[2] / "deploy"
ALERTS = (DEPLOY / "prometheus" / "alerts.yml").read_text()
TRIED = (DEPLOY / "prometheus" / "test_alerts.yml").read_text()
BOARD = json.loads((DEPLOY / "grafana" / "tremble.json").read_text())


def documented() -> set[str]:
    """Every name that a series has, as docs/metrics.md tells; a test holds the page to what is told."""
    page = (DEPLOY.parent / "docs" / "metrics.md").read_text().partition("<!-- metrics -->")[2]
    names = set()
    for name, kind in re.findall(r"^\| `(tremble_\w+)` \| (\w+)", page, re.MULTILINE):
        ends = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        names |= {name + end for end in ends}
    return names


def named(query: str) -> set[str]:
    """The series that *query* names."""
    return set(re.findall(r"\btremble_\w+", query))


def promtool(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["promtool", *words], cwd=DEPLOY / "prometheus", capture_output=True, text=True
    )


def test_rules_are_sound_and_fire() -> None:
    """Each alert fires on what it is for, and on a server that is well none does."""
    checked = promtool("check", "rules", "alerts.yml")
    tried = promtool("test", "rules", "test_alerts.yml")

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert tried.returncode == 0, tried.stdout + tried.stderr


def test_every_alert_is_tried() -> None:
    """Both ways."""
    alerts = set(re.findall(r"- alert: (\w+)", ALERTS))

    assert alerts == set(re.findall(r"alertname: (\w+)\}", TRIED))
    assert alerts == set(re.findall(r"^  - name: (\w+)$", TRIED, re.MULTILINE))


def test_alerts_name_what_there_is() -> None:
    """No rule waits for a metric that nobody tells."""
    assert named(re.sub(r"(summary|description): .*", "", ALERTS)) <= documented()


def test_dashboard_names_what_there_is() -> None:
    """All of its queries; and it shows every metric but the version."""
    panels: list[dict[str, Any]] = BOARD["panels"]
    queries = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    more = [BOARD["annotations"]["list"][0]["expr"]]
    shown = set().union(*map(named, queries + more))

    assert shown <= documented()
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in documented()}
    assert families - {re.sub("_bucket$", "", name) for name in shown} <= {
        "tremble_build_info", "tremble_draining", "tremble_arena_players",
        "tremble_query_answers_total",
    }  # fmt: skip


def test_dashboard_is_well_made() -> None:
    """Every panel has its own id and place, and its data from the source that is chosen."""
    panels: list[dict[str, Any]] = BOARD["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells

    assert len({panel["id"] for panel in panels}) == len(panels)
    assert max(x for x, _ in taken) < 24
    assert all(
        target["datasource"]["uid"] == "${datasource}"
        for panel in panels
        for target in panel.get("targets", [])
    )
