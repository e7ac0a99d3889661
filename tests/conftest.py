"""Fixtures that several folders of tests share."""

import os
from pathlib import Path

import pytest
from godot_engine import GodotMissing, find_godot
from hypothesis import HealthCheck, settings

# A busy machine is no fault of the code: no test fails for being slow.
settings.register_profile("tremble", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tremble")


@pytest.fixture(scope="session")
def godot() -> Path:
    """The Godot 4 binary; without one a test fails in CI and is skipped elsewhere."""
    try:
        return find_godot()
    except GodotMissing as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"Godot is needed in CI: {error}")
        pytest.skip(f"no Godot: {error}")
