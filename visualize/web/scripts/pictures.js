// The pictures of a training: the net, the plane of its inputs, and the losses, all painted from one pass over a grid.

import { LossCurve } from "./curve.js";
import { element, menu } from "./dom.js";
import { forgetColors, ofClass } from "./image.js";
import { brief, NetworkPicture, unitName } from "./network.js";
import { pretty, show } from "./number.js";
import { Surface } from "./surface.js";

const GRID = 64, POINTS = 6e5; // the most points a side; the most points times parameters in a frame
const SIGNS = "■●▲◆⬟⬢";

export class Pictures {
  /** `place(x, i)` is called with the point that was clicked and the index of the nearest example. */
  constructor(place) {
    const again = () => this.training && this.paint(this.training, this.chosen);
    this.network = new NetworkPicture((l, i) => this.choose(l, i), again);
    this.surface = new Surface(place, again);
    this.curve = new LossCurve(again);
    this.edges = menu([], again, { "aria-label": "Edges show" });
    [this.title, this.legend] = ["title", "legend"].map((name) => element("span", { class: name }));
    const figure = (name, caption, content) => element("figure", { "data-part": name }, element("figcaption", {}, ...caption), content);
    this.all = [figure("net", ["The net; edges show ", this.edges, ", negative ones dashed"], this.network.element), figure("surface", [this.title, this.legend], this.surface.canvas), figure("loss", ["Loss"], this.curve.canvas)];
    for (const query of ["(prefers-color-scheme: dark)", "print"]) {
      matchMedia(query).addEventListener("change", () => {
        forgetColors();
        again();
      });
    }
  }

  /** The figures of a training; the surface only if there are two inputs. */
  figures(training) {
    const { layers, sizes: [inputs], naming } = training, outputs = layers.at(-1).units.length, shape = [inputs, ...layers.map(({ units }) => units.length)].join();
    if (this.shape !== shape) this.unit = null;
    Object.assign(this, { training, shape, captioned: null, flat: inputs === 2 });
    const features = naming.features ?? Array.from({ length: inputs }, (_, i) => `x${inputs > 1 ? i + 1 : ""}`), targets = training.codes.flat();
    this.classes = naming.classes ?? (outputs > 1 ? Array.from({ length: outputs }, (_, k) => `${k}`) : [Math.min(...targets), Math.max(...targets)].map((x) => pretty(show(x))));
    this.network.build(training, features, outputs > 1 ? this.classes : ["y"]);
    const kinds = ["weights", "gradients", ...training.optimizer.states], { value } = this.edges;
    this.edges.replaceChildren(...kinds.map((kind) => element("option", { value: kind, selected: kind === value }, kind.replaceAll("_", " "))));
    if (this.flat) {
      this.surface.build(training, features);
      this.grid = 2 * Math.round(Math.max(12, Math.min(GRID / 2, Math.sqrt(POINTS / training.parameters.length) / 2)));
      this.points = this.surface.points(this.grid);
      this.inputs = Float64Array.from([0, 1].flatMap((i) => this.points.map((x) => x[i])));
    }
    return this.all.filter((_, i) => i !== 1 || this.flat);
  }

  /** Show the map of a unit as the surface; the outputs again if it is shown already. */
  choose(l, i) {
    const alone = l === this.training.layers.length && this.training.layers.at(-1).units.length === 1;
    this.unit = alone || String(this.unit) === String([l, i]) ? null : [l, i];
    this.paint(this.training, this.chosen);
  }

  /** Draw everything, with the activations for one example. */
  paint(training, chosen) {
    const { parameters, gradients, state, X, layers } = training, [l, unit] = this.unit ?? [layers.length, null];
    this.chosen = chosen;
    const maps = this.flat ? [this.inputs, ...training.grid(this.points)] : null;
    this.curve.paint(training);
    if (maps) this.caption(l, unit, this.surface.paint(training, this.grid, maps[l], unit, chosen));
    const numbers = [parameters, gradients, ...state][this.edges.selectedIndex];
    this.network.paint(training, training.forward(X[chosen] ?? Array(training.sizes[0]).fill(0)), maps, this.grid, numbers, this.unit);
  }

  /** Write the caption of the surface, whose strongest color stands for `most`. */
  caption(l, unit, most) {
    const key = [l, unit, brief(most), this.training.testX.length > 0].join();
    if (this.captioned === key) return;
    this.captioned = key;
    this.title.textContent = unit === null ? "Decision surface" : `Map of ${unitName(l, unit, this.training.layers.length)}`;
    if (unit !== null) return this.legend.replaceChildren(pretty(`-${brief(most)}`), element("span", { class: "ramp" }), brief(most));
    const sign = (name, k) => element("span", { style: `color: color-mix(in srgb, var(${ofClass(k)}) 75%, var(--ink))` }, SIGNS[k % 6], " ", element("span", {}, name));
    this.legend.replaceChildren(...this.classes.map(sign), ...(this.training.testX.length ? ["hollow: test"] : []));
  }
}
