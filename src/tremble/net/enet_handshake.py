"""What the two ends of an ENet connection agree on: ids, sessions, channels, mtu, window.

    client                                   server
    CONNECT          ->                      half-open: 52 bytes came, 48 go
                     <-  VERIFY_CONNECT
    ACKNOWLEDGE      ->                      connected

A session is 2 bits in the header of every datagram, one number each way. It changes with each
connection of a slot, so that stragglers of the last one are known as such.
"""

from tremble.net import enet_wire as wire
from tremble.net.enet_peer import CONNECTING, HALF_OPEN, Peer
from tremble.net.enet_wire import Handshake


def begin_connect(peer: Peer, channels: int, data: int) -> None:
    """Queue our CONNECT; *peer* still has the sessions of the slot's last connection."""
    peer.state = CONNECTING
    peer.channels = channels
    body = Handshake(peer.id, peer.incoming_session, peer.outgoing_session)
    body.channels = channels
    body.connect_id = peer.connect_id
    body.data = data
    peer.queue_connect(wire.write_handshake(wire.CONNECT, body))


def is_sound(body: Handshake) -> bool:
    """Say whether the other end names a possible peer id and number of channels."""
    if body.peer >= wire.NO_PEER:
        return False
    return wire.MIN_CHANNELS <= body.channels <= wire.MAX_CHANNELS


def answer_connect(peer: Peer, body: Handshake, channel_limit: int) -> None:
    """Make *peer* half-open and ready its VERIFY_CONNECT."""
    peer.state = HALF_OPEN
    peer.connect_id = body.connect_id
    peer.connect_data = body.data
    peer.sent_control = 1
    peer.mtu = min(peer.mtu, max(body.mtu, wire.MIN_MTU))
    peer.channels = min(body.channels, channel_limit)
    peer.throttle_interval = body.throttle_interval
    peer.acceleration = body.acceleration
    peer.deceleration = body.deceleration
    limit_bandwidth(peer, body.incoming_bandwidth)
    # Named from the other end: what it calls incoming is what we send.
    incoming = _next_session(body.outgoing_session, peer.incoming_session)
    outgoing = _next_session(body.incoming_session, peer.outgoing_session)
    peer.adopt(body.peer, incoming, outgoing)

    answer = Handshake(peer.id, outgoing, incoming)
    answer.mtu = peer.mtu
    answer.window = min(max(body.window, wire.MIN_WINDOW), wire.MAX_WINDOW)
    answer.channels = peer.channels
    answer.throttle_interval = body.throttle_interval
    answer.acceleration = body.acceleration
    answer.deceleration = body.deceleration
    answer.connect_id = body.connect_id
    peer.handshake = wire.write_handshake(wire.VERIFY_CONNECT, answer)


def accept_verify(peer: Peer, body: Handshake) -> bool:
    """Take what the server granted; False if this does not answer our CONNECT."""
    if body.connect_id != peer.connect_id or not is_sound(body):
        return False
    peer.adopt(body.peer, body.incoming_session & 3, body.outgoing_session & 3)
    peer.mtu = min(peer.mtu, max(body.mtu, wire.MIN_MTU))
    limit_bandwidth(peer, body.incoming_bandwidth)
    peer.window = min(peer.window, max(body.window, wire.MIN_WINDOW))
    peer.open_channels(min(peer.channels, body.channels))
    return True


def limit_bandwidth(peer: Peer, incoming: int) -> None:
    """Obey the bytes a second the peer can take, 0 for any number; ours is not limited."""
    peer.incoming_bandwidth = incoming
    window = incoming // 65536 * wire.MIN_WINDOW if incoming else wire.MAX_WINDOW
    peer.window = min(max(window, wire.MIN_WINDOW), wire.MAX_WINDOW)


def _next_session(proposed: int, last: int) -> int:
    """Return a session id of 2 bits that is neither *last* nor what the other end used before."""
    session = ((last if proposed == wire.ANY_SESSION else proposed) + 1) & 3
    return (session + 1) & 3 if session == last else session
