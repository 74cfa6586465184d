"""Random programs made of loops, as users write them over nested lists of Values."""

import math
from functools import reduce
from types import SimpleNamespace

import autodiff
from autodiff import (
    Primitive,
    Value,
    dot,
    exp,
    log,
    logsumexp,
    maximum,
    norm,
    relu,
    sigmoid,
    softmax,
    take,
    tanh,
    where,
)
from autodiff.functions import maxout
from autodiff.primitives import stop_gradient

cube = Primitive("cube", lambda x: x * x * x, lambda out, x: (3.0 * x * x,))
bent = Primitive("bent", lambda x: x if x > 0.0 else 0.1 * x, lambda out, x: (1.0 if x > 0.0 else 0.1,))
by_numbers = Primitive(  # whose rule needs numbers
    "by_numbers", lambda x: math.atan(x) * 0.5, lambda out, x: (0.5 / (1.0 + math.pow(float(x), 2.0)),)
)
ours = Primitive(
    "ours", lambda x, y: math.hypot(x, y) + 1.0, lambda out, x, y: (x / (out - 1.0), y / (out - 1.0)),
    expansion=lambda x, y: (x * x + y * y) ** 0.5 + 1.0,
)  # fmt: skip
UNARY = tanh, sigmoid, relu, exp, autodiff.gelu, autodiff.softplus, autodiff.abs, autodiff.sin, cube, bent, by_numbers
SPECIAL = 0.0, -0.0, 1.0, -1.0, 0.5, math.inf, -math.inf, math.nan, 1e300, -1e-300


def summed(terms, style):
    """Terms added up in one of the ways in which one does that."""
    terms = list(terms)
    if style == 0:
        return sum(terms)
    if style == 1:
        return autodiff.sum(terms)
    if style == 2:
        total = 0.0
        for term in terms:
            total = total + term
        return total
    if style == 3:
        return sum(terms, 0.25)
    if style == 4:
        return reduce(lambda a, b: b + a, terms)
    return reduce(lambda a, b: a + b, terms)


def weighed(weights, inputs, style, start=None):
    """A sum of products."""
    weights, inputs = zip(*zip(weights, inputs))
    if style > 5:
        return dot(list(weights), list(inputs), 0.0 if start is None else start)
    total = summed((w * x for w, x in zip(weights, inputs)), style)
    return total if start is None else total + start if style % 2 else start + total


def matrices(r):
    """Steps that make a matrix of matrices before; each takes (A, B, its number, its style) and returns rows."""

    def turned(A):
        return [list(column) for column in zip(*A)]

    def fits(A, B):
        return B if len(B[0]) == len(A[0]) else A

    def product(A, B, t, style):
        return [[weighed(x, y, style) for y in fits(A, B)] for x in A]

    def layer(A, B, t, style):
        B = fits(A, B)
        bias = [row[0] for row in B]
        return [[weighed(row, x, style, b) for row, b in zip(B, bias)] for x in A]

    def recurrence(A, B, t, style):
        rows = []
        for row in A:
            state, out = (0.0 if style % 2 else row[0]), []
            for x in row:
                state = tanh(state * 0.5 + x) if style > 3 else state * 0.5 + x
                out.append(state)
            rows.append(out)
        return rows

    def cell(A, B, t, style):
        """A gated recurrence over the rows of A, with weights in the rows of B."""
        B, width = fits(A, B), min(3, len(A[0]))
        state, rows = [A[0][j] * 0.1 for j in range(width)], []
        for x in A:
            gate = [sigmoid(weighed(B[j % len(B)], x, style) + state[j]) for j in range(width)]
            new = [tanh(weighed(B[-1], x, style) + gate[j] * state[j]) for j in range(width)]
            state = [g * s + (1 - g) * n for g, s, n in zip(gate, state, new)]
            rows.append(state)
        return rows

    def causal(A, B, t, style):
        rows = [[weighed(A[i], A[j], style) for j in range(i + 1)] for i in range(len(A))]
        return [[summed(row, style % 6) * 0.3, row[-1]] for row in rows]

    def attention(A, B, t, style):
        B = fits(A, B)
        width = max(1, len(A[0]) // 2)
        heads = [slice(s, s + width) for s in range(0, len(A[0]) - width + 1, width)]
        rows = []
        for i, query in enumerate(A):
            keys, out = (A + B)[: i + 1], []
            for h in heads:
                shares = softmax([weighed(query[h], key[h], style) / width**0.5 for key in keys])
                out += [weighed(shares, [key[h][j] for key in keys], style) for j in range(width)]
            rows.append(out)
        return rows

    def by_exp(A, B, t, style):
        rows = []
        for row in A:
            parts = [exp(x - (stop_gradient(maxout(row)) if t > 0.5 else 0.5)) for x in row]
            total = summed(parts, style % 6)
            rows.append([part / total for part in parts])
        return rows

    def convolution(A, B, t, style):
        n, m = min(3, len(A), len(B)), min(3, len(A[0]), len(B[0]))
        kernel = [x for row in B[:n] for x in row[:m]]
        return [
            [
                weighed(kernel, [A[i + k][j + h] for k in range(n) for h in range(m)], style)
                for j in range(len(A[0]) - m + 1)
            ]
            for i in range(len(A) - n + 1)
        ]

    def padded(A, B, t, style):
        rows = [[0.0, *row, 0.0] for row in A]
        return [[weighed(B[0][:2], row[j : j + 2], style) for j in range(len(row) - 1)] for row in rows]

    def shifted(A, B, t, style):
        return [[A[i][j] * A[i - 1][j - 1] for j in range(len(A[0]))] for i in range(len(A))]

    def same(A, B):
        return B if (len(A), len(A[0])) == (len(B), len(B[0])) else [row[::-1] for row in A]

    def paired(f):
        return lambda A, B, t, style: [[f(x, y) for x, y in zip(p, q)] for p, q in zip(A, same(A, B))]

    def each(f):
        return lambda A, B, t, style: [[f(x) for x in row] for row in A]

    def reduced(f):
        return lambda A, B, t, style: [[f(row)] for row in A]

    def chosen(A, B, t, style):
        return [take(A, index) for index in r.tokens(len(A), 1 + int(3 * t))]

    def constants(A, B, t, style):
        if style > 4:
            known = [[math.sin(1.0 + i * len(row) + j) for j in range(len(row))] for i, row in enumerate(A)]
        else:
            known = [[float(i % 3 + 1) for _ in row] for i, row in enumerate(A)]
        return [[c * x for c, x in zip(p, q)] for p, q in zip(known, A)]

    def known_dot(A, B, t, style):
        known = [[0.1 * (i + 1) - 0.3 * j for j in range(len(A[0]))] for i in range(3)]
        return [[weighed(row, x, style) for row in known] for x in A]

    def maxima(A, B, t, style):
        return [
            [reduce(maximum, row) * 0.5 if t < 0.5 else x - stop_gradient(reduce(maximum, row)) for x in row]
            for row in A
        ]

    return [
        product, layer, recurrence, cell, causal, attention, by_exp, convolution, padded, shifted, chosen, constants,
        known_dot, maxima,
        lambda A, B, t, style: turned(A),
        lambda A, B, t, style: [row[::-1] for row in A[::2]],
        lambda A, B, t, style: [[x + y for x, y in zip(row, A[0])] for row in A],
        lambda A, B, t, style: [p + q for p, q in zip(A, B)],
        lambda A, B, t, style: [row[::2] for row in A],
        lambda A, B, t, style: [softmax(row) for row in A],
        lambda A, B, t, style: [[summed(row[: i + 1], style % 6)] for i, row in enumerate(A)],
        lambda A, B, t, style: [[x ** (2.0 if style % 2 else 3.0) * t for x in row] for row in A],
        each(UNARY[int(r.random() * len(UNARY))]),
        each(lambda x: relu(x - 0.1) * 0.7),
        each(lambda x: x / (1.0 + x * x)),
        each(lambda x: log(1.0 + x * x)),
        paired(lambda x, y: x * y),
        paired(lambda x, y: where(x > y, x * 0.5, y)),
        paired(lambda x, y: sigmoid(x) + maximum(x, y)),
        paired(lambda x, y: 2.0 * x + 3.0 * y),
        paired(lambda x, y: (x - y) ** 2),
        paired(ours),
        reduced(logsumexp),
        reduced(norm),
        reduced(maxout),
        reduced(autodiff.mean),
    ]  # fmt: skip


def program(r, special=False, most=7):
    """(parameters, inputs, outputs) of a program that the random generator writes and runs."""
    rows, columns = r.randint(1, 7), r.randint(1, 8)

    def number():
        return r.choice(SPECIAL) if special and r.random() < 0.1 else r.gauss(0.0, 0.5)

    parameters = [[Value(number()) for _ in range(columns)] for _ in range(rows)]
    inputs = [[Value(number()) for _ in range(columns)] for _ in range(rows)]
    extra = []

    def tokens(below, count):
        extra.extend(Value(float(r.randrange(below))) for _ in range(count))
        return extra[-count:]

    steps = matrices(SimpleNamespace(random=r.random, tokens=tokens))
    found = [parameters, inputs]
    for _ in range(r.randint(2, most)):
        step, A, B = r.choice(steps), r.choice(found[-4:]), r.choice(found)
        C = [row for row in step(A, B, r.random(), r.randrange(9)) if row]
        if C:
            found.append(C)
    style = r.randrange(6)
    squashed = [x if type(x) is float else x * 0.3 if special else tanh(x * 0.3) for row in found[-1] for x in row]
    total = summed(squashed, style) + summed([row[0] * 0.1 for row in found[len(found) // 2]], style)
    outputs = [total, *(found[-1][0][:2] if r.random() < 0.3 else [])]
    leaves = [[x for row in part for x in row] for part in (parameters, inputs)]
    return leaves[0], leaves[1] + extra, outputs
