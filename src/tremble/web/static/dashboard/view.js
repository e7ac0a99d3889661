// The live arena: watch frames become frames of arena.js, drawn as often as the screen, between two that came.
import { Arena, LONGEST } from "/static/arena.js";
import { element } from "./dom.js";

const FALLBACK_MS = 100;
// Farther than this in one frame nobody runs: a teleporter, or a new life.
const LEAP = 260;

const place = (thing) => ({ x: thing.position[0], y: thing.position[1], z: thing.position[2] });

/** A frame of the console (server/watch.py) as arena.js takes it. */
export function adapted(frame) {
  return {
    tick: frame.tick,
    players: frame.players.map((p) => ({ slot: p.slot, name: p.name, ...place(p), yaw: p.yaw, health: Math.max(0, p.health), armor: p.armour, alive: p.alive, team: p.team ?? 0 })),
    projectiles: frame.projectiles.map((p) => ({ ...place(p), kind: "rocket", slot: p.owner })),
    items: frame.items.map((item) => ({ ...place(item), kind: item.kind, up: item.up })),
    events: [],
  };
}

const mix = (a, b, share) => a + (b - a) * share;
const turn = (a, b, share) => a + (((b - a + 540) % 360) - 180) * share;

function between(old, now, share) {
  const known = new Map(old.players.map((p) => [p.slot, p]));
  const players = now.players.map((p) => {
    const q = known.get(p.slot);
    if (!q || !q.alive || !p.alive || Math.hypot(p.x - q.x, p.y - q.y) > LEAP) return p;
    return { ...p, x: mix(q.x, p.x, share), y: mix(q.y, p.y, share), z: mix(q.z, p.z, share), yaw: turn(q.yaw, p.yaw, share) };
  });
  return { ...now, players };
}

export class View {
  constructor(canvas) {
    this.canvas = canvas;
    this.arena = null;
    this.map = null;
    this.old = this.now = null;
    this.came = 0;
    this.period = FALLBACK_MS;
    this.events = [];
    this.follow = null;
    this.drawn = 0;
    requestAnimationFrame((at) => this.paint(at));
  }

  /** Take a frame of the console. */
  async take(frame) {
    if (frame.map !== this.map) await this.load(frame.map);
    const at = performance.now();
    if (this.came) this.period = mix(this.period, Math.min(1000, at - this.came), 0.2);
    this.came = at;
    this.old = this.now;
    this.now = adapted(frame);
    if (this.old) this.explode(at);
  }

  async load(map) {
    this.map = map;
    this.old = this.now = null;
    const answer = await fetch(`/maps/${map}.json`);
    if (!answer.ok) return;
    this.arena?.close();
    this.arena = new Arena(this.canvas, await answer.json());
  }

  /** A rocket that is gone has gone off where it was last. */
  explode(at) {
    const near = (p) => this.now.projectiles.some((q) => q.slot === p.slot && Math.hypot(q.x - p.x, q.y - p.y) < 200);
    for (const p of this.old.projectiles) {
      if (!near(p)) this.events.push({ kind: "explode", pos: [p.x, p.y, p.z], at });
    }
  }

  /** Somebody was fragged: show it where the victim stands. */
  frag(victim, attacker) {
    const who = this.now?.players.find((p) => p.name === victim);
    const by = this.now?.players.find((p) => p.name === attacker);
    if (who) this.events.push({ kind: "frag", pos: [who.x, who.y, who.z], attacker: by?.slot, victim: who.slot, at: performance.now() });
  }

  paint(at) {
    requestAnimationFrame((next) => this.paint(next));
    if (!this.arena || !this.now) return;
    this.events = this.events.filter((event) => (at - event.at) / 1000 < LONGEST);
    const settled = at - this.came > this.period * 3 && !this.events.length;
    if (settled && this.drawn === this.now.tick && this.arena.options.follow === this.follow) return;
    const share = this.old ? Math.min(1, (at - this.came) / this.period) : 1;
    const frame = this.old ? between(this.old, this.now, share) : this.now;
    frame.events = this.events.map((event) => ({ ...event, age: Math.max(0, (at - event.at) / 1000) }));
    this.arena.draw(frame, { follow: this.follow });
    if (share === 1) this.drawn = this.now.tick;
  }

  /** Fill a <select> with whom one can follow. */
  fill(select, players) {
    const wanted = players.map((p) => `${p.slot} ${p.name}`).join("\n");
    if (select.dataset.filled === wanted) return;
    select.dataset.filled = wanted;
    select.replaceChildren(element("option", { value: "" }, "nobody"), ...players.map((p) => element("option", { value: p.slot }, p.name)));
    select.value = this.follow === null ? "" : String(this.follow);
    if (select.selectedIndex < 0) {
      select.value = "";
      this.follow = null;
    }
  }
}
