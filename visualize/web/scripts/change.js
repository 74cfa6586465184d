// The inputs: typed, dragged or stepped; beside each its gradient and what a nudge of 0.001 does.

import { element, writeNumber } from "./dom.js";
import { NUDGE } from "./lesson.js";
import { formula, tree } from "./mathml.js";
import { exact, pretty, show, typed } from "./number.js";

const MANY = 8; // more inputs than this are scrolled in a box of their own

export class Change {
  constructor(player) {
    this.player = player;
    this.section = player.article.querySelector(".gradients");
    this.numbers = player.numbers.slice();
    const { lesson } = player, output = lesson.written[lesson.output];
    this.section.querySelector("h2").textContent = "Inputs and gradients";
    this.rows = this.numbers.map((x, i) => this.row(lesson.inputs[i], x, i));
    const heads = ["input", "value", `∂${output}/∂input`, `nudge by ${NUDGE}`].map((text) => element("th", { scope: "col" }, text));
    this.table = element("table", { class: "inputs" }, element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...this.rows.map((row) => row.line)));
    this.reset = element("button", { type: "button", class: "reset", onclick: () => this.again() }, "Numbers as at first");
    this.output = element("p", { class: "result" });
    const many = this.rows.length > MANY ? { class: "scroll many", tabindex: "0", role: "region", "aria-label": "Inputs" } : {};
    this.section.querySelector("table").replaceWith(this.output, element("div", many, this.table), this.reset);
  }

  row(node, x, i) {
    const { names, symbols } = this.player.lesson, name = names[node], reach = scale(x), step = reach / 50, id = `${this.player.data.id}-input-${i}`;
    const field = element("input", { type: "text", id, class: "field", inputmode: "text", autocomplete: "off", size: 7, "aria-label": `value of ${name}` });
    const drag = element("input", { type: "range", min: x - reach, max: x + reach, step: reach / 200, "aria-label": `drag ${name}`, tabindex: "-1" });
    const button = (sign, by) => element("button", { type: "button", "aria-label": `${name} ${sign === "+" ? "up" : "down"}`, onclick: () => this.set(i, tidy(this.numbers[i] + by)) }, sign);
    field.addEventListener("focus", () => (field.value = pretty(exact(this.numbers[i]))));
    field.addEventListener("blur", () => this.settle(i));
    field.addEventListener("input", () => this.type(i, field));
    drag.addEventListener("input", () => this.set(i, tidy(Number(drag.value))));
    const gradient = element("data"), nudge = element("data");
    const remark = element("small", { class: "difference" });
    const line = element("tr", { "data-input": name },
      element("th", { scope: "row" }, element("label", { for: id, title: name }, formula(tree(node, symbols)))),
      element("td", { class: "value" }, element("span", { class: "stepper" }, button("−", -step), field, button("+", step)), drag),
      element("td", { class: "gradient", "data-label": "gradient" }, gradient),
      element("td", { class: "nudge", "data-label": `nudge by ${NUDGE}` }, nudge, remark));
    return { line, field, drag, gradient, nudge, remark };
  }

  type(i, field) {
    const x = typed(field.value);
    field.setAttribute("aria-invalid", String(x === null));
    if (x === null) field.title = "Type a number, such as -4, 0.5 or 1/3.";
    if (x !== null) this.set(i, x);
  }

  /** Write the number in few digits; all of them are there when the field is entered. */
  settle(i) {
    const { field } = this.rows[i], x = this.numbers[i];
    field.value = pretty(show(x));
    field.title = exact(x);
    field.removeAttribute("aria-invalid");
  }

  set(i, x) {
    this.numbers = this.numbers.slice();
    this.numbers[i] = x;
    this.player.changed(this.numbers);
  }

  again() {
    this.numbers = this.player.lessons[0].recorded.slice();
    this.player.changed(this.numbers);
  }

  update() {
    const { lesson } = this.player, { value, gradients } = lesson.flat(this.numbers);
    const shown = element("data");
    writeNumber(shown, value, lesson.digits);
    this.output.replaceChildren(formula(tree(lesson.output, lesson.symbols), "="), " ", this.player.tells(lesson.output) ? shown : "?");
    this.rows.forEach((row, i) => {
      const x = this.numbers[i], slope = lesson.nudged(this.numbers, i), hide = !this.player.tellsGradient(lesson.inputs[i]), held = lesson.held[i];
      if (document.activeElement !== row.field) this.settle(i);
      row.drag.value = x;
      writeNumber(row.gradient, gradients[i], lesson.digits);
      writeNumber(row.nudge, slope, lesson.digits);
      if (held) row.nudge.textContent = "–";
      row.remark.textContent = held ? `${held} stands still` : hide ? "" : `difference ${pretty(show(Number((slope - gradients[i]).toPrecision(2))))}`;
      row.line.classList.toggle("hidden", hide);
    });
    this.reset.disabled = this.numbers.every((x, i) => Object.is(x, this.player.lessons[0].recorded[i]));
  }
}

/** How far an input can be dragged to either side: 1, 2 or 5 times a power of ten. */
function scale(x) {
  const wanted = Math.max(1, Math.abs(Number.isFinite(x) ? x : 1)), ten = 10 ** Math.floor(Math.log10(wanted));
  return (wanted <= ten ? 2 : wanted <= 2 * ten ? 5 : wanted <= 5 * ten ? 10 : 20) * ten;
}

/** The number without the dust that adding up decimals leaves. */
const tidy = (x) => Number(x.toPrecision(12));
