// Backups: each job is asked for, and what it came to is shown.
import { ask, by, put, tell } from "./dom.js";

const TITLES = { verify: "Check of", rehearse: "Going back to" };

async function job(button, path, body) {
  const label = button.textContent;
  button.disabled = true;
  button.textContent = "Working…";
  try {
    return await ask(path, body);
  } catch (error) {
    tell(error.message, true);
    return null;
  } finally {
    button.disabled = false;
    button.textContent = label;
  }
}

by("create").addEventListener("click", async (event) => {
  const found = await job(event.target, "/dashboard/backups/create", {});
  if (found?.ok) location.reload();
  else if (found) tell(found.text, true);
});

for (const button of document.querySelectorAll("button[data-job]")) {
  button.addEventListener("click", async () => {
    const { job: what, name } = button.dataset;
    const found = await job(button, `/dashboard/backups/${what}`, { name });
    if (!found) return;
    by("outcome").hidden = false;
    put("outcome-title", `${TITLES[what]} ${name}`);
    put("outcome-text", found.text);
    by("outcome-text").className = found.ok ? "mono" : "mono bad";
    by("outcome-commands").hidden = !found.commands.length;
    put("commands", found.commands.join("\n"));
  });
}
