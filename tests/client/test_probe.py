"""Probing without sockets: lost datagrams, liars and silence, in time that is handed in."""

import json
from random import Random

import pytest
from client.fake_servers import info
from hypothesis import given, settings
from hypothesis import strategies as st

from tremble.client import probe
from tremble.client.probe import Lost, Prober, Seen, shown
from tremble.net.query import answer, info_response

HERE = ("10.0.0.1", 4433)


def sweep(prober, servers, now=0.0, loss=0.0, trip=0.05, seed=1, before=lambda now: None):
    """Sweep with *servers* (address -> what is told) at *trip* seconds; return events and end."""
    dice = Random(seed)
    coming = []  # when, data, address
    events = []
    prober.begin(now)
    before(now)
    end = now + 60.0
    while prober.unsettled:
        assert now < end, "it never ends"
        for data, address in prober.poll(now):
            reply = answer(data, servers[address]) if address in servers else None
            assert reply is None or len(reply) <= len(data)
            if reply is not None and dice.random() >= loss:
                coming.append((now + trip, reply, address))
        for when, data, address in [one for one in coming if one[0] <= now]:
            prober.receive(data, address, now)
            coming.remove((when, data, address))
        events += prober.take_events()
        now += 0.005
    return events, now


def many(count):
    return {("10.0.0.1", 1000 + i): info_response(info(f"n{i}", i % 16)) for i in range(count)}


def test_a_server_is_told_of_with_its_ping():
    """At the first answer, and once more when the ping is measured."""
    prober = Prober(1)
    prober.add(HERE, "known", 0.0)
    events, end = sweep(prober, {HERE: info_response(info("here"))})

    assert [type(event) for event in events] == [Seen, Seen, Seen]
    assert [event.new for event in events] == [True, False, False]
    assert events[0].info.name == "here"
    assert 45.0 <= events[-1].ping_ms <= 65.0
    assert end < 0.5


def test_a_server_with_more_to_tell_is_asked_longer():
    """Its answer does not fit the first question; it says so."""
    prober = Prober(1)
    prober.add(HERE, "known", 0.0)
    events, end = sweep(prober, {HERE: info_response(info("full", 15))})

    assert len(events[0].info.players) == 15
    assert end < 0.6


def test_silence_ends_the_sweep_and_only_then_is_a_server_lost():
    """Who never was there is not lost; who was, is, once; and can be found anew."""
    prober = Prober(1)
    prober.add(HERE, "known", 0.0)
    there = {HERE: info_response(info("here"))}

    assert sweep(prober, {})[0] == []
    assert sweep(prober, there, 10.0)[0][0].new
    events, end = sweep(prober, {}, 20.0)
    assert events == [Lost(HERE)]
    assert end - 20.0 == pytest.approx(0.4 * (1 + 2 + 3), abs=0.1)
    assert sweep(prober, {}, 30.0)[0] == []
    assert sweep(prober, there, 40.0)[0][0].new


@settings(max_examples=20)
@given(st.integers(0, 2**20), st.sampled_from([0.0, 0.1, 0.3]))
def test_every_sweep_ends_whatever_is_lost(seed, loss):
    """Each server is new once at most, lost only if it was there, and pings are never too short."""
    prober = Prober(seed)
    servers = many(12)
    for address in servers:
        prober.add(address, "master", 0.0)
    there = set()
    for number in range(3):
        events, _ = sweep(prober, servers, number * 100.0, loss, seed=seed + number)
        for event in events:
            if isinstance(event, Lost):
                there.remove(event.address)
            else:
                assert event.new == (event.address not in there)
                there.add(event.address)
                assert event.ping_ms >= 49.9
    assert loss or there == set(servers)


def test_the_rate_holds():
    """No more datagrams in a second than were allowed, and at most a burst at once."""
    prober = Prober(1, rate=500.0)
    for address in many(600):
        prober.add(address, "master", 0.0)
    prober.begin(0.0)
    sent = [len(prober.poll(tick / 100)) for tick in range(100)]

    assert sent[0] <= probe.BURST + 2
    assert 480 <= sum(sent) <= 500 + probe.BURST + 2


def test_a_pong_counts_once_and_by_its_number_alone():
    """Guessed, repeated and strange ones say nothing of the distance."""
    prober = Prober(1000)
    prober.add(HERE, "known", 0.0)
    prober.begin(0.0)
    [ping] = [json.loads(d)["timestamp"] for d, _ in prober.poll(0.0) if b'"ping"' in d]
    for value in (ping + 77, None, 1.5, -1):
        prober.receive(json.dumps({"type": "pong", "timestamp": value}).encode(), HERE, 0.01)
    prober.receive(info_response(info("here")), HERE, 0.02)
    assert prober.take_events() == []
    for _ in range(5):
        prober.receive(json.dumps({"type": "pong", "timestamp": ping}).encode(), HERE, 0.03)

    [seen] = prober.take_events()
    assert seen.ping_ms == pytest.approx(30.0)


def test_strangers_are_heard_after_a_broadcast_alone():
    """And for as long as its answers may take."""
    prober = Prober(1)
    told = info_response(info("stranger"))
    prober.receive(told, HERE, 0.0)
    assert not prober.probes
    question = prober.broadcast(1.0, 0.5)
    prober.receive(told, HERE, 1.4)
    prober.receive(told, ("10.0.0.2", 4433), 1.6)

    assert json.loads(question)["type"] == "server_discovery"
    assert list(prober.probes) == [HERE]
    assert prober.probes[HERE].sources == {"lan"}


def test_who_answers_a_broadcast_is_pinged_and_told_of():
    """Without being asked again for what it has just said."""
    prober = Prober(1)
    told = info_response(info("neighbour"))

    def hear(now):
        prober.broadcast(now, 0.5)
        prober.receive(told, HERE, now)

    events, _ = sweep(prober, {HERE: told}, before=hear)

    assert events[-1].info.name == "neighbour"
    assert events[-1].sources == {"lan"}


@given(st.lists(st.binary(max_size=60) | st.just(b'{"type":"pad","bytes":1200}'), max_size=20))
def test_any_bytes_are_taken(datagrams):
    """Nothing raises, and a server that only ever says pad is given up in the end."""
    prober = Prober(1)
    prober.add(HERE, "known", 0.0)
    prober.begin(0.0)
    now = 0.0
    for data in datagrams:
        prober.poll(now)
        prober.receive(data, HERE, now)
        now += 0.1
    for _ in range(100):
        prober.poll(now)
        now += 0.1

    assert not prober.unsettled


def test_a_hostile_list_has_an_end(monkeypatch):
    """Servers beyond MAX_SERVERS are not taken."""
    monkeypatch.setattr(probe, "MAX_SERVERS", 3)
    prober = Prober(1)

    taken = [prober.add(("10.0.0.1", port), "master", 0.0) is not None for port in range(1, 6)]

    assert taken == [True, True, True, False, False]


def test_addresses_are_shown_as_people_write_them():
    """An IPv6 host in brackets."""
    assert shown(HERE) == "10.0.0.1:4433"
    assert shown(("::1", 4433)) == "[::1]:4433"
