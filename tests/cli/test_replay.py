"""tremble replay: what was recorded is listed, shown, verified, played and made into films."""

import gzip
import json
from pathlib import Path

import pytest
from replays import GOLDEN, MATCH_ID, changed

from tremble.cli import main
from tremble.match import replay
from tremble.shelf import Room, Shelf

DATA = GOLDEN.read_bytes()
WHOLE = replay.read(DATA)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A data directory with the golden replay."""
    Shelf(tmp_path / "replays", Room()).put(MATCH_ID, DATA)
    return tmp_path


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    """Run a command; return its exit code and what it printed."""
    code = 0
    try:
        main(["replay", *arguments])
    except SystemExit as ended:
        code = int(ended.code or 0)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_list(capsys, directory: Path) -> None:
    """Newest first, with who played and for how long."""
    _, out, _ = run(capsys, "list", "--json", "--dir", str(directory))
    code, table, _ = run(capsys, "list", "--dir", str(directory))

    [line] = json.loads(out)
    assert (line["match_id"], line["map"], line["mode"]) == (MATCH_ID, "arena_01", "duel")
    assert line["seconds"] == WHOLE.end.ticks / 60
    assert line["players"] == ["plåyer 0", "plåyer 1"]
    assert code == 0 and MATCH_ID[:8] in table


def test_show(capsys, directory: Path) -> None:
    """Header, result, and each frag with tick, weapon and distance."""
    _, out, _ = run(capsys, "show", MATCH_ID[:6], "--json", "--dir", str(directory))
    code, text, _ = run(capsys, "show", MATCH_ID[:6], "--dir", str(directory))

    shown = json.loads(out)
    kills = sum(line.kills for line in WHOLE.end.result.players)
    frags = [f for f in shown["frags"] if f["attacker"] not in (-1, f["victim"])]
    assert shown["header"]["match_id"] == MATCH_ID
    assert len(frags) == kills
    assert {"tick", "means", "distance", "attacker_name", "victim_name"} <= frags[0].keys()
    assert (code, text.count(" frags ")) == (0, kills)


def test_verify(capsys, directory: Path) -> None:
    """0 while all come out as recorded; 1, with the reason, as soon as one does not."""
    good, said, _ = run(capsys, "verify", "--dir", str(directory))
    other = "cd" * 16
    Shelf(directory / "replays", Room()).put(other, changed(DATA, rules=0))
    bad, told, _ = run(capsys, "verify", "--json", "--dir", str(directory))

    assert (good, said) == (0, f"{MATCH_ID}.trpl: verified, {WHOLE.end.ticks} ticks\n")
    assert bad == 1
    assert {line["file"]: bool(line["error"]) for line in json.loads(told)} == {
        f"{MATCH_ID}.trpl": False,
        f"{other}.trpl": True,
    }


def test_play(capsys, directory: Path) -> None:
    """At full speed it tells all at once; --from leaves out what was before."""
    where = ("--speed", "0", "--dir", str(directory))
    _, whole, _ = run(capsys, "play", MATCH_ID, *where)
    _, late, _ = run(capsys, "play", MATCH_ID, "--from", "20", *where)
    _, everything, _ = run(capsys, "play", MATCH_ID, "--all", *where)

    assert whole.startswith("0:00  plåyer")
    assert " spawns\n" in whole and " frags " in whole
    assert 0 < len(late) < len(whole) < len(everything)
    assert whole.endswith(late)


def test_film(capsys, directory: Path, tmp_path: Path) -> None:
    """To the terminal, or packed to a file or a pipe: the same."""
    where = ("--dir", str(directory))
    _, out, _ = run(capsys, "film", str(GOLDEN), *where)
    code, _, _ = run(capsys, "film", MATCH_ID, "--output", str(tmp_path / "film.gz"), *where)

    assert code == 0
    assert gzip.decompress((tmp_path / "film.gz").read_bytes()).decode() == out
    head, *parts = map(json.loads, out.splitlines())
    assert head["ticks"] == parts[-1]["to"] == WHOLE.end.ticks


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ffff", "no replays in"),
        ("xyz", "neither a .trpl file"),
        ("gone.trpl", "No such file"),
        ("notes.trpl", "not a replay"),
    ],
)
def test_what_is_wrong_is_told(capsys, directory: Path, name: str, message: str) -> None:
    """One line, exit code 1."""
    (directory / "replays" / "notes.trpl").write_text("notes")

    code, _, error = run(capsys, "show", name, "--dir", str(directory))

    assert code == 1
    assert message in error
    assert error.count("\n") == 1
