"""The single-file server: its launcher unpacks once, whole, and starts what it carries."""

import hashlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from urllib.request import urlopen

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
    with EmptyRoot(tmp_path / "root", file) as root:
        do_all(root)


class EmptyRoot:
    """`tremble up` of the single *file* in a root with nothing but /proc."""

    def __init__(self, path: Path, file: Path) -> None:
        self.path = path
        (path / "tmp").mkdir(parents=True)
        (path / "proc").mkdir()
        shutil.copy(file, path / "tremble")
        command = (
            f"mount -t proc proc {path}/proc; exec chroot {path} /tremble up --bots 2 --dir /tmp/t "
            "--port 0 --http 127.0.0.1:0 --set server.bind=127.0.0.1 "
            "--set match.frag_limit=1 --set match.warmup_s=0"
        )
        self.environ = {"TREMBLE_CACHE": "/tmp/cache", "PATH": os.environ["PATH"]}
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", command],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.environ,
        )  # fmt: skip

    def __enter__(self) -> "EmptyRoot":
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.communicate()

    def line(self, pattern: str) -> str:
        """Return the next line that it prints in which *pattern* is found."""
        assert self.process.stdout is not None
        seen = []
        for line in self.process.stdout:
            seen.append(line)
            if re.search(pattern, line):
                return line
        raise AssertionError(f"no {pattern} in {seen}")

    @property
    def first(self) -> int:
        """The pid of `tremble up` as it is seen from outside."""
        return children(self.process.pid)[0]

    def run(self, *words: str) -> str:
        """Run a command of the same file in there; return what it prints."""
        inside = [
            "nsenter",
            "-t",
            str(self.first),
            "-m",
            "-p",
            "chroot",
            str(self.path),
            "/tremble",
        ]
        done = subprocess.run([*inside, *words], capture_output=True, text=True, env=self.environ)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def children(pid: int) -> list[int]:
    """The processes that *pid* has started, the oldest first."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def do_all(root: EmptyRoot) -> None:
    """Play and record, answer over HTTP, analyse, back up, lose a process, start anew, end."""
    url = root.line("tremble ready").rpartition("web ")[2].strip()
    root.line("standby ready")
    root.line("result posted")
    for path in (
        "/readyz",
        "/dashboard/login",
        "/static/dashboard/uplot.js",
        "/maps/arena_01.json",
    ):
        with urlopen(url + path) as answer:
            assert answer.status == 200 and answer.read()
    assert "Rumble" in root.run("leaderboard", "duel-bots", "--web", url)
    root.run("report", "--dir", "/tmp/t", "--html", "/tmp/report.html", "--parquet", "/tmp/parquet")
    assert [*(root.path / "tmp" / "parquet").rglob("*.parquet")]
    assert "arena_01" in root.run("replay", "list", "--dir", "/tmp/t")
    root.run("backup", "create", "--dir", "/tmp/t")
    for pid in children(root.first):
        if b"tremble.server" in Path(f"/proc/{pid}/cmdline").read_bytes():
            os.kill(pid, signal.SIGKILL)
            break
    root.line("took over")
    root.line("result posted")
    assert "restarted: process 1" in root.run("restart", "--when", "now", "--dir", "/tmp/t")
    os.kill(root.first, signal.SIGTERM)
    root.line("tremble stopping")
    assert root.process.wait(60) == 0
