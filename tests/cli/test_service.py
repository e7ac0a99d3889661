"""cli/service.py, cli/service_files.py: definitions that each service manager takes."""

import os
import plistlib
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from e2e.processes import run

from tremble.cli import service_files
from tremble.cli.service_files import Service

SERVICE = Service("arena-1", ["/bin/true"], Path("/srv/my arena"), "daemon", 300.0)


@pytest.fixture
def analyze(tmp_path: Path):
    """Runs systemd-analyze on the unit of a service; without it a test fails in CI, else is skipped."""
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("systemd-analyze is needed in CI")
        pytest.skip("no systemd-analyze")

    def analyzed(service: Service, *words: str) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "arena-1.service"
        path.write_text(service_files.systemd(service))
        return subprocess.run(
            ["systemd-analyze", *words, str(path)],
            capture_output=True, text=True, env=os.environ | {"XDG_RUNTIME_DIR": str(tmp_path)},
        )  # fmt: skip

    return analyzed


def test_unit_is_flawless_and_confined(analyze) -> None:
    """systemd-analyze has nothing to say against it, and an exposure of 3.0 at most."""
    verified = analyze(SERVICE, "verify")
    rated = analyze(SERVICE, "security", "--offline=true", "--threshold=30", "--no-pager")

    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    assert rated.returncode == 0, rated.stdout
    assert float(re.findall(r"exposure level for .*: ([\d.]+)", rated.stdout)[0]) <= 3.0


def test_unit_of_a_user_is_flawless(analyze) -> None:
    """The unit for a user's own manager asks for nothing that it cannot do."""
    mine = Service("arena-1", ["/bin/true"], Path("/srv/arena"))

    verified = analyze(mine, "--user", "verify")

    assert (verified.returncode, verified.stdout + verified.stderr) == (0, "")
    assert "User=" not in service_files.systemd(mine)


def test_unit_says_how_it_lives() -> None:
    """Told of readiness, watched, reloaded, given the time to drain; spaces and specifiers hold."""
    odd = Service("arena-1", ["/bin/true"], Path("/home/me/100% arena"), "me", 300.0)
    unit = service_files.systemd(odd)

    for line in ("Type=notify", "WatchdogSec=60", "TimeoutStopSec=340", "Restart=on-failure",
                 "RestartPreventExitStatus=2 3", "ProtectHome=read-only"):  # fmt: skip
        assert line in unit.splitlines()
    assert 'ExecStart=/bin/true up --dir "/home/me/100%% arena"' in unit.splitlines()


def test_property_list() -> None:
    """launchd's file reads back as what was meant."""
    found = plistlib.loads(service_files.launchd(SERVICE))

    assert found["ProgramArguments"] == ["/bin/true", "up", "--dir", "/srv/my arena"]
    assert found["KeepAlive"] == {"SuccessfulExit": False}
    assert (found["UserName"], found["ExitTimeOut"]) == ("daemon", 340)


def test_definition_for_windows() -> None:
    """WinSW's file is XML with the command line in it."""
    root = ElementTree.fromstring(service_files.windows(SERVICE).partition("?>")[2])

    assert root.findtext("id") == "arena-1"
    assert root.findtext("arguments") == '"up" "--dir" "/srv/my arena"'
    assert root.find("onfailure").get("action") == "restart"


def test_install_and_uninstall(tmp_path: Path) -> None:
    """Under --root only the file is written, and removed again; what is wrong is exit code 2."""
    under = ("--root", str(tmp_path), "--manager", "systemd")
    made = run("service", "install", *under, "--dir", "/srv/arena")
    path = tmp_path / "etc/systemd/system/tremble.service"
    text = path.read_text()
    gone = run("service", "uninstall", *under)
    bad = run("service", "install", *under, "--name", "../evil")

    assert made.returncode == 0, made.stderr
    assert " up --dir /srv/arena\n" in text
    assert gone.returncode == 0 and not path.exists()
    assert bad.returncode == 2 and "--name" in bad.stderr
