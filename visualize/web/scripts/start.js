// Where the page begins: players for the graphs, a box to pick one where there are several, and the keys.

import { element } from "./dom.js";

const players = new Map(), playgrounds = new Map(), made = {};
let active = null; // the player that the keys go to

/** The player of an article, made when it is first needed. */
function playerOf(article) {
  if (!players.has(article)) players.set(article, new made.Player(article));
  return players.get(article);
}

/** Show one part of the page. */
function choose(parts, chosen, asked) {
  if (active) active.pause();
  for (const part of parts) {
    part.hidden = part !== chosen;
    part.classList.toggle("chosen", part === chosen);
  }
  for (const playground of playgrounds.values()) playground.pause();
  if (chosen.matches(".playground") && !playgrounds.has(chosen)) playgrounds.set(chosen, new made.Playground(chosen));
  active = chosen.matches(".lesson") ? playerOf(chosen) : null;
  active?.restore(asked);
}

/** The box to pick an example. */
function picker(parts, pick) {
  const box = element("select", { id: "pick", "aria-label": "Example" }), groups = new Map();
  for (const part of parts) {
    const title = part.querySelector("h1, h2").textContent;
    const group = part.matches(".lesson") ? part.querySelector("header p").textContent : "Training";
    if (!groups.has(group)) groups.set(group, element("optgroup", { label: group }));
    groups.get(group).append(element("option", { value: part.id }, title));
  }
  box.append(...groups.values());
  box.addEventListener("change", () => pick(box.value));
  const step = (by) => {
    box.selectedIndex = Math.min(Math.max(box.selectedIndex + by, 0), box.options.length - 1);
    pick(box.value);
  };
  document.querySelector("header.collection").append(box,
    element("button", { type: "button", onclick: () => step(-1) }, "Previous example"),
    element("button", { type: "button", onclick: () => step(1) }, "Next example"));
  return box;
}

/** The keys of a lecture: arrows and a clicker's PageUp and PageDown, Space, Home, End, "." and F. */
function pressed(event) {
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
  const keys = {
    ArrowRight: () => active.go(active.step + 1), ArrowLeft: () => active.go(active.step - 1),
    PageDown: () => active.go(active.step + 1), PageUp: () => active.go(active.step - 1),
    Home: () => active.go(0), End: () => active.go(active.lesson.rows.length), " ": () => active.toggle(),
    f: () => active.fullScreen(), F: () => active.fullScreen(),
    ".": () => document.body.append(element("div", { class: "blank", onclick: (click) => click.target.remove() })),
  };
  if (!active || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
}

/** Make everything live; `makers` are the classes of what may be on the page: Player, Playground. */
export function start(makers) {
  Object.assign(made, makers);
  document.body.classList.add("live");
  const parts = [...document.querySelectorAll(".lesson, .playground")];
  const asked = () => new URLSearchParams(location.hash.slice(1));
  const named = () => parts.find((part) => part.id === asked().get("example")) ?? parts[0];
  const box = parts.length > 1 ? picker(parts, (id) => {
    location.hash = `example=${id}`;
  }) : null;
  const follow = () => {
    if (box) box.value = named().id;
    if (active?.article !== named() || location.hash !== active.address) choose(parts, named(), asked());
  };
  addEventListener("hashchange", follow);
  follow();
  document.addEventListener("keydown", pressed);
  document.addEventListener("fullscreenchange", () => document.fullscreenElement || document.body.classList.remove("projector"));
}
