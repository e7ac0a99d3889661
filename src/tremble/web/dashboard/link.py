"""One connection to the game server's console.sock, for the event loop: asks, and passes on what comes.

What travels there stands at the head of server/console.py.
"""

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tremble import local

#: Longest line that may come: metrics of many arenas.
MAX_LINE = 8 * 1024 * 1024
#: Seconds for an answer.
PATIENCE_S = 5.0


class Link:
    """A connection. *hear* takes the lines that answer no call: their id, and the line as it came.

    All methods raise OSError when the server has gone, TimeoutError among it.
    """

    def __init__(self, hear: Callable[[int, bytes], None]) -> None:
        self._hear = hear
        self._number = 0
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._writer: asyncio.StreamWriter | None = None

    async def talk(self, directory: Path, on_open: Callable[[], None]) -> None:
        """Connect to the console of *directory* and pass on what comes until it ends. Raises OSError."""
        if not hasattr(socket, "AF_UNIX"):
            raise OSError("this system's Python has no Unix sockets")
        with local.short_path(directory / local.NAME) as name:
            reader, writer = await asyncio.open_unix_connection(name, limit=MAX_LINE)
        self._writer = writer
        try:
            on_open()
            while line := await reader.readline():
                self._take(line)
        except ValueError as error:
            raise OSError(f"the game server sent what is no answer: {error}") from None
        finally:
            self._writer = None
            for future in self._waiting.values():
                if not future.done():  # who asked may have given up at this very moment
                    future.set_exception(ConnectionError("the game server has gone"))
            self._waiting.clear()
            writer.close()
        raise ConnectionError("it has gone")

    def _take(self, line: bytes) -> None:
        number = number_of(line)
        future = self._waiting.pop(number, None)
        if future is None:
            self._hear(number, line)
        elif not future.done():
            future.set_result(json.loads(line))

    def send(self, request: dict[str, Any]) -> int:
        """Send *request* under a fresh id, which is returned."""
        if self._writer is None:
            raise ConnectionError("the game server does not answer")
        self._number += 1
        self._writer.write(json.dumps({"id": self._number, **request}).encode() + b"\n")
        return self._number

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to *request*."""
        number = self.send(request)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await future
        except TimeoutError:
            raise TimeoutError("the game server does not answer") from None
        finally:
            self._waiting.pop(number, None)


def number_of(line: bytes) -> int:
    """Return the id of *line*, which stands first in all that the console sends; 0 if there is none."""
    head, _, rest = line[:32].partition(b'{"id":')
    digits = rest.partition(b",")[0]
    return int(digits) if not head and digits.isdigit() else 0


def body_of(line: bytes, what: bytes) -> bytes | None:
    """Return the JSON of the member *what* of *line* as it came, None if that is not what it holds."""
    start = line.find(b',"' + what + b'":', 0, 48)
    return line[start + len(what) + 4 : line.rstrip().rfind(b"}")] if start >= 0 else None
