// Gradient descent on the net's own loss, one step after the other, the same for the same start.

import { real } from "./number.js";

const LOSSES_KEPT = 2000;

/** Random numbers between 0 and 1 that are the same for the same seed. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What outputs and targets stand for: of one number below or above the middle of the targets, of several the largest. */
class Decision {
  constructor(targets) {
    const values = targets.flat();
    this.level = (Math.min(...values) + Math.max(...values)) / 2;
    this.reach = Math.max(...values) - this.level || 1;
  }

  /** For each class how far it is ahead of the others, 1 for as far as the targets are; of one output: below, above the middle. */
  margins(y) {
    if (y.length === 1) return [(this.level - y[0]) / this.reach, (y[0] - this.level) / this.reach];
    return y.map((own, k) => own - Math.max(...y.filter((_, i) => i !== k)));
  }

  /** The class that outputs, or a target, stand for. */
  of(y) {
    const margins = this.margins(y);
    return Math.max(0, margins.indexOf(Math.max(...margins)));
  }
}

/** Gradient descent from one start: everything that a step changes. */
export class Descent {
  constructor(data, programs, { activation, loss, start, batch }) {
    this.data = data;
    this.loss = programs[`loss_${activation}_${loss}`];
    this.units = programs[`units_${activation}`];
    this.targets = data.losses[loss].targets;
    this.decision = new Decision(this.targets);
    this.rows = data.X.map((x, i) => [...x, ...this.targets[i]]);
    this.random = generator(start + 1);
    this.parameters = data.starts[start].map(real);
    this.batch = batch;
    this.waiting = [];
    this.steps = 0;
    this.losses = [];
    this.stride = 1;
    this.finite = true;
    const measured = this.measure(this.rows);
    this.gradients = measured.gradients;
    this.keep(measured.loss);
  }

  /** The mean loss over some rows and its gradients. */
  measure(rows) {
    const [results, sums] = this.loss(rows, this.parameters);
    const mean = (total) => total / rows.length;
    return { loss: mean(results.reduce((a, b) => a + b, 0)), gradients: sums.map(mean) };
  }

  /** The rows of the next mini-batch; every epoch in an order of its own. */
  next() {
    const { rows, batch } = this;
    if (batch >= rows.length) return rows;
    if (!this.waiting.length) {
      this.waiting = rows.slice();
      for (let i = rows.length - 1; i > 0; i--) {
        const j = Math.floor(this.random() * (i + 1));
        [this.waiting[i], this.waiting[j]] = [this.waiting[j], this.waiting[i]];
      }
    }
    return this.waiting.splice(0, batch);
  }

  /** One step: parameter - learning rate * gradient. False where the loss is no number any more; nothing changes then. */
  step(rate) {
    const { loss, gradients } = this.measure(this.next());
    this.finite = Number.isFinite(loss);
    if (!this.finite) return false;
    this.gradients = gradients;
    for (let i = 0; i < gradients.length; i++) this.parameters[i] -= rate * gradients[i];
    this.steps++;
    if (this.steps % this.stride === 0) this.keep(loss);
    return true;
  }

  keep(loss) {
    this.losses.push(loss);
    if (this.losses.length < LOSSES_KEPT) return;
    this.losses = this.losses.filter((_, i) => i % 2 === 0);
    this.stride *= 2;
  }

  /** The outputs of all units for one example, and those of the last layer. */
  activations(x) {
    const all = [this.units(...x, ...this.parameters)].flat();
    return { all, outputs: all.slice(-this.data.layers.at(-1).length) };
  }

  /** Whether the outputs for example i decide as its target does. */
  right(outputs, i) {
    return this.decision.of(outputs) === this.decision.of(this.targets[i]);
  }
}
