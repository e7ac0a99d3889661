"""The envelope: what every answer has, whatever route gave it and whether it went well.

X-Request-Id   the one that came, if it is a sane one, else a fresh one; in the log and in problems too
ETag           of good answers to GET that have none; 304 to who has it already
HEAD           what GET would answer, without its body
and the headers that keep browsers safe, and RateLimit where something is counted
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from hashlib import blake2b
from secrets import token_hex
from time import perf_counter
from typing import Any

from litestar import Litestar
from litestar.datastructures import MutableScopeHeaders
from structlog.contextvars import bound_contextvars

from tremble.web.metrics import Traffic

#: Dictionaries, as ASGI has them.
Scope = MutableMapping[str, Any]
Message = Any
Send = Callable[[Message], Awaitable[None]]

HEADER = "x-request-id"
SANE = re.compile("[A-Za-z0-9._:-]{1,64}")
#: Nothing from elsewhere, nothing inline: HTML in a name could do nothing even if not escaped.
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
#: What an answer has unless its route says otherwise, as it travels.
DEFAULTS = {name.encode(): value.encode() for name, value in SECURITY_HEADERS.items()}
DEFAULTS[b"cache-control"] = b"no-cache"
#: Who takes nothing of a stream for so long is cut off, in seconds.
STREAM_PATIENCE_S = 20.0
EVENT_STREAM = "text/event-stream"


class Envelope:
    """Sends one answer to the request of *scope*."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send = send
        self._head = scope["method"] == "HEAD"
        self._state = scope.setdefault("state", {})
        given = {name: value.decode("latin-1") for name, value in scope["headers"]}
        shown = given.get(HEADER.encode(), "")
        self.request_id = shown if SANE.fullmatch(shown) else token_hex(16)
        self._state["request_id"] = self.request_id
        self._known = given.get(b"if-none-match", "")
        self._taggable = scope["method"] in ("GET", "HEAD")
        self._held: Message | None = None
        self._streams = False
        #: Whether the rest of the answer goes nowhere.
        self.over = False

    async def send(self, message: Message) -> None:
        """Send on what the application answers."""
        if message["type"] == "http.response.start":
            await self._start(message)
        elif message["type"] == "http.response.body":
            await self._body(message)
        else:
            await self._send(message)

    async def _start(self, message: Message) -> None:
        # MutableScopeHeaders would look through all of them for each one that is put.
        theirs = [(name.lower(), value) for name, value in message["headers"]]
        given = dict(theirs)
        ours = {name: value for name, value in DEFAULTS.items() if name not in given}
        ours[HEADER.encode()] = self.request_id.encode()
        for name, value in self._state.get("rate_limit", {}).items():
            ours[name.encode()] = value.encode()
        allowed = given.get(b"allow", b"")
        if b"GET" in allowed and b"HEAD" not in allowed:
            ours[b"allow"] = allowed.replace(b"GET", b"GET, HEAD")
        message["headers"] = [pair for pair in theirs if pair[0] not in ours] + [*ours.items()]
        self._streams = given.get(b"content-type", b"").startswith(EVENT_STREAM.encode())
        caching = given.get(b"cache-control", b"")
        no_tag = self._streams or b"no-store" in caching
        if message["status"] == 200 and self._taggable and not no_tag:
            self._held = message
        else:
            await self._send(message)

    async def _body(self, message: Message) -> None:
        body, more = message.get("body", b""), message.get("more_body", False)
        if self._held is not None:
            held, self._held = self._held, None
            if not more and self._has_already(held, body):
                body = b""
            await self._send(held)
        if self._head:
            body = b""
            if more:
                self.over = True
                await self._send({**message, "body": b"", "more_body": False})
                raise ConnectionAbortedError("of a HEAD nothing more is wanted")
        await self._put({**message, "body": body})

    def _has_already(self, held: Message, body: bytes) -> bool:
        """Put an ETag on the answer *held*; make it a 304 if the client has that *body* already."""
        headers = MutableScopeHeaders.from_message(held)
        tag = headers.setdefault("etag", f'"{blake2b(body, digest_size=12).hexdigest()}"')
        if not matches(self._known, tag):
            return False
        held["status"] = 304
        for name in ("content-length", "content-type"):
            if name in headers:
                del headers[name]
        return True

    async def _put(self, message: Message) -> None:
        if not self._streams:
            return await self._send(message)
        try:
            async with asyncio.timeout(STREAM_PATIENCE_S):
                await self._send(message)
        except TimeoutError:
            self.over = True
            raise


def one_by_one(batches: list[set[Any]]) -> list[set[Any]]:
    """Return *batches* of dependencies as sets of one.

    Litestar makes a task for each dependency of a larger set. Ours are there already: three tasks cost
    a fifth of a request.
    """
    return [{dependency} for batch in batches for dependency in batch]


def matches(known: str, tag: str) -> bool:
    """Say whether *tag* is among the tags of an If-None-Match."""
    return known.strip() == "*" or tag in [
        word.strip().removeprefix("W/") for word in known.split(",")
    ]


class Application(Litestar):
    """Litestar, each answer of which comes in an envelope."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for route in self.routes:
            for _, model in getattr(route, "route_handler_map", {}).values():
                model.dependency_batches = one_by_one(model.dependency_batches)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return await super().__call__(scope, receive, send)
        traffic: Traffic = self.state.traffic
        began = perf_counter()
        traffic.active += 1

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = inner.get("path_template")
                traffic.answered(scope["method"], route, message["status"], began)
            await send(message)

        envelope = Envelope(scope, counted)
        inner = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
        with bound_contextvars(request_id=envelope.request_id):
            try:
                await self.answer(inner, receive, envelope.send)
            except Exception:
                if not envelope.over:
                    raise
            finally:
                traffic.active -= 1

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request as Litestar does."""
        await super().__call__(scope, receive, send)
