// The graph of one example, recorded again with the net's numbers, for the Player to step through, and one update.

import { button, dataElement, element, menu } from "./dom.js";
import { formula, tree } from "./mathml.js";
import { pretty, show } from "./number.js";
import { Player } from "./player.js";
import { PROGRAMS } from "./programs.js";
import { py } from "./python.js";
import { engine } from "./engine.js";

const FROM = 2e6; // the number of these lessons, in the names of their programs
const PASS = 3000; // milliseconds of both passes when they play
const WHOLE_NET = 40, TERMS = 8; // the most parameters of a net shown whole; the most inputs of a unit shown one by one

/** Record gates again, without products with 0 and 1 and trivial sums, as in Python. */
function replay({ gates, outputs }, inputs) {
  const known = [...inputs];
  for (const [name, operands] of gates) {
    const all = operands.map((at) => (Array.isArray(at) ? known[at[0]] : at)), x = name === "sum" ? all.filter((y) => y !== 0) : all;
    const one = name === "mul" ? x.indexOf(1) : -1, single = name === "sum" && x.length < 2;
    known.push(name === "mul" && x.includes(0) ? 0 : one >= 0 ? x[1 - one] : single ? (x[0] ?? 0) : py.gates[name](...x));
  }
  return outputs.map((at) => known[at]);
}

/** A player that calls `onstep` after every step. */
class Stepped extends Player {
  update() {
    super.update();
    this.onstep?.();
  }

  remember() {} // the address is the playground's
}

export class Inspect {
  constructor(playground) {
    this.playground = playground;
    this.unit = menu([], () => this.show(), { "aria-label": "Part of the net" });
    this.update = button("Step through one update", () => this.play());
    const bar = element("div", { class: "bar", role: "group", "aria-label": "Passes" }, this.unit, button("Forward", () => this.go("forward")),
      button("Backward", () => this.go("backward")), this.update);
    this.place = element("div", { class: "inspected" });
    this.note = element("p", { hidden: true }, "g is ∂L/∂a, the gradient from the layers after this one, so every gradient here is that of the whole loss L.");
    this.act = element("section", { class: "update", "aria-label": "Update", hidden: true });
    this.box = element("details", { class: "inspect", "data-part": "graph" }, element("summary", {}, "Graph of the chosen example"), bar, this.note, this.place, this.act);
    this.place.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
      if (!by || !this.player || event.target.matches("input, select, textarea")) return;
      event.preventDefault();
      event.stopPropagation();
      this.player.go(this.player.step + by);
    });
  }

  get training() {
    return this.playground.training;
  }

  get chosen() {
    return this.playground.config.chosen;
  }

  /** Show the net as it is now, for the chosen example. */
  show() {
    if (!this.training.X.length) return;
    this.choices();
    const { training, chosen } = this, { config, layers, targets, head } = training;
    const key = JSON.stringify([training.sizes, config.activation, head.loss, targets[chosen], this.unit.value]);
    if (key !== this.key) this.build(key);
    const numbers = this.player.lessons[0].leaves.map((leaf) => this.sources.get(leaf)());
    if (!numbers.every((x, i) => Object.is(x, this.player.numbers[i]))) this.player.changed((this.player.change.numbers = numbers));
  }

  /** Offer each unit, and the whole net if it is small. */
  choices() {
    const { layers, parameters } = this.training, names = layers.flatMap(({ units }, l) => units.map((_, i) => [`${l} ${i}`, `layer ${l + 1}, unit ${i}`]));
    if (parameters.length <= WHOLE_NET) names.unshift(["", "the whole net"]);
    if (String(names) === this.offered) return;
    this.offered = String(names);
    this.unit.replaceChildren(...names.map(([value, text]) => element("option", { value }, text)));
  }

  build(key) {
    this.sources = new Map();
    this.key = key;
    const output = this.unit.value ? this.one(...this.unit.value.split(" ").map(Number)) : this.whole();
    const lessons = engine.lessons(output, FROM, false), box = document.createElement("template");
    for (const lesson of lessons) Object.assign(PROGRAMS, py.programs(lesson));
    box.innerHTML = engine.article("inspected", "Graph of the chosen example", [], lessons, 3); // the same text as Python's, escaped by the same code
    const article = box.content.firstElementChild;
    article.classList.add("chosen");
    this.note.hidden = output.label !== "f";
    this.place.replaceChildren(article);
    this.player?.pause();
    this.player = this.playground.inspected = new Stepped(article);
    this.player.lessons[0].leaves = lessons[0].leaves;
    this.player.onstep = () => this.showUpdate();
    this.player.hide("mistakes");
    this.player.show(this.player.lesson.rows.length);
  }

  // --- Recording -----------------------------------------------------------------------------

  leaf(label, read) {
    const made = py.Value(read(), label);
    this.sources.set(made, read);
    return made;
  }

  /** The weights and the bias of a unit as leaves. */
  parameters(l, i, columns) {
    const { weights, bias } = this.training.layers[l].units[i], at = (label, place) => this.leaf(label, () => this.training.parameters[place]);
    return [columns.map((j) => at(`W${l + 1}_${i}_${j}`, weights[j])), bias === null ? 0 : at(`b${l + 1}_${i}`, bias)];
  }

  label(x, label) {
    if (!x.label) x.label = label;
    return x;
  }

  /** The loss of the weighted sums of the last layer. */
  cost(sums) {
    const { training, chosen } = this, [loss] = replay(training.head.gates, [...sums, ...training.targets[chosen]]);
    return Object.assign(loss, { label: "L" });
  }

  inputs() {
    return this.training.forward(this.training.X[this.chosen]);
  }

  gates(l) {
    return this.playground.data.gates[this.training.config.activation[l]];
  }

  whole() {
    const { training } = this, last = training.layers.length - 1;
    let a = Array.from(training.X[this.chosen], (_, i) => this.leaf(`x${i + 1}`, () => this.training.X[this.chosen][i]));
    for (const [l, layer] of training.layers.entries()) {
      const sums = Array.from({ length: layer.units.length }, (_, i) => {
        const [w, b] = this.parameters(l, i, [...a.keys()]);
        return Object.assign(py.gates.dot(...w, ...a, b), { label: l === last ? (layer.units.length > 1 ? `z${i}` : "z") : `z${l + 1}_${i}` });
      });
      if (l === last) return this.cost(sums);
      a = sums.flatMap((z, i) => this.label(replay(this.gates(l), [z])[0], `a${l + 1}_${i}`));
    }
  }

  /** One unit: its inputs as leaves, and its output times the gradient that arrives, so that gradients are those of the loss. */
  one(l, i) {
    const { training } = this, inputs = () => this.inputs()[l], now = inputs(), { weights } = training.layers[l].units[i];
    const size = (j) => Math.abs(now[j] * training.parameters[weights[j]]), all = [...now.keys()];
    const used = all.length > TERMS + 1 ? [...all].sort((a, b) => size(b) - size(a)).slice(0, TERMS).sort((a, b) => a - b) : all, idle = all.filter((j) => !used.includes(j));
    const x = used.map((j) => this.leaf(l ? `a${l}_${j}` : `x${j + 1}`, () => inputs()[j])), [w, b] = this.parameters(l, i, used);
    let z = py.gates.dot(...w, ...x, b);
    if (idle.length) z = py.gates.add(z, this.leaf("rest", () => idle.reduce((sum, j) => sum + this.training.parameters[weights[j]] * inputs()[j], 0)));
    z.label = `z${l + 1}_${i}`;
    if (l === training.layers.length - 1) return this.cost(training.layers[l].units.map((_, k) => (k === i ? z : this.leaf(`z${l + 1}_${k}`, () => (this.inputs(), training.net.last.z[k])))));
    const [a] = replay(this.gates(l), [z]);
    return Object.assign(py.gates.mul(this.label(a, `a${l + 1}_${i}`), this.leaf("g", () => this.arriving(l, i))), { label: "f" });
  }

  /** The gradient of the loss with respect to a hidden unit's output. */
  arriving(l, i) {
    const { parameters, layers } = this.training;
    this.measure();
    return layers[l + 1].units.reduce((sum, { weights }, k) => sum + parameters[weights[i]] * layers[l + 1].back[k], 0);
  }

  /** The loss of the chosen example and its gradients. */
  measure() {
    const { training, chosen } = this;
    return training.measure([training.X[chosen]], [training.targets[chosen]]);
  }

  // --- The three acts ------------------------------------------------------------------------

  get rows() {
    return this.player.lesson.rows;
  }

  go(phase) {
    this.player.go(this.rows.findLastIndex((row) => row.phase === phase) + 1);
  }

  /** After the last step, show the update of every parameter. */
  showUpdate() {
    const { player, training } = this, { rate } = training.config, { lesson, result } = player, done = player.step === lesson.rows.length;
    this.act.hidden = !done;
    if (!done || player.numbers === this.after) return; // the last update stays visible until numbers change
    const row = (node) => {
      const [w, gradient] = [result.values[node], result.gradients[node]];
      return element("li", { "data-parameter": lesson.names[node] }, formula(tree(node, lesson.symbols)),
        pretty(` ← ${show(w)} - ${show(rate)} * ${gradient < 0 ? `(${show(gradient)})` : show(gradient)} = `), dataElement(w - rate * gradient));
    };
    const changed = lesson.inputs.filter((node) => /^[Wb]\d/.test(lesson.names[node]));
    this.act.replaceChildren(element("h2", {}, "Update: w ← w − η · ∂L/∂w"), element("ul", {}, ...changed.map(row)));
  }

  /** Play both passes, then update on this example alone. */
  play() {
    const { player } = this, pace = Math.max(16, PASS / this.rows.length);
    player.pause();
    player.show(0);
    clearInterval(this.playing);
    this.playing = setInterval(() => {
      if (player !== this.player || !this.box.open) return clearInterval(this.playing);
      if (player.step < this.rows.length) return player.go(player.step + 1);
      clearInterval(this.playing);
      this.apply();
    }, pace);
  }

  apply() {
    const { training } = this, { rate } = training.config, { loss, gradients } = this.measure();
    gradients.forEach((gradient, i) => (training.parameters[i] -= rate * gradient));
    Object.assign(training, { gradients, steps: training.steps + 1, bent: true });
    const { onstep } = this.player;
    this.player.onstep = null;
    this.show();
    this.playground.paint();
    [this.player.onstep, this.after] = [onstep, this.player.numbers];
    this.act.prepend(element("p", { role: "status" }, pretty(`Updated on this example alone: its loss goes from ${show(loss)} to ${show(this.measure().loss)}.`)));
  }
}
