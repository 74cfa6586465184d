// The explanation of the current step: its rule, its numbers, its role and its sentence.

import { element } from "./dom.js";
import { derivative, formula, math, tree } from "./mathml.js";
import { pretty } from "./number.js";
import { fillNames } from "./template.js";

export class Explanation {
  constructor() {
    this.rule = element("div", { class: "rule" });
    this.product = element("div", { class: "product" });
    this.role = element("p", { class: "role" });
    this.sentence = element("p", { class: "sentence", "aria-live": "polite", "aria-atomic": "true" });
  }

  /** Explain a step; for a question show its words, and of the step only what is `open`. */
  explain(...step) {
    this.write(...step);
    fitWithin(this.rule);
    fitWithin(this.product);
  }

  write(lesson, row, result, asked = null, words = "") {
    const { symbols, output } = lesson, hidden = Boolean(asked), isOpen = (part) => !asked || asked.open.includes(part);
    this.rule.replaceChildren();
    this.product.replaceChildren();
    this.role.textContent = "";
    if (!row) {
      this.rule.append(formula(tree(output, symbols), "=", math("mo", "?")));
      this.sentence.textContent = this.role.textContent = `The inputs are given. The right arrow key takes step 1 of ${lesson.rows.length}.`;
      return;
    }
    const texts = lesson.rowTexts(row, result);
    this.sentence.textContent = isOpen("upstream") && isOpen("local") ? lesson.sentence(row, result, hidden) : words;
    if (!isOpen("rule")) this.rule.append(formula(...this.left(lesson, row, asked), math("mo", "?")));
    if (row.phase === "forward") {
      const own = lesson.steps.filter((step) => step.node === row.node).sort((a, b) => a.place - b.place);
      if (isOpen("rule")) this.rule.append(formula(tree(row.node, symbols), "=", tree(row.tree, symbols)), ...own.slice(0, this.quiet ? 0 : 3).map((step) => // for the backward pass
        formula(derivative(step.node, step.operand, symbols), "=", tree(lesson.local(step, result), symbols))));
      this.product.append(factor(texts.formula, "inputs", "value"), "=", factor(hidden ? "?" : texts.answer, "output", "value"));
      this.role.textContent = lesson.role(row, result);
    } else if (row.phase === "start") {
      this.rule.append(formula(derivative(output, output, symbols), "=", math("mn", "1")));
      this.product.append(factor("1", "the start", "gradient"));
      this.role.textContent = `${lesson.written[output]} grows as fast as itself`;
    } else if (asked && asked.node !== null) this.writeTotal(lesson, result, asked);
    else this.writeBackward(lesson, row, texts, result, hidden, isOpen);
    if (asked) this.role.textContent = [words, isOpen("role") && this.roles(lesson, result, asked)].filter(Boolean).join(" ");
  }

  /** The left side of the "= ?" of a question. */
  left({ output, symbols }, { phase, node, operand, path }, asked) {
    const single = asked.node === null, local = single && !asked.open.includes("local");
    return phase === "forward" ? [tree(node, symbols), "="] : [derivative(local ? node : output, operand, symbols), single && !local && path > 1 ? "+=" : "="];
  }

  /** The rules of a question in words. */
  roles(lesson, result, { row, node, steps }) {
    if (row.phase === "forward") return `${lesson.names[row.node]} equals ${fillNames(pretty(row.spoken), lesson.names)}.`;
    const texts = steps.map((i) => lesson.steps[i]).map((step) => [lesson.written[step.node], lesson.role(step, result)]);
    return node === null ? `${texts[0][1]}.` : `It comes ${texts.map(([name, role]) => `from ${name} (${role})`).join(" and ")}.`;
  }

  /** Write a question for a gradient over all its paths, with each path's product as a hint. */
  writeTotal(lesson, result, { steps, open, known }) {
    const shown = (x) => pretty(lesson.text(x)).replace(/^−.*/, "($&)");
    for (const node of known) this.product.append(factor(lesson.text(result.gradients[node]), lesson.written[node], "gradient"));
    const ways = open.includes("paths") ? steps.flatMap((i) => ["+", factor(`${shown(result.steps[i].upstream)} × ${shown(result.steps[i].local)}`, `from ${lesson.written[lesson.steps[i].node]}`, "gradient")]).slice(1) : [];
    this.product.append(...ways, ...(ways.length ? ["="] : []), factor("?", "gradient", "gradient"));
  }

  writeBackward(lesson, row, texts, result, hidden, isOpen) {
    const { symbols, output } = lesson;
    const sign = row.path === 1 ? "=" : "+=";
    const of = lesson.local(row, result), negative = row.node === output && of[1]?.[1] === "−";
    const local = tree(negative ? ["mrow", ["mo", "("], of, ["mo", ")"]] : of, symbols), whole = derivative(row.node, row.operand, symbols);
    if (isOpen("rule")) this.rule.append(formula(derivative(output, row.operand, symbols), sign, derivative(output, row.node, symbols), "×",
      ...(row.node === output ? [local] : [whole, ",", whole.cloneNode(true), "=", local])));
    this.product.append(factor(texts.upstream, "upstream", "gradient"), "×", factor(isOpen("local") ? texts.local : "?", "local", "value"), "=",
      factor(hidden ? "?" : texts.answer, "downstream", "gradient"));
    if (texts.rounded && !hidden) this.product.append(element("span", { class: "remark" }, texts.rounded));
    if (texts.path && !hidden) this.product.append(element("span", { class: "remark" }, texts.path));
    const role = lesson.role(row, result);
    this.role.textContent = texts.kink ? `${role}. On a kink: ${texts.kink}` : role;
  }
}

/** Shrink the letters of a line that is wider than its box, or higher than a box of fixed height. */
export function fitWithin(line, fixed = true) {
  line.style.fontSize = "";
  for (let tries = 0; tries < 3; tries++) shrink(line, fixed);
}

function shrink(line, fixed) {
  const high = Math.max(0, ...[...line.children].map((part) => part.offsetHeight || part.getBoundingClientRect().height));
  const need = !fixed ? line.clientHeight : Math.max(high, 2 * line.scrollHeight - line.clientHeight); // centered content overflows on both sides
  const share = Math.min(line.clientWidth / line.scrollWidth, line.clientHeight / need);
  if (share > 0 && share < 1) line.style.fontSize = `${Number.parseFloat(getComputedStyle(line).fontSize) * share * 0.96}px`;
}

/** A number above its name. */
function factor(text, name, kind) {
  return element("span", { class: `factor ${kind}` }, element("b", {}, pretty(text)), element("small", {}, name));
}
