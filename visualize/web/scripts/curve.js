// The loss curve on logarithmic axes: the first steps stay visible after a hundred thousand.

import { css, Paper } from "./image.js";
import { pretty, show } from "./number.js";

const LOWEST = 1e-12, LETTER = 14; // the lowest loss shown; the height of a line of text

export class LossCurve {
  constructor(repaint) {
    this.paper = new Paper({ class: "losses" }, repaint);
    this.canvas = this.paper.canvas;
  }

  /** Draw the losses of the training and the test examples at these steps. */
  paint({ at, losses, testLosses, steps }) {
    const pen = this.paper.begin(), { width, height } = this.paper, seen = [...losses, ...testLosses].filter((x) => x > LOWEST && x < Infinity);
    const top = Math.ceil(Math.log10(Math.max(...seen, 1e-3)) + 1e-9), bottom = Math.min(top - 1, Math.floor(Math.log10(Math.min(...seen, 1)) + 1e-9));
    const [left, right, up, down] = [52, width - 50, 10, height - 26], far = Math.log10(1 + Math.max(10, steps));
    const x = (step) => left + (Math.log10(1 + step) / far) * (right - left), y = (power) => up + ((top - power) / (top - bottom)) * (down - up);
    pen.fillStyle = css("--faint");
    pen.strokeStyle = css("--rule");
    pen.lineWidth = 1;
    for (let power = top, every = Math.ceil((top - bottom) / 4); power >= bottom; power -= every) {
      pen.fillText(pretty(show(10 ** power)), 4, y(power) + 4);
      pen.strokeRect(left, y(power), right - left, 0);
    }
    for (const step of [0, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7].filter((t) => t <= Math.max(10, steps))) {
      pen.strokeRect(x(step), up, 0, down - up);
      pen.fillText(step ? step.toLocaleString("en") : "step 0", x(step) - (step ? 8 : 34), height - 8);
    }
    const ends = [[testLosses, "test", "--value", [5, 3]], [losses, "train", "--gradient", []]].filter(([found]) => found.some(Number.isFinite)).map(([found, name, color, dash]) => {
      pen.strokeStyle = css(color);
      pen.lineWidth = 2;
      pen.setLineDash(dash);
      pen.beginPath();
      const levels = found.map((loss) => y(Math.max(bottom, Math.min(top, Math.log10(Math.max(loss, LOWEST))))));
      levels.forEach((level, i) => pen.lineTo(x(at[i]), level));
      pen.stroke();
      pen.setLineDash([]);
      return { name, color, level: levels.at(-1) };
    });
    const [high, low] = ends.sort((a, b) => a.level - b.level), middle = (high?.level + low?.level) / 2;
    if (low?.level - high?.level < LETTER) [high.level, low.level] = [middle - LETTER / 2, middle + LETTER / 2];
    for (const { name, color, level } of ends) {
      pen.fillStyle = css(color);
      pen.fillText(name, right + 6, level + 4);
    }
  }
}
