// Exercises: new numbers from a seed, sums of some paths, and result codes.

const INTEGERS = [-4, -3, -2, -1, 1, 2, 3, 4, 5], FACTORS = [-2, -1.5, -0.5, 0.5, 1.5, 2]; // as in Python's quiz
const HANDY = [0.01, 100], WIDE = [0, 1000], TRIES = 500; // bounds of answers: easy by hand, or at least not too large
const TITLE = 80; // letters of an example in a code

/** A function that returns random numbers from 0 to 1, the same for the same seed. */
export const randomFrom = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
  return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
};

/** The 32-bit FNV-1a hash of a text without spaces, in hexadecimal, as in autodiff.quiz.result. */
const checksum = (text) => [...new TextEncoder().encode(text.replace(/\s+/g, ""))]
  .reduce((total, byte) => Math.imul(total ^ byte, 0x01000193) >>> 0, 0x811c9dc5).toString(16).padStart(8, "0");

/** Draw inputs of a graph that give easy numbers in both passes and avoid kinks, integers for integers; the recorded ones as a last resort. */
export function drawNumbers(lesson, seed) {
  const draw = randomFrom(seed), pick = (list) => list[Math.floor(draw() * list.length)];
  for (let i = 0; i < TRIES; i++) {
    const numbers = lesson.recorded.map((x) => (Number.isInteger(x) ? pick(INTEGERS) : Number((x * pick(FACTORS)).toPrecision(3))));
    const { values, gradients, steps } = lesson.compute(numbers), sizes = [...values, ...gradients].map(Math.abs);
    const [low, high] = i < TRIES / 2 ? HANDY : WIDE;
    const handy = sizes.every((x) => x === 0 || (x >= low && x <= high)) && !steps.some((step) => step.kink);
    const plain = lesson.inputs.every((node) => gradients[node] === 0 || Math.abs(gradients[node]) === 1);
    if (handy && (!plain || i >= TRIES / 2) && numbers.some((x, k) => x !== lesson.recorded[k])) return numbers;
  }
  return lesson.recorded.slice();
}

/** The sums that leave out some of the paths. */
export const partialSums = (parts) => Array.from({ length: 2 ** parts.length - 2 }, (_, kept) => parts.reduce((sum, x, i) => sum + (((kept + 1) >> i) & 1) * x, 0));

/** The code of a result, for autodiff.quiz.read_result; without a seed if numbers were typed. */
export function resultCode(example, level, seed, marks, count, name) {
  const text = ["AD1", example.slice(0, TITLE), level, seed, marks, count, name].map((field) => String(field).replace(/[\s~]+/g, " ").trim()).join("~");
  return `${text}~${checksum(text)}`;
}
