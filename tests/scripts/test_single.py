"""The single-file server: its launcher unpacks once, whole, and starts what it carries."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def script(name: str) -> ModuleType:
    """Return the script *name* as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


single = script("single")


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return single.build_launcher(tmp_path_factory.mktemp("launcher"))


@pytest.fixture
def carried(tmp_path: Path, launcher: bytes) -> Path:
    """Return a single file that carries `echo` in place of an interpreter."""
    tree = tmp_path / "tree"
    (tree / "bin").mkdir(parents=True)
    (tree / "lib").mkdir()
    echo = shutil.which("echo")
    assert echo is not None
    shutil.copy(echo, tree / "bin" / "python.real")
    linked = subprocess.run(["ldd", echo], capture_output=True, text=True, check=True).stdout
    for name, path in [
        *single.LIBRARY.findall(linked),
        ("ld.so", single.LOADER.findall(linked)[0]),
    ]:
        shutil.copy(path, tree / "lib" / name)
        (tree / "lib" / name).chmod(0o755)
    single.add_python(tree, launcher)
    archive = single.packed(tree, 0)
    name = hashlib.sha256(archive).hexdigest()[: single.NAME].encode()
    out = tmp_path / "carried"
    out.write_bytes(launcher + archive + len(archive).to_bytes(8, "little") + name)
    out.chmod(0o755)
    return out


def started(file: Path, cache: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {"TREMBLE_CACHE": str(cache)}
    return subprocess.run([file, *arguments], capture_output=True, text=True, env=environ)


def test_starts_what_it_carries(carried: Path, tmp_path: Path) -> None:
    """The arguments come through; the second start unpacks nothing."""
    cache = tmp_path / "cache"
    first = started(carried, cache, "up", "--bots", "2")
    [tree] = cache.iterdir()
    before = tree.stat().st_mtime_ns

    assert first.stdout == "-I -m tremble up --bots 2\n"
    assert started(carried, cache, "x").stdout == "-I -m tremble x\n"
    assert tree.stat().st_mtime_ns == before
    assert started(tree / "bin" / "python", cache, "-m", "y").stdout == "-m y\n"


def test_many_at_once(carried: Path, tmp_path: Path) -> None:
    """Those who start together all start, and one tree is left."""
    environ = {"TREMBLE_CACHE": str(tmp_path / "cache")}
    together = [
        subprocess.Popen([carried, str(i)], stdout=subprocess.PIPE, text=True, env=environ)
        for i in range(6)
    ]

    said = [process.communicate()[0] for process in together]

    assert said == [f"-I -m tremble {i}\n" for i in range(6)]
    assert (tmp_path / "cache").is_dir()


def test_damaged(carried: Path, tmp_path: Path) -> None:
    """A file that was cut or changed says so, and is not taken for unpacked the next time."""
    data = bytearray(carried.read_bytes())
    middle = len(data) - 20_000
    data[middle : middle + 64] = bytes(64)
    carried.write_bytes(data)

    for _ in range(2):
        failed = started(carried, tmp_path / "cache")
        assert failed.returncode == 1
        assert "damaged" in failed.stderr


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_filled_by_somebody_else(carried: Path, tmp_path: Path, mode: int) -> None:
    """A directory that others can write to is refused: they could have put anything there."""
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(mode)

    failed = started(carried, cache)

    assert failed.returncode == 1
    assert "others can write to" in failed.stderr


@pytest.mark.heavy
@pytest.mark.timeout(3600)
@pytest.mark.skipif(os.getuid() != 0, reason="chroot needs root")
def test_release_is_reproducible_and_runs_in_an_empty_root(tmp_path: Path) -> None:
    """Two builds are the same bytes; the single file plays a match where there is nothing else."""
    sums = []
    source = ROOT
    for name in ("one", "two"):
        copy = tmp_path / name
        subprocess.run(["git", "clone", "-q", source, copy], check=True)
        source = copy  # the same commit, whatever is committed meanwhile
        subprocess.run([sys.executable, "scripts/dist.py"], cwd=copy, check=True)
        sums.append((copy / "dist" / "SHA256SUMS").read_text())
    assert sums[0] == sums[1]

    [file] = (tmp_path / "one" / "dist").glob("*-linux-x86_64")
    root = tmp_path / "root"
    (root / "tmp").mkdir(parents=True)
    (root / "proc").mkdir()
    shutil.copy(file, root / "tremble")
    command = (
        f"mount -t proc proc {root}/proc; exec chroot {root} /tremble up --bots 2 --dir /tmp/t "
        "--port 0 --http 127.0.0.1:0 --set match.frag_limit=1 --set match.warmup_s=0"
    )
    with subprocess.Popen(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env={"TREMBLE_CACHE": "/tmp/cache"},
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert any(re.search("result posted", line) for line in process.stdout)
        process.terminate()
