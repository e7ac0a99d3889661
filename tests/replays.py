"""Makes replays of short matches: `python tests/replays.py FILE` writes the golden one."""

import random
import sys
from pathlib import Path

import msgspec
from memory import START
from results import player_id
from rooms import arena

from tremble.match import replay
from tremble.match.header import Ending, Entrant, Header
from tremble.match.match import LIVE, Match, MatchSettings, play
from tremble.match.modes import MODES
from tremble.match.playback import limits_of
from tremble.match.replay import HASH_EVERY, RECORDS, Recorder
from tremble.match.tally import Who
from tremble.sim import state, step
from tremble.sim.level import ITEM_NAMES, Level
from tremble.sim.rewind import LEAST, MOST, Rewind
from tremble.sim.state import ALIVE, BUTTON_ATTACK, GONE, Usercmd, World
from tremble.sim.tuning import RULES
from tremble.sim.vector import cos16, length, sin16, sub

GOLDEN = Path(__file__).parent / "golden" / "duel.trpl"
SERVER_ID = "5e" * 8
MATCH_ID = "ab" * 16
SHORT = MatchSettings(
    time_limit_s=12.0, frag_limit=3, warmup_s=0.1, countdown_s=0.1, overtime_s=1.0
)
LONGER = MatchSettings(time_limit_s=60.0, frag_limit=3, overtime_s=5.0)


def who(slot: int) -> Who:
    return Who(player_id(slot), f"plåyer {slot}", slot % 2 == 1)


def best(angles: range, ahead: float, aside: float) -> int:
    return max(angles, key=lambda angle: ahead * cos16(angle) + aside * sin16(angle))


def aim(world: World, slot: int) -> tuple[int, int]:
    """Yaw and pitch towards the nearest other; by + - * sqrt alone: the same on every machine."""
    me = world.players[slot]
    ways = [sub(p.pos, me.pos) for p in world.players if p.life == ALIVE and p is not me]
    if not ways:
        return 0, 0
    x, y, z = min(ways, key=length)
    rough = best(range(0, 65536, 2048), x, y)
    yaw = best(range(rough - 1024, rough + 1024, 64), x, y)
    return yaw & 65535, best(range(-16384, 16385, 128), length((x, y, 0.0)), -z)


class Played:
    """A match between *slots* from its first tick; *comings* lets others come and go."""

    def __init__(
        self,
        seed: int,
        slots: list[int],
        mode: str = "duel",
        level: Level | None = None,
        comings: bool = False,
        settings: MatchSettings = SHORT,
    ) -> None:
        self.dice = random.Random(seed)
        self.comings = comings
        self.level = level or arena()
        self.world = step.new_world(self.level, seed)
        self.rewind = Rewind(self.world.tick + 1)
        names = [ITEM_NAMES[item.kind] for item in self.level.items]
        self.match = Match(MODES[mode], settings, MATCH_ID, names)
        self.recorder = Recorder()
        self.commands: list[Usercmd | None] = [None] * 16
        for slot in slots:
            step.join(self.world, slot)
            self.match.enter(slot, who(slot))
        while self.match.phase != LIVE:
            play(self.world, self.match, self.rewind, self.commands, [0] * 16)
        self.header = Header(
            rules=RULES,
            protocol=1,
            match_id=MATCH_ID,
            server_id=SERVER_ID,
            mode=mode,
            map=self.level.name,
            map_digest=self.level.digest,
            seed=seed,
            started_at=START,
            settings=limits_of(settings),
            players=[Entrant(s, who(s).player_id, who(s).name, who(s).bot) for s in slots],
            world=state.pack(self.world),
        )
        while self.match.counts:
            self.tick()

    def tick(self) -> None:
        if self.comings and self.dice.getrandbits(5) == 0:
            self.come_and_go(2 + self.dice.getrandbits(8) % 3)
        backs = [0] * 16
        for slot in self.match.tallies:
            if self.dice.getrandbits(3) == 0:
                self.commands[slot] = self.new_mind(slot)
            command = self.commands[slot]
            if command is not None and command.buttons & BUTTON_ATTACK:
                backs[slot] = LEAST + self.dice.getrandbits(10) % (MOST - LEAST + 1)
        self.recorder.tick(self.commands, backs)
        play(self.world, self.match, self.rewind, self.commands, backs)
        if self.recorder.ticks % HASH_EVERY == 0:
            self.recorder.hash(state.state_hash(self.world))

    def come_and_go(self, slot: int) -> None:
        if self.world.players[slot].life == GONE:
            step.join(self.world, slot)
            self.match.enter(slot, who(slot))
            self.recorder.join(slot, who(slot))
        else:
            self.match.leave(slot)
            step.leave(self.world, slot)
            self.recorder.leave(slot)
            self.commands[slot] = None

    def new_mind(self, slot: int) -> Usercmd | None:
        bits = self.dice.getrandbits(16)
        if bits & 31 == 31:
            return None
        yaw, pitch = aim(self.world, slot) if bits & 3 else (self.dice.getrandbits(16), 6000)
        return Usercmd(
            forward=(127, 127, 0, -127)[bits >> 2 & 3],
            side=(-127, 0, 0, 127)[bits >> 4 & 3],
            yaw=yaw,
            pitch=pitch,
            buttons=(BUTTON_ATTACK if bits >> 7 & 3 else 0) | (bits >> 9 & 2),
            weapon=(bits >> 11 & 15) % 3,
        )

    def ending(self) -> Ending:
        found = self.match.result(SERVER_ID, self.level.name, START, START)
        assert found is not None
        digest = f"{state.state_hash(self.world):016x}"
        return Ending(self.recorder.ticks, digest, found)


def packed(header: Header, records: bytes, end: Ending | None) -> bytes:
    """Return the file of these parts."""
    data = replay.beginning(header)
    for at in range(0, len(records), 700):
        data += replay.block(RECORDS, records[at : at + 700])
    return data + (replay.ending(end) if end else b"")


def recorded(seed: int = 5, slots: tuple[int, ...] = (0, 1), **how) -> tuple[bytes, Level]:
    """Return a replay and its level."""
    played = Played(seed, list(slots), **how)
    return packed(played.header, played.recorder.take(), played.ending()), played.level


def changed(data: bytes, **fields) -> bytes:
    """Return the replay *data* with other *fields* in its header."""
    found = replay.read(data)
    return packed(msgspec.structs.replace(found.header, **fields), found.records, found.end)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(recorded(2026, settings=LONGER)[0])
