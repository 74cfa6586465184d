// Templates of formulas become text, or MathML. In a template a node stands as its number between two marks.

import { WORDS } from "./words.js";

export const BLANK = /\ue000(\d+)\ue001/g;
const GREEK = { __proto__: null, ...WORDS.letters, theta: "θ", alpha: "α", lambda: "λ" };

/** The template with names. */
export const named = (template, names) => template.replace(BLANK, (_, i) => names[i]);

/** The template with numbers, each in parentheses where a minus would stand in the way. */
export function numbered(template, texts) {
  return template.replace(BLANK, (whole, i, at) => {
    const text = texts[i], after = template.slice(at + whole.length), negated = /(^|[\s(])-$/.test(template.slice(0, at));
    const tight = text.startsWith("-") && (after.startsWith(" **") || after.startsWith("*"));
    return tight || (negated && /^[-\d]/.test(text)) ? `(${text})` : text;
  });
}

// --- MathML ----------------------------------------------------------------------------------

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

const TOKEN = /\s*(\ue000\d+\ue001|\d+\.?\d*(?:e[+-]?\d+)?|[\p{L}_][\p{L}\p{N}_]*|\*\*|\/\/|[<>=!]=|\.\.\.|[-+*/%()[\],<>])/uy;

const fenced = (open, inner, close) => math("mrow", math("mo", open), inner, math("mo", close));
const FORMS = {
  __proto__: null, sqrt: (x) => math("msqrt", x), exp: (x) => math("msup", math("mi", "e"), x),
  abs: (x) => fenced("|", x, "|"), floor: (x) => fenced("⌊", x, "⌋"),
};

/** Reads a template and gives MathML; functions in `own` are a user's, whatever they are called. */
class MathReader {
  constructor(template, names, own) {
    this.names = names;
    this.own = own;
    this.tokens = [];
    TOKEN.lastIndex = 0;
    for (let found; TOKEN.lastIndex < template.length && (found = TOKEN.exec(template)); ) this.tokens.push(found[1]);
    if (this.tokens.join("") !== template.replace(/\s/g, "")) throw new SyntaxError(template);
    this.at = 0;
  }

  take(wanted) {
    const token = this.tokens[this.at++];
    if (token === undefined || (wanted && token !== wanted)) throw new SyntaxError(this.tokens.join(" "));
    return token;
  }

  /** An expression whose operators hold together at least so strongly. */
  expression(least = 0) {
    let left = this.operand();
    for (;;) {
      const sign = this.tokens[this.at];
      const strength = WORDS.strength[sign];
      if (strength === undefined || strength < least) return left;
      this.at++;
      const right = this.expression(strength + (sign !== "**"));
      const fraction = () => math("mfrac", left.bare ?? left.node, right.bare ?? right.node);
      if (sign === "/") left = { node: fraction(), fraction: true };
      else if (sign === "//") left = { node: fenced("⌊", fraction(), "⌋") };
      else if (sign === "**") left = { node: math("msup", left.node, right.bare ?? right.node) };
      else left = { node: math("mrow", left.node, math("mo", WORDS.signs[sign] ?? sign), right.node) };
    }
  }

  operand() {
    const token = this.take();
    if (token === "-") return { node: math("mrow", math("mo", "−"), this.expression(3).node) };
    if (token === "(") {
      const inner = this.expression();
      this.take(")");
      return { node: fenced("(", inner.node, ")"), bare: inner.bare ?? inner.node, fraction: inner.fraction };
    }
    if (token === "[") return { node: this.list("[", "]") };
    if (token.startsWith("\ue000")) return { node: variable(this.names[token.slice(1, -1)]) };
    if (token === "...") return { node: math("mo", "…") };
    if (this.tokens[this.at] === "(") return { node: this.call(token) };
    return { node: /^\d/.test(token) ? math("mn", token) : variable(token) };
  }

  call(name) {
    this.take("(");
    const own = this.own.includes(name), form = !own && FORMS[name];
    if (form) {
      const inner = this.expression();
      this.take(")");
      return form(inner.node);
    }
    const head = /^\d/.test(name) ? math("mn", name) : math("mi", (!own && GREEK[name]) || name.replaceAll("_", " "));
    head.setAttribute("mathvariant", "normal");
    return math("mrow", head, this.list("(", ")"));
  }

  list(open, close) {
    const row = math("mrow", math("mo", open));
    while (this.tokens[this.at] !== close) {
      row.append(this.expression().node);
      if (this.tokens[this.at] !== close) row.append(math("mo", this.take(",")));
    }
    this.take(close);
    row.append(math("mo", close));
    return row;
  }
}

/** The template as MathML; as plain text where it is no formula that can be read. */
export function mathOf(template, names, own) {
  try {
    const reader = new MathReader(template, names, own), { node, bare, fraction } = reader.expression();
    if (reader.at === reader.tokens.length) return fraction ? bare ?? node : node; // a fraction needs no brackets
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return math("mtext", named(template, names));
}

/** A whole formula: parts side by side. */
export function formula(...parts) {
  const row = math("math");
  row.append(...parts.map((part) => (typeof part === "string" ? math("mo", part) : part)));
  return row;
}
