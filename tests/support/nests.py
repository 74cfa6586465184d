"""Loop nests run by the interpreter, and programs for them."""

import math
import random

from autodiff import Value, dot, log, relu, softmax, take
from autodiff.flat.loops.nests import roll
from autodiff.flat.loops.statements import Repeat, interpret
from autodiff.flat.recording import Recording
from autodiff.tracing import Tracing


def rolled(f, parameters, inputs, **options):
    """The nests of what ``f()`` returns, traced as for loops, and the recording."""
    with Tracing(sums=True):
        outputs = f()
    recording = Recording([outputs] if type(outputs) is Value else outputs, inputs, parameters)
    return roll(recording, **options), recording


def run(nests, recording, seeds=(1.0,)):
    """(outputs, gradients of parameters, gradients of inputs) by the interpreter, in memory full of nan."""
    memory = {array: [0.0 if array.startswith("g") else math.nan] * size for array, size in nests.sizes.items()}
    memory |= {"w": [x._data for x in recording.parameters], "x": [x._data for x in recording.inputs]}
    memory["t"] = list(nests.table)
    interpret(nests.forward, memory)
    outputs = [x if type(x) is float else memory[x.array][x.start] for x in nests.outputs]
    for index, seed in zip(nests.outputs, seeds):
        if type(index) is not float:
            memory.setdefault(f"g{index.array}", [0.0] * len(memory[index.array]))[index.start] += seed
    interpret(nests.backward, memory)
    zeros = [[0.0] * len(leaves) for leaves in (recording.parameters, recording.inputs)]
    return outputs, memory.get("gw", zeros[0]), memory.get("gx", zeros[1])


def counts(statements):
    """How many statements there are, those of loops of turns included."""
    return sum(len(x.body) if type(x) is Repeat else 1 for x in statements)


# --- Programs ------------------------------------------------------------------------------------


def matrix(r, rows, columns, deviation=0.3):
    return [[Value(r.gauss(0.0, deviation)) for _ in range(columns)] for _ in range(rows)]


def flat(*matrices):
    return [x for rows in matrices for row in rows for x in row]


def product(style):
    """The dot product, as one gate, or as a chain of gates by the builtin sum."""
    if style == "dot":
        return lambda a, b: dot(list(a), list(b))
    return lambda a, b: sum(x * y for x, y in zip(a, b))


def gpt(n, layers=1, style="dot", vocabulary=27, width=16, heads=4, block=16):
    """(loss of n tokens, parameters, inputs) of Karpathy's microgpt.py."""
    r, times = random.Random(42), product(style)
    size = width // heads
    tables = [matrix(r, rows, width, 0.08) for rows in (vocabulary, block, vocabulary)]
    blocks = [
        [matrix(r, *shape, 0.08) for shape in [(width, width)] * 4 + [(4 * width, width), (width, 4 * width)]]
        for _ in range(layers)
    ]
    tokens, targets = ([Value(float(r.randrange(vocabulary))) for _ in range(n)] for _ in range(2))

    def linear(x, weights):
        return [times(row, x) for row in weights]

    def normed(x):
        scale = (times(x, x) / len(x) + 1e-5) ** -0.5
        return [a * scale for a in x]

    def attention(q, keys, values):
        shares = softmax([times(q, k) / size**0.5 for k in keys])
        return [times(shares, column) for column in zip(*values)]

    def loss(length=n):
        caches = [([], []) for _ in blocks]
        losses = []
        for position, (token, target) in enumerate(zip(tokens[:length], targets)):
            x = normed([a + b for a, b in zip(take(tables[0], token), tables[1][position])])
            for (wq, wk, wv, wo, w1, w2), (keys, values) in zip(blocks, caches):
                before, x = x, normed(x)
                q, k, v = linear(x, wq), linear(x, wk), linear(x, wv)
                keys.append(k)
                values.append(v)
                out = []
                for h in range(0, width, size):
                    part = slice(h, h + size)
                    out += attention(q[part], [key[part] for key in keys], [value[part] for value in values])
                before = x = [a + b for a, b in zip(linear(out, wo), before)]
                x = linear([relu(a) for a in linear(normed(x), w1)], w2)
                x = [a + b for a, b in zip(x, before)]
            losses.append(-log(take(softmax(linear(x, tables[2])), target)))
        return sum(losses) / len(losses)

    return loss, flat(*tables, *[m for b in blocks for m in b]), [*tokens, *targets]
