"""scripts/dist.py and what is packed: nothing that the program reads is left out, and all of it is named."""

import json
import subprocess
import tomllib
from hashlib import sha256
from pathlib import Path, PurePosixPath

import pytest
from scripts.test_single import script

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_file_of_the_package_is_packed() -> None:
    """What is no Python is named by package-data, however deep it lies."""
    shapes = PROJECT["tool"]["setuptools"]["package-data"]["tremble"]
    told = subprocess.run(
        ["git", "ls-files", "src/tremble"], cwd=ROOT, capture_output=True, text=True
    )
    files = [PurePosixPath(line).relative_to("src/tremble") for line in told.stdout.splitlines()]
    others = [str(file) for file in files if file.suffix != ".py" and str(file) != "maps"]

    packed = {
        str(path.relative_to(ROOT / "src" / "tremble"))
        for shape in shapes
        for path in (ROOT / "src" / "tremble").glob(shape.replace("**", "**/*"))
    }
    if told.returncode:
        pytest.skip("these sources are no clone")
    assert set(others) <= packed
    assert "maps/arena_01.map" in packed


def test_sbom_names_what_no_package_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The charts of the dashboard, with version and digest, and the interpreter of the single file."""
    monkeypatch.chdir(ROOT)
    dist, single = script("dist"), script("single")

    charts, python = dist.uplot(), dist.cpython()

    assert charts["purl"] == "pkg:npm/uplot@1.6.32"
    assert charts["hashes"][0]["content"] == sha256(dist.UPLOT.read_bytes()).hexdigest()
    assert python["cpe"].startswith("cpe:2.3:a:python:python:3.")
    assert json.dumps([charts, python])
    assert dist.EXTRAS == single.EXTRAS
    assert set(dist.EXTRAS.split(",")) <= set(PROJECT["project"]["optional-dependencies"])
