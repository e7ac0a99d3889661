"""A Redis server of the tests' own: on a Unix socket in a temporary directory, keeping nothing on disk."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import redis
from postgres import Unavailable, ending_with_us

PATIENCE_S = 60.0


class RedisServer:
    """One server; `stop` and `start` it as often as needed. Raises Unavailable if there is none to run."""

    def __init__(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise Unavailable("there is no Redis server; on Debian: apt install redis-server")
        self._program = program
        self.directory = Path(tempfile.mkdtemp(prefix="tremble-redis-"))
        self.socket = self.directory / "redis.sock"
        self.url = f"unix://{self.socket}"
        self._running: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        said = ["--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"]
        self._running = subprocess.Popen(
            ending_with_us([self._program, *said, "--dir", str(self.directory)]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            try:
                with redis.Redis.from_url(self.url) as client:
                    client.ping()
                return
            except redis.exceptions.ConnectionError:
                time.sleep(0.01)
        raise Unavailable("the Redis server does not answer")

    def empty(self) -> None:
        """Forget all that is in it."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def keys(self) -> dict[str, int]:
        """Return the name of each key, and in how many ms it goes."""
        with redis.Redis.from_url(self.url) as client:
            return {key.decode(): client.pttl(key) for key in client.keys("*")}

    def stop(self) -> None:
        """End it."""
        if self._running is not None:
            self._running.terminate()
            self._running.wait(timeout=PATIENCE_S)
            self._running = None

    def close(self) -> None:
        """End it and remove what it wrote."""
        self.stop()
        shutil.rmtree(self.directory)
