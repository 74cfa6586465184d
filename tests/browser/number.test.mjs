// Numbers in the page, as Python prints and reads them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { exact, parseNumber, pretty, real, show, spokenNumber } from "../../visualize/web/scripts/number.js";

test("six significant digits, as Python's g", () => {
  const shown = { 2: 2, 0.333333: 1 / 3, "1e+20": 1e20, "1e-05": 0.00001, 0.0001: 0.0001, 1.23457e6: 1234565.4, "-0.5": -0.5, 0: -0, 211915: 211915.2 };
  for (const [text, x] of Object.entries(shown)) assert.equal(show(x), text === "1234570" ? "1.23457e+06" : text);
});

test("places after the point, a tie to the even digit", () => {
  assert.deepEqual([0.125, 0.375, 2.5, -0.001, 1e17].map((x) => show(x, 2)), ["0.12", "0.38", "2.5", "0", "1e+17"]);
  assert.equal(show(0.5, 0), "0");
  assert.equal(show(1.5, 0), "2");
});

test("what is not finite has a name there and back", () => {
  for (const x of [Infinity, -Infinity, NaN]) assert.ok(Object.is(real(exact(x)), x));
  assert.deepEqual(["inf", "-inf", "nan", "-4"].map(spokenNumber), ["infinity", "minus infinity", "not a number", "minus 4"]);
  assert.equal(pretty("-1e-05"), "−1e−05");
});

test("numbers as readers type them", () => {
  assert.deepEqual(["−3", "1,5", " 1/4 ", "-inf", "2e−3"].map(parseNumber), [-3, 1.5, 0.25, -Infinity, 0.002]);
  assert.deepEqual(["", "abc", "1/2/3", "2^3", "2−3", "constructor"].map(parseNumber), [null, null, null, null, null, null]);
});
