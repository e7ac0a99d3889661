"""server/notify.py: what systemd is told."""

import os
import socket
from pathlib import Path

import pytest

from tremble.server import notify


def test_lines_reach_the_service_manager(tmp_path: Path, monkeypatch) -> None:
    """Each call is one datagram of lines, as sd_notify(3) has them."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        notify.reloading()
        notify.ready("all is well")
        notify.alive()
        notify.stopping("bye")

        said = [manager.recv(4096).decode() for _ in range(4)]
    assert said[0].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert said[1:] == [
        "READY=1\nSTATUS=all is well",
        "WATCHDOG=1",
        "STOPPING=1\nSTATUS=bye",
    ]


def test_nobody_asked(tmp_path: Path) -> None:
    """Without a service manager, or one that has gone, nothing happens."""
    assert not notify.send("READY=1", environ={})
    assert not notify.send("READY=1", environ={"NOTIFY_SOCKET": str(tmp_path / "gone")})
    assert not notify.send("READY=1", environ={"NOTIFY_SOCKET": "vsock:2:1234"})


def test_manager_that_does_not_listen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its queue is short; when that is full nobody waits for ever, and the players go on playing."""
    monkeypatch.setattr(notify, "PATIENCE_S", 0.02)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        there = {"NOTIFY_SOCKET": str(tmp_path / "notify")}

        while notify.send("WATCHDOG=1", environ=there):
            pass

        assert manager.recv(4096) == b"WATCHDOG=1"
        assert notify.send("READY=1", environ=there)


def test_watchdog_is_for_us_or_not() -> None:
    """WATCHDOG_USEC counts for the process of WATCHDOG_PID alone."""
    ours = {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}

    assert notify.watchdog_s(ours) == 30.0
    assert notify.watchdog_s({**ours, "WATCHDOG_PID": "1"}) is None
    assert notify.watchdog_s({"WATCHDOG_USEC": "0"}) is None
    assert notify.watchdog_s({}) is None
