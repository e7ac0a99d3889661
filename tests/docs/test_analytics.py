"""docs/analytics.md names every metric and dataset with what it holds."""

import re
from pathlib import Path

from tremble.analytics.datasets import COLUMNS
from tremble.analytics.metrics import METRICS

PAGE = (Path(__file__).parents[2] / "docs" / "analytics.md").read_text("utf-8")


def test_every_metric_is_documented() -> None:
    """Each row is what the table in the code says."""
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)

    assert rows == [
        (
            name,
            metric.title + (" (t)" if metric.telemetry else ""),
            metric.meaning,
            ", ".join(f"`{column}`" for column in metric.columns),
        )
        for name, metric in METRICS.items()
    ]


def test_every_dataset_is_documented() -> None:
    assert all(re.search(rf"^\| `{name}` \| ", PAGE, re.MULTILINE) for name in COLUMNS)
