// The chain rule path by path, and what comes out where a backward pass is written wrongly.

import { passed } from "./lesson.js";

const LISTED = 40; // so many paths are written out
const PATIENCE = 200000; // so many visits a pass without an order may take

/** How many paths lead from the output to a node: a sum over its users. */
function pathsTo(lesson, target) {
  const count = new Map([[target, 1]]);
  for (let node = target + 1; node <= lesson.output; node++) count.set(node, 0);
  for (const step of [...lesson.steps].sort((a, b) => a.node - b.node)) {
    if (step.operand >= target && count.has(step.node)) {
      count.set(step.node, count.get(step.node) + (count.get(step.operand) ?? 0));
    }
  }
  return count;
}

/** The paths from the output to a node as lists of step indices, at most `LISTED` of them, and how many there are. */
export function chains(lesson, target) {
  const count = pathsTo(lesson, target), found = [];
  const from = new Map();
  lesson.steps.forEach((step, i) => from.set(step.node, [...(from.get(step.node) ?? []), i]));
  const waiting = [[lesson.output, []]];
  while (waiting.length && found.length < LISTED) {
    const [node, path] = waiting.pop();
    if (node === target) found.push(path);
    else {
      const onward = (from.get(node) ?? []).filter((i) => count.get(lesson.steps[i].operand));
      for (const i of onward.reverse()) waiting.push([lesson.steps[i].operand, [...path, i]]);
    }
  }
  return { paths: found, count: count.get(lesson.output) ?? 0 };
}

/** The edges back from each node: [operand, what passes of an upstream gradient]; and what each step has sent. */
function edgesBack(lesson, result) {
  const edges = lesson.names.map(() => []), sent = lesson.steps.map(() => 0);
  const pass = (step, i) => (upstream) => {
    const x = passed(step, upstream, result.steps[i].local);
    sent[i] += x;
    return x;
  };
  lesson.steps.forEach((step, i) => edges[step.node].push([step.operand, pass(step, i)]));
  return { edges, sent };
}

/** Backward as a recursion that goes on before all has arrived: { gradients, sent }, or null where that never ends. */
function withoutOrder(lesson, result) {
  const { edges, sent } = edgesBack(lesson, result), gradients = lesson.names.map(() => 0);
  gradients[lesson.output] = 1;
  const waiting = [[lesson.output, 0]];
  for (let visits = 0; waiting.length; visits++) {
    if (visits > PATIENCE) return null;
    const top = waiting.at(-1), [node, place] = top;
    if (place === 0) for (const [operand, pass] of edges[node]) gradients[operand] += pass(gradients[node]);
    if (place === edges[node].length) waiting.pop();
    else {
      top[1]++;
      waiting.push([edges[node][place][0], 0]);
    }
  }
  return { gradients, sent };
}

/** Backward in the right order; `add` says what is done with what arrives, `start` where the gradients begin. */
function inOrder(lesson, result, add = (old, more) => old + more, start = lesson.names.map(() => 0)) {
  const { edges, sent } = edgesBack(lesson, result), gradients = start.slice();
  gradients[lesson.output] = 1;
  for (let node = lesson.output; node >= 0; node--) {
    for (const [operand, pass] of edges[node]) gradients[operand] = add(gradients[operand], pass(gradients[node]));
  }
  return { gradients, sent };
}

/** What a right pass and three wrong ones come to: the gradients, and what each step has sent. */
export function mistakes(lesson, result) {
  const right = inOrder(lesson, result);
  return {
    right,
    order: withoutOrder(lesson, result),
    overwritten: inOrder(lesson, result, (old, more) => more),
    again: inOrder(lesson, result, undefined, right.gradients),
  };
}
