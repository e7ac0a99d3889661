"""Makes what is released into dist/: sdist, wheel, single-file server, SBOM, checksums.

See docs/release.md. The same commit on the same system gives the same bytes: times are those of the commit.
"""

import gzip
import hashlib
import io
import json
import os
import platform
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import tremble

HERE = Path(__file__).parent
OUT = Path("dist")
#: What lies in the package as its makers built it (docs/decisions/0009).
UPLOT = Path("src/tremble/web/static/dashboard/uplot.js")
#: The extras that the single file brings, as scripts/single.py has them.
EXTRAS = "analytics,redis"
SINGLE = f"tremble-{tremble.__version__}-linux-x86_64"


def main() -> None:
    epoch = commit_time()
    os.environ["SOURCE_DATE_EPOCH"] = str(epoch)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    OUT.mkdir(exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    with tempfile.TemporaryDirectory() as made:
        run("-m", "build", "--outdir", made, committed(Path(made) / "tree"))
        [sdist] = Path(made).glob("*.tar.gz")
        (OUT / sdist.name).write_bytes(timeless(sdist.read_bytes(), epoch))
        [wheel] = Path(made).glob("*.whl")
        # Names the oldest C library that it runs on, in place of just this machine's.
        run("-m", "auditwheel", "repair", "--wheel-dir", str(OUT), str(wheel))
    [wheel] = OUT.glob("*.whl")
    run(str(HERE / "single.py"), str(wheel), str(OUT / SINGLE), str(epoch))
    make_sbom(wheel, epoch)
    sums = [f"{digest(path)}  {path.name}\n" for path in sorted(OUT.iterdir())]
    (OUT / "SHA256SUMS").write_text("".join(sums))
    print("".join(sums), end="")


def commit_time() -> int:
    """Return when the commit was made that is built, in seconds since 1970."""
    if "SOURCE_DATE_EPOCH" in os.environ:
        return int(os.environ["SOURCE_DATE_EPOCH"])
    return int(git("log", "-1", "--format=%ct"))


def committed(tree: Path) -> str:
    """Put what was committed into *tree*, and return its name.

    What work leaves in a directory, such as bytecode, would go into the release as data of the package.
    """
    git("clone", "--quiet", ".", str(tree))
    if git("status", "--porcelain", "--untracked-files=no"):
        print("built without the changes that are not committed", file=sys.stderr)
    return str(tree)


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def run(*arguments: str) -> None:
    """Run Python with *arguments*; its output is shown only if it fails."""
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")


def timeless(sdist: bytes, epoch: int) -> bytes:
    """Return the archive *sdist* with the time *epoch* on all its files."""
    plain = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(sdist), mode="r:gz") as old,
        tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for entry in sorted(old.getmembers(), key=lambda entry: entry.name):
            entry.mtime = epoch
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.pax_headers = {}
            new.addfile(entry, old.extractfile(entry) if entry.isreg() else None)
    return gzip.compress(plain.getvalue(), 9, mtime=0)


def make_sbom(wheel: Path, epoch: int) -> None:
    """Write what is inside, in CycloneDX: every package that *wheel* and EXTRAS bring, with its licence."""
    with tempfile.TemporaryDirectory() as made:
        run("-m", "venv", made)
        python = Path(made) / "bin" / "python"
        quiet = ["--quiet", "--disable-pip-version-check"]
        subprocess.run([python, "-m", "pip", *quiet, "install", f"{wheel}[{EXTRAS}]"], check=True)
        subprocess.run(
            [python, "-m", "pip", *quiet, "uninstall", "-y", "pip", "setuptools"], check=True
        )
        target = OUT / f"tremble-{tremble.__version__}.cdx.json"
        run(
            "-m", "cyclonedx_py", "environment", str(python), "--pyproject", "pyproject.toml",
            "--output-reproducible", "--validate", "--output-file", str(target),
        )  # fmt: skip
    found = json.loads(target.read_text())
    found["metadata"]["component"]["version"] = tremble.__version__  # no literal in pyproject.toml
    found["components"] += [uplot(), cpython()]
    target.write_text(json.dumps(found, indent=2) + "\n")


def uplot() -> dict[str, Any]:
    """Return the charts' library as a component."""
    first = UPLOT.read_text().partition("\n")[0]
    version = re.findall(r"\(v([\d.]+)\)", first)[0]
    return {
        "type": "library",
        "bom-ref": f"uplot=={version}",
        "name": "uplot",
        "version": version,
        "purl": f"pkg:npm/uplot@{version}",
        "licenses": [{"license": {"id": "MIT"}}],
        "hashes": [{"alg": "SHA-256", "content": digest(UPLOT)}],
    }


def cpython() -> dict[str, Any]:
    """Return the interpreter of the single file as a component."""
    version = platform.python_version()
    return {
        "type": "platform",
        "bom-ref": f"cpython=={version}",
        "name": "cpython",
        "version": version,
        "cpe": f"cpe:2.3:a:python:python:{version}:*:*:*:*:*:*:*",
        "licenses": [{"license": {"id": "PSF-2.0"}}],
    }


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    main()
