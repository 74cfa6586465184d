// The box for an expression of one's own: read, laid out and told by what was translated from Python, while it is typed.

import { fragment } from "./dom.js";
import { exact, typed } from "./number.js";
import { PROGRAMS } from "./programs.js";
import { py } from "./python.js";
import { Tutor } from "./tutor.js";
import { written } from "./written.js";

const PAUSE = 250, MOST = 150; // milliseconds after the last key; nodes of a graph
const NUMBER = 1e6; // that the programs of written graphs are called by
const TAKEN = new Set("f example step inputs form mode level seed node tab fold zoom hide present sizes mistake along eta climb".split(" ")); // what else stands in an address

/** The text of a fresh graph for a level of the tutor: one that multiplies somewhere. */
Tutor.sketch = (random, level) => {
  const choice = (list) => list[Math.floor(random() * list.length)];
  const [text] = written.sketch({ random, choice }, choice([2, 3, 4]), Math.min(level + 1, 3));
  return /[*/]|exp/.test(text) ? text : Tutor.sketch(random, level);
};

/** The text as an article, its names with the numbers `known` of them, or 1, 2, 3. Errors tell what to write instead. */
function article(text, known) {
  const numbers = {};
  for (;;) {
    try {
      const [output, idle] = written.read(text, py.dict(Object.entries(numbers)), py.dict());
      const size = py.history(output).length;
      if (size > MOST) throw py.ValueError(`this graph has ${size} nodes: a page draws at most ${MOST} of your own`);
      const lessons = written.lessons(output, NUMBER), box = document.createElement("template");
      for (const lesson of lessons) Object.assign(PROGRAMS, py.programs(lesson));
      box.innerHTML = written.article("own", "", [], lessons); // the same text as Python's, escaped by the same code
      return { made: box.content.firstElementChild, idle, inputs: lessons[0].leaves.map((leaf) => [leaf.label, leaf.data]) };
    } catch (error) {
      if (!error.missing?.length) throw error;
      error.missing.forEach((name, i) => (numbers[name] = known[name] ??= i + 1));
    }
  }
}

export class Own {
  /** `put` shows an article, `first` is the one of the page, or null where there are several. */
  constructor(put, first) {
    this.put = put;
    this.form = document.querySelector("form.own");
    [this.box, this.said] = this.form.elements;
    this.first = first;
    this.numbers = {};
    this.inputs = [];
    this.form.hidden = false;
    this.form.addEventListener("submit", (event) => (event.preventDefault(), this.write()));
    this.box.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.write(), PAUSE);
    });
    addEventListener("hashchange", () => this.restore());
    this.place(first);
    this.restore();
  }

  /** Put the box where the title of what is shown stands, if the page has no place for it. */
  place(article) {
    if (this.first) article.querySelector("header").append(this.form);
  }

  /** Write what an address says. */
  restore() {
    const asked = fragment(), text = asked.get("f");
    if (text === null && !this.first) this.text = this.box.value = this.said.value = ""; // another example is shown
    if (text === null || text === this.text) return;
    for (const [key, value] of asked) {
      const number = typed(value), name = key.replace(/^~/, "");
      if (number !== null && (name !== key || !TAKEN.has(key))) this.numbers[name] = number;
    }
    this.box.value = text;
    this.write(true);
  }

  /** Show the graph of the text, or say why there is none: then the last one stays. */
  write(restored = false) {
    clearTimeout(this.timer);
    const text = this.box.value;
    if (text === (this.text ?? "")) return;
    const now = (fragment().get("inputs") ?? "").split(",").map(typed);
    if (!restored) this.inputs.forEach(([name], i) => (this.numbers[name] = now[i] ?? this.numbers[name]));
    let found = { made: this.first, idle: "", inputs: [] };
    try {
      if (text.trim()) found = article(text, this.numbers);
    } catch (error) {
      if (!(error instanceof py.BaseException)) throw error;
      this.box.setAttribute("aria-invalid", "true");
      this.said.value = error.message.replace(/^in the expression\n/, "");
      return;
    }
    this.box.removeAttribute("aria-invalid");
    this.said.value = found.idle;
    [this.text, this.inputs] = [text, found.inputs];
    if (!restored) this.remember(text, found.inputs);
    this.put(found.made);
    const { activeElement: focus } = document, [start, end] = [this.box.selectionStart, this.box.selectionEnd];
    this.place(found.made);
    if (focus === this.box) {
      this.box.focus();
      this.box.setSelectionRange(start, end);
    }
  }

  /** Keep the text and its numbers in the address. */
  remember(text, inputs) {
    if (location.protocol.startsWith("about")) return;
    const kept = new URLSearchParams([...fragment()].filter(([key]) => key === "hide"));
    if (text.trim()) kept.set("f", text);
    if (text.trim() && !this.first) kept.set("example", "own");
    for (const [name, x] of inputs) kept.set(TAKEN.has(name) ? `~${name}` : name, exact(x));
    history.replaceState(null, "", `#${kept}`);
  }
}
