// The doctor: what Python's rules find in the net as it is, and remedies as buttons.

import { button, element } from "./dom.js";
import { pretty, show } from "./number.js";
import { engine } from "./engine.js";

const EXAMINED = 200; // examples whose units are examined
const NUDGE = 1e-4;
const MOMENTUM = { momentum: 0.9, nesterov: 0.9, adam: 0.9, adamw: 0.9 };

// Settings of the page by the names of a cure's changes; a cure that changes anything else has no button.
const SETTINGS = { learning_rate: "rate", weight_decay: "decay", hidden: "hidden", activation: "activation", initializer: "initializer", seed: "seed", penalty: null };

/** A cure as settings of the page, or null. */
function settings(change, config) {
  const entries = [...change.$items()];
  if (!entries.every(([key]) => key in SETTINGS)) return null;
  const known = entries.filter(([key]) => SETTINGS[key]).map(([key, x]) => [SETTINGS[key], x]);
  return Object.fromEntries(known.map(([key, x]) => [key, key === "seed" ? config.seed + x : key === "rate" ? Number(x.toPrecision(6)) : Array.isArray(x) ? [...x] : x]));
}

/** What a cure's button says. */
function caption(changed, { hidden, activation }) {
  const parts = [];
  if (changed.hidden) parts.push(!hidden.length ? "add a hidden layer" : changed.hidden.length < hidden.length ? "one hidden layer" : "more hidden units");
  const i = hidden.length && changed.activation && (!changed.hidden || changed.hidden.length === hidden.length) ? activation.findIndex((name, k) => name !== changed.activation[k]) : -1;
  if (i >= 0) parts.push(activation[i] === "linear" ? "tanh in the hidden layers" : `${changed.activation[i].replace("_", " ")} instead of ${activation[i].replace("_", " ")}`);
  if (changed.initializer) parts.push(`initialize with ${changed.initializer}`);
  if (changed.rate !== undefined) parts.push(`learning rate ${show(changed.rate)}`);
  if (changed.decay !== undefined) parts.push(`weight decay ${show(changed.decay)}`);
  if (changed.seed !== undefined) parts.push(`seed ${changed.seed}`);
  return parts.join(", ");
}

/** The case for the rules: the net of a training in plain numbers. */
function caseOf(training, given) {
  const { net, parameters, X, targets, config, gradients, losses, steps, head, optimizer } = training, shown = X.slice(0, EXAMINED), last = net.last;
  const facts = net.layers.map(({ units: all }, l) => engine.LayerFacts(l + 1, l < config.hidden.length ? config.activation[l] : head.activation,
    all.map(({ weights, bias }) => [...weights, ...(bias === null ? [] : [bias])].map((place) => parameters[place])), [], [], []));
  shown.forEach((x, r) => {
    net.measure(parameters, [x], [targets[r]]);
    net.layers.forEach((layer, l) => {
      facts[l].inputs.push([...(l ? net.layers[l - 1].a : x)]);
      facts[l].slopes.push(layer === last ? slopes(net.head.outputs, [...layer.z]) : [...layer.slopes]);
      facts[l].deltas.push([...layer.back]);
    });
  });
  const classes = config.data !== "given" || given.classes, loss = (at) => X.reduce((sum, x, i) => sum + net.judge(at, x, targets[i])[0], 0) / X.length;
  const answers = X.map((x) => training.decision.of(training.forward(x).at(-1)));
  const mean = targets[0].map((_, k) => targets.reduce((sum, target) => sum + target[k], 0) / targets.length);
  const constant = classes || head.activation !== "linear" ? 0 : targets.reduce((sum, target) => sum + net.head.loss(...mean, ...target)[0], 0) / targets.length;
  const whole = training.measure();
  return engine.Case(facts, X, targets, classes ? targets.map((t) => training.decision.of(t)) : X.map(() => 0), classes ? answers : X.map(() => 0), classes, constant, whole.loss,
    Math.max(...parameters.map(Math.abs)), [...whole.gradients], (rate) => loss(parameters.map((w, i) => w - rate * whole.gradients[i])),
    config.rate, steps ? losses : [], config.optimizer === "sgd" && !optimizer.states.length, !training.finite,
    head.name, head.activation, optimizer.rate, MOMENTUM[config.optimizer] ?? 0, training.steps, false, config.decay);
}

/** The slope of each output with respect to its own sum. */
function slopes(outputs, z) {
  return z.map((x, i) => {
    const [high, low] = [NUDGE, -NUDGE].map((by) => [outputs(...z.with(i, x + by))].flat()[i]);
    return (high - low) / (2 * NUDGE);
  });
}

export class Doctor {
  constructor(playground) {
    this.playground = playground;
    this.box = element("section", { class: "doctor", "data-part": "doctor", role: "status", "aria-label": "Doctor" });
  }

  show() {
    const { training, data: given, config } = this.playground;
    const found = training.X.length ? [...engine.findings(caseOf(training, given))].filter(({ kind }) => kind !== "unfinished") : [];
    const key = JSON.stringify([found, config]);
    if (key === this.key) return;
    this.key = key;
    this.box.replaceChildren(...found.map(({ kind, sentence, advice, changes }) => {
      const cures = [...changes].map((change) => settings(change, config)).filter((changed) => changed && this.helps(changed));
      return element("p", {}, element("strong", {}, kind), pretty(`: ${sentence} ${cures.length ? "" : advice}`), ...cures.map((changed) => button(pretty(caption(changed, config)), () => this.cure(changed))));
    }));
  }

  /** Whether a remedy changes anything, with activations that the page has. */
  helps(changed) {
    const { config, data: given } = this.playground;
    return Object.entries(changed).some(([key, x]) => JSON.stringify(x) !== JSON.stringify(config[key])) && (changed.activation ?? []).every((name) => given.activations.includes(name));
  }

  cure(changed) {
    this.playground.change(changed);
    if (this.playground.training.steps) this.playground.rewind();
    this.playground.run.focus(); // the button that was pressed goes
  }
}
