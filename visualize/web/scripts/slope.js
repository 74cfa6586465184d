// Gradient descent x <- x - eta * df/dx on the same graph, shown on the curve of one input or the map of two.

import { breadth } from "./change.js";
import { button, element, menu, svgElement } from "./dom.js";
import { exact, parseNumber, pretty, show } from "./number.js";

const PLOT_WIDE = 360, PLOT_HIGH = 250, FOOT = 20; // the plot, and the space under it
const SAMPLES = 60, WORK = 150000; // the most points on a side of the map; the most nodes computed for it
const LABEL = 10, CONTOURS = 8, RUN = 500, RUN_PACE = 250; // letters of a name; levels of a map; steps of a run, and milliseconds per step
const NEAR = 1e-6, FAR = 1e100, NOISY = 1e-12; // a gradient that counts as 0; a number too large to plot; a relative rounding error

/** The largest of 1, 2 or 5 times a power of ten that is not above x. */
function roundDown(x) {
  const ten = 10 ** Math.floor(Math.log10(x)), times = x / ten;
  return Number(((times >= 5 ? 5 : times >= 2 ? 2 : 1) * ten).toPrecision(1));
}

/** Round to a thousandth of a range, or to another share. */
function roundTo(x, [low, high], share = 0.001) {
  const grain = roundDown(share * (high - low)) || 1;
  return Number((Math.round(x / grain) * grain).toPrecision(12));
}

/** The quantiles of the finite numbers. */
function quantiles(numbers, ...shares) {
  const sorted = numbers.filter(Number.isFinite).sort((a, b) => a - b);
  return shares.map((share) => sorted[Math.round(share * (sorted.length - 1))]);
}

/** SVG paths, in cells, of the area above a level on a grid of numbers, and of the line around it. */
function above(level, grid, side) {
  let area = "", line = "";
  for (let r = 0; r + 1 < side; r++) {
    for (let c = 0, run = 0; c + 1 < side; c++) {
      const i = r * side + c, values = [grid[i], grid[i + 1], grid[i + side + 1], grid[i + side]], high = values.filter((x) => x >= level).length;
      const whole = high === 4 && values.every(Number.isFinite);
      if (whole) run++;
      if (run && (!whole || c + 2 === side)) {
        area += `M${c + whole - run} ${r}h${run}v1h${-run}z`;
        run = 0;
      }
      if (!high || high === 4 || !values.every(Number.isFinite)) continue;
      const corners = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]], rim = [], cuts = [];
      for (const [k, [x, y]] of corners.entries()) {
        const [x2, y2] = corners[(k + 1) % 4], a = values[k] - level, b = values[(k + 1) % 4] - level, t = a / (a - b);
        if (a >= 0) rim.push(`${x} ${y}`);
        if (a >= 0 !== b >= 0) rim.push(cuts[cuts.push(`${(x + (x2 - x) * t).toFixed(2)} ${(y + (y2 - y) * t).toFixed(2)}`) - 1]);
      }
      area += `M${rim.join("L")}z`;
      for (let k = 0; k < cuts.length; k += 2) line += `M${cuts[k]}L${cuts[k + 1]}`;
    }
  }
  return [area, line];
}

export class Slope {
  constructor(player) {
    this.player = player;
    this.trail = []; // the earlier points: { numbers, value, gradients }
    this.names = player.lesson.inputs.map((node) => player.lesson.written[node]);
    const pick = (label, options) => menu(options, () => this.choose(), { "aria-label": label });
    const inputs = this.names.map((name, i) => [i, name]);
    this.inputs = [pick("Input", inputs), pick("Second input", [["", "none"], ...inputs])];
    this.way = pick("Direction", [["", "Minimize"], [1, "Maximize"]]);
    this.field = element("input", { type: "text", class: "field", size: 6, autocomplete: "off", "aria-label": "step size η",
      oninput: () => this.resize(parseNumber(this.field.value)), onblur: () => this.resize(this.eta) });
    this.drag = element("input", { type: "range", min: -2, max: 2, step: 0.1, "aria-label": "drag η", tabindex: "-1",
      oninput: () => this.resize(Number((this.usual * 10 ** Number(this.drag.value)).toPrecision(2))) });
    this.descend = () => this.once.disabled || player.change.become(this.then);
    this.once = button("Step", this.descend);
    this.run = button("Run", () => this.toggle());
    this.again = button("Back to start", () => (this.pause(), player.change.become(this.trail[0].numbers)));
    this.rule = element("p", { class: "update" });
    [this.ground, this.marks, this.labels] = ["ground", "marks", "labels"].map((name) => svgElement("g", { class: name }));
    this.map = svgElement("svg", { class: "map", role: "img", preserveAspectRatio: "xMidYMin", viewBox: `0 0 ${PLOT_WIDE} ${PLOT_HIGH + FOOT}` }, svgElement("svg", { width: PLOT_WIDE, height: PLOT_HIGH }, this.ground, this.marks), this.labels);
    this.map.addEventListener("click", (event) => this.point(event));
    this.status = element("p", { class: "told", role: "status" });
    this.veil = element("p", {}, "The gradients are not complete at this step: go through all steps first. ",
      button("Go to the last step", () => player.go(player.lesson.rows.length)));
    const knobs = (...parts) => element("div", { class: "knobs" }, ...parts);
    this.open = element("div", { class: "open" }, knobs(...this.inputs, this.way), knobs(element("label", {}, "η ", this.field), this.drag),
      knobs(this.once, this.run, this.again), this.rule, this.status, this.map);
    this.section = element("section", { class: "slope" }, element("h2", {}, "Descend"), this.veil, this.open);
    this.restore(new URLSearchParams());
  }

  // --- Settings ------------------------------------------------------------------------------

  /** The first two inputs that the output depends on. */
  get first() {
    const { inputs, arriving } = this.player.lesson, found = inputs.flatMap((node, i) => (arriving[node].length ? [i] : []));
    return found.length ? found.slice(0, 2) : [0];
  }

  /** The entries for the address. */
  get state() {
    return { along: `${this.axes}` === `${this.first}` ? "" : `${this.axes}`, eta: this.eta === this.usual ? "" : exact(this.eta), climb: this.way.value };
  }

  restore(asked) {
    const axes = (asked.get("along") ?? "").split(",").filter((x) => x && Number(x) in this.names).map(Number), eta = parseNumber(asked.get("eta") ?? "");
    [this.inputs[0].value, this.inputs[1].value] = axes.length ? [axes[0], axes[1] ?? ""] : [this.first[0], this.first[1] ?? ""];
    this.way.value = asked.has("climb") ? 1 : "";
    this.take();
    this.eta = eta > 0 && eta < Infinity ? eta : this.usual;
  }

  /** Read the menus; for other inputs choose a step size that crosses a fifth of the plot. */
  take() {
    const axes = this.inputs.map((menu) => menu.value).filter((value, k) => value !== "" && (!k || value !== this.inputs[0].value)).map(Number);
    this.inputs[1].value = axes[1] ?? "";
    if (`${axes}` === `${this.axes}`) return;
    this.axes = axes;
    const { lesson } = this.player, { gradients } = lesson.flat(lesson.recorded);
    const size = Math.min(...axes.map((i) => (0.2 * breadth(lesson.recorded[i])) / Math.abs(gradients[i])));
    this.eta = this.usual = size > 0 && size < FAR ? roundDown(size) : 0.1;
    this.trail = [];
    this.range = null;
  }

  choose() {
    this.pause();
    this.take();
    this.resize(this.eta);
  }

  resize(eta) {
    const fits = eta > 0 && eta < Infinity;
    this.field.setAttribute("aria-invalid", String(!fits));
    this.field.title = fits ? exact(eta) : "Type a number above 0, such as 0.1 or 1/3.";
    this.eta = fits ? eta : this.eta;
    this.player.changed(this.player.numbers);
  }

  // --- Steps ---------------------------------------------------------------------------------

  toggle() {
    if (this.timer) return this.pause();
    let left = RUN;
    this.run.textContent = "Pause";
    this.timer = setInterval(() => (this.once.disabled || this.section.hidden || !left-- ? this.pause() : this.descend()), RUN_PACE * Number(this.player.speed.value));
    this.descend();
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
    this.run.textContent = "Run";
  }

  /** Start where the plot was clicked. */
  point({ clientX, clientY }) {
    if (!this.range) return;
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(this.map.getScreenCTM().inverse()), share = [x / PLOT_WIDE, 1 - y / PLOT_HIGH];
    const numbers = this.player.numbers.slice();
    this.axes.forEach((i, k) => (numbers[i] = roundTo(this.range[k][0] + share[k] * (this.range[k][1] - this.range[k][0]), this.range[k], 0.005)));
    this.player.change.become(numbers);
  }

  /** Follow the inputs: a step extends the trail, undo shortens it, other numbers start a new one. */
  update(result) {
    if (this.section.hidden) return;
    const { player } = this, { lesson, numbers } = player, shown = player.showsValue(lesson.output) && this.axes.every((i) => player.showsGradient(lesson.inputs[i]));
    [this.veil.hidden, this.open.hidden, this.veil.lastChild.hidden] = [shown, !shown, player.tutor.on];
    if (!shown) return this.pause();
    const { value, gradients } = lesson.flat(numbers), known = this.trail.findIndex((point) => point.numbers === numbers);
    if (this.lesson !== lesson || (known < 0 && numbers !== this.then)) this.trail = [];
    else if (known >= 0) this.trail.length = known;
    this.lesson = lesson;
    this.trail.push({ numbers, value, gradients });
    this.then = numbers.map((x, i) => (this.axes.includes(i) ? x + (this.way.value ? this.eta : -this.eta) * gradients[i] : x));
    this.describe(result);
    this.frame();
    this.mark();
    const key = JSON.stringify([lesson.number, this.way.value, this.axes, this.range, numbers.map((x, i) => (this.axes.includes(i) ? 0 : exact(x)))]);
    if (!this.range || key === this.key) return;
    this.key = key; // draw the ground again when there is time
    (globalThis.cancelIdleCallback ?? clearTimeout)(this.idle);
    this.idle = (globalThis.requestIdleCallback ?? setTimeout)(() => this.survey(), { timeout: 100 });
  }

  /** Describe the last step and the next one. */
  describe(result) {
    const { axes, then, eta, player: { lesson } } = this, [now, before] = this.trail.slice(-2).reverse(), climbs = Boolean(this.way.value);
    const f = lesson.written[lesson.output], text = (x) => pretty(lesson.text(x)), slopes = axes.map((i) => now.gradients[i]), size = Math.hypot(...slopes);
    const finite = [now.value, ...axes.map((i) => now.numbers[i]), size].every(Number.isFinite), still = axes.every((i) => then[i] === now.numbers[i]);
    const rule = (i) => {
      const slope = lesson.text(now.gradients[i]);
      return `${this.names[i]} ← ${text(now.numbers[i])} ${climbs ? "+" : "−"} ${pretty(show(eta))} × ${slope.startsWith("-") ? `(${pretty(slope)})` : pretty(slope)} = ${text(then[i])}`;
    };
    this.rule.replaceChildren(...axes.map((i) => element("span", {}, rule(i))));
    const worse = before && (climbs ? before.value - now.value : now.value - before.value), lost = worse > NOISY * Math.abs(before?.value);
    const across = before && axes.reduce((sum, i) => sum + before.gradients[i] * now.gradients[i], 0) < 0;
    const went = !before ? `${f} = ${text(now.value)}.` : lost ? `Overshoot: ${f} ${climbs ? "fell" : "rose"} from ${text(before.value)} to ${text(now.value)}; η is too large here.`
      : `Step ${this.trail.length - 1}: ${f} went from ${text(before.value)} to ${text(now.value)}${across ? ", across to the other side" : ""}.`;
    const kink = result.steps.find((step) => step.kink)?.kink;
    const flat = `${kink ? `A kink: ${kink}` : "A flat place: the gradient is 0"}; nothing moves.`, arrived = `Arrived: |gradient| < ${pretty(show(NEAR))}.`;
    const end = !size ? flat : still ? "The step is too small to change any input." : arrived;
    this.status.textContent = !finite ? (before ? "Diverged: the numbers are no longer finite. Go back to the start and use a smaller η." : `${f} or its gradient is not finite here: try other inputs.`)
      : size < NEAR || still ? `${went} ${end}` : went;
    this.once.disabled = this.run.disabled = !finite || size < NEAR || still;
    this.again.disabled = !before;
    if (this.once.disabled) this.pause();
    if (document.activeElement !== this.field) this.field.value = show(eta);
    this.drag.value = Math.log10(eta / this.usual);
  }

  // --- The plot ------------------------------------------------------------------------------

  /** Set the ranges of the axes around the start, the trail and the next step, with equal scales if possible. */
  frame() {
    const at = (numbers) => this.axes.map((i) => numbers[i]), seen = [...this.trail.map(({ numbers }) => at(numbers)), at(this.then)].filter((point) => point.every((x) => Math.abs(x) < FAR));
    if (!seen.length) return (this.range = null);
    const fresh = seen[0].map((x) => [x - breadth(x) / 2, x + breadth(x) / 2]);
    const stays = this.range && (this.trail.length > 1 || fresh.every(([a, b], k) => this.range[k][0] <= seen[0][k] && seen[0][k] <= this.range[k][1] && this.range[k][1] - this.range[k][0] <= 4 * (b - a)));
    this.range = (stays ? this.range : fresh).map(([low, high], k) => {
      const all = seen.map((point) => point[k]), lowest = Math.min(...all), highest = Math.max(...all), more = 0.1 * (highest - lowest);
      return [lowest < low ? lowest - more : low, highest > high ? highest + more : high];
    });
    const units = this.range.map(([low, high], k) => (high - low) / [PLOT_WIDE, PLOT_HIGH][k]), highest = Math.max(...units);
    if (highest < 10 * Math.min(...units)) this.range = this.range.map(([low, high], k) => [low, high].map((x, j) => x + (j - 0.5) * (highest / units[k] - 1) * (high - low)));
  }

  /** The output for these numbers of the chosen inputs. */
  value(...place) {
    const numbers = this.player.numbers.slice();
    this.axes.forEach((i, k) => (numbers[i] = place[k]));
    return this.player.lesson.flat(numbers).value;
  }

  /** Compute the ground: a curve, or the areas above some levels. */
  survey() {
    const { range, axes, player: { lesson } } = this, two = axes.length > 1, across = (k, share) => range[k][0] + share * (range[k][1] - range[k][0]);
    const side = two ? Math.min(SAMPLES, Math.max(12, Math.round(Math.sqrt(WORK / lesson.names.length)))) : PLOT_WIDE / 2 + 1, last = side - 1;
    const rows = two ? [...Array(side).keys()].map((r) => [across(1, 1 - r / last)]) : [[]];
    const grid = rows.flatMap((more) => Array.from({ length: side }, (_, c) => this.value(across(0, c / last), ...more)));
    const up = this.way.value, [from, bulk, to] = quantiles(grid, ...(two ? [0.02, 0.5, 0.98] : up ? [1, 0.4, 0] : [0, 0.6, 1])), cut = 3 * Math.abs(bulk - from) || Infinity;
    const [low, high] = two ? [from, to] : up ? [Math.max(to, from - cut), from] : [from, Math.min(to, from + cut)]; // cut a steep end off
    const step = roundDown((high - low) / CONTOURS || 1);
    this.every = two && high > low ? step : 0;
    this.span = [low, high];
    this.curve = two ? [] : grid;
    this.ground.setAttribute("transform", `scale(${PLOT_WIDE / last} ${PLOT_HIGH / last})`);
    const levels = this.every ? Array.from({ length: Math.floor(high / step) - Math.ceil(low / step) + 1 }, (_, k) => (Math.ceil(low / step) + k) * step) : [];
    this.ground.replaceChildren(...levels.flatMap((level) => above(level, grid, side).map((d, k) => svgElement("path", { d, class: k ? "level" : "higher" }))));
    this.mark();
  }

  /** Draw the trail, the tangent or the gradient, and the next step. */
  mark() {
    const { range, axes, trail, then, player: { lesson } } = this, two = axes.length > 1, now = trail.at(-1), text = (x) => pretty(lesson.text(Number(x.toPrecision(3))));
    for (const part of [this.marks, this.labels]) part.replaceChildren();
    if (!range || !(two || this.curve?.length)) return;
    const points = trail.filter(({ value, numbers }) => Number.isFinite(value) && axes.every((i) => Math.abs(numbers[i]) < FAR)).slice(-200);
    const ahead = this.value(...axes.map((i) => then[i])), [a, b] = two ? range[1] : this.span;
    const seen = two ? [a, b] : [...points.map(({ value }) => value), ahead, a, b].filter(Number.isFinite), low = Math.min(...seen), high = Math.max(...seen), rim = two ? 0 : 0.1 * (high - low || 1);
    const x = (at) => ((at - range[0][0]) / (range[0][1] - range[0][0])) * PLOT_WIDE;
    const y = (at) => (1 - (at - low + rim) / (high - low + 2 * rim)) * PLOT_HIGH, near = (p) => Math.max(-9 * PLOT_WIDE, Math.min(p, 9 * PLOT_WIDE)).toFixed(1);
    const place = ({ numbers, value }) => [x(numbers[axes[0]]), y(two ? numbers[axes[1]] : value)], route = (places) => places.map((place) => place.map(near).join(" ")).join("L");
    const parts = [], path = (name, d) => parts.push(svgElement("path", { class: name, d })), dot = (name, [cx, cy], r) => parts.push(svgElement("circle", { class: name, cx: near(cx), cy: near(cy), r }));
    if (!two) path("curve", this.curve.map((value, c) => (Number.isFinite(value) ? `${Number.isFinite(this.curve[c - 1]) ? "L" : "M"}${2 * c} ${near(y(value))}` : "")).join(""));
    if (points.length > 1) path("trail", `M${route(points.map(place))}`);
    for (const point of points.slice(0, -1)) dot("past", place(point), 3);
    if (points.at(-1) === now) {
      const from = place(now), slope = now.gradients[axes[0]], on = (at) => [x(at), y(now.value + slope * (at - now.numbers[axes[0]]))]; // the tangent
      const to = two ? place({ numbers: then }) : on(then[axes[0]]);
      if (!two && Number.isFinite(slope)) path("tangent", `M${route(range[0].map(on))}`);
      const far = Math.hypot(to[0] - from[0], to[1] - from[1]), [u, v] = [(to[0] - from[0]) / far, (to[1] - from[1]) / far], head = Math.min(9, far);
      if (far > 1) path("arrow", `M${route([from, to])}M${route([[to[0] - head * (u - 0.5 * v), to[1] - head * (v + 0.5 * u)], to, [to[0] - head * (u + 0.5 * v), to[1] - head * (v - 0.5 * u)]])}`);
      if (!two && Number.isFinite(ahead)) dot("ahead", [x(then[axes[0]]), y(ahead)], 5);
      dot("here", from, 6);
    }
    const f = lesson.written[lesson.output], [first, second] = [this.names[axes[0]], two ? this.names[axes[1]] : f].map((name) => (name.length > LABEL ? `…${name.slice(-LABEL)}` : name));
    const label = (words, at, down, anchor) => this.labels.append(svgElement("text", { x: at, y: down, "text-anchor": anchor }, words)), ends = [low - rim, high + rim];
    ends.forEach((end, k) => label(`${second} = ${text(roundTo(end, ends))}`, 4, k ? 14 : PLOT_HIGH - 6, "start"));
    range[0].forEach((end, k) => label(`${first} = ${text(roundTo(end, range[0]))}`, k * PLOT_WIDE, PLOT_HIGH + FOOT - 5, k ? "end" : "start"));
    if (this.every) label(`one line every ${pretty(show(this.every))}; bluer is higher`, PLOT_WIDE / 2, PLOT_HIGH + FOOT - 5, "middle");
    this.marks.replaceChildren(...parts);
    const at = (numbers) => axes.map((i) => `${this.names[i]} = ${text(numbers[i])}`).join(", ");
    this.map.setAttribute("aria-label", `${f} over ${axes.map((i, k) => `${this.names[i]} from ${range[k].map((end) => text(roundTo(end, range[k]))).join(" to ")}`).join(" and ")}; now at ${at(now.numbers)}, ${f} = ${text(now.value)}; the next step goes to ${at(then)}`);
  }
}
