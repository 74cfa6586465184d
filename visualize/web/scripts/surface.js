// The decision surface: the net's outputs over the plane, the decision boundary, and the examples.

import { css, inscribe, ofClass, Paper, peak, pixel, ramp, Raster } from "./image.js";
import { pretty, show } from "./number.js";

const PALE = 0.5; // the share of a class's color in the surface, pale so that the examples stand out

/** How far each class is ahead of the others; for a single output, how far it is above the level. */
function margins(values, units, { level, reach }) {
  if (units === 1) return [values.map((y) => (y - level) / reach)];
  const points = values.length / units;
  const ahead = Array.from({ length: units }, () => new Float64Array(points));
  for (let p = 0; p < points; p++) {
    let first = -Infinity, second = -Infinity;
    for (let k = 0; k < units; k++) {
      const y = values[k * points + p];
      if (y > first) [first, second] = [y, first];
      else if (y > second) second = y;
    }
    for (let k = 0; k < units; k++) {
      const y = values[k * points + p];
      ahead[k][p] = y - (y === first ? second : first);
    }
  }
  return ahead;
}

/** Trace the sign of a class: a square, a disc, a triangle, a rhombus, ... */
function trace(pen, k, x, y, r) {
  const corners = [4, 0, 3, 4, 5, 6][k % 6], turn = k % 6 ? -Math.PI / 2 : Math.PI / 4;
  pen.beginPath();
  if (!corners) pen.arc(x, y, r, 0, 2 * Math.PI);
  for (let i = 0; i < corners; i++) {
    const angle = turn + (2 * Math.PI * i) / corners;
    pen.lineTo(x + 1.25 * r * Math.cos(angle), y + 1.25 * r * Math.sin(angle));
  }
  pen.closePath();
}

export class Surface {
  /** `place(x, i)` is called with the point of the plane that was clicked, and the nearest example. */
  constructor(place, repaint) {
    this.paper = new Paper({ class: "plane" }, repaint);
    this.canvas = this.paper.canvas;
    this.canvas.addEventListener("click", (event) => {
      const size = this.canvas.clientWidth, [[left, right], [low, high]] = this.ranges;
      const x = [left + (event.offsetX / size) * (right - left), high - (event.offsetY / size) * (high - low)];
      place(x, this.nearest(x));
    });
  }

  build({ X, testX, config }, names) {
    this.ranges = [0, 1].map((i) => {
      const xs = [...X.map((x) => x[i]), ...testX.map((x) => x[i]), ...(config.data === "own" ? [-1, 1] : [])], low = Math.min(...xs), high = Math.max(...xs), more = 0.2 * (high - low || 1);
      return [low - more, high + more];
    });
    Object.assign(this, { X, names, drawn: "" });
  }

  /** The points of an n by n grid, row by row from above. */
  points(n) {
    const [[left, right], [low, high]] = this.ranges;
    return Array.from({ length: n * n }, (_, p) => [left + (((p % n) + 0.5) / n) * (right - left), high - ((Math.floor(p / n) + 0.5) / n) * (high - low)]);
  }

  /** The position of a point of the plane in the picture. */
  place(x) {
    const [a, b] = this.ranges.map(([low, high], i) => (x[i] - low) / (high - low));
    return [a * this.paper.width, (1 - b) * this.paper.width];
  }

  nearest(x) {
    const [a, b] = this.ranges.map(([low, high]) => high - low), far = (other) => Math.hypot((other[0] - x[0]) / a, (other[1] - x[1]) / b);
    return this.X.reduce((best, other, i) => (far(other) < far(this.X[best]) ? i : best), 0);
  }

  /** Draw a layer's outputs on the grid, or those of one unit, with the examples; return the size that the strongest color stands for. */
  paint(training, n, values, unit, chosen) {
    const units = values.length / (n * n), own = unit === null ? null : values.subarray(unit * n * n, (unit + 1) * n * n), most = own ? peak(own, 1) : 1;
    const pen = this.paper.begin(), size = this.paper.width, found = own ? [own.map((x) => x / most)] : margins(values, units, training.decision);
    const raster = this.raster?.canvas.width === n ? this.raster : (this.raster = new Raster(n, n)), ramps = found.length > 1 ? found.map((_, k) => ramp(ofClass(k), ofClass(k), PALE)) : [ramp(undefined, undefined, PALE)];
    for (let p = 0; p < n * n; p++) {
      let k = 0;
      while (k < found.length - 1 && !(found[k][p] >= 0)) k++;
      raster.pixels[p] = pixel(ramps[k], found[k][p]);
    }
    pen.imageSmoothingEnabled = true;
    pen.drawImage(raster.flush(), 0, 0, size, size);
    pen.strokeStyle = css("--ink");
    pen.lineWidth = 2;
    pen.beginPath();
    for (let k = Math.min(1, found.length - 1); k < found.length; k++) contour(pen, found[k], n, size / n);
    pen.stroke();
    this.examples(pen, training, chosen);
    return most;
  }

  /** Draw the examples, filled for training and hollow for test; they are drawn once and kept. */
  examples(pen, training, chosen) {
    const { X, targets, testX, testTargets, decision } = training, { canvas } = this.paper, r = X.length > 30 ? 4.5 : 8;
    const drawn = [canvas.width, css("--ink"), X.length].join();
    if (this.drawn !== drawn) {
      this.dots = new OffscreenCanvas(canvas.width, canvas.width);
      const own = this.dots.getContext("2d");
      own.scale(canvas.width / this.paper.width, canvas.width / this.paper.width);
      this.axes(own);
      testX.forEach((x, i) => this.example(own, x, decision.of(testTargets[i]), r, false));
      X.forEach((x, i) => this.example(own, x, decision.of(targets[i]), r, true));
      this.drawn = drawn;
    }
    pen.drawImage(this.dots, 0, 0, this.paper.width, this.paper.width);
    if (!X[chosen]) return;
    this.example(pen, X[chosen], decision.of(targets[chosen]), 1.4 * r, true);
    pen.lineWidth = 2.5;
    pen.stroke();
  }

  /** Draw one example with a halo. */
  example(pen, x, k, r, filled) {
    const strong = css(ofClass(k), "--ink", 0.2);
    trace(pen, k, ...this.place(x), filled ? r : r - 0.5);
    pen.strokeStyle = css("--background");
    pen.lineWidth = filled ? 3.5 : 5;
    pen.stroke();
    pen.fillStyle = filled ? strong : css("--background");
    pen.strokeStyle = filled ? css("--ink") : strong;
    pen.lineWidth = filled ? 0.8 : 2;
    pen.fill();
    pen.stroke();
  }

  /** Write a few numbers along both axes. */
  axes(pen) {
    const size = this.paper.width;
    pen.font = "11px 'DejaVu Sans', Arial, sans-serif";
    this.ranges.forEach(([low, high], i) => {
      for (const t of ticks(low, high)) {
        const [x, y] = this.place(i ? [this.ranges[0][0], t] : [t, this.ranges[1][0]]), text = pretty(show(t));
        if (i) inscribe(pen, text, 4, y + 4);
        else inscribe(pen, text, x - pen.measureText(text).width / 2, size - 5);
      }
    });
    pen.font = "italic 14px 'DejaVu Serif', serif";
    inscribe(pen, this.names[0], size - 4 - pen.measureText(this.names[0]).width, size - 5);
    inscribe(pen, this.names[1], 4, 14);
  }
}

/** About four round numbers between low and high. */
function ticks(low, high) {
  const rough = (high - low) / 4, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].find((m) => m * power >= rough) * power;
  const first = Math.ceil((low + 0.08 * (high - low)) / step), last = Math.floor((high - 0.08 * (high - low)) / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

/** Trace the line where the values on a grid are 0, square by square. */
function contour(pen, values, n, cell) {
  for (let r = 0; r + 1 < n; r++) {
    for (let c = 0; c + 1 < n; c++) {
      const p = r * n + c, a = values[p], b = values[p + 1], d = values[p + n], e = values[p + n + 1];
      if (a > 0 === b > 0 && a > 0 === d > 0 && a > 0 === e > 0) continue;
      const corners = [[c, r, a], [c + 1, r, b], [c + 1, r + 1, e], [c, r + 1, d]];
      const crossings = corners.flatMap(([x, y, u], i) => {
        const [x2, y2, v] = corners[(i + 1) % 4], t = u / (u - v);
        return u > 0 === v > 0 ? [] : [[(x + (x2 - x) * t + 0.5) * cell, (y + (y2 - y) * t + 0.5) * cell]];
      });
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        pen.moveTo(...crossings[i]);
        pen.lineTo(...crossings[i + 1]);
      }
    }
  }
}
