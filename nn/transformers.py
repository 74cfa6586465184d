"""A GPT and its parts, functions of one sequence: embeddings, causal attention, blocks, next-token scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autodiff import Value, dot, log_softmax, softmax, take
from autodiff.arrays import in_order

from ._checks import Example, Seed, above_0, generator, quantity, size
from .initializers import normal
from .layers import Layer
from .module import Module
from .normalization import RMSNorm

START = normal(0.0, 0.08)  # initializer for a small GPT


class Embedding(Module):
    """A table with one row of learned numbers per token; a call with a token returns its row.

    PyTorch's Embedding(tokens, width), except that the numbers start near 0.

    >>> len(Embedding(27, 16, seed=0)(3)), len(Embedding(27, 16, seed=0).parameters())
    (16, 432)
    """

    def __init__(self, tokens: int, width: int, seed: Seed = None) -> None:
        random = generator(seed)
        self.rows = [
            [Value(START(random, tokens, width), f"e{i}_{j}") for j in range(size(width, "width"))]
            for i in range(size(tokens, "the number of tokens"))
        ]

    def tensors(self) -> dict[str, Any]:
        return {"weight": self.rows}

    def __call__(self, token: Value | float) -> list[Value]:
        return take(self.rows, token)

    def __repr__(self) -> str:
        return f"Embedding({quantity(len(self.rows), 'token')}, width {len(self.rows[0])})"


class CausalSelfAttention(Module):
    """Each position of a sequence averages the values up to itself, weighted by how well its query fits their keys.

    Each head does so on its own part of the numbers: softmax(q . k / sqrt(size)) . v; ``heads`` divides ``width``.
    There are no biases. A call takes and returns a list of shape (positions, width). (Vaswani et al. 2017)

    >>> rows = CausalSelfAttention(4, heads=2, seed=0)([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]])
    >>> len(rows), len(rows[0])
    (2, 4)
    """

    def __init__(self, width: int, heads: int = 4, seed: Seed = None) -> None:
        random = generator(seed)
        if size(width, "width") % size(heads, "heads"):
            raise ValueError(f"heads must divide width, got {heads} heads for a width of {width}")
        layers = [Layer(width, width, "linear", False, START, random) for _ in range(4)]
        self.query, self.key, self.value, self.mix = layers
        self.parts = [slice(start, start + width // heads) for start in range(0, width, width // heads)]

    def __call__(self, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
        queries, keys, values = ([layer(x) for x in rows] for layer in (self.query, self.key, self.value))
        return [self.mix(self.attend(query, keys[: i + 1], values)) for i, query in enumerate(queries)]

    def attend(self, query: Sequence[Any], keys: Sequence[Any], values: Sequence[Any]) -> list[Any]:
        """The weighted values for one query."""
        found = []
        for part in self.parts:
            shares = softmax([dot(query[part], key[part]) / len(key[part]) ** 0.5 for key in keys])
            found += [dot(shares, column) for column in zip(*[value[part] for value in values[: len(keys)]])]
        return found

    def __repr__(self) -> str:
        return f"CausalSelfAttention(width {len(self.query.neurons)}, {quantity(len(self.parts), 'head')})"


class Block(Module):
    """One layer of a GPT: attention, then a small net at each position, each with a residual connection."""

    def __init__(self, width: int, heads: int, seed: Seed = None) -> None:
        random = generator(seed)
        self.norm = RMSNorm(width, learned=False)
        self.attention = CausalSelfAttention(width, heads, random)
        self.widen = Layer(width, 4 * width, "relu", False, START, random)
        self.narrow = Layer(4 * width, width, "linear", False, START, random)

    def __call__(self, rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
        rows = add_rows(rows, self.attention([self.norm(x) for x in rows]))
        return add_rows(rows, [self.narrow(self.widen(self.norm(x))) for x in rows])


def add_rows(rows: Sequence[Sequence[Any]], others: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[a + b for a, b in zip(x, y)] for x, y in zip(rows, others)]


class GPT(Module):
    """A generative transformer: scores for the next token at each position of a sequence of tokens.

    As in Karpathy's microgpt.py: RMSNorm without scale, no biases, ReLU. ``tokens`` is the number of tokens, which
    count from 0, ``width`` the numbers per position, ``context`` the longest sequence. (Radford et al. 2019)

    >>> gpt = GPT(27, seed=0)
    >>> gpt
    GPT(27 tokens, width 16, 4 heads, 1 layer, context 16, 4192 parameters)
    >>> len(gpt([26, 4, 12])), round(gpt.loss([26, 4, 12, 26]).data, 1)
    (3, 3.3)
    """

    takes_sequences = True

    def __init__(
        self, tokens: int, width: int = 16, heads: int = 4, layers: int = 1, context: int = 16, seed: Seed = None
    ) -> None:
        random = generator(seed)
        self.tokens, self.positions = Embedding(tokens, width, random), Embedding(context, width, random)
        self.norm = RMSNorm(width, learned=False)
        self.blocks = [Block(width, heads, random) for _ in range(size(layers, "layers"))]
        self.head = Layer(width, tokens, "linear", False, START, random)

    def __call__(self, tokens: Example) -> list[list[Value]]:
        tokens, most = list(in_order("a sequence of tokens", tokens)), len(self.positions.rows)
        if not 1 <= len(tokens) <= most:
            raise ValueError(f"a sequence must have 1 to {most} tokens, got {len(tokens)}: give GPT a larger context")
        rows = add_rows(map(self.tokens, tokens), self.positions.rows)  # type: ignore[arg-type]
        rows = [self.norm(x) for x in rows]
        for block in self.blocks:
            rows = block(rows)
        return [self.head(x) for x in rows]

    def loss(self, tokens: Sequence[Any]) -> Value:
        """The mean cross-entropy of the next tokens."""
        scores = self(tokens[:-1])
        found = [-take(log_softmax(row), token) for row, token in zip(scores, tokens[1:])]
        return sum(found) / len(scores)  # type: ignore[return-value]

    def sample(self, start: Sequence[int], end: int, temperature: float = 1.0, seed: Seed = None) -> list[int]:
        """Tokens drawn one by one after ``start``, until ``end`` or a full context.

        A lower temperature, > 0, favors likely tokens.
        """
        random, found, most = generator(seed), list(start), len(self.positions.rows)
        while len(found) == len(start) or (found[-1] != end and len(found) < most):
            scores = [x.data / above_0("temperature", temperature) for x in self(found)[-1]]
            found += random.choices(range(len(scores)), softmax(scores))
        return found[len(start) :]

    def __repr__(self) -> str:
        heads, layers = quantity(len(self.blocks[0].attention.parts), "head"), quantity(len(self.blocks), "layer")
        size = f"{len(self.tokens.rows)} tokens, width {len(self.tokens.rows[0])}, {heads}, {layers}"
        return f"GPT({size}, context {len(self.positions.rows)}, {quantity(len(self.parameters()), 'parameter')})"
