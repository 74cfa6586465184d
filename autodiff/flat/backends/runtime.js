// What flat code in JavaScript calls: a closed core of the table of primitives, where Math has none or another one.
"use strict";
const inf = Infinity, nan = NaN;

const reciprocal = (a) => 1 / a;
// C99's pow: 1 to any power and (-1) to an infinite one are 1. A square is a product.
const power = (a, b) => (b === 2 ? a * a : a === 1 || (a === -1 && (b === inf || b === -inf)) ? 1 : Math.pow(a, b));
const take = (...terms) => terms.slice(0, -1)[terms.at(-1)] ?? nan;
const fmod = (a, b) => a % b;
const where = (condition, a, b) => (condition || condition !== condition ? a : b);

// Sums over arrays and slices of arrays, added left to right.
const sum = (terms) => {
  let total = terms.length ? terms[0] : 0;
  for (let i = 1; i < terms.length; i++) total += terms[i];
  return total;
};
const dot = (weights, inputs, bias) => {
  let total = bias;
  for (let i = 0; i < weights.length; i++) total += weights[i] * inputs[i];
  return total;
};
const largest = (terms) => terms.reduce((a, b) => (a >= b || a !== a ? a : b), -inf);
const norm = (terms) => (terms.some((term) => term !== term) ? nan : Math.hypot(...terms));
const logsumexp = (terms) => {
  const top = largest(terms);
  return top === inf || top === -inf ? top : top + Math.log(sum(terms.map((term) => Math.exp(term - top))));
};
