// The player of one graph: stepping by buttons, keys, slider or timer, and all views of the step.

import { Change } from "./change.js";
import { button, element, flash, fragment, menu, present, presenting, svgElement } from "./dom.js";
import { Graph, least } from "./graph.js";
import { Lab } from "./lab.js";
import { Lesson } from "./lesson.js";
import { exact, parseNumber, show } from "./number.js";
import { PROGRAMS } from "./programs.js";
import { Explanation, fitWithin } from "./explanation.js";
import { SHARE_OPTIONS, shareAs } from "./share.js";
import { Slope } from "./slope.js";
import { Tabs } from "./tabs.js";
import { Tutor } from "./tutor.js";

const PACE = 1400, MOTION = 250; // milliseconds per step when playing, and per motion
const SWIPE = 50; // pixels

export class Player {
  constructor(article) {
    this.article = article;
    this.data = JSON.parse(article.querySelector("script").textContent);
    this.data.views[0].code = [...article.querySelectorAll(".code .line")].map((line) => line.textContent);
    this.lessons = this.data.views.map((view) => new Lesson(view, PROGRAMS));
    this.pictures = { [`0.${this.lessons[0].opens[0]}`]: article.querySelector(".graph svg") };
    for (const view of article.querySelectorAll("template")) this.pictures[view.dataset.view] = view.content.querySelector("svg");
    this.graphs = {};
    this.narrow = matchMedia("(max-width: 600px)");
    this.lesson = this.lessons[0];
    this.opened = this.begin(this.lesson);
    this.numbers = this.lesson.recorded.slice();
    this.step = 0;
    this.timer = null;
    this.box = article.querySelector(".graph");
    this.box.removeAttribute("tabindex"); // its nodes scroll it
    this.zoom = 1;
    this.tutor = new Tutor(this);
    this.build();
    this.change = new Change(this);
    this.lab = new Lab(this);
    this.slope = new Slope(this);
    this.tabs = new Tabs(this.data.id, { Inputs: this.change.section, Code: this.part("code"), Chain: this.lab.chain,
      Mistakes: this.lab.mistakes, Steps: this.part("steps"), Descend: this.slope.section }, () => this.result && (this.update(), this.remember()));
    this.side.append(this.tabs.list, ...this.tabs.panels);
    this.draw();
    this.show(0);
    new ResizeObserver(() => (this.graph.down === this.narrow.matches ? this.fit() : (this.draw(), this.update()))).observe(this.pane);
  }

  // --- What is on the page -------------------------------------------------------------------

  build() {
    const keyed = (name, label, key, act) => button(label, act, { class: name, title: `${label} (${key})` });
    this.play = keyed("play", "Play", "Space", () => this.toggle());
    this.slider = element("input", { type: "range", min: 0, value: 0, "aria-label": "Step", class: "at", oninput: () => this.go(Number(this.slider.value)) });
    this.counter = element("output", { class: "counter" });
    this.back = keyed("back", "Back", "left arrow", () => this.go(this.step - 1));
    this.next = keyed("next", "Next", "right arrow", () => this.go(this.step + 1));
    this.next.dataset.part = "next";
    const full = keyed("full", "Full screen", "F", () => this.fullScreen());
    const bar = element("div", { class: "bar", role: "group", "aria-label": "Steps" },
      keyed("first", "Start", "Home", () => this.go(0)), this.back, this.next, this.play, this.slider, this.counter,
      button("−", () => this.enlarge(0.8), { "aria-label": "Smaller graph" }), button("+", () => this.enlarge(1.25), { "aria-label": "Larger graph" }));
    this.sizes = button("Gradient sizes", () => this.size(!this.pane.matches(".sized")), { class: "sizes" });
    this.views = element("div", { class: "views", role: "group", "aria-label": "Forms of the graph" }, this.tutor.toggle, this.tutor.menu, this.sizes, full);
    const labeled = (label) => ({ "aria-label": label, class: "form" });
    this.form = menu(this.lessons.map((lesson, i) => [i, lesson.view]), (box) => this.view(Number(box.value)), labeled("Form of the graph"));
    if (this.lessons.length > 1) this.views.prepend(this.form);
    this.speed = menu([[1, "Speed"], [2, "Slow"], [0.5, "Fast"]], () => this.pause(), labeled("Speed"));
    this.shareMenu = menu(SHARE_OPTIONS, async (box) => {
      flash(box.options[0], await shareAs(this, box.value), "Share");
      box.value = "";
    }, labeled("Share"));
    this.views.append(this.speed, this.shareMenu);
    this.explanation = new Explanation();
    const { rule, product, role, sentence } = this.explanation;
    this.now = element("div", { class: "now", "data-part": "equation" }, rule, product, role, this.tutor.form, this.tutor.end, sentence);
    this.overview = svgElement("svg", { class: "overview autodiff", "aria-hidden": "true" }, svgElement("g"), svgElement("rect"));
    this.overview.addEventListener("click", (event) => {
      const a = this.overview.getScreenCTM().inverse(), b = this.graph.svg.clientWidth / this.graph.svg.viewBox.baseVal.width;
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(a);
      this.box.scrollTo(at.x * b - this.box.clientWidth / 2, at.y * b - this.box.clientHeight / 2);
    });
    this.box.addEventListener("scroll", () => this.graph.frame(this.box, this.overview));
    this.box.addEventListener("pointermove", (event) => event.pointerType === "mouse" && event.buttons === 1 && this.box.scrollBy(-event.movementX, -event.movementY));
    this.box.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.enlarge(event.deltaY < 0 ? 1.25 : 0.8);
    }, { passive: false });
    this.folds = element("div", { class: "folds", role: "group", "aria-label": "Folded parts" });
    this.pane = element("div", { class: "pane" }, this.folds, this.overview);
    this.box.replaceWith(this.pane);
    this.twin = { box: element("div", { class: "graph", hidden: true }), lesson: null };
    const leave = button("×", () => this.fullScreen(), { class: "leave", title: "Leave (F)", "aria-label": "Leave full screen" });
    this.pane.append(this.box, this.twin.box, leave);
    let began = null;
    this.article.addEventListener("touchstart", ({ touches, target }) => (began = touches.length === 1 && target.closest(".pane, .now") ? [touches[0], target] : null), { passive: true });
    this.article.addEventListener("touchend", ({ changedTouches: [end] }) => {
      const [from, target] = began ?? [end], x = end.clientX - from.clientX, y = end.clientY - from.clientY;
      const moves = this.box.contains(target) && this.box.scrollWidth > this.box.clientWidth + 1;
      if (Math.abs(x) > Math.max(SWIPE, 2 * Math.abs(y)) && !moves) this.go(this.step - Math.sign(x));
    });
    this.stage = element("div", { class: "stage" }, this.now, bar);
    this.side = element("div", { class: "side" }, this.views);
    this.pane.after(this.stage, this.side);
    this.list = this.article.querySelector(".steps ol");
    this.part("gradients").append(element("div", { class: "remarks" }, ...this.article.querySelectorAll("header > p")));
  }

  part(name) {
    return this.article.querySelector(`section.${name}`);
  }

  enlarge(times) {
    this.zoom = Math.min(Math.max(this.zoom * times, 1), 8);
    this.fit();
    this.remember();
  }

  fit() {
    this.pair();
    this.graph.fit(this.box, this.overview, this.zoom);
    this.graph.follow(this.box);
    for (const part of [this.explanation.rule, this.explanation.product]) fitWithin(part);
    for (const part of this.article.querySelectorAll("header > h1, .formula")) fitWithin(part, false);
  }

  /** On a projector show another form of the graph under this one if both are readable. */
  pair() {
    const { pane, box, twin } = this;
    twin.box.hidden = true;
    box.style.flex = "";
    if (!presenting() || !twin.lesson) return;
    twin.graph = this.graphOf(twin.lesson, twin.lesson.opens[0]);
    const [a, b] = [this, twin].map((one) => one.graph.svg.viewBox.baseVal);
    twin.box.hidden = Math.min(pane.clientWidth / Math.max(a.width, b.width), pane.clientHeight / (a.height + b.height)) < 0.9 * least();
    if (twin.box.hidden) return;
    [box.style.flex, twin.box.style.flex] = [a, b].map(({ height }) => `${height} 1 0`);
    twin.box.replaceChildren(twin.graph.svg);
    twin.graph.fit(twin.box, this.overview, 1);
    this.showTwin();
  }

  /** Show in the other form what this one has shown, up to the last number that both have. */
  showTwin() {
    const { lesson, twin } = this, node = (row) => row.operand ?? row.node;
    const key = ({ same }, row) => [row.phase, same[node(row)] ?? node(row), row.path === row.paths || row.path].join(" ");
    const seen = new Set(lesson.rows.slice(0, this.seen).map((row) => key(lesson, row)));
    twin.graph.show(twin.lesson.compute(this.numbers), 1 + twin.lesson.rows.findLastIndex((row) => seen.has(key(twin.lesson, row))));
    twin.graph.follow(twin.box);
  }

  /** Draw the picture and the code of the view. */
  draw() {
    const { lesson, opened } = this, within = this.pane.contains(document.activeElement);
    this.graph = this.graphOf(lesson, opened);
    this.twin.lesson = this.lessons.find((one) => one !== lesson);
    this.box.replaceChildren(this.graph.svg);
    const ways = [["closed", "Folded"], ...lesson.around(Number(opened)).reverse().map((group) => [`${group}`, lesson.groups[group][2]]), ["all", "All gates"]];
    this.folds.replaceChildren(...ways.filter(([way]) => lesson.opens.length > 1 && lesson.opens.includes(way)).map(([way, name]) => button(name, () => this.open(way), { "aria-pressed": String(way === opened) })));
    if (within) this.folds.querySelector("[aria-pressed=true]")?.focus();
    this.lines = this.lesson.code.map((line) => element("span", { class: "line" }, line));
    this.article.querySelector(".code code").replaceChildren(...this.lines.flatMap((line) => [line, "\n"]));
    this.slider.max = this.lesson.rows.length;
    const item = (_, i) => element("li", {}, button(`Step ${i + 1}`, () => this.go(i + 1), { class: "row" }));
    this.list.replaceChildren(...this.lesson.rows.map(item));
    this.fit();
  }

  /** The graph in one of its forms with one fold open, created when first needed. */
  graphOf(lesson, opened) {
    const form = this.lessons.indexOf(lesson), key = `${form}.${opened}`;
    const choose = (node, fold) => (lesson !== this.lesson ? this.view(form) : fold ? this.open(fold) : this.lab.choose(node));
    const graph = (this.graphs[key] ??= new Graph(this.pictures[key], lesson, `${this.data.id}-${form}`, opened, choose, this.data.down[key]));
    graph.turn(this.narrow.matches);
    return graph;
  }

  /** The fold that is open at first: on a phone none. */
  begin({ opens }) {
    return this.narrow.matches && opens.includes("closed") ? "closed" : opens[0];
  }

  /** Open a fold, or close all ("closed"). */
  open(fold) {
    this.opened = fold;
    this.draw();
    this.update();
    this.graph.mark(this.lab.chosen);
    this.graph.follow(this.box, undefined, this.graph.boxes.filter((box) => box.inside).map((box) => box.shape));
    this.remember();
  }

  view(i) {
    const atEnd = this.step === this.lesson.rows.length;
    this.lesson = this.lessons[i];
    this.opened = this.begin(this.lesson);
    this.form.value = i;
    this.draw();
    this.lab.chosen = null;
    if (this.tutor.on) this.tutor.begin();
    else this.show(atEnd ? this.lesson.rows.length : 0);
  }

  // --- Steps ---------------------------------------------------------------------------------

  get row() {
    return this.tutor.asked?.row ?? this.lesson.rows[this.step - 1];
  }

  go(step) {
    if (this.tutor.asked && step > this.step) return this.tutor.focus();
    const last = this.lesson.rows.length, onward = step === this.step + 1 && step <= last;
    this.show(onward && this.tutor.leaps ? this.tutor.next?.at ?? last : Math.min(Math.max(step, 0), last));
    if (onward && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.move();
  }

  /** Animate the step: tokens on its edges, then the factors meet in the product. */
  move() {
    const duration = MOTION * Number(this.speed.value), [upstream, local, product] = this.explanation.product.querySelectorAll(".factor");
    this.graph.move(this.row, duration);
    const slide = (part, x) => part?.animate({ transform: [`translateX(${x}px)`, "none"], opacity: [0.3, 1] }, { duration, easing: "ease-out" });
    slide(upstream, -24);
    slide(product ? local : null, 24);
    (product ?? local)?.animate({ opacity: [0, 0, 1] }, { duration: 2 * duration });
  }

  /** Show step number `step`; 0 is before the first. */
  show(step) {
    this.step = Math.min(step, this.tutor.next?.at ?? step); // no question is stepped over
    this.tutor.verdict.textContent = "";
    this.update();
    this.remember();
    if (this.tutor.asked) this.tutor.focus();
    if (this.step === this.lesson.rows.length) this.pause();
  }

  /** Take new numbers at the same step. */
  changed(numbers) {
    this.numbers = numbers;
    this.update();
    this.remember();
  }

  /** Compute everything and show it. */
  update() {
    if (this.computed?.lesson !== this.lesson || this.computed.numbers !== this.numbers) {
      this.result = this.lesson.compute(this.numbers);
      this.computed = { lesson: this.lesson, numbers: this.numbers };
    }
    const { result } = this;
    this.graph.show(result, this.seen, this.tutor.asked, this.lab.wrongResult(result));
    this.graph.follow(this.box);
    if (!this.twin.box.hidden) this.showTwin();
    this.slider.value = this.step;
    this.counter.textContent = `${this.step} of ${this.lesson.rows.length}`;
    this.slider.setAttribute("aria-valuetext", `step ${this.step} of ${this.lesson.rows.length}`);
    this.back.disabled = this.step === 0;
    this.next.disabled = this.step === this.lesson.rows.length;
    this.tutor.update();
    this.article.classList.toggle("predicting", this.seen < this.lesson.rows.length);
    this.explanation.explain(this.lesson, this.row, result, ...(this.tutor.asked ? [this.tutor.asked, this.tutor.words] : []));
    for (const row of this.lesson.rows.filter((row) => this.lines[row.line])) {
      const line = this.lines[row.line], code = this.lesson.code[row.line], text = this.hidesRule(row) ? code.replace(/= .*/, "= ?") : code;
      if (line.textContent !== text) line.textContent = text;
    }
    this.lines.forEach((line, i) => line.classList.toggle("lit", i === this.row?.line));
    scrollWithin(this.lines[this.row?.line ?? 0]);
    this.showList(result);
    this.change.update(result);
    this.lab.update(result);
    this.slope.update(result);
  }

  /** Write the list of all steps if it is open; on paper it shows all steps unless they must be predicted. */
  showList(result, printed = false) {
    if (this.part("steps").hidden && !printed) return;
    [...this.list.querySelectorAll("button")].forEach((item, i) => {
      const row = this.lesson.rows[i], seen = row.number <= this.seen || (printed && !this.tutor.on);
      item.textContent = this.lesson.line(row, result, seen, !seen && this.hidesRule(row));
      item.classList.toggle("lit", i === this.step - 1);
      item.toggleAttribute("aria-current", i === this.step - 1);
    });
  }

  /** Draw edges by the size of their gradients, or all alike. */
  size(on) {
    this.sizes.setAttribute("aria-pressed", String(on));
    this.pane.classList.toggle("sized", on);
    this.remember();
  }

  /** Whether a row's rule must be predicted. */
  hidesRule(row) {
    return this.tutor.on && row.number > this.seen && !(row === this.tutor.asked?.row && this.tutor.asked.open.includes("rule"));
  }

  /** The number of steps whose numbers are visible. */
  get seen() {
    return this.step - Boolean(this.tutor.asked);
  }

  /** Whether a node's value is visible. */
  showsValue(node) {
    return this.seen >= (this.lesson.computed.get(node) ?? 0);
  }

  /** Whether a node's total gradient is visible. */
  showsGradient(node) {
    const arriving = this.lesson.arriving[node];
    return this.seen >= (arriving.length ? this.lesson.steps[arriving.at(-1)].number : 0);
  }

  // --- Playing -------------------------------------------------------------------------------

  toggle() {
    if (this.timer) return this.pause();
    if (this.step === this.lesson.rows.length) this.show(0);
    this.play.textContent = "Pause";
    this.timer = setInterval(() => this.go(this.step + 1), PACE * Number(this.speed.value));
    this.go(this.step + 1);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.play.textContent = "Play";
    this.slope?.pause();
  }

  fullScreen() {
    present();
    this.fit();
    this.remember();
  }

  /** Keep the state in the address, so that a reload or a shared link shows the same. */
  remember() {
    if (location.protocol.startsWith("about") || !this.article.classList.contains("chosen") || !this.lab) return;
    const known = fragment(), own = this.numbers.every((x, i) => Object.is(x, this.lessons[0].recorded[i]));
    const state = { step: this.step, inputs: own ? "" : this.numbers.map(exact).join(","), form: this.lessons.indexOf(this.lesson) || "",
      fold: this.opened === this.begin(this.lesson) ? "" : this.opened, mode: this.tutor.on ? "predict" : "", level: (this.tutor.on && this.tutor.level + 1) || "", seed: (this.tutor.on && this.tutor.seed) || "", node: this.lab.chosen ?? "", tab: this.tabs.at || "", hide: this.hides, present: presenting() ? 1 : "", sizes: this.pane.matches(".sized") ? 1 : "", mistake: this.lab.playing ?? "", ...this.slope.state, zoom: this.zoom === 1 ? "" : show(this.zoom, 2) };
    for (const [key, value] of Object.entries(state)) value === "" ? known.delete(key) : known.set(key, value);
    known.sort();
    this.address = `#${known}`;
    history.replaceState(null, "", this.address);
  }

  /** Restore the state of an address. */
  restore(asked) {
    const whole = (key, most) => Math.min(Math.max(Number.parseInt(asked.get(key) ?? "0", 10) || 0, 0), most);
    const numbers = (asked.get("inputs") ?? "").split(",").map(parseNumber), form = whole("form", this.lessons.length - 1);
    if (numbers.length === this.numbers.length && !numbers.includes(null)) this.change.numbers = this.numbers = numbers;
    this.zoom = Math.min(Math.max(Number(asked.get("zoom")) || 1, 1), 8);
    if (form !== this.lessons.indexOf(this.lesson)) this.view(form);
    const fold = asked.get("fold") ?? this.begin(this.lesson);
    if (fold !== this.opened && this.lesson.opens.includes(fold)) this.open(fold);
    this.fit();
    this.size(asked.has("sizes"));
    this.lab.play(asked.get("mistake"));
    this.slope.restore(asked);
    this.hide(asked.get("hide") ?? "");
    this.tutor.restore(asked.get("mode") === "predict", Math.max(whole("level", 5) - 1, 0), whole("seed", 1e9), whole("step", this.lesson.rows.length), asked.has("inputs"));
    if (asked.has("node")) this.lab.choose(whole("node", this.lesson.names.length - 1));
    if (asked.has("tab")) this.tabs.open(whole("tab", this.tabs.tabs.length - 1));
  }

  /** Hide tabs and menus that a teacher's link leaves out; without "answers" all numbers must be predicted. */
  hide(asked) {
    const names = asked.split(",");
    this.hides = asked;
    const menus = { form: this.form, predict: this.tutor.toggle, speed: this.speed, share: this.shareMenu };
    this.tabs.hide(names);
    for (const [name, part] of Object.entries(menus)) part.hidden = names.includes(name);
    this.tutor.hide(names);
  }
}

/** Scroll a line into view within its box, never the page. */
function scrollWithin(line) {
  const box = line?.closest("pre");
  if (!box) return;
  const top = line.offsetTop - box.offsetTop;
  if (top < box.scrollTop || top + line.offsetHeight > box.scrollTop + box.clientHeight) box.scrollTop = top - box.clientHeight / 2;
}
