// The chain rule of one node, path by path, and wrong backward passes.

import { button, dataElement, element, menu } from "./dom.js";
import { derivative, formula, tree } from "./mathml.js";
import { pretty, show } from "./number.js";
import { chains, mistakes } from "./paths.js";

const CHAIN = 2; // the tab
const MISTAKEN = { order: "no topological order", overwritten: "= instead of +=", again: "no zeroing" };

export class Lab {
  constructor(player) {
    this.player = player;
    this.chosen = null;
    this.playing = null; // the mistake shown in the graph
    this.chain = element("section", { class: "chain" });
    this.table = element("tbody");
    this.buttons = Object.entries(MISTAKEN).map(([name, text]) => button(text, () => this.play(this.playing === name ? null : name), { value: name, "aria-pressed": "false" }));
    this.remark = element("p", { class: "remark", role: "status" });
    this.mistakes = element("section", { class: "mistakes" }, element("h2", {}, "Three ways to get backward() wrong"),
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Mistakes" }, element("table", {}, element("thead", {}, element("tr", {}, ...[
        "input", "right", ...this.buttons].map((text) => element("th", { scope: "col" }, text)))), this.table)),
      this.remark);
  }

  choose(node) {
    this.chosen = node;
    this.update(this.player.result);
    this.player.graph.mark(node);
    this.player.remember();
    if (node !== null) this.player.tabs.open(CHAIN);
  }

  update(result) {
    if (!result) return;
    if (result !== this.result || this.player.seen !== this.seen || this.chosen !== this.node) this.showChain(result);
    [this.result, this.seen, this.node] = [result, this.player.seen, this.chosen];
    if (!this.mistakes.hidden) this.showMistakes(result);
  }

  // --- The chain rule ------------------------------------------------------------------------

  showChain(result) {
    const { lesson } = this.player, hidden = this.chosen !== null && !this.player.showsGradient(this.chosen), pick = this.picker();
    const parts = [element("h2", {}, "Chain rule, path by path"), pick];
    if (hidden) parts.push(element("p", {}, "Its gradient is not complete at this step. Step on to see it add up."));
    else if (this.chosen !== null) parts.push(...this.paths(lesson, result, this.chosen));
    else parts.push(element("p", { class: "remark" }, "Choose a node here, or click one in the graph."));
    const focused = this.chain.contains(document.activeElement);
    this.chain.replaceChildren(...parts);
    if (focused) pick.focus();
  }

  /** A menu of all nodes, for the keyboard. */
  picker() {
    const { lesson } = this.player;
    const options = lesson.written.map((name, node) => {
      const row = lesson.rows.find((r) => r.phase === "forward" && r.node === node);
      return [node, row ? `${name} = ${lesson.display(row.gate)}`.slice(0, 80) : name];
    });
    const pick = menu([["", "choose a node"], ...options], ({ value }) => this.choose(value === "" ? null : Number(value)), { "aria-label": "Node" });
    pick.value = this.chosen ?? "";
    return pick;
  }

  paths(lesson, result, node) {
    const { paths, count } = chains(lesson, node), names = lesson.written, output = names[lesson.output];
    const items = paths.map((path) => this.path(lesson, result, path));
    const sum = paths.reduce((total, path) => total + path.reduce((product, i) => product * result.steps[i].local, 1), 0);
    const more = count > paths.length ? [element("p", {}, `and ${(count - paths.length).toLocaleString("en")} more paths, together ${pretty(lesson.text(result.gradients[node] - sum))}`)] : [];
    const head = count === 1 ? "One path: the product of its local gradients." : count === 0 ? `${output} does not depend on ${names[node]}.`
      : `${count.toLocaleString("en")} paths: the products of their local gradients, added up.`;
    return [element("p", {}, head), element("ol", {}, ...items), ...more,
      element("p", { class: "sum" }, formula(derivative(lesson.output, node, lesson.symbols), "="), " ", dataElement(result.gradients[node], lesson.digits))];
  }

  /** One path: the nodes on it, the formulas multiplied, and the numbers multiplied. */
  path(lesson, result, path) {
    const names = lesson.written, output = names[lesson.output];
    const way = [output, ...path.map((i) => names[lesson.steps[i].operand])].join(" → ");
    const product = path.reduce((p, i) => p * result.steps[i].local, 1);
    const factors = path.map((i) => derivative(lesson.steps[i].node, lesson.steps[i].operand, lesson.symbols)).flatMap((f, k) => [k ? " × " : "", formula(f)]);
    const numbers = path.map((i) => show(result.steps[i].local, lesson.digits)).map((t) => (t.startsWith("-") ? `(${pretty(t)})` : pretty(t)));
    const light = (steps) => () => this.player.graph.mark(this.chosen, steps);
    return element("li", { onmouseenter: light(path), onmouseleave: light(null) }, element("span", { class: "way" }, way), ...factors,
      element("span", { class: "numbers" }, `${numbers.join(" × ") || "1"} = ${pretty(lesson.text(product))}`));
  }

  // --- Mistakes ------------------------------------------------------------------------------

  /** Show in the graph what a wrong pass sends, wrong numbers in red; null: the correct one. */
  play(name) {
    this.playing = Object.hasOwn(MISTAKEN, name) ? name : null;
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.value === this.playing));
    this.player.update();
    this.player.remember();
  }

  /** The result with the numbers of the wrong pass that is shown, or null. */
  wrongResult(result) {
    const { lesson } = this.player, wrong = this.playing && mistakes(lesson, result)[this.playing];
    if (!wrong) return null;
    const steps = result.steps.map((step, i) => ({ ...step, downstream: wrong.sent[i], total: this.playing === "overwritten" ? wrong.sent[i] : wrong.gradients[lesson.steps[i].operand] }));
    return { ...result, gradients: wrong.gradients, steps };
  }

  showMistakes(result) {
    const { lesson } = this.player, found = mistakes(lesson, result);
    const wrong = new Set();
    const cell = (pass, node, name) => {
      if (!pass) return element("td", {}, "never ends");
      const { gradients } = pass, right = found.right.gradients[node], differs = !Object.is(gradients[node], right) && Math.abs(gradients[node] - right) > 1e-9 * Math.abs(right);
      if (differs) wrong.add(name);
      if (!this.player.showsGradient(node)) return element("td", {}, "?");
      return element("td", { class: differs ? "wrong" : "" }, dataElement(gradients[node], lesson.digits), differs ? " ✗" : "");
    };
    this.table.replaceChildren(...lesson.inputs.map((node) => element("tr", {}, element("th", { scope: "row" }, element("span", { title: lesson.names[node] }, formula(tree(node, lesson.symbols)))),
      cell(found.right, node), cell(found.order, node, "order"), cell(found.overwritten, node, "overwritten"), cell(found.again, node, "again"))));
    const said = [];
    if (!wrong.has("order")) said.push("Without topological order nothing goes wrong here: no gate that is used twice has another gate as its input.");
    else said.push("Without topological order, a gate that is used twice passes its gradient on before all of it has arrived, and then once more.");
    if (!wrong.has("overwritten")) said.push("With = nothing is lost here: only one path leads to each input.");
    else said.push("With =, only the last of several paths counts.");
    said.push("A second call without zeroing adds to the gradients that the first one left, in the gates too. Choose a mistake to see it in the graph.");
    this.remark.textContent = said.join(" ");
  }
}
