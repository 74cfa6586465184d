// MathML: trees that Python made, names and fractions as elements.

const MATH = "http://www.w3.org/1998/Math/MathML";

/** A MathML element. */
export function math(name, ...children) {
  const made = document.createElementNS(MATH, name);
  made.append(...children);
  return made;
}

/** d one node / d another as a fraction. */
export const derivative = (above, below, symbols) => tree(["mfrac", ["mrow", ["mo", "∂"], above], ["mrow", ["mo", "∂"], below]], symbols);

/** A tree as MathML: [element, ...children], a child a tree, a text, or the number of a node; a star is upright. */
export function tree(part, symbols) {
  if (typeof part === "number") return tree(symbols[part]);
  const [name, ...children] = part;
  const made = math(name.replace("*", ""), ...children.map((child) => (typeof child === "string" ? child : tree(child, symbols))));
  if (name.endsWith("*")) made.setAttribute("mathvariant", "normal");
  return made;
}

/** A tree as it is read aloud. */
export function aloud(part, names) {
  if (!Array.isArray(part)) return typeof part === "number" ? names[part] : part;
  const [name, ...children] = part;
  return children.map((child) => aloud(child, names)).join({ mfrac: " over ", msup: " to the power of " }[name] ?? " ");
}

/** A whole formula: parts side by side. */
export function formula(...parts) {
  const row = math("math");
  row.append(...parts.map((part) => (typeof part === "string" ? math("mo", part) : part)));
  return row;
}
