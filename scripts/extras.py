"""Print what pyproject.toml requires: the dependencies, or those of the extra named."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
extras = project["optional-dependencies"]
print("\n".join(extras[sys.argv[1]] if len(sys.argv) > 1 else project["dependencies"]))
