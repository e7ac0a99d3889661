"""server/replays.py: matches are recorded while they are played, and come out the same."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from memory import Game
from rooms import entity, room

from tremble.client.client import Client
from tremble.match import replay
from tremble.match.match import INTERMISSION, LIVE
from tremble.match.playback import Playback, verify
from tremble.net.fields import numbers
from tremble.net.link import LinkQuality
from tremble.server import arena
from tremble.server.replays import Replays
from tremble.shelf import Room, Shelf
from tremble.sim.state import ALIVE, BUTTON_ATTACK, EV_HIT, RAILGUN, Usercmd
from tremble.sim.vector import cos16, sin16

SPAWNS = [entity("info_player_deathmatch", origin=f"{200 * i} 0 24") for i in range(8)]
LEVEL = room(entities=SPAWNS)


class Recorded(Game):
    """A game whose matches are recorded in *directory*."""

    def __init__(self, directory: Path, **how) -> None:
        super().__init__(LEVEL, **how)
        self.shelf = Shelf(directory, Room())
        self.posted = []
        self.replays = Replays(self.shelf, self.posted.append)
        self.server.post = self.replays.post
        for place in self.arenas:
            place.replays = self.replays

    def until(self, phase: int, clients: list[Client], limit: int = 2000) -> None:
        """Tick until the arena is in *phase*; slot 0 shoots at slot 1, who turns."""
        for i in range(limit):
            if self.arena.match.phase == phase:
                return
            first, second = self.arena.world.players[:2]
            yaw = 0 if second.pos[0] > first.pos[0] else 32768
            for n, client in enumerate(clients):
                way = yaw if client.slot == 0 else i * 300 + n * 32768 & 65535
                client.usercmd(Usercmd(side=i % 7 * client.slot, yaw=way, buttons=BUTTON_ATTACK))
            self.tick()
        raise AssertionError("the phase never came")


@pytest.fixture
def played(tmp_path: Path) -> Iterator[Recorded]:
    game = Recorded(tmp_path / "replays")
    yield game
    game.replays.close()


def names(played: Recorded) -> list[str]:
    return sorted(path.name for path in played.shelf.directory.glob("*"))


def test_a_match_played_over_the_wire_is_verified(played: Recorded) -> None:
    """What two clients played comes out to the bit, and the result carries the digest of the file."""
    clients = [played.client("ann"), played.client("bob")]
    played.until(LIVE, clients)
    played.until(INTERMISSION, clients)
    played.replays.close()

    [result] = played.posted
    data = played.shelf.path(result.match_id).read_bytes()
    assert result.replay == hashlib.sha256(data).hexdigest()
    assert names(played) == [f"{result.match_id}.trpl"]
    assert verify(replay.read(data), LEVEL) > 300
    assert sum(line.shots for line in result.players) > 20


def test_those_who_come_and_go_are_in_it(tmp_path: Path) -> None:
    """In a free-for-all slots change hands while it counts."""
    played = Recorded(tmp_path / "replays", mode="ffa")
    clients = [played.client("ann"), played.client("bob"), played.client("cyd")]
    played.until(LIVE, clients)
    played.tick(50)
    clients.append(played.client("dan"))
    played.tick(100)
    clients[1].leave(played.now)
    played.tick(50)
    clients[2].spectate(True)
    played.until(INTERMISSION, clients)
    played.replays.close()

    [result] = played.posted
    assert sorted((p.name, p.left) for p in result.players) == [
        ("ann", False), ("bob", True), ("cyd", True), ("dan", False),
    ]  # fmt: skip
    assert verify(replay.read(played.shelf.path(result.match_id).read_bytes()), LEVEL) > 300


def test_the_next_match_has_a_replay_of_its_own(played: Recorded) -> None:
    """A match begins in the middle of a world's life."""
    clients = [played.client("ann"), played.client("bob")]
    for _ in range(2):
        played.until(LIVE, clients)
        played.until(INTERMISSION, clients)
    played.replays.close()

    assert len(played.posted) == 2
    for result in played.posted:
        assert verify(replay.read(played.shelf.path(result.match_id).read_bytes()), LEVEL)


def test_a_match_that_everybody_leaves_is_not_kept(played: Recorded) -> None:
    """No result, no replay."""
    clients = [played.client("ann"), played.client("bob")]
    played.until(LIVE, clients)
    for client in clients:
        client.leave(played.now)
    played.tick(5)
    played.replays.close()

    assert played.server.idle
    assert names(played) == []


def test_a_fault_of_ours_keeps_replay_and_traceback(played: Recorded, monkeypatch) -> None:
    """The replay goes up to the tick that failed, its inputs included."""
    clients = [played.client("ann"), played.client("bob")]
    played.until(LIVE, clients)
    played.tick(100)
    match_id = played.arena.match.match_id

    def broken(*_):
        raise RuntimeError("seeded fault")

    with monkeypatch.context() as patch:
        patch.setattr(arena, "play", broken)
        played.tick()
    played.replays.close()

    assert names(played) == [f"{match_id}.fault.{end}" for end in ("trpl", "txt")]
    text = (played.shelf.directory / f"{match_id}.fault.txt").read_text()
    assert "seeded fault" in text
    data = (played.shelf.directory / f"{match_id}.fault.trpl").read_bytes()
    playback = Playback(replay.read(data), LEVEL)
    while playback.advance():
        pass
    assert playback.ticks == 101


def test_a_disk_that_fails_costs_the_replay_alone(tmp_path: Path) -> None:
    """The result is posted without one."""
    (tmp_path / "replays").write_text("in the way")
    played = Recorded(tmp_path / "replays")
    clients = [played.client("ann"), played.client("bob")]
    played.until(LIVE, clients)
    played.until(INTERMISSION, clients)
    played.replays.close()

    assert [result.replay for result in played.posted] == [None]


def strafing_hits(behind: int, told: bool) -> int:
    """Return how often ann hits bob, who runs across, over 50 ms each way. She aims at the places that
    she was shown, *behind* sixteenths of a tick before the newest; with *told* the server knows."""
    played = Game(LEVEL, quality=LinkQuality(delay=0.05))
    ann, bob = played.client("ann"), played.client("bob")
    ann.behind = behind if told else 0
    while played.arena.match.phase != LIVE:
        played.tick()
    for i in range(200):
        played.tick()
        shooter, target = played.arena.world.players[:2]
        shooter.pos, shooter.vel = (0.0, -600.0, 24.0), (0.0, 0.0, 0.0)
        shooter.weapons, shooter.ammo_railgun, shooter.weapon = 7, 50, RAILGUN
        shooter.refire = min(shooter.refire, 8)
        if i % 100 == 0:
            target.pos = (-400.0, 0.0, 24.0)
        target.health = 200
        bob.usercmd(Usercmd(forward=127 if i % 100 > 5 else 0))
        ann.usercmd(aimed(ann, behind))
    return sum(tally.hits[RAILGUN] for tally in played.arena.match.tallies.values())


SHOWN: dict[int, tuple[float, float]] = {}


def aimed(client: Client, behind: int) -> Usercmd:
    """A shot at the place of slot 1 as *client* shows it."""
    frame = client.frame
    told = frame.players[1] if frame is not None else None
    target = [] if told is None else numbers(told)
    if frame is None or not target or target[0] != ALIVE:
        return Usercmd(weapon=RAILGUN)
    SHOWN[frame.tick] = (target[1] / 8.0, target[2] / 8.0)
    x, y = SHOWN.get(frame.tick - behind // 16, SHOWN[frame.tick])
    yaw = max(range(0, 32768, 16), key=lambda angle: cos16(angle) * x + sin16(angle) * (y + 600.0))
    return Usercmd(yaw=yaw, buttons=BUTTON_ATTACK, weapon=RAILGUN)


@pytest.mark.parametrize("behind", [0, 32])
def test_a_laggy_client_hits_what_it_saw(behind: int) -> None:
    """At 100 ms round trip, target running across: nearly every slug hits; if the server is not told
    how much later others are shown, the shots that aim at the past go by."""
    SHOWN.clear()
    assert strafing_hits(behind, True) >= 8


def test_a_replay_keeps_how_far_shots_were_taken_back(tmp_path: Path) -> None:
    """A laggy match is verified like any other."""
    played = Recorded(tmp_path / "replays", quality=LinkQuality(delay=0.04, jitter=0.02, loss=0.05))
    clients = [played.client("ann"), played.client("bob")]
    played.until(LIVE, clients)
    played.until(INTERMISSION, clients)
    played.replays.close()

    [result] = played.posted
    found = replay.read(played.shelf.path(result.match_id).read_bytes())
    playback = Playback(found, LEVEL)
    backs, hits = set(), 0
    while playback.advance():
        backs |= set(playback.records.backs)
        hits += sum(event.kind == EV_HIT for event in playback.events)
    playback.check_end()
    assert max(backs) > 5 * 16
    assert hits > 10
