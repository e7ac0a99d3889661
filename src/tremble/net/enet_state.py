"""What an ENet host remembers: its peers by slot, its clock, its dice, its counters.

A slot is a peer's id on the wire. A freed one keeps its sessions, so that the next connection there
has others and stragglers of the last one are told apart.
"""

from typing import Final

from tremble.net import enet_wire as wire
from tremble.net.enet_peer import Event, Peer
from tremble.net.enet_send import Datagrams

#: Half-open peers. An honest client is through in a round trip; at 10,000 forged CONNECTs a second
#: it still has 0.1 s for it. Each costs about 1 KB.
HALF_OPEN_LIMIT: Final = 1024
#: Peer ids have 12 bits, one of which says "none".
MAX_PEERS: Final = wire.NO_PEER - HALF_OPEN_LIMIT

_MASK64: Final = 0xFFFFFFFFFFFFFFFF


class HostState:
    """The state of Host, without what it does. All of it is in a checkpoint."""

    def __init__(self, peer_limit: int, channel_limit: int, seed: int, accepts: bool) -> None:
        if not 1 <= peer_limit <= MAX_PEERS:
            raise ValueError(f"peer_limit {peer_limit}: must be 1 to {MAX_PEERS}")
        if not wire.MIN_CHANNELS <= channel_limit <= wire.MAX_CHANNELS:
            raise ValueError(f"channel_limit {channel_limit}: must be 1 to {wire.MAX_CHANNELS}")
        self.peer_limit = peer_limit
        self.channel_limit = channel_limit
        self.accepts = accepts
        self.random = seed & _MASK64
        self.epoch = 0.0  # now at ms 0 of the host's clock

        self.peers: list[Peer | None] = []
        self.free: list[int] = []  # slots below len(peers) without a peer
        self.sessions: list[int] = []  # by slot: incoming and 4 times the outgoing
        self.half_open: dict[bytes, Peer] = {}  # by address, oldest first
        self.accepted: dict[bytes, Peer] = {}  # connected to us, by address
        self.events: list[Event] = []
        self.replies: Datagrams = []

        self.datagrams_in = 0
        self.datagrams_out = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.malformed = 0  # datagrams that are not ENet or contradict themselves
        self.compressed_refused = 0
        self.unknown_peer = 0  # datagrams of no connection: stale, or forged
        self.no_room = 0  # datagrams cut short since too much waits for the peer
        self.connects_refused = 0  # the host is full or does not accept
        self.half_open_evicted = 0
        self.half_open_expired = 0

    def ms(self, now: float) -> int:
        """Return the host's clock at *now*."""
        return int((now - self.epoch) * 1000.0)

    def next_random(self, bits: int) -> int:
        """Return the next *bits* (1 to 32) of SplitMix64 (Steele, Lea, Flood 2014)."""
        self.random = (self.random + 0x9E3779B97F4A7C15) & _MASK64
        z = self.random
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK64
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK64
        return (z ^ (z >> 31)) >> (64 - bits)

    def used(self) -> int:
        """Return how many slots count against the limit: all but the half-open."""
        return len(self.peers) - len(self.free) - len(self.half_open)

    def new_peer(self, address: bytes) -> Peer:
        """Give *address* a slot."""
        if self.free:
            slot = self.free.pop()
        else:
            slot = len(self.peers)
            self.peers.append(None)
            self.sessions.append(self.next_random(4))
        peer = Peer(slot, address, self.epoch)
        peer.incoming_session = self.sessions[slot] & 3
        peer.outgoing_session = self.sessions[slot] >> 2
        peer.clock_salt = self.next_random(16)
        self.peers[slot] = peer
        return peer

    def bury(self, peer: Peer) -> None:
        """Free the slot of *peer*."""
        if peer.farewell:
            self.replies.append((peer.farewell, peer.address))
        peer.reset()
        if self.half_open.get(peer.address) is peer:
            del self.half_open[peer.address]
        if self.accepted.get(peer.address) is peer:
            del self.accepted[peer.address]
        self.sessions[peer.id] = peer.incoming_session | peer.outgoing_session << 2
        self.peers[peer.id] = None
        self.free.append(peer.id)
