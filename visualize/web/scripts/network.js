// The net as a picture: units in columns with their activations, every weight and gradient on its edge.

import { pretty, show } from "./number.js";

const SVG = "http://www.w3.org/2000/svg";
const RADIUS = 21, COLUMN = 250, LABEL_ROOM = 32, LABEL_REACH = 70, MOST_LABELS = 60, TALLEST = 900;

/** An SVG element. */
function shape(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A small number below the line. */
const index = (i) => shape("tspan", { class: "lower", dy: 3 }, i);

/** A number in few characters. */
export const brief = (x) => pretty(show(Math.abs(x) < 5e-4 ? 0 : Number(x.toPrecision(Math.abs(x) < 1 ? 2 : 3))));

export class NetworkPicture {
  constructor(data) {
    this.data = data;
    this.sizes = [data.inputs, ...data.layers.map((layer) => layer.length)];
    const pairs = this.sizes.slice(1).map((n, i) => Math.min(n, this.sizes[i]));
    const edges = data.layers.flat().reduce((sum, unit) => sum + unit.weights.length, 0);
    this.labelled = edges <= MOST_LABELS && Math.max(...pairs) <= 4;
    this.gap = this.labelled ? Math.max(84, LABEL_ROOM * (Math.max(...pairs) + 1)) : Math.min(56, TALLEST / Math.max(...this.sizes));
    this.radius = Math.min(RADIUS, 0.42 * this.gap);
    this.column = this.labelled ? Math.max(COLUMN, LABEL_REACH * (Math.max(...pairs) + 1)) : COLUMN; // a weight's label keeps clear of the unit's bias
    this.width = this.column * (this.sizes.length - 1) + 120;
    this.height = this.gap * Math.max(...this.sizes) + 24;
    this.svg = shape("svg", { class: "network", width: this.width, height: this.height, viewBox: `0 0 ${this.width} ${this.height}`, role: "img" });
    this.edges = [];
    this.units = [];
    this.build();
  }

  at(layer, i) {
    return [60 + this.column * layer, this.height / 2 + this.gap * (i - (this.sizes[layer] - 1) / 2) - 6];
  }

  build() {
    const lines = shape("g", {}), labels = shape("g", {}), circles = shape("g", {});
    this.data.layers.forEach((layer, l) => layer.forEach((unit, i) => unit.weights.forEach((place, j) => this.edge(lines, labels, l, i, j, place))));
    this.sizes.forEach((size, l) => {
      for (let i = 0; i < size; i++) this.unit(circles, l, i);
    });
    this.svg.append(lines, circles, labels);
  }

  edge(lines, labels, l, i, j, place) {
    const [x1, y1] = this.at(l, j), [x2, y2] = this.at(l + 1, i), m = this.sizes[l], n = this.sizes[l + 1];
    const line = shape("line", { x1, y1, x2, y2, class: "weight" }), t = m <= n ? m / (m + 1) : 1 / (n + 1);
    lines.append(line);
    const edge = { place, line };
    if (this.labelled) {
      const [x, y] = [x1 + (x2 - x1) * t, y1 + (y2 - y1) * t];
      edge.data = shape("tspan", { class: "data", x, y: y - 2 });
      edge.gradient = shape("tspan", { class: "gradient", x, y: y + 11 });
      labels.append(shape("text", { class: "label" }, edge.data, edge.gradient));
    }
    this.edges.push(edge);
  }

  unit(circles, l, i) {
    const [x, y] = this.at(l, i), bias = l ? this.data.layers[l - 1][i].bias : null;
    const circle = shape("circle", { cx: x, cy: y, r: this.radius, class: "unit" });
    const text = shape("text", { x, y: y + 4, class: "activation" }), below = shape("text", { class: "label bias" });
    const data = shape("tspan", { class: "data", x, y: y + this.radius + 13 }), gradient = shape("tspan", { class: "gradient", x, y: y + this.radius + 26 });
    if (bias !== null && this.labelled) below.append(data, gradient);
    const named = this.radius === RADIUS, name = l === 0 && named ? shape("text", { x: x - this.radius - 14, y: y + 5, class: "name" }, "x", index(i + 1)) : "";
    const last = l === this.sizes.length - 1 && named ? shape("text", { x: x + this.radius + 14, y: y + 5, class: "name" }, "y", this.sizes[l] > 1 ? index(i) : "") : "";
    circles.append(shape("circle", { cx: x, cy: y, r: this.radius, class: "behind" }), circle, text, below, name, last);
    this.units.push({ circle, text, bias, data, gradient });
  }

  /** Write weights, gradients and the activations of one example. */
  paint(parameters, gradients, activations) {
    const largest = Math.max(1e-9, ...this.edges.map((edge) => Math.abs(parameters[edge.place])));
    const thin = this.radius / RADIUS;
    for (const edge of this.edges) {
      const w = parameters[edge.place];
      edge.line.setAttribute("stroke-width", ((0.6 + (4 * Math.abs(w)) / largest) * thin).toFixed(2));
      edge.line.classList.toggle("negative", w < 0);
      if (edge.data) [edge.data.textContent, edge.gradient.textContent] = [brief(w), `∇ ${brief(gradients[edge.place])}`];
    }
    this.units.forEach((unit, i) => {
      if (this.radius === RADIUS) unit.text.textContent = brief(activations[i]);
      unit.text.style.fontSize = `${Math.min(12, 60 / unit.text.textContent.length)}px`; // it stays within its unit
      unit.circle.style.fillOpacity = Math.min(1, Math.abs(activations[i])) * 0.45 || 0;
      if (unit.bias !== null) [unit.data.textContent, unit.gradient.textContent] = [`b ${brief(parameters[unit.bias])}`, `∇ ${brief(gradients[unit.bias])}`];
    });
    this.svg.setAttribute("aria-label", `The net with ${parameters.length} parameters; its weights are listed in the table of weights.`);
  }
}
