// Fetches the same page again every few seconds and shows what changed.
"use strict";

const PERIOD_MS = 5000;
const live = document.getElementById("live");

async function refresh() {
  if (document.hidden || !window.getSelection().isCollapsed) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
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
}

setInterval(refresh, PERIOD_MS);
document.addEventListener("visibilitychange", refresh);
