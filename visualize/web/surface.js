// Two canvases: what the net says everywhere, with the line where it is undecided, and how the loss went down.

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

class Surface {
  constructor(data, choose) {
    this.data = data;
    this.size = 360;
    this.canvas = canvas(this.size, this.size, "Decision surface");
    this.small = element("canvas", { width: GRID, height: GRID });
    const values = data.targets.flat();
    this.level = (Math.min(...values) + Math.max(...values)) / 2;
    this.reach = Math.max(...values) - this.level || 1;
    this.ranges = [0, 1].map((i) => {
      const xs = data.X.map((x) => x[i]), low = Math.min(...xs), high = Math.max(...xs), more = 0.35 * (high - low || 1);
      return [low - more, high + more];
    });
    this.canvas.addEventListener("click", (event) => choose(this.nearest(event)));
  }

  /** Where a point of the inputs' plane is on the canvas. */
  place(x) {
    const [a, b] = this.ranges.map(([low, high], i) => (x[i] - low) / (high - low));
    return [a * this.size, (1 - b) * this.size];
  }

  nearest(event) {
    const scale = this.size / this.canvas.clientWidth, far = (x) => {
      const [a, b] = this.place(x);
      return Math.hypot(a - event.offsetX * scale, b - event.offsetY * scale);
    };
    return this.data.X.reduce((best, x, i) => (far(x) < far(this.data.X[best]) ? i : best), 0);
  }

  /** Compute the outputs on the grid and draw them; `outputs(x)` gives those of one example. */
  paint(outputs, chosen) {
    const zero = colour("--zero"), one = colour("--one"), middle = colour("--background");
    const pen = this.small.getContext("2d"), image = pen.createImageData(GRID, GRID), values = [];
    const [[left, right], [low, high]] = this.ranges;
    for (let r = 0; r < GRID; r++) {
      for (let c = 0; c < GRID; c++) {
        const y = outputs([left + ((c + 0.5) / GRID) * (right - left), high - ((r + 0.5) / GRID) * (high - low)]);
        const value = this.decided(y);
        values.push(value);
        const t = Math.max(-1, Math.min(1, value / this.reach)) || 0;
        image.data.set([...mixed(middle, t < 0 ? zero : one, Math.abs(t)), 255], 4 * (r * GRID + c));
      }
    }
    pen.putImageData(image, 0, 0);
    const paper = this.canvas.getContext("2d");
    paper.imageSmoothingEnabled = true;
    paper.drawImage(this.small, 0, 0, this.size, this.size);
    this.contour(paper, values);
    this.data.X.forEach((x, i) => this.point(paper, x, this.decided(this.data.targets[i]) > 0, i === chosen));
  }

  /** Above 0 for class 1; of several outputs the second is compared with the first. */
  decided(y) {
    return y.length === 1 ? y[0] - this.level : (y[1] - Math.max(...y.filter((_, i) => i !== 1))) / 2;
  }

  /** The line where the output is half way between the targets, square by square. */
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

  /** One example: a disc for class 1, a square for class 0. */
  point(paper, x, one, chosen) {
    const [a, b] = this.place(x), r = this.data.X.length > 60 ? 4 : 8;
    paper.beginPath();
    if (one) paper.arc(a, b, r, 0, 2 * Math.PI);
    else paper.rect(a - r * 0.9, b - r * 0.9, r * 1.8, r * 1.8);
    paper.fillStyle = css(colour(one ? "--one" : "--zero"));
    paper.strokeStyle = css(colour("--ink"));
    paper.lineWidth = chosen ? 4 : 1.5;
    paper.fill();
    paper.stroke();
  }
}

class LossCurve {
  constructor() {
    [this.width, this.height] = [420, 170];
    this.canvas = canvas(this.width, this.height, "Loss curve");
  }

  /** Draw the losses on a scale of powers of ten; `stride` steps lie between two of them. */
  paint(losses, stride, started) {
    const paper = this.canvas.getContext("2d"), seen = losses.filter((x) => x > 0 && Number.isFinite(x));
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
    const end = started.toLocaleString("en");
    paper.fillText(end, right - paper.measureText(end).width, this.height - 8);
    paper.beginPath();
    losses.forEach((loss, i) => {
      const across = left + (losses.length > 1 ? i / (losses.length - 1) : 0) * (right - left);
      paper.lineTo(across, y(Math.max(bottom, Math.min(top, Math.log10(Math.max(loss, 1e-300))))));
    });
    paper.strokeStyle = css(colour("--gradient"));
    paper.lineWidth = 2;
    paper.stroke();
  }
}
