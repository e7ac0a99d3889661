// Backups: each job is asked for, and what it came to is shown; going back to one takes its name, typed.
import { ask, by, put, tell } from "./dom.js";

const TITLES = { verify: "Check of", rehearse: "Going back to" };
const EVERY_MS = 1000;
const go = by("go").elements;
// What the rehearsal was of that is shown: nothing else is restored.
let shown = { name: "", match: "" };

// One at a time: a page that is loaded anew shows what none of the others came to.
function hold(held) {
  for (const one of document.querySelectorAll("#create, #again, button[data-job]")) one.disabled = held;
}

async function job(button, path, body) {
  const label = button.textContent;
  hold(true);
  button.disabled = true;
  button.textContent = "Working…";
  try {
    return await ask(path, body);
  } catch (error) {
    tell(error.message, true);
    return null;
  } finally {
    hold(false);
    button.disabled = false;
    button.textContent = label;
  }
}

by("create").addEventListener("click", async (event) => {
  const found = await job(event.target, "/dashboard/backups/create", {});
  if (found?.ok) location.reload();
  else if (found) tell(found.text, true);
});

async function act(button, what, body) {
  const found = await job(button, `/dashboard/backups/${what}`, body);
  if (!found) return;
  by("outcome").hidden = false;
  put("outcome-title", `${TITLES[what]} ${body.name}`);
  put("outcome-text", found.text);
  by("outcome-text").className = found.ok ? "mono" : "mono bad";
  by("outcome-commands").hidden = !found.commands.length;
  put("outcome-why", found.why);
  put("commands", found.commands.join("\n"));
  by("go").hidden = what !== "rehearse" || Boolean(found.why) || (!found.ok && !body.match);
  if (what !== "rehearse") return;
  shown = found.ok ? body : { name: body.name, match: null };
  put("name", body.name);
  confirmable();
}

function confirmable() {
  by("restore").disabled = go.typed.value.trim() !== shown.name || go.match.value.trim() !== shown.match;
}

for (const button of document.querySelectorAll("button[data-job]")) {
  button.addEventListener("click", () => {
    const { job: what, name } = button.dataset;
    by("go").reset();
    act(button, what, what === "rehearse" ? { name, match: "" } : { name });
  });
}

by("again").addEventListener("click", (event) => {
  if (go.match.reportValidity()) act(event.target, "rehearse", { name: shown.name, match: go.match.value.trim() });
});
by("go").addEventListener("input", confirmable);

by("go").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = {
    ...shown,
    typed: go.typed.value.trim(),
    when: go.when.value,
    countdown_s: Number(go.countdown.value),
    deadline_s: Number(go.deadline.value),
  };
  const found = await job(by("restore"), "/dashboard/backups/restore", body);
  if (!found) return;
  tell(found.text, !found.ok);
  if (!found.ok) return;
  by("outcome").hidden = true;
  follow();
});

by("keep").addEventListener("click", async (event) => {
  const found = await job(event.target, "/dashboard/backups/keep", {});
  if (found) tell(found.text, !found.ok);
});

const pause = () => new Promise((done) => setTimeout(done, EVERY_MS));

// Tells how far a restore is until it is over. While the server is away nothing answers; then our session
// is over with the old record, and the way leads to the sign-in.
async function follow() {
  by("last").hidden = false;
  for (;;) {
    try {
      const found = await ask("/dashboard/backups/restore");
      put("last-title", `${found.state[0].toUpperCase()}${found.state.slice(1)}: ${found.target}`);
      put("last-text", found.text);
      by("keep").hidden = found.state !== "checking" && found.state !== "planned";
      if (found.over) {
        by("last-text").className = found.state === "failed" ? "mono bad" : "mono";
        return;
      }
    } catch {
      put("last-text", "The server is away to restore; this page waits for it.");
      by("keep").hidden = true;
    }
    await pause();
  }
}

if (by("last").dataset.over === "no") follow();
