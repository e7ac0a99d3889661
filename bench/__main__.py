"""Runs every bench one after the other: `make bench`, or `python -m bench [NAME...]`.

Prints one Markdown page with the commit and the machine; copy its tables to bench/results.md.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: Name and command of each bench.
BENCHES = {
    path.stem.removeprefix("bench_"): [sys.executable, str(path)]
    for path in sorted(HERE.glob("*.py"))
    if path.stem not in ("__main__", "load_client")
}


def head() -> str:
    """Return commit, date and machine."""
    show = ["git", "show", "--no-patch", "--format=%h of %cs", "HEAD"]
    commit = subprocess.run(show, cwd=HERE, capture_output=True, text=True).stdout.strip()
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if "model name" in line), "?")
    return (
        f"Commit {commit}; {os.cpu_count()} cores of {model}; Python {platform.python_version()}, "
        f"{platform.system()} {platform.release()}."
    )


def main() -> None:
    wanted = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in wanted if name not in BENCHES]
    if unknown:
        sys.exit(f"no bench {', '.join(unknown)}; there are {', '.join(BENCHES)}")
    print(head(), flush=True)
    for name in wanted:
        print(f"\n## {name}\n", flush=True)
        subprocess.run(BENCHES[name], check=True)


if __name__ == "__main__":
    main()
