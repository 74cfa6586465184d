// Elements, made without markup in strings, and what several parts of a page do with them.

import { exact, pretty, show } from "./number.js";

export const LEAST = 0.75; // the smallest scale of a wide picture before it scrolls
const SVG = "http://www.w3.org/2000/svg";
const FLASH = 2000; // milliseconds

export const presenting = () => document.body.classList.contains("projector");

/** Show large letters on the whole screen, or go back. */
export function present() {
  const on = document.body.classList.toggle("projector");
  if (on) document.documentElement.requestFullscreen?.().catch(() => {}); // a frame may forbid it: large letters are enough
  else if (document.fullscreenElement) document.exitFullscreen();
}

/** The settings in the address. */
export const fragment = () => new URLSearchParams(location.hash.slice(1));

function furnish(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** A new element; `on...` attributes are listeners, and strings become text, never markup. */
export const element = (name, attributes = {}, ...children) => furnish(document.createElement(name), attributes, children);

/** A new element of an SVG. */
export const svgElement = (name, attributes = {}, ...children) => furnish(document.createElementNS(SVG, name), attributes, children);

export const button = (text, act, attributes = {}) => element("button", { type: "button", onclick: act, ...attributes }, text);

/** A menu of options, [value, text] each. */
export function menu(options, act, attributes = {}) {
  const made = element("select", { onchange: () => act(made), ...attributes }, ...options.map(([value, text]) => element("option", { value }, text)));
  return made;
}

/** Set a text only if it differs: the browser lays out a page anew even for the same text. */
export function setText(made, text) {
  if (made.textContent !== text) made.textContent = text;
}

/** Set an attribute only if it differs. */
export function setAttribute(made, name, value) {
  if (made.getAttribute(name) !== value) made.setAttribute(name, value);
}

/** Write a number into a <data> element: as it is shown, and exactly. */
export function writeNumber(data, x, digits) {
  data.value = exact(x);
  data.textContent = pretty(show(x, digits));
  return data;
}

/** A <data> element with a number. */
export const dataElement = (x, digits) => writeNumber(element("data"), x, digits);

/** Show a message for two seconds in place of a text. */
export function flash(part, message, text) {
  part.textContent = message;
  setTimeout(() => (part.textContent = text), FLASH);
}
