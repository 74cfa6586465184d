// The tutor: questions about the pass by level, named mistakes, hints, marks, new numbers, and a result code.

import { button, element, menu } from "./dom.js";
import { drawNumbers, partialSums, randomFrom, resultCode } from "./exercise.js";
import { aloud, formula, tree } from "./mathml.js";
import { agrees, parseNumber, pretty, rounds, show } from "./number.js";
import { MISTAKES, SAID } from "./programs.js";
import { copyText } from "./share.js";

const LEVELS = [ // what a question shows of its step, and what each hint adds
  { name: "Product", open: ["upstream", "local"], hints: ["role", "rule"] },
  { name: "Local gradient", open: ["upstream"], hints: ["role", "rule"] },
  { name: "Which rule", open: ["upstream"], hints: ["role"] },
  { name: "Whole node", open: [], hints: ["role", "paths"] },
  { name: "All inputs", open: [], hints: [] },
];
const SEEDS = 9999, MOST_PATHS = 5, MOST_QUESTIONS = 20;
const MULTIPLIED = "that is the product: give the local gradient alone", UPSTREAM = "that is the upstream gradient";

export class Tutor {
  /** A function that returns the text of a new graph, in a page that can read one. */
  static sketch = null;

  constructor(player) {
    this.player = player;
    this.level = this.seed = 0;
    this.questions = [];
    this.toggle = button("Predict", () => this.restore(!this.on, this.level, this.seed, player.step % player.lesson.rows.length, true), { class: "predict", "aria-pressed": "false" });
    this.menu = menu(LEVELS.map(({ name }, i) => [i, `${i + 1} ${name}`]), ({ value }) => this.begin(Number(value)), { "aria-label": "Level", class: "form", hidden: true });
    this.answer = element("input", { type: "text", inputmode: "text", autocomplete: "off", size: 8, "aria-label": "Your prediction" });
    this.field = element("label", {}, "Your prediction ", this.answer);
    this.rules = element("span", { class: "rules", role: "radiogroup", "aria-label": "Rules", hidden: true });
    this.verdict = element("span", { class: "verdict", role: "status" });
    this.score = element("small", { class: "score" });
    this.more = button("Hint", () => this.hint(), { class: "hint" });
    this.reveal = button("Reveal", () => this.settle(0, this.choices(this.asked) ? "Revealed." : pretty(`It is ${player.lesson.text(this.right(this.asked))}.`)), { class: "reveal" });
    this.buttons = element("span", { class: "buttons" }, element("button", { type: "submit" }, "Check"), this.more, this.reveal);
    const submit = (event) => (event.preventDefault(), this.asked && this.check());
    this.form = element("form", { class: "guess", hidden: true, onsubmit: submit }, this.field, this.rules, this.buttons, this.verdict, this.score);
    this.name = element("input", { type: "text", size: 12, placeholder: "optional", autocomplete: "off", oninput: () => this.sum() });
    this.summary = element("p", { class: "told" });
    this.code = element("output", { class: "code" });
    this.copy = button("Copy result code", async () => (this.copy.textContent = await copyText(this.code.value)));
    this.again = button("Again with new numbers", () => this.renew());
    this.graph = button("New graph", () => this.redraw(), { hidden: !Tutor.sketch });
    this.end = element("div", { class: "end", hidden: true }, this.summary, this.again, this.graph,
      element("label", {}, "Name ", this.name), this.copy, this.code);
  }

  get on() {
    return this.toggle.getAttribute("aria-pressed") === "true";
  }

  /** The next question, undefined at the end. */
  get next() {
    return this.on ? this.questions.find((question) => question.mark === undefined) : undefined;
  }

  /** The question at this step, or null. */
  get asked() {
    return this.next?.at === this.player.step ? this.next : null;
  }

  // --- Questions -----------------------------------------------------------------------------

  /** Restore the state from an address. */
  restore(on, level, seed, step, parseNumber) {
    this.toggle.setAttribute("aria-pressed", String(on || this.mute));
    this.seed = seed;
    if (this.on && seed && !parseNumber) this.player.change.numbers = this.player.numbers = this.given;
    this.begin(level, step);
  }

  /** Hide what a teacher leaves out: "answers", so that all must be predicted; "level", so that it is fixed. */
  hide(names) {
    this.mute = names.includes("answers");
    this.fixed = names.includes("level");
    this.toggle.hidden ||= this.mute;
    this.reveal.hidden = this.mute;
  }

  /** Ask from a step on; from many questions draw some by the seed. */
  begin(level = this.level, step = 0) {
    const { player } = this, draw = randomFrom(this.seed);
    player.pause();
    this.menu.value = this.level = level;
    for (const lesson of player.lessons) lesson.sort(this.on && level > 2);
    const all = this.on ? [...this.list(player.lesson)] : [], left = all.filter(({ at }) => at >= step);
    const drawn = (left.length ? left : all).map((question) => [draw(), question]).sort(([a], [b]) => a - b).slice(0, MOST_QUESTIONS).map(([, question]) => question);
    Object.assign(this, { questions: all.filter((question) => drawn.includes(question)), streak: 0, longest: 0, slips: new Map() });
    this.leaps = drawn.length === MOST_QUESTIONS;
    player.show(this.next?.at ?? step);
  }

  /** The questions of the level, each with the step where it is asked, `at`, and the step that shows its answer, `to`. */
  *list({ rows, steps, arriving, inputs, computed }) {
    const { level } = this, first = computed.size + 2;
    const made = (row, to = row.number, node = null, at = row.number) => ({ row, at, to, node, steps: arriving[node] ?? [row.index],
      open: [...LEVELS[level].open], left: [...LEVELS[level].hints], tries: new Set() });
    const asked = inputs.filter((node) => arriving[node].length);
    if (level < 3) for (const row of rows) if (row.phase === "backward" || (row.phase === "forward" && !level)) yield made(row);
    if (level === 3) for (const row of rows) if (row.path === 1) yield made(row, steps[arriving[row.operand].at(-1)].number, row.operand);
    if (level === 4) for (const node of asked) yield made(steps[arriving[node][0]], node === asked.at(-1) ? rows.length : first, node, first);
  }

  /** The rules to choose from, in random rotation; null if the recorded ones do not hold, or there are too few. */
  choices({ row }) {
    const { lesson, result } = this.player, { choices = [] } = row;
    if (this.level !== 2 || choices.length < 2 || !lesson.holds(row, result)) return null;
    const turn = Math.floor(randomFrom(this.seed * 1e4 + row.index)() * choices.length);
    return [...choices.slice(turn), ...choices.slice(0, turn)];
  }

  /** The question in words. */
  get words() {
    const { row, node } = this.asked, { written } = this.player.lesson, gate = written[row.node];
    if (node !== null) return `What is the total gradient of ${written[node]}, over all paths?`;
    if (row.phase === "forward") return `What is the value of ${gate}?`;
    if (this.level === 0) return `Which gradient does ${gate} send to ${written[row.operand]}?`;
    return `Which ${this.choices(this.asked) ? "rule" : "number"} is the local gradient of ${gate} with respect to ${written[row.operand]}?`;
  }

  /** Update the form. */
  update() {
    const { asked, questions, on } = this, done = questions.filter(({ mark }) => mark !== undefined), ended = on && questions.length === done.length;
    this.form.hidden = !on;
    this.menu.hidden = !on || this.fixed;
    this.form.classList.toggle("idle", !asked && !this.verdict.textContent);
    this.end.hidden = !ended || !questions.length || this.player.step !== this.player.lesson.rows.length;
    this.buttons.hidden = !this.end.hidden;
    for (const part of this.buttons.children) part.disabled = !asked || (part === this.more && !asked.left.length);
    this.more.hidden = this.level === 4;
    this.rules.inert = !asked;
    this.player.explanation.quiet = on;
    if (asked) {
      const choices = this.choices(asked), { names, symbols } = this.player.lesson;
      asked.known = done.filter(({ at }) => at === asked.at).map(({ node }) => node);
      [this.field.hidden, this.rules.hidden] = [Boolean(choices), !choices];
      if (asked !== this.shown) this.answer.value = "";
      if (asked !== this.shown && choices) this.rules.replaceChildren(...choices.map(([rule, value]) => element("label", {},
        element("input", { type: "radio", name: "rule", value, "aria-label": aloud(rule, names) }), formula(tree(rule, symbols)))));
    } else if (!this.end.hidden) this.field.hidden = this.rules.hidden = true;
    this.shown = asked;
    this.score.textContent = this.end.hidden ? `Question ${done.length + Boolean(asked)} of ${questions.length}, ${show(this.marks)} mark${this.marks === 1 ? "" : "s"}${this.streak > 1 ? `, streak ${this.streak}` : ""}` : "";
    if (!this.end.hidden) this.sum();
  }

  focus() {
    const choices = this.asked && this.choices(this.asked);
    (choices ? this.rules.querySelector("input:enabled") : this.answer).focus({ preventScroll: true });
  }

  // --- Answers -------------------------------------------------------------------------------

  /** Check the answer to the digits typed; each new wrong answer brings the next hint. */
  check() {
    const { asked } = this, choices = this.choices(asked), chosen = this.rules.querySelector(":checked");
    const text = choices ? chosen?.value : this.answer.value, guess = choices ? chosen && Number(text) : parseNumber(text);
    const right = choices ? guess === -1 : agrees(text, guess, this.right(asked));
    if (guess === null) this.verdict.textContent = choices ? "Choose a rule." : "Type a number, such as -4 or 1/3.";
    else if (right) this.settle(choices && asked.tries.size > 1 ? 0 : asked.tries.size || asked.helped ? 0.5 : 1, asked.tries.size ? `Right, on attempt ${asked.tries.size + 1}.` : "Right.");
    else {
      const reasons = choices ? [MISTAKES[guess]] : [...new Set(this.mistakesFor(asked, text, guess))].slice(0, 2);
      if (choices) [chosen.disabled, chosen.checked] = [true, false];
      if (!asked.tries.has(guess) && asked.left.length) this.hint();
      if (!asked.tries.size && reasons.length) this.slips.set(reasons[0], (this.slips.get(reasons[0]) ?? 0) + 1);
      asked.tries.add(guess);
      this.verdict.textContent = `Not yet (attempt ${asked.tries.size})${reasons.length ? `: ${reasons.join("; or ")}` : ""}.`;
      this.update();
      this.focus();
    }
    this.form.classList.remove("idle");
  }

  /** The right answer. */
  right({ row, node }) {
    const { result } = this.player;
    if (node !== null) return result.gradients[node];
    return row.phase === "forward" ? result.values[row.node] : result.steps[row.index][this.level ? "local" : "downstream"];
  }

  /** The mistakes that may have led to a wrong number. */
  *mistakesFor({ row, node, steps }, text, guess) {
    const { lesson, result } = this.player, is = (x) => Number.isFinite(x) && agrees(text, guess, x), found = (row) => lesson.mistakesAt(row, result);
    if (node === null && this.level) {
      const { upstream, downstream } = result.steps[row.index];
      if (is(downstream)) yield MULTIPLIED;
      for (const [which, x] of found(row)) if (is(x / upstream) && !MISTAKES[which].startsWith("that is the")) yield MISTAKES[which]; // of the product
      if (is(upstream)) yield UPSTREAM;
    } else if (node === null) for (const [which, x] of found(row)) is(x) && (yield MISTAKES[which]);
    else {
      const parts = steps.map((i) => result.steps[i].downstream), total = result.gradients[node];
      if (parts.length > 1) {
        if (is(parts.at(-1))) yield SAID.replaced;
        else if (parts.length <= MOST_PATHS && partialSums(parts).some(is)) yield SAID["forgotten path"];
        if (is(parts.reduce((product, x) => product * x))) yield SAID["product of paths"];
      }
      if (is(-total)) yield SAID.sign;
      for (const [k, i] of steps.entries()) for (const [which, x] of found(lesson.steps[i])) if (is(total - parts[k] + x)) yield MISTAKES[which];
      if (is(result.values[node])) yield SAID["value for gradient"];
    }
    if (rounds(text, guess, this.right({ row, node }))) yield SAID.rounded;
  }

  /** Show the next hint. */
  hint() {
    this.asked.open.push(this.asked.left.shift());
    this.asked.helped = true;
    this.player.update();
  }

  /** Keep the mark and show the answer. */
  settle(mark, verdict) {
    const { asked, player } = this;
    asked.mark = mark;
    this.streak = mark === 1 ? this.streak + 1 : 0;
    this.longest = Math.max(this.longest, this.streak);
    player.show(asked.to);
    this.verdict.textContent = verdict;
    this.update();
    if (this.asked) this.focus();
    else (this.end.hidden ? player.next : this.name).focus({ preventScroll: true });
  }

  // --- The end -------------------------------------------------------------------------------

  get marks() {
    return this.questions.reduce((sum, { mark }) => sum + (mark ?? 0), 0);
  }

  /** Show marks, mistakes and the code. */
  sum() {
    const { player, questions, given } = this, { id } = player.data, title = player.article.querySelector("h1, h2");
    const wrong = [...this.slips].sort((a, b) => b[1] - a[1]).map(([look, times]) => `${look}${times > 1 ? ` (${times} times)` : ""}`);
    this.summary.textContent = `${show(this.marks)} of ${questions.length} marks, longest streak ${this.longest}.${wrong.length ? ` To review: ${wrong.join("; ")}.` : ""}`;
    const seed = player.numbers.every((x, i) => x === given[i]) ? this.seed : "";
    const example = /^(lesson|own)$/.test(id) ? title.getAttribute("aria-label") ?? title.textContent : id;
    this.copy.textContent = "Copy result code";
    this.code.value = resultCode(example, this.level + 1, seed, this.marks, questions.length, this.name.value.trim());
  }

  /** Ask again with new numbers. */
  renew() {
    this.seed = 1 + Math.floor(Math.random() * SEEDS);
    this.player.change.become(this.given);
    this.begin();
  }

  /** The numbers of the seed, or of the example. */
  get given() {
    return this.seed ? drawNumbers(this.player.lessons[0], this.seed) : this.player.lesson.recorded.slice();
  }

  /** Ask about a new graph, which the page reads from its address. */
  redraw() {
    const seed = 1 + Math.floor(Math.random() * SEEDS), kept = this.player.hides ? { hide: this.player.hides } : {};
    location.hash = `${new URLSearchParams({ f: Tutor.sketch(randomFrom(seed), this.level), mode: "predict", level: this.level + 1, seed, ...kept })}`;
  }
}
