"""`tremble matches` and `tremble player`: tables and JSON from a running record."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from results import line, player_id, result
from stores import fresh, post_all

from tremble import cli
from tremble.cli.options import HERE, web_url
from tremble.server import lock
from tremble.web.serve import STORE_NAME

SERVE = """
import sys
from pathlib import Path
from tremble.web import listen
from tremble.web.serve import run

run(listen.bind("127.0.0.1", 0), Path(sys.argv[1]), lambda url: print(url, flush=True), "")
"""
POSTED = [
    result(1, line(1, 1, name="anna"), line(2, 2, name="b[b]\x1b[31m")),
    result(2, map="moat", after_s=600),
    result(3, *[line(n, n) for n in range(1, 7)], mode="ffa", after_s=1200),
]
Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a web process whose record holds POSTED."""
    directory = tmp_path_factory.mktemp("record")
    with fresh(directory / STORE_NAME) as store:
        post_all(store, POSTED)
    command = [sys.executable, "-c", SERVE, str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def run(url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `tremble ...` against the record; return exit code and what was printed."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> tuple[int, str]:
        code = 0
        try:
            cli.main([*arguments, "--web", url])
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


def test_table(run: Run) -> None:
    """Matches are listed, the last first; a name cannot command the terminal."""
    code, printed = run("matches")

    assert code == 0
    assert printed.index("ffa") < printed.index("moat") < printed.index("anna 10")
    assert "b[b]\N{REPLACEMENT CHARACTER}[31m 5" in printed
    assert "\x1b[31m" not in printed
    assert "and 2 more" in printed


def test_filters(run: Run) -> None:
    """Each option reaches the record; --json prints its answer."""
    for options, expected in (
        (["--map", "moat"], [2]),
        (["--mode", "ffa"], [3]),
        (["--player", player_id(1), "--opponent", player_id(3)], [3]),
        (["--since", "2026-01-01T12:12:00Z", "--until", "2026-01-01T12:20:00Z"], [2]),
    ):
        code, printed = run("matches", "--json", *options)
        assert code == 0
        found = [int(match["match_id"], 16) for match in json.loads(printed)["matches"]]
        assert found == expected, options


def test_pages(run: Run) -> None:
    """A list that goes on says how."""
    _, printed = run("matches", "--limit", "2")
    cursor = printed.rsplit("--cursor ", 1)[1].strip()
    _, rest = run("matches", "--limit", "2", "--cursor", cursor)

    assert "anna" in rest
    assert "--cursor" not in rest


def test_player(run: Run) -> None:
    """A player is shown with each board, and the last matches."""
    code, printed = run("player", player_id(1))
    _, found = run("player", player_id(1), "--json")

    assert code == 0
    assert "player 1, seen 2026-01-01 12:00 to 2026-01-01 12:25 UTC" in printed
    assert "duel" in printed
    assert json.loads(found)["boards"]["duel"]["matches_played"] == 2
    assert len(json.loads(found)["matches"]) == 3


def test_player_by_name(run: Run) -> None:
    """A name stands for the one player who is called so; who they are is told if there are several."""
    _, whole = run("player", "PLAYER 1", "--json")
    _, part = run("player", "r 1", "--json")
    several = run("player", "player")

    assert json.loads(whole)["player"]["player_id"] == player_id(1)
    assert json.loads(part) == json.loads(whole)
    assert several[0] == 1
    assert player_id(3) in several[1]


def test_where_it_runs(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without --web it is the web process of what runs on the data directory, else the usual place."""
    with lock.take(tmp_path) as held:
        held.tell(url=url)
        cli.main(["leaderboard", "ffa", "--dir", str(tmp_path), "--json"])
        found = json.loads(capsys.readouterr().out)

    assert found["board"] == "ffa"
    assert web_url(None, str(tmp_path)) == HERE
    assert web_url(url, str(tmp_path)) == url


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["player", player_id(99)], "never played"),
        (["player", "../healthz"], "nobody on any board has '../healthz' in the name"),
        (["player", "x" * 40], "name"),
        (["matches", "--opponent", player_id(1)], "not valid"),
    ],
)
def test_refused(run: Run, arguments: list[str], said: str) -> None:
    """What the record refuses is one line, and exit code 1."""
    code, printed = run(*arguments)

    assert code == 1
    assert said in printed
