// Training as in nn.fit: the same data, start, order of examples and steps, with Python's own functions.

import { Net, Written } from "./net.js";
import { real } from "./number.js";
import { PROGRAMS } from "./programs.js";
import { Random } from "./random.js";
import { datasets } from "./datasets.js";

export const FEW = 9; // examples that are not split
const APART = 1.01; // the least ratio between steps with a loss: the curve's axis is logarithmic

/** The classes of outputs and targets: one number is below or above the middle of the targets; of several the largest counts. */
class Decision {
  constructor(targets) {
    const values = targets.flat();
    this.level = (Math.min(...values) + Math.max(...values)) / 2;
    this.reach = Math.max(...values) - this.level || 1;
  }

  /** The class of outputs or of a target. */
  of(y) {
    if (y.length === 1) return Number(y[0] > this.level);
    let best = 0;
    for (let k = 1; k < y.length; k++) if (y[k] > y[best]) best = k;
    return best;
  }
}

/** The points and labels of a generated data set: [X, Y]. */
function points({ data, examples, noise, draw }) {
  if (data === "blobs") return datasets.blobs(examples, 3, noise, draw);
  if (data === "rectangle") return datasets.rectangle(examples, draw);
  return data in datasets ? datasets[data](examples, noise, draw) : datasets.truth_table(data);
}

/** Examples for training and for testing, as [[X, labels], [X, labels]]. */
function examples(config, given) {
  const { data, test, draw, own } = config, { X, labels, train } = given;
  let [learned, held] = [[[], []], [[], []]];
  if (data === "given" && test === given.config.test) [learned, held] = [[0, train], [train]].map((part) => [X.slice(...part), labels.slice(...part)]);
  else if (data !== "own") {
    learned = data === "given" ? [X, labels] : points(config);
    if (test && learned[0].length > FEW) [learned, held] = datasets.split(...learned, test, draw);
  }
  return [[[...learned[0], ...own.map((point) => point.slice(0, 2))], [...learned[1], ...own.map((point) => point[2])]], held];
}

/** One run: all that a step changes. */
export class Training {
  /** `config` has the settings by their names in the address; `given` the data that Python writes into the page. */
  constructor(config, given) {
    this.config = config;
    const [[X, labels], [testX, testLabels]] = examples(config, given);
    Object.assign(this, { X, labels, testX, testLabels });
    const { inputs, outputs, heads } = Training.shape(config, given), head = heads.find(({ name }) => name === config.loss) ?? heads[0];
    const codes = config.data === "given" ? head.given ?? head.codes : head.codes;
    Object.assign(this, { head, naming: config.data === "given" ? given.naming : {} });
    this.codes = codes.map((row) => row.map(real));
    [this.targets, this.testTargets] = [labels, testLabels].map((of) => of.map((label) => this.codes[label]));
    this.numeric = outputs === 1 && this.codes.length > 2; // targets are numbers to fit, not classes
    this.decision = new Decision(this.codes);
    this.sizes = [inputs, ...config.hidden, outputs];
    const ids = config.activation.map((name) => Math.max(0, given.activations.indexOf(name))), [id = 0] = ids;
    this.net = given.layers
      ? new Written(given.layers, PROGRAMS[`units_${id}`], PROGRAMS[`${head.loss}_${id}`])
      : new Net(this.sizes, ids.map((k) => ({ value: PROGRAMS[`value_${k}`], slope: PROGRAMS[`slope_${k}`] })), { outputs: PROGRAMS[head.outputs], loss: PROGRAMS[head.loss] }, given.bias);
    this.layers = this.net.layers;
    this.parameters = this.start(given);
    this.optimizer = given.optimizers.find(({ name }) => name === config.optimizer);
    this.update = PROGRAMS[`update_${config.optimizer}`];
    [this.none, ...this.state] = [null, ...this.optimizer.states].map(() => new Float64Array(this.parameters.length));
    this.random = new Random(config.seed);
    Object.assign(this, { waiting: [], steps: 0, epochs: 0, losses: [], testLosses: [], at: [], finite: true });
    this.names = given.plain ? this.layers.flatMap(({ units }, l) => units.flatMap(({ weights, bias }, i) => [...weights.map((_, j) => `w.${j}`), ...(bias === null ? [] : ["b"])].map((name) => `layers.${l}.neurons.${i}.${name}`))) : given.parameters;
    const { loss, gradients } = X.length ? this.measure() : { loss: 0, gradients: new Float64Array(this.parameters.length) };
    Object.assign(this, { firstLoss: loss, gradients });
  }

  /** The numbers of inputs and outputs of a configuration, and its possible losses. */
  static shape({ data, own }, given) {
    const inputs = data === "given" ? given.inputs : data === "not" ? 1 : 2;
    const outputs = data === "given" ? given.outputs : data === "blobs" || own.some((point) => point[2] > 1) ? 3 : 1;
    return { inputs, outputs, heads: given.heads[outputs] };
  }

  /** The parameters at the start: those of the given net, or random ones as Python draws them. */
  start({ sizes, config: { seed, initializer }, start }) {
    const { config, layers } = this, random = new Random(config.seed), whole = String(sizes) === String(this.sizes);
    const found = Float64Array.from(whole ? start : { length: this.net.size }, (x) => (whole ? real(x) : 0));
    if (whole && config.seed === seed && config.initializer === initializer) return found;
    const draw = datasets.INITIALIZERS.$get(config.initializer);
    for (const { units, rows, columns } of layers) {
      for (const { weights, bias } of units) {
        for (const w of weights) if (w !== null) found[w] = draw(random, columns ?? weights.length, rows);
        if (bias !== null) found[bias] = 0;
      }
    }
    return found;
  }

  /** The mean loss over examples, all by default, and its gradients. */
  measure(X = this.X, targets = this.targets) {
    return this.net.measure(this.parameters, X, targets);
  }

  /** The inputs and the outputs of all layers for one example. */
  forward(x) {
    return this.net.forward(this.parameters, x);
  }

  /** For every layer its outputs at these points: unit after unit, point after point. */
  grid(points) {
    const found = this.layers.map(({ rows }) => new Float64Array(rows * points.length));
    points.forEach((x, p) => this.forward(x).slice(1).forEach((a, l) => {
      for (let i = 0; i < a.length; i++) found[l][i * points.length + p] = a[i];
    }));
    return found;
  }

  /** The indices of the next mini-batch; every epoch has its own order. */
  next() {
    const n = this.X.length, { batch } = this.config;
    if (!this.waiting.length) this.waiting = datasets.whole_epochs(n, batch || n, this.random, 1);
    return this.waiting.splice(0, batch);
  }

  /** Take one step. If the loss or a gradient is not finite, change nothing and return false. */
  step() {
    const { config, parameters, update, none, state: [first = none, second = none] } = this, batch = this.next();
    const { loss, gradients } = batch.length ? this.measure(batch.map((i) => this.X[i]), batch.map((i) => this.targets[i])) : this.measure();
    this.finite = Number.isFinite(loss) && gradients.every(Number.isFinite);
    if (!this.finite) return false;
    this.gradients = gradients;
    this.steps++;
    if (!this.waiting.length) this.epochs++;
    for (let i = 0; i < gradients.length; i++) {
      const made = update(parameters[i], gradients[i], config.rate, this.steps, config.decay, first[i], second[i]);
      if (!this.state.length) parameters[i] = made;
      else [parameters[i], first[i], second[i]] = made;
    }
    return true;
  }

  /** Measure the net, {loss, right, testLoss, testRight}, and note steps and losses for the curve. */
  look() {
    const [[loss, right], [testLoss, testRight]] = [[this.X, this.targets], [this.testX, this.testTargets]].map(([X, targets]) => {
      let [sum, right] = [0, 0];
      X.forEach((x, i) => {
        const [loss, outputs] = this.net.judge(this.parameters, x, targets[i]);
        sum += loss;
        right += this.right(outputs, targets[i]);
      });
      return [sum / X.length, right];
    });
    if (this.at.at(-1) !== this.steps) {
      const lists = [this.at, this.losses, this.testLosses];
      if (this.at.at(-1) < APART * this.at.at(-2)) lists.forEach((list) => list.pop());
      [this.steps, loss, testLoss].forEach((x, i) => lists[i].push(x));
    }
    return { loss, right, testLoss, testRight };
  }

  /** How many of so many examples are right, in words; "" where targets are no classes. */
  tally(right, examples) {
    return this.numeric ? "" : `, ${right} of ${examples} right`;
  }

  /** Whether outputs give the class of a target. */
  right(outputs, target) {
    return this.decision.of(outputs) === this.decision.of(target);
  }

  /** Add an example of a class. */
  add(x, label) {
    this.X.push(x);
    this.labels.push(label);
    this.targets.push(this.codes[label]);
    this.waiting = [];
  }
}
