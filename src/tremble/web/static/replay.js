// The viewer of replays: what templates/replay.html holds comes to life. The film is fetched when somebody wants it.
//
// space: play, pause   arrows: 5 s   , and .: a tick   f: follow the next   + and -: zoom   #t=TICK in the address

import { Arena } from "./arena.js";
import { Film } from "./film.js";

const LEAP_S = 5;
const FOLLOW_ZOOM = 2.5;
// The lists beside the picture change so often a second.
const LISTS_HZ = 10;
const ITEMS = /mega|body|combat|weapon_r/;
const WORDS = { health_mega: "mega health", armour_body: "body armour", armour_combat: "combat armour" };

class Viewer {
  constructor(root) {
    this.root = root;
    for (const name of ["stage", "seek", "marks", "clock", "play", "speed", "say", "events", "players", "items"]) {
      this[name] = root.querySelector(`[data-part=${name}]`);
    }
    this.canvas = root.querySelector("canvas");
    this.tick = 0;
    this.speedNow = 1;
    this.playing = false;
    this.following = null;
    this.wanted = null;
    this.listedAt = 0;
    this.listen();
    this.poster();
    this.onHash();
  }

  listen() {
    const on = (name, act) => this.root.querySelector(`[data-act=${name}]`).addEventListener("click", act);
    on("watch", () => this.load().then(() => this.start()));
    on("play", () => this.toggle());
    on("back", () => this.leap(-LEAP_S));
    on("on", () => this.leap(LEAP_S));
    on("closer", () => this.closer(1.5));
    on("wider", () => this.closer(1 / 1.5));
    on("link", () => this.copyLink());
    this.seek.addEventListener("input", () => this.go(Number(this.seek.value)));
    this.seek.addEventListener("change", () => this.note());
    this.speed.addEventListener("change", () => { this.speedNow = Number(this.speed.value); });
    this.items.addEventListener("change", () => this.listEvents());
    addEventListener("hashchange", () => this.onHash());
    document.addEventListener("keydown", (event) => this.onKey(event));
  }

  // The empty arena, until the film is wanted.
  async poster() {
    try {
      this.outline = await fetched(this.root.dataset.map);
      this.arena = new Arena(this.canvas, this.outline);
    } catch {
      this.tell("The map of this match is not here, so it cannot be shown.");
      this.root.classList.add("failed");
    }
  }

  load() {
    this.loading ??= this.fetchFilm();
    return this.loading;
  }

  async fetchFilm() {
    this.root.classList.add("loading");
    this.tell("Loading the replay.");
    try {
      this.outline ??= await fetched(this.root.dataset.map);
      this.arena ??= new Arena(this.canvas, this.outline);
      const lines = await linesOf(this.root.dataset.film);
      this.film = new Film((await lines.next()).value, this.outline);
      await this.more(lines);
      this.shown();
      // The rest comes while the first seconds are looked at.
      this.rest(lines);
    } catch (error) {
      this.tell(`The replay cannot be shown: ${error.message}.`);
      this.root.classList.remove("loading");
      this.loading = null;
      throw error;
    }
  }

  // Take the next part; false if there is none.
  async more(lines) {
    const { value, done } = await lines.next();
    if (!done) this.film.add(value);
    return !done;
  }

  shown() {
    const same = !mapDiffers(this.film.head, this.outline);
    this.tell(same ? "" : "The map has changed since this match; floors and items may lie elsewhere.");
    this.root.classList.remove("loading");
    this.root.classList.add("ready");
    this.seek.max = this.film.ticks;
    this.listAll();
    this.go(0);
  }

  async rest(lines) {
    let listedAt = performance.now();
    try {
      while (await this.more(lines)) {
        if (this.wanted !== null && this.wanted <= this.film.to) this.go(this.wanted);
        if (performance.now() < listedAt + 1000 / LISTS_HZ) continue;
        this.listAll();
        listedAt = performance.now();
      }
      if (!this.film.whole) throw new Error("it was broken off");
    } catch (error) {
      this.tell(`The rest of the replay cannot be shown: ${error.message}.`);
    }
    this.listAll();
    if (this.wanted !== null) this.go(this.wanted);
    this.root.classList.add("whole");
  }

  // All that is listed of the film so far.
  listAll() {
    this.film.listed();
    this.mark();
    this.listEvents();
  }

  // ---- time

  start() {
    if (this.tick >= this.film.ticks) this.go(0);
    this.playing = true;
    this.showPlaying();
    this.before = performance.now();
    requestAnimationFrame((now) => this.advance(now));
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.showPlaying();
    this.note();
  }

  toggle() {
    if (!this.film) this.load().then(() => this.start());
    else if (this.playing) this.pause();
    else this.start();
  }

  advance(now) {
    if (!this.playing) return;
    // A tab that was hidden goes on where it was.
    const passed = Math.min(0.25, Math.max(0, (now - this.before) / 1000));
    this.before = now;
    // What has not come yet is waited for.
    this.tick = Math.min(this.film.to, this.tick + passed * this.film.rate * this.speedNow);
    this.show(now);
    if (this.tick >= this.film.ticks) this.pause();
    else requestAnimationFrame((next) => this.advance(next));
  }

  leap(seconds) {
    if (this.film) this.settle(this.tick + seconds * this.film.rate);
  }

  // Go to *tick* and put it into the address.
  settle(tick) {
    this.go(Math.round(tick));
    this.note();
  }

  // A tick that has not come yet is gone to when it does.
  go(tick) {
    this.wanted = tick > this.film.to && !this.film.whole ? tick : null;
    this.tick = Math.min(this.film.to, Math.max(0, tick));
    this.listedAt = 0;
    this.show(performance.now());
  }

  note() {
    if (this.playing || !this.film) return;
    history.replaceState(null, "", `#t=${Math.round(this.tick)}`);
    this.canvas.setAttribute("aria-label", this.described());
  }

  onHash() {
    const found = /^#t=(\d{1,9})$/.exec(location.hash);
    if (!found) return;
    this.load().then(() => this.go(Number(found[1])), () => {});
  }

  onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !this.film) return;
    const within = event.target instanceof Element ? event.target : document.body;
    if (within.matches("select, textarea, input:not([type=range])")) return;
    if (event.key === " " && within.closest("button, a, summary")) return;
    const act = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.leap(-LEAP_S), ArrowRight: () => this.leap(LEAP_S),
      ",": () => this.single(-1), ".": () => this.single(1),
      "+": () => this.closer(1.5), "-": () => this.closer(1 / 1.5), f: () => this.followNext(),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  single(ticks) {
    this.pause();
    this.settle(Math.round(this.tick) + ticks);
  }

  // ---- what is seen

  show(now) {
    this.arena.draw(this.film.frame(this.tick), { follow: this.following });
    this.seek.value = Math.round(this.tick);
    const [at, all] = [this.time(this.tick), this.time(this.film.ticks)];
    this.clock.textContent = `${at} / ${all}`;
    this.seek.setAttribute("aria-valuetext", `${at} of ${all}`);
    if (now - this.listedAt < 1000 / LISTS_HZ && this.listedAt) return;
    this.listedAt = now;
    this.listPlayers();
    this.showPast();
  }

  showPlaying() {
    this.root.classList.toggle("playing", this.playing);
    this.play.setAttribute("aria-label", this.playing ? "Pause" : "Play");
  }

  // What the picture shows, in words.
  described() {
    const lines = this.film.standing(this.tick).map((one) => `${one.name} ${one.score}`);
    return `The arena from above at ${this.time(this.tick)}: ${lines.join(", ")}`;
  }

  time(tick) {
    const seconds = tick / this.film.rate;
    return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}.${Math.floor((seconds * 10) % 10)}`;
  }

  tell(text) {
    this.say.textContent = text;
  }

  mark() {
    const marks = this.film.frags.map((frag) => {
      const mark = document.createElement("i");
      mark.style.left = `${(100 * frag.tick) / this.film.ticks}%`;
      mark.style.background = `var(--arena-player-${Math.max(0, frag.attacker) % 8})`;
      return mark;
    });
    this.marks.replaceChildren(...marks);
  }

  listEvents() {
    if (!this.film) return;
    const wanted = this.film.events.filter((event) =>
      event.kind === "frag" || (this.items.checked && event.kind === "pickup" && ITEMS.test(event.name)));
    this.listed = wanted.map((event) => ({ tick: event.tick, line: this.line(event) }));
    this.events.replaceChildren(...this.listed.map(({ line }) => line));
    this.showPast();
  }

  line(event) {
    const line = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#t=${event.tick}`;
    const when = document.createElement("time");
    when.textContent = this.time(event.tick).slice(0, -2);
    link.append(when, " ", ...this.told(event));
    line.append(link);
    return line;
  }

  told(event) {
    if (event.kind === "pickup") {
      return [this.who(event.player, event.tick), ` takes ${WORDS[event.name] || event.name.replaceAll("_", " ")}`];
    }
    const means = document.createElement("small");
    const far = event.distance === undefined || event.attacker === event.victim ? "" : `, ${event.distance} units`;
    means.textContent = event.means.replaceAll("_", " ") + far;
    const victim = this.who(event.victim, event.tick);
    if (event.attacker < 0 || event.attacker === event.victim) return [victim, " dies ", means];
    return [this.who(event.attacker, event.tick), " frags ", victim, " ", means];
  }

  who(slot, tick) {
    const name = document.createElement("b");
    name.textContent = this.film.name(slot, tick);
    name.style.color = `var(--arena-player-${slot % 8})`;
    return name;
  }

  // Which of the events lie behind, and the last of them in view.
  showPast() {
    let last = null;
    for (const { tick, line } of this.listed || []) {
      const past = tick <= this.tick;
      line.classList.toggle("past", past);
      line.classList.remove("now");
      if (past) last = line;
    }
    if (!last) return;
    last.classList.add("now");
    if (this.playing) this.events.scrollTop = last.offsetTop - this.events.clientHeight / 2;
  }

  listPlayers() {
    const standing = this.film.standing(this.tick);
    if (!this.rows || standing.length !== this.players.children.length) {
      this.rows = true;
      this.players.replaceChildren(...standing.map(() => this.newRow()));
    }
    standing.forEach((player, i) => this.fill(this.players.children[i], player));
  }

  newRow() {
    const row = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    for (const name of ["swatch", "who", "health", "armour", "score"]) {
      const part = document.createElement("span");
      part.className = name;
      button.append(part);
    }
    button.addEventListener("click", () => this.follow(Number(button.dataset.slot)));
    row.append(button);
    return row;
  }

  fill(row, player) {
    const button = row.firstChild;
    const [swatch, who, health, armour, score] = button.children;
    button.dataset.slot = player.slot;
    button.setAttribute("aria-pressed", String(this.following === player.slot));
    button.title = `Follow ${player.name}`;
    swatch.style.background = `var(--arena-player-${player.slot % 8})`;
    write(who, player.name);
    write(health, player.alive ? `${player.health}` : "dead");
    health.classList.toggle("gone", !player.alive);
    write(armour, player.alive ? `${player.armor}` : "");
    write(score, `${player.score}`);
  }

  // ---- near and far

  follow(slot) {
    this.following = this.following === slot ? null : slot;
    if (this.following === null) this.arena.zoom = 1;
    else if (this.arena.zoom === 1) this.arena.zoom = FOLLOW_ZOOM;
    this.go(this.tick);
  }

  followNext() {
    const slots = this.film.standing(this.tick).map((player) => player.slot).sort((a, b) => a - b);
    const next = slots[slots.indexOf(this.following) + 1];
    this.follow(next === undefined ? this.following : next);
  }

  closer(times) {
    if (this.arena) this.arena.zoom *= times;
  }

  async copyLink() {
    if (this.film) history.replaceState(null, "", `#t=${Math.round(this.tick)}`);
    try {
      await navigator.clipboard.writeText(location.href);
      this.tell("The link to this moment is copied.");
    } catch {
      this.tell("The address of this page is the link to this moment.");
    }
  }
}

async function fetched(address) {
  const answer = await fetch(address);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail || answer.statusText);
  return body;
}

// The JSON of each line at *address*, as they come.
async function linesOf(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error((await answer.json()).detail || answer.statusText);
  return parsed(answer.body.pipeThrough(new TextDecoderStream()).getReader());
}

async function* parsed(reader) {
  let rest = "";
  for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) yield JSON.parse(line);
  }
}

// Whether the match was played on another version of the map than the one that is here.
function mapDiffers(film, outline) {
  return film.map_digest !== outline.digest;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

for (const root of document.querySelectorAll(".replay")) root.viewer = new Viewer(root);
