// Templates with names and with numbers.

import assert from "node:assert/strict";
import { test } from "node:test";
import { fillNames, fillNumbers, numeral } from "../../visualize/web/scripts/template.js";

const blank = (i) => `\ue000${i}\ue001`;

test("nodes stand by their names", () => {
  assert.equal(fillNames(`${blank(0)} * ${blank(12)}`, { 0: "x", 12: "w_1" }), "x * w_1");
});

test("numbers stand in parentheses where a minus would stand in the way", () => {
  assert.equal(fillNumbers(`${blank(0)} ** 2`, ["-3"]), "(-3) ** 2");
  assert.equal(fillNumbers(`-${blank(0)}`, ["-3"]), "-(-3)");
  assert.equal(fillNumbers(`${blank(0)} + ${blank(1)}`, ["-3", "-4"]), "-3 + -4");
  assert.equal(fillNumbers(`${blank(0)}*${blank(1)}`, ["2", "-4"]), "2*-4");
});

test("a printed number as a tree", () => {
  assert.deepEqual(["4", "-0.5", "inf", "-inf"].map(numeral), [
    ["mn", "4"], ["mrow", ["mo", "−"], ["mn", "0.5"]], ["mi", "inf"], ["mrow", ["mo", "−"], ["mi", "inf"]]]);
});
