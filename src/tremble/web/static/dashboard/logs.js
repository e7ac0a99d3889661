// The logs: searched on the server while one types, and again every few seconds while followed.
import { ask, by, element, put } from "./dom.js";

const EVERY_MS = 2000;
const PAUSE_MS = 250;
const form = by("search");
const box = by("lines");
let timer;
let number = 0;
let last = "";

function line(found) {
  const said = [element("time", {}, found.at), element("b", { class: `level ${found.level}` }, found.level), element("span", {}, found.text, found.facts ? element("small", {}, `  ${found.facts}`) : "")];
  return element("p", {}, ...said);
}

async function search() {
  const mine = ++number;
  const { which, level, text } = form.elements;
  const query = new URLSearchParams({ which: which.value, level: level.value, text: text.value });
  const found = await ask(`/dashboard/logs.json?${query}`).catch((error) => ({ lines: [], fit: 0, error }));
  if (mine !== number) return;
  const now = JSON.stringify(found);
  if (now === last) return;
  last = now;
  const stuck = box.scrollTop + box.clientHeight >= box.scrollHeight - 8;
  box.replaceChildren(...found.lines.map(line));
  if (!found.lines.length) box.append(element("p", { class: "none" }, found.error ? found.error.message : "No line fits"));
  put("count", found.fit > found.lines.length ? `the last ${found.lines.length} of ${found.fit} lines` : `${found.fit} lines`);
  if (stuck || !box.scrollTop) box.scrollTop = box.scrollHeight;
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(search, PAUSE_MS);
}

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", soon);
setInterval(() => {
  if (form.elements.follow.checked && !document.hidden && getSelection().isCollapsed) search();
}, EVERY_MS);
search();
