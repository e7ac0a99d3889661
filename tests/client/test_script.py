"""The cheap brain plays enough to load a server."""

from halls import hall
from memory import Game

from tremble.client.script import Script
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
