// A graph's numbers and their explanations for any inputs, computed by the flat program.

import { exact, NONFINITE, pretty, real, show, spokenNumber } from "./number.js";
import { BLANK, fillNames, fillNumbers, numeral } from "./template.js";

/** The step of a numerical gradient: 0.001, or more for large inputs. */
export const nudge = (x) => (Math.abs(x) < 1000 ? 0.001 : 1e-6 * Math.abs(x));

/** upstream * local; a closed gate sends 0, whatever arrives. */
export const passOn = (step, upstream, local) => (step.closes && local === 0 ? 0 : upstream * local);

export class Lesson {
  /** `programs` are the functions of the page by name. */
  constructor(data, programs) {
    Object.assign(this, data);
    this.programs = programs;
    this.recorded = data.numbers.map(real);
    this.operands = data.operands.map((row) => row.map((x) => (Array.isArray(x) ? { node: x[0] } : { number: real(x) })));
    this.steps = this.rows.filter((row) => row.phase === "backward");
    this.rows.forEach((row, i) => Object.assign(row, { number: i + 1, at: i }));
    this.steps.forEach((step, i) => (step.index = i));
    this.output = this.rows.find((row) => row.phase === "start").node;
    this.computed = new Map(this.rows.filter((row) => row.phase === "forward").map((row) => [row.node, row.number]));
    this.arriving = this.names.map(() => []); // for each node the steps that send it a gradient
    this.steps.forEach((step, i) => this.arriving[step.operand].push(i));
    this.atRecorded = this.compute(this.recorded);
  }

  /** Order the backward pass by the node that receives gradients, or as recorded. */
  sort(whole) {
    const late = ({ index, operand }) => (index === undefined ? -1 : whole ? this.arriving[operand].at(-1) : index);
    this.rows.sort((a, b) => late(a) - late(b)).forEach((row, i) => (row.number = i + 1));
  }

  /** The flat code, run: [f, [gradient of each input]]. */
  flat(numbers) {
    const [value, gradients] = [this.programs[`flat_${this.number}`](...numbers)].flat(1);
    return { value, gradients: gradients ?? numbers.map(() => 0) };
  }

  /** All numbers of both passes: of each node, and of each step. */
  compute(numbers) {
    const all = this.programs[`numbers_${this.number}`](...numbers);
    const n = this.names.length, m = this.steps.length;
    const values = all.slice(0, n), gradients = all.slice(n, 2 * n);
    const kinks = all.slice(2 * n + m), wrong = all.slice(2 * (n + m)), soFar = new Map();
    const steps = this.steps.map((step, i) => {
      const upstream = gradients[step.node], local = all[2 * n + i];
      const downstream = passOn(step, upstream, local);
      const total = soFar.has(step.operand) ? soFar.get(step.operand) + downstream : downstream;
      soFar.set(step.operand, total);
      return { upstream, local, downstream, total, kink: kinks[i] ? step.kink : "" };
    });
    return { numbers, values, gradients, steps, wrong };
  }

  /** The typical mistakes of a row: [index, the number that results]. */
  mistakesAt(row, { wrong }) {
    const start = this.mistakes.slice(0, row.at).flat().length;
    return (this.mistakes[row.at] ?? []).map((which, i) => [which, wrong[start + i]]);
  }

  /** (f(x + h) - f(x)) / h for one input. */
  numericalGradient(numbers, i) {
    const moved = numbers.slice();
    moved[i] += nudge(numbers[i]);
    return (this.flat(moved).value - this.flat(numbers).value) / nudge(numbers[i]);
  }

  text(x) {
    return show(x, this.digits);
  }

  /** The group, and those around it. */
  around(group) {
    return group >= 0 ? [group, ...this.around(this.groups[group][1])] : [];
  }

  /** For each node the group whose box shows it, or -1, when `opened` is a group, "closed" or "all". */
  boxGroups(opened) {
    const open = this.around(Number(opened));
    return this.names.map((_, node) => (opened === "all" ? [] : this.around(this.inside[node])).filter((group) => !open.includes(group)).at(-1) ?? -1);
  }

  /** Whether a node keeps its recorded value although an operand has changed. */
  isFixed(node, result) {
    const moved = (x) => x.node !== undefined && !Object.is(result.values[x.node], this.atRecorded.values[x.node]);
    return this.still.includes(node) && this.operands[node].some(moved);
  }

  /** The values of all nodes as text for a formula. */
  texts(result) {
    result.texts ??= result.values.map((x) => show(NONFINITE[this.text(x)] ?? Number(this.text(x))));
    return result.texts;
  }

  /** The tree of a step's local gradient; its number if the recorded formula may no longer hold. */
  local(step, result) {
    return this.holds(step, result) ? step.local : numeral(this.text(result.steps[step.index].local));
  }

  /** Whether the recorded formula of a step's local gradient holds for a result. */
  holds(step, result) {
    const local = (x) => x.steps[step.index].local;
    return !this.isFixed(step.node, result) && (!step.piecewise || Object.is(local(result), local(this.atRecorded)));
  }

  /** The role of a row's gate, and whether it keeps its recorded value. */
  role(row, result) {
    const role = row.role && this.display((!this.holds(row, result) && row.otherwise) || row.role);
    return [role, this.isFixed(row.node, result) && "as recorded: the page cannot recompute this gate"].filter(Boolean).join("; ");
  }

  /** A template with names and signs for display. */
  display(template) {
    return fillNames(pretty(template), this.written);
  }

  /** A row as a line of formulas: with its numbers if seen; without its rule if hidden. */
  line(row, result, seen, hidden) {
    const { written } = this, said = this.rowTexts(row, result), by = (above, below) => `∂${written[above]}/∂${written[below]}`;
    if (row.phase === "start") return `${by(row.node, row.node)} = 1`;
    const forward = row.phase === "forward", left = forward ? written[row.node] : by(this.output, row.operand);
    const rule = forward ? this.display(row.gate) : `${by(this.output, row.node)} × ${by(row.node, row.operand)}`;
    const numbers = forward ? said.formula : `${said.upstream} * ${said.local}`;
    return `${left} ${row.path > 1 ? "+=" : "="} ${[hidden ? "?" : rule, ...(seen ? [pretty(numbers), pretty(said.answer)] : [])].join(" = ")}`;
  }

  /** Round the constants of a template as numbers are shown. */
  shorten(template) {
    return template.replace(/(?<![\w.\ue000])\d[\d.]*(e[-+]\d+)?(?![\w\ue001])/g, (x) => this.text(Number(x)));
  }

  /** The numbers of a row as text. */
  rowTexts(row, result) {
    if (row.phase === "forward") {
      const texts = this.texts(this.isFixed(row.node, result) ? this.atRecorded : result);
      return { formula: fillNumbers(this.shorten(row.gate), texts), answer: this.text(result.values[row.node]), texts };
    }
    if (row.phase === "start") return { answer: "1" };
    const step = result.steps[row.index];
    let [upstream, local, answer, total] = [step.upstream, step.local, step.downstream, step.total].map((x) => this.text(x));
    const number = (text) => NONFINITE[text] ?? Number(text), finite = Number.isFinite(step.downstream);
    const other = this.text(number(upstream) * number(local)) !== answer;
    const closed = !Number.isFinite(step.upstream) && step.downstream === 0;
    const rounded = closed ? "(closed)" : other && finite ? "(rounded)" : "";
    if (other && !finite) [upstream, local] = [exact(step.upstream), exact(step.local)]; // 0.001 * inf, not 0 * inf
    return { upstream, local, answer, total, rounded, kink: step.kink, path: row.paths > 1 ? this.pathText(row, result, total) : "" };
  }

  /** The number of this path; for the last one, the sum of the gradients over all paths. */
  pathText(row, result, total) {
    if (row.path < row.paths) return `path ${row.path} of ${row.paths}`;
    const texts = this.arriving[row.operand].map((i) => this.text(result.steps[i].downstream)).map((t, i) => (i && t.startsWith("-") ? `(${t})` : t));
    const sum = texts.length > 4 ? [...texts.slice(0, 2), "...", texts.at(-1)] : texts;
    return pretty(`${this.written[row.operand]} is copied: ${sum.join(" + ")} = ${total}`);
  }

  /** The step as a spoken sentence, with "what?" in place of a hidden answer. */
  sentence(row, result, hidden) {
    const start = `Step ${row.number} of ${this.rows.length}.`, said = this.rowTexts(row, result), name = this.names[row.node];
    if (row.phase === "start") return `${start} The gradient of ${name} with respect to itself is 1.`;
    const gate = fillNames(row.spoken, this.names), answer = hidden ? "what?" : `${spokenNumber(said.answer)}.`;
    const still = this.isFixed(row.node, result) ? " As recorded: the page cannot recompute it." : "";
    if (row.phase === "forward") {
      const computed = this.shorten(row.spoken).replace(BLANK, (_, i) => spokenNumber(said.texts[i]));
      return `${start} Gate ${name} equals ${gate}: ${computed} gives ${answer}${still}`;
    }
    const total = spokenNumber(said.total), soFar = row.path === row.paths ? `total ${total}` : `${total} so far`;
    const path = row.paths > 1 && !hidden ? ` Path ${row.path} of ${row.paths}, ${soFar}.` : "";
    const kink = said.kink ? ` On a kink: ${said.kink}.` : "";
    return (
      `${start} Gate ${name} equals ${gate} sends to ${this.names[row.operand]}: ` +
      `upstream ${spokenNumber(said.upstream)} times local ${spokenNumber(said.local)} gives ${answer}${path}${kink}${still}`
    );
  }
}
