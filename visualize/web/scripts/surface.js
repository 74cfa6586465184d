// Two canvases: what the net says everywhere, with the line where it is undecided, and how the loss went down.

import { element } from "./dom.js";
import { show } from "./number.js";

const GRID = 44; // points a side at which the surface is computed

/** A canvas as sharp as the screen. */
function canvas(width, height, label) {
  const made = element("canvas", { role: "img", "aria-label": label }), sharp = globalThis.devicePixelRatio || 1;
  [made.width, made.height] = [width * sharp, height * sharp];
  made.style.aspectRatio = `${width} / ${height}`;
  made.style.maxWidth = `${width}px`;
  made.getContext("2d").scale(sharp, sharp);
  return made;
}

/** A colour of the page's style sheet as [red, green, blue]. */
function colour(name) {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map((i) => Number.parseInt(text.slice(i, i + 2), 16));
}
const css = (rgb) => `rgb(${rgb.join(", ")})`;
const mixed = (a, b, t) => a.map((x, i) => Math.round(x + (b[i] - x) * t));

export class Surface {
  constructor(data, choose) {
    this.data = data;
    this.size = 360;
    this.canvas = canvas(this.size, this.size, "Decision surface");
    this.small = element("canvas", { width: GRID, height: GRID });
    this.ranges = [0, 1].map((i) => {
      const xs = [...data.X.map((x) => x[i]), ...(data.config.data === "own" ? [-1, 1] : [])], low = Math.min(...xs), high = Math.max(...xs), more = 0.35 * (high - low || 1);
      return [low - more, high + more];
    });
    this.canvas.addEventListener("click", (event) => choose(this.nearest(event), this.point_at(event)));
  }

  /** Where a point of the inputs' plane is on the canvas. */
  place(x) {
    const [a, b] = this.ranges.map(([low, high], i) => (x[i] - low) / (high - low));
    return [a * this.size, (1 - b) * this.size];
  }

  /** The point of the inputs' plane where an event is. */
  point_at(event) {
    const { clientWidth, clientHeight } = this.canvas, shares = [event.offsetX / clientWidth, 1 - event.offsetY / clientHeight];
    return this.ranges.map(([low, high], i) => low + shares[i] * (high - low));
  }

  nearest(event) {
    const scale = this.size / this.canvas.clientWidth, far = (x) => {
      const [a, b] = this.place(x);
      return Math.hypot(a - event.offsetX * scale, b - event.offsetY * scale);
    };
    return this.data.X.reduce((best, x, i) => (far(x) < far(this.data.X[best]) ? i : best), 0);
  }

  /** Compute the outputs on the grid and draw them. */
  paint(descent, chosen) {
    const { decision, targets } = descent;
    const colours = [0, 1, 2, 3, 4, 5].map((i) => colour(`--class-${i}`)), ground = colour("--background");
    const pen = this.small.getContext("2d"), image = pen.createImageData(GRID, GRID), found = [];
    const [[left, right], [low, high]] = this.ranges;
    for (let r = 0; r < GRID; r++) {
      for (let c = 0; c < GRID; c++) {
        const x = [left + ((c + 0.5) / GRID) * (right - left), high - ((r + 0.5) / GRID) * (high - low)], y = [...descent.forward(x).at(-1)];
        found.push(decision.margins(y));
        const largest = decision.of(y), share = Math.max(0, Math.min(1, found.at(-1)[largest])) || 0;
        image.data.set([...mixed(ground, colours[largest % 6], share), 255], 4 * (r * GRID + c));
      }
    }
    pen.putImageData(image, 0, 0);
    const paper = this.canvas.getContext("2d");
    paper.imageSmoothingEnabled = true;
    paper.drawImage(this.small, 0, 0, this.size, this.size);
    for (let k = 1; k < found[0].length; k++) this.contour(paper, found.map((margins) => margins[k]));
    this.data.X.forEach((x, i) => this.point(paper, x, decision.of(targets[i]), colours, i === chosen));
  }

  /** The line where a class is level with the others, square by square. */
  contour(paper, values) {
    const cell = this.size / GRID, ink = css(colour("--ink"));
    paper.beginPath();
    for (let r = 0; r + 1 < GRID; r++) {
      for (let c = 0; c + 1 < GRID; c++) {
        const corners = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]];
        const crossings = corners.flatMap(([x, y], i) => {
          const [x2, y2] = corners[(i + 1) % 4], a = values[y * GRID + x], b = values[y2 * GRID + x2];
          if (a > 0 === b > 0) return [];
          const t = a / (a - b);
          return [[(x + (x2 - x) * t + 0.5) * cell, (y + (y2 - y) * t + 0.5) * cell]];
        });
        for (let i = 0; i + 1 < crossings.length; i += 2) {
          paper.moveTo(...crossings[i]);
          paper.lineTo(...crossings[i + 1]);
        }
      }
    }
    paper.strokeStyle = ink;
    paper.lineWidth = 2;
    paper.stroke();
  }

  /** One example: a square for class 0, a disc for class 1, then a triangle, a rhombus, ... */
  point(paper, x, k, colours, chosen) {
    const [a, b] = this.place(x), r = this.data.X.length > 60 ? 4 : 8, corners = [4, 0, 3, 4, 5, 6][k % 6], turn = k % 6 ? -Math.PI / 2 : Math.PI / 4;
    paper.beginPath();
    if (corners === 0) paper.arc(a, b, r, 0, 2 * Math.PI);
    for (let i = 0; i < corners; i++) {
      const angle = turn + (2 * Math.PI * i) / corners;
      paper.lineTo(a + 1.25 * r * Math.cos(angle), b + 1.25 * r * Math.sin(angle));
    }
    paper.closePath();
    paper.fillStyle = css(colours[k % 6]);
    paper.strokeStyle = css(colour("--ink"));
    paper.lineWidth = chosen ? 4 : 1.5;
    paper.fill();
    paper.stroke();
  }
}

/** Means over neighbours: at most about 200 points, so that the losses of mini-batches make a line. */
function smoothed(losses) {
  const wide = Math.ceil(losses.length / 200), means = [];
  for (let i = 0; i < losses.length; i += wide) {
    const part = losses.slice(i, i + wide);
    means.push(part.reduce((a, b) => a + b, 0) / part.length);
  }
  return means;
}

export class LossCurve {
  constructor() {
    [this.width, this.height] = [420, 170];
    this.canvas = canvas(this.width, this.height, "Loss curve");
  }

  /** Draw the losses of so many steps on a scale of powers of ten. */
  paint(losses, steps) {
    const paper = this.canvas.getContext("2d"), curve = smoothed(losses), seen = curve.filter((x) => x > 0 && Number.isFinite(x));
    const top = Math.ceil(Math.log10(Math.max(...seen, 1e-3)) + 1e-9), bottom = Math.min(top - 1, Math.floor(Math.log10(Math.max(1e-12, Math.min(...seen, 1)))));
    const [left, right, up, down] = [52, this.width - 8, 10, this.height - 26];
    const y = (power) => up + ((top - power) / (top - bottom)) * (down - up);
    paper.clearRect(0, 0, this.width, this.height);
    paper.font = "12px 'DejaVu Sans', Arial, sans-serif";
    paper.fillStyle = css(colour("--faint"));
    paper.strokeStyle = css(colour("--rule"));
    paper.lineWidth = 1;
    const every = Math.ceil((top - bottom) / 4);
    for (let power = top; power >= bottom; power -= every) {
      paper.fillText(show(10 ** power), 4, y(power) + 4);
      paper.strokeRect(left, y(power), right - left, 0);
    }
    paper.fillText("step 0", left, this.height - 8);
    const end = steps.toLocaleString("en");
    paper.fillText(end, right - paper.measureText(end).width, this.height - 8);
    paper.beginPath();
    curve.forEach((loss, i) => {
      const across = left + (curve.length > 1 ? i / (curve.length - 1) : 0) * (right - left);
      paper.lineTo(across, y(Math.max(bottom, Math.min(top, Math.log10(Math.max(loss, 1e-300))))));
    });
    paper.strokeStyle = css(colour("--gradient"));
    paper.lineWidth = 2;
    paper.stroke();
  }
}
