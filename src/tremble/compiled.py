"""Whether the pure packages run compiled, and a guard against stale binaries.

`sim`, `net`, `match`, `rating`, `names` and `order` are compiled by mypyc as they stand. Python prefers
an extension module to the `.py` beside it, so after an edit the old binary would win silently. The build
therefore notes the digest of each source in `compiled.json`; if any differs, all of them are loaded from
source.
"""

import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from hashlib import blake2b
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent
PACKAGES = ("sim", "net", "match", "rating")
MODULES = ("names", "order")


class SourceFinder:
    """Finds the pure packages and modules as `.py`, never as an extension."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        parts = name.split(".")
        if parts[0] != "tremble":
            return None
        if len(parts) == 2 and parts[1] in MODULES:
            return importlib.util.spec_from_file_location(name, ROOT / f"{parts[1]}.py")
        if len(parts) == 3 and parts[1] in PACKAGES:
            return importlib.util.spec_from_file_location(name, ROOT / parts[1] / f"{parts[2]}.py")
        return None


def reason_to_run_pure(root: Path = ROOT, pure: str | None = None) -> str | None:
    """Say why the packages under *root* must run uncompiled; None if the binaries are good.

    *pure* is the value of TREMBLE_PURE (default: from the environment).
    """
    if (os.environ.get("TREMBLE_PURE") if pure is None else pure) == "1":
        return "TREMBLE_PURE=1"
    try:
        noted = json.loads((root / "compiled.json").read_bytes())
    except (OSError, ValueError):
        return "not compiled (no C compiler at install time); run: make build"
    suffix = EXTENSION_SUFFIXES[0]
    for name, digest in noted.items():
        source = root / name
        if not source.with_name(source.stem + suffix).exists():
            return f"{name} is not compiled; run: make build"
        if blake2b(source.read_bytes(), digest_size=16).hexdigest() != digest:
            return f"{name} was edited after compiling; run: make build"
    return None


def prefer_sources_when_stale() -> None:
    """Load the pure packages from source if their binaries cannot be trusted."""
    global reason
    reason = reason_to_run_pure()
    if reason is not None:
        sys.meta_path.insert(0, SourceFinder())


#: Why this process runs uncompiled; None when it runs compiled. Set once, at import.
reason: str | None = None
