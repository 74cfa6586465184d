// Numbers as pixels: ramps between the style sheet's colors, small maps, and canvases as sharp as the screen.

import { element } from "./dom.js";

const HALF = 127; // steps from the middle of a ramp to its end
const GROUND = "--background", LOW = "--class-0", HIGH = "--class-1", INK = "--ink";
const colors = new Map(); // colors and ramps, until light and dark change
export const ofClass = (k) => `--class-${k % 6}`;
export const forgetColors = () => colors.clear();

/** What is made under this name, once. */
function once(key, make) {
  if (!colors.has(key)) colors.set(key, make());
  return colors.get(key);
}

/** A color of the style sheet as [red, green, blue]. */
const rgb = (name) => once(name, () => {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map((i) => Number.parseInt(text.slice(i, i + 2), 16));
});
const mixed = (a, b, t) => a.map((x, i) => Math.round(x + (b[i] - x) * t));

/** A color for a pen: so much of another one in it. */
export const css = (name, other = INK, share = 0) => once(`${name} ${other} ${share}`, () => `rgb(${mixed(rgb(name), rgb(other), share).join(", ")})`);

/** Pixels from one color through the background to another one, which is reached to this extent. */
export const ramp = (low = LOW, high = HIGH, most = 1) => once(`ramp ${low} ${high} ${most}`, () => Uint32Array.from({ length: 2 * HALF + 1 }, (_, i) => {
  const t = (i - HALF) / HALF, [r, g, b] = mixed(rgb(GROUND), rgb(t < 0 ? low : high), Math.abs(t) * most);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}));

/** The pixel of a ramp for a number: its middle for 0 and nan, its ends for -1 and 1 and what is beyond. */
export const pixel = (colors, x) => colors[Math.round(HALF + HALF * Math.max(-1, Math.min(1, x || 0)))];

/** The largest finite size of some numbers, and of one more. */
export function peak(numbers, most) {
  for (const x of numbers) if (Math.abs(x) > most && Math.abs(x) < Infinity) most = Math.abs(x);
  return most;
}

/** A picture of few pixels, to be drawn larger. */
export class Raster {
  constructor(width, height) {
    this.canvas = element("canvas", { width, height });
    this.pen = this.canvas.getContext("2d");
    this.image = this.pen.createImageData(width, height);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  flush() {
    this.pen.putImageData(this.image, 0, 0);
    return this.canvas;
  }
}

/** A canvas with as many pixels as its box has on the screen; its lengths are pixels of a page whose letters have 16. */
export class Paper {
  constructor(attributes, repaint) {
    this.canvas = element("canvas", { role: "img", ...attributes });
    this.pen = this.canvas.getContext("2d");
    new ResizeObserver(() => {
      this.measure();
      repaint();
    }).observe(this.canvas);
  }

  measure() {
    this.box = [this.canvas.clientWidth, this.canvas.clientHeight].map((x) => Math.max(1, x)); // 0 where it is hidden
    this.letter = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  }

  /** Begin a drawing, so many units wide if that is given. */
  begin(wide) {
    if (!this.box) this.measure();
    const [width, height] = this.box, sharp = globalThis.devicePixelRatio || 1;
    const size = [Math.round(width * sharp), Math.round(height * sharp)], { canvas, pen } = this;
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    const letter = wide ? width / wide : this.letter;
    [this.width, this.height] = [width / letter, height / letter];
    pen.setTransform(sharp * letter, 0, 0, sharp * letter, 0, 0);
    pen.clearRect(0, 0, this.width, this.height);
    pen.font = "12px 'DejaVu Sans', Arial, sans-serif";
    return pen;
  }
}

/** Write a text with a halo. */
export function inscribe(pen, text, x, y) {
  pen.strokeStyle = css(GROUND);
  pen.lineWidth = 3.5;
  pen.lineJoin = "round";
  pen.strokeText(text, x, y);
  pen.fillStyle = css(INK);
  pen.fillText(text, x, y);
}

/** How many pixels a side an example has that is a square image; 0 where it is none. */
export function sideOf(inputs) {
  const side = Math.round(Math.sqrt(inputs));
  return side >= 4 && side * side === inputs ? side : 0;
}

/** Numbers from 0 to 1 and more as shades of ink, row by row. */
export function shades(raster, x) {
  const colors = ramp(INK, INK), most = Math.max(1, ...x);
  x.forEach((part, i) => {
    raster.pixels[i] = pixel(colors, Math.abs(part) / most);
  });
  return raster.flush();
}

/** A square image as a small canvas; null for an example that is none. */
export function portrait(x) {
  const side = sideOf(x.length);
  if (!side) return null;
  const shown = shades(new Raster(side, side), x);
  shown.className = "portrait";
  return shown;
}
