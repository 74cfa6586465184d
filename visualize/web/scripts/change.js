// The inputs: type, drag, step or undo; each with its gradient and the result of a nudge.

import { button, dataElement, element, writeNumber } from "./dom.js";
import { nudge } from "./lesson.js";
import { formula, tree } from "./mathml.js";
import { exact, parseNumber, pretty, show } from "./number.js";

const TOGETHER = 1000; // milliseconds: closer changes of one input are undone together
const NOISE = 1e-9; // a smaller difference is rounding
const MANY = 8; // more inputs scroll in a box
const SHORT = 4; // letters of a name beside its number; a longer one is above it

export class Change {
  constructor(player) {
    this.player = player;
    this.section = player.article.querySelector(".gradients");
    this.numbers = player.numbers.slice();
    const { lesson } = player;
    this.past = [];
    this.section.querySelector("h2").textContent = "Inputs and gradients";
    this.rows = this.numbers.map((x, i) => this.row(lesson.inputs[i], x, i));
    this.table = element("table", { class: "inputs" }, element("tbody", {}, ...this.rows.map((row) => row.line)));
    this.reset = button("Reset numbers", () => this.again(), { class: "reset" });
    this.output = element("p", { class: "result" });
    const many = this.rows.length > MANY ? { class: "scroll many", tabindex: "0", role: "region", "aria-label": "Inputs" } : {};
    this.section.querySelector("table").replaceWith(this.output, element("div", many, this.table), this.reset);
  }

  row(node, x, i) {
    const { names, symbols } = this.player.lesson, name = names[node], step = breadth(x) / 50, id = `${this.player.data.id}-input-${i}`;
    const field = element("input", { type: "text", id, class: "field", inputmode: "text", autocomplete: "off", size: 7, "aria-label": `value of ${name}`,
      onfocus: () => this.enter(i), onblur: () => this.settle(i), oninput: () => this.type(i, field) });
    const drag = element("input", { type: "range", "aria-label": `drag ${name}`, tabindex: "-1", oninput: () => this.set(i, tidy(Number(drag.value))) });
    const stepper = (sign, way, by) => button(sign, () => this.set(i, tidy(this.numbers[i] + by)), { "aria-label": `${name} ${way}` });
    const gradient = element("data"), nudged = element("data");
    const remark = element("small", { class: "difference" });
    const label = formula(tree(node, symbols)), long = [...label.querySelectorAll("*")].some((part) => !part.children.length && part.textContent.length > SHORT);
    const line = element("tr", { "data-input": name, class: long && "long" },
      element("th", { scope: "row" }, element("label", { for: id, title: name }, label)),
      element("td", { class: "value" }, element("span", { class: "stepper" }, stepper("−", "down", -step), field, stepper("+", "up", step)), drag),
      element("td", { class: "gradient", "data-label": "gradient" }, gradient),
      element("td", { class: "nudge", "data-label": "nudge" }, nudged, remark));
    return { line, field, drag, gradient, nudged, remark };
  }

  enter(i) {
    const { field } = this.rows[i];
    field.value = pretty(exact(this.numbers[i]));
    field.select();
  }

  type(i, field) {
    const x = parseNumber(field.value);
    field.setAttribute("aria-invalid", String(x === null));
    if (x === null) field.title = "Type a number, such as -4, 0.5 or 1/3.";
    if (x !== null) this.set(i, x);
  }

  /** Write the number in few digits; a focused field has them all. */
  settle(i) {
    const { field } = this.rows[i], x = this.numbers[i];
    field.value = pretty(show(x));
    field.title = exact(x);
    field.removeAttribute("aria-invalid");
  }

  set(i, x) {
    this.become(this.numbers.with(i, x), i);
  }

  again() {
    this.become(this.player.lessons[0].recorded.slice());
  }

  become(numbers, i = null) {
    const now = performance.now();
    if (i === null || i !== this.last || now - this.since > TOGETHER) this.past.push(this.numbers);
    [this.last, this.since] = [i, now];
    this.player.changed((this.numbers = numbers));
  }

  undo() {
    if (!this.past.length) return;
    this.last = null;
    this.player.changed((this.numbers = this.past.pop()));
    this.rows.forEach((_, i) => this.settle(i));
  }

  update() {
    const { lesson } = this.player, { value, gradients } = lesson.flat(this.numbers);
    this.output.replaceChildren(formula(tree(lesson.output, lesson.symbols), "="), " ", this.player.showsValue(lesson.output) ? dataElement(value, lesson.digits) : "?");
    this.rows.forEach((row, i) => {
      const x = this.numbers[i], slope = lesson.numericalGradient(this.numbers, i), hide = !this.player.showsGradient(lesson.inputs[i]), held = lesson.held[i];
      if (document.activeElement !== row.field) this.settle(i);
      if (!(x >= Number(row.drag.min) && x <= Number(row.drag.max)) || !row.drag.max) reach(row.drag, x);
      row.drag.value = x;
      writeNumber(row.gradient, gradients[i], lesson.digits);
      writeNumber(row.nudged, slope, lesson.digits);
      if (held || !Number.isFinite(x)) row.nudged.textContent = "–";
      const apart = slope - gradients[i], by = nudge(x) === 0.001 ? "" : `by ${show(nudge(x))} `;
      const differs = Math.abs(apart) > NOISE * Math.max(1, Math.abs(gradients[i])) ? `off by ${show(Number(apart.toPrecision(2)))}` : "";
      const remark = Number.isFinite(x) ? (hide ? "" : pretty(`${by}${differs}`)) : "no nearby number";
      row.remark.textContent = held ? `${held} is fixed` : remark;
      row.line.classList.toggle("hidden", hide);
    });
    this.reset.disabled = this.numbers.every((x, i) => Object.is(x, this.player.lessons[0].recorded[i]));
  }
}

/** How far a slider reaches to either side: 1, 2 or 5 times a power of ten. */
export function breadth(x) {
  const wanted = Math.max(1, Math.abs(Number.isFinite(x) ? x : 1)), ten = 10 ** Math.floor(Math.log10(wanted));
  return (wanted <= ten ? 2 : wanted <= 2 * ten ? 5 : wanted <= 5 * ten ? 10 : 20) * ten;
}

/** Center a slider on x. */
function reach(drag, x) {
  const wide = breadth(x), middle = Number.isFinite(x) ? x : 0;
  [drag.min, drag.max, drag.step] = [middle - wide, middle + wide, wide / 200];
}

/** The number without the rounding errors of added decimals. */
const tidy = (x) => Number(x.toPrecision(12));
