// The start of a page: players for the graphs, the table of contents, and the keys.

import { button, element, fragment, svgElement } from "./dom.js";

const players = new WeakMap(), made = {}; // a player lives as long as its article
let active = null; // the player or playground that gets the keys
const title = document.title;

/** The player or playground of a part, created when first needed. */
function playerOf(article) {
  if (!players.has(article)) players.set(article, new made[article.matches(".lesson") ? "Player" : "Playground"](article, made));
  return players.get(article);
}

/** Show one part of the page, or the contents. */
function choose(parts, chosen, asked) {
  if (active) active.pause();
  document.title = chosen && parts.length > 1 ? `${heading(chosen)} · ${title}` : title;
  for (const part of parts) {
    part.hidden = part !== chosen;
    part.classList.toggle("chosen", part === chosen);
  }
  active = chosen && playerOf(chosen);
  document.body.classList.toggle("projector", asked.has("present"));
  active?.restore(asked);
}

/** The contents: links to the parts with their pictures, by lecture, and a search field. */
function contents(parts) {
  const groups = new Map(), items = new Map();
  for (const part of parts) {
    const group = part.matches(".lesson") ? part.querySelector("header p").textContent : "Training";
    if (!groups.has(group)) groups.set(group, element("ul"));
    const svg = part.querySelector(".graph svg"), item = element("a", { href: `#example=${part.id}` }, heading(part));
    if (svg) {
      item.prepend(svgElement("svg", { viewBox: svg.getAttribute("viewBox"), "aria-hidden": "true" }, svgElement("use", { href: `#${svg.id}` })));
    }
    items.set(part, element("li", {}, item));
    groups.get(group).append(items.get(part));
  }
  const search = ({ target }) => {
    const words = target.value.toLowerCase().split(" ");
    for (const [part, item] of items) {
      const text = part.querySelector("header").textContent.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
    }
    none.textContent = [...items.values()].every((item) => item.hidden) ? "No example has all of these words." : "";
  };
  const none = element("p", { role: "status" });
  const field = element("input", { type: "search", "aria-label": "Search the examples", placeholder: "Search", oninput: search });
  return element("nav", { class: "contents", "aria-label": "Examples" }, field, none, ...[...groups].map(([name, list]) => element("section", {}, element("h2", {}, name), list)));
}

/** The title of a part. */
const heading = (part) => part.querySelector("h1, h2").textContent;

/** The keys of a lecture: arrows and a clicker's PageUp and PageDown, Space, Home, End, "." and F. */
function press(event) {
  const text = event.target.matches("input:not([type=range]), textarea") && !event.target.closest(".inputs"); // it undoes its own changes
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && active?.change?.undo && !text) {
    event.preventDefault();
    return active.change.undo();
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const blank = document.querySelector(".blank");
  if (blank) {
    blank.remove();
    event.preventDefault();
    return;
  }
  const target = event.target, typing = target.matches("input, select, textarea"), pressing = target.closest("button, summary, a, [role=button]");
  if (typing && !(target.type === "range" && /^Page/.test(event.key))) return;
  if (pressing && event.key === " ") return;
  const keys = active?.keys ?? {
    ArrowRight: () => active.go(active.step + 1), ArrowLeft: () => active.go(active.step - 1),
    PageDown: () => active.go(active.step + 1), PageUp: () => active.go(active.step - 1),
    Home: () => active.go(0), End: () => active.go(active.lesson.rows.length), " ": () => active.toggle(),
    f: () => active.fullScreen(), F: () => active.fullScreen(),
  };
  keys["."] = () => document.body.append(element("div", { class: "blank", onclick: (click) => click.target.remove() }));
  if (!active || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
}

/** Bring the page to life; `makers` are the classes of its parts: Player, Playground. */
export function start(makers) {
  Object.assign(made, makers);
  const parts = [...document.querySelectorAll(".lesson, .playground")];
  const at = () => (parts.length > 1 ? parts.findIndex((part) => part.id === fragment().get("example")) : 0);
  const list = element("div"), step = (name, by) => button(name, () => (location.hash = `example=${parts[at() + by].id}`));
  const ways = [step("Previous example", -1), element("a", { href: "#" }, "Contents"), step("Next example", 1)];
  const several = parts.length > 1, slot = several ? parts.length : 0; // the place of the student's own graph
  if (several) {
    document.querySelector("header.collection").append(...ways);
    parts[0].before(list);
    list.append(contents(parts));
  }
  let hide = null; // what a link hides, it hides in every example
  const follow = (replaced = false) => {
    const chosen = parts[at()], wanted = fragment();
    hide = wanted.get("hide") ?? hide;
    if (hide) wanted.set("hide", hide);
    list.hidden = Boolean(chosen);
    for (const [i, way] of ways.entries()) Object.assign(way, { hidden: !chosen, disabled: !parts[at() + i - 1] });
    if (replaced || !active || active.article !== chosen || location.hash !== active.address) choose(parts, chosen, wanted);
  };
  const put = (article) => {
    if (article && parts[slot]) parts[slot].replaceWith(article);
    else if (article) parts.at(-1).after(article);
    if (article) parts[slot] = article;
    follow(true);
  };
  if (made.Own) new made.Own(put, several ? null : parts[0]);
  addEventListener("hashchange", () => follow());
  follow();
  document.addEventListener("keydown", press);
  for (const type of ["beforeprint", "afterprint"]) {
    addEventListener(type, () => [active, active?.inspected].forEach((player) => player?.showList?.(player.result, type === "beforeprint")));
  }
  document.addEventListener("fullscreenchange", () => document.fullscreenElement || document.body.classList.remove("projector"));
}
