"""tremble console at a running server: one command, a script of them, and standard input."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.caller import Caller
from e2e.processes import Up, run, wait_until, write_pit


class Alone:
    """`tremble server` on a free port in *directory*, with a pipe as its standard input."""

    def __init__(self, directory: Path, *sets: str) -> None:
        self.directory = directory
        write_pit(directory)
        command = [sys.executable, "-m", "tremble", "server", "--dir", str(directory)]
        for text in ("server.port=0", "server.bind=127.0.0.1", "server.map=pit", *sets):
            command += ["--set", text]
        self.errors = (directory / "stderr.txt").open("wb")
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        assert "ready" in self.read_line()

    def read_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def type(self, line: str) -> str:
        """Write *line* to its standard input; return the first line of the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.read_line()

    def console(self, *words: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run `tremble console` on its directory, with *text* as standard input."""
        command = [sys.executable, "-m", "tremble", "console", "--dir", str(self.directory), *words]
        return subprocess.run(command, capture_output=True, text=True, input=text, timeout=60)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.errors.close()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Alone]:
    found = Alone(tmp_path)
    yield found
    found.end()


def test_console_of_a_server_alone(alone: Alone) -> None:
    """Commands come by words, by a pipe, by the server's own standard input; refusals are exit 1."""
    one = alone.console("--json", "status")
    many = alone.console(text="say hi\n\nplayers\n")
    wrong = alone.console("kik", "ann")

    assert json.loads(one.stdout)["data"]["arenas"][0]["map"] == "pit"
    assert (many.returncode, many.stdout) == (0, "said: hi\nnobody is here\n")
    assert (wrong.returncode, wrong.stderr) == (
        1,
        "there is no command 'kik'; did you mean kick?\n",
    )
    assert alone.type("say ho") == "said: ho\n"


def test_restart_of_a_server_alone(alone: Alone) -> None:
    """`tremble restart` of the game half: the port stays, and is open all the time."""
    port = json.loads(run("status", "--json", "--dir", str(alone.directory)).stdout)["port"]

    with Caller(port) as caller:
        wait_until(lambda: caller.answers, "an answer")
        ran = run("restart", "--json", "--dir", str(alone.directory))

    assert json.loads(ran.stdout)["port"] == port, ran.stderr
    assert not caller.refused


def test_console_of_up(tmp_path: Path) -> None:
    """The worker of `tremble up` answers too."""
    up = Up(tmp_path)
    try:
        found = run("console", "--dir", str(tmp_path), "status")
    finally:
        up.kill()

    assert found.returncode == 0, found.stderr
    assert "arena 0: pit, warmup" in found.stdout


def test_no_server_no_console(tmp_path: Path) -> None:
    """Where nobody runs, one line says so and how to mend it."""
    found = run("console", "--dir", str(tmp_path), "status")

    assert found.returncode == 1
    assert "is tremble up or tremble server running there?" in " ".join(found.stderr.split())


def test_rcon_of_up(tmp_path: Path, monkeypatch) -> None:
    """RCON answers at the worker of `tremble up`; the password stands in no command line of ours."""
    monkeypatch.setenv("TREMBLE_RCON__PASSWORD", "sesame-7")
    up = Up(tmp_path, sets=("server.map=pit", "rcon.port=0"))
    try:
        [listens] = wait_until(lambda: up.events("rcon listens"), "its port")
        port = listens["port"]
        right = run("rcon", f"127.0.0.1:{port}", "players")
        wrong = run("rcon", f"127.0.0.1:{port}", "players", environ={"TREMBLE_RCON__PASSWORD": "x"})
        shown = Path(f"/proc/{up.child('tremble.server')}/cmdline").read_bytes()
    finally:
        up.kill()

    assert (right.returncode, right.stdout) == (0, "nobody is here\n"), right.stderr
    assert (wrong.returncode, "wrong RCON password" in wrong.stderr) == (1, True)
    assert b"sesame-7" not in shown
    assert b"sesame-7" not in run("config", "show").stdout.encode()


def test_drain_ends_up_with_0(tmp_path: Path) -> None:
    """`drain` at the worker of `tremble up` ends all of it, exit 0; the audit log has who did it."""
    up = Up(tmp_path)
    try:
        found = run("console", "--dir", str(tmp_path), "drain", "5", "new", "version")
        code = up.process.wait(60)
    finally:
        up.kill()
    entries = run("audit", "--json", "--dir", str(tmp_path)).stdout.splitlines()

    assert found.stdout.startswith("draining, ends in 5 s at the latest: new version")
    assert code == 0, up.stderr()
    assert [json.loads(e)["command"] for e in entries] == ["drain 5 new version"]


def test_sigterm_drains_within_the_bound(tmp_path: Path) -> None:
    """With server.drain_s a match that counts goes on after SIGTERM; a second one ends it."""
    up = Up(
        tmp_path, "--bots", "2", sets=("server.map=pit", "server.drain_s=300", "match.warmup_s=0")
    )
    try:
        counting = lambda: "live" in run("console", "--dir", str(tmp_path), "status").stdout  # noqa: E731
        wait_until(counting, "a match that counts")
        up.process.send_signal(signal.SIGTERM)
        wait_until(lambda: "draining" in up.stderr(), "the drain")
        wait_until(counting, "the match that goes on")
        up.process.send_signal(signal.SIGTERM)
        up.process.wait(60)
        wait_until(lambda: not (tmp_path / "console.sock").exists(), "the end of the worker")
    finally:
        up.kill()
