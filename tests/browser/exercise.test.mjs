// Fresh numbers and result codes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { drawNumbers, partialSums, randomFrom, resultCode } from "../../visualize/web/scripts/exercise.js";

/** f = x * y + z, as much of it as numbers need. */
const lesson = (recorded) => ({
  recorded, inputs: [0, 1, 2],
  compute: ([x, y, z]) => ({ values: [x, y, z, x * y, x * y + z], gradients: [y, x, 1, 1, 1], steps: [{ kink: x * y === -z }] }),
});

test("a code is that which Python reads", () => {
  assert.equal(resultCode("D1", 2, 0, 3.5, 4, "Ada"), "AD1~D1~2~0~3.5~4~Ada~33abbf20");
  assert.equal(resultCode("D1", 2, 0, 3.5, 4, " A~d\na "), resultCode("D1", 2, 0, 3.5, 4, "A d a"));
  assert.notEqual(resultCode("D1", 2, 0, 4, 4, "Ada").slice(-8), "33abbf20");
});

test("a seed gives the same numbers always, another one others", () => {
  const draws = (seed) => Array.from({ length: 5 }, randomFrom(seed));
  assert.deepEqual(draws(7), draws(7));
  assert.notDeepEqual(draws(7), draws(8));
  assert.ok(Array.from({ length: 1000 }, randomFrom(1)).every((x) => x >= 0 && x < 1));
});

test("fresh numbers are whole for whole ones, and as handy as can be", () => {
  for (let seed = 1; seed < 50; seed++) {
    const numbers = drawNumbers(lesson([1, 2, 0.5]), seed), { values, steps } = lesson([]).compute(numbers);
    assert.ok(Number.isInteger(numbers[0]) && Number.isInteger(numbers[1]) && !Number.isInteger(numbers[2] * 2 + 0.1));
    assert.ok(values.every((x) => Math.abs(x) <= 100) && !steps[0].kink);
    assert.deepEqual(drawNumbers(lesson([1, 2, 0.5]), seed), numbers);
  }
  const hopeless = { ...lesson([1, 2, 3]), compute: () => ({ values: [NaN], gradients: [1, 1, 1], steps: [] }) };
  assert.deepEqual(drawNumbers(hopeless, 1), [1, 2, 3]);
});

test("what some paths add up to", () => {
  assert.deepEqual(partialSums([1, 10]), [1, 10]);
  assert.deepEqual(partialSums([1, 10, 100]).sort((a, b) => a - b), [1, 10, 11, 100, 101, 110]);
});
