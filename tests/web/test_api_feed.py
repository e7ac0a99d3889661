"""The feed over HTTP: pages backwards, and the stream forwards, over real sockets."""

import http.client
import json
import signal
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from clients import Client, trust
from processes_web import Process, serving
from results import result

from tremble.web.tail import MAX_PER_ADDRESS


class Stream:
    """A stream of the process under test."""

    def __init__(self, process: Process, path: str = "/v1/feed/stream", **headers: str) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(process.url).netloc, timeout=60)
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()

    def events(self) -> Iterator[dict[str, str]]:
        """Yield what comes, the first comment too, not those that nothing happens; ends with the stream."""
        fields: dict[str, str] = {}
        while line := self.answer.readline().decode():
            name, colon, value = line.strip().partition(": ")
            if colon:
                fields[name or "comment"] = value
            elif fields:
                if fields != {"comment": "still here"}:
                    yield fields
                fields = {}

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    trust(tmp_path)
    with serving(tmp_path) as running:
        yield running


def test_pages(client: Client) -> None:
    """The feed is read backwards, page by page, every item once."""
    for number in (1, 2, 3):
        client.post(result(number))

    found: list[Any] = []
    cursor = ""
    while cursor is not None:
        page = client.get(f"/v1/feed?limit=2{cursor and f'&cursor={cursor}'}").json()
        found += page["items"]
        cursor = page["next_cursor"]

    assert [item["seq"] for item in found] == [4, 3, 2, 1]
    assert [item["kind"] for item in found] == ["match", "match", "new_leader", "match"]
    assert client.get("/v1/feed?cursor=xyz").json()["code"] == "invalid_cursor"


@pytest.mark.parametrize("given", ["-1", "x", "9" * 30, "²"])
def test_bad_last_event_id(client: Client, given: str) -> None:
    """A Last-Event-ID that is no number of ours is refused."""
    answer = client.http.get("/v1/feed/stream", headers={"last-event-id": given.encode()})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


def test_stream(process: Process) -> None:
    """What is posted is told at once; who comes again with what was seen last misses nothing."""
    stream = Stream(process)
    events = stream.events()
    assert next(events) == {"comment": "what happens", "retry": "2000"}

    process.post(1)
    told = [next(events), next(events)]
    stream.close()
    process.post(2)
    again = Stream(process, **{"Last-Event-ID": told[0]["id"]})
    missed = list(islice(again.events(), 3))[1:]
    again.close()

    assert stream.answer.getheader("content-type", "").startswith("text/event-stream")
    assert [(event["id"], event["event"]) for event in told + missed] == [
        ("1", "match"),
        ("2", "new_leader"),
        ("2", "new_leader"),
        ("3", "match"),
    ]
    assert json.loads(told[1]["data"])["username"] == "player 1"


def test_end(process: Process) -> None:
    """At SIGTERM a stream ends as a whole answer does, and the process without waiting for it."""
    stream = Stream(process)
    events = stream.events()
    next(events)

    code, output = process.end(signal.SIGTERM)

    assert list(events) == []
    stream.close()
    assert (code, output) == (0, "ended\n")


def test_too_many(process: Process) -> None:
    """One address has so many streams at once; one that was closed makes room again."""
    streams = [Stream(process) for _ in range(MAX_PER_ADDRESS)]
    for stream in streams:
        next(stream.events())

    status, problem = process.request("GET", "/v1/feed/stream")
    streams.pop().close()
    while (again := Stream(process)).answer.status == 429:
        again.close()

    assert (status, problem["code"]) == (429, "too_many_streams")
    assert again.answer.status == 200
    for stream in [*streams, again]:
        stream.close()
