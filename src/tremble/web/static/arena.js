// An arena from above, on a canvas: the level once, then frame after frame of what is in it.
//
//   const arena = new Arena(canvas, outline);      outline: GET /maps/{name}.json
//   arena.draw(frame, { follow: slot });           follow: keep this player in the middle; null: nobody
//   arena.zoom = 2; arena.close();
//
// frame = { tick,
//   players: [{ slot, name, x, y, z, yaw, health, armor, alive, team }],   yaw in degrees from +x
//   projectiles: [{ x, y, z, kind, slot }], items: [{ x, y, kind, up }],
//   events: [{ kind, pos: [x, y, z], end, weapon, player | attacker, victim, age }] }   age in seconds
//
// Lengths are level units, x to the right, y up. The canvas fits its box; colours come from the CSS variables
// --arena-* of arena.css, so a change of theme is one of colours too.

const MARGIN = 48;
const MAX_ZOOM = 8;
// A level drawn once is kept as a picture up to this many pixels a side; a larger one is drawn each time.
const MAX_LAYER = 4096;
const PLAYER_RADIUS = 22;
const COLOURS = 8;
// Lower than this nothing stands above its neighbour, it is a step of stairs.
const STEP = 24;
// Seconds for which an event is seen.
const SEEN = { fire: 0.3, hit: 0.25, explode: 0.45, frag: 1.4, teleport: 0.5, spawn: 0.5, jump_pad: 0.3 };
export const LONGEST = Math.max(...Object.values(SEEN));
const LETTERS = {
  weapon_machinegun: "M", weapon_railgun: "R", weapon_rocket_launcher: "L",
  ammo_machinegun: "m", ammo_railgun: "r", ammo_rocket_launcher: "l",
};

export class Arena {
  constructor(canvas, outline) {
    this.canvas = canvas;
    this.outline = outline;
    this.context = canvas.getContext("2d");
    this.frame = null;
    this.options = {};
    this.middle = null;
    this.layer = null;
    this._zoom = 1;
    this.readColours();
    this.theme = matchMedia("(prefers-color-scheme: dark)");
    this.recolour = () => { this.readColours(); this.layer = null; this.repaint(); };
    this.theme.addEventListener("change", this.recolour);
    this.resizer = new ResizeObserver(() => this.fit());
    this.resizer.observe(canvas);
    this.listenForDrags();
    this.fit();
  }

  get zoom() {
    return this._zoom;
  }

  set zoom(wanted) {
    this._zoom = Math.min(MAX_ZOOM, Math.max(1, wanted));
    this.layer = null;
    this.repaint();
  }

  close() {
    this.resizer.disconnect();
    this.theme.removeEventListener("change", this.recolour);
  }

  // The colour of a player, for lists beside the picture.
  colour(slot, team = 0) {
    return team ? this.colours.teams[(team - 1) % 2] : this.colours.players[slot % COLOURS];
  }

  draw(frame, options = {}) {
    this.frame = frame;
    this.options = options;
    this.repaint();
  }

  readColours() {
    const style = getComputedStyle(this.canvas);
    const read = (name) => style.getPropertyValue(`--arena-${name}`).trim() || "#888888";
    this.colours = {
      players: Array.from({ length: COLOURS }, (_, i) => read(`player-${i}`)),
      teams: [read("team-1"), read("team-2")],
    };
    for (const name of ["ground", "low", "high", "wall", "edge", "shade", "text", "halo", "health", "armour",
      "weapon", "place", "fire"]) {
      this.colours[name] = read(name);
    }
  }

  fit() {
    const { width, height } = this.canvas.getBoundingClientRect();
    this.density = window.devicePixelRatio || 1;
    const across = Math.max(1, Math.round(width * this.density));
    const down = Math.max(1, Math.round(height * this.density));
    if (this.canvas.width !== across || this.canvas.height !== down) {
      this.canvas.width = across;
      this.canvas.height = down;
      this.layer = null;
    }
    this.repaint();
  }

  // How units become pixels: scale, and the place in the middle of the picture.
  view() {
    const { mins, maxs } = this.outline;
    const wide = maxs[0] - mins[0] + 2 * MARGIN;
    const high = maxs[1] - mins[1] + 2 * MARGIN;
    const scale = Math.min(this.canvas.width / wide, this.canvas.height / high) * this._zoom;
    const centre = [(mins[0] + maxs[0]) / 2, (mins[1] + maxs[1]) / 2];
    let middle = this._zoom > 1 && this.middle ? this.middle : centre;
    const followed = this.followed();
    if (followed && this._zoom > 1) middle = this.middle = [followed.x, followed.y];
    const x = within(middle[0], mins[0] - MARGIN, maxs[0] + MARGIN, this.canvas.width / scale / 2);
    const y = within(middle[1], mins[1] - MARGIN, maxs[1] + MARGIN, this.canvas.height / scale / 2);
    return { scale, x, y };
  }

  followed() {
    const slot = this.options.follow;
    if (slot === null || slot === undefined || !this.frame) return null;
    return this.frame.players.find((player) => player.slot === slot && player.x !== null) || null;
  }

  repaint() {
    const context = this.context;
    const view = this.view();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = this.colours.ground;
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.paintLevel(view);
    if (!this.frame) {
      this.paintItems(view, this.outline.items.map((item) => ({ ...item, up: true })));
      return;
    }
    this.paintItems(view, this.frame.items || []);
    const events = (this.frame.events || []).filter((event) => (event.age || 0) < (SEEN[event.kind] || 0));
    for (const event of events) if (event.kind !== "frag") this.paintEvent(view, event);
    for (const projectile of this.frame.projectiles || []) this.paintProjectile(view, projectile);
    for (const player of this.frame.players) this.paintPlayer(view, player);
    for (const event of events) if (event.kind === "frag") this.paintEvent(view, event);
  }

  at(view, x, y) {
    return [this.canvas.width / 2 + (x - view.x) * view.scale, this.canvas.height / 2 - (y - view.y) * view.scale];
  }

  // ---- the level

  paintLevel(view) {
    const { mins, maxs } = this.outline;
    const wide = Math.ceil((maxs[0] - mins[0] + 2 * MARGIN) * view.scale);
    const high = Math.ceil((maxs[1] - mins[1] + 2 * MARGIN) * view.scale);
    if (wide > MAX_LAYER || high > MAX_LAYER) {
      this.paintSurfaces(this.context, (x, y) => this.at(view, x, y), view.scale);
      return;
    }
    if (!this.layer) {
      this.layer = document.createElement("canvas");
      this.layer.width = wide;
      this.layer.height = high;
      const left = mins[0] - MARGIN;
      const top = maxs[1] + MARGIN;
      const place = (x, y) => [(x - left) * view.scale, (top - y) * view.scale];
      this.paintSurfaces(this.layer.getContext("2d"), place, view.scale);
    }
    const [x, y] = this.at(view, mins[0] - MARGIN, maxs[1] + MARGIN);
    this.context.drawImage(this.layer, x, y);
  }

  paintSurfaces(context, place, scale) {
    const { floors, walls, pads, teleporters, spawns } = this.outline;
    const heights = floors.map((floor) => floor.z);
    const lowest = Math.min(...heights);
    const rise = Math.max(1, Math.max(...heights) - lowest);
    const surfaces = [
      ...walls.map((wall) => ({ ...wall, fill: this.colours.wall })),
      ...floors.map((floor) => ({
        ...floor, fill: mixed(this.colours.low, this.colours.high, (floor.z - lowest) / rise),
      })),
    ].sort((a, b) => a.z - b.z);
    context.lineJoin = "round";
    surfaces.forEach((surface, i) => {
      const path = new Path2D();
      for (const [x, y] of surface.points) path.lineTo(...place(x, y));
      path.closePath();
      context.save();
      if (surface.z > lowest && !isStep(surface, surfaces.slice(0, i))) {
        context.shadowColor = this.colours.shade;
        context.shadowBlur = Math.min(48, surface.z - lowest) * scale;
        context.shadowOffsetY = 8 * scale;
      }
      context.fillStyle = surface.fill;
      context.fill(path);
      context.restore();
      context.strokeStyle = this.colours.edge;
      context.lineWidth = this.density * 0.75;
      context.stroke(path);
    });
    for (const spawn of spawns) this.paintSpawn(context, place, scale, spawn);
    for (const pad of pads) this.paintPad(context, place, scale, pad);
    for (const one of teleporters) this.paintTeleporter(context, place, scale, one);
  }

  paintSpawn(context, place, scale, spawn) {
    const [x, y] = place(spawn.x, spawn.y);
    context.fillStyle = this.colours.edge;
    context.beginPath();
    context.arc(x, y, Math.max(1.5 * this.density, 7 * scale), 0, 2 * Math.PI);
    context.fill();
  }

  paintPad(context, place, scale, pad) {
    const [x, y] = place((pad.mins[0] + pad.maxs[0]) / 2, (pad.mins[1] + pad.maxs[1]) / 2);
    const size = Math.max(4 * this.density, ((pad.maxs[0] - pad.mins[0]) / 2) * scale);
    context.strokeStyle = this.colours.place;
    context.lineWidth = Math.max(this.density, size / 6);
    for (const lift of [-0.35, 0.35]) {
      context.beginPath();
      context.moveTo(x - size * 0.7, y + size * (lift + 0.35));
      context.lineTo(x, y + size * (lift - 0.35));
      context.lineTo(x + size * 0.7, y + size * (lift + 0.35));
      context.stroke();
    }
  }

  paintTeleporter(context, place, scale, teleporter) {
    const { mins, maxs, to } = teleporter;
    const [x, y] = place((mins[0] + maxs[0]) / 2, (mins[1] + maxs[1]) / 2);
    const [endX, endY] = place(...to);
    const size = Math.max(4 * this.density, ((maxs[0] - mins[0]) / 2) * scale);
    context.strokeStyle = this.colours.place;
    context.lineWidth = Math.max(this.density, size / 7);
    for (const part of [1, 0.5]) {
      context.beginPath();
      context.arc(x, y, size * part, 0, 2 * Math.PI);
      context.stroke();
    }
    context.setLineDash([2 * this.density, 5 * this.density]);
    context.lineWidth = this.density;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(endX, endY);
    context.stroke();
    context.setLineDash([]);
  }

  // ---- what is in it

  paintItems(view, items) {
    const context = this.context;
    for (const item of items) {
      const [x, y] = this.at(view, item.x, item.y);
      const large = /mega|body|combat|weapon|health_large/.test(item.kind);
      const size = Math.max((large ? 6.5 : 3.5) * this.density, (large ? 20 : 11) * view.scale);
      context.globalAlpha = item.up ? 1 : 0.22;
      if (item.kind.startsWith("health")) this.paintCross(x, y, size);
      else if (item.kind.startsWith("armour")) this.paintDiamond(x, y, size);
      else this.paintLetter(x, y, size, LETTERS[item.kind] || "?");
    }
    context.globalAlpha = 1;
  }

  paintCross(x, y, size) {
    const arm = size * 0.38;
    this.context.fillStyle = this.colours.health;
    this.context.fillRect(x - arm, y - size, 2 * arm, 2 * size);
    this.context.fillRect(x - size, y - arm, 2 * size, 2 * arm);
  }

  paintDiamond(x, y, size) {
    const context = this.context;
    context.fillStyle = this.colours.armour;
    context.beginPath();
    context.moveTo(x, y - size * 1.15);
    context.lineTo(x + size, y);
    context.lineTo(x, y + size * 1.15);
    context.lineTo(x - size, y);
    context.fill();
  }

  paintLetter(x, y, size, letter) {
    const context = this.context;
    context.fillStyle = this.colours.weapon;
    context.beginPath();
    context.roundRect(x - size, y - size, 2 * size, 2 * size, size * 0.4);
    context.fill();
    if (size < 6 * this.density) return;
    context.fillStyle = this.colours.halo;
    context.font = `700 ${size * 1.5}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(letter.toUpperCase(), x, y + size * 0.1);
  }

  paintProjectile(view, projectile) {
    const [x, y] = this.at(view, projectile.x, projectile.y);
    const context = this.context;
    context.fillStyle = this.colours.fire;
    context.beginPath();
    context.arc(x, y, Math.max(2.5 * this.density, 7 * view.scale), 0, 2 * Math.PI);
    context.fill();
  }

  paintPlayer(view, player) {
    if (player.x === null || player.x === undefined) return;
    const context = this.context;
    const [x, y] = this.at(view, player.x, player.y);
    const { mins, maxs } = this.outline;
    const lift = Math.min(1, Math.max(0, (player.z - mins[2]) / Math.max(1, maxs[2] - mins[2])));
    const size = Math.max(5.5 * this.density, PLAYER_RADIUS * view.scale) * (1 + 0.35 * lift);
    const colour = this.colour(player.slot, player.team);
    if (!player.alive) {
      this.paintGrave(x, y, size * 0.6, colour);
      return;
    }
    const turn = (-player.yaw * Math.PI) / 180;
    context.fillStyle = colour;
    context.strokeStyle = this.colours.halo;
    context.lineWidth = 1.5 * this.density;
    context.beginPath();
    context.moveTo(x + Math.cos(turn) * size * 1.9, y + Math.sin(turn) * size * 1.9);
    context.arc(x, y, size, turn + 0.75, turn - 0.75 + 2 * Math.PI);
    context.closePath();
    context.stroke();
    context.fill();
    this.paintArc(x, y, size + 3 * this.density, player.health / 100, this.colours.health);
    this.paintArc(x, y, size + 6 * this.density, (player.armor || 0) / 200, this.colours.armour);
    if (player.slot === this.options.follow) {
      context.strokeStyle = this.colours.text;
      context.lineWidth = this.density;
      context.beginPath();
      context.arc(x, y, size + 9.5 * this.density, 0, 2 * Math.PI);
      context.stroke();
    }
    this.write(player.name, x, y - size - 11 * this.density);
  }

  paintGrave(x, y, size, colour) {
    const context = this.context;
    context.strokeStyle = colour;
    context.globalAlpha = 0.7;
    context.lineWidth = 2 * this.density;
    context.beginPath();
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y + size);
    context.moveTo(x + size, y - size);
    context.lineTo(x - size, y + size);
    context.stroke();
    context.globalAlpha = 1;
  }

  paintArc(x, y, radius, share, colour) {
    if (share <= 0) return;
    const context = this.context;
    context.strokeStyle = colour;
    context.lineWidth = 2 * this.density;
    context.beginPath();
    context.arc(x, y, radius, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * Math.min(1, share));
    context.stroke();
  }

  write(text, x, y) {
    const context = this.context;
    context.font = `600 ${11.5 * this.density}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.lineJoin = "round";
    context.lineWidth = 3 * this.density;
    context.strokeStyle = this.colours.halo;
    context.strokeText(text, x, y);
    context.fillStyle = this.colours.text;
    context.fillText(text, x, y);
  }

  paintEvent(view, event) {
    const context = this.context;
    const gone = (event.age || 0) / SEEN[event.kind];
    const who = event.player ?? event.attacker ?? -1;
    context.globalAlpha = 1 - gone;
    context.strokeStyle = context.fillStyle = who >= 0 ? this.colour(who, event.team) : this.colours.text;
    if (event.kind === "fire") this.paintShot(view, event);
    else if (event.kind === "explode") this.paintRing(view, event.pos, 12 + 90 * gone, this.colours.fire);
    else if (event.kind === "hit") this.paintHit(view, event);
    else if (event.kind === "frag") this.paintFrag(view, event, gone);
    else this.paintRing(view, event.pos, 20 + 40 * gone, context.strokeStyle);
    if (event.kind === "teleport" && event.end) this.paintRing(view, event.end, 60 - 40 * gone, context.strokeStyle);
    context.globalAlpha = 1;
  }

  paintShot(view, event) {
    if (!event.end || event.weapon === "rocket_launcher") return;
    const context = this.context;
    context.lineWidth = (event.weapon === "railgun" ? 2.5 : 1) * this.density;
    context.beginPath();
    context.moveTo(...this.at(view, event.pos[0], event.pos[1]));
    context.lineTo(...this.at(view, event.end[0], event.end[1]));
    context.stroke();
  }

  paintHit(view, event) {
    const victim = this.frame.players.find((player) => player.slot === event.victim);
    if (victim && victim.x !== null) this.paintRing(view, [victim.x, victim.y], 34, this.colours.fire);
  }

  paintRing(view, pos, radius, colour) {
    const context = this.context;
    const [x, y] = this.at(view, pos[0], pos[1]);
    context.strokeStyle = colour;
    context.lineWidth = 2 * this.density;
    context.beginPath();
    context.arc(x, y, Math.max(3 * this.density, radius * view.scale), 0, 2 * Math.PI);
    context.stroke();
  }

  paintFrag(view, event, gone) {
    const [x, y] = this.at(view, event.pos[0], event.pos[1]);
    this.paintRing(view, event.pos, 30 + 70 * gone, this.colours.fire);
    this.paintGrave(x, y, Math.max(6 * this.density, 18 * view.scale), this.colours.fire);
  }

  // ---- zoom and drag

  listenForDrags() {
    let from = null;
    this.canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && this._zoom === 1 && event.deltaY > 0) return;
      if (!event.ctrlKey && !this.canvas.matches(":focus")) return;
      event.preventDefault();
      this.zoom *= event.deltaY < 0 ? 1.15 : 1 / 1.15;
    }, { passive: false });
    this.canvas.addEventListener("pointerdown", (event) => {
      if (this._zoom === 1) return;
      const view = this.view();
      from = { x: event.clientX, y: event.clientY, middle: [view.x, view.y], scale: view.scale / this.density };
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!from || this.followed()) return;
      this.middle = [
        from.middle[0] - (event.clientX - from.x) / from.scale,
        from.middle[1] + (event.clientY - from.y) / from.scale,
      ];
      this.repaint();
    });
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => { from = null; });
    this.canvas.addEventListener("dblclick", () => { this.middle = null; this.zoom = 1; });
  }
}

// Whether one can step up to *surface* from one of *lower*: then it casts no shadow.
function isStep(surface, lower) {
  const [left, bottom, right, top] = boundsOf(surface.points);
  return lower.some((other) => {
    if (other.z < surface.z - STEP || other.z === surface.z) return false;
    const [l, b, r, t] = boundsOf(other.points);
    return l < right && r > left && b < top && t > bottom;
  });
}

function boundsOf(points) {
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

// The nearest to *value* from which *half* to each side still shows something of *low* .. *high*.
function within(value, low, high, half) {
  if (2 * half >= high - low) return (low + high) / 2;
  return Math.min(high - half, Math.max(low + half, value));
}

// The colour that is *share* of the way from one #rrggbb to another.
function mixed(from, to, share) {
  const parts = [1, 3, 5].map((at) => {
    const a = parseInt(from.slice(at, at + 2), 16);
    const b = parseInt(to.slice(at, at + 2), 16);
    return Math.round(a + (b - a) * share);
  });
  return `rgb(${parts.join(" ")})`;
}
