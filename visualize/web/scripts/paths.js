// The chain rule path by path, and the results of wrong backward passes.

import { passOn } from "./lesson.js";

const LISTED = 40; // the most paths written out
const PATIENCE = 200000; // the most visits of a pass without an order

/** For each node the number of paths from it to the target. */
function pathsTo(lesson, target) {
  const count = lesson.names.map((_, node) => Number(node === target));
  for (const { node, operand } of [...lesson.steps].sort((a, b) => a.node - b.node)) count[node] += count[operand];
  return count;
}

/** The paths from the output to a node as lists of step indices, at most `LISTED` of them, and their number. */
export function chains(lesson, target) {
  const count = pathsTo(lesson, target), from = lesson.names.map(() => []), found = [];
  lesson.steps.forEach((step, i) => from[step.node].push(i));
  const waiting = [[lesson.output, []]];
  while (waiting.length && found.length < LISTED) {
    const [node, path] = waiting.pop();
    if (node === target) found.push(path);
    else {
      const onward = from[node].filter((i) => count[lesson.steps[i].operand]);
      for (const i of onward.reverse()) waiting.push([lesson.steps[i].operand, [...path, i]]);
    }
  }
  return { paths: found, count: count[lesson.output] };
}

/** For each node its edges back, [operand, function of the upstream gradient]; and the total that each step has sent. */
function edgesBack(lesson, result) {
  const edges = lesson.names.map(() => []), sent = lesson.steps.map(() => 0);
  const pass = (step, i) => (upstream) => {
    const x = passOn(step, upstream, result.steps[i].local);
    sent[i] += x;
    return x;
  };
  lesson.steps.forEach((step, i) => edges[step.node].push([step.operand, pass(step, i)]));
  return { edges, sent };
}

/** Backward as a recursion that moves on before all gradients have arrived: { gradients, sent }, or null if that takes too long. */
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

/** Backward in topological order from the gradients `start`; `add` combines a gradient with a new contribution. */
function inOrder(lesson, result, add = (old, more) => old + more, start = lesson.names.map(() => 0)) {
  const { edges, sent } = edgesBack(lesson, result), gradients = start.slice();
  gradients[lesson.output] = 1;
  for (let node = lesson.output; node >= 0; node--) {
    for (const [operand, pass] of edges[node]) gradients[operand] = add(gradients[operand], pass(gradients[node]));
  }
  return { gradients, sent };
}

/** The results of a correct pass and three wrong ones: the gradients, and what each step has sent. */
export function mistakes(lesson, result) {
  const right = inOrder(lesson, result);
  return {
    right,
    order: withoutOrder(lesson, result),
    overwritten: inOrder(lesson, result, (old, more) => more),
    again: inOrder(lesson, result, undefined, right.gradients),
  };
}
