"""Bots play: they join, arm, fight, die, come back and finish matches, by what clients are told."""

import pytest
from halls import hall
from memory import Game
from rooms import arena, entity

from tremble.client.bots import Bot
from tremble.client.client import Client
from tremble.client.navigation import Graph, build
from tremble.client.view import Own, Rocket
from tremble.match.match import MatchSettings
from tremble.net.messages import JOIN_BOT
from tremble.result import MatchResult
from tremble.sim.level import Level
from tremble.sim.state import ALIVE, DEAD, EV_FIRE, EV_HIT, ROCKET_LAUNCHER, Event

MINUTE = MatchSettings(60.0, 0, 0.5, 0.5, 30.0, 1.0)
SHORT = MatchSettings(20.0, 0, 0.5, 0.5, 30.0, 1.0)


@pytest.fixture(scope="module")
def slate() -> tuple[Level, Graph]:
    """The shipped arena and its graph."""
    place = arena()
    return place, build(place)


@pytest.fixture(scope="module")
def box_room() -> tuple[Level, Graph]:
    """A small hall without items, with a spawn point in each corner: players cannot miss each other."""
    corners = [(x, y) for x in (-200, 200) for y in (-200, 200)]
    place = hall(
        entities=[entity("info_player_deathmatch", origin=f"{x} {y} 24") for x, y in corners]
    )
    return place, build(place)


class Play:
    """A game in memory with its bots; *tick* lets each of them think once."""

    def __init__(self, ground: tuple[Level, Graph], settings: MatchSettings, mode: str) -> None:
        self.level, self.graph = ground
        self.game = Game(self.level, mode, settings)
        self.bots: list[tuple[Client, Bot]] = []

    def add(self, skill: float, seed: int) -> Bot:
        client = self.game.client(f"bot {len(self.bots)}", JOIN_BOT)
        bot = Bot(self.level, self.graph, skill, seed)
        self.bots.append((client, bot))
        return bot

    def tick(self) -> None:
        for client, bot in self.bots:
            client.usercmd(bot.usercmd(client))
        self.game.tick()

    def until_result(self, most: int) -> MatchResult:
        """Play until a match is over, at most *most* ticks."""
        for _ in range(most):
            self.tick()
            if self.game.results:
                return self.game.results[0]
        raise AssertionError(f"no match was over after {most} ticks")


def duel(
    ground: tuple[Level, Graph], settings: MatchSettings, skills: tuple[float, float], seed: int
) -> MatchResult:
    """The result of a duel between two bots."""
    play = Play(ground, settings, "duel")
    for i, skill in enumerate(skills):
        play.add(skill, seed + i)
    return play.until_result(5 * 3600)


def test_two_bots_finish_a_duel(slate):
    """A duel of a minute ends with frags, shots that hit, items taken, and a result for the record."""
    result = duel(slate, MINUTE, (0.7, 0.7), 2)

    assert len(result.players) == 2
    assert all(line.bot and not line.left for line in result.players)
    assert sum(line.kills for line in result.players) >= 2
    assert sum(line.suicides for line in result.players) <= 1
    assert all(0.05 < line.accuracy < 0.9 for line in result.players)
    assert all(sum(line.items.values()) >= 3 for line in result.players)


def test_the_same_seeds_play_the_same_duel(box_room):
    """Bots with the same seeds in the same game do the same to the last shot."""
    first, second = duel(box_room, SHORT, (0.5, 0.5), 3), duel(box_room, SHORT, (0.5, 0.5), 3)

    assert [(p.shots, p.hits, p.kills) for p in first.players] == [
        (p.shots, p.hits, p.kills) for p in second.players
    ]


def test_skill_wins(box_room):
    """Face to face, a bot of skill 0.9 deals half as much again as one of 0.1, over three duels."""
    dealt = {"bot 0": 0, "bot 1": 0}
    for seed in (10, 20, 30):
        for line in duel(box_room, SHORT, (0.9, 0.1), seed).players:
            dealt[line.name] += line.damage_given

    assert dealt["bot 0"] > 1.5 * dealt["bot 1"] > 0


def test_bots_arm_themselves(slate):
    """Alone in the warmup, a bot has a rocket launcher and armour within 25 seconds."""
    play = Play(slate, MINUTE, "duel")
    play.add(0.5, 1)

    for _ in range(25 * 60):
        play.tick()

    player = play.game.arena.world.players[0]
    assert player.weapons & 1 << ROCKET_LAUNCHER
    assert player.armour > 0


def test_bots_do_not_stand_about(slate):
    """In a free-for-all of four, fewer than a tenth of the seconds are spent on one spot."""
    play = Play(slate, MINUTE, "ffa")
    for i in range(4):
        play.add(0.5, i)
    still = seconds = 0
    before = {}
    for tick in range(30 * 60):
        play.tick()
        if tick % 60:
            continue
        for player in play.game.arena.world.players:
            if player.life == ALIVE and player.slot in before:
                seconds += 1
                gap = [abs(a - b) for a, b in zip(player.pos, before[player.slot], strict=True)]
                still += max(gap) < 32.0
        before = {p.slot: p.pos for p in play.game.arena.world.players if p.life == ALIVE}

    assert seconds > 60
    assert still < seconds / 10


def test_the_dead_come_back(box_room):
    """A dead bot is alive again within three seconds."""
    play = Play(box_room, MINUTE, "duel")
    play.add(0.5, 1)
    for _ in range(60):
        play.tick()
    player = play.game.arena.world.players[0]
    player.life, player.health, player.respawn = DEAD, 0, 1200

    for _ in range(180):
        play.tick()

    assert play.game.arena.world.players[0].life == ALIVE


def test_a_bot_needs_time_to_react(box_room):
    """A bot fires at somebody who has come into sight after its reaction time, not before."""
    play = Play(box_room, MINUTE, "duel")
    bot = play.add(0.5, 1)
    play.add(0.5, 2)
    seen = reacted = None
    for tick in range(300):
        play.tick()
        contact = next(iter(bot.contacts.values()), None)
        if seen is None and contact is not None and contact.visible:
            seen = tick
        if bot.target is not None:
            reacted = tick
            break

    assert seen is not None and reacted is not None
    assert reacted - seen >= bot.reaction - 1


def test_rockets_are_dodged_to_the_nearer_side(box_room):
    """From a rocket that will pass close a bot runs to the side away from its path; others it lets pass."""
    bot = Bot(*box_room, 0.5, 1)
    me = Own([ALIVE, 0, 0, 24 * 64, 0, 0, 0, 100, 0, 0, 1, 100, 0, 0, 0, 0, 1, 0])

    def rocket(x: int, y: int, speed: int) -> Rocket:
        return Rocket([1, x * 8, y * 8, 24 * 8, speed, 0, 0])

    assert bot.dodge([rocket(-200, -30, 900)], me) == pytest.approx(16384.0)
    assert bot.dodge([rocket(-200, 30, 900)], me) == pytest.approx(49152.0)
    assert bot.dodge([rocket(-200, 0, -900), rocket(-200, 200, 900)], me) is None


def test_foreign_events_do_no_harm(box_room):
    """Events of players that cannot be, as a hostile server may send them, are passed over."""
    play = Play(box_room, MINUTE, "duel")
    bot = play.add(0.5, 1)
    for _ in range(60):
        play.tick()
    client = play.bots[0][0]

    for a in (-1, 16, 30):
        client.events.append((client.frame.tick, Event(EV_FIRE, a=a)))
        client.events.append((client.frame.tick, Event(EV_HIT, a=a, b=client.slot)))
    bot.usercmd(client)

    assert bot.contacts == {}


def test_a_level_without_places_is_outlived():
    """Where nothing can be walked, over a void, a bot stands there and lives on."""
    place = hall()
    play = Play((place, Graph()), MINUTE, "duel")
    play.add(0.5, 1)
    play.add(0.5, 2)

    for _ in range(120):
        play.tick()

    assert play.game.arena.world.players[0].life == ALIVE


def test_before_it_knows_anything_a_bot_does_nothing(box_room):
    """Without a snapshot the command is neutral."""
    play = Play(box_room, MINUTE, "duel")
    bot = play.add(0.5, 1)

    command = bot.usercmd(play.bots[0][0])

    assert (command.forward, command.side, command.buttons) == (0, 0, 0)
