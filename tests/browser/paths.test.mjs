// Paths, and passes written wrongly, on f = q * z with q = x + x: two paths lead to x.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nudge, passOn } from "../../visualize/web/scripts/lesson.js";
import { chains, mistakes } from "../../visualize/web/scripts/paths.js";

const steps = [[3, 1], [3, 2], [2, 0], [2, 0]].map(([node, operand], i) => ({ node, operand, index: i }));
const lesson = { names: ["x", "z", "q", "f"], output: 3, steps };
const result = { steps: [{ local: 6 }, { local: -4 }, { local: 1 }, { local: 1 }] };

test("every path from the output to a node", () => {
  assert.deepEqual(chains(lesson, 0), { paths: [[1, 2], [1, 3]], count: 2 });
  assert.deepEqual(chains(lesson, 1), { paths: [[0]], count: 1 });
});

test("a right pass adds up, a pass with = keeps the last path only", () => {
  const found = mistakes(lesson, result);
  assert.deepEqual(found.right, { gradients: [-8, 6, -4, 1], sent: [6, -4, -4, -4] });
  assert.deepEqual(found.order, found.right);
  assert.equal(found.overwritten.gradients[0], -4);
  assert.deepEqual(found.again, { gradients: [-24, 12, -8, 1], sent: [6, -4, -8, -8] });
});

test("a closed gate passes 0, whatever arrives", () => {
  assert.equal(passOn({ closes: true }, Infinity, 0), 0);
  assert.ok(Number.isNaN(passOn({ closes: false }, Infinity, 0)));
  assert.deepEqual([nudge(-2), nudge(1e16)], [0.001, 1e10]);
});
