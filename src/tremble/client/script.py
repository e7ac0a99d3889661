"""A brain that costs next to nothing: runs in a wide circle, jumps and shoots. For load tests."""

from tremble.client.client import Client
from tremble.errors import ProtocolError
from tremble.net.bits import BitReader
from tremble.net.snapshot import SNAPSHOT, Frame, Snapshot
from tremble.sim.state import BUTTON_ATTACK, BUTTON_JUMP, Usercmd

#: 16-bit turns a tick: a full circle in 9 seconds.
TURN = 120
#: Bytes that hold the head of a snapshot: 8 + 32 + 6 + 16 + 4 bits.
HEAD = 9


class HeadDecoder:
    """Reads no more of a snapshot than it takes to acknowledge it; the server cannot tell."""

    def decode(self, data: bytes) -> Snapshot | None:
        """Return the snapshot in *data* with an empty frame. Raises ProtocolError."""
        bits = BitReader(data[:HEAD])
        if bits.read(8) != SNAPSHOT:
            raise ProtocolError("not a snapshot")
        frame = Frame(bits.read(32))
        age = bits.read(6)
        usercmd = bits.read(16)
        return Snapshot(frame, usercmd, bits.read_signed(4), -1, age == 0)


class Script:
    """Usercmds that do not depend on what the client is told; *seed* sets where the circle begins."""

    def __init__(self, seed: int) -> None:
        self.tick = seed * 7919

    def usercmd(self, client: Client) -> Usercmd:
        """Return the next command."""
        client.take_events()
        self.tick += 1
        buttons = BUTTON_ATTACK if self.tick % 64 < 8 else 0
        if self.tick % 90 == 0:
            buttons |= BUTTON_JUMP
        return Usercmd(0, 127, 0, self.tick * TURN & 65535, 0, buttons)
