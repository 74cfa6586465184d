// The settings of the playground, as in the address and the controls.

import { Training } from "./training.js";

export const BOUNDS = { examples: 2000, noise: 2, test: 0.9, rate: 100, batch: 2000, decay: 10, seed: 2 ** 32 - 1, draw: 2 ** 32 - 1, speed: 1e6, chosen: 2000 };
const WHOLE = ["examples", "batch", "seed", "draw", "speed", "chosen"];
export const LAYERS = 8; // the most
export const UNITS = 64;

/** Make settings fit together: a loss for these outputs, an activation for each layer. */
export function fitSettings(config, given) {
  const { heads } = Training.shape(config, given), { hidden, activation, loss } = config, [first] = given.activations;
  return { ...config, loss: heads.some(({ name }) => name === loss) ? loss : heads[0].name, activation: given.plain ? hidden.map((_, l) => activation[l] ?? activation.at(-1) ?? first) : activation };
}

/** Read settings from an address; the page's own replace what is missing or invalid. */
export function readSettings(asked, given) {
  const config = { ...given.config }, names = { data: given.sets, optimizer: given.optimizers.map(({ name }) => name), initializer: given.initializers };
  for (const [key, known] of Object.entries(names)) if (known.includes(asked.get(key))) config[key] = asked.get(key);
  for (const [key, most] of Object.entries(BOUNDS)) {
    const x = Number(asked.get(key) || NaN);
    if (x >= 0) config[key] = Math.min(most, WHOLE.includes(key) ? Math.floor(x) : x);
  }
  config.examples = Math.max(config.examples, 4);
  const hidden = asked.get("hidden")?.split(",").filter(Boolean).map(Number), activation = asked.get("activation")?.split(",").filter((name) => given.activations.includes(name));
  if (hidden?.every((n) => Number.isInteger(n) && n > 0 && n <= UNITS) && hidden.length <= LAYERS && given.plain) config.hidden = hidden;
  if (activation?.length) config.activation = activation.slice(0, given.plain ? LAYERS : 1);
  for (const key of ["loss", "hide"]) config[key] = asked.get(key) ?? config[key];
  config.own = (asked.get("own") ?? "").split(",").map((point) => point.split("_").map(Number)).filter((point) => point.length === 3 && point.every(Number.isFinite) && [0, 1, 2].includes(point[2]));
  if (config.data === "given" && !(given.classes && given.inputs === 2)) config.own = [];
  if (config.data === "given") config.own = config.own.filter((point) => point[2] < Math.max(given.outputs, 2));
  return fitSettings(config, given);
}

/** An address with the settings that differ from the page's own; its other entries stay. */
export function address(config, given, asked) {
  const known = new URLSearchParams(asked), flat = (x) => (Array.isArray(x) ? x.map((y) => (Array.isArray(y) ? y.join("_") : y)).join(",") : String(x));
  for (const [key, x] of Object.entries(config)) flat(x) === flat(given.config[key]) ? known.delete(key) : known.set(key, flat(x));
  return known.size ? `#${String(known).replaceAll("%2C", ",")}` : "";
}
