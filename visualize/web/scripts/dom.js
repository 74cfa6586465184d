// Elements, made without any markup in strings.

import { exact, pretty, show } from "./number.js";

export const LEAST = 0.75; // a wide picture is made so much smaller before it has to be scrolled

/** A new element; `on...` attributes are listeners, texts become text and nothing else. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Write a number into a <data> element: as it is shown, and exactly. */
export function writeNumber(data, x, digits) {
  data.value = exact(x);
  data.textContent = pretty(show(x, digits));
}
