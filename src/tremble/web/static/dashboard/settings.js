// The editor of server.toml: tried while one types, saved when it is good.
import { ask, by, element, tell } from "./dom.js";

const PAUSE_MS = 700;
const text = by("text");
let saved = text?.value;
let timer;
let asked = 0;

function draw(found) {
  const trial = by("trial");
  if (found.problems.length) {
    trial.replaceChildren(element("ul", { class: "problems" }, ...found.problems.map((problem) => element("li", {}, problem))));
  } else if (found.changes.length) {
    trial.replaceChildren(table(found.changes));
  } else {
    trial.replaceChildren(element("p", { class: "none" }, text.value === saved ? "Nothing is changed" : "No setting changes"));
  }
  const lines = found.diff.map((line) => element("span", { class: { "+": "plus", "-": "minus", "@": "place" }[line[0]] ?? "same" }, `${line}\n`));
  by("diff").replaceChildren(...(lines.length ? lines : [element("span", { class: "none" }, "None")]));
  by("save").disabled = found.problems.length > 0 || text.value === saved;
}

const shown = (value) => (value === "" || (Array.isArray(value) && !value.length) ? "(empty)" : String(value));

function table(changes) {
  const rows = changes.map((change) => element("tr", {}, element("td", {}, element("code", {}, change.key)), element("td", {}, shown(change.old)), element("td", {}, element("b", {}, shown(change.new))), element("td", { class: change.restart ? "warn" : "good" }, change.restart ? "at the next start" : "at once")));
  const head = element("tr", {}, ...["Setting", "Now", "Then", "Holds"].map((name) => element("th", {}, name)));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
}

async function tryIt() {
  const number = ++asked;
  by("state").textContent = text.value === saved ? "as saved" : "changed, not saved";
  by("undo").disabled = text.value === saved;
  if (text.value === saved) return draw({ problems: [], changes: [], diff: [] });
  try {
    const found = await ask("/dashboard/settings/try", { text: text.value });
    if (number === asked) draw(found);
  } catch (error) {
    tell(error.message, true);
  }
}

async function save() {
  by("save").disabled = true;
  try {
    const found = await ask("/dashboard/settings/save", { text: text.value, known: text.dataset.known });
    text.dataset.known = found.known;
    saved = text.value;
    const late = found.changes.filter((change) => change.restart).length;
    const told = found.reloaded ? "Saved, and read by the running server." : "Saved; it is read at the next start.";
    tell(late && found.reloaded ? `${told} ${late} of ${found.changes.length} changes wait for the next start.` : told);
  } catch (error) {
    tell(error.message, true);
  }
  await tryIt();
}

if (text) {
  text.addEventListener("input", () => {
    by("save").disabled = true; // until it was tried
    clearTimeout(timer);
    timer = setTimeout(tryIt, PAUSE_MS);
  });
  by("save").addEventListener("click", save);
  by("undo").addEventListener("click", () => {
    text.value = saved;
    tryIt();
  });
  addEventListener("beforeunload", (event) => {
    if (text.value !== saved) event.preventDefault();
  });
}
