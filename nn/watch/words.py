"""To watch: words as one-hot vectors, and the same weights used again and again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import log

from ..losses import squared_error
from ..nets import MLP
from ..optimizers import Adam
from ..prediction import predict
from ..sharing import Convolution, RecurrentCell
from ..training import fit
from ..words import REVIEWS, SENTENCE, WindowModel, bag_of_words, reviews, vocabulary, windows


def three_reviews() -> Iterator[str]:
    """Words as one-hot vectors: a softmax neuron for each of +, - and ? learns three reviews."""
    X, Y, known = reviews()
    net = MLP(len(known), [3], output="softmax", initializer="zeros")
    run = fit(net, X, Y, "cross_entropy", epochs=200, progress=False)
    yield f"{len(known)} known words, loss {run.loss[0]:.6f} (ln 3 = {log(3.0):.6f}) -> {run.loss[-1]:.6f}"
    for text in [*[text for text, _ in REVIEWS], "I love this little product", "too much"]:
        shares = net(bag_of_words(text, known))
        told = " ".join([f"{sign} {p.data:.3f}" for sign, p in zip("+-?", shares)])
        yield f"  {text:<28} {told}"


def weight_sharing() -> Iterator[str]:
    """A recurrent cell and a convolution: the same weights again and again, their gradients added up."""
    cell = RecurrentCell(1, 2, seed=0)
    sequence = [[1.0], [0.0], [-1.0], [0.5]]
    squared_error(cell(sequence), [1.0, 0.0]).backward()
    yield f"recurrent cell: {len(cell.parameters())} parameters for any length; here used {len(sequence)} times"
    yield f"  gradient of its first weight, added over the uses: {cell.parameters()[0].grad:.6g}"
    edges = Convolution(2, seed=0)
    X = [[0.0, 0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0, 1.0], [0.0, 1.0, 0.0, 0.0, 1.0]]
    Y = [[b - a for a, b in pairwise(x)] for x in X]
    run = fit(edges, X, Y, epochs=300, progress=False)
    weights = ", ".join([f"{p.data:.3f}" for p in edges.parameters()])
    yield f"convolution of width 2 learns to see edges: (w0, w1, b) = ({weights}), loss {run.loss[-1]:.1e}"


def language_model() -> Iterator[str]:
    """A fixed-window language model learns one sentence."""
    known = vocabulary([SENTENCE])
    X, Y = windows(SENTENCE, known)
    model = WindowModel(len(known), seed=0)
    run = fit(model, X, Y, "cross_entropy", Adam(model.parameters(), 0.05), 100, progress=False)
    yield f"{len(known)} words, {len(model.parameters())} parameters"
    yield f"loss at first {run.loss[0]!r} (ln {len(known)} = {log(len(known))!r}), after 100 epochs {run.loss[-1]:.6f}"
    for x in X:
        before = [known[place % len(known)] for place, bit in enumerate(x) if bit]
        yield f"  {' '.join(before):<16} -> {known[predict(model, x, 'cross_entropy')]}"
