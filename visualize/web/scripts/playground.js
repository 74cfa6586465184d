// The playground: a net that trains in the page as in nn.fit.

import { button, dataElement, element, fragment, menu, present, presenting, setAttribute, setText } from "./dom.js";
import { portrait } from "./image.js";
import { brief } from "./network.js";
import { exact, pretty, show } from "./number.js";
import { Pictures } from "./pictures.js";
import { address, BOUNDS, fitSettings, LAYERS, readSettings, UNITS } from "./settings.js";
import { FEW, Training } from "./training.js";

const FRAME = 11; // the most milliseconds of a frame for training
const SLOW = 60, FASTER = 1.02; // frames of one step, and the growth of steps per later frame
const LEARNED = 1e-4, STILL = 1e-3, LONG_ENOUGH = 2000; // a share of the first loss; a relative decrease; steps
const LONG = 1e5; // larger outputs have a power of ten
const LINES = 50; // the most examples listed
const CHOICES = {
  examples: [50, 100, 200, 400], noise: [0, 0.05, 0.1, 0.2, 0.3, 0.4], test: [0, 0.1, 0.25, 0.5], rate: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3],
  decay: [0, 0.0001, 0.001, 0.01, 0.1], batch: [1, 2, 4, 8, 10, 16, 32, 64],
};
const SPEEDS = [["slow at first", 0], ["1 step a frame", 1], ["10 a frame", 10], ["100 a frame", 100], ["as fast as possible", 1e6]];

const NAMES = { given: "as given", own: "your points" }; // of data

const words = (x) => (typeof x === "number" ? pretty(show(x)) : x.replaceAll("_", " "));

/** One output as a number, several as their class and its output. */
function describeOutputs(outputs, places, classes) {
  const largest = Math.max(...outputs), number = (x) => pretty(places && Math.abs(x) < LONG ? x.toFixed(places) : show(x));
  if (outputs.length === 1) return number(outputs[0]);
  const best = outputs.indexOf(largest);
  return `${classes?.[best] ?? `class ${best}`}${places ? ` (${number(largest)})` : ""}`;
}

export class Playground {
  constructor(section, made) {
    this.section = this.article = section;
    this.data = JSON.parse(section.querySelector("script").textContent);
    this.frame = null; // of the training loop
    this.adds = -1; // the class of the example that a click adds; -1: a click picks one
    this.pictures = new Pictures((x, i) => (this.adds < 0 ? this.change({ chosen: i }) : this.add(x)));
    this.build();
    this.panels = made.Panels && new made.Panels(this);
  }

  // --- What is on the page -------------------------------------------------------------------

  build() {
    this.run = button("Train", () => this.toggle(), { class: "run" });
    this.counter = element("p", { class: "counts" });
    this.message = element("p", { class: "message", role: "status" });
    this.text = element("textarea", { readonly: true, rows: 6, hidden: true, "aria-label": "Weights as JSON" });
    this.controls = element("div", { class: "controls" });
    this.figures = element("div", { class: "figures" });
    const buttons = element("div", { class: "bar", role: "group", "aria-label": "Training" }, this.run, button("One step", () => this.single(), { class: "single" }),
      button("Rewind", () => this.rewind(), { class: "rewind" }), button("Weights as JSON", () => this.export(), { class: "export" }), button("Full screen", () => this.fullScreen(), { class: "full" }));
    const head = (...texts) => element("thead", {}, element("tr", {}, ...texts.map((t) => element("th", { scope: "col" }, t))));
    this.examples = element("tbody");
    this.weights = element("tbody");
    this.allWeights = element("details", { class: "weights", "data-part": "weights", ontoggle: () => this.paint() }, element("summary", {}, "All weights and gradients"), element("table", {}, head("parameter", "value", "gradient"), this.weights));
    addEventListener("beforeprint", () => {
      this.allWeights.open = true;
      this.paint();
    });
    this.list = element("div", { class: "scroll examples", tabindex: "0", role: "region", "aria-label": "Examples" }, element("table", {}, head("example", "target", "output", "verdict"), this.examples));
    this.section.querySelector(".still").replaceWith(element("div", { class: "lively" }, buttons, this.controls, this.counter, this.message, this.text, this.figures, this.allWeights));
  }

  /** A labeled menu of options, [text, value] or values, to which the current value is added. */
  control(key, label, options, value, act) {
    const offered = options.map((x) => (Array.isArray(x) ? x : [words(x), x]));
    const all = offered.some(([, x]) => x === value) ? offered : [...offered, [words(value), value]].sort(([, a], [, b]) => a - b);
    const box = menu(all.map(([text, x]) => [x, text]), ({ selectedIndex }) => act(all[selectedIndex][1]), { name: key });
    box.value = value;
    return element("label", {}, element("span", {}, label), box);
  }

  /** Fill the controls for the current settings, group by group. */
  fill() {
    const { config, data: given, training } = this, focus = document.activeElement, place = focus?.closest(".controls .group")?.dataset.part, { data, hidden, activation } = config, { plain } = given;
    const box = (key, label, options = CHOICES[key]) => this.control(key, label, options, config[key], (x) => this.change({ [key]: x }));
    const number = (key, label) => element("label", {}, element("span", {}, label), element("input", { type: "number", min: 0, step: 1, name: key, value: config[key], onchange: ({ target }) => this.change({ [key]: Math.min(BOUNDS[key], Math.max(0, Math.floor(target.value))) }) }));
    const knob = (name, label, text, act, disabled = false) => button(text, act, { name, "aria-label": label, disabled });
    const group = (name, label, ...parts) => (parts.some(Boolean) ? element("div", { class: "group", role: "group", "aria-label": label, "data-part": name }, ...parts.filter(Boolean)) : "");
    const bend = (l, label) => this.control(`activation-${l}`, label, given.activations, activation[l], (name) => this.change({ activation: activation.with(l, name) }));
    const layer = (units, l) => element("span", { class: "layer", role: "group", "aria-label": `Hidden layer ${l + 1}` }, knob(`less-${l}`, `Fewer units in layer ${l + 1}`, "−", () => this.resize(l, units - 1)), element("output", {}, `${units}`),
      knob(`more-${l}`, `More units in layer ${l + 1}`, "+", () => this.resize(l, units + 1), units === UNITS), bend(l, hidden.length > 1 ? `activation ${l + 1}` : "hidden activation"));
    const isDrawn = given.drawn.includes(data), isGiven = data === "given", { heads } = Training.shape(config, given);
    const classes = training.sizes[0] !== 2 || (isGiven && !given.classes) ? 0 : isGiven ? Math.max(given.outputs, 2) : 3;
    const clicks = Array.from({ length: classes }, (_, k) => [`adds a point of class ${training.naming.classes?.[k] ?? k}`, k]);
    if (this.adds >= classes) this.adds = -1;
    this.controls.replaceChildren(
      group("data", "Data", plain && box("data", "data", given.sets.map((name) => [NAMES[name] ?? name, name])), isDrawn && box("examples", "examples"), isDrawn && data !== "rectangle" && box("noise", "noise"),
        (isDrawn || (isGiven && plain && given.X.length > FEW)) && box("test", "test share"), isDrawn && number("draw", "data seed"), classes > 0 && this.control("click", "a click", [["picks one", -1], ...clicks], this.adds, (k) => (this.adds = k)),
        config.own.length > 0 && knob("clear", "Remove your points", "Remove points", () => this.change({ own: [] }))),
      group("layers", "Layers", ...(plain ? hidden.map(layer) : [given.activations.length > 1 && bend(0, "hidden activation")]), plain && knob("layer", "One more hidden layer", "+ layer", () => this.resize(hidden.length, 4), hidden.length === LAYERS)),
      group("learning", "Learning", heads.length > 1 && box("loss", "loss", heads.map(({ name }) => name)), box("optimizer", "optimizer", given.optimizers.map(({ name }) => name)), box("rate", "learning rate"),
        box("batch", "batch size", [["all", 0], ...CHOICES.batch.filter((size) => size < training.X.length)]), box("decay", "weight decay")),
      group("start", "Start", number("seed", "seed"), box("speed", "speed", SPEEDS)));
    if (place) (this.controls.querySelector(`[name="${CSS.escape(focus.name)}"]:enabled`) ?? this.controls.querySelector(`[data-part=${place}] [name]:enabled`) ?? this.run).focus();
  }

  /** Set the number of units in a hidden layer; 0 removes it. */
  resize(l, units) {
    const { hidden, activation } = this.config;
    if (units) this.change({ hidden: Object.assign([...hidden], { [l]: units }) });
    else this.change({ hidden: hidden.toSpliced(l, 1), activation: activation.toSpliced(l, 1) });
  }

  /** Take new settings: those of a step from now on, any others from a new start. */
  change(changed) {
    const goesOn = ["rate", "batch", "decay", "speed", "chosen", "hide"], { optimizer } = changed;
    if (optimizer) Object.assign(changed, (({ rate, decay }) => ({ rate, decay }))(this.data.optimizers.find(({ name }) => name === optimizer)));
    this.config = fitSettings({ ...this.config, ...changed }, this.data);
    if (Object.keys(changed).every((key) => goesOn.includes(key))) {
      Object.assign(this.training, { config: this.config, bent: this.training.bent || (this.training.steps > 0 && ["rate", "batch", "decay"].some((key) => key in changed)) });
      if ("batch" in changed) this.training.waiting = [];
      this.slow = 0;
      this.name();
      this.remember();
      this.paint();
    } else this.rewind();
  }

  /** Lay out the pictures and the examples. */
  lay() {
    const { training } = this, examples = element("figure", { "data-part": "examples" }, element("figcaption", {}, "Examples: choose one"), this.list);
    this.figures.replaceChildren(...this.pictures.figures(training), examples);
    this.examples.replaceChildren(...training.X.slice(0, LINES).map((x, i) => this.example(x, i)));
    const hidden = this.config.hide.split(",");
    for (const part of this.section.querySelectorAll("[data-part]")) part.hidden = hidden.includes(part.dataset.part) || (hidden.includes("controls") && this.controls.contains(part));
  }

  example(x, i) {
    const choose = button(portrait(x) ?? x.slice(0, 4).map(brief).join(", ") + (x.length > 4 ? ", …" : ""), () => this.change({ chosen: i }));
    return element("tr", {}, element("td", {}, choose), element("td", { class: "target" }), element("td", { class: "output" }), element("td", { class: "verdict" }));
  }

  /** Write the heading: what is trained. */
  name() {
    const { training, config, data } = this, activations = [...config.activation.slice(0, config.hidden.length), training.head.activation];
    const model = data.plain ? `MLP(${training.sizes.join("-")}, ${activations.map(words).join(", ")}, ${training.parameters.length} parameters)` : data.model;
    const [h1, p] = this.section.querySelectorAll("header > *"), rate = `learning rate ${words(config.rate)}`;
    this.title ??= h1.textContent;
    h1.textContent = !data.titled ? `Training ${model}` : config.data === "given" ? this.title : `Training on ${NAMES[config.data] ?? config.data}`;
    p.replaceChildren(...(data.titled ? [element("code", {}, model), ", "] : []), `${words(config.loss)}, ${words(config.optimizer)}, ${rate}, ${training.X.length} example${training.X.length === 1 ? "" : "s"}`);
  }

  // --- Training ------------------------------------------------------------------------------

  /** Restore the settings of an address. */
  restore(asked) {
    this.config = readSettings(asked, this.data);
    this.rewind();
  }

  /** Keep the settings in the address. */
  remember() {
    if (location.protocol.startsWith("about") || !this.section.classList.contains("chosen")) return;
    const known = fragment();
    presenting() ? known.set("present", 1) : known.delete("present");
    this.address = address(this.config, this.data, known);
    history.replaceState(null, "", this.address || location.pathname);
  }

  rewind() {
    this.pause();
    this.training = new Training(this.config, this.data);
    this.config.chosen = Math.max(0, Math.min(this.config.chosen, this.training.X.length - 1));
    Object.assign(this, { slow: 0, perSecond: 0, goesOn: false });
    this.say("");
    this.text.hidden = true;
    this.fill();
    this.lay();
    this.name();
    this.remember();
    this.paint();
  }

  toggle() {
    if (this.frame !== null) return this.pause(`Paused at ${this.standing()}`);
    if (!this.training.X.length) return this.say("There are no examples yet: choose what a click adds, then click the surface.");
    this.run.textContent = "Pause";
    this.say("");
    this.since = { time: performance.now(), steps: this.training.steps };
    const frame = () => {
      this.frame = requestAnimationFrame(frame);
      this.advance(this.config.speed || Math.ceil(FASTER ** Math.max(0, this.slow++ - SLOW)));
      this.paint();
      this.converge();
    };
    this.frame = requestAnimationFrame(frame);
  }

  pause(said, wrong) {
    cancelAnimationFrame(this.frame);
    this.frame = null;
    this.run.textContent = "Train";
    if (said) this.say(said, wrong);
  }

  /** Show a message, also to screen readers. */
  say(text, wrong = false) {
    this.message.textContent = text;
    this.message.classList.toggle("wrong", wrong);
  }

  /** Step, loss and number of right examples in words. */
  standing() {
    const { training, seen } = this;
    return `step ${training.steps.toLocaleString("en")}: loss ${words(seen.loss)}${training.tally(seen.right, training.X.length)}.`;
  }

  /** Pause once when all is learned or the loss stops falling. */
  converge() {
    const { training, seen, goesOn } = this, { at, losses, steps } = training, half = at.findIndex((step) => step > steps / 2);
    if (this.frame === null || goesOn) return;
    const learned = (training.numeric || seen.right === training.X.length) && seen.loss <= LEARNED * training.firstLoss;
    const still = steps > LONG_ENOUGH && half > SLOW && Math.min(...losses.slice(half)) > (1 - STILL) * Math.min(...losses.slice(0, half));
    if (!learned && !still) return;
    this.goesOn = true;
    this.pause(`${learned ? "Learned" : "The loss stopped falling"} at ${this.standing()} Press Train to continue.`);
  }

  single() {
    this.pause();
    if (!this.training.X.length) return;
    this.advance(1);
    this.paint();
    if (this.training.finite) this.say("");
  }

  /** Take steps, at most for the time of a frame, and count the steps per second. */
  advance(most) {
    const { training } = this, end = performance.now() + FRAME;
    for (let done = 0; done < most; done++) {
      if (!training.step()) return this.stop();
      if (performance.now() > end) break;
    }
    if (this.frame === null) return;
    const time = performance.now() - this.since.time;
    if (time < 500) return;
    this.perSecond = Math.round((1000 * (training.steps - this.since.steps)) / time);
    this.since = { time: performance.now(), steps: training.steps };
  }

  stop() {
    this.pause(this.training.steps
      ? "The loss is no longer finite: rewind and use a smaller learning rate."
      : "The loss is not finite from the start: use another loss, activation, or seed.", true);
  }

  fullScreen() {
    present();
    this.remember();
    this.paint();
  }

  /** The actions of keys. */
  get keys() {
    const single = () => this.single(), full = () => this.fullScreen();
    return { " ": () => this.toggle(), ArrowRight: single, PageDown: single, Home: () => this.rewind(), f: full, F: full };
  }

  // --- Showing -------------------------------------------------------------------------------

  /** Add an example of the chosen class where a click was. */
  add(x) {
    const { config, training, adds } = this, point = [...x.map((t) => Number(t.toFixed(3))), adds];
    config.own = [...config.own, point];
    if (!training.X.length || !training.codes[adds]) return this.rewind(); // another net, for one more class
    training.add(point.slice(0, 2), adds);
    training.bent ||= training.steps > 0;
    if (training.X.length <= LINES) this.examples.append(this.example(point.slice(0, 2), training.X.length - 1));
    this.fill();
    this.remember();
    this.paint();
  }

  paint() {
    const { training, config, pictures } = this, seen = (this.seen = training.look());
    pictures.paint(training, config.chosen);
    const tests = training.testX.length ? ` · test loss ${words(seen.testLoss)}${training.tally(seen.testRight, training.testX.length)}` : "";
    const losses = [" · loss ", element("data", { value: exact(seen.loss), class: "loss" }, words(seen.loss)), `${training.tally(seen.right, training.X.length).replace(",", " ·")}${tests}`];
    this.counter.replaceChildren(element("span", { class: "steps" }, `step ${training.steps.toLocaleString("en")}`), ...(training.X.length ? losses : [" · no examples yet"]),
      element("span", { class: "speed", "data-speed": this.perSecond }, this.perSecond ? ` · ${this.perSecond.toLocaleString("en")} steps per second` : ""));
    pictures.curve.canvas.setAttribute("aria-label", training.X.length ? `Loss curve: from ${words(training.firstLoss)} to ${words(seen.loss)} in ${training.steps} steps` : "Loss curve");
    pictures.surface.canvas.setAttribute("aria-label", training.numeric || !training.X.length ? "Decision surface" : `Decision surface: ${seen.right} of ${training.X.length} examples right`);
    [...this.examples.rows].forEach((row, i) => this.paintExample(row, i));
    if (this.allWeights.open) this.paintWeights();
    this.panels?.show();
  }

  paintExample(row, i) {
    const { training } = this, outputs = training.forward(training.X[i]).at(-1), right = training.right(outputs, training.targets[i]);
    const verdict = training.numeric ? `off by ${words(Math.abs(outputs[0] - training.targets[i][0]))}` : right ? "✓ right" : "✗ wrong";
    const [first, ...cells] = row.cells, { classes } = training.naming;
    setAttribute(first.firstChild, "aria-pressed", String(i === this.config.chosen));
    [describeOutputs(training.targets[i], 0, classes), describeOutputs(outputs, 3, classes), verdict].forEach((text, k) => setText(cells[k], text));
    row.classList.toggle("wrong", !right && !training.numeric);
  }

  paintWeights() {
    const cell = (x) => element("td", {}, dataElement(x));
    const { names, parameters, gradients } = this.training;
    this.weights.replaceChildren(...names.map((name, i) => element("tr", {}, element("th", { scope: "row" }, name), cell(parameters[i]), cell(gradients[i]))));
  }

  /** Show the weights as JSON and download them. */
  export() {
    const { names, parameters } = this.training, state = Object.fromEntries(names.map((name, i) => [name, parameters[i]]));
    this.text.value = JSON.stringify(state, (_, x) => (typeof x === "number" && !Number.isFinite(x) ? exact(x) : x), 1);
    this.text.hidden = false;
    const link = element("a", { download: "weights.json", href: URL.createObjectURL(new Blob([this.text.value], { type: "application/json" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    this.text.select();
  }
}
