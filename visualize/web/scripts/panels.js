// The panels around a net that trains: the doctor, the graph of an example, many starts, the run as Python.

import { AsPython } from "./code.js";
import { Doctor } from "./doctor.js";
import { Inspect } from "./inspect.js";
import { Seeds } from "./seeds.js";
import { engine } from "./engine.js";

const REST = 20, PAUSES = [250, 1000]; // the pause after an update in its durations; its bounds in milliseconds

export class Panels {
  constructor(playground) {
    this.parts = [Doctor, ...(engine.lessons ? [Inspect] : []), Seeds, AsPython].map((Part) => new Part(playground));
    this.places = this.parts.map(() => ({}));
    const [{ box: doctor }, ...below] = this.parts;
    playground.section.querySelector(".message").after(doctor);
    playground.section.querySelector(".panels").append(...below.map(({ box }) => box));
    for (const { box } of this.parts) box.addEventListener("toggle", () => this.show());
  }

  /** Update every open part soon, but not too often. */
  show() {
    this.parts.forEach((part, i) => {
      const place = this.places[i];
      if (part.box.open === false || place.timer) return;
      place.timer = setTimeout(() => {
        const start = performance.now();
        part.show();
        place.pause = Math.min(PAUSES[1], Math.max(PAUSES[0], REST * (performance.now() - start)));
        place.timer = null;
      }, place.pause ?? 0);
    });
  }
}
