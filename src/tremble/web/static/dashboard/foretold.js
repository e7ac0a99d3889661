// A preview that takes long: how far it is; at its end the page is loaded again and shows it.
import { ask, by, put, tell } from "./dom.js";

const LOOK_EVERY_MS = 500;
const bar = by("far");

async function look() {
  try {
    const { done, of, ended } = await ask("/dashboard/foretold.json");
    if (ended) return location.reload();
    if (of) {
      bar.max = of;
      bar.value = done;
      put("far-words", `${done.toLocaleString("en")} of ${of.toLocaleString("en")} matches played again`);
    }
  } catch {
    // Cancelled by somebody else, or the server starts anew: the page knows.
    return location.reload();
  }
  setTimeout(look, LOOK_EVERY_MS);
}

by("cancel").addEventListener("click", async (event) => {
  event.target.disabled = true;
  try {
    await ask("/dashboard/foretold/cancel", {});
    location.assign(event.target.dataset.back);
  } catch (error) {
    event.target.disabled = false;
    tell(error.message, true);
  }
});

look();
