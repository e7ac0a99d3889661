// The console: commands with history and completion, answers as they come.
import { ask, by, clock, element } from "./dom.js";

const KEPT = "tremble.console";
const MOST_KEPT = 100;
const MOST_SHOWN = 300;

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEPT)) || [];
  } catch {
    return [];
  }
}

export class Console {
  /** names returns who is here, for completion. */
  constructor(names) {
    this.names = names;
    this.known = { commands: [], maps: [] };
    this.past = remembered();
    this.at = this.past.length;
    this.line = by("line");
    this.log = by("log");
    by("console").addEventListener("submit", (event) => {
      event.preventDefault();
      this.run(this.line.value);
    });
    this.line.addEventListener("keydown", (event) => this.key(event));
    this.line.addEventListener("input", () => this.hint());
  }

  async load() {
    this.known = await ask("/dashboard/server/known.json").catch(() => this.known);
  }

  async run(text) {
    const line = text.trim();
    if (!line) return;
    this.past = [...this.past.filter((old) => old !== line), line].slice(-MOST_KEPT);
    this.at = this.past.length;
    localStorage.setItem(KEPT, JSON.stringify(this.past));
    this.line.value = "";
    this.hint();
    this.show(`> ${line}`, "asked");
    await this.send(line);
  }

  /** Have a line obeyed and show the answer here; returns it. */
  async send(line) {
    let told;
    try {
      told = await ask("/dashboard/server/command", { line });
    } catch (error) {
      told = { ok: false, text: error.message };
    }
    if (told.text) this.show(told.text, told.ok ? "" : "bad");
    return told;
  }

  show(text, kind) {
    const stuck = this.log.scrollTop + this.log.clientHeight >= this.log.scrollHeight - 4;
    this.log.append(element("p", { class: kind }, element("time", {}, clock(Date.now())), element("span", {}, text)));
    while (this.log.children.length > MOST_SHOWN) this.log.firstChild.remove();
    if (stuck) this.log.scrollTop = this.log.scrollHeight;
  }

  key(event) {
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      this.at = Math.min(this.past.length, Math.max(0, this.at + (event.key === "ArrowUp" ? -1 : 1)));
      this.line.value = this.past[this.at] ?? "";
      this.hint();
    } else if (event.key === "Tab" && !event.shiftKey) {
      const found = this.completions();
      if (!found.length) return; // Tab goes on to the next field
      event.preventDefault();
      this.complete(found);
    }
  }

  words() {
    const words = this.line.value.trimStart().split(/\s+/);
    return { words, last: words[words.length - 1] };
  }

  /** What the last word may become. */
  completions() {
    const { words, last } = this.words();
    if (!last) return [];
    let choices;
    if (words.length === 1) choices = this.known.commands.map((c) => c.name);
    else {
      const usage = this.known.commands.find((c) => c.name === words[0])?.usage ?? "";
      if (/\bMAP\b|map NAME/.test(usage)) choices = this.known.maps;
      else if (/PLAYER|WHO/.test(usage) && words.length === 2) choices = this.names();
      else choices = [...usage.matchAll(/[a-z][a-z-]{2,}/g)].map((found) => found[0]).slice(1);
    }
    const start = last.toLowerCase();
    return choices.filter((choice) => choice.toLowerCase().startsWith(start) && choice !== last);
  }

  complete(found) {
    const { words } = this.words();
    let shared = found[0];
    for (const other of found) while (!other.toLowerCase().startsWith(shared.toLowerCase())) shared = shared.slice(0, -1);
    const whole = found.length === 1 && /\s/.test(shared) ? `"${shared}"` : shared;
    this.line.value = [...words.slice(0, -1), whole].join(" ") + (found.length === 1 ? " " : "");
    this.hint(found.length > 1 ? found : null);
  }

  hint(found = null) {
    const { words } = this.words();
    const usage = this.known.commands.find((c) => c.name === words[0]);
    const choices = found ?? this.completions();
    let text = "Up and Down: what was typed before. Tab: complete.";
    if (words[0] && choices.length) text = choices.slice(0, 12).join("   ");
    else if (usage) text = `${usage.usage}: ${usage.help}`;
    by("hint").textContent = text;
  }
}
