// The server's page: arena, players, ticks, what an operator may do, console.
import { ask, by, element, keyed, may, milliseconds, minutes, put, tell } from "./dom.js";
import { chart } from "./charts.js";
import { Console } from "./console.js";
import { showAll, showOne } from "./news.js";
import { listen } from "./stream.js";
import { View } from "./view.js";

const KEPT_S = 900;
const number = Number(new URLSearchParams(location.search).get("arena") ?? 0) || 0;
const view = new View(by("canvas"));
let frame = null;
let points = [];

const line = new Console(() => (frame ? frame.players.map((p) => p.name) : []));
const drawTicks = chart(by("tick-plot"), [
  { label: "p99", colour: "accent", places: 2, fill: true },
  { label: "p50", colour: "cool", places: 2 },
  { label: "budget", colour: "faint", places: 2, dash: [4, 4], width: 1 },
], { most: 4 });
const drawSent = chart(by("sent-plot"), [{ label: "kB/s", colour: "cool", places: 1, fill: true }], { most: 2 });

// ---- what is told

function hearServer({ at, look }) {
  points.push([at, look.tick_p50_ms, look.tick_p99_ms, look.bytes_out]);
  drawGraphs(at);
  put("name", look.name || "Server");
  put("facts", look.up ? facts(look) : "no answer");
  const alerts = by("alerts");
  alerts.hidden = !look.wrong.length;
  keyed(alerts.querySelector("ul"), look.wrong, (w) => w, () => element("li", { class: "wrong" }), (li, w) => put(li, w[0].toUpperCase() + w.slice(1)));
  choose(look.arenas);
  if (look.up && number >= look.arenas.length) {
    put(by("match").firstChild, `There is no arena ${number} `);
    by("players").replaceChildren(nobody());
  }
}

function facts(look) {
  const bots = look.bots ? `, ${look.bots} of them bots` : "";
  const waits = look.outbox ? ` · ${look.outbox} result${look.outbox === 1 ? " waits" : "s wait"}` : "";
  return `${look.players} of ${look.max_players} here${bots} · tick p99 ${milliseconds(look.tick_p99_ms)} ms · ${look.late} late tick${look.late === 1 ? "" : "s"}${waits}`;
}

function drawGraphs(at) {
  points = points.filter((p) => p[0] > at - KEPT_S);
  const column = (i) => points.map((p) => p[i]);
  // The budget is drawn only when it is near: else it would press all else to the ground.
  const near = points.some((p) => p[2] > 8);
  drawTicks([column(0), column(2), column(1), points.map(() => (near ? 16.67 : null))]);
  drawSent([column(0), points.map((p) => (p[3] === null ? null : p[3] / 1000))]);
}

function choose(arenas) {
  by("arena-choice").hidden = arenas.length < 2;
  const select = by("arena");
  if (select.options.length === arenas.length) return;
  select.replaceChildren(...arenas.map((arena, i) => element("option", { value: i }, `${i}: ${arena.map}`)));
  select.value = String(number);
}

async function hearArena(found) {
  frame = found;
  const left = frame.time_left ? `, ${minutes(frame.time_left)} left` : "";
  put(by("match").firstChild, `${frame.map} `);
  put(by("match").querySelector("small"), `${frame.mode}, ${frame.phase}${left}`);
  put("watching", frame.watching ? `${frame.watching} watch` : "");
  view.fill(by("follow"), frame.players);
  drawPlayers();
  await view.take(found);
}

function hearNews(news) {
  showOne(by("news"), news);
  if (news.kind === "kill" && news.arena === number) view.frag(news.victim, news.attacker);
}

// ---- players

function drawPlayers() {
  const ranked = [...frame.players].sort((a, b) => b.score - a.score || a.slot - b.slot);
  keyed(by("players"), ranked, (p) => p.slot + p.player_id, playerRow, fillPlayer, nobody);
}

const nobody = () => element("tr", {}, element("td", { colspan: 6, class: "none" }, "Nobody plays here"));

function playerRow(player) {
  const cell = (kind) => element("td", kind ? { class: kind } : {});
  const row = element("tr", {}, element("td", { class: "name" }, element("span", { class: "dot" }), element("b"), " ", element("span", { class: "chip", hidden: !player.bot }, "bot")), cell("n"), cell("n"), cell("n"), cell("n"));
  if (may("moderator")) {
    const button = element("button", { type: "button", class: "small", "aria-label": `Act on ${player.name}` }, "Act…");
    button.addEventListener("click", () => putOut(row.player));
    row.append(element("td", { class: "n" }, button));
  }
  return row;
}

function fillPlayer(row, player) {
  row.player = player;
  const [name, score, kills, ping, loss] = row.cells;
  put(name.children[1], player.name);
  row.classList.toggle("dead", !player.alive);
  const dot = name.firstChild;
  const colour = `player-${player.slot % 8}`;
  if (!dot.classList.contains(colour)) dot.className = `dot ${colour}`;
  put(score, String(player.score));
  put(kills, `${player.kills} / ${player.deaths}`);
  put(ping, `${Math.round(player.ping_ms)} ms`);
  put(loss, `${(player.loss * 100).toFixed(player.loss && player.loss < 0.1 ? 1 : 0)} %`);
  ping.classList.toggle("warn", player.ping_ms > 120);
  loss.classList.toggle("bad", player.loss > 0.05);
}

// ---- what an operator may do

const dialog = by("dialog");
const WHY = { kick: "May come back at once.", ban: "Is put out, and refused by this server.", mute: "Nobody hears this player any more.", unmute: "This player is heard again." };
const fields = dialog.querySelector("form").elements;

/** Ask before it is done; resolves to whether it is wanted. A player is asked what to do, and why. */
function confirmed(title, why, player = false) {
  put("dialog-title", title);
  put("dialog-why", why);
  by("dialog-player").hidden = !player;
  by("dialog-yes").textContent = player ? "Do it" : title;
  fields.reason.value = "";
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) => {
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true });
  });
}

function showWhat() {
  const what = fields.what.value;
  put("dialog-why", WHY[what]);
  by("dialog-time").hidden = what !== "ban";
  by("dialog-reason").hidden = what !== "ban" && what !== "kick";
}

async function putOut(player) {
  fields.what.value = "kick";
  showWhat();
  if (!(await confirmed(player.name, WHY.kick, true))) return;
  const what = fields.what.value;
  const words = [what, `#${player.number}`];
  if (what === "ban") words.push(fields.time.value);
  if (what === "ban" || what === "kick") words.push(fields.reason.value.trim());
  await act(words.filter(Boolean).join(" "));
}

async function act(text) {
  line.show(`> ${text}`, "asked");
  const told = await line.send(text);
  tell(told.text, !told.ok);
}

for (const button of document.querySelectorAll("button[data-ask]")) {
  button.addEventListener("click", async () => {
    if (await confirmed(button.textContent, button.dataset.why)) await act(button.dataset.ask);
  });
}
fields.what.addEventListener("change", showWhat);
by("say")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = event.target.elements.text;
  await act(`say ${field.value}`);
  field.value = "";
});
by("change")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  await act(`map ${event.target.elements.map.value} ${number}`);
});

// ---- what is looked at

by("follow").addEventListener("change", (event) => {
  view.follow = event.target.value === "" ? null : Number(event.target.value);
  if (view.arena && view.follow !== null && view.arena.zoom === 1) view.arena.zoom = 2;
  if (view.arena && view.follow === null) view.arena.zoom = 1;
});
by("closer").addEventListener("click", () => view.arena && (view.arena.zoom *= 1.4));
by("farther").addEventListener("click", () => view.arena && (view.arena.zoom /= 1.4));
by("arena").addEventListener("change", (event) => location.assign(`/dashboard/server?arena=${event.target.value}`));

async function load() {
  const found = await ask("/dashboard/overview.json");
  points = found.history.map((p) => [p[0], p[4], p[5], p[6]]);
  showAll(by("news"), found.news);
}

async function loadKnown() {
  await line.load();
  by("maps")?.replaceChildren(...line.known.maps.map((map) => element("option", {}, map)));
}

await Promise.all([load().catch(() => {}), loadKnown()]);
listen(`?arena=${number}`, { server: hearServer, arena: hearArena, news: hearNews, again: () => Promise.all([load().catch(() => {}), loadKnown()]) });
