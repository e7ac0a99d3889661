// The stream of the page: what the server tells while the page is open and seen.
import { ask, by } from "./dom.js";

// Something comes every 15 s at the latest.
const QUIET_MS = 20000;

/** Listen at /dashboard/live; handlers by event. Hidden pages do not listen, and come again when seen. */
export function listen(query, handlers) {
  let source = null;
  let lost = 0;
  let heard = 0;

  function state(text, bad) {
    const live = by("live");
    live.hidden = false;
    if (live.textContent !== text) live.textContent = text;
    live.className = bad ? "lost" : "";
  }

  function open() {
    if (source || document.hidden) return;
    source = new EventSource(`/dashboard/live${query}`);
    heard = performance.now();
    source.onopen = () => {
      heard = performance.now();
      if (lost) handlers.again?.();
      lost = 0;
      state("live", false);
    };
    source.onerror = () => {
      lost += 1;
      state("no connection", true);
      if (source.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(open, 3000);
        ask("/dashboard/overview.json").catch(() => {}); // goes to sign in, if that is what is wrong
      }
    };
    for (const [name, handle] of Object.entries(handlers)) {
      if (name !== "again") source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
    }
    for (const name of ["still", ...Object.keys(handlers)]) source.addEventListener(name, sign);
  }

  function sign() {
    heard = performance.now();
    if (by("live").className === "lost") state("live", false);
  }

  // A server that is stopped, or a network that swallows all, ends no connection.
  function watch() {
    const quiet = performance.now() - heard;
    if (source && quiet > QUIET_MS) state(`no answer for ${Math.round(quiet / 1000)} s`, true);
  }

  function close() {
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else {
      lost = 1; // what happened meanwhile is to be fetched
      open();
    }
  });
  setInterval(watch, 1000);
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}
