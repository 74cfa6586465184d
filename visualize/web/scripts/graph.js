// The picture: the file's SVG, whose numbers are rewritten and appear step by step. It fits its box, or scrolls to the
// highlighted part, with an overview above.

import { LEAST, presenting, svgElement } from "./dom.js";
import { pretty, show } from "./number.js";

const DECADES = 4; // a gradient this many powers of ten below the largest is drawn like 0
const BESIDE = 64; // the least width for a number
const LARGEST = 2; // the largest scale
const NARROW = 0.7; // the smallest scale on a narrow screen
const PLACES = { path: ["d"], polygon: ["points"], circle: ["cx", "cy"], rect: ["x", "y"], text: ["x", "y", "text-anchor"] };
const LETTERS = 12; // the size of the smallest letters

/** The smallest scale of a picture: on a projector its smallest letters are as large as those of the page. */
export const least = () => (presenting() ? Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / LETTERS : LEAST);

export class Graph {
  constructor(svg, lesson, prefix, opened, choose, down) {
    this.svg = svg;
    this.down = false;
    this.wide = new Map(); // the widths of the recorded numbers
    this.other = down; // [width, height, positions] for the other direction
    this.lesson = lesson;
    this.seen = []; // highlighted parts, numbers first
    svg.style.maxWidth = "none";
    this.opened = opened;
    this.group = lesson.boxGroups(opened);
    this.home = this.group.map((group, node) => (group < 0 ? node : lesson.groups[group][0]));
    this.parts = new Map([...svg.querySelectorAll("g[id]")].map((part) => [part.id.slice(prefix.length + 1), part]));
    svg.setAttribute("role", "group");
    svg.querySelector("desc")?.remove(); // it has all recorded numbers at once; the boxes have labels
    svg.querySelector("title").textContent = `Computation graph of ${lesson.written[lesson.output]}`;
    this.arrows = this.joinArrows();
    this.boxes = [...this.parts].filter(([id]) => /^node-/.test(id)).map(([id, part]) => this.box(Number(id.slice(5)), part, choose));
    this.boxes[0]?.group.setAttribute("tabindex", "0"); // one tab stop for the whole graph; arrow keys move within it
  }

  /** Every arrow with the node whose value it carries and the steps that come back over it; several can share an arrow into a fold. */
  joinArrows() {
    const { lesson, home } = this, arrows = [], found = new Map(), steps = new Map(lesson.steps.map((step) => [`${step.node}-${step.place}`, step.index]));
    const add = (id, from) => {
      const group = this.parts.get(id);
      group?.setAttribute("aria-hidden", "true"); // the labels of boxes have all numbers
      if (group) arrows.push({ id, from, steps: [], group, data: group.querySelector(".data"), gradient: group.querySelector(".gradient, .product") });
      return group && arrows.at(-1);
    };
    const edges = lesson.operands.flatMap((row, node) => row.map((x, place) => [`${node}-${place}`, x.node, `${x.node} into ${home[node]}`, `${home[x.node]} to ${home[node]}`]));
    for (const [id, from, ...keys] of edges) {
      const arrow = from !== undefined && add(`edge-${id}`, from);
      for (const key of arrow ? [id, ...keys] : []) if (!found.has(key)) found.set(key, arrow);
    }
    for (const [id, , ...keys] of edges) if (steps.has(id)) [id, ...keys].map((key) => found.get(key)).find(Boolean)?.steps.push(steps.get(id));
    add("edge-output", lesson.output);
    return arrows;
  }

  /** Make a box a button that shows the node's chain rule, or opens a fold. */
  box(node, group, choose) {
    const { lesson } = this, name = lesson.written[node], folded = group.matches(".fold"), count = group.querySelector(".count");
    const opens = folded && lesson.opens.includes(`${this.group[node]}`) && `${this.group[node]}`, act = () => choose(node, opens);
    group.setAttribute("tabindex", "-1");
    group.setAttribute("role", "button");
    group.addEventListener("mousedown", (event) => event.preventDefault()); // the arrow keys keep stepping
    group.addEventListener("click", act);
    group.addEventListener("keydown", (event) => {
      const { key } = event, by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[key];
      if (!by && key !== "Enter" && key !== " ") return;
      event.preventDefault();
      event.stopPropagation();
      if (!by) return act();
      const other = this.boxes[this.boxes.findIndex((x) => x.group === group) + by]?.group ?? group;
      group.setAttribute("tabindex", "-1");
      other.setAttribute("tabindex", "0");
      other.focus();
    });
    const inside = lesson.around(lesson.inside[node]).includes(Number(this.opened)), shape = group.querySelector(".gate, .part") ?? group;
    group.classList.toggle("inside", inside);
    const title = group.querySelector("title") ?? svgElement("title"), gate = lesson.rows.find((row) => row.phase === "forward" && row.node === node)?.gate;
    const head = folded ? title.textContent.split(/ = |, gradient /)[0] : gate ? `${name} = ${lesson.display(gate)}` : name;
    const own = lesson.steps.filter((step) => step.node === node);
    title.setAttribute("aria-hidden", "true"); // a tooltip; the label says the same
    group.prepend(title);
    return { node, opens, inside, shape, group, title, head, own, count, counted: count?.textContent, data: group.querySelector(".data"), gradient: group.querySelector(".gradient") };
  }

  /** Show the numbers of a result up to step `at`, or those of a wrong pass with its mistakes marked. */
  show(result, at, asked, wrong) {
    if (!this.wide.size) {
      if (this.down) this.paint(this.lesson.atRecorded, this.lesson.rows.length); // fewer digits than were drawn
      this.places = this.rooms();
    }
    this.paint(result, at, asked);
    const texts = [...this.svg.querySelectorAll("g .gradient")], right = texts.map((text) => text.textContent);
    if (wrong) this.paint(wrong, at, asked);
    this.settle(result.numbers.some((x, i) => !Object.is(x, this.lesson.recorded[i])));
    for (const [i, text] of texts.entries()) if (text.classList.toggle("wrong", text.textContent !== right[i])) text.textContent += " ✗";
  }

  /** The room for each number: along its line, before it, or within the picture. */
  rooms() {
    return [...this.arrows, ...this.boxes].flatMap((part) => [part.data, part.gradient].filter(Boolean).map((number) => {
      const text = number.closest("text"), x = Number(text.getAttribute("x")), line = part.steps && part.group.querySelector(".line");
      const wide = this.wide.get(text) ?? text.getComputedTextLength(), aside = text.hasAttribute("text-anchor");
      this.wide.set(text, wide);
      const half = Math.max(wide, BESIDE) / 2, left = Math.max(2, x - half);
      const ends = aside ? [x, x + 2 * half] : line ? [line.getPointAtLength(0).x + 1, Math.min(line.getBBox().x + line.getBBox().width - 10, x + half + 24)]
        : number === part.data ? [2, x + wide / 2] : [left, left + 2 * half];
      return { text, x, wide, ends, aside };
    }));
  }

  /** Keep numbers that are longer than the recorded ones in their rooms: move or narrow them. */
  settle(changed) {
    if (!changed && !this.moved) return;
    this.moved = changed;
    this.places ??= this.rooms();
    for (const { text } of this.places) text.removeAttribute("textLength");
    const lengths = this.places.map(({ text }) => (changed ? text.getComputedTextLength() : 0));
    for (const [i, { text, x, wide, ends: [left, right], aside }] of this.places.entries()) {
      const length = Math.min(lengths[i], right - left), longer = lengths[i] > wide + 1;
      text.setAttribute("x", longer && !aside ? Math.min(Math.max(x, left + length / 2), right - length / 2) : x);
      if (longer) text.setAttribute("lengthAdjust", "spacingAndGlyphs");
      if (longer && length < lengths[i]) text.setAttribute("textLength", length);
    }
  }

  /** Show the numbers of a result up to step `at`; the current row is its row, or that of the question `asked`. */
  paint(result, at, asked = null) {
    const { lesson } = this, row = asked ? asked.row : lesson.rows[at - 1], hidden = Boolean(asked);
    this.seen = [];
    for (const arrow of this.arrows) this.paintArrow(arrow, result, at, row, asked);
    const most = Math.max(...this.arrows.map((arrow) => arrow.flow).filter(Number.isFinite)), share = (flow) => Math.min(Math.max(1 + Math.log10(flow / most) / DECADES, 0), 1) || 0;
    for (const arrow of this.arrows) {
      const size = `${share(arrow.flow)}`;
      if (arrow.size !== size) arrow.group.style.setProperty("--size", (arrow.size = size));
    }
    const mute = row?.phase === "backward" && !this.arrows.find((arrow) => arrow.steps.includes(row.index))?.gradient;
    for (const box of this.boxes) {
      const [gradient, known] = this.arrivedGradient(lesson.arriving[box.node], result, at);
      const inHand = row?.phase === "backward" && this.home[row.operand] === box.node, own = row && this.home[row.node] === box.node;
      if (!box.own.length) this.write(box.data, "", result.values[box.node], true);
      this.write(box.gradient, "∇ ", gradient, known || (hidden && inHand), hidden && inHand);
      const lit = own || inHand;
      mark(box.group, lit);
      if (box.count) this.writeFold(box, result, row, mute && lit, own && row.phase === "forward", hidden);
      if (lit) this.seen.push(...(inHand ? [box.gradient] : []), box.shape);
      box.group.classList.toggle("stale", lesson.isFixed(box.node, result));
      const chosen = at >= (lesson.computed.get(box.node) ?? 0);
      const visible = [chosen && !(hidden && lit), known && !(hidden && inHand)];
      const words = this.words(box, result, ...visible, gradient);
      put(box.title, words); // writing the same text would cause a layout
      const seen = [...box.group.querySelectorAll("text:not(.unseen)")].map((text) => text.textContent).join("\n"); // its visible label, for speech input
      box.group.setAttribute("aria-label", `${seen}: ${words}. ${box.opens ? "Open it" : "Show its chain rule"}.`);
    }
    for (const [group, copy] of this.small ?? []) copy.classList.toggle("lit", group.classList.contains("lit"));
  }

  /** Write in a fold its number of nodes, or the number of the current step if no other part shows it. */
  writeFold(box, result, row, back, forth, hidden) {
    const x = back ? result.steps[row.index].downstream : result.values[row?.node];
    const text = back || forth ? `${back ? "∇ " : ""}${hidden ? "?" : pretty(show(Number(x.toPrecision(4))))}` : box.counted;
    put(box.count, text);
    box.count.setAttribute("class", back ? "gradient" : forth ? "data" : "count");
    if (back || forth) this.seen.push(box.count);
  }

  paintArrow(arrow, result, at, row, asked) {
    const { lesson } = this, output = arrow.id === "edge-output", value = result.values[arrow.from], hidden = Boolean(asked);
    const known = at >= (lesson.computed.get(arrow.from) ?? 0);
    const own = row?.phase === "forward" && row.node === arrow.from;
    this.write(arrow.data, "", value, known || own, hidden && own);
    let [flow, arrived] = output ? [1, at > lesson.computed.size] : [0, false];
    for (const i of arrow.steps) {
      if (lesson.steps[i].number <= at) [flow, arrived] = [flow + result.steps[i].downstream, true];
    }
    const inHand = row?.phase === "backward" && (asked?.steps ?? [row.index]).some((i) => arrow.steps.includes(i));
    this.write(arrow.gradient, "∇ ", flow, arrived || inHand, hidden && inHand);
    arrow.flow = arrived && !(hidden && inHand) ? Math.abs(flow) : 0;
    const leads = row?.phase === "forward" && lesson.operands[row.node].some((x) => x.node === arrow.from);
    const lit = inHand || (row?.phase === "start" && output) || own || (leads && arrow.steps.some((i) => lesson.steps[i].node === row.node));
    mark(arrow.group, lit);
    if (inHand || own || (lit && output)) this.seen.push(own ? arrow.data : arrow.gradient);
    arrow.group.classList.toggle("back", Boolean(inHand));
  }

  /** Turn the picture downward, or to the right again, by exchanging all positions. */
  turn(down) {
    if (down === this.down) return;
    this.settle(false);
    const { svg } = this, { width, height } = svg.viewBox.baseVal, [wide, high, places] = this.other, old = [];
    let group, moved;
    for (const [i, part] of svg.querySelectorAll("g > :is(path, polygon, circle, rect, text)").entries()) {
      const names = PLACES[part.localName], was = names.map((name) => part.getAttribute(name));
      const along = () => (names.length > 1 ? [Number(was[0]) + moved[0], Number(was[1]) + moved[1], was[2]] : [head(part)]);
      const place = places[i] ? [places[i]].flat() : along();
      if (part.parentNode !== group) [group, moved] = [part.parentNode, [place[0] - was[0], place[1] - was[1]]];
      names.forEach((name, k) => ((place[k] ?? null) === null ? part.removeAttribute(name) : part.setAttribute(name, place[k])));
      old.push(was);
    }
    this.other = [width, height, old];
    this.places = this.small = null;
    this.wide.clear();
    this.down = down;
    svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    for (const [name, x] of [["width", wide], ["height", high]]) svg.querySelector(".page").setAttribute(name, x);
  }

  /** Scale the picture to fit its box and stay readable, times `zoom`; a picture larger than its box gets an overview. */
  fit(box, overview, zoom) {
    const { width, height } = this.svg.viewBox.baseVal;
    overview.toggleAttribute("hidden", true);
    if (!box.clientHeight) return;
    const wide = (box.clientWidth - 2) / width, whole = Math.min(wide, (box.clientHeight - 2) / height);
    const small = this.down ? Math.max(Math.min(wide, least()), NARROW) : least();
    const scale = zoom * Math.min(Math.max(whole, small), presenting() ? 2 * LARGEST : LARGEST);
    this.size(scale);
    this.scale = scale;
    overview.toggleAttribute("hidden", scale <= 1.02 * whole);
    overview.setAttribute("viewBox", `0 0 ${width} ${height}`);
    overview.querySelector("g").replaceChildren(...(overview.hasAttribute("hidden") ? [] : this.sketch().values()));
    this.frame(box, overview);
  }

  /** Copies of lines and boxes for the overview, highlighted with their originals. */
  sketch() {
    const shapes = [...this.arrows, ...this.boxes].map(({ group }) => [group, group.querySelector(".line, .gate, .part")?.cloneNode()]);
    return (this.small ??= new Map(shapes.filter(([, shape]) => shape).map(([group, shape]) => [group, svgElement("g", {}, shape)])));
  }

  size(scale) {
    const { width, height } = this.svg.viewBox.baseVal;
    [this.svg.style.width, this.svg.style.height] = [width, height].map((x) => `${scale * x}px`);
  }

  /** Frame the visible part of the picture in the overview. */
  frame(box, overview) {
    const scale = this.svg.clientWidth / this.svg.viewBox.baseVal.width;
    if (!scale) return; // the picture is hidden
    const sight = { x: box.scrollLeft, y: box.scrollTop, width: box.clientWidth, height: box.clientHeight };
    for (const [key, x] of Object.entries(sight)) overview.querySelector(":scope > rect").setAttribute(key, x / scale);
  }

  /** Scroll to the highlighted parts: to a number and a gate, scaled down if needed unless presenting, and to others that fit. */
  follow(box, scale = this.scale, parts = this.seen) {
    if (this.drawnScale !== scale) this.size((this.drawnScale = scale));
    const seen = parts.filter(Boolean), gate = seen.find((part) => part.matches(".gate, .part"));
    if (!seen.length) return;
    const b = box.getBoundingClientRect(), ends = ({ left, top, right, bottom }) => [left, top, right, bottom];
    const joined = (a, c) => a.map((x, i) => (i < 2 ? Math.min : Math.max)(x, c[i]));
    const [first, ...others] = [seen[0], gate ?? seen[0], ...seen].map((part) => ends(part.getBoundingClientRect()));
    let sight = presenting() ? first : joined(first, others[0]);
    const over = Math.max((sight[2] - sight[0]) / box.clientWidth, (sight[3] - sight[1]) / box.clientHeight);
    if (over > 1 && scale === this.scale) return this.follow(box, (0.85 * scale) / over, parts);
    for (const other of others) {
      const both = joined(sight, other);
      if (both[2] - both[0] < box.clientWidth && both[3] - both[1] < box.clientHeight) sight = both;
    }
    const [left, top, right, bottom] = sight;
    if (left < b.left || right > b.left + box.clientWidth) box.scrollLeft += (left + right) / 2 - b.left - box.clientWidth / 2;
    if (top < b.top || bottom > b.top + box.clientHeight) box.scrollTop += (top + bottom) / 2 - b.top - box.clientHeight / 2;
  }

  /** Move a token along the edges of a step; an addition to an earlier path is a "+=". */
  move(row, duration) {
    const forward = row.phase === "forward", { steps } = this.lesson;
    const way = this.arrows.filter((arrow) => (forward ? arrow.steps.some((i) => steps[i].node === row.node) : arrow.steps.includes(row.index)));
    for (const line of way.map((arrow) => arrow.group.querySelector(".line")).filter(Boolean)) {
      const attributes = { class: forward ? "token" : "token gradient" };
      const token = row.path > 1 ? svgElement("text", attributes, "+=") : svgElement("circle", { ...attributes, r: 7 });
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
    for (const box of this.boxes) box.group.classList.toggle("chosen", box.node === this.home[node]);
    for (const arrow of this.arrows) arrow.group.classList.toggle("path", arrow.steps.some((i) => marked.has(i)));
  }

  /** The gradient that has arrived at a node so far, and whether any has. */
  arrivedGradient(arriving, result, at) {
    const done = arriving.filter((i) => this.lesson.steps[i].number <= at);
    return done.length ? [result.steps[done.at(-1)].total, true] : [0, false];
  }

  /** Write a number; on a narrow screen with three digits. */
  write(text, sign, x, seen, hidden) {
    if (!text) return;
    put(text, sign + (hidden ? "?" : pretty(this.down ? show(Number(x.toPrecision(3))) : this.lesson.text(x))));
    text.classList.toggle("unseen", !seen);
  }

  /** The node in words, as its tooltip has them. */
  words(box, result, known, arrived, gradient) {
    const { lesson } = this, kink = known && box.own.some((step) => result.steps[step.index].kink);
    const still = lesson.isFixed(box.node, result) ? ", as recorded" : "";
    const value = known ? ` = ${pretty(lesson.text(result.values[box.node]))}${still}` : "";
    return `${box.head}${value}${arrived ? `, gradient ${pretty(lesson.text(gradient))}` : ""}${kink ? ", on a kink" : ""}`;
  }
}

/** Write a text if it has changed; every write causes a layout. */
function put(part, text) {
  if (part.textContent !== text) part.textContent = text;
}

/** Highlight a part of the picture, or not. */
function mark(group, lit) {
  group.classList.toggle("lit", Boolean(lit));
  group.toggleAttribute("data-lit", Boolean(lit));
}

/** The points of the arrowhead at the lower end of a line, of the same size. */
function head(part) {
  const [x, y] = part.previousElementSibling.getAttribute("d").match(/[-\d.]+/g).slice(-2).map(Number);
  const [tip, , corner] = part.getAttribute("points").match(/[-\d.]+/g), long = tip - corner;
  return `${x},${y + long - 1} ${x - 0.42 * long},${y - 1} ${x + 0.42 * long},${y - 1}`;
}
