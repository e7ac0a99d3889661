"""compiled.py: a stale binary is never used, and running uncompiled is never silent."""

import json
import os
import subprocess
import sys
from hashlib import blake2b
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from tremble import compiled


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A package with one compiled module."""
    (tmp_path / "sim").mkdir()
    source = tmp_path / "sim" / "step.py"
    source.write_text("X = 1\n")
    source.with_name("step" + EXTENSION_SUFFIXES[0]).write_bytes(b"\x7fELF")
    digest = blake2b(source.read_bytes(), digest_size=16).hexdigest()
    (tmp_path / "compiled.json").write_text(json.dumps({"sim/step.py": digest}))
    return tmp_path


def test_fresh_binary_is_used(built: Path) -> None:
    """Binaries made from the sources that lie there are good."""
    assert compiled.reason_to_run_pure(built, pure="") is None


def test_edited_source_wins(built: Path) -> None:
    """After an edit the binary is stale, and which file it was is told."""
    (built / "sim" / "step.py").write_text("X = 2\n")

    assert "sim/step.py was edited" in str(compiled.reason_to_run_pure(built, pure=""))


def test_missing_binary_is_told(built: Path) -> None:
    """A compiler that failed on one file leaves none half used."""
    (built / "sim" / ("step" + EXTENSION_SUFFIXES[0])).unlink()

    assert "sim/step.py is not compiled" in str(compiled.reason_to_run_pure(built, pure=""))


def test_never_compiled_is_told(tmp_path: Path) -> None:
    """An install without a compiler says so, and how to mend it."""
    assert "make build" in str(compiled.reason_to_run_pure(tmp_path, pure=""))


def test_asked_for(built: Path) -> None:
    """TREMBLE_PURE=1 is a reason of its own."""
    assert compiled.reason_to_run_pure(built, pure="1") == "TREMBLE_PURE=1"


def test_pure_process_loads_sources() -> None:
    """In a pure process the modules of the core come from .py files."""
    code = (
        "import tremble.sim.step, tremble.net.enet, tremble.match.match as m;"
        "print(tremble.sim.step.__file__, tremble.net.enet.__file__, m.__file__)"
    )
    environ = os.environ | {"TREMBLE_PURE": "1"}

    ran = subprocess.run(
        [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
    )

    assert all(name.endswith(".py") for name in ran.stdout.split())


def test_ci_runs_compiled() -> None:
    """Where tests gate a release the compiled core is what they test."""
    if os.environ.get("CI") != "true":
        pytest.skip("only in CI: developers may run the tests uncompiled")

    assert compiled.reason is None
