// Numbers as pixels: color ramps, small maps, and canvases as sharp as the screen.

import { element } from "./dom.js";

const HALF = 127; // steps from the middle of a ramp to its end
const GROUND = "--background", LOW = "--class-0", HIGH = "--class-1", INK = "--ink";
const colors = new Map(); // colors and ramps, until the page switches between light and dark
export const ofClass = (k) => `--class-${k % 6}`;
export const forgetColors = () => colors.clear();

/** The result of `make`, computed once for each key. */
function memoize(key, make) {
  if (!colors.has(key)) colors.set(key, make());
  return colors.get(key);
}

/** A color of the style sheet as [red, green, blue]. */
const rgb = (name) => memoize(name, () => {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map((i) => Number.parseInt(text.slice(i, i + 2), 16));
});
const mix = (a, b, t) => a.map((x, i) => Math.round(x + (b[i] - x) * t));

/** A color for a pen, mixed with a share of another one. */
export const css = (name, other = INK, share = 0) => memoize(`${name} ${other} ${share}`, () => `rgb(${mix(rgb(name), rgb(other), share).join(", ")})`);

/** Pixels from one color through the background to another; `most` is their strength at the ends. */
export const ramp = (low = LOW, high = HIGH, most = 1) => memoize(`ramp ${low} ${high} ${most}`, () => Uint32Array.from({ length: 2 * HALF + 1 }, (_, i) => {
  const t = (i - HALF) / HALF, [r, g, b] = mix(rgb(GROUND), rgb(t < 0 ? low : high), Math.abs(t) * most);
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
}));

/** The pixel of a ramp for a number: the middle for 0 and nan, the ends for -1 and 1 and beyond. */
export const pixel = (colors, x) => colors[Math.round(HALF + HALF * Math.max(-1, Math.min(1, x || 0)))];

/** The largest finite size among some numbers and `most`. */
export function peak(numbers, most) {
  for (const x of numbers) if (Math.abs(x) > most && Math.abs(x) < Infinity) most = Math.abs(x);
  return most;
}

/** A picture of few pixels, drawn larger later. */
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

/** A canvas with the pixels of its box on the screen; its unit is 1/16 of the letter size. */
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
    this.box = [this.canvas.clientWidth, this.canvas.clientHeight].map((x) => Math.max(1, x)); // 0 if hidden
    this.letter = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  }

  /** Begin a drawing, `wide` units wide if given. */
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

/** The side of an example that is a square image; 0 if it is not. */
export function sideOf(inputs) {
  const side = Math.round(Math.sqrt(inputs));
  return side >= 4 && side * side === inputs ? side : 0;
}

/** Draw numbers as shades of ink, row by row. */
export function shades(raster, x) {
  const colors = ramp(INK, INK), most = Math.max(1, ...x);
  x.forEach((part, i) => {
    raster.pixels[i] = pixel(colors, Math.abs(part) / most);
  });
  return raster.flush();
}

/** A square image as a small canvas; null for other examples. */
export function portrait(x) {
  const side = sideOf(x.length);
  if (!side) return null;
  const shown = shades(new Raster(side, side), x);
  shown.className = "portrait";
  return shown;
}
