"""The usercmd datagram: every command the server has not executed yet, newest first.

  8  message id 129
 32  tick of the newest snapshot held (0: none)
 32  tick of the newest command
  4  count, 1 to 15
     the newest command in full: 8 signed forward, 8 signed side, 16 yaw, 16 signed pitch, 8 buttons,
     4 weapon; its tick is the one above
     then each older one, its tick one less: 1 bit, 0 the same as the one before it, 1 followed per value
     by 1 bit, 0 the same, 1 the value in full

Sent unsequenced on channel 2; the repetition makes up for loss.
"""

from typing import Final

from tremble.errors import ProtocolError
from tremble.net.bits import BitReader, BitWriter
from tremble.sim.state import Usercmd

USERCMDS: Final = 129
#: Commands in one datagram: at least 3, so that a burst of loss costs none; at most 15, 250 ms.
MIN_COUNT: Final = 3
MAX_COUNT: Final = 15

#: Width of each value, negative for a signed one, in the order of values().
WIDTHS: Final = (-8, -8, 16, -16, 8, 4)


def values(command: Usercmd) -> list[int]:
    """Return what travels of *command*, besides its tick."""
    return [
        command.forward,
        command.side,
        command.yaw,
        command.pitch,
        command.buttons,
        command.weapon,
    ]


def encode(commands: list[Usercmd], snapshot_tick: int) -> bytes:
    """Return the datagram for *commands*: 1 to 15 of consecutive ticks, newest first."""
    out = BitWriter()
    out.write(USERCMDS, 8)
    out.write(snapshot_tick, 32)
    out.write(commands[0].tick, 32)
    out.write(len(commands), 4)
    before: list[int] = []
    for command in commands:
        now = values(command)
        if before:
            out.write(1 if now != before else 0, 1)
        if now != before:
            for i in range(len(WIDTHS)):
                if before:
                    out.write(1 if now[i] != before[i] else 0, 1)
                if not before or now[i] != before[i]:
                    out.write_signed(now[i], abs(WIDTHS[i]))
        before = now
    return out.to_bytes()


def read_values(bits: BitReader, before: list[int]) -> list[int]:
    """Return the values of one command; *before* those of the one after it, empty for the newest."""
    if before and bits.read(1) == 0:
        return before
    found: list[int] = []
    for i in range(len(WIDTHS)):
        width = WIDTHS[i]
        if before and bits.read(1) == 0:
            found.append(before[i])
        elif width < 0:
            found.append(bits.read_signed(-width))
        else:
            found.append(bits.read(width))
    return found


def decode(data: bytes) -> tuple[int, list[Usercmd]]:
    """Return the snapshot tick and the commands, newest first. Raises ProtocolError."""
    bits = BitReader(data)
    if bits.read(8) != USERCMDS:
        raise ProtocolError("not a usercmd datagram")
    snapshot_tick = bits.read(32)
    tick = bits.read(32)
    count = bits.read(4)
    if not 1 <= count <= MAX_COUNT or count > tick:
        raise ProtocolError("bad count of usercmds")
    commands: list[Usercmd] = []
    found: list[int] = []
    for i in range(count):
        found = read_values(bits, found)
        if found[0] == -128 or found[1] == -128 or abs(found[3]) > 16384:
            raise ProtocolError("usercmd out of range")
        commands.append(
            Usercmd(tick - i, found[0], found[1], found[2], found[3], found[4], found[5])
        )
    bits.finish()
    return snapshot_tick, commands
