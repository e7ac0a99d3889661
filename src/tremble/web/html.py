"""HTML from the files of templates/, every value escaped."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined


def minutes(seconds: float) -> str:
    """Return *seconds* as a match clock shows them."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def since(then: datetime, now: datetime) -> str:
    """Return how long ago *then* was, in the largest unit that fits."""
    seconds = max((now - then).total_seconds(), 0.0)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit} ago"
    return "just now"


TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["minutes"] = minutes
TEMPLATES.filters["since"] = since


def render(template: str, **values: Any) -> str:
    """Return *template* filled with *values*, and with `now`."""
    return TEMPLATES.get_template(template).render(now=datetime.now(UTC), **values)
