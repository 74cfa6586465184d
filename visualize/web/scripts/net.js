// Nets as the page computes them: layers of weighted sums in typed arrays. Python writes the functions of activations
// and losses.

/** A multi-layer perceptron: weights row by row, each followed by its bias, in the order of Python's parameters. */
export class Net {
  /** `gates`: for each hidden layer {value: z -> a, slope: z -> [a, [da/dz]]}; `head`: {outputs: (z...) -> y, loss: (z..., t...) -> [loss, [dloss/dz, ...]]}. */
  constructor(sizes, gates, head, bias) {
    let start = 0;
    this.head = head;
    this.layers = sizes.slice(1).map((rows, l) => {
      const columns = sizes[l], stride = columns + Number(bias), layer = { rows, columns, start, stride, ...gates[l] };
      layer.units = Array.from({ length: rows }, (_, i) => {
        const at = layer.start + i * stride;
        return { weights: Array.from({ length: columns }, (_, j) => at + j), bias: bias ? at + columns : null };
      });
      for (const name of ["z", "a", "slopes", "back"]) layer[name] = new Float64Array(rows);
      start += rows * stride;
      return layer;
    });
    this.last = this.layers.at(-1);
    this.input = new Float64Array(sizes[0]); // loops over typed arrays alone are fast
    this.size = start; // number of parameters
  }

  /** Compute the weighted sums and activations of one example, layer by layer; with slopes for a backward pass. */
  sums(parameters, x, slopes) {
    this.input.set(x);
    x = this.input;
    for (const layer of this.layers) {
      const { rows, columns, start, stride, z, a, value, slope } = layer;
      for (let i = 0; i < rows; i++) {
        const at = start + i * stride;
        let total = stride > columns ? parameters[at + columns] : 0;
        for (let j = 0; j < columns; j++) total += parameters[at + j] * x[j];
        z[i] = total;
        if (layer === this.last) continue;
        if (slopes) [a[i], [layer.slopes[i]]] = slope(total);
        else a[i] = value(total);
      }
      x = a;
    }
  }

  /** The inputs and the outputs of every layer for one example; the next example overwrites them. */
  forward(parameters, x) {
    this.sums(parameters, x, false);
    const y = this.head.outputs(...this.last.z);
    this.last.a.set(this.last.rows > 1 ? y : [y]);
    return [x, ...this.layers.map((layer) => layer.a)];
  }

  /** The loss from the last layer's sums, and its slopes with respect to them. */
  cost(target) {
    return this.head.loss(...this.last.z, ...target);
  }

  /** The loss of one example and its outputs. */
  judge(parameters, x, target) {
    const outputs = this.forward(parameters, x).at(-1);
    return [this.cost(target)[0], outputs];
  }

  /** The mean loss over the examples and its gradients. */
  measure(parameters, X, targets) {
    const gradients = new Float64Array(this.size), { layers } = this;
    let total = 0;
    for (let r = 0; r < X.length; r++) {
      this.sums(parameters, X[r], true);
      const [loss, slopes] = this.cost(targets[r]);
      total += loss;
      this.last.back.set(slopes);
      for (let l = layers.length - 1; l >= 0; l--) {
        const { rows, columns, start, stride, back } = layers[l], below = layers[l - 1], x = below?.a ?? this.input;
        below?.back.fill(0);
        for (let i = 0; i < rows; i++) {
          const at = start + i * stride, slope = back[i];
          for (let j = 0; j < columns; j++) {
            gradients[at + j] += slope * x[j];
            if (below) below.back[j] += slope * parameters[at + j];
          }
          if (stride > columns) gradients[at + columns] += slope;
        }
        for (let j = 0; below && j < columns; j++) below.back[j] *= below.slopes[j];
      }
    }
    for (let k = 0; k < gradients.length; k++) gradients[k] /= X.length;
    return { loss: total / X.length, gradients };
  }
}

/** A model that is not a plain perceptron, as functions that Python writes: the units of one row, the losses of rows. */
export class Written {
  constructor(layers, units, losses) {
    Object.assign(this, { layers: layers.map((found) => ({ rows: found.length, units: found })), units, losses });
  }

  forward(parameters, x) {
    const all = [this.units(...x, ...parameters)].flat();
    let end = 0;
    return [x, ...this.layers.map(({ rows }) => all.slice(end, (end += rows)))];
  }

  judge(parameters, x, target) {
    return [this.measure(parameters, [x], [target]).loss, this.forward(parameters, x).at(-1)];
  }

  measure(parameters, X, targets) {
    const [losses, sums] = this.losses(X.map((x, i) => [...x, ...targets[i]]), [...parameters]);
    return { loss: losses.reduce((a, b) => a + b, 0) / X.length, gradients: Float64Array.from(sums, (x) => x / X.length) };
  }
}
