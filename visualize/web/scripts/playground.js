// The playground: the student's own net and examples, trained by gradient descent in the page.

import { Descent } from "./descent.js";
import { element, LEAST, writeNumber } from "./dom.js";
import { brief, NetworkPicture } from "./network.js";
import { exact, pretty, show } from "./number.js";
import { PROGRAMS } from "./programs.js";
import { LossCurve, Surface } from "./surface.js";

const FRAME = 11; // milliseconds of every frame that are for training, at most
const RATES = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];
const LONG = 1e5; // a larger output is written with a power of ten
const SPEEDS = [["1 step a frame", 1], ["10 steps a frame", 10], ["100 steps a frame", 100], ["as fast as it goes", Infinity]];

/** One output as a number, several as the class that they stand for and how much speaks for it. */
function told(outputs, places) {
  const largest = Math.max(...outputs), number = (x) => pretty(places && Math.abs(x) < LONG ? x.toFixed(places) : show(x));
  if (outputs.length === 1) return number(outputs[0]);
  return `class ${outputs.indexOf(largest)}${places ? ` (${number(largest)})` : ""}`;
}

export class Playground {
  constructor(section) {
    this.section = section;
    this.data = JSON.parse(section.querySelector("script").textContent);
    this.chosen = this.data.X.length > 1 ? 1 : 0;
    this.running = false;
    this.build();
    this.rewind();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
  }

  // --- What is on the page -------------------------------------------------------------------

  build() {
    const button = (name, label, act) => element("button", { type: "button", class: name, onclick: act }, label);
    const { data } = this, n = data.X.length, restart = () => this.rewind();
    const sizes = [...new Set([1, 2, 4, 8, 16, 32, 64].filter((size) => size < n).concat(n, data.batch_size))].sort((a, b) => a - b);
    const rates = [...new Set([...RATES, data.learning_rate])].sort((a, b) => a - b);
    const labels = [];
    const control = (name, label, options, value, act) => {
      const box = element("select", { class: name });
      box.append(...options.map(([text, x]) => element("option", { value: x, selected: x === value }, text)));
      box.addEventListener("change", act);
      if (box.length > 1) labels.push(element("label", {}, element("span", {}, label), box));
      return box;
    };
    this.rate = control("rate", "learning rate", rates.map((x) => [show(x), x]), data.learning_rate, () => this.paint());
    this.batch = control("batch", "batch size", sizes.map((x) => [x === n ? `${x} (all)` : x, x]), data.batch_size, () => {
      this.descent.batch = Number(this.batch.value);
      this.descent.waiting = [];
    });
    this.activation = control("activation", "hidden activation", data.activations.map((name, i) => [name.replaceAll("_", " "), i]), 0, restart);
    this.loss = control("loss-function", "loss", data.losses.map(({ name }, i) => [name.replaceAll("_", " "), i]), 0, restart);
    this.start = control("start", "starting point", data.starts.map((_, i) => [i ? `${i + 1}` : "1 (as given)", i]), 0, restart);
    this.speed = control("speed", "speed", SPEEDS, 100, () => {});
    this.run = button("run", "Train", () => this.toggle());
    this.counter = element("p", { class: "counts" });
    this.message = element("p", { class: "message", role: "status" });
    const buttons = element("div", { class: "bar", role: "group", "aria-label": "Training" }, this.run,
      button("single", "One step", () => this.single()), button("rewind", "Rewind", restart), button("export", "Weights as JSON", () => this.export()));
    this.lay(buttons, element("div", { class: "controls" }, ...labels));
  }

  lay(buttons, controls) {
    const { data } = this;
    this.network = new NetworkPicture(data);
    this.curve = new LossCurve();
    const figure = (label, content) => element("figure", {}, element("figcaption", {}, label), content);
    this.surface = data.inputs === 2 ? new Surface(data, (i) => this.pick(i)) : null;
    this.examples = element("tbody");
    this.weights = element("tbody");
    this.text = element("textarea", { readonly: true, rows: 6, hidden: true, "aria-label": "Weights as JSON" });
    const head = (...texts) => element("thead", {}, element("tr", {}, ...texts.map((t) => element("th", { scope: "col" }, t))));
    const examples = element("div", { class: "scroll examples", tabindex: "0", role: "region", "aria-label": "Examples" },
      element("table", {}, head("example", "target", "output", "verdict"), this.examples));
    const weights = element("details", { class: "weights" }, element("summary", {}, "All weights and gradients"), element("table", {}, head("parameter", "value", "gradient"), this.weights));
    weights.addEventListener("toggle", () => this.paint());
    this.allWeights = weights;
    addEventListener("beforeprint", () => {
      weights.open = true;
      this.paint();
    });
    const net = element("div", { class: "graph", tabindex: "0", role: "region", "aria-label": "The net" }, this.network.svg);
    this.network.svg.style.minWidth = `${LEAST * this.network.width}px`;
    const shown = figure("The net: weights and gradients, negative weights dashed; in the units the activations for the chosen example", net);
    shown.className = "net";
    const listed = figure("Examples: choose one", examples);
    listed.className = "listed";
    const surface = this.surface ? [figure("Decision surface, with the line where the output is half way", this.surface.canvas)] : [];
    const live = element("div", { class: "lively" }, buttons, controls, this.counter, this.message, this.text,
      element("div", { class: "figures" }, shown, ...surface),
      element("div", { class: "figures" }, figure("Loss", this.curve.canvas), listed), weights);
    this.section.querySelector(".still").replaceWith(live);
    this.data.X.slice(0, 50).forEach((x, i) => this.examples.append(this.example(x, i)));
  }

  example(x, i) {
    const choose = element("button", { type: "button", onclick: () => this.pick(i) }, x.slice(0, 4).map(brief).join(", ") + (x.length > 4 ? ", …" : ""));
    return element("tr", {}, element("td", {}, choose), element("td", { class: "target" }), element("td", { class: "output" }), element("td", { class: "verdict" }));
  }

  // --- Training ------------------------------------------------------------------------------

  rewind() {
    this.pause();
    const [activation, loss, start, batch] = [this.activation, this.loss, this.start, this.batch].map((box) => Number(box.value));
    this.descent = new Descent(this.data, PROGRAMS, { activation, loss, start, batch });
    this.message.textContent = "";
    this.text.hidden = true;
    this.perSecond = 0;
    this.paint();
  }

  toggle() {
    if (this.running) return this.pause();
    this.running = true;
    this.run.textContent = "Pause";
    this.since = { time: performance.now(), steps: this.descent.steps };
    const frame = () => {
      if (!this.running) return;
      this.advance(Number(this.speed.value));
      this.paint();
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  pause() {
    this.running = false;
    this.run.textContent = "Train";
  }

  single() {
    this.pause();
    this.advance(1);
    this.paint();
  }

  /** So many steps, as far as the time of a frame goes; and count how many a second that makes. */
  advance(most) {
    const { descent } = this, rate = Number(this.rate.value), end = performance.now() + FRAME;
    for (let done = 0; done < most; done++) {
      if (!descent.step(rate)) return this.stop();
      if (done % 16 === 15 && performance.now() > end) break;
    }
    if (!this.running) return;
    const time = performance.now() - this.since.time;
    if (time < 500) return;
    this.perSecond = Math.round((1000 * (descent.steps - this.since.steps)) / time);
    this.since = { time: performance.now(), steps: descent.steps };
  }

  stop() {
    this.pause();
    this.message.textContent = this.descent.steps
      ? "The loss is no finite number any more: rewind, and take a smaller learning rate."
      : "The loss is no finite number from the start: take another loss, activation or starting point.";
  }

  // --- Showing -------------------------------------------------------------------------------

  pick(i) {
    this.chosen = i;
    this.paint();
  }

  paint() {
    const { descent, data } = this, now = descent.measure(descent.rows), { all } = descent.activations(data.X[this.chosen]);
    this.network.paint(descent.parameters, descent.gradients, [...data.X[this.chosen], ...all]);
    const right = data.X.filter((x, i) => descent.right(descent.activations(x).outputs, i)).length;
    this.counter.replaceChildren(element("span", { class: "steps" }, `step ${descent.steps.toLocaleString("en")}`), " · loss ",
      element("data", { value: exact(now.loss), class: "loss" }, show(now.loss)), ` · ${right} of ${data.X.length} right`,
      element("span", { class: "speed", "data-speed": this.perSecond }, this.perSecond ? ` · ${this.perSecond.toLocaleString("en")} steps a second` : ""));
    this.curve.paint(descent.losses, descent.steps);
    this.curve.canvas.setAttribute("aria-label", `Loss curve: from ${show(descent.losses[0])} to ${show(now.loss)} in ${descent.steps} steps`);
    if (this.surface) {
      this.surface.paint(descent, this.chosen);
      this.surface.canvas.setAttribute("aria-label", `Decision surface: ${right} of ${data.X.length} examples right`);
    }
    [...this.examples.rows].forEach((row, i) => this.paintExample(row, i));
    if (this.allWeights.open) this.paintWeights();
  }

  paintExample(row, i) {
    const { descent } = this, { outputs } = descent.activations(this.data.X[i]), right = descent.right(outputs, i);
    row.cells[0].firstChild.setAttribute("aria-pressed", String(i === this.chosen));
    row.cells[1].textContent = told(descent.targets[i], 0);
    row.cells[2].textContent = told(outputs, 3);
    row.cells[3].textContent = right ? "✓ right" : "✗ wrong";
    row.classList.toggle("wrong", !right);
  }

  paintWeights() {
    const cell = (x) => {
      const number = element("data");
      writeNumber(number, x);
      return element("td", {}, number);
    };
    this.weights.replaceChildren(...this.data.parameters.map((name, i) => element("tr", {}, element("th", { scope: "row" }, name), cell(this.descent.parameters[i]), cell(this.descent.gradients[i]))));
  }

  /** The weights as JSON: shown, and given to the browser to keep. */
  export() {
    const state = Object.fromEntries(this.data.parameters.map((name, i) => [name, this.descent.parameters[i]]));
    this.text.value = JSON.stringify(state, (_, x) => (typeof x === "number" && !Number.isFinite(x) ? exact(x) : x), 1);
    this.text.hidden = false;
    const link = element("a", { download: "weights.json", href: URL.createObjectURL(new Blob([this.text.value], { type: "application/json" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    this.text.select();
  }
}
