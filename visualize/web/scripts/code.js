// The run as Python code: data, split, net and fit with the same numbers.

import { button, element, flash } from "./dom.js";
import { exact } from "./number.js";
import { copyText } from "./share.js";

const quote = (name) => JSON.stringify(name);
const pythonList = (items) => `[${items.map((x) => (Array.isArray(x) ? pythonList(x) : typeof x === "string" ? quote(x) : exact(x))).join(", ")}]`;

/** The lines that define X and Y, and the test examples. */
function exampleLines(training, given) {
  const { config, X, labels, testX, testLabels, codes } = training, { data: name, examples, noise, draw, test, own } = config, lines = [];
  const classes = name !== "given" || given.classes, plain = (rows) => rows.map((label) => (classes ? label : codes[label].length > 1 ? codes[label] : codes[label][0]));
  const calls = { rectangle: `data.rectangle(${examples}, seed=${draw})`, blobs: `blobs(${examples}, 3, ${noise}, seed=${draw})` };
  const made = (name.length > 4 && name !== "given"), drawn = made || !["given", "own"].includes(name), asGiven = name === "given" && test === given.config.test;
  if (drawn) lines.push(`X, Y = nn.${calls[name] ?? (made ? `${name}(${examples}, noise=${noise}, seed=${draw})` : `truth_table(${quote(name)})`)}`);
  else if (asGiven || name === "own") lines.push(`X = ${pythonList(X)}`, `Y = ${pythonList(plain(labels))}`, ...(testX.length ? [`X_test = ${pythonList(testX)}`, `Y_test = ${pythonList(plain(testLabels))}`] : []));
  else lines.push(`X = ${pythonList(given.X)}`, `Y = ${pythonList(plain(given.labels))}`);
  if (test && !asGiven && name !== "own") lines.push(`(X, Y), (X_test, Y_test) = nn.split(X, Y, ${test}, seed=${draw})`);
  if (own.length && (drawn || !asGiven) && name !== "own") lines.push(`X += ${pythonList(own.map(([x, y]) => [x, y]))}`, `Y += ${pythonList(own.map((point) => point[2]))}`);
  if (classes && codes[0].length > 1 && !training.head.takes_classes) lines.push(`Y = [nn.losses.one_hot(y, ${codes[0].length}) for y in Y]`);
  return lines;
}

/** The program, which prints the page's loss. */
function program(training, given) {
  const { config, sizes, steps, epochs, head, names } = training, { hidden, activation, seed, initializer } = config;
  const [inputs, ...widths] = sizes, loss = quote(config.loss), more = [];
  if (hidden.length) more.push(new Set(activation.slice(0, hidden.length)).size > 1 ? pythonList(activation) : quote(activation[0]));
  if (head.activation !== "linear") more.push(`output=${quote(head.activation)}`);
  if (!given.bias) more.push("bias=False");
  if (initializer !== "uniform") more.push(`initializer=${quote(initializer)}`);
  const start = training.start(given), fresh = training.start({ ...given, sizes: [] }), own = start.some((x, i) => !Object.is(x, fresh[i]));
  const decays = config.decay !== given.optimizers.find(({ name }) => name === config.optimizer).decay, name = quote(config.optimizer);
  const each = Math.ceil(training.X.length / (config.batch || training.X.length)), rest = steps - epochs * each;
  return [
    "import nn", "", ...exampleLines(training, given),
    `model = nn.MLP(${[inputs, pythonList(widths), ...more, `seed=${seed}`].join(", ")})`,
    ...(own ? [`model.load_state_dict({${names.map((name, i) => `${quote(name)}: ${exact(start[i])}`).join(", ")}})`] : []),
    ...(decays ? [`optimizer = nn.optim.OPTIMIZERS[${name}](model, ${config.rate})`, `optimizer.weight_decay = ${config.decay}`] : []),
    `nn.fit(model, X, Y, ${[loss, ...(decays ? ["optimizer"] : [name, `learning_rate=${config.rate}`]), `epochs=${epochs}`, ...(config.batch ? [`batch_size=${config.batch}`] : []), `seed=${seed}`, "progress=False"].join(", ")})`,
    ...(rest ? [`# the page is ${rest} of ${each} mini-batches into the next epoch`] : []),
    `print(nn.evaluate(model, X, Y, ${loss})[0])`, "",
  ].join("\n");
}

export class AsPython {
  constructor(playground) {
    this.playground = playground;
    this.text = element("code");
    const copy = button("Copy", async () => flash(copy, await copyText(this.text.textContent), "Copy"));
    this.box = element("details", { class: "python", "data-part": "python" }, element("summary", {}, "As Python"),
      element("div", { class: "bar" }, copy), element("pre", { tabindex: "0", role: "region", "aria-label": "The run as Python" }, this.text));
  }

  show() {
    const { playground: { data: given, training } } = this;
    this.text.textContent = training.X.length ? `${training.bent ? "# Something changed during the run: rewind for a run that this code repeats.\n" : ""}${program(training, given)}` : "# There are no examples yet.";
  }
}
