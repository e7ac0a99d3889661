"""The same inputs give the same bits, compiled or not. Run as a program it prints the hash."""

import os
import random
import subprocess
import sys

from rooms import arena

from tremble.sim import state, step
from tremble.sim.state import ALIVE, BUTTON_ATTACK, EV_FRAG, EV_SPAWN, GONE, Usercmd
from tremble.sim.vector import cos16, length, sin16, sub

TICKS = 10_000
#: Changes only when the rules, the numbers or the level change: then print the new one by running
#: this file, and say in the commit why play changed.
GOLDEN = 3664264929491386198


def best(angles, ahead, aside):
    return max(angles, key=lambda angle: ahead * cos16(angle) + aside * sin16(angle))


def aim(world, player):
    """Yaw and pitch, to 64, towards the nearest other; by + - * sqrt alone: the same everywhere."""
    ways = [sub(p.pos, player.pos) for p in world.players if p.life == ALIVE and p is not player]
    if not ways:
        return 0, 0
    x, y, z = min(ways, key=length)
    rough = best(range(0, 65536, 1024), x, y)
    yaw = best(range(rough - 512, rough + 512, 64), x, y)
    return yaw & 65535, best(range(-16384, 16385, 64), length((x, y, 0.0)), -z)


def new_mind(world, player, dice):
    """A command for the next few ticks: three times in four against the nearest."""
    bits = dice.getrandbits(16)
    yaw, pitch = dice.getrandbits(16), (0, 800, 6000, 16384)[bits >> 5 & 3]
    if bits & 3:
        yaw, pitch = aim(world, player)
    return Usercmd(
        forward=(127, 127, 0, -127)[bits >> 2 & 3],
        side=(-127, 0, 0, 127)[bits >> 4 & 3],
        yaw=yaw,
        pitch=pitch,
        buttons=(BUTTON_ATTACK if bits >> 7 & 3 else 0) | (bits >> 9 & 2),
        weapon=(bits >> 11 & 15) % 3,
    )


def arm(player):
    """Give every weapon, so that all of them are in the run."""
    player.weapons = 7
    player.ammo_railgun = player.ammo_rocket_launcher = 20


def play(ticks):
    """Play *ticks* with 4 to 16 players who come and go; return the hash and the count of frags."""
    dice = random.Random(2026)
    world = step.new_world(arena(), 7)
    for slot in range(4):
        step.join(world, slot)
    cmds = [Usercmd() for _ in range(16)]
    frags = 0
    for tick in range(ticks):
        if tick % 250 == 0:
            slot = 4 + dice.getrandbits(4) % 12
            (step.join if world.players[slot].life == GONE else step.leave)(world, slot)
        if tick % 4000 == 3999:
            step.restart(world)
        world.frozen = tick % 4000 < 60
        for slot in range(16):
            if dice.getrandbits(4) == 0 and world.players[slot].life == ALIVE:
                cmds[slot] = new_mind(world, world.players[slot], dice)
        events = step.step(world, cmds)
        for event in events:
            frags += event.kind == EV_FRAG
            if event.kind == EV_SPAWN:
                arm(world.players[event.a])
    return state.state_hash(world), frags


def test_ten_thousand_ticks_give_the_golden_hash_compiled_and_not():
    """This process, an uncompiled one and the number kept here agree to the bit."""
    here, frags = play(TICKS)
    pure = subprocess.run(
        [sys.executable, __file__],
        env={**os.environ, "TREMBLE_PURE": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=280,
    )

    assert frags > 30
    assert (here, int(pure.stdout)) == (GOLDEN, GOLDEN)


if __name__ == "__main__":
    print(play(TICKS)[0])
