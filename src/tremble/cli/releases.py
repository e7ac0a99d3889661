"""Installed releases side by side, one of them current.

  venv/                        as it was first installed
  venv/bin/tremble        ->   ../../venv-20260102T030405Z/bin/tremble   what everybody starts
  venv/bin/tremble.own         the program of venv/ itself, once there is a newer one
  venv-20260102T030405Z/       a later release, whole and by itself

Only that link changes, in one step: whatever runs from another release goes on undisturbed.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from tremble.errors import TrembleError

STAMP = "%Y%m%dT%H%M%SZ"
LATER = re.compile(r"(.+)-\d{8}T\d{6}Z")
OWN = "tremble.own"
#: Releases that stay beside the current one, to go back to.
KEPT = 1


class Releases:
    """The releases around the first one at *first* (a virtual environment)."""

    def __init__(self, first: Path) -> None:
        self.first = first
        self.link = first / "bin" / "tremble"

    def current(self) -> str:
        """Return what the link leads to, to be given to switch()."""
        return os.readlink(self.link) if self.link.is_symlink() else OWN

    def fresh(self, now: datetime) -> Path:
        """Return where a new release is to lie."""
        return self.first.with_name(f"{self.first.name}-{now.astimezone(UTC).strftime(STAMP)}")

    def switch(self, target: str) -> None:
        """Let *target* be what everybody starts. Raises TrembleError if the link cannot be changed."""
        own, part = self.link.with_name(OWN), self.link.with_name("tremble.part")
        try:
            if not self.link.is_symlink():
                own.unlink(missing_ok=True)
                os.link(self.link, own)
            part.unlink(missing_ok=True)
            part.symlink_to(target)
            part.replace(self.link)
        except OSError as error:
            raise TrembleError(
                f"{self.link}: {error.strerror}; update as who installed it"
            ) from None

    def target_of(self, release: Path) -> str:
        """Return what switch() takes for *release*."""
        return os.path.relpath(release / "bin" / "tremble", self.link.parent)

    def clean(self, keep: list[str]) -> None:
        """Remove all later releases but those that *keep* (of switch()) leads to, and the newest KEPT."""
        later = sorted(
            path
            for path in self.first.parent.glob(f"{self.first.name}-*")
            if LATER.fullmatch(path.name) and path.is_dir()
        )
        kept = [(self.link.parent / target).resolve().parent.parent for target in keep]
        for path in later[:-KEPT]:
            if path.resolve() not in kept:
                shutil.rmtree(path, ignore_errors=True)


def here() -> Releases:
    """Return the releases to which this Tremble belongs. Raises TrembleError if it cannot update itself."""
    if sys.prefix == sys.base_prefix:
        raise TrembleError(
            "this Tremble is not in a virtual environment: update it as it was installed, by the "
            "package manager of the system, by the newer image of the container, or by putting the "
            "newer single file in its place"
        )
    if editable():
        raise TrembleError("this is a working copy: git pull, make build, tremble restart")
    prefix = Path(sys.prefix)
    found = LATER.fullmatch(prefix.name)
    first = prefix.with_name(found[1]) if found else prefix
    if not (first / "bin" / "tremble").exists():
        raise TrembleError(
            f"{first / 'bin' / 'tremble'} is not there: nothing to lead to a newer one"
        )
    return Releases(first)


def editable() -> bool:
    """Say whether the package is imported from where it is written."""
    try:
        text = distribution("tremble").read_text("direct_url.json") or "{}"
    except PackageNotFoundError:
        return True
    return bool(json.loads(text).get("dir_info", {}).get("editable"))


def install(release: Path, what: str) -> str:
    """Make *release* and install *what* in it (for pip); return its version. Raises TrembleError."""
    base = getattr(sys, "_base_executable", sys.executable)
    try:
        call([base, "-m", "venv", str(release)], "a new environment")
        pip = [str(release / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        call([*pip, "--disable-pip-version-check", "--", what], f"pip install {what}")
        return call([str(release / "bin" / "tremble"), "--version"], "the new version").strip()
    except TrembleError:
        shutil.rmtree(release, ignore_errors=True)
        raise


def call(command: list[str], what: str) -> str:
    """Run *command*; return what it prints. Raises TrembleError, naming *what*, with its last words."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise TrembleError(f"{what}: {command[0]}: {error.strerror}") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-600:]
        raise TrembleError(f"{what} failed (exit code {done.returncode}): {said}")
    return done.stdout
