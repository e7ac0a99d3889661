"""The web process on a free port, as tests run it."""

import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from clients import SERVER_ID, signed
from results import result

PROCESS = """
import sys
from pathlib import Path
from tremble.web import listen
from tremble.web.serve import run

run(listen.bind("127.0.0.1", 0), Path(sys.argv[1]), lambda url: print(url, flush=True), sys.argv[2])
print("ended", flush=True)
"""


class Process:
    """The web process under test, and what it prints."""

    def __init__(self, directory: Path, store_url: str) -> None:
        self.running = subprocess.Popen(
            [sys.executable, "-c", PROCESS, str(directory), store_url],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.running.stdout is not None
        self.output = self.running.stdout
        self.url = self.output.readline().strip()

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        connection.close()
        return answer.status, content

    def post(self, number: int) -> int:
        body = msgspec.json.encode(result(number, server_id=SERVER_ID))
        return self.request("POST", "/v1/server/results", body, **signed(body))[0]

    def end(self, by: signal.Signals) -> tuple[int, str]:
        self.running.send_signal(by)
        output = self.output.read()
        return self.running.wait(timeout=60), output


@contextmanager
def serving(directory: Path, store_url: str = "") -> Iterator[Process]:
    process = Process(directory, store_url)
    try:
        yield process
    finally:
        process.running.kill()
        process.running.wait(timeout=60)
        process.output.close()
