"""Logging: one JSON object a line, from the level asked for on."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog

from tremble import log


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_json() -> None:
    """Away from a terminal each event is one JSON object with its level and time."""
    stream = io.StringIO()
    log.configure("info", stream)

    log.logger("arena").info("match ended", players=2)

    event = json.loads(stream.getvalue())
    assert (event["event"], event["players"], event["level"]) == ("match ended", 2, "info")
    assert event["part"] == "arena"
    assert event["timestamp"].endswith("Z")


def test_level() -> None:
    """What is below the level is not written."""
    stream = io.StringIO()
    log.configure("warning", stream)

    log.logger("arena").info("chatter")

    assert stream.getvalue() == ""


def test_traceback() -> None:
    """A traceback stays within its line."""
    stream = io.StringIO()
    log.configure("info", stream)

    try:
        raise KeyError("gone")
    except KeyError:
        log.logger("arena").exception("failed")

    assert "KeyError" in json.loads(stream.getvalue())["exception"]
    assert stream.getvalue().count("\n") == 1
