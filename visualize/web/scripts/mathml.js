// MathML elements from the trees that Python writes.

const MATH = "http://www.w3.org/1998/Math/MathML";

/** A MathML element. */
export function math(name, ...children) {
  const made = document.createElementNS(MATH, name);
  made.append(...children);
  return made;
}

/** The derivative of one node by another as a fraction. */
export const derivative = (above, below, symbols) => tree(["mfrac", ["mrow", ["mo", "∂"], above], ["mrow", ["mo", "∂"], below]], symbols);

/** A tree as MathML: [element, ...children], where a child is a tree, a text, or the index of a node; a star means upright. */
export function tree(part, symbols) {
  if (typeof part === "number") return tree(symbols[part]);
  const [name, ...children] = part;
  const made = math(name.replace("*", ""), ...children.map((child) => (typeof child === "string" ? child : tree(child, symbols))));
  if (name.endsWith("*")) made.setAttribute("mathvariant", "normal");
  return made;
}

/** A tree as a screen reader reads it. */
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
