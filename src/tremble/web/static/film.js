// A film (GET /v1/matches/{id}/film) as frames for an Arena, at any tick, also between two.

import { LONGEST } from "./arena.js";

// Farther than this from one frame to the next nobody runs: it was a teleport, nothing lies between.
const JUMP = 160;
const ROCKET_SPEED = 900;
// A rocket flies so many ticks the moment it is fired.
const ROCKET_AHEAD = 3;
const ROCKET_LIFE = 900;

export class Film {
  constructor(film, outline) {
    this.film = film;
    this.outline = outline;
    this.ticks = film.ticks;
    this.rate = film.tick_rate;
    this.step = film.tick_rate / film.rate;
    this.events = film.events;
    this.frags = film.events.filter((event) => event.kind === "frag");
    this.tracks = film.players.map((track) => ({ ...track, gains: [], losses: [] }));
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
    const turn = far ? 0 : ((track.yaw[next] - track.yaw[i] + 98304) % 65536) - 32768;
    return {
      ...known, alive: true, x: between(track.x), y: between(track.y), z: between(track.z),
      yaw: ((track.yaw[i] + turn * part) * 360) / 65536,
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
