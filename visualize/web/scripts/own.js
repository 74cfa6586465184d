// The input for the student's own expression, which code translated from Python reads and lays out while it is typed.

import { fragment } from "./dom.js";
import { exact, parseNumber } from "./number.js";
import { PROGRAMS } from "./programs.js";
import { py } from "./python.js";
import { Tutor } from "./tutor.js";
import { engine } from "./engine.js";

const PAUSE = 250, MOST = 150; // milliseconds after the last key; nodes of a graph
const NUMBER = 1e6; // of the lessons of own graphs, in the names of their programs
const TAKEN = new Set("f example step inputs form mode level seed node tab fold zoom hide present sizes mistake along eta climb".split(" ")); // other keys of an address

/** The text of a new graph for a level of the tutor, with a product in it. */
Tutor.sketch = (random, level) => {
  const choice = (list) => list[Math.floor(random() * list.length)];
  const [text] = engine.sketch({ random, choice }, choice([2, 3, 4]), Math.min(level + 1, 3));
  return /[*/]|exp/.test(text) ? text : Tutor.sketch(random, level);
};

/** The text as an article, whose names get the numbers `known`, or 1, 2, 3. Errors say what to write instead. */
function article(text, known) {
  const numbers = Object.create(null); // a name may be __proto__
  text = text.replace(/[\u{10000}-\u{10ffff}]/gu, (letter) => letter.normalize("NFKC")); // one place for each letter: x for an italic x
  for (;;) {
    try {
      const [output, idle] = engine.read(text, py.dict(Object.entries(numbers)), py.dict());
      const size = py.history(output).length;
      if (size > MOST) throw py.ValueError(`this graph has ${size} nodes: a page draws at most ${MOST} of your own`);
      const lessons = engine.lessons(output, NUMBER), box = document.createElement("template");
      for (const lesson of lessons) Object.assign(PROGRAMS, py.programs(lesson));
      box.innerHTML = engine.article("own", "", [], lessons); // the same text as Python's, escaped by the same code
      return { made: box.content.firstElementChild, idle, inputs: lessons[0].leaves.map((leaf) => [leaf.label, leaf.data]) };
    } catch (error) {
      if (!error.missing?.length) throw error;
      error.missing.forEach((name, i) => (numbers[name] = known[name] ??= i + 1));
    }
  }
}

export class Own {
  /** `put` shows an article; `first` is that of the page, or null if there are several. */
  constructor(put, first) {
    this.put = put;
    this.form = document.querySelector("form.own");
    [this.box, this.output] = this.form.elements;
    this.first = first;
    this.numbers = Object.create(null);
    this.inputs = [];
    this.past = []; // earlier texts
    this.form.hidden = false;
    this.form.addEventListener("submit", (event) => (event.preventDefault(), this.write()));
    this.box.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.write(), PAUSE);
    });
    this.box.addEventListener("keydown", (event) => first && (event.ctrlKey || event.metaKey) && event.key === "z" && this.undo(event));
    addEventListener("hashchange", () => this.restore());
    this.place(first);
    this.restore();
  }

  /** Put the input beside the title, if the page has no other place for it. */
  place(article) {
    if (this.first) article.querySelector("header").append(this.form);
  }

  /** Read the expression and its numbers from the address. */
  restore() {
    const asked = fragment(), text = asked.get("f");
    if (text === null && !this.first) this.text = this.box.value = this.output.value = ""; // another example is shown
    if (text === null || text === this.text) return;
    for (const [key, value] of asked) {
      const number = parseNumber(value), name = key.replace(/^~/, "");
      if (number !== null && (name !== key || !TAKEN.has(key))) this.numbers[name] = number;
    }
    this.box.value = text;
    this.write(true);
  }

  /** Show the graph of the text; if there is an error, show it and keep the last graph. */
  write(restored = false) {
    clearTimeout(this.timer);
    const text = this.box.value;
    if (text === (this.text ?? "")) return;
    const now = (fragment().get("inputs") ?? "").split(",").map(parseNumber);
    if (!restored) this.inputs.forEach(([name], i) => (this.numbers[name] = now[i] ?? this.numbers[name]));
    let found = { made: this.first, idle: "", inputs: [] };
    try {
      if (text.trim()) found = article(text, this.numbers);
    } catch (error) {
      if (!(error instanceof py.BaseException)) throw error;
      this.box.setAttribute("aria-invalid", "true");
      this.output.value = error.message.replace(/^in the expression\n/, "");
      return;
    }
    this.box.removeAttribute("aria-invalid");
    this.output.value = found.idle;
    this.past.push(this.text ?? "");
    [this.text, this.inputs] = [text, found.inputs];
    if (!restored) this.remember(text, found.inputs);
    const { activeElement: focus } = document, [start, end] = [this.box.selectionStart, this.box.selectionEnd];
    this.put(found.made);
    this.place(found.made);
    if (focus === this.box) {
      this.box.focus();
      this.box.setSelectionRange(start, end);
    }
  }

  /** Go back to the text of the last graph: a browser forgets what was typed before the input moved. */
  undo(event) {
    if (!this.past.length || this.box.value !== this.text) return;
    event.preventDefault();
    this.box.value = this.past.pop();
    this.write();
    this.past.pop();
    if (!this.text) this.box.value = this.box.defaultValue;
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
