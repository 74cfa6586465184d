// Numbers as text and text as numbers, as in the engine.

export const NONFINITE = { __proto__: null, inf: Infinity, "-inf": -Infinity, nan: NaN };

/** A number from the page's data, where inf and nan are strings. */
export const real = (x) => (typeof x === "string" ? NONFINITE[x] : x);

/** A number as text that reads back as the same number. */
export const exact = (x) => (Number.isFinite(x) ? String(x) : Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf");

/** A typed text with hyphens for minus signs. */
const hyphened = (text) => text.trim().replace(/[−–]/g, "-");

/** The number that a reader typed, such as -4, 0.5 or 1/3; null if it is not one. */
export function parseNumber(text) {
  const plain = hyphened(text).replace(",", ".").toLowerCase();
  if (plain in NONFINITE) return NONFINITE[plain];
  const parts = plain.split("/").map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (parts.length > 2 || parts.some(Number.isNaN)) return null;
  return parts.length === 2 ? parts[0] / parts[1] : parts[0];
}

/** Half a unit of the last typed digit; 0 for a fraction. */
function half(text) {
  const [, places, power] = /^[-+]?\d*(?:[.,](\d*))?(?:e([-+]?\d+))?$/i.exec(hyphened(text)) ?? [];
  return /\//.test(text) ? 0 : 0.5 * 10 ** (Number(power ?? 0) - (places ?? "").length);
}

/** Whether a guess is right: within 0.1 %, or within half its last typed digit but 1 % at most. */
export function agrees(text, guess, right) {
  const within = Math.min(Math.max(half(text), 0.001 * Math.abs(right)), 0.01 * Math.abs(right));
  return Object.is(guess, right) || guess === right || Math.abs(guess - right) <= within * (1 + 1e-9);
}

/** Whether a guess is the number rounded or cut off to too few digits. */
export function rounds(text, guess, right) {
  const gap = Math.abs(guess - right), cut = guess !== 0 && Math.abs(guess) < Math.abs(right) && gap < 2 * half(text);
  return guess * right >= 0 && (cut || (gap <= half(text) && (guess !== 0 || Math.abs(right) < 0.1)));
}

/** Correct digits that JavaScript rounded up at a tie: Python rounds to the even digit. */
function evenAtTie(rounded, longer, kept) {
  const plain = longer.split("e")[0].replace(".", ""), digits = rounded.split("e")[0].replace(".", "");
  const even = Number(plain[kept - 1]) % 2 === 0;
  if (!even || !/^50*$/.test(plain.slice(kept)) || digits.length !== kept) return rounded;
  const tail = rounded.includes("e") ? `e${longer.split("e")[1]}` : "";
  return longer.split("e")[0].slice(0, rounded.split("e")[0].length) + tail;
}

const trim = (text) => (text.includes(".") ? text.replace(/\.?0*$/, "") : text);

/** The number with `digits` significant digits: Python's "g". */
export function significant(x, digits) {
  const size = Math.abs(x);
  const text = evenAtTie(size.toExponential(digits - 1), size.toExponential(digits + 60), digits);
  const [mantissa, power] = text.split("e"), exponent = Number(power);
  const sign = x < 0 ? "-" : "";
  if (exponent < -4 || exponent >= digits) {
    return `${sign}${trim(mantissa)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const all = mantissa.replace(".", "");
  if (exponent >= 0) return sign + trim(`${all.slice(0, exponent + 1)}.${all.slice(exponent + 1)}`);
  return sign + trim(`0.${"0".repeat(-exponent - 1)}${all}`);
}

/** The number with `places` places after the point. */
export function toPlaces(x, places) {
  const size = Math.abs(x), rounded = size.toFixed(places), longer = size.toFixed(Math.min(100, places + 60));
  return (x < 0 || Object.is(x, -0) ? "-" : "") + evenAtTie(rounded, longer, rounded.replace(".", "").length);
}

/** The number as the engine prints it: six significant digits, or `digits` places after the point up to 1e16. */
export function show(x, digits = null) {
  if (!Number.isFinite(x)) return exact(x);
  const text = x === 0 ? "0" : digits === null || Math.abs(x) >= 1e16 ? significant(x, 6) : trim(toPlaces(x, digits));
  return text === "-0" ? "0" : text;
}

/** A printed number as a screen reader reads it. */
export function spokenNumber(text) {
  const said = { inf: "infinity", "-inf": "minus infinity", nan: "not a number" };
  return said[text] ?? (text.startsWith("-") ? `minus ${text.slice(1)}` : text);
}

/** Numbers and formulas for the eye: with true minus and times signs. */
export const pretty = (text) => text.replace(/\*+/g, (sign) => (sign === "*" ? "×" : "^")).replace(/(?<!\p{L})-|(?<=\de)-/gu, "−");
