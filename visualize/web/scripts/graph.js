// The picture: the SVG that the file came with, its numbers written anew and shown as far as the step has come; it fits
// its box, or is moved in it to what is lit, with an overview above.

import { LEAST } from "./dom.js";
import { pretty, show } from "./number.js";

const GRAPH_DIGITS = 4; // a number longer than the recorded one is shortened, so that nothing overlaps

const LARGEST = 2; // times as large as it was drawn

export class Graph {
  constructor(svg, lesson, prefix, choose) {
    this.svg = svg;
    this.all = document.createElementNS(svg.namespaceURI, "g"); // what the overview shows again
    this.all.id = `${prefix}-all`;
    this.all.setAttribute("class", svg.getAttribute("class")); // its styles go by it
    this.all.append(...[...svg.children].filter((part) => !part.matches("title, desc")));
    svg.append(this.all);
    this.lesson = lesson;
    this.seen = []; // what is lit, its numbers first
    svg.style.maxWidth = "none";
    this.find = (id) => svg.querySelector(`[id="${CSS.escape(`${prefix}-${id}`)}"]`);
    svg.setAttribute("role", "group");
    svg.querySelector("desc")?.remove(); // all numbers at once, and those that were recorded; the boxes tell theirs
    svg.querySelector("title").textContent = `Computation graph of ${lesson.written[lesson.output]}`;
    this.arrows = lesson.arrows.map((arrow) => this.arrow(arrow)).filter(Boolean);
    this.boxes = Object.entries(lesson.boxes).map(([id, box]) => this.box(id, box, choose)).filter(Boolean);
    this.boxes[0]?.group.setAttribute("tabindex", "0"); // one stop for the whole graph; arrow keys walk it
  }

  arrow(arrow) {
    const group = this.find(arrow.id);
    group?.setAttribute("aria-hidden", "true"); // the boxes tell all numbers
    return group && { ...arrow, group, data: group.querySelector(".data"), gradient: group.querySelector(".gradient, .product") };
  }

  /** A box, made a button that shows the node's chain-rule sum. */
  box(id, box, choose) {
    const group = this.find(id);
    if (!group) return null;
    const name = this.lesson.written[box.node];
    group.setAttribute("tabindex", "-1");
    group.setAttribute("role", "button");
    group.addEventListener("mousedown", (event) => event.preventDefault()); // the arrow keys go on stepping
    group.addEventListener("click", () => choose(box.node));
    group.addEventListener("keydown", (event) => {
      const { key } = event, by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
      if (!by && key !== "Enter" && key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      if (!by) return choose(box.node);
      const other = this.boxes[this.boxes.findIndex((x) => x.group === group) + by]?.group ?? group;
      group.setAttribute("tabindex", "-1");
      other.setAttribute("tabindex", "0");
      other.focus();
    });
    const title = group.querySelector("title") ?? document.createElementNS(this.svg.namespaceURI, "title"), gate = this.lesson.rows.find((row) => row.phase === "forward" && row.node === box.node)?.gate;
    const head = box.folded ? title.textContent.split(/ = |, gradient /)[0] : gate ? `${name} = ${this.lesson.shown(gate)}` : name;
    const own = this.lesson.steps.filter((step) => step.node === box.node);
    title.setAttribute("aria-hidden", "true"); // a tooltip; the label says the same
    group.prepend(title);
    return { ...box, group, title, head, own, data: group.querySelector(".data"), gradient: box.total ? group.querySelector(".gradient") : null };
  }

  /** The number for the picture: as printed, or shorter where it would need more room than the recorded one. */
  text(x, recorded) {
    const text = this.lesson.text(x), room = Math.max(7, this.lesson.text(recorded).length);
    return text.length <= room || !Number.isFinite(x) ? text : show(Number(x.toPrecision(GRAPH_DIGITS)));
  }

  /** Show the numbers of a result as far as step `at` has come; of the row in hand the number may be hidden. */
  paint(result, at, hidden = false) {
    const { lesson } = this, row = lesson.rows[at - 1], started = at > lesson.computed.size;
    this.seen = [];
    for (const arrow of this.arrows) this.paintArrow(arrow, result, at, row, hidden, started);
    for (const box of this.boxes) {
      const [gradient, known] = this.arrived(lesson.arriving[box.node], result, at);
      const inHand = row?.phase === "backward" && row.operand === box.node;
      if (!box.own.length) this.write(box.data, "", result.values[box.node], lesson.atRecorded.values[box.node], true);
      this.write(box.gradient, "∇ ", gradient, lesson.atRecorded.gradients[box.node], known, hidden && inHand);
      const lit = row && (row.phase === "backward" ? row.node === box.node || inHand : row.node === box.node);
      mark(box.group, lit);
      if (lit) this.seen.push(...(inHand ? [box.gradient] : []), box.group.querySelector(".gate, .part") ?? box.group);
      box.group.classList.toggle("stale", lesson.stands(box.node, result));
      const chosen = at >= (lesson.computed.get(box.node) ?? 0);
      const told = [chosen && !(hidden && lit), known && !(hidden && inHand)];
      const words = this.words(box, result, ...told, gradient);
      if (box.title.textContent !== words) box.title.textContent = words;
      const seen = [...box.group.querySelectorAll("text:not(.unseen)")].map((text) => text.textContent).join("\n"); // what one says to press it
      box.group.setAttribute("aria-label", `${seen}: ${words}. Show its chain rule.`);
    }
  }

  paintArrow(arrow, result, at, row, hidden, started) {
    const { lesson } = this, output = arrow.id === "edge-output", value = result.values[arrow.from];
    const known = at >= (lesson.computed.get(arrow.from) ?? 0);
    const own = row?.phase === "forward" && row.node === arrow.from;
    this.write(arrow.data, "", value, lesson.atRecorded.values[arrow.from], known, hidden && own);
    let [flow, arrived] = output ? [1, started] : [0, false];
    for (const i of arrow.steps) {
      if (lesson.steps[i].number <= at) [flow, arrived] = [flow + result.steps[i].downstream, true];
    }
    const inHand = row?.phase === "backward" && row.arrow === arrow.id;
    const recorded = arrow.steps.reduce((sum, i) => sum + lesson.atRecorded.steps[i].downstream, 0);
    this.write(arrow.gradient, "∇ ", flow, recorded, arrived, hidden && inHand);
    const leads = row?.phase === "forward" && lesson.operands[row.node].some((x) => x.node === arrow.from);
    const lit = inHand || (row?.phase === "start" && output) || own || (leads && arrow.steps.some((i) => lesson.steps[i].node === row.node));
    mark(arrow.group, lit);
    if (inHand || own || (lit && output)) this.seen.push(own ? arrow.data : arrow.gradient);
    arrow.group.classList.toggle("back", Boolean(inHand));
  }

  /** Make the picture as large as its box allows, or as can be read, times `zoom`; an overview stands above a larger one. */
  fit(box, overview, zoom) {
    const { width, height } = this.svg.viewBox.baseVal;
    overview.toggleAttribute("hidden", true);
    if (!box.clientHeight) return;
    const whole = Math.min((box.clientWidth - 2) / width, (box.clientHeight - 2) / height);
    const scale = zoom * Math.min(Math.max(whole, LEAST), LARGEST);
    this.size(scale);
    this.scale = scale;
    overview.toggleAttribute("hidden", scale <= 1.02 * whole);
    overview.setAttribute("viewBox", `0 0 ${width} ${height}`);
    overview.querySelector("use").setAttribute("href", `#${this.all.id}`);
    this.frame(box, overview);
  }

  size(scale) {
    const { width, height } = this.svg.viewBox.baseVal;
    [this.svg.style.width, this.svg.style.height] = [width, height].map((x) => `${scale * x}px`);
  }

  /** Show in the overview which part of the picture is in sight. */
  frame(box, overview) {
    const scale = this.svg.clientWidth / this.svg.viewBox.baseVal.width;
    const sight = { x: box.scrollLeft, y: box.scrollTop, width: box.clientWidth, height: box.clientHeight };
    for (const [key, x] of Object.entries(sight)) overview.querySelector("rect").setAttribute(key, x / scale);
  }

  /** Move the picture within its box to what is lit: to its number and a gate, made smaller if need be, and what else has room. */
  follow(box, scale = this.scale) {
    if (this.shown !== scale) this.size((this.shown = scale));
    const seen = this.seen.filter(Boolean), gate = seen.find((part) => part.matches(".gate, .part"));
    if (!seen.length) return;
    const b = box.getBoundingClientRect(), ends = ({ left, top, right, bottom }) => [left, top, right, bottom];
    const joined = (a, c) => a.map((x, i) => (i < 2 ? Math.min : Math.max)(x, c[i]));
    const [first, ...others] = [seen[0], gate ?? seen[0], ...seen].map((part) => ends(part.getBoundingClientRect()));
    let sight = joined(first, others[0]);
    const over = Math.max((sight[2] - sight[0]) / box.clientWidth, (sight[3] - sight[1]) / box.clientHeight);
    if (over > 1 && scale === this.scale) return this.follow(box, (0.85 * scale) / over);
    for (const other of others) {
      const both = joined(sight, other);
      if (both[2] - both[0] < box.clientWidth && both[3] - both[1] < box.clientHeight) sight = both;
    }
    const [left, top, right, bottom] = sight;
    if (left < b.left || right > b.left + box.clientWidth) box.scrollLeft += (left + right) / 2 - b.left - box.clientWidth / 2;
    if (top < b.top || bottom > b.top + box.clientHeight) box.scrollTop += (top + bottom) / 2 - b.top - box.clientHeight / 2;
  }

  /** Let what a step passes on travel along its edges; what adds to an earlier path travels as "+=". */
  move(row, duration) {
    const forward = row.phase === "forward", { steps } = this.lesson;
    const way = this.arrows.filter((arrow) => (forward ? arrow.steps.some((i) => steps[i].node === row.node) : arrow.id === row.arrow));
    for (const line of way.map((arrow) => arrow.group.querySelector(".line")).filter(Boolean)) {
      const token = document.createElementNS(this.svg.namespaceURI, row.path > 1 ? "text" : "circle");
      token.setAttribute("class", forward ? "token" : "token gradient");
      if (row.path > 1) token.textContent = "+=";
      else token.setAttribute("r", 7);
      token.style.offsetPath = `path("${line.getAttribute("d")}")`;
      token.style.offsetRotate = "0deg";
      this.svg.append(token);
      token.animate({ offsetDistance: forward ? ["0%", "100%"] : ["100%", "0%"] }, { duration, easing: "ease-in-out" }).onfinish = () => token.remove();
    }
  }

  /** Mark a node and its paths to the output, or the edges of some steps. */
  mark(node, steps = null) {
    const behind = new Set([node]), marked = new Set(steps);
    if (!steps) for (const step of [...this.lesson.steps].sort((a, b) => a.node - b.node)) if (behind.has(step.operand)) marked.add(step.index) && behind.add(step.node);
    for (const box of this.boxes) box.group.classList.toggle("chosen", box.node === node);
    for (const arrow of this.arrows) arrow.group.classList.toggle("path", arrow.steps.some((i) => marked.has(i)));
  }

  /** What has arrived at a node by now, and whether anything has. */
  arrived(arriving, result, at) {
    const done = arriving.filter((i) => this.lesson.steps[i].number <= at);
    return done.length ? [result.steps[done.at(-1)].total, true] : [0, false];
  }

  write(text, sign, x, recorded, seen, hidden) {
    if (!text) return;
    const told = sign + (hidden ? "?" : pretty(this.text(x, recorded)));
    if (text.textContent !== told) text.textContent = told; // a text that is written again is laid out again
    text.classList.toggle("unseen", !seen);
  }

  /** The node in words, as its tooltip has them. */
  words(box, result, known, arrived, gradient) {
    const { lesson } = this, kink = known && box.own.some((step) => result.steps[step.index].kink);
    const still = lesson.stands(box.node, result) ? ", as recorded" : "";
    const value = known ? ` = ${pretty(lesson.text(result.values[box.node]))}${still}` : "";
    return `${box.head}${value}${arrived ? `, gradient ${pretty(lesson.text(gradient))}` : ""}${kink ? ", on a kink" : ""}`;
  }
}

/** Light a part of the picture, or not. */
function mark(group, lit) {
  group.classList.toggle("lit", Boolean(lit));
  group.toggleAttribute("data-lit", Boolean(lit));
}
