"""Makes the single-file server: python scripts/single.py WHEEL OUT [EPOCH].

To be run with the Python that it is to hold.

A static launcher (deploy/single/launcher.c) with an archive behind it: this interpreter, the part of its
standard library that a server needs, the wheel with all that it depends on, and the shared libraries
that those load, the C library and its loader among them. So it runs where there is nothing but a kernel.
The same inputs give the same bytes.
"""

import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

#: Of the standard library, what no server runs.
LEFT_OUT = (
    "test", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip", "distutils", "pydoc_data",
    "site-packages", "dist-packages", "turtle.py", "__pycache__", "config-*",
)  # fmt: skip
#: Nothing can be installed into the file later.
EXTRAS = "analytics,redis"
LOADER = re.compile(r"^\s*(?:\S+ => )?(/\S*/ld-linux\S*)", re.M)
LIBRARY = re.compile(r"^\s*(\S+) => (/\S+)", re.M)
NAME = 32


def main(wheel: Path, out: Path, epoch: int) -> None:
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=".") as made:
        tree = Path(made).resolve() / "tree"
        copy_python(tree)
        install(wheel, tree)
        compile_all(tree)
        copy_libraries(tree)
        launcher = build_launcher(Path(made))
        add_python(tree, launcher)
        archive = packed(tree, epoch)
    name = hashlib.sha256(archive).hexdigest()[:NAME].encode()
    out.write_bytes(launcher + archive + len(archive).to_bytes(8, "little") + name)
    out.chmod(0o755)
    print(f"{out}  {out.stat().st_size / 1e6:.1f} MB")


def library(tree: Path) -> Path:
    return tree / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"


def copy_python(tree: Path) -> None:
    """Copy the standard library, with its compiled modules."""
    ignored = shutil.ignore_patterns(*LEFT_OUT)
    shutil.copytree(sysconfig.get_path("stdlib"), library(tree), ignore=ignored)


def install(wheel: Path, tree: Path) -> None:
    """Install *wheel* and what it needs, for all that it can do, beside the standard library."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    what = f"{wheel}[{EXTRAS}]"
    subprocess.run(
        [*command, "--no-compile", "--target", str(library(tree) / "site-packages"), what],
        check=True,
    )
    shutil.rmtree(library(tree) / "site-packages" / "bin", ignore_errors=True)
    for origin in (library(tree) / "site-packages").glob("*.dist-info/direct_url.json"):
        origin.unlink()  # it names the directory in which the wheel was built
        record = origin.with_name("RECORD")
        lines = record.read_text().splitlines(keepends=True)
        record.write_text("".join(line for line in lines if "/direct_url.json," not in line))


def compile_all(tree: Path) -> None:
    """Compile to bytecode that is used without a look at the clock."""
    subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash",
         "-s", str(library(tree)), "-p", "/", "-j", "0", str(library(tree))],
        check=False, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONHASHSEED": "0"},
    )  # fmt: skip


def copy_libraries(tree: Path) -> None:
    """Copy every shared library that the interpreter and its modules load, and the loader."""
    interpreter = Path(os.path.realpath(sys.executable))
    shutil.copy(interpreter, made_directory(tree / "bin") / "python.real")
    found: dict[str, str] = {}
    for binary in [tree / "bin" / "python.real", *library(tree).rglob("*.so*")]:
        linked = subprocess.run(["ldd", str(binary)], capture_output=True, text=True, check=False)
        for name, path in LIBRARY.findall(linked.stdout):
            if not path.startswith(str(tree)):
                found[name] = path
        for path in LOADER.findall(linked.stdout):
            found["ld.so"] = path
    # Names of hosts are looked up by modules that the C library loads by itself.
    folder = Path(found["libc.so.6"]).parent
    for name in ("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"):
        if (folder / name).exists():
            found[name] = str(folder / name)
    for name, path in sorted(found.items()):
        shutil.copy(os.path.realpath(path), tree / "lib" / name)
        (tree / "lib" / name).chmod(0o755)


def made_directory(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def build_launcher(folder: Path) -> bytes:
    """Compile the launcher, linked to nothing."""
    target = folder / "launcher"
    source = Path(__file__).parent.parent / "deploy" / "single" / "launcher.c"
    compiler = os.environ.get("CC", "cc")
    flags = ["-O2", "-g0", "-s", "-static", "-Wall", "-Werror"]
    subprocess.run([compiler, *flags, "-o", str(target), str(source), "-lz"], check=True)
    return target.read_bytes()


def add_python(tree: Path, launcher: bytes) -> None:
    """Put the launcher where `sys.executable` is looked for; it starts the interpreter beside it."""
    python = tree / "bin" / "python"
    python.write_bytes(launcher + bytes(8 + NAME))
    python.chmod(0o755)


def packed(tree: Path, epoch: int) -> bytes:
    """Return *tree* as a compressed archive of plain ustar entries, the same for the same files."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(tree.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                continue
            entry = archive.gettarinfo(str(path), str(path.relative_to(tree)))
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = epoch
            entry.mode = 0o755 if entry.mode & 0o100 else 0o644
            if entry.islnk():
                entry.type, entry.linkname, entry.size = tarfile.REGTYPE, "", path.stat().st_size
            with path.open("rb") as data:
                archive.addfile(entry, data)
    return gzip.compress(plain.getvalue(), 9, mtime=0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
