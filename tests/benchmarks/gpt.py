"""A generative transformer over characters in scalar Values, in the style of the single-file GPTs.

It asks of the Value class only what those files ask: + - * / ** with numbers on either side, exp, log, relu, data, grad
and backward. So the same lines run on any such class, and time it.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

WORDS = ("emma", "olivia", "ava", "isabella", "sophia", "mia", "amelia", "harper")
ALPHABET = sorted(set("".join(WORDS)))
END = len(ALPHABET)  # the token that stands before and after every word
EMBEDDING, HEADS, CONTEXT = 16, 4, 10

Vector = list[Any]
Matrix = list[Vector]


def linear(matrix: Matrix, x: Vector) -> Vector:
    return [sum(w * xi for w, xi in zip(row, x)) for row in matrix]


def softmax(logits: Vector) -> Vector:
    largest = max(logit.data for logit in logits)
    powers = [(logit - largest).exp() for logit in logits]
    total = sum(powers)
    return [power / total for power in powers]


def rms_norm(x: Vector) -> Vector:
    scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def plus(x: Vector, y: Vector) -> Vector:
    return [xi + yi for xi, yi in zip(x, y)]


class GPT:
    """One transformer block between an embedding and a softmax, trained by Adam a word at a time."""

    def __init__(self, value: type, seed: int = 0) -> None:
        generator = random.Random(seed)

        def matrix(rows: int, columns: int) -> Matrix:
            return [[value(generator.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        tokens, size = END + 1, EMBEDDING
        self.token, self.position, self.unembed = matrix(tokens, size), matrix(CONTEXT, size), matrix(tokens, size)
        self.query, self.key, self.value, self.mix = [matrix(size, size) for _ in range(4)]
        self.widen, self.narrow = matrix(4 * size, size), matrix(size, 4 * size)
        matrices = [self.token, self.position, self.unembed, self.query, self.key, self.value, self.mix]
        self.parameters = [p for m in [*matrices, self.widen, self.narrow] for row in m for p in row]
        self.means, self.squares, self.steps = [0.0] * len(self.parameters), [0.0] * len(self.parameters), 0

    def attend(self, x: Vector, keys: Matrix, values: Matrix) -> Vector:
        """What the query of x finds among the keys so far, head by head."""
        keys.append(linear(self.key, x))
        values.append(linear(self.value, x))
        query, found, width = linear(self.query, x), [], EMBEDDING // HEADS
        for head in range(0, EMBEDDING, width):
            part = slice(head, head + width)
            scores = [sum(q * k for q, k in zip(query[part], key[part])) / width**0.5 for key in keys]
            weights = softmax(scores)
            found += [sum(w * v[j] for w, v in zip(weights, values)) for j in range(head, head + width)]
        return linear(self.mix, found)

    def logits(self, token: int, position: int, keys: Matrix, values: Matrix) -> Vector:
        x = rms_norm(plus(self.token[token], self.position[position]))
        x = plus(x, self.attend(rms_norm(x), keys, values))
        hidden = [h.relu() for h in linear(self.widen, rms_norm(x))]
        return linear(self.unembed, plus(x, linear(self.narrow, hidden)))

    def loss(self, word: str) -> Any:
        """The mean cross entropy of each next character."""
        tokens = [END, *[ALPHABET.index(letter) for letter in word], END]
        keys: Matrix = []
        values: Matrix = []
        losses = []
        for position, (token, following) in enumerate(pairwise(tokens)):
            losses.append(-softmax(self.logits(token, position, keys, values))[following].log())
        return sum(losses) * (1.0 / len(losses))

    def step(self, learning_rate: float = 0.01) -> float:
        """Learn one word; returns the loss before."""
        loss = self.loss(WORDS[self.steps % len(WORDS)])
        loss.backward()
        self.steps += 1
        for i, p in enumerate(self.parameters):
            self.means[i] += 0.1 * (p.grad - self.means[i])
            self.squares[i] += 0.01 * (p.grad * p.grad - self.squares[i])
            mean, square = self.means[i] / (1 - 0.9**self.steps), self.squares[i] / (1 - 0.99**self.steps)
            p.data -= learning_rate * mean / (square**0.5 + 1e-8)
            p.grad = 0.0
        return float(loss.data)
