"""docs/operating.md: the way from bare Debian to a public server, every command of it as it is written.

Run in a scratch directory, for which /opt/tremble, /var/lib/tremble and /usr/local/bin stand, on free ports.
Stand-ins, because the test is neither root on a bare machine nor has systemd as PID 1:

  apt-get, useradd, chown        do nothing
  python3 -m venv, its pip       make a program `tremble` that runs the sources under test
  runuser -u tremble -- ...      runs the rest as who tests
  systemctl enable, reload       starts ExecStart of the unit, waits for READY=1; sends SIGHUP
  discord.com                    a web server of the test
  service install                gets --root, so that the unit is written to the scratch directory
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from ports import closed

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"
#: One program for all stand-ins; its name says which.
STAND_IN = r"""
import os, shlex, signal, socket, subprocess, sys
from pathlib import Path

name, words, root = Path(sys.argv[0]).name, sys.argv[1:], Path(os.environ["SCRATCH"])
if name == "python3":
    assert words[:2] == ["-m", "venv"], words
    (Path(words[2]) / "bin").mkdir(parents=True)
    for program, text in [("pip", "exit 0"), ("tremble", 'exec "$PYTHON" -m tremble "$@"')]:
        path = Path(words[2]) / "bin" / program
        path.write_text("#!/bin/sh\n" + text + "\n")
        path.chmod(0o755)
elif name == "runuser":
    assert words[:3] == ["-u", "tremble", "--"], words
    os.execvp(words[3], words[3:])
elif name == "systemctl" and words[0] == "enable":
    unit = (root / "etc/systemd/system/tremble.service").read_text().splitlines()
    start = next(line for line in unit if line.startswith("ExecStart=")).partition("=")[2]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(root / "notify"))
        manager.settimeout(60)
        with (root / "log").open("wb") as log:
            child = subprocess.Popen(
                shlex.split(start), stdout=log, stderr=log, start_new_session=True,
                env=os.environ | {"NOTIFY_SOCKET": str(root / "notify")},
            )
        (root / "pid").write_text(str(child.pid))
        while "READY=1" not in manager.recv(4096).decode():
            pass
elif name == "systemctl":
    assert words[0] == "reload", words
    os.kill(int((root / "pid").read_text()), signal.SIGHUP)
"""


class Discord(BaseHTTPRequestHandler):
    """Takes messages."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *words: object) -> None:
        return


@pytest.fixture
def discord() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Discord) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A machine in a directory, with the stand-ins; what was started there is ended."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "var/lib/tremble/logs").mkdir(parents=True)
    for name in ("apt-get", "useradd", "chown", "python3", "runuser", "systemctl"):
        path = tmp_path / "bin" / name
        path.write_text(f"#!{sys.executable}\n{STAND_IN}")
        path.chmod(0o755)
    yield tmp_path
    if (tmp_path / "pid").exists():
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)


def script(scratch: Path, discord: str, game: int, web: int) -> str:
    """Return all blocks of the guide as one script, on *scratch* and these ports."""
    guide = PAGE.read_text().partition("## From bare Debian")[2].partition("\n## ")[0]
    text = "".join(re.findall(r"```sh\n(.*?)```", guide, re.DOTALL))
    here = shlex.quote(str(scratch))
    for old, new in [
        ("/opt/tremble", f"{here}/opt/tremble"),
        ("/var/lib/tremble", f"{here}/var/lib/tremble"),
        ("/usr/local/bin", f"{here}/bin"),
        ("service install", f"service install --root {here} --dir {here}/var/lib/tremble"),
        ("https://discord.com", discord),
        (":4433", f":{game}"),
        (":8433", f":{web}"),
    ]:
        assert old in text, old
        text = text.replace(old, new)
    return "set -eux\n" + text


@pytest.mark.skipif(sys.platform != "linux", reason="a guide for Debian")
def test_every_command_of_the_guide(scratch: Path, discord: str) -> None:
    """From the first to the last command none fails, and what they tell is so."""
    if shutil.which("curl") is None and os.environ.get("CI") != "true":
        pytest.skip("no curl")
    game, web = closed(socket.SOCK_DGRAM), closed(socket.SOCK_STREAM)
    environ = {name: value for name, value in os.environ.items() if name[:8] != "TREMBLE_"} | {
        "PATH": f"{scratch}/bin:{os.environ['PATH']}",
        "SCRATCH": str(scratch),
        "PYTHON": sys.executable,
        "TREMBLE_SERVER__BIND": "127.0.0.1",
        "TREMBLE_SERVER__PORT": str(game),
        "TREMBLE_WEB__PORT": str(web),
    }
    ran = subprocess.run(
        ["bash", "-c", script(scratch, discord, game, web)],
        capture_output=True, text=True, env=environ, timeout=280,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stderr[-3000:]
    for told in ("settings are good", f"udp port {game}", "has taken it", "My arena", ": sound",
                 "would restore", "restarted: process"):  # fmt: skip
        assert told in ran.stdout, ran.stdout
    assert "TOKEN" not in ran.stdout
