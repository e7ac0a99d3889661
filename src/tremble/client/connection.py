"""HTTP by the standard library: one connection, kept open; and streams of server-sent events."""

import http.client
from collections.abc import Iterator
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from tremble.client.api_types import Item
from tremble.errors import ConfigError, TrembleError

#: A stream is silent for at most 15 s; three times that, and it is dead.
STREAM_TIMEOUT_S = 45.0
#: A connection that was idle for longer may just be closed by the other end, so it is not used again.
MAX_IDLE_S = 3.0
#: Longer lines are none of ours.
MAX_LINE = 65_536


class NoAnswer(TrembleError):
    """Nobody answered, or not to the end."""


class Refused(NoAnswer):
    """A stream was not begun; *answer* says why."""

    def __init__(self, url: str, answer: "Answer") -> None:
        super().__init__(f"{url}: the stream was refused with status {answer.status}")
        self.answer = answer


class Answer(Struct, frozen=True):
    """An answer, good or bad; *retry_after_s* is None if it names no time."""

    status: int
    body: bytes
    retry_after_s: float | None


class Http:
    """The server at *url*."""

    def __init__(self, url: str, timeout_s: float) -> None:
        """Raises ConfigError for what is no URL."""
        where = urlsplit(url)
        if where.scheme not in ("http", "https") or not where.hostname:
            raise ConfigError(f"{url}: must begin with http:// or https://")
        self._url = url
        self._secure = where.scheme == "https"
        self._host, self._port = where.hostname, where.port
        self._prefix = where.path.rstrip("/")
        self._timeout_s = timeout_s
        self._open: http.client.HTTPConnection | None = None
        self._used_at = 0.0

    def close(self) -> None:
        """Let go of the connection."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        """Return the answer to one request; *body* is sent as JSON. Raises NoAnswer."""
        sent = {"Accept": "application/json", **headers}
        content = None
        if body is not None:
            content, sent["Content-Type"] = msgspec.json.encode(body), "application/json"
        if monotonic() - self._used_at > MAX_IDLE_S:
            self.close()
        if self._open is None:
            self._open = self._connect(self._timeout_s)
        try:
            # Of before the request: when the other end began to wait for the next one is not known here.
            self._used_at = monotonic()
            self._open.request(method, self._prefix + path, content, sent)
            return read(self._open.getresponse())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._no_answer(error) from None

    def events(self, path: str, headers: dict[str, Any]) -> Iterator[Item]:
        """Yield the items of a stream until it ends. Raises NoAnswer, also if it is refused."""
        sent = {name: str(value) for name, value in headers.items() if value is not None}
        connection = self._connect(STREAM_TIMEOUT_S)
        try:
            connection.request("GET", self._prefix + path, headers=sent)
            answer = connection.getresponse()
            if answer.status != 200:
                raise Refused(self._url, read(answer))
            while line := answer.readline(MAX_LINE):
                if line.startswith(b"data: "):
                    yield msgspec.json.decode(line[6:], type=Item)
        except (OSError, http.client.HTTPException, msgspec.DecodeError) as error:
            raise self._no_answer(error) from None
        finally:
            connection.close()

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        return kind(self._host, self._port, timeout=timeout_s)

    def _no_answer(self, error: Exception) -> NoAnswer:
        return NoAnswer(f"{self._url}: {error}; is tremble up or tremble web running?")


def read(found: http.client.HTTPResponse) -> Answer:
    """Return all of an answer."""
    after = found.getheader("Retry-After", "")
    return Answer(found.status, found.read(), float(after) if after.isdecimal() else None)
