// Small things that every page needs: elements, numbers, the CSRF token, messages.

/** Return a new element <name> with text content and attributes; children are elements or strings. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

export const by = (id) => document.getElementById(id);

/** Put text into an element only if it is another one: screen readers and selections stay calm. */
export function put(id, text) {
  const found = typeof id === "string" ? by(id) : id;
  if (found && found.textContent !== text) found.textContent = text;
}

export function minutes(seconds) {
  if (!seconds) return "–";
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export const milliseconds = (value) => (value === null || value === undefined ? "–" : value.toFixed(2));

export const clock = (at) =>
  new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

export const token = () => document.querySelector('meta[name="csrf"]').content;

export const may = (role) => {
  const roles = ["viewer", "moderator", "admin"];
  return roles.indexOf(document.body.dataset.role) >= roles.indexOf(role);
};

/** Fetch JSON of the dashboard; with a body it is posted. Throws an Error with the problem's words. */
export async function ask(path, body) {
  const options = { headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.method = "POST";
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
    options.headers["X-CSRF-Token"] = token();
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("the server does not answer");
  }
  if (answer.status === 401) {
    location.assign(`/dashboard/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.detail || answer.statusText);
  return found;
}

let hiding;

/** Tell something at the foot of the page, for a while. */
export function tell(text, bad = false) {
  const told = by("told");
  told.textContent = text;
  told.className = bad ? "told shown bad" : "told shown";
  clearTimeout(hiding);
  hiding = setTimeout(() => told.classList.remove("shown"), bad ? 9000 : 4500);
}

/** Make the children of parent be those that draw gives for items: made once by key, then filled. */
export function keyed(parent, items, key, make, fill, none) {
  const known = new Map();
  for (const child of [...parent.children]) {
    if (child.dataset.key === undefined) child.remove();
    else known.set(child.dataset.key, child);
  }
  let last = null;
  for (const item of items) {
    const name = String(key(item));
    let child = known.get(name);
    if (child) known.delete(name);
    else {
      child = make(item);
      child.dataset.key = name;
    }
    fill(child, item);
    const place = last ? last.nextSibling : parent.firstChild;
    if (child !== place) parent.insertBefore(child, place);
    last = child;
  }
  for (const child of known.values()) child.remove();
  if (!items.length && none) parent.append(none());
}
