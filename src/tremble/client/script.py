"""A brain that costs next to nothing: runs in a wide circle, jumps and shoots. For load tests."""

from tremble.client.client import Client
from tremble.sim.state import BUTTON_ATTACK, BUTTON_JUMP, Usercmd

#: 16-bit turns a tick: a full circle in 9 seconds.
TURN = 120


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
