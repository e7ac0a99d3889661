"""Where the Godot 4 engine is, for tests against the real one."""

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).parent.parent


def find() -> str | None:
    """Return the path of the engine: TREMBLE_GODOT, else .godot/godot of the repository."""
    for candidate in (os.environ.get("TREMBLE_GODOT"), str(ROOT / ".godot" / "godot")):
        if candidate and shutil.which(candidate):
            return candidate
    return None
