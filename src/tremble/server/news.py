"""What happens in the game, told as it happens to whoever in this process listens.

kind      facts
join      number, player_id, name, bot, address; arena
leave     number, player_id, name
chat      arena, number (0: the server), name, text
kill      arena, attacker, victim (names; attacker empty: the world), means
phase     arena, phase, match_id
over      arena, match_id, ended_by, winner (a name, or empty after a draw)
command   line, by, via, ok
"""

from collections.abc import Callable
from typing import Any

#: Takes one event: its kind and its facts. Called in the loop's thread: it must not wait.
Listener = Callable[[str, dict[str, Any]], None]


class News:
    """Tells its listeners."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []

    def tell(self, kind: str, **facts: Any) -> None:
        """Something of *kind* has happened."""
        for listener in self.listeners:
            listener(kind, facts)
