// Fetches the same page again every few seconds and shows what changed.
"use strict";

const PERIOD_MS = 5000;
const PATIENCE_MS = 8000;
const live = document.getElementById("live");
let asking = false;

async function refresh() {
  if (asking || document.hidden || !window.getSelection().isCollapsed) return;
  asking = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = document.querySelector("main");
    const next = page.querySelector("main");
    // What somebody has opened stays open.
    const opened = now.querySelectorAll("details");
    next.querySelectorAll("details").forEach((part, i) => { part.open = opened[i]?.open ?? false; });
    if (now.innerHTML !== next.innerHTML) now.replaceChildren(...next.childNodes);
    live.textContent = "live";
    live.className = "";
  } catch {
    live.textContent = "no connection";
    live.className = "lost";
  }
  asking = false;
}

live.hidden = false; // without scripts nothing is live

setInterval(refresh, PERIOD_MS);
document.addEventListener("visibilitychange", refresh);
