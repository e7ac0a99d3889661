"""cli/monitor.py and monitor_sources.py: what is looked at, what is told to be wrong, how it is drawn."""

import io
from collections import deque
from pathlib import Path

import pytest
from memory import Game
from rich.console import Console
from rooms import room

from tremble import metrics
from tremble.cli import monitor, monitor_sources
from tremble.cli.monitor_sources import Source
from tremble.errors import TrembleError
from tremble.look import Arena, Look, Numbers, Since, counted, looked
from tremble.metrics import Family, Histogram, counters, gauge, histogram
from tremble.server import figures, status


def families(late: int = 0, ticks: tuple[float, ...] = (), **gauges: float) -> list[Family]:
    """What a server might tell."""
    seen = Histogram((0.001, 0.01))
    for spent in ticks:
        seen.observe(spent)
    found = [histogram("tremble_tick_seconds", "", seen)]
    found += [counters("tremble_late_ticks_total", "", "x", {"": late})]
    found += [gauge(f"tremble_{name}", "", value) for name, value in gauges.items()]
    return found


def at(seconds: float, told: list[Family]) -> Numbers:
    found = Numbers(told)
    found.at = seconds
    return found


def test_real_server() -> None:
    """The status and the figures of a server come to a look; so do they by way of text."""
    game = Game(room())
    game.client("one")
    game.tick(60)
    told = figures.families(game.server, None)
    text = metrics.exposition(told)[1].decode()
    near = looked("here", status.status(game.server, 0), Since(Numbers(told), None))
    far = looked("there", {}, Since(Numbers(monitor_sources.read(text)), None))

    assert (near.players, near.bots, near.max_players) == (1, 0, 16)
    assert (far.players, far.bots, far.max_players) == (1, 0, 16)
    assert near.arenas == [Arena("warmup", "room", "duel", 0.0, [("one", 0)])]
    assert far.arenas == [Arena("warmup")]
    assert near.wrong == far.wrong == []


@pytest.mark.parametrize(
    ("number", "words"),
    [(0.7, "1 late tick"), (1.49, "1 late tick"), (1.6, "2 late ticks"), (30.0, "30 late ticks")],
)
def test_counted(number: float, words: str) -> None:
    """One is one, also if it was rounded to it."""
    assert counted(number, "late tick") == words


def test_text_gives_back_every_number() -> None:
    """Histograms bucket by bucket."""
    told = families(late=3, ticks=(0.0005, 0.005, 0.5), players=2)
    found = Numbers(monitor_sources.read(metrics.exposition(told)[1].decode()))

    assert found.total("tremble_late_ticks_total") == 3
    assert found.total("tremble_players") == 2
    assert found.distribution("tremble_tick_seconds") == told[0].samples[0].value


def test_rates_are_of_the_time_between() -> None:
    """What was counted before the first look is old; after a restart there is nothing to compare."""
    before = at(10.0, families(late=5, ticks=(0.005,) * 9))
    now = at(12.0, families(late=9, ticks=(0.005,) * 9 + (0.0005,)))

    assert Since(now, before).rate("tremble_late_ticks_total") == 2.0
    assert Since(now, None).rate("tremble_late_ticks_total") is None
    assert Since(before, now).rate("tremble_late_ticks_total") is None
    ticks = Since(now, before).ticks()
    assert ticks is not None and ticks.counts == [1, 0, 0]


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        (families(players=16, max_players=16), "full"),
        (families(outbox_oldest_seconds=3600), "a result waits for 60 min"),
        (families(outbox_failing=1), "results cannot be written"),
        (families(outbox_refused=2), "the record refused results"),
        (families(draining=1), "drains"),
        (families(game_up=0), "the game server does not answer"),
        (families(store_up=0), "the store does not answer"),
        (families(ticks=(0.009,) * 10), "ticks take 10 ms"),
    ],
)
def test_what_is_wrong(told: list[Family], wrong: str) -> None:
    """One thing at a time, in words."""
    assert looked("here", {}, Since(Numbers(told), None)).wrong == [wrong]


def test_silent_server_is_a_look_too() -> None:
    """It says why; when it is back its counters begin anew."""
    answers: list[list[Family]] = [families(late=1)]

    def ask():
        if not answers:
            raise TrembleError("nobody is there")
        return {}, answers.pop()

    source = Source("here", ask)
    first, second = source.look(), source.look()

    assert first.up and not second.up
    assert second.wrong == ["nobody is there"]
    assert source.before is None


def page(*looks: Look, past: dict[str, deque[float]] | None = None) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(monitor.drawn(looks, past or {}, 120))
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= 120
    return text


def test_page() -> None:
    """Servers, matches, what is wrong; names are shown as they are, whatever is in them."""
    arena = Arena("live", "pit", "ffa", 61.0, [(f"[red]p{i}", 9 - i) for i in range(9)])
    good = Look("a", True, "Arena [bold]", 5, 1, 16, [arena], 0.5, 1.25, 3, 13000.0, 14000.0, 2)
    bad = Look("b:4433", False, wrong=["nobody is there"])
    text = page(good, bad, past={"a": deque([0.5, 1.0]), "b:4433": deque()})

    assert "1 of 2 servers answer" in text and "4 people, 1 bots" in text
    for shown in (
        "Arena [bold]",
        "5/16",
        "ffa pit live",
        "1.25",
        "13.0",
        "1:01",
        "[red]p0 9",
        "and 4 more",
        "▅█",
    ):
        assert shown in text, shown
    assert "! b:4433: nobody is there" in text


def test_many_servers_fit(tmp_path: Path) -> None:
    """A line each, without their matches."""
    text = page(*[Look(f"host{i}:4433", players=1, arenas=[Arena("live")]) for i in range(40)])

    assert sum("host" in line for line in text.splitlines()) == 40
    assert "nothing is wrong" in text


def test_once(tmp_path: Path, capsys) -> None:
    """The exit code says whether all answer; JSON is for programs."""
    with pytest.raises(SystemExit) as ended:
        monitor.monitor(directory=str(tmp_path), once=True, as_json=True)

    assert ended.value.code == 1
    assert '"up":false' in capsys.readouterr().out
