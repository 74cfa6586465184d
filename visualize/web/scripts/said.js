// What is said of the step in hand: its rule, its numbers, its sentence; and the title.

import { element } from "./dom.js";
import { derivative, formula, math, tree } from "./mathml.js";
import { pretty } from "./number.js";

export class Said {
  constructor() {
    this.rule = element("div", { class: "rule" });
    this.product = element("div", { class: "product" });
    this.role = element("p", { class: "role" });
    this.sentence = element("p", { class: "sentence", "aria-live": "polite", "aria-atomic": "true" });
  }

  /** Write the step in hand: rule, numbers, sentence; of a hidden one what it arrives at, by `hints` its rule and numbers. */
  tell(...step) {
    this.write(...step);
    fitWithin(this.rule);
    fitWithin(this.product);
  }

  write(lesson, row, result, hidden, hints) {
    const { symbols, output } = lesson;
    this.rule.replaceChildren();
    this.product.replaceChildren();
    this.role.textContent = "";
    if (!row) {
      this.rule.append(formula(tree(output, symbols), "=", math("mo", "?")));
      this.sentence.textContent = this.role.textContent = `The inputs are given. The right arrow key takes step 1 of ${lesson.rows.length}.`;
      return;
    }
    const said = lesson.said(row, result);
    this.sentence.textContent = lesson.sentence(row, result, hidden, hints);
    if (!hints) this.rule.append(formula(row.phase === "forward" ? tree(row.node, symbols) : derivative(output, row.operand, symbols), row.path > 1 ? "+=" : "=", math("mo", "?")));
    else if (row.phase === "forward") {
      const own = lesson.steps.filter((step) => step.node === row.node).sort((a, b) => a.place - b.place);
      this.rule.append(formula(tree(row.node, symbols), "=", tree(row.tree, symbols)), ...own.slice(0, 3).map((step) => // for the way back
        formula(derivative(step.node, step.operand, symbols), "=", tree(lesson.local(step, result), symbols))));
      this.product.append(factor(hints > 1 ? said.formula : "?", "inputs", "value"), "=", factor(hidden ? "?" : said.answer, "output", "value"));
      this.role.textContent = lesson.role(row, result);
    } else if (row.phase === "start") {
      this.rule.append(formula(derivative(output, output, symbols), "=", math("mn", "1")));
      this.product.append(factor("1", "the start", "gradient"));
      this.role.textContent = `${lesson.written[output]} grows as fast as itself`;
    } else this.tellBackward(lesson, row, said, result, hidden, hints);
  }

  tellBackward(lesson, row, said, result, hidden, hints) {
    const { symbols, output } = lesson;
    const sign = row.path === 1 ? "=" : "+=";
    const of = lesson.local(row, result), negative = row.node === output && of[1]?.[1] === "−";
    const local = tree(negative ? ["mrow", ["mo", "("], of, ["mo", ")"]] : of, symbols), whole = derivative(row.node, row.operand, symbols);
    this.rule.append(formula(derivative(output, row.operand, symbols), sign, derivative(output, row.node, symbols), "×",
      ...(row.node === output ? [local] : [whole, ",", whole.cloneNode(true), "=", local])));
    const [upstream, local_] = hints > 1 ? [said.upstream, said.local] : ["?", "?"];
    this.product.append(factor(upstream, "upstream", "gradient"), "×", factor(local_, "local", "value"), "=",
      factor(hidden ? "?" : said.answer, "downstream", "gradient"));
    if (said.rounded && !hidden) this.product.append(element("span", { class: "remark" }, said.rounded));
    if (said.path && !hidden) this.product.append(element("span", { class: "remark" }, said.path));
    const role = lesson.role(row, result);
    this.role.textContent = said.kink ? `${role}. On a kink: ${said.kink}` : role;
  }
}

/** Make the letters of a line smaller where it is wider than its box, or higher than one of fixed height. */
export function fitWithin(line, fixed = true) {
  line.style.fontSize = "";
  for (let tries = 0; tries < 3; tries++) shrink(line, fixed);
}

function shrink(line, fixed) {
  const high = Math.max(0, ...[...line.children].map((part) => part.offsetHeight || part.getBoundingClientRect().height));
  const need = !fixed ? line.clientHeight : Math.max(high, 2 * line.scrollHeight - line.clientHeight); // what is centered runs over on both sides
  const share = Math.min(line.clientWidth / line.scrollWidth, line.clientHeight / need);
  if (share > 0 && share < 1) line.style.fontSize = `${Number.parseFloat(getComputedStyle(line).fontSize) * share * 0.96}px`;
}

/** A number with its name under it. */
function factor(text, name, kind) {
  return element("span", { class: `factor ${kind}` }, element("b", {}, pretty(text)), element("small", {}, name));
}
