// Many starts of the same net side by side, trained in slices of frames while the net above pauses.

import { button, element, svgElement } from "./dom.js";
import { pretty, show } from "./number.js";
import { Training } from "./training.js";

const MANY_STARTS = 12, STEPS = 3000; // seeds, and steps of each
const SLICE = 10; // milliseconds of every frame
const ENOUGH = 0.95, LOSS_LEFT = 0.05; // a start has learned at this share of examples; for numeric targets, of the first loss
const CURVE_WIDTH = 120, CURVE_HEIGHT = 48, CURVE_DECADES = 4; // a curve and its powers of ten

/** One start: its training and its button. */
class Start {
  constructor(seed, playground) {
    this.seed = seed;
    const line = svgElement("polyline"), svg = svgElement("svg", { viewBox: `0 0 ${CURVE_WIDTH} ${CURVE_HEIGHT}`, "aria-hidden": "true" }, line);
    this.status = element("span");
    this.button = button(svg, () => playground.change({ seed }));
    this.button.append(this.status);
    this.training = new Training({ ...playground.config, seed }, playground.data);
    Object.assign(this, { line, curve: [], state: "" });
    this.classes = playground.config.data !== "given" || playground.data.classes;
    this.look();
  }

  /** Train until the time is over, and note the losses, at first more often. */
  advance(end) {
    const { training } = this;
    while (!this.state && performance.now() < end) {
      if (!training.step()) this.state = "diverged";
      else if (training.steps > 1.05 * this.curve.at(-1)[0]) this.look();
      if (!this.state && training.steps >= STEPS) this.state = "not learned";
    }
  }

  look() {
    const { training } = this, { loss, right } = training.look();
    this.curve.push([training.steps, loss]);
    if (training.steps && (this.classes ? right >= ENOUGH * training.X.length : loss <= LOSS_LEFT * this.curve[0][1])) this.state = "learned";
  }

  /** Draw losses over steps on logarithmic axes, down from the largest first loss. */
  paint(top) {
    const at = ([step, loss]) => [(CURVE_WIDTH * Math.log(step + 1)) / Math.log(STEPS + 1), Math.max(1, Math.min(CURVE_HEIGHT, (Math.log10(top / Math.max(loss, 1e-300)) / CURVE_DECADES) * CURVE_HEIGHT)) || 1];
    this.line.setAttribute("points", this.curve.map((point) => at(point).map((x) => x.toFixed(1)).join()).join(" "));
    this.button.dataset.state = this.state;
    const after = `after ${this.training.steps.toLocaleString("en")} steps`;
    this.status.textContent = `seed ${this.seed}: ${{ learned: `✓ ${after}`, diverged: `✗ diverged ${after}`, "not learned": `✗ loss ${pretty(show(this.curve.at(-1)[1]))}` }[this.state] ?? after}`;
  }
}

export class Seeds {
  constructor(playground) {
    this.playground = playground;
    this.frame = null;
    this.status = element("p", { role: "status" });
    this.grid = element("div", { class: "starts" });
    this.box = element("details", { class: "seeds", "data-part": "seeds", ontoggle: () => this.box.open || this.stop() }, element("summary", {}, "Many starts: which ones learn?"), this.status, this.grid);
  }

  /** Start over if anything but the seed has changed. */
  show() {
    const { config, data, training } = this.playground, { seed, chosen, speed, hide, ...rest } = config, key = JSON.stringify(rest);
    for (const start of this.starts ?? []) start.button.setAttribute("aria-pressed", String(start.seed === seed));
    if (key === this.key || !training.X.length) return;
    this.key = key;
    this.starts = Array.from({ length: MANY_STARTS }, (_, i) => new Start(i, this.playground));
    this.name = data.sets.includes(config.data) && !["given", "own"].includes(config.data) ? config.data : "these examples";
    this.grid.replaceChildren(...this.starts.map((start) => start.button));
    this.go();
  }

  go() {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      const waiting = this.starts.filter(({ state }) => !state);
      if (this.playground.frame === null) for (const start of waiting) start.advance(performance.now() + SLICE / waiting.length);
      this.paint();
      if (waiting.length) this.go();
    });
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.key = null;
  }

  paint() {
    const { starts, name } = this, top = Math.max(...starts.map(({ curve }) => curve[0][1]).filter(Number.isFinite), 1e-9);
    for (const start of starts) start.paint(top);
    const learned = starts.filter(({ state }) => state === "learned").length, busy = starts.filter(({ state }) => !state).length;
    this.status.textContent = `${learned} of ${MANY_STARTS} starts ${learned === 1 ? "learns" : "learn"} ${name === "these examples" ? name : /^x?n?(and|or)$/.test(name) ? name.toUpperCase() : name}${busy ? ` so far; ${busy} are training` : ` within ${STEPS.toLocaleString("en")} steps`}. Click one to use its seed.`;
  }
}
