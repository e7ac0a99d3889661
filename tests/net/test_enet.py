"""The ENet host against itself: every delivery mode, every way to part, every kind of bad link."""

import pytest
from enet_ends import CLIENT, SERVER, TICK, Ends, kinds, packets, payloads

from tremble.net.enet import (
    CONNECTED,
    DISCONNECTED,
    HALF_OPEN,
    MAX_PACKET,
    REFUSED_FULL,
    RELIABLE,
    UNRELIABLE,
    UNSEQUENCED,
    Host,
)
from tremble.net.enet_peer import MAX_BACKLOG
from tremble.net.enet_state import HALF_OPEN_LIMIT
from tremble.net.link import LinkQuality

SIZES = [0, 1, 100, 1364, 1365, 5000, 60_000]
BAD = LinkQuality(loss=0.2, duplication=0.1, delay=0.03, jitter=0.05, reordering=0.1)


def connect_datagram(connect_id: int = 1, host_seed: int = 7) -> bytes:
    """Return a CONNECT as a client sends it first."""
    client = Host(1, 4, host_seed + connect_id, accepts=False)
    client.connect(SERVER, 4, 0, 0.0)
    return client.datagrams_to_send(0.0)[0][0]


class TestConnecting:
    def test_both_ends_hear_of_it(self) -> None:
        """Each end gets CONNECTED once, the server with the client's data."""
        ends = Ends()

        ends.connect(data=0x80000001)
        ends.run(1)

        assert [(e.kind, e.value) for e in ends.at_server] == [(CONNECTED, 0x80000001)]
        assert [(e.kind, e.value) for e in ends.at_client] == [(CONNECTED, 0)]

    @pytest.mark.parametrize(("asked", "offered", "granted"), [(255, 4, 4), (2, 8, 2), (1, 1, 1)])
    def test_fewer_channels_win(self, asked: int, offered: int, granted: int) -> None:
        """Both ends have as many channels as the one with fewer wants."""
        ends = Ends(channels=offered)

        there, here = ends.connect(channels=asked)

        assert (there.channels, here.channels) == (granted, granted)

    def test_connect_data_is_kept(self) -> None:
        """The server's peer remembers the data of the CONNECT."""
        assert Ends().connect(data=77)[1].connect_data == 77

    @pytest.mark.parametrize("seed", range(8))
    def test_succeeds_over_a_bad_link(self, seed: int) -> None:
        """A fifth of the datagrams lost each way does not keep two ends apart."""
        ends = Ends(BAD, seed=seed)

        there, here = ends.connect()

        assert (there.state, here.state) == (CONNECTED, CONNECTED)

    def test_lost_acknowledgement_is_made_good(self) -> None:
        """A client whose acknowledgement was lost is connected once it has sent enough."""
        ends = Ends()
        there = ends.client.connect(SERVER, 4, 0, ends.now)
        ends.tick()
        ends.tick()
        assert there.state == CONNECTED and ends.server.peers[0].state == HALF_OPEN
        ends.drop()

        for _ in range(30):
            there.send(2, bytes(20), UNSEQUENCED)
            ends.tick()

        assert kinds(ends.at_server)[0] == CONNECTED
        assert len(payloads(ends.at_server)) > 20

    def test_full_server_says_so(self) -> None:
        """A full server answers with DISCONNECT and REFUSED_FULL, in fewer bytes than it got."""
        ends = Ends(peers=1)
        ends.connect()
        late = Host(1, 4, 99, accepts=False)
        late.connect(SERVER, 4, 0, ends.now)
        (connect, _) = late.datagrams_to_send(ends.now)[0]

        ends.server.receive_datagram(connect, b"late", ends.now)
        answer = [d for d, a in ends.server.datagrams_to_send(ends.now) if a == b"late"]
        late.receive_datagram(answer[0], SERVER, ends.now)

        assert [(e.kind, e.value) for e in late.take_events()] == [(DISCONNECTED, REFUSED_FULL)]
        assert (len(answer), len(answer[0])) == (1, 10)
        assert ends.server.connects_refused == 1

    def test_host_that_does_not_accept_stays_silent(self) -> None:
        """A client's host answers no CONNECT."""
        host = Host(1, 4, 1, accepts=False)

        host.receive_datagram(connect_datagram(), CLIENT, 0.0)

        assert (host.datagrams_to_send(0.0), host.connects_refused) == ([], 1)

    def test_silent_server_is_given_up(self) -> None:
        """A CONNECT that nobody answers ends in DISCONNECTED within 32 s."""
        host = Host(1, 4, 1, accepts=False)
        host.connect(SERVER, 4, 0, 0.0)

        for tick in range(32 * 64):
            host.datagrams_to_send(tick * TICK)

        assert kinds(host.take_events()) == [DISCONNECTED]
        assert host.next_timer(100.0) is None

    def test_reconnect_from_the_same_socket_replaces_the_old(self) -> None:
        """A client that forgot its connection gets a new one; the server hears of both."""
        ends = Ends()
        there, old = ends.connect()
        there.reset()
        ends.run(0.1)

        _, new = ends.connect()

        assert kinds(ends.at_server) == [CONNECTED, DISCONNECTED, CONNECTED]
        assert (old.state, new.state) == (DISCONNECTED, CONNECTED)

    def test_bad_arguments_are_named(self) -> None:
        """Limits out of range raise ValueError with the number in it."""
        with pytest.raises(ValueError, match="peer_limit 0"):
            Host(0, 4, 1)
        with pytest.raises(ValueError, match="channel_limit 256"):
            Host(1, 256, 1)
        with pytest.raises(ValueError, match="channels 0"):
            Host(1, 1, 1).connect(SERVER, 0, 0, 0.0)
        host = Host(1, 1, 1)
        host.connect(SERVER, 1, 0, 0.0)
        with pytest.raises(ValueError, match="all 1 peers"):
            host.connect(SERVER, 1, 0, 0.0)


class TestPackets:
    @pytest.mark.parametrize("mode", [RELIABLE, UNRELIABLE, UNSEQUENCED])
    def test_every_size_arrives_both_ways(self, mode: int) -> None:
        """On a good link packets of any size arrive whole, in order, with their channel."""
        ends = Ends()
        there, here = ends.connect()
        sent = [(3, bytes([n % 251] * n), mode) for n in SIZES]

        for channel, data, _ in sent:
            there.send(channel, data, mode)
            here.send(channel, data, mode)
            ends.run(0.5)

        # What is too long for a datagram cannot be unsequenced.
        expected = [
            (c, d, UNRELIABLE if m == UNSEQUENCED and len(d) > 1364 else m) for c, d, m in sent
        ]
        assert packets(ends.at_server) == expected
        assert packets(ends.at_client) == expected

    @pytest.mark.parametrize("seed", range(6))
    def test_reliable_survives_a_bad_link(self, seed: int) -> None:
        """Whatever the link does, reliable packets arrive once, in order, on each channel."""
        ends = Ends(BAD, seed=seed)
        there, here = ends.connect()
        sent = [(n % 3, b"%d " % n * (1 + n * 37 % 900), RELIABLE) for n in range(120)]

        for channel, data, mode in sent:
            there.send(channel, data, mode)
            here.send(channel, data, mode)
            ends.tick()
        ends.run(20)

        for channel in range(3):
            expected = [d for c, d, _ in sent if c == channel]
            assert [d for c, d, _ in packets(ends.at_server) if c == channel] == expected
            assert [d for c, d, _ in packets(ends.at_client) if c == channel] == expected

    @pytest.mark.parametrize("seed", range(6))
    def test_unreliable_never_goes_back(self, seed: int) -> None:
        """Unreliable packets arrive at most once and never after a later one."""
        ends = Ends(BAD, seed=seed)
        there, _ = ends.connect()
        there.throttle_configure(5000, 32, 0)

        for n in range(300):
            there.send(1, b"%04d" % n, UNRELIABLE)
            if n % 50 == 0:
                there.send(1, b"reliable", RELIABLE)
            ends.tick()
        ends.run(1)

        arrived = [d for _, d, mode in packets(ends.at_server) if mode == UNRELIABLE]
        assert arrived == sorted(set(arrived))
        assert 50 < len(arrived) < 300

    @pytest.mark.parametrize("seed", range(6))
    def test_unsequenced_arrives_at_most_once(self, seed: int) -> None:
        """Unsequenced packets come in any order, never twice, and only the lost are missing."""
        ends = Ends(BAD, seed=seed)
        there, _ = ends.connect()
        there.throttle_configure(5000, 32, 0)

        for n in range(300):
            there.send(2, b"%04d" % n, UNSEQUENCED)
            ends.tick()
        ends.run(1)

        arrived = payloads(ends.at_server)
        assert len(arrived) == len(set(arrived))
        assert 200 < len(arrived) < 300

    @pytest.mark.parametrize("seed", range(4))
    def test_unreliable_pieces_come_whole_or_not_at_all(self, seed: int) -> None:
        """A long unreliable packet is delivered only if all its pieces came."""
        quality = LinkQuality(loss=0.05, duplication=0.1, delay=0.01, jitter=0.02)
        ends = Ends(quality, seed=seed)
        there, _ = ends.connect()
        there.throttle_configure(5000, 32, 0)
        sent = [bytes([n]) * 5000 for n in range(60)]

        for data in sent:
            there.send(1, data, UNRELIABLE)
            ends.run(0.05)

        arrived = payloads(ends.at_server)
        assert [d for d in sent if d in arrived] == arrived
        assert 20 < len(arrived) < 60

    def test_unreliable_waits_for_the_reliable_before_it(self) -> None:
        """An unreliable packet that overtakes an earlier reliable one is delivered after it."""
        ends = Ends()
        there, _ = ends.connect()
        there.send(0, b"first", RELIABLE)
        ends.drop()
        there.send(0, b"second", UNRELIABLE)

        ends.run(2)

        assert payloads(ends.at_server) == [b"first", b"second"]

    def test_unreliable_numbers_do_not_run_out(self) -> None:
        """After 65,535 unreliable packets in a row one goes reliably, and all go on arriving."""
        ends = Ends()
        there, _ = ends.connect()

        for n in range(65_600):
            there.send(1, n.to_bytes(4, "big"), UNRELIABLE)
            if n % 200 == 0:
                ends.tick()
        ends.run(0.1)

        assert payloads(ends.at_server) == [n.to_bytes(4, "big") for n in range(65_600)]

    def test_reliable_numbers_wrap(self) -> None:
        """More than 65,536 reliable packets on one channel arrive in order."""
        ends = Ends()
        there, _ = ends.connect()

        for n in range(70_000):
            there.send(1, n.to_bytes(4, "big"), RELIABLE)
            if n % 500 == 0:
                ends.tick()
        ends.run(2)

        assert payloads(ends.at_server) == [n.to_bytes(4, "big") for n in range(70_000)]

    def test_datagrams_respect_the_mtu(self) -> None:
        """No datagram is longer than 1392 bytes, and small packets share one."""
        ends = Ends()
        there, _ = ends.connect()
        ends.run(0.1)
        before = len(ends.sent_up)

        for _ in range(30):
            there.send(0, bytes(10), RELIABLE)
        there.send(1, bytes(30_000), UNRELIABLE)
        ends.run(0.5)

        assert max(len(d) for d in ends.sent_up) <= 1392
        assert len(ends.sent_up[before]) > 400

    def test_wrong_sends_are_named(self) -> None:
        """A channel the peer lacks and a packet over 64 KiB raise ValueError."""
        there, _ = Ends().connect()

        with pytest.raises(ValueError, match="channel 4: the peer has channels 0 to 3"):
            there.send(4, b"", RELIABLE)
        with pytest.raises(ValueError, match="packet of 65537 bytes"):
            there.send(0, bytes(MAX_PACKET + 1), RELIABLE)

    def test_send_to_a_lost_peer_is_nothing(self) -> None:
        """Sending to a peer that is gone neither raises nor queues."""
        ends = Ends()
        there, _ = ends.connect()
        there.reset()

        there.send(0, b"too late", RELIABLE)

        assert ends.client.datagrams_to_send(ends.now) == []


class TestParting:
    def test_disconnect_carries_its_data(self) -> None:
        """The other end gets the data; the one that asked gets 0."""
        ends = Ends()
        there, _ = ends.connect()

        there.disconnect(42, ends.now)
        ends.run(0.2)

        assert [(e.kind, e.value) for e in ends.at_server[1:]] == [(DISCONNECTED, 42)]
        assert [(e.kind, e.value) for e in ends.at_client[1:]] == [(DISCONNECTED, 0)]
        assert ends.server.peers == [None]

    def test_disconnect_later_delivers_first(self) -> None:
        """All that was queued arrives before the DISCONNECT, over a bad link too."""
        ends = Ends(BAD)
        there, _ = ends.connect()
        sent = [b"%d" % n for n in range(50)]
        for data in sent:
            there.send(0, data, RELIABLE)

        there.disconnect_later(7, ends.now)
        ends.run(20)

        assert payloads(ends.at_server) == sent
        assert (ends.at_server[-1].kind, ends.at_server[-1].value) == (DISCONNECTED, 7)
        assert kinds(ends.at_client)[-1] == DISCONNECTED

    def test_disconnect_now_tells_once(self) -> None:
        """The other end hears of it; the one that left gets no event and has its slot back."""
        ends = Ends()
        there, _ = ends.connect()

        there.disconnect_now(9, ends.now)
        ends.run(0.1)

        assert [(e.kind, e.value) for e in ends.at_server[1:]] == [(DISCONNECTED, 9)]
        assert kinds(ends.at_client) == [CONNECTED]
        assert ends.client.peers == [None]

    def test_reset_is_silent_and_the_other_end_times_out(self) -> None:
        """After a reset the other end gets DISCONNECTED with 0 when it has waited long enough."""
        ends = Ends()
        there, here = ends.connect()
        here.set_timeout(4, 1000, 3000)

        there.reset()
        ends.run(4)

        assert [(e.kind, e.value) for e in ends.at_server[1:]] == [(DISCONNECTED, 0)]

    def test_silence_ends_after_the_default_time(self) -> None:
        """A peer that goes silent is lost after 5 to 31 s."""
        ends = Ends()
        ends.connect()
        ends.up.quality.loss = 1.0

        began = ends.now
        while len(ends.at_server) == 1 and ends.now < began + 40:
            ends.tick()

        assert kinds(ends.at_server) == [CONNECTED, DISCONNECTED]
        assert 5 <= ends.now - began <= 31

    def test_unanswered_disconnect_ends_in_5_seconds(self) -> None:
        """A disconnect that nobody acknowledges still ends, 5 s later."""
        ends = Ends()
        there, _ = ends.connect()
        ends.down.quality.loss = 1.0

        there.disconnect(1, ends.now)
        ends.run(4.5)
        assert kinds(ends.at_client) == [CONNECTED]
        ends.run(1)

        assert kinds(ends.at_client) == [CONNECTED, DISCONNECTED]

    def test_idle_connection_lives(self) -> None:
        """Pings keep two silent ends together for minutes, at 2 a second from each."""
        ends = Ends()
        ends.connect()
        before = len(ends.sent_up)

        ends.run(60)

        assert (kinds(ends.at_server), kinds(ends.at_client)) == ([CONNECTED], [CONNECTED])
        assert len(ends.sent_up) - before < 60 * 4 + 10

    def test_reader_that_never_acknowledges_is_given_up(self) -> None:
        """A peer with more than the bound of unacknowledged data is disconnected."""
        ends = Ends()
        _, here = ends.connect()
        ends.up.quality.loss = 1.0

        for _ in range(MAX_BACKLOG // MAX_PACKET + 1):
            here.send(0, bytes(MAX_PACKET), RELIABLE)
        ends.run(0.1)

        assert kinds(ends.at_server) == [CONNECTED, DISCONNECTED]


class TestMeasuring:
    def test_round_trip_follows_the_link(self) -> None:
        """The smoothed round trip is the link's, give or take the tick on which the ends answer."""
        ends = Ends(LinkQuality(delay=0.05))
        there, here = ends.connect()

        ends.run(20)

        assert 0.1 <= there.round_trip_time <= 0.15
        assert 0.1 <= here.round_trip_time <= 0.15
        assert here.round_trip_time_variance < 0.02

    def test_loss_is_seen(self) -> None:
        """A lossy link shows as packet loss after the first 10 s, a good one does not."""
        good, bad = Ends(), Ends(LinkQuality(loss=0.3))
        for ends in (good, bad):
            there, _ = ends.connect()
            for _ in range(25 * 64):
                if ends.now * 64 % 8 == 0:
                    there.send(0, b"x", RELIABLE)
                ends.tick()

        assert good.client.peers[0].packet_loss == 0.0
        assert 0.01 < bad.client.peers[0].packet_loss < 0.5

    def test_default_throttle_drops_when_the_round_trip_grows(self) -> None:
        """As in libenet, a longer round trip makes the sender thin out unreliable packets."""
        assert self._delivered_after_step(configure=False) < 150

    def test_throttle_with_no_deceleration_drops_nothing(self) -> None:
        """With throttle_configure(5000, 32, 0) every unreliable packet leaves."""
        assert self._delivered_after_step(configure=True) == 192

    def _delivered_after_step(self, configure: bool) -> int:
        ends = Ends(LinkQuality(delay=0.02))
        there, _ = ends.connect()
        if configure:
            there.throttle_configure(5000, 32, 0)
        ends.run(12)
        ends.up.quality.delay = ends.down.quality.delay = 0.12
        before = len(payloads(ends.at_server))
        for n in range(192):
            there.send(1, b"snapshot", UNRELIABLE)
            if n % 6 == 0:
                there.send(0, b"", RELIABLE)
            ends.tick()
        ends.run(1)
        return payloads(ends.at_server)[before:].count(b"snapshot")

    def test_throttle_configure_reaches_the_other_end(self) -> None:
        """Both ends use the parameters that one has set."""
        ends = Ends()
        there, here = ends.connect()

        here.throttle_configure(5000, 32, 0)
        ends.run(0.1)

        assert (there.throttle_interval, there.acceleration, there.deceleration) == (5000, 32, 0)


class TestTimer:
    def test_empty_host_has_no_timer(self) -> None:
        """A host without peers never has anything to do."""
        assert Host(4, 4, 1).next_timer(5.0) is None

    def test_queued_packet_is_due_now(self) -> None:
        """Something to send is due at once."""
        ends = Ends()
        there, _ = ends.connect()
        there.send(0, b"", RELIABLE)

        assert ends.client.next_timer(ends.now) == ends.now

    def test_sleeping_until_the_timer_is_enough(self) -> None:
        """Ends that wake only for datagrams and timers connect, deliver and stay connected."""
        ends = Ends(LinkQuality(loss=0.1, delay=0.02), seed=5)
        there = ends.client.connect(SERVER, 4, 0, ends.now)
        wakes = 0
        end = ends.now + 60
        while ends.now < end:
            if wakes == 50:
                there.send(0, b"hello", RELIABLE)
            ends.tick()
            wakes += 1
            times = [
                ends.client.next_timer(ends.now),
                ends.server.next_timer(ends.now),
                ends.up.next_arrival(),
                ends.down.next_arrival(),
            ]
            due = [t for t in times if t is not None]
            ends.now = max(ends.now, min(due, default=end) - TICK)

        assert kinds(ends.at_client) == [CONNECTED]
        assert payloads(ends.at_server) == [b"hello"]
        assert wakes < 2000


class TestForgery:
    def test_repeated_connect_takes_one_slot(self) -> None:
        """The same CONNECT again and again is one half-open peer and one answer each."""
        server = Host(4, 4, 1)

        for _ in range(5):
            server.receive_datagram(connect_datagram(), CLIENT, 0.0)

        assert len(server.half_open) == 1
        assert len(server.datagrams_to_send(0.0)) == 5

    def test_other_connect_of_the_same_address_replaces_it(self) -> None:
        """An address has one half-open peer, whatever ids it invents."""
        server = Host(4, 4, 1)

        for n in range(50):
            server.receive_datagram(connect_datagram(n), CLIENT, 0.0)

        assert (len(server.half_open), server.used(), len(server.peers)) == (1, 0, 1)

    def test_unverified_address_gets_no_more_than_it_sent(self) -> None:
        """Over the life of forged CONNECTs fewer bytes go out than came in."""
        server = Host(4, 4, 1)
        for n in range(200):
            server.receive_datagram(connect_datagram(n % 3), b"victim%d" % (n % 40), n / 100)
            server.receive_datagram(bytes([0, 0, 5, 255, 0, 2]), b"victim%d" % (n % 40), n / 100)
            server.datagrams_to_send(n / 100)

        for tick in range(40 * 64):
            server.datagrams_to_send(2 + tick / 64)

        assert 0 < server.bytes_out <= server.bytes_in
        assert (len(server.half_open), server.next_timer(50.0)) == (0, None)

    def test_flood_of_connects_leaves_room_for_the_honest(self) -> None:
        """10,000 forged CONNECTs take no slot from a client, which connects in their midst."""
        ends = Ends(peers=2)
        forged = connect_datagram()
        ends.client.connect(SERVER, 4, 0, ends.now)

        for n in range(10_000):
            ends.server.receive_datagram(forged, b"%d" % n, ends.now)
            if n % 500 == 0:
                ends.tick()

        assert kinds(ends.at_client) == [CONNECTED]
        assert len(ends.server.half_open) == HALF_OPEN_LIMIT
        ends.run(6)
        assert ends.server.half_open == {}
        assert kinds(ends.at_server) == [CONNECTED]

    def test_acknowledgement_needs_the_sent_time(self) -> None:
        """Who cannot read VERIFY_CONNECT cannot open the connection: its sent time is a secret."""
        server = Host(4, 4, 1)
        server.receive_datagram(connect_datagram(), CLIENT, 0.0)
        ((verify, _),) = server.datagrams_to_send(0.0)
        session = server.peers[0].incoming_session
        opened = 0

        for guess in range(0, 65_536, 16):
            ack = (session << 12).to_bytes(2, "big") + b"\x01\xff\x00\x01\x00\x01"
            server.receive_datagram(ack + guess.to_bytes(2, "big"), CLIENT, 0.0)
            opened += len(server.take_events())

        sent_time = int.from_bytes(verify[2:4], "big")
        assert opened == (1 if sent_time % 16 == 0 else 0)
        if not opened:
            server.receive_datagram(ack + verify[2:4], CLIENT, 0.0)
            assert kinds(server.take_events()) == [CONNECTED]

    def test_other_address_cannot_speak_for_a_peer(self) -> None:
        """A datagram with the right ids from the wrong address is counted and dropped."""
        ends = Ends()
        there, _ = ends.connect()
        there.send(0, b"x", RELIABLE)
        ((data, _),) = ends.client.datagrams_to_send(ends.now + 1)

        ends.server.receive_datagram(data, b"someone else", ends.now)

        assert (ends.server.take_events(), ends.server.unknown_peer) == ([], 1)

    def test_compressed_datagram_is_refused(self) -> None:
        """A compressed datagram is counted and otherwise ignored."""
        server = Host(4, 4, 1)

        server.receive_datagram(b"\x5f\xff" + bytes(40), CLIENT, 0.0)

        assert (server.compressed_refused, server.malformed) == (1, 0)

    def test_waiting_data_is_bounded(self) -> None:
        """A peer that floods faster than its events are taken is cut off, and recovers."""
        ends = Ends()
        there, here = ends.connect()
        there.throttle_configure(5000, 32, 0)
        ends.run(0.5)
        for _ in range(40):
            there.send(1, bytes(10_000), UNRELIABLE)
            for data, _ in ends.client.datagrams_to_send(ends.now):
                ends.server.receive_datagram(data, CLIENT, ends.now)

        assert ends.server.no_room > 0
        assert here.waiting <= 128 * 1024
        ends.run(1)
        assert here.waiting == 0
        there.send(0, b"still there", RELIABLE)
        ends.run(0.5)
        assert payloads(ends.at_server)[-1] == b"still there"

    def test_unfinished_packets_are_bounded(self) -> None:
        """Pieces of ever new long packets fill the bound, no more, and reliable ones pass."""
        ends = Ends()
        there, here = ends.connect()
        for n in range(100):
            head = there.header + bytes([12, n % 4, 0, 0]) + (n + 1).to_bytes(2, "big")
            piece = (1).to_bytes(2, "big") + (2).to_bytes(4, "big") + bytes(4)
            whole = (60_000).to_bytes(4, "big") + bytes(4) + b"x"
            ends.server.receive_datagram(head + piece + whole, CLIENT, ends.now)

        assert 60_000 < here.waiting <= 128 * 1024
        there.send(0, bytes(60_000), RELIABLE)
        ends.run(2)
        assert len(payloads(ends.at_server)[-1]) == 60_000
