// MathML: trees that Python made, names and fractions as elements.

import { LETTERS } from "./letters.js";

const GREEK = { __proto__: null, ...LETTERS, theta: "θ", alpha: "α", lambda: "λ" };
const MATH = "http://www.w3.org/1998/Math/MathML";

/** A MathML element. */
export function math(name, ...children) {
  const made = document.createElementNS(MATH, name);
  made.append(...children);
  return made;
}

/** A name as a variable: w0 with its number as an index. */
export function variable(name) {
  const [, letters, index] = /^([^\W\d_]+)_?(\d+)$/.exec(name) ?? [];
  return letters ? math("msub", math("mi", GREEK[letters] ?? letters), math("mn", index)) : math("mi", GREEK[name] ?? name);
}

/** d output / d name as a fraction. */
export const derivative = (output, name) =>
  math("mfrac", math("mrow", math("mo", "∂"), variable(output)), math("mrow", math("mo", "∂"), variable(name)));

/** A tree as MathML: [element, ...children], a child a tree, a text, or the number of a node; a star is upright. */
export function tree(part, names) {
  if (typeof part === "number") return variable(names[part]);
  const [name, ...children] = part;
  const made = math(name.replace("*", ""), ...children.map((child) => (typeof child === "string" ? child : tree(child, names))));
  if (name.endsWith("*")) made.setAttribute("mathvariant", "normal");
  return made;
}

/** A whole formula: parts side by side. */
export function formula(...parts) {
  const row = math("math");
  row.append(...parts.map((part) => (typeof part === "string" ? math("mo", part) : part)));
  return row;
}
