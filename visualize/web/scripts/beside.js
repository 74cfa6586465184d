// What stands beside the pictures of a net that trains: the doctor, the graph of an example, many starts, the run as Python.

import { AsPython } from "./code.js";
import { Doctor } from "./doctor.js";
import { Inspect } from "./inspect.js";
import { Seeds } from "./seeds.js";
import { written } from "./written.js";

const LATER = 20, LOOK = [250, 1000]; // the next look waits so many times as long as one takes, and milliseconds at least, at most

export class Beside {
  constructor(playground) {
    this.parts = [Doctor, ...(written.lessons ? [Inspect] : []), Seeds, AsPython].map((Part) => new Part(playground));
    this.places = this.parts.map(() => ({}));
    const [{ box: doctor }, ...below] = this.parts;
    playground.section.querySelector(".message").after(doctor);
    playground.section.querySelector(".beside").append(...below.map(({ box }) => box));
    for (const { box } of this.parts) box.addEventListener("toggle", () => this.show());
  }

  /** What was painted has changed: every part that is open looks at it soon, and not too often. */
  show() {
    this.parts.forEach((part, i) => {
      const place = this.places[i];
      if (part.box.open === false || place.timer) return;
      place.timer = setTimeout(() => {
        const start = performance.now();
        part.show();
        place.pause = Math.min(LOOK[1], Math.max(LOOK[0], LATER * (performance.now() - start)));
        place.timer = null;
      }, place.pause ?? 0);
    });
  }
}
