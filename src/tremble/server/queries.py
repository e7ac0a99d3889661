"""Answers to whoever asks the server on its game port: the JSON dialect and Valve's A2S.

What is told is put together at most once a second, or when people come and go or a phase ends; in
between answers are bytes that lie ready. Addresses are not verified: see net/query.py and net/a2s.py
for why no answer is longer than its question until they are.
"""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

from tremble.net import a2s, query
from tremble.net.budget import Budgets
from tremble.net.query import ServerInfo
from tremble.server import status

if TYPE_CHECKING:
    from tremble.server.loop import GameServer

#: Answers a second to one address, and at once: a browser's sweep takes 4, a monitor's look 6.
ADDRESS_RATE = 10.0
ADDRESS_BURST = 40.0
#: Answers a second to all addresses that have not shown to be there, and to all that have. Apart, so
#: that a flood under forged addresses does not silence the server for those who mean it.
QUERY_RATE = 500.0
VERIFIED_RATE = 200.0
#: Seconds after which what is told is put together afresh.
FRESH = 1.0
#: What a question may begin with: hardly a datagram of ENet does, so most need no closer look.
FIRST_BYTES = (bytes((query.FIRST_BYTE,)), a2s.HEAD[:1])
ENVIRONMENTS = {"linux": "l", "win32": "w", "darwin": "m"}

#: What came, and the address of its sender.
Datagram = tuple[bytes, bytes]


class Queries:
    """The answers of one server, as its options are at the moment.

    Only one that is public and shown to its network answers server_discovery, the question of broadcasts.
    """

    def __init__(self, now: float) -> None:
        self.secret = secrets.token_bytes(32)
        self.unverified = Budgets(ADDRESS_RATE, ADDRESS_BURST, QUERY_RATE, now)
        self.verified = Budgets(ADDRESS_RATE, ADDRESS_BURST, VERIFIED_RATE, now)
        self.answered = 0
        self.over_budget = 0
        self.datagrams_in = self.bytes_in = 0
        self.datagrams_out = self.bytes_out = 0
        self.seen: tuple[int, ...] = ()
        self.told_at = now - 2 * FRESH
        self.json = b""
        self.a2s: dict[int, list[bytes]] = {}

    def is_question(self, data: bytes) -> bool:
        """Say whether *data* is for answer() and not for ENet."""
        return query.is_question(data) or a2s.is_question(data)

    def questions(self, batch: list[Datagram]) -> list[Datagram]:
        """Return those of *batch* that are for answer() and not for ENet."""
        return [row for row in batch if row[0][:1] in FIRST_BYTES and self.is_question(row[0])]

    def answer(self, server: GameServer, data: bytes, host: bytes, now: float) -> list[bytes]:
        """Return the packets that answer the question *data* of *host*; none if it gets none."""
        self.datagrams_in += 1
        self.bytes_in += len(data)
        if query.is_question(data):
            return self.answer_json(server, data, host, now)
        return self.answer_a2s(server, data, host, now)

    def answer_json(self, server: GameServer, data: bytes, host: bytes, now: float) -> list[bytes]:
        """Answer in the JSON dialect."""
        if not self.spend(server, self.unverified, host, now):
            return []
        self.refresh(server, now)
        options = server.options
        lan = options.lan and options.public
        reply = query.answer(data, self.json, lan, server.arenas[0].server_id)
        return self.given([] if reply is None else [reply])

    def answer_a2s(self, server: GameServer, data: bytes, host: bytes, now: float) -> list[bytes]:
        """Answer in Valve's dialect: the challenge first, what was asked to who has sent it back."""
        asked = a2s.read_question(data)
        if asked is None:
            return []
        kind, given = asked
        if not a2s.proves(given, self.secret, host, now):
            reply = a2s.challenge_answer(self.secret, host, now)
            if len(reply) > len(data) or not self.spend(server, self.unverified, host, now):
                return []
            return self.given([reply])
        if not self.spend(server, self.verified, host, now):
            return []
        self.refresh(server, now)
        return self.given(self.a2s[kind])

    def spend(self, server: GameServer, budgets: Budgets, host: bytes, now: float) -> bool:
        """Take an answer to *host* from *budgets*; False, and counted, if nothing is left."""
        if budgets.take(host, now, server.options.rate_limit):
            return True
        self.over_budget += 1
        return False

    def given(self, packets: list[bytes]) -> list[bytes]:
        """Count an answer."""
        self.answered += bool(packets)
        self.datagrams_out += len(packets)
        self.bytes_out += sum(map(len, packets))
        return packets

    def refresh(self, server: GameServer, now: float) -> None:
        """Put together what is told if it is old or people or phases have changed."""
        seen = tuple(x for a in server.arenas for x in (len(a.members.members), a.match.phase))
        if seen == self.seen and now - self.told_at < FRESH:
            return
        self.seen = seen
        self.told_at = now
        info = status.server_info(server, now)
        self.json = query.info_response(info)
        self.a2s = {
            a2s.INFO: [a2s.info(facts(info))],
            a2s.PLAYER: a2s.players(status.lines(server, now)),
            a2s.RULES: a2s.rules(rules(info)),
        }


def facts(info: ServerInfo) -> a2s.Facts:
    """Return *info* as A2S tells it."""
    return a2s.Facts(
        info.name,
        info.map,
        info.current_players,
        info.max_players,
        info.bots,
        ENVIRONMENTS.get(sys.platform, "l"),
        info.version,
        info.port,
        [info.gamemode, f"protocol{info.protocol}", f"phase-{info.phase}"],
        info.password,
    )


def rules(info: ServerInfo) -> list[tuple[str, str]]:
    """Return what A2S_INFO has no place for, by the names of server_info."""
    return [
        ("gamemode", info.gamemode),
        ("phase", info.phase),
        ("time_left", str(int(info.time_left))),
        ("spectators", str(info.spectators)),
        ("uptime", str(int(info.uptime))),
        ("public", "1" if info.public else "0"),
        ("protocol", str(info.protocol)),
        ("version", info.version),
        ("server_id", info.server_id),
    ]
