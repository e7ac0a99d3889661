// What happens on a server, in words, newest first.
import { clock, element } from "./dom.js";

const MOST = 40;
const plain = (name) => name.replaceAll("_", " ");
const bold = (text) => element("b", {}, text || "nobody");

const WORDS = {
  join: (n) => [bold(n.name), n.bot ? " (bot) joined" : " joined"],
  leave: (n) => [bold(n.name), " left"],
  kill: (n) => (!n.attacker || n.attacker === n.victim ? [bold(n.victim), ` died (${plain(n.means)})`] : [bold(n.attacker), ` fragged `, bold(n.victim), ` (${plain(n.means)})`]),
  chat: (n) => [bold(n.name), `: ${n.text}`],
  phase: (n) => [`Arena ${n.arena}: ${n.phase}`],
  over: (n) => [`Arena ${n.arena}: `, ...(n.winner ? [bold(n.winner), " won"] : ["nobody won"]), n.ended_by ? ` (${plain(n.ended_by)})` : ""],
  command: (n) => [bold(n.by), n.ok ? " ran " : " tried ", element("code", {}, n.line)],
};

function line(news) {
  const words = WORDS[news.kind] ? WORDS[news.kind](news) : [news.kind];
  return element("li", { class: `kind-${news.kind}` }, element("time", {}, clock(news.at)), element("span", {}, ...words));
}

/** Show all of news (oldest first) in list. */
export function showAll(list, news) {
  list.replaceChildren(...news.slice(-MOST).reverse().map(line));
  if (!news.length) list.append(element("li", { class: "none" }, "Nothing yet"));
}

/** Show one more. */
export function showOne(list, news) {
  list.querySelector(".none")?.remove();
  list.prepend(line(news));
  while (list.children.length > MOST) list.lastChild.remove();
}
