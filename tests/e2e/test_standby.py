"""tremble up: kill -9 or a stall of the game worker, and play goes on with every client and score."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from e2e.probe import Probe
from e2e.processes import PATIENCE, QUICK, Up, get, run, wait_until
from godot_engine import ROOT, Godot

from tremble.server import memory

pytestmark = pytest.mark.skipif(not memory.available(), reason="memfd_create is Linux's")

LONG = (
    *QUICK,
    "server.standby=true",
    "match.frag_limit=0",
    "match.time_limit_s=10",
    "server.gamemode=ffa",
)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Tremble with three bots, and a standby that is ready."""
    found = Up(tmp_path_factory.mktemp("up"), "--bots", "3", sets=LONG)
    wait_for_standby(found)
    yield found
    found.kill()


def takeovers(up: Up) -> int:
    """How many there were; one may be of a worker that a busy machine held up."""
    return len(up.events("took over"))


def wait_for_standby(up: Up) -> int:
    """Wait until one is ready after the last takeover; return how many of those there were."""
    wait_until(lambda: len(up.events("standby ready")) > takeovers(up), "a standby")
    return takeovers(up)


def worker(up: Up) -> int:
    """The oldest process of the game worker: the standby is younger."""
    pid = up.child("tremble.server")
    assert pid
    return pid


def status(up: Up) -> dict:
    """What the game worker says of itself; it may be busy."""
    told = lambda: json.loads(run("status", "--dir", str(up.directory), "--json").stdout)["game"]  # noqa: E731
    return wait_until(told, "the game's answer")


def ids(up: Up) -> list[str]:
    """Which matches are in the record."""
    found = get(f"{up.url}/v1/matches?limit=100")
    return [match["match_id"] for match in found["matches"]] if found else []


def seconds_left(probe: Probe) -> float:
    """How long the match that is played still goes on; 0.0 if none is."""
    phase, frame = probe.client.phase, probe.client.frame
    return (phase.ends - frame.tick) / 60 if phase and frame and phase.phase == 2 else 0.0


def test_killed_again_and_again_in_a_match(up: Up, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody reconnects, no score goes back; the match ends once, with a replay that is verified."""
    with Probe(up.port, "probe") as probe:
        wait_until(lambda: probe.playing and len(probe.seen) > 60, "snapshots")
        wait_until(lambda: len(probe.client.players) == 4, "all players")
        peer, tick, score, played = probe.client.peer, 0, {}, set()
        for _ in range(2):
            taken = wait_for_standby(up)
            wait_until(lambda: seconds_left(probe) > 5.0, "time enough in a match")
            match_id, tick = probe.client.phase.match_id, probe.client.frame.tick
            played.add(match_id)
            score = {line.slot: (line.kills, line.deaths) for line in probe.client.scores}
            killed = monotonic()
            os.kill(worker(up), signal.SIGKILL)
            wait_until(lambda before=taken: takeovers(up) > before, "a takeover")
            wait_until(lambda at=killed: probe.seen[-1] > at + 0.4, "play that goes on")
            with capsys.disabled():
                print(f"\ngap {probe.gap_after(killed) * 1000:.0f} ms", end=" ")
            now = {line.slot: (line.kills, line.deaths) for line in probe.client.scores}
            assert probe.client.phase.match_id == match_id
            assert all(now[slot] >= before for slot, before in score.items())
            assert probe.client.peer is peer and probe.client.frame.tick > tick
        wait_until(lambda: played <= set(ids(up)), "the results")
        assert not probe.gone

    assert len(ids(up)) == len(set(ids(up)))
    assert len(up.events("joined")) == 4
    for match_id in played:
        where = up.directory / "replays" / f"{match_id}.trpl"
        wait_until(where.exists, "its replay")
        ran = run("replay", "verify", match_id, "--dir", str(up.directory))
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len({e["address"] for e in up.events("joined")}) == 1


def test_status_says_so(up: Up) -> None:
    """`tremble status` tells of the standby and of takeovers."""
    taken = wait_for_standby(up)

    told = run("status", "--dir", str(up.directory)).stdout

    assert "a standby is ready" in told
    assert taken <= status(up)["takeovers"] <= takeovers(up)


def test_stalled_worker_is_taken_over(up: Up) -> None:
    """A worker that stands still with players on it is killed, and the standby goes on."""
    taken = wait_for_standby(up)

    os.kill(worker(up), signal.SIGSTOP)

    wait_until(lambda: takeovers(up) > taken, "a takeover")
    assert up.events("killed")[-1]["why"] == "stalls"
    assert status(up)["bots"] == 3
    assert len(up.events("joined")) == 4  # nobody has come again


def test_godot_client_survives_it(up: Up, godot: Path, tmp_path: Path) -> None:
    """A client made in Godot plays on without a word of it: one welcome, no end, what came is read."""
    taken = wait_for_standby(up)
    given = ("127.0.0.1", str(up.port), "10", "name=godot")
    engine = Godot(godot, ROOT / "godot", tmp_path, "headless.gd", *given)
    try:
        wait_until(lambda: engine.step() or len(engine.events("status")) > 1, "Godot that plays")
        os.kill(worker(up), signal.SIGKILL)
        wait_until(lambda: engine.step() or engine.ended(), "the end of its time")
        engine.step()
    finally:
        engine.close()

    told = "\n".join(engine.output)
    assert engine.process.returncode == 0, told
    assert takeovers(up) > taken
    assert len(engine.events("welcome")) == 1 and not engine.events("unreadable"), told
    (summary,) = engine.events("summary")
    assert summary["received"] > 60 and summary["decoded"] > 0.9 * summary["received"], told


def test_new_settings_reach_the_next_standby(up: Up) -> None:
    """After a reload another standby is started; one more crash keeps what was set."""
    wait_for_standby(up)
    ready = len(up.events("standby ready"))
    (Path(up.directory) / "server.toml").write_text('[server]\nserver_name = "Anew"\n')
    up.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(up.events("standby ready")) > ready, "a new standby")
    wait_until(lambda: status(up)["name"] == "Anew", "the new name")
    taken = wait_for_standby(up)

    os.kill(worker(up), signal.SIGKILL)

    wait_until(lambda: takeovers(up) > taken, "a takeover")
    wait_until(lambda: status(up)["name"] == "Anew", "the name again")
    assert up.stop(signal.SIGTERM) == 0
    assert "Traceback" not in up.stderr()


#: What a process imports first: the game worker has us told to stop at its very end, and fails.
FAULT = """
import os, signal, sys
if "tremble.server" in sys.orig_argv:
    from tremble.server.outbox import Outbox
    def close(self, patience):
        os.kill(os.getppid(), signal.SIGTERM)
        raise OSError("no room left")
    Outbox.close = close
"""


def test_fault_at_the_end_is_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that restarts, and fails while it closes, is over: no standby goes on in its place.

    Who says stop in that moment is heard, too.
    """
    (tmp_path / "early").mkdir()
    (tmp_path / "early" / "sitecustomize.py").write_text(FAULT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "early"))
    up = Up(tmp_path, sets=LONG)
    try:
        wait_for_standby(up)
        run("restart", "--no-wait", "--when", "now", "--countdown", "0", "--dir", str(tmp_path))

        assert up.process.wait(PATIENCE) == 0
    finally:
        up.kill()
    assert "no room left" in up.stderr()
    assert not up.events("took over")
