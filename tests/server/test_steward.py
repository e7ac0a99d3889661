"""server/steward.py: each setting of a running server acts, over a link in memory."""

from pathlib import Path

import msgspec
import pytest
from e2e.processes import write_pit
from memory import Game
from msgspec import UNSET
from rooms import arena, entity, room

from tremble.match.match import INTERMISSION, LIVE, WARMUP
from tremble.net.link import LinkQuality
from tremble.net.messages import JOIN_SPECTATE, REFUSED_LINE
from tremble.server import commands
from tremble.server.calling import Caller
from tremble.server.leave import Leave
from tremble.server.options import WorkerOptions, levels
from tremble.server.quality import GRACE, OUT_AFTER, WARN_AFTER
from tremble.server.steward import Steward
from tremble.sim.state import EV_HIT, MACHINEGUN, Event, Usercmd

SPAWNS = [entity("info_player_deathmatch", origin=f"{200 * i} 0 24") for i in range(8)]
LENGTHS = {
    "time_limit_s": 10, "frag_limit": 3, "warmup_s": 0.1, "countdown_s": 0.1, "overtime_s": 2,
    "intermission_s": 0.2,
}  # fmt: skip
DEFAULT = WorkerOptions(
    "/nowhere",
    "test server",
    "127.0.0.1",
    0,
    "duel",
    "arena_01",
    1,
    16,
    64,
    True,
    False,
    LENGTHS,
    "",
)


class Run(Game):
    """A game that a steward looks after."""

    def __init__(self, quality: LinkQuality | None = None, **wanted) -> None:
        super().__init__(room(entities=SPAWNS), quality=quality)
        self.options = msgspec.structs.replace(DEFAULT, **wanted)
        self.steward = Steward(self.server, self.options, levels(self.options), self.now)

    def change(self, **wanted) -> None:
        """Give the steward other options, as the supervisor does."""
        self.options = msgspec.structs.replace(self.options, **wanted)
        self.steward.take_line(lambda: None)(msgspec.json.encode(self.options))
        self.tick()

    def until(self, phase: int, limit: int = 900) -> None:
        for _ in range(limit):
            if self.arena.match.phase == phase:
                return
            self.tick()
        raise AssertionError(f"never came to phase {phase}")

    def end_match(self) -> None:
        """Let the match that is played end now."""
        self.until(LIVE)
        self.arena.match.end(self.arena.world, "time_limit")
        self.until(INTERMISSION)


def snapshots_in(played: Run, ticks: int) -> int:
    """Return how many snapshots a client gets in so many *ticks*, while it sends usercmds."""
    ann = played.client("ann")
    for _ in range(60):
        ann.usercmd(Usercmd())
        played.tick()
    before = ann.snapshots
    for _ in range(ticks):
        ann.usercmd(Usercmd())
        played.tick()
    assert ann.undecodable == 0
    return ann.snapshots - before


@pytest.mark.parametrize("rate", [60, 30, 20, 10])
def test_tick_rate_is_snapshots_a_second(rate: int) -> None:
    """The world goes on at 60 ticks a second; a client is sent tick_rate snapshots of them."""
    played = Run(tick_rate=rate)

    assert snapshots_in(played, 120) == pytest.approx(2 * rate, abs=2)
    assert played.arena.world.tick >= 175


def play(played: Run, seconds: float, *clients) -> None:
    for _ in range(int(seconds * 60)):
        for client in clients:
            client.usercmd(Usercmd())
        played.tick()
        if played.server.ticks % 60 == 0:
            played.server.measure_pings()


def test_ping_over_the_limit_warns_then_puts_out() -> None:
    """A line slower than max_ping is borne for a while, warned of, then ended with the reason."""
    played = Run(LinkQuality(delay=0.15), max_ping=200)
    ann = played.client("ann")

    play(played, GRACE + WARN_AFTER + 4.0, ann)
    warned = [line.text for line in ann.chat]
    still = ann.refused is None
    play(played, OUT_AFTER, ann)

    assert still and len(warned) == 1 and "over the 200 ms" in warned[0]
    assert ann.refused is not None and ann.refused.code == REFUSED_LINE


def test_ping_within_the_limit_plays_on() -> None:
    """The same line is fine where 400 ms are allowed, and a slow one that only watches always is."""
    played = Run(LinkQuality(delay=0.15), max_ping=400)
    slow = Run(LinkQuality(delay=0.15), max_ping=200)
    ann, eve = played.client("ann"), slow.client("eve", JOIN_SPECTATE)

    play(played, GRACE + OUT_AFTER + 3.0, ann)
    play(slow, GRACE + OUT_AFTER + 3.0, eve)

    assert ann.refused is None and ann.chat == []
    assert eve.refused is None and eve.chat == []


def test_loss_over_the_threshold_puts_out() -> None:
    """packet_loss_threshold counts the datagrams of usercmds that do not arrive."""
    lossy = Run(LinkQuality(loss=0.3), max_loss=0.1)
    borne = Run(LinkQuality(loss=0.3), max_loss=0.6)
    ann, bob = lossy.client("ann"), borne.client("bob")

    play(lossy, GRACE + OUT_AFTER + 6.0, ann)
    play(borne, GRACE + OUT_AFTER + 6.0, bob)

    assert ann.refused is not None and ann.refused.code == REFUSED_LINE
    assert "lost" in ann.refused.reason
    assert bob.refused is None


def test_auto_shutdown_ends_an_empty_server() -> None:
    """Empty for long enough: it ends; the loop is told when to look. Somebody here: it does not."""
    played = Run(shutdown_after_s=5.0)
    ann = played.client("ann")

    played.tick(60 * 8)
    with_ann = played.steward.ends
    ann.leave(played.now)
    played.tick(60 * 4)
    soon = played.steward.ends
    wake = played.server.wake_at
    played.tick(60 * 3)

    assert (with_ann, soon, played.steward.ends) == ("", "", "empty")
    assert wake is not None and abs(wake - played.now) < 3.0


def test_nothing_wakes_a_server_without_limits() -> None:
    """Without auto_shutdown and max_uptime_hours an empty server sleeps until something comes."""
    played = Run()

    played.tick(60)

    assert played.server.wake_at is None


def test_max_uptime_waits_for_the_match() -> None:
    """When its time is up the match is finished, everybody is told, and no other begins."""
    played = Run(max_uptime_s=5.0)
    ann, bob = played.client("ann"), played.client("bob")
    played.until(LIVE)
    while played.now < played.steward.started + 6.5:
        played.tick()
    during = played.steward.ends
    played.end_match()
    played.tick(100)

    assert during == ""
    assert "restarts after this match" in ann.chat[0].text
    assert len(played.results) == 1
    assert played.steward.ends == "restart"
    assert played.arena.match.phase == WARMUP
    assert "restarts" in played.server.farewell
    assert bob.refused is None


def test_rate_limit_requests_off_hears_all() -> None:
    """Ten chat lines at once are the most that are heard; without the limit all are."""
    heard = []
    for limit in (True, False):
        played = Run()
        played.change(rate_limit=limit)
        ann = played.client("ann")
        played.tick(20)
        for i in range(30):
            ann.say(f"line {i}")
        played.tick(30)
        heard.append(len(ann.chat))

    assert 10 <= heard[0] <= 12
    assert heard[1] == 30


def test_new_options_while_people_play() -> None:
    """Name and limits count at once, lengths for the next match, the running one is not touched."""
    played = Run()
    ann, _ = played.client("ann"), played.client("bob")
    played.until(LIVE)

    played.change(name="other", max_players=2, match={**LENGTHS, "frag_limit": 9})
    cyd = played.client("cyd")
    played.tick(60)
    running = played.arena.match.settings.frag_limit
    told = ann.phase.frag_limit if ann.phase else -1
    played.end_match()
    played.until(LIVE)
    played.tick(10)

    assert cyd.refused is not None and "full (2)" in cyd.refused.reason
    assert (running, told) == (3, 3)
    assert ann.phase is not None and ann.phase.frag_limit == 9
    assert played.server.options.name == "other"


def test_map_that_changes_in_the_settings(tmp_path: Path) -> None:
    """Another server.map is played as soon as no match counts."""
    write_pit(tmp_path)
    played = Run(directory=str(tmp_path))
    ann, _ = played.client("ann"), played.client("bob")
    played.until(LIVE)

    played.change(map="pit", mode="ffa")
    during = played.arena.level.name
    played.end_match()
    played.until(LIVE)

    assert during == "room"
    assert (played.arena.level.name, played.arena.mode.name) == ("pit", "ffa")
    assert ann.welcome is not None and ann.welcome.map == "pit"


def test_bad_options_change_nothing() -> None:
    """What is no options, and a map that is not there, leave all as it was."""
    played = Run()
    before = played.server.options

    played.steward.take_line(lambda: None)(b"{")
    played.steward.take_line(lambda: None)(msgspec.json.encode({"name": 5}))
    played.tick()
    played.change(map="nowhere", name="other")

    assert played.server.options is before
    assert played.steward.options.map == "arena_01"


def test_rotation_goes_round_between_matches(tmp_path: Path) -> None:
    """Every second match the next of the rotation is played, in its mode."""
    write_pit(tmp_path)
    played = Run(
        directory=str(tmp_path),
        rotation=[("pit", ""), ("arena_01", "ffa")],
        rotation_matches=2,
    )
    played.client("ann"), played.client("bob")
    seen = []

    for _ in range(5):
        played.until(LIVE)
        seen.append((played.arena.level.name, played.arena.mode.name))
        played.end_match()

    assert seen == [
        ("room", "duel"), ("room", "duel"), ("pit", "duel"), ("pit", "duel"), ("arena_01", "ffa"),
    ]  # fmt: skip
    assert arena().name == "arena_01"


@pytest.mark.parametrize("on", [True, False])
def test_enable_anti_cheat_names_who_plays_like_a_program(on: bool, capsys) -> None:
    """With it the log of the match says who, how much and at which ticks; without it nothing."""
    played = Run(anti_cheat=on)
    played.client("ann"), played.client("bob")
    played.until(LIVE)
    played.tick()
    for tick in range(40):
        commands = [Usercmd(tick, yaw=tick % 2 * 9000), *[None] * 15]
        hit = Event(EV_HIT, 0, 1, value=1, means=MACHINEGUN)
        if played.arena.fairness is not None:
            played.arena.fairness.see(tick, commands, [hit] if tick % 2 else [])
    played.end_match()
    played.tick(2)

    told = capsys.readouterr().out
    assert ("unfair play suspected" in told) == on
    [result] = played.results
    assert [line.fair_play is not UNSET for line in result.players if line.name == "ann"] == [on]


def test_recycle_waits_for_the_match_and_tells() -> None:
    """A restart between matches: none begins, the players are told, and it ends after the countdown."""
    played = Run()
    played.client("ann"), played.client("bob")
    played.until(LIVE)
    caller = Caller("me", "console", "admin")

    assert commands.execute(played.server, caller, "recycle between-matches 3 0 new maps").ok
    for _ in range(120):
        played.tick()
    assert played.steward.ends == ""
    played.end_match()
    played.until(WARMUP)
    for _ in range(600):
        if played.steward.ends:
            break
        played.tick()

    assert played.steward.ends == "recycle"
    assert played.arena.match.phase == WARMUP
    assert played.server.farewell.startswith("the server restarts")


def test_recycle_taken_back() -> None:
    """`recycle off`: matches begin again; there is nothing to take back twice."""
    played = Run()
    caller = Caller("me", "console", "admin")
    commands.execute(played.server, caller, "recycle between-matches")
    played.client("ann"), played.client("bob")
    for _ in range(90):
        played.tick()
    assert played.arena.match.phase == WARMUP

    off = commands.execute(played.server, caller, "recycle off")
    again = commands.execute(played.server, caller, "recycle off")

    assert off.ok and not again.ok
    played.until(LIVE)


def test_restore_ends_as_a_restart_does() -> None:
    """Everybody is told the reason at disconnect, and the supervisor what is to be restored."""
    played = Run()
    ann = played.client("ann")
    played.tick(60)
    played.server.house.leave = Leave("now", 2.0, None, "back to noon", {"backup": "x"})
    for _ in range(240):
        if played.steward.ends:
            break
        played.tick()

    assert played.steward.ends == "restore"
    assert played.server.farewell.startswith("the record is restored")
    assert any("back to noon in 2 s" in line.text for line in ann.chat)
