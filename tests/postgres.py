"""A PostgreSQL server of the tests' own: made in a temporary directory, ended with them.

It listens on a Unix socket in that directory alone, and flushes each commit (fsync on). Debian's
programs are used; as root they run as another user, for they refuse root.
"""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import asyncpg

DEBIAN = Path("/usr/lib/postgresql")
#: Who may run it in place of root.
ACCOUNTS = ("postgres", "nobody")
PATIENCE_S = 60.0
SETTINGS = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "log_min_messages": "fatal",
}


class Unavailable(Exception):
    """No server can be run here; says why."""


def programs() -> Path:
    """Return the directory of the newest initdb and postgres. Raises Unavailable."""
    found = shutil.which("initdb")
    versions = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if versions:
        return versions[-1].parent
    if found is None:
        raise Unavailable("there is no PostgreSQL server; on Debian: apt install postgresql")
    return Path(found).parent


def account() -> pwd.struct_passwd | None:
    """Return whom to run the server as, None for ourselves. Raises Unavailable."""
    if os.getuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Unavailable(f"root cannot run PostgreSQL, and there is none of the users {ACCOUNTS}")


def ending_with_us(command: Sequence[str]) -> list[str]:
    """Return *command* so that it ends when the tests are killed, as they cannot end it then.

    By a program of its own: code of ours in a child of a process with threads may wait for a lock for ever.
    """
    setpriv = shutil.which("setpriv")
    return [*([] if setpriv is None else [setpriv, "--pdeathsig", "INT", "--"]), *command]


class Server:
    """One server. `url(database)` says where; `stop`, `kill` and `start` it as often as needed."""

    def __init__(self) -> None:
        self._bin = programs()
        self._account = account()
        self.directory = Path(tempfile.mkdtemp(prefix="tremble-postgres-"))
        if self._account is not None:
            os.chown(self.directory, self._account.pw_uid, self._account.pw_gid)
        self._running: subprocess.Popen[bytes] | None = None
        self._made = 0
        self._used: list[str] = []
        self._clean: list[str] = []
        made = self._popen(
            "initdb", "--auth=trust", "--username=tremble", "--no-sync", "-E", "UTF8"
        )
        if made.wait(timeout=PATIENCE_S):
            raise Unavailable(f"initdb failed: {self.log()}")
        self.start()

    def url(self, database: str) -> str:
        return f"postgresql://tremble@/{database}?host={self.directory}"

    def log(self) -> str:
        return (self.directory / "log").read_text(errors="replace")[-2000:]

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        self._running = self._popen("postgres", "-k", str(self.directory), *options)
        until = time.monotonic() + PATIENCE_S
        while self._running.poll() is None and time.monotonic() < until:
            ready = [str(self._bin / "pg_isready"), "-q", "-h", str(self.directory)]
            if subprocess.run(ready, timeout=PATIENCE_S, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise Unavailable(f"the server does not start: {self.log()}")

    def stop(self, by: signal.Signals = signal.SIGINT) -> None:
        """End it: at once but orderly (SIGINT), or by a kill of all its processes (SIGKILL)."""
        if self._running is None:
            return
        if by == signal.SIGKILL:
            # The first process first, so that it starts no other; its children are of other groups.
            pid = self._running.pid
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            for process in (pid, *map(int, children)):
                os.kill(process, by)
        else:
            self._running.send_signal(by)
        self._running.wait(timeout=PATIENCE_S)
        self._running = None

    def close(self) -> None:
        """End it and remove all it wrote."""
        self.stop(signal.SIGKILL)  # what is removed need not be brought in order
        shutil.rmtree(self.directory)

    def fresh(self, prepare: Callable[[str], None]) -> str:
        """Return the URL of a database without rows, made by *prepare(url)* if there is none left."""
        if self._clean:
            name = self._clean.pop()
        else:
            name = self._create()
            prepare(self.url(name))
        self._used.append(name)
        return self.url(name)

    def forget(self, tables: Sequence[str]) -> None:
        """Take back the databases of `fresh`, with the rows of *tables* deleted in that order."""
        # To delete few rows takes a tenth of the time of making a database; all at once, one commit.
        delete = "; ".join(f'DELETE FROM "{table}"' for table in tables)  # noqa: S608
        for name in self._used:
            self.run(name, delete)
        self._clean += self._used
        self._used.clear()

    def empty(self) -> str:
        """Return the URL of a new database without tables."""
        return self.url(self._create())

    def run(self, database: str, *statements: str) -> None:
        """Run each of *statements* in *database*."""
        self.execute(self.url(database), *statements)

    def execute(self, url: str, *statements: str) -> None:
        """Run each of *statements* at *url*."""

        async def run() -> None:
            connection = await asyncpg.connect(url)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())

    def _create(self) -> str:
        self._made += 1
        name = f"test_{self._made}"
        self.run("postgres", f"CREATE DATABASE {name} TEMPLATE template0")
        return name

    def _popen(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        who = {} if self._account is None else {"user": self._account.pw_uid}
        if self._account is not None:
            who |= {"group": self._account.pw_gid}
        with (self.directory / "log").open("ab") as log:
            return subprocess.Popen(
                ending_with_us(
                    [str(self._bin / program), "-D", str(self.directory / "data"), *arguments]
                ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                start_new_session=True,
                **who,
            )


def query(url: str, text: str) -> list[tuple[Any, ...]]:
    """Return the rows of *text*, run at *url*."""

    async def run() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(text)]
        finally:
            await connection.close()

    return asyncio.run(run())
