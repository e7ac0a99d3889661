// The overview: tiles, alerts, graphs, arenas, other servers, events.
import { ask, by, element, keyed, milliseconds, minutes, put, tell } from "./dom.js";
import { chart, spark } from "./charts.js";
import { showAll, showOne } from "./news.js";
import { listen } from "./stream.js";

const HISTORY_S = 7200;
const SPARK = 60;
const LISTED_MS = 10000;
let points = []; // [at, players, bots, live, p50, p99, bytes a second]
let here = false;
let look = null;
let listed = [];

const drawPlayers = chart(by("players-plot"), [
  { label: "people", colour: "accent", fill: true },
  { label: "bots", colour: "faint" },
], { most: 4 });
const drawTicks = chart(by("tick-plot"), [
  { label: "p99", colour: "accent", places: 2 },
  { label: "p50", colour: "cool", places: 2 },
], { most: 2 });

const people = (p) => (p[1] === null ? null : p[1] - (p[2] ?? 0));

function drawGraphs() {
  const at = points.map((p) => p[0]);
  drawPlayers([at, points.map(people), points.map((p) => p[2])]);
  drawTicks([at, points.map((p) => p[5]), points.map((p) => p[4])]);
  const last = points.slice(-SPARK);
  spark(by("people-spark"), last.map(people));
  spark(by("tick-spark"), last.map((p) => p[5]));
}

function drawTiles() {
  const up = (here && look.up ? 1 : 0) + listed.length;
  const known = (here ? 1 : 0) + listed.length;
  put("servers", String(up));
  put("servers-sub", known === up ? (known ? "all answer" : "none known") : `of ${known} answer`);
  const elsewhere = listed.reduce((sum, s) => sum + s.players - s.bots, 0);
  const bots = (look.bots ?? 0) + listed.reduce((sum, s) => sum + s.bots, 0);
  put("people", String((look.players ?? 0) - (look.bots ?? 0) + elsewhere));
  put("people-sub", bots === 1 ? "and 1 bot" : `and ${bots} bots`);
  const playing = (a) => a.phase === "live" || a.phase === "overtime";
  put("matches", String(look.arenas.filter(playing).length + listed.filter(playing).length));
  put("matches-sub", look.arenas.length === 1 ? "1 arena here" : `${look.arenas.length} arenas here`);
  const lost = here && !look.up;
  put("tick", lost ? "–" : look.tick_p99_ms === null ? "idle" : `${look.tick_p99_ms.toFixed(look.tick_p99_ms < 10 ? 2 : 1)} ms`);
  put("tick-sub", lost ? "no answer" : look.tick_p50_ms === null ? "no tick was due" : `p50 ${milliseconds(look.tick_p50_ms)} of 16.67 ms`);
}

function drawAlerts() {
  const wrong = here ? look.wrong : [];
  const list = by("alerts").querySelector("ul");
  const lines = wrong.length ? wrong : [null];
  keyed(list, lines, (w) => w ?? "calm", (w) => element("li", { class: w ? "wrong" : "calm" }), (li, w) => put(li, w ? w[0].toUpperCase() + w.slice(1) : "Nothing is wrong"));
}

function cells(row, values) {
  values.forEach((value, i) => put(row.cells[i], value));
}

function arenaRow(item) {
  const link = element("a", { href: `/dashboard/server?arena=${item.number}` });
  return element("tr", {}, element("td", { class: "n" }), element("td", {}, link), element("td", {}), element("td", { class: "n" }), element("td", { class: "n" }), element("td", {}));
}

/** Who is ahead of all others, and with how many points. */
function leads(score) {
  if (!score.length) return "–";
  const [[name, points], second] = score;
  return second && second[1] === points ? `even, ${points}` : `${name} ${points}`;
}

function fillArena(row, { number, map, mode, phase, time_left, score }) {
  put(row.cells[0], String(number));
  put(row.cells[1].firstChild, `${map} (${mode})`);
  put(row.cells[2], phase);
  put(row.cells[3], minutes(time_left));
  put(row.cells[4], String(score.length));
  put(row.cells[5], leads(score));
}

function drawArenas() {
  const table = by("arenas");
  if (!table) return;
  const items = look.arenas.map((arena, number) => ({ ...arena, number }));
  keyed(table, items, (a) => a.number, arenaRow, fillArena, () =>
    element("tr", {}, element("td", { colspan: 6, class: "none" }, "The game server does not answer")));
}

function drawListed() {
  keyed(by("listed"), listed, (s) => s.address, () => element("tr", {}, element("td", {}, element("b"), " ", element("code")), element("td", {}), element("td", {}), element("td", { class: "n" }), element("td", { class: "n" })), (row, s) => {
    put(row.cells[0].children[0], s.name);
    put(row.cells[0].children[1], s.address);
    cells({ cells: [...row.cells].slice(1) }, [`${s.map} (${s.mode})`, s.phase, `${s.players}/${s.max_players}`, s.ping_ms === null ? "–" : `${s.ping_ms.toFixed(0)} ms`]);
  }, () => element("tr", {}, element("td", { colspan: 5, class: "none" }, "No other server has come forward")));
}

function draw() {
  drawTiles();
  drawAlerts();
  drawArenas();
  drawListed();
}

async function load() {
  const found = await ask("/dashboard/overview.json");
  ({ here, look, listed } = found);
  points = found.history;
  showAll(by("news"), found.news);
  draw();
  drawGraphs();
}

function hear(told) {
  look = told.look;
  const live = look.arenas.filter((a) => a.phase === "live" || a.phase === "overtime").length;
  points.push([told.at, look.players, look.bots, live, look.tick_p50_ms, look.tick_p99_ms, look.bytes_out]);
  points = points.filter((p) => p[0] > told.at - HISTORY_S);
  draw();
  drawGraphs();
}

while (!look) {
  await load().catch((error) => tell(error.message, true));
  if (!look) await new Promise((done) => setTimeout(done, 3000));
}
listen("", { server: hear, news: (news) => showOne(by("news"), news), again: () => load().catch(() => {}) });
setInterval(async () => {
  if (document.hidden) return;
  listed = (await ask("/dashboard/overview.json").catch(() => ({ listed }))).listed;
  drawListed();
}, LISTED_MS);
