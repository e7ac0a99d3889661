"""The cheap brain plays enough to load a server."""

import pytest
from halls import hall
from memory import Game

from tremble.client.script import HeadDecoder, Script
from tremble.errors import ProtocolError
from tremble.net.snapshot import Decoder, Encoder, view
from tremble.sim import step
from tremble.sim.state import ALIVE


def test_scripts_run_and_shoot():
    """Two scripted clients move about and fire, whatever they are told."""
    game = Game(hall())
    clients = [(game.client(f"load {i}"), Script(i)) for i in range(2)]
    places = set()
    for _ in range(240):
        for client, script in clients:
            client.usercmd(script.usercmd(client))
        game.tick()
        player = game.arena.world.players[0]
        if player.life == ALIVE:
            places.add((int(player.pos[0]) // 64, int(player.pos[1]) // 64))

    assert len(places) > 4
    assert game.arena.world.players[0].ammo_machinegun < 100


def test_the_head_of_a_snapshot_is_read_as_by_the_whole_decoder():
    """Tick, last usercmd, lead and fullness are those that the real decoder reads."""
    world = step.new_world(hall(), 1)
    encoder, decoder = Encoder(), Decoder()
    for acked in (0, 1, 2):
        step.step(world, [None] * 16)
        encoder.add(view(world, []))
        data = encoder.encode(-1, acked, 0, 70_000 + acked, acked - 2)[0]
        whole, head = decoder.decode(data), HeadDecoder().decode(data)

        assert (head.frame.tick, head.usercmd, head.lead, head.full) == (
            whole.frame.tick,
            whole.usercmd,
            whole.lead,
            whole.full,
        )


@pytest.mark.parametrize("data", [b"", b"\x80\x01", b"\x81" + bytes(20)])
def test_what_is_no_snapshot_is_refused(data):
    """Short and foreign packets are protocol errors."""
    with pytest.raises(ProtocolError):
        HeadDecoder().decode(data)


def test_a_client_that_reads_heads_is_sent_deltas():
    """The server takes its acknowledgements: after the start no snapshot is sent in full."""
    game = Game(hall())
    client, script = game.client("load"), Script(1)
    client.decoder = HeadDecoder()
    full = 0
    for tick in range(120):
        client.usercmd(script.usercmd(client))
        game.tick()
        full += tick > 60 and client.snapshot.full

    assert client.undecodable == 0
    assert client.snapshots > 100
    assert full == 0
