"""The usercmd datagram: every command the server has not executed yet, newest first.

  8  message id 129
 32  tick of the newest snapshot held (0: none)
 32  tick of the newest command
  4  count, 1 to 15
     the newest command in full: 8 signed forward, 8 signed side, 16 yaw, 16 signed pitch, 8 buttons,
     4 weapon; its tick is the one above
     then each older one, its tick one less: 1 bit, 0 the same as the one before it, 1 followed per value
     by 1 bit, 0 the same, 1 the value in full
  8  behind: how much later than that snapshot the client shows the others, in sixteenths of a tick;
     left out by a client that shows the newest

Sent unsequenced on channel 2; the repetition makes up for loss.
"""

from typing import Final

from mypy_extensions import i64

from tremble.errors import ProtocolError
from tremble.net.bits import BitReader, BitWriter
from tremble.sim.state import Usercmd

USERCMDS: Final = 129
#: Commands in one datagram: at least 3, so that a burst of loss costs none; at most 15, 250 ms.
MIN_COUNT: Final = 3
MAX_COUNT: Final = 15

#: Bits of each value, negative for a signed one: forward, side, yaw, pitch, buttons, weapon.
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


def write_value(out: BitWriter, value: i64, width: i64, before: i64, first: bool) -> None:
    """Append *value*: in full in the *first* command, else only if it is not as *before*."""
    if not first:
        out.write(1 if value != before else 0, 1)
        if value == before:
            return
    out.write_signed(value, -width if width < 0 else width)


def encode(commands: list[Usercmd], snapshot_tick: int, behind: int = 0) -> bytes:
    """Return the datagram for *commands*: 1 to 15 of consecutive ticks, newest first.

    *behind*, 0 to 255, is in sixteenths of a tick.
    """
    out = BitWriter()
    out.write(USERCMDS, 8)
    out.write(snapshot_tick, 32)
    out.write(commands[0].tick, 32)
    out.write(len(commands), 4)
    before = commands[0]
    first = True
    for command in commands:
        if not first:
            same = values(command) == values(before)
            out.write(0 if same else 1, 1)
            if same:
                continue
        write_value(out, command.forward, WIDTHS[0], before.forward, first)
        write_value(out, command.side, WIDTHS[1], before.side, first)
        write_value(out, command.yaw, WIDTHS[2], before.yaw, first)
        write_value(out, command.pitch, WIDTHS[3], before.pitch, first)
        write_value(out, command.buttons, WIDTHS[4], before.buttons, first)
        write_value(out, command.weapon, WIDTHS[5], before.weapon, first)
        before = command
        first = False
    if behind:
        out.write(behind, 8)
    return out.to_bytes()


def read_value(bits: BitReader, width: i64, before: i64, first: bool) -> i64:
    """Return a value that write_value wrote."""
    if not first and bits.read(1) == 0:
        return before
    return bits.read_signed(-width) if width < 0 else bits.read(width)


def read_command(bits: BitReader, tick: int, before: Usercmd, first: bool) -> Usercmd:
    """Return the command of *tick*; *before* is the one after it. Raises ProtocolError."""
    if not first and bits.read(1) == 0:
        return Usercmd(
            tick,
            before.forward,
            before.side,
            before.yaw,
            before.pitch,
            before.buttons,
            before.weapon,
        )
    command = Usercmd(tick)
    command.forward = read_value(bits, WIDTHS[0], before.forward, first)
    command.side = read_value(bits, WIDTHS[1], before.side, first)
    command.yaw = read_value(bits, WIDTHS[2], before.yaw, first)
    command.pitch = read_value(bits, WIDTHS[3], before.pitch, first)
    command.buttons = read_value(bits, WIDTHS[4], before.buttons, first)
    command.weapon = read_value(bits, WIDTHS[5], before.weapon, first)
    if command.forward == -128 or command.side == -128 or not -16384 <= command.pitch <= 16384:
        raise ProtocolError("usercmd out of range")
    return command


def decode(data: bytes) -> tuple[int, int, list[Usercmd]]:
    """Return the snapshot tick, how far behind it the client shows the others, and the commands.

    Those come newest first. Raises ProtocolError.
    """
    bits = BitReader(data)
    if bits.read(8) != USERCMDS:
        raise ProtocolError("not a usercmd datagram")
    snapshot_tick = bits.read(32)
    tick = bits.read(32)
    count = bits.read(4)
    if not 1 <= count <= MAX_COUNT or count > tick:
        raise ProtocolError("bad count of usercmds")
    command = read_command(bits, tick, Usercmd(), True)
    commands = [command]
    for i in range(1, count):
        command = read_command(bits, tick - i, command, False)
        commands.append(command)
    behind: i64 = 0
    if bits.left >= 8:  # fewer only fill up the last byte
        behind = bits.read(8)
        if behind == 0:
            raise ProtocolError("message has bytes after its end")
    bits.finish()
    return snapshot_tick, behind, commands
