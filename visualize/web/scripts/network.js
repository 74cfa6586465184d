// The picture of the net: each unit shows its map, each edge is as wide as its weight; small nets have numbers.

import { button, element, setAttribute, setText, svgElement } from "./dom.js";
import { css, inscribe, ofClass, Paper, peak, pixel, ramp, Raster, shades, sideOf } from "./image.js";
import { pretty, show } from "./number.js";

const TALL = 440, LEAST_GAP = 34, BROAD = 52, MOST_LABELS = 60, DRAWN = 250, LABEL_ROOM = 32, LABEL_REACH = 70;

/** A number with few characters. */
export const brief = (x) => pretty(show(Math.abs(x) < 5e-4 ? 0 : Number(x.toPrecision(Math.abs(x) < 1 ? 2 : 3))));

/** The name of a unit. */
export const unitName = (l, i, last) => (l === last ? `output ${i + 1}` : l ? `unit ${i + 1} of layer ${l}` : `input ${i + 1}`);

export class NetworkPicture {
  /** `choose(layer, unit)` is called when a unit is clicked. */
  constructor(choose, repaint) {
    this.choose = choose;
    this.paper = new Paper({ "aria-label": "The net" }, repaint);
    this.svg = svgElement("svg", { "aria-hidden": "true" });
    this.element = element("div", { class: "network" });
  }

  /** Lay out the net of a training in columns of units, no taller than the pane. */
  build({ layers, sizes: [inputs] }, features, classes) {
    const narrow = matchMedia("(max-width: 600px)").matches;
    this.side = sideOf(inputs);
    this.image = this.side ? new Raster(this.side, this.side) : null;
    this.layers = layers;
    this.sizes = [this.image ? 1 : inputs, ...layers.map((layer) => layer.units.length)];
    const most = Math.max(...this.sizes), pairs = Math.max(...this.sizes.slice(1).map((n, i) => Math.min(n, this.sizes[i])));
    this.places = layers.slice(this.image ? 1 : 0).flatMap(({ units }) => units.flatMap(({ weights }) => weights.filter((place) => place !== null)));
    const roomy = Math.max(84, LABEL_ROOM * (pairs + 1));
    this.labeled = !narrow && !this.image && this.places.length <= MOST_LABELS && pairs <= 4 && roomy * most <= TALL;
    const across = this.sizes.map((n) => Math.ceil((n * (this.labeled ? 1 : LEAST_GAP)) / TALL)), talls = this.sizes.map((n, l) => Math.ceil(n / across[l])), tallest = Math.max(...talls);
    this.gap = this.labeled ? roomy : Math.min(76, TALL / tallest);
    this.size = Math.min(narrow ? 40 : BROAD, 0.8 * this.gap);
    const room = (names) => 16 + this.size / 2 + 7.5 * Math.min(14, Math.max(...names.map((name) => name.length)));
    const column = this.labeled ? Math.max(230, LABEL_REACH * (pairs + 1)) : narrow ? Math.max(64, (340 - room(features) - room(classes)) / layers.length) : Math.max(110, 420 / layers.length);
    let x = this.image ? 80 : room(features);
    this.columns = talls.map((tall, l) => {
      const at = x;
      x += (across[l] - 1) * 1.3 * this.size + (l < layers.length ? column : 0);
      return { at, tall };
    });
    [this.width, this.height] = [x + room(classes), tallest * this.gap + 12];
    if (this.image) this.height = Math.max(this.height, 150);
    this.svg.replaceChildren();
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.element.style.cssText = `--wide: ${this.width}; --high: ${this.height}`;
    this.units = this.sizes.flatMap((n, l) => Array.from({ length: this.image && !l ? 0 : n }, (_, i) => this.unit(l, i)));
    this.labels = this.labeled ? layers.flatMap(({ units }, l) => units.flatMap((unit, i) => unit.weights.flatMap((place, j) => (place === null ? [] : [this.label(l, i, j, place)])))) : [];
    if (!this.image) features.forEach((name, i) => this.name(0, i, name, -1));
    classes.forEach((name, i) => this.name(layers.length, i, name, 1));
    this.element.replaceChildren(this.paper.canvas, this.svg, ...this.units.map((unit) => unit.button));
    this.rasters = [];
  }

  at(l, i) {
    const { at, tall } = this.columns[l], c = Math.floor(i / tall);
    return [at + c * 1.3 * this.size, this.height / 2 + this.gap * ((i % tall) - (tall - 1) / 2) - (this.labeled ? 8 : 0)];
  }

  name(l, i, name, side) {
    const [x, y] = this.at(l, i), short = name.length > 14 ? `${name.slice(0, 13)}…` : name;
    const [, letter, below] = /^([xy])(\d*)$/.exec(short) ?? [];
    this.svg.append(svgElement("text", { x: x + side * (this.size / 2 + 8), y: y + 5, class: letter ? "name" : "called", "text-anchor": side < 0 ? "end" : "start" },
      ...(letter ? [letter, svgElement("tspan", { class: "lower", dy: 3 }, below)] : [short])));
  }

  unit(l, i) {
    const [x, y] = this.at(l, i), whole = l ? this.layers[l - 1].units[i].bias : null, text = element("span", { class: "activation" });
    const words = unitName(l, i, this.layers.length), map = button(text, () => this.choose(l, i), { class: "unit", "aria-label": `Map of ${words}`, title: words });
    const share = (part, all) => `${((100 * part) / all).toFixed(3)}%`;
    map.style.cssText = `left: ${share(x - this.size / 2, this.width)}; top: ${share(y - this.size / 2, this.height)}; width: ${share(this.size, this.width)}; height: ${share(this.size, this.height)}`;
    const unit = { l, i, button: map, text, bias: this.labeled ? whole : null };
    if (unit.bias !== null) unit.label = this.numbers(x, y + this.size / 2 + 14, 13, "bias");
    return unit;
  }

  /** A number and its gradient. */
  numbers(x, y, down, kind) {
    const data = svgElement("tspan", { class: "data", x, y }), gradient = svgElement("tspan", { class: "gradient", x, y: y + down });
    this.svg.append(svgElement("text", { class: `label ${kind}` }, data, gradient));
    return [data, gradient];
  }

  label(l, i, j, place) {
    const [[x1, y1], [x2, y2]] = [this.at(l, j), this.at(l + 1, i)], m = this.sizes[l], n = this.sizes[l + 1], t = m <= n ? m / (m + 1) : 1 / (n + 1);
    return [place, ...this.numbers(x1 + (x2 - x1) * t, y1 + (y2 - y1) * t - 2, 13, "")];
  }

  // --- Painting ------------------------------------------------------------------------------

  /** Draw everything: `maps` are each layer's outputs on a grid or null; edges show `numbers`. */
  paint(training, activations, maps, grid, numbers, chosen) {
    const pen = this.paper.begin(this.width), { parameters, gradients } = training;
    const writeBoth = ([data, gradient], place, before = "") => {
      setText(data, before + brief(parameters[place]));
      setText(gradient, `∇ ${brief(gradients[place])}`);
    };
    this.edges(pen, numbers, numbers === parameters ? 1 : 1e-12, chosen);
    if (this.image) this.example(pen, activations[0]);
    for (let l = this.image ? 1 : 0; l < this.sizes.length; l++) this.faces(pen, training, l, activations[l], maps?.[l], grid);
    for (const { l, i, button, text, bias, label } of this.units) {
      const a = activations[l][i], number = this.size >= 40 ? brief(a) : this.rasters[l].canvas.width === 1 ? pretty(a.toFixed(1)) : "";
      if (text.textContent !== number) {
        text.textContent = number;
        text.classList.toggle("long", number.length > 5);
        button.ariaLabel = `Map of ${button.title}: ${number}`;
      }
      setAttribute(button, "aria-pressed", String(chosen?.[0] === l && chosen[1] === i));
      if (label) writeBoth(label, bias, "b ");
    }
    for (const [place, ...label] of this.labels) writeBoth(label, place);
  }

  /** Draw the strongest edges, as wide as their numbers, negative ones dashed; edges into a chosen unit with their numbers. */
  edges(pen, numbers, most, chosen) {
    const all = Float64Array.from(this.places, (place) => Math.abs(numbers[place])).sort(), strong = all.at(-DRAWN) ?? 0, widest = Math.min(6, 0.08 * this.gap) / Math.max(most, all.at(-1));
    const half = this.size / 2, colors = [css("--class-0", "--ink", 0.15), css("--class-1", "--ink", 0.15)];
    const line = (l, i, j, width) => {
      const [x1, y1] = this.at(l, j), [x2, y2] = this.at(l + 1, i), from = x1 + (this.image && !l ? 66 : half), bend = this.labeled ? 0 : 0.45 * (x2 - half - from);
      pen.lineWidth = width;
      pen.beginPath();
      pen.moveTo(from, y1);
      pen.bezierCurveTo(from + bend, y1, x2 - half - bend, y2, x2 - half, y2);
      pen.stroke();
    };
    this.layers.forEach(({ units }, l) => units.forEach((unit, i) => {
      if (this.image && !l) {
        pen.strokeStyle = css("--rule");
        return line(l, i, 0, 1);
      }
      const mine = chosen?.[0] === l + 1 && chosen[1] === i;
      pen.globalAlpha = mine ? 1 : chosen ? 0.2 : strong ? 0.6 : 1;
      unit.weights.forEach((place, j) => {
        const w = numbers[place], width = widest * Math.abs(w);
        if (!(width > 0.05 && (mine || Math.abs(w) >= strong))) return;
        pen.strokeStyle = colors[Number(w > 0)];
        pen.setLineDash(w < 0 ? [6, 4] : []);
        line(l, i, j, Math.max(0.5, width));
      });
      pen.setLineDash([]);
    }));
    pen.globalAlpha = 1;
    if (!chosen?.[0] || this.labeled || (this.image && chosen[0] === 1)) return;
    this.layers[chosen[0] - 1].units[chosen[1]].weights.forEach((place, j) => {
      const [x, y] = this.at(chosen[0] - 1, j);
      inscribe(pen, brief(numbers[place]), x + half + 5, y + 4);
    });
  }

  /** Draw the chosen example, an image. */
  example(pen, x) {
    const [left, up] = this.at(0, 0).map((middle) => middle - 66);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(shades(this.image, x), left, up, 132, 132);
    pen.strokeStyle = css("--faint");
    pen.lineWidth = 1;
    pen.strokeRect(left, up, 132, 132);
  }

  /** Draw in each unit of a layer its map over the plane, its weights for an image, or its activation. */
  faces(pen, { parameters, decision }, l, activations, map, grid) {
    const n = this.sizes[l], weights = this.image && l === 1, last = l === this.sizes.length - 1;
    const side = map ? grid >> 1 : weights ? this.side : 1, values = map ?? activations;
    const units = weights && this.layers[0].units, all = weights || peak(values, 1);
    const raster = (this.rasters[l] ??= new Raster(side, side * n)), single = last && n === 1;
    for (let i = 0, at = 0; i < n; i++) {
      const colors = last && map && !single ? ramp(ofClass(i), ofClass(i)) : ramp();
      const most = weights ? peak(units[i].weights.map((place) => parameters[place]), 1e-9) : all;
      for (let r = 0; r < side; r++) {
        for (let c = 0; c < side; c++) {
          const a = map ? map[(i * grid + 2 * r) * grid + 2 * c] : weights ? parameters[units[i].weights[r * side + c]] : values[i];
          raster.pixels[at++] = pixel(colors, single ? (a - decision.level) / decision.reach : a / most);
        }
      }
    }
    const canvas = raster.flush(), { size } = this;
    pen.imageSmoothingEnabled = Boolean(map);
    for (let i = 0; i < n; i++) {
      const [x, y] = this.at(l, i);
      pen.drawImage(canvas, 0, side * i, side, side, x - size / 2, y - size / 2, size, size);
    }
  }
}
