// The doctor: what Python's rules find in the net as it is, and remedies as buttons.

import { button, element } from "./dom.js";
import { pretty, show } from "./number.js";
import { engine } from "./engine.js";

const EXAMINED = 200; // examples whose units are examined
const NUDGE = 1e-4;

const slower = ({ rate }) => [`learning rate ${show(rate / 10)}`, { rate: Number((rate / 10).toPrecision(6)) }];
const faster = ({ rate }) => [`learning rate ${show(10 * rate)}`, { rate: Number((10 * rate).toPrecision(6)) }];
const reseeded = ({ seed }) => [`seed ${seed + 1}`, { seed: seed + 1 }];
const starts = (initializer) => ({ seed }) => [`initialize with ${initializer}`, { initializer, seed: seed + 1 }];
const units = (from, to) => ({ activation }) => [`${to.replace("_", " ")} instead of ${from.replace("_", " ")}`, { activation: activation.map((name) => (from === name ? to : name)) }];
const hidden = ({ hidden, activation }) => (hidden.length ? ["tanh in the hidden layers", { activation: activation.map(() => "tanh") }] : ["add a hidden layer", { hidden: [4], activation: ["tanh"] }]);
const wider = ({ hidden }) => ["twice the hidden units", { hidden: hidden.map((n) => Math.min(64, 2 * n)) }];
const CURES = {
  "dead units": [units("relu", "leaky_relu"), slower, reseeded], "saturated units": [starts("xavier"), slower], "identical units": [starts("uniform")],
  "no slope": [units("step", "tanh"), units("sign", "tanh")], "vanishing gradient": [units("sigmoid", "tanh"), ({ hidden }) => ["one hidden layer", { hidden: hidden.slice(0, 1) }], starts("xavier")],
  "exploding gradient": [starts("xavier"), slower], "one-sign gradients": [units("sigmoid", "tanh")], "rate too large": [slower], "rate too small": [faster],
  "learning rate 0": [() => ["learning rate 0.1", { rate: 0.1 }]], diverged: [slower], stuck: [reseeded, wider], "linear net": [hidden],
};

/** The case for the rules: the net of a training in plain numbers. */
function caseOf(training, given, { right }) {
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
  const mean = targets[0].map((_, k) => targets.reduce((sum, target) => sum + target[k], 0) / targets.length);
  const constant = classes || head.activation !== "linear" ? 0 : targets.reduce((sum, target) => sum + net.head.loss(...mean, ...target)[0], 0) / targets.length;
  const whole = training.measure();
  return engine.Case(facts, X, right, classes, constant, whole.loss,
    Math.max(...parameters.map(Math.abs)), [...whole.gradients], (rate) => loss(parameters.map((w, i) => w - rate * whole.gradients[i])),
    config.rate, steps ? losses : [], config.optimizer === "sgd" && !optimizer.states.length, !training.finite);
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
    const { training, data: given, config, seen } = this.playground;
    const found = training.X.length ? [...engine.findings(caseOf(training, given, seen))].filter(({ kind }) => kind !== "unfinished") : [];
    const key = JSON.stringify([found, config]);
    if (key === this.key) return;
    this.key = key;
    this.box.replaceChildren(...found.map(({ kind, sentence, advice }) => {
      const cures = (CURES[kind] ?? []).map((cure) => cure(config)).filter(([, changed]) => this.helps(changed));
      return element("p", {}, element("strong", {}, kind), pretty(`: ${sentence} ${cures.length ? "" : advice}`), ...cures.map(([name, changed]) => button(pretty(name), () => this.cure(changed))));
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
  }
}
