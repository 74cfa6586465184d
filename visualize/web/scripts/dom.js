// Elements, made without any markup in strings.

import { exact, pretty, show } from "./number.js";

export const LEAST = 0.75; // a wide picture is made so much smaller before it has to be scrolled

export const presenting = () => document.body.classList.contains("projector");

/** Large letters and the whole screen, or back. */
export function present() {
  const on = document.body.classList.toggle("projector");
  if (on) document.documentElement.requestFullscreen?.().catch(() => {}); // a frame may forbid it: large letters are enough
  else if (document.fullscreenElement) document.exitFullscreen();
}

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
