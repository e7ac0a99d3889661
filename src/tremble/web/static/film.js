// A film (GET /v1/matches/{id}/film) as frames for an Arena, at any tick so far, also between two.
//
//   const film = new Film(head, outline); film.add(part); ...     what the lines are: match/film.py

import { LONGEST } from "./arena.js";

// Farther than this from one frame to the next nobody runs: it was a teleport, nothing lies between.
const JUMP = 160;
const ROCKET_SPEED = 900;
// A rocket flies so many ticks the moment it is fired.
const ROCKET_AHEAD = 3;
const ROCKET_LIFE = 900;
// The lists of a track: differences, and values with how long the one before held.
const MOVES = ["x", "y", "z", "yaw"];
const STEPS = ["health", "armour", "weapon"];

export class Film {
  constructor(head, outline) {
    this.head = head;
    this.outline = outline;
    this.ticks = head.ticks;
    this.rate = head.tick_rate;
    this.step = head.tick_rate / head.rate;
    // The tick to which parts have come.
    this.to = 0;
    this.events = [];
    this.tracks = [];
    this.listed();
  }

  get whole() {
    return this.to >= this.ticks;
  }

  add(part) {
    for (const track of part.tracks) this.addTrack(track);
    this.to = part.to;
    const events = part.events.flatMap((group) => [...ungrouped(group)]).sort((a, b) => a.tick - b.tick);
    for (const event of events) event.pos ??= this.placeOf(event);
    this.events.push(...events);
    this.stale = true;
  }

  addTrack(told) {
    let track = this.tracks.findLast((one) => one.slot === told.slot);
    if (told.name !== undefined) {
      track = { slot: told.slot, name: told.name, player_id: told.player_id, bot: told.bot, from: told.from };
      for (const name of [...MOVES, ...STEPS]) track[name] = [];
      this.tracks.push(track);
    }
    const lives = unfolded(told.dead);
    for (const name of MOVES) spread(lives, sums(told[name]), track[name]);
    for (const name of STEPS) spread(lives, held(told[name]), track[name]);
    track.to = track.from + track.x.length;
  }

  // Where who shot was.
  placeOf(event) {
    const track = event.player === undefined ? null : this.holder(event.player, event.tick);
    const shooter = track && this.player(track, event.tick);
    return shooter && shooter.x !== null ? [shooter.x, shooter.y, shooter.z] : event.end;
  }

  // What is computed of all events so far, computed again when there are more.
  listed() {
    this.stale = false;
    this.frags = this.events.filter((event) => event.kind === "frag");
    for (const track of this.tracks) Object.assign(track, { gains: [], losses: [] });
    this.score();
    this.items = this.itemTimes();
    this.rockets = this.rocketFlights();
  }

  // Who held *slot* at *tick*; else who held it last before.
  holder(slot, tick) {
    const at = Math.ceil(tick / this.step) - 1;
    let found = null;
    for (const track of this.tracks) {
      if (track.slot !== slot) continue;
      if (!found || track.from <= at) found = track;
    }
    return found;
  }

  name(slot, tick) {
    return this.holder(slot, tick)?.name || "the arena";
  }

  score() {
    for (const frag of this.frags) {
      const own = frag.attacker < 0 || frag.attacker === frag.victim;
      const who = this.holder(own ? frag.victim : frag.attacker, frag.tick);
      if (who) (own ? who.losses : who.gains).push(frag.tick);
    }
  }

  // For each item of the level the ticks at which it was taken and came back, in turn.
  itemTimes() {
    const found = this.outline.items.map(() => []);
    for (const event of this.events) {
      const times = found[event.item];
      if (!times || (event.kind !== "pickup" && event.kind !== "respawn_item")) continue;
      if ((event.kind === "pickup") === (times.length % 2 === 0)) times.push(event.tick);
    }
    return found;
  }

  // Each rocket flies straight from where it was fired to the burst that its speed fits best.
  rocketFlights() {
    const bursts = this.events.filter((event) => event.kind === "explode").map((event) => ({ ...event }));
    const flights = [];
    for (const shot of this.events) {
      if (shot.kind !== "fire" || shot.weapon !== "rocket_launcher") continue;
      let best = null;
      let least = Infinity;
      for (let i = firstAfter(bursts, shot.tick); i < bursts.length; i++) {
        const burst = bursts[i];
        if (burst.tick > shot.tick + ROCKET_LIFE) break;
        if (burst.taken || burst.player !== shot.player) continue;
        const flown = ((burst.tick - shot.tick + ROCKET_AHEAD) / this.rate) * ROCKET_SPEED;
        const off = Math.abs(Math.hypot(...shot.pos.map((from, axis) => burst.pos[axis] - from)) - flown);
        if (off < least) {
          least = off;
          best = burst;
        }
      }
      if (!best) continue;
      best.taken = true;
      flights.push({ tick: shot.tick, end: best.tick, from: shot.pos, to: best.pos, slot: shot.player });
    }
    return flights;
  }

  // What an Arena draws at *tick*, which need not be whole.
  frame(tick) {
    if (this.stale) this.listed();
    return {
      tick,
      players: this.tracks.map((track) => this.player(track, tick)).filter(Boolean),
      projectiles: this.projectiles(tick),
      items: this.outline.items.map((item, i) => ({ ...item, up: countUpTo(this.items[i], tick) % 2 === 0 })),
      events: this.recent(tick),
    };
  }

  player(track, tick) {
    const at = Math.max(0, tick / this.step - 1) - track.from;
    if (at < -0.5 || at > track.to - track.from) return null;
    const i = Math.min(track.x.length - 1, Math.max(0, Math.floor(at)));
    const next = Math.min(track.x.length - 1, i + 1);
    const known = { slot: track.slot, name: track.name, team: 0 };
    if (track.x[i] === null) return this.fallen(track, i, known);
    const far = track.x[next] === null || Math.hypot(track.x[next] - track.x[i], track.y[next] - track.y[i]) > JUMP;
    const part = far ? 0 : Math.min(1, Math.max(0, at - i));
    const between = (values) => values[i] + (far ? 0 : values[next] - values[i]) * part;
    const turn = far ? 0 : ((((track.yaw[next] - track.yaw[i]) % 256) + 384) % 256) - 128;
    return {
      ...known, alive: true, x: between(track.x), y: between(track.y), z: between(track.z),
      yaw: ((track.yaw[i] + turn * part) * 360) / 256,
      health: track.health[i], armor: track.armour[i], weapon: track.weapon[i],
    };
  }

  // A dead player lies where it was last seen.
  fallen(track, i, known) {
    let last = i;
    while (last >= 0 && track.x[last] === null) last--;
    const seen = last >= 0;
    return {
      ...known, alive: false, health: 0, armor: 0, yaw: 0, weapon: null,
      x: seen ? track.x[last] : null, y: seen ? track.y[last] : null, z: seen ? track.z[last] : null,
    };
  }

  projectiles(tick) {
    const found = [];
    for (const flight of this.rockets) {
      if (flight.tick > tick) break;
      if (flight.end <= tick) continue;
      const part = (tick - flight.tick + ROCKET_AHEAD) / Math.max(1, flight.end - flight.tick + ROCKET_AHEAD);
      const [x, y, z] = flight.from.map((from, axis) => from + (flight.to[axis] - from) * part);
      found.push({ kind: "rocket", slot: flight.slot, x, y, z });
    }
    return found;
  }

  recent(tick) {
    const found = [];
    for (let i = firstAfter(this.events, tick - LONGEST * this.rate); i < this.events.length; i++) {
      if (this.events[i].tick > tick) break;
      found.push({ ...this.events[i], age: (tick - this.events[i].tick) / this.rate });
    }
    return found;
  }

  // The scoreboard at *tick*: those here, the best first.
  standing(tick) {
    if (this.stale) this.listed();
    return this.tracks
      .map((track) => ({ track, state: this.player(track, tick) }))
      .filter(({ state }) => state)
      .map(({ track, state }) => ({
        ...state, player_id: track.player_id, bot: track.bot,
        score: countUpTo(track.gains, tick) - countUpTo(track.losses, tick),
      }))
      .sort((a, b) => b.score - a.score || a.slot - b.slot);
  }
}

// The events of a group: a value of each list, ticks from their differences, places from their axes.
function* ungrouped({ kind, weapon, tick: ticks, ...lists }) {
  let tick = 0;
  for (let i = 0; i < ticks.length; i++) {
    const event = { tick: (tick += ticks[i]), kind };
    if (weapon !== undefined) event.weapon = weapon;
    for (const [name, values] of Object.entries(lists)) {
      event[name] = Array.isArray(values[0]) ? values.map((axis) => axis[i]) : values[i];
    }
    yield event;
  }
}

// For each frame whether it is lived, of how many are and are not, in turn.
function unfolded(turns) {
  return turns.flatMap((count, i) => new Array(count).fill(i % 2 === 0));
}

function* sums(differences) {
  let sum = 0;
  for (const difference of differences) yield (sum += difference);
}

function* held(steps) {
  for (let i = 1; i < steps.length; i += 2) {
    for (let left = i + 1 < steps.length ? steps[i + 1] : Infinity; left > 0; left--) yield steps[i];
  }
}

// Put each of *values* where there is life, else null.
function spread(lives, values, into) {
  for (const lived of lives) into.push(lived ? values.next().value : null);
}

// How many of *times*, in order, are *tick* or before.
function countUpTo(times, tick) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= tick) low = middle + 1;
    else high = middle;
  }
  return low;
}

// The index of the first of *events*, in order, that is of *tick* or later.
function firstAfter(events, tick) {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle].tick < tick) low = middle + 1;
    else high = middle;
  }
  return low;
}
