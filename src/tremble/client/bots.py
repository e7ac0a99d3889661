"""A bot: the brain of a client without a screen. It knows no more than a client is told.

  frame, events -> look, hear -> contacts (where it believes the others to be)
  own state, items, contacts -> plan -> a goal the walker leads to
  contact in sight -> weapon, aim, trigger, footwork          -> one usercmd a tick

*skill* 0 to 1 sets its reaction, its hand (aim.py) and its footwork.
"""

from collections import deque
from math import cos, hypot, pi, sin
from random import Random
from typing import Final

from tremble.client import view
from tremble.client.aim import DEGREE, TURN, Aim, angles, between, difference
from tremble.client.client import Client
from tremble.client.goals import best_item
from tremble.client.navigation import UNREACHABLE, Graph
from tremble.client.steering import Walker
from tremble.client.view import Other, Own, Rocket
from tremble.net.fields import numbers
from tremble.net.snapshot import Frame
from tremble.sim.level import Level
from tremble.sim.state import (
    ALIVE,
    BUTTON_ATTACK,
    BUTTON_JUMP,
    EV_FIRE,
    EV_HIT,
    MACHINEGUN,
    MAX_PLAYERS,
    RAILGUN,
    ROCKET_LAUNCHER,
    Event,
    Usercmd,
)
from tremble.sim.trace import trace
from tremble.sim.tuning import (
    DT,
    HITSCAN_RANGE,
    ROCKET_SPEED,
    SPLASH_RADIUS,
    TICK_RATE,
)
from tremble.sim.vector import Vec, mad, view_axes

#: Ticks until a bot acts on what it sees: 330 ms for the worst, 130 ms for the best.
REACTION: Final = (20.0, 8.0)
#: Half the angle that it sees, in 16-bit turns: 60 degrees.
SIGHT: Final = 60.0 * DEGREE
#: Units within which it hears shots.
HEARING: Final = 1200.0
#: Ticks between two looks at the same player.
LOOK_EVERY: Final = 3
#: Ticks after which somebody out of sight must be noticed anew, after which it is forgotten.
LOST: Final = 30
FORGOTTEN: Final = 10 * TICK_RATE
#: Ticks between two plans; how much better another goal must be to be preferred.
PLAN_EVERY: Final = 20
STUBBORN: Final = 1.3
#: Ticks for which a goal that could not be reached is left alone.
SHUN: Final = 10 * TICK_RATE
#: Worth of an enemy for a bot that is well off, and for one that is not.
PREY: Final = 90.0
PREY_WHEN_WEAK: Final = 15.0
#: Health and armour below which a bot looks for more before it fights on.
WEAK: Final = 60
#: Units at which each weapon is fought with: machinegun, railgun, rocket launcher.
DISTANCE: Final = (350.0, 600.0, 300.0)
#: Units beyond which a bot that sees somebody still comes nearer first.
FAR: Final = 1100.0
#: Units off the target, as seen, at which the trigger is pulled, by weapon; less with more skill.
TOLERANCE: Final = (48.0, 20.0, 56.0)
#: Rockets are not fired at what is nearer than this.
BLAST: Final = SPLASH_RADIUS
#: Units of a rocket's way ahead that the worst and the best player watch out for, and how close to it
#: is too close.
WARNING: Final = (150.0, 700.0)
TOO_CLOSE: Final = 120.0
#: Ticks between two thoughts about the weapon; changing takes 27.
RETHINK: Final = 45


class Contact:
    """Another player as the bot knows it; *past* holds what it saw, the oldest as old as its reaction."""

    def __init__(self, slot: int, reaction: int) -> None:
        self.slot = slot
        self.past: deque[Other] = deque(maxlen=reaction)
        self.visible = False
        self.noticed_at = 0  # tick from which it is reacted to
        self.seen_at = -FORGOTTEN
        self.known_at = -FORGOTTEN  # by sight or sound
        self.pos: Vec = (0.0, 0.0, 0.0)


class Bot:
    """The brain of one client in *level*; *seed* makes its mistakes."""

    def __init__(self, level: Level, graph: Graph, skill: float, seed: int) -> None:
        self.level = level
        self.graph = graph
        self.skill = skill
        self.random = Random(seed)
        self.reaction = round(between(REACTION, skill))
        self.aim = Aim(skill, self.random)
        self.walker = Walker(level, graph, self.random)
        self.anchors = [place for place in graph.items + graph.spawns if place >= 0]
        self.contacts: dict[int, Contact] = {}
        self.tick = 0
        self.target: Contact | None = None
        self.item = -1  # the item that it goes for
        self.shunned: dict[int, int] = {}  # item: until which tick
        self.planned_at = 0
        self.weapon = MACHINEGUN
        self.thought_at = 0
        self.side = 1.0
        self.side_until = 0
        self.jumped = False

    def usercmd(self, client: Client) -> Usercmd:
        """Return what to do on this tick, after what *client* has been told."""
        frame = client.frame
        me = view.own(frame, client.slot) if frame is not None else None
        if frame is None or me is None:
            return Usercmd()
        self.tick = frame.tick
        for _, event in client.take_events():
            self.hear(event, client.slot, me, frame)
        if me.life != ALIVE:
            return self.lie()
        self.look(frame, client.slot, me)
        self.target = self.pick(me)
        self.plan(frame, me)
        heading = self.walker.steer(me, self.tick)
        escape = self.dodge(view.rockets(frame, client.slot), me)
        if self.target is not None:
            return self.fight(me, self.target, heading, escape)
        return self.run(me, heading if escape is None else escape)

    def lie(self) -> Usercmd:
        """Wait for the respawn; forget what was."""
        self.contacts.clear()
        self.target = None
        self.weapon = MACHINEGUN
        self.walker.stop()
        buttons = BUTTON_ATTACK if self.tick % 8 < 4 else 0
        return self.command(None, buttons, False)

    def hear(self, event: Event, slot: int, me: Own, frame: Frame) -> None:
        """Take in what happened: shots tell where somebody is."""
        loud = event.kind == EV_FIRE and distance(event.pos, me.pos) < HEARING
        hit = event.kind == EV_HIT and event.b == slot
        if event.a == slot or not 0 <= event.a < MAX_PLAYERS or not (loud or hit):
            return
        told = frame.players[event.a]
        values = [] if told is None else numbers(told)
        if values and values[0] == ALIVE:
            contact = self.contact(event.a)
            contact.known_at = self.tick
            contact.pos = Other(event.a, values).pos

    def contact(self, slot: int) -> Contact:
        if slot not in self.contacts:
            self.contacts[slot] = Contact(slot, self.reaction)
        return self.contacts[slot]

    def look(self, frame: Frame, slot: int, me: Own) -> None:
        """See who is there; every player is looked for on another tick."""
        others = {other.slot: other for other in view.others(frame, slot)}
        for gone in [i for i in self.contacts if i not in others]:
            del self.contacts[gone]
        for other in others.values():
            contact = self.contacts.get(other.slot)
            if (self.tick + other.slot) % LOOK_EVERY == 0:
                sees = self.sees(me, other.pos, contact)
                contact = self.contact(other.slot) if sees else contact
                if contact is not None:
                    self.note(contact, sees)
            if contact is not None and contact.visible:
                contact.past.append(other)
                contact.seen_at = contact.known_at = self.tick
                contact.pos = other.pos

    def note(self, contact: Contact, sees: bool) -> None:
        """Note whether the *contact* is in sight from now on."""
        if sees and not contact.visible and self.tick - contact.seen_at > LOST:
            contact.past.clear()
            contact.noticed_at = self.tick + self.reaction
        contact.visible = sees

    def sees(self, me: Own, pos: Vec, contact: Contact | None) -> bool:
        """Say whether a player at *pos* is before the eyes; who is known of is looked for all round."""
        yaw = angles(me.eyes, pos)[0]
        known = contact is not None and self.tick - contact.known_at < TICK_RATE
        if not known and abs(difference(yaw, self.aim.yaw)) > SIGHT:
            return False
        head = (pos[0], pos[1], pos[2] + 24.0)
        return self.clear(me.eyes, pos) or self.clear(me.eyes, head)

    def clear(self, start: Vec, end: Vec) -> bool:
        return trace(self.level, start, end).fraction == 1.0

    def pick(self, me: Own) -> Contact | None:
        """Return whom to fight: the nearest one noticed, but rather whom it fights already."""
        best, found = HITSCAN_RANGE, None
        for contact in self.contacts.values():
            if not contact.visible or self.tick < contact.noticed_at or not contact.past:
                continue
            away = distance(contact.pos, me.pos) * (0.6 if contact is self.target else 1.0)
            if away < best:
                best, found = away, contact
        if found is not None and found is not self.target:
            self.aim.startle()
        return found

    # where to go

    def plan(self, frame: Frame, me: Own) -> None:
        """Choose a goal when the old one is reached, gone or has been followed for a while."""
        taken = self.item >= 0 and not frame.items >> self.item & 1
        if self.walker.failed and self.item >= 0:
            self.shunned[self.item] = self.tick + SHUN
        lost = taken or self.walker.failed or self.walker.goal < 0
        if not lost and self.tick - self.planned_at < PLAN_EVERY:
            return
        place = self.graph.near(me.pos)
        if place < 0 or not me.on_ground or not self.anchors:
            return
        self.planned_at = self.tick
        self.shunned = {i: to for i, to in self.shunned.items() if to > self.tick}
        self.choose(frame, me, place, lost)

    def choose(self, frame: Frame, me: Own, place: int, lost: bool) -> None:
        """Go for the best item, for an enemy, or just somewhere."""
        item, value = best_item(self.level, self.graph, place, me, frame.items, set(self.shunned))
        prey, prey_value = self.prey(me, place)
        if not lost and max(value, prey_value) < STUBBORN * self.worth_now(frame, me, place):
            return
        if prey is not None and prey_value > value:
            self.item = -1
            self.walker.go(self.anchor(prey.pos), prey.pos)
        elif item >= 0:
            self.item = item
            self.walker.go(self.graph.items[item], self.level.items[item].pos)
        elif lost or place == self.walker.goal:
            self.item = -1
            goal = self.random.choice(self.anchors)
            self.walker.go(goal, self.graph.places[goal])

    def worth_now(self, frame: Frame, me: Own, place: int) -> float:
        """Return what the item gone for is worth a second by now."""
        if self.item < 0:
            return 0.0
        only = 1 << self.item & frame.items
        return best_item(self.level, self.graph, place, me, only, set())[1]

    def prey(self, me: Own, place: int) -> tuple[Contact | None, float]:
        """Return the enemy most worth going for, and its worth a second."""
        armed = me.has(ROCKET_LAUNCHER) or me.has(RAILGUN)
        worth = PREY if armed and not self.weak(me) else PREY_WHEN_WEAK
        best, found = 0.0, None
        for contact in self.contacts.values():
            if self.tick - contact.known_at > FORGOTTEN:
                continue
            seconds = self.graph.field(self.anchor(contact.pos))[place]
            if seconds < UNREACHABLE and worth / (seconds + 2.0) > best:
                best, found = worth / (seconds + 2.0), contact
        return found, best

    def anchor(self, pos: Vec) -> int:
        """Return the place of an item or spawn nearest to *pos*: their fields are soon all known."""
        places = self.graph.places
        return min(self.anchors, key=lambda place: distance(places[place], pos))

    def weak(self, me: Own) -> bool:
        return me.health + me.armour * 0.66 < WEAK

    # what to do there

    def run(self, me: Own, heading: float | None) -> Usercmd:
        """Go on, looking ahead, or towards whom it has just lost from sight or heard."""
        looked_for = [c for c in self.contacts.values() if self.tick - c.known_at < 2 * TICK_RATE]
        if looked_for:
            nearest = min(looked_for, key=lambda c: distance(c.pos, me.pos))
            self.aim.turn(*angles(me.eyes, nearest.pos))
        elif heading is not None:
            self.aim.turn(heading, 0.0)
        self.choose_weapon(me, DISTANCE[ROCKET_LAUNCHER])
        return self.command(heading, 0, self.walker.jump)

    def fight(
        self, me: Own, target: Contact, heading: float | None, escape: float | None
    ) -> Usercmd:
        """Shoot at *target*, and move so that it is hard to hit back."""
        away = distance(target.pos, me.pos)
        self.choose_weapon(me, away)
        point = self.aim_point(me, target)
        yaw, pitch = angles(me.eyes, point)
        self.aim.follow(yaw, pitch)
        buttons = BUTTON_ATTACK if self.fires(me, point, yaw, pitch) else 0
        jump = self.walker.jump
        if escape is not None:
            heading = escape
        elif me.on_ground and not self.busy(me, away):
            heading = self.footwork(me, target, away)
            jump = self.random.random() < between((0.2, 0.9), self.skill) * DT
        return self.command(heading, buttons, jump)

    def busy(self, me: Own, away: float) -> bool:
        """Say whether there is something better to do than dancing around the enemy."""
        armed = me.has(ROCKET_LAUNCHER) or me.has(RAILGUN)
        return away > FAR or (self.item >= 0 and (self.weak(me) or not armed))

    def choose_weapon(self, me: Own, away: float) -> None:
        """Take what suits the distance; think again only now and then, or when it is empty."""
        if me.has(self.weapon) and self.tick - self.thought_at < RETHINK:
            return
        self.thought_at = self.tick
        wanted = MACHINEGUN
        if me.has(RAILGUN) and (away > 600.0 or not me.has(ROCKET_LAUNCHER)):
            wanted = RAILGUN
        elif me.has(ROCKET_LAUNCHER) and 100.0 < away < 1000.0:
            wanted = ROCKET_LAUNCHER
        elif not me.has(MACHINEGUN):
            wanted = RAILGUN if me.has(RAILGUN) else ROCKET_LAUNCHER
        self.weapon = wanted

    def aim_point(self, me: Own, target: Contact) -> Vec:
        """Return where to aim: where the bot believes the target will be, from what it saw."""
        old, new = target.past[0], target.past[-1]
        seconds = self.reaction * DT
        vel = old.vel
        pos = mad(old.pos, seconds, (vel[0], vel[1], 0.0))
        pos = (pos[0], pos[1], new.pos[2])
        if self.weapon != ROCKET_LAUNCHER:
            return pos
        flight = distance(pos, me.eyes) / ROCKET_SPEED
        lead = mad(pos, flight * between((0.6, 1.0), self.skill), (vel[0], vel[1], 0.0))
        feet = (lead[0], lead[1], lead[2] - 22.0)
        if new.on_ground and self.clear(me.eyes, feet):
            return feet
        return lead if self.clear(me.eyes, lead) else pos

    def fires(self, me: Own, point: Vec, yaw: float, pitch: float) -> bool:
        """Say whether to pull the trigger: near enough to the target, and no blast at own feet."""
        if me.refire > 1 or me.weapon != self.weapon:
            return False
        away = max(32.0, distance(point, me.eyes))
        slack = TOLERANCE[me.weapon] * between((1.6, 1.0), self.skill)
        if self.aim.off(yaw, pitch) > slack / away * TURN / (2.0 * pi):
            return False
        if me.weapon != ROCKET_LAUNCHER:
            return True
        forward = view_axes(int(self.aim.yaw), int(self.aim.pitch))[0]
        met = trace(self.level, me.eyes, mad(me.eyes, away, forward))
        return distance(met.end, me.eyes) > BLAST

    def dodge(self, rockets: list[Rocket], me: Own) -> float | None:
        """Return the heading out of the way of a rocket that comes close; None if none does."""
        if not me.on_ground:
            return None
        for rocket in rockets:
            x, y = me.pos[0] - rocket.pos[0], me.pos[1] - rocket.pos[1]
            speed = hypot(rocket.vel[0], rocket.vel[1]) or 1.0
            along_x, along_y = rocket.vel[0] / speed, rocket.vel[1] / speed
            ahead, left = x * along_x + y * along_y, y * along_x - x * along_y
            close = abs(left) < TOO_CLOSE and abs(me.pos[2] - rocket.pos[2]) < TOO_CLOSE
            if close and 0.0 < ahead < between(WARNING, self.skill):
                way = angles((0.0, 0.0, 0.0), (-along_y, along_x, 0.0))[0]
                heading = way if left > 0.0 else (way + TURN / 2.0) % TURN
                if self.walker.safe(me, heading):
                    return heading
        return None

    def footwork(self, me: Own, target: Contact, away: float) -> float:
        """Return the heading of a dance: keep the weapon's distance, change sides at random."""
        if self.tick >= self.side_until:
            self.side = -self.side
            self.side_until = self.tick + self.random.randint(12, 50)
        towards = angles(me.pos, target.pos)[0]
        wanted = DISTANCE[self.weapon]
        nearer = 1.0 if away > wanted * 1.3 else -1.0 if away < wanted * 0.7 else 0.0
        for turn in (TURN / 4.0 - nearer * TURN / 8.0, TURN / 4.0, 3.0 * TURN / 8.0):
            for side in (self.side, -self.side):
                heading = (towards + side * turn) % TURN
                if self.walker.safe(me, heading):
                    self.side = side
                    return heading
        return towards

    def command(self, heading: float | None, buttons: int, jump: bool) -> Usercmd:
        """Return the usercmd that runs along *heading* with the view where the aim is."""
        # Jump must be let go before it works again.
        self.jumped = jump and not self.jumped
        if self.jumped:
            buttons |= BUTTON_JUMP
        forward = side = 0
        if heading is not None:
            turn = difference(heading, self.aim.yaw) * 2.0 * pi / TURN
            ahead, left = cos(turn), sin(turn)
            full = 127.0 / max(abs(ahead), abs(left))
            forward, side = round(ahead * full), -round(left * full)
        yaw, pitch = int(self.aim.yaw) & 65535, int(self.aim.pitch)
        return Usercmd(0, forward, side, yaw, pitch, buttons, self.weapon)


def distance(a: Vec, b: Vec) -> float:
    """Return the distance of *a* and *b* in units."""
    return hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])
