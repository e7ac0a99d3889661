// What every page does: its entry in view, times that stay true, forms that are sent once.

// On a phone the navigation is one line that scrolls: the present page's entry is brought into it.
const nav = document.querySelector("nav");
const current = nav.querySelector("[aria-current]");
if (current) nav.scrollLeft = current.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2;

// How long ago something was grows while the page is open; by the server's clock (web/html.py says it first).
const UNITS = [["d", 86400], ["h", 3600], ["min", 60]];
const shownAt = Number(document.querySelector('meta[name="now"]').content) - performance.now() / 1000;

function since(seconds) {
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? [];
  return unit ? `${Math.floor(seconds / length)} ${unit} ago` : "just now";
}

setInterval(() => {
  for (const time of document.querySelectorAll("main time[title]")) {
    const words = since(shownAt + (performance.now() - Date.parse(time.dateTime)) / 1000);
    if (time.textContent !== words) time.textContent = words;
  }
}, 10000);

// Two clicks on a button are one form. Forms that scripts send never come here undone.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  // A download leaves the page where it is, and so does a server that does not answer.
  setTimeout(() => delete form.dataset.sent, 5000);
});
