"""Examples with words: bags of words, weight sharing, and a small language model (C13, E10, E13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import log
from typing import Any

from .._checks import Seed, generator
from ..layers import Layer
from ..losses import one_hot, squared_error
from ..metrics import predict
from ..models import MLP, Convolution, RecurrentCell
from ..module import Module
from ..optim import Adam
from ..training.fitting import fit

REVIEWS = (("I love this product!", 0), ("It claims too much.", 1), ("It's a little expensive.", 2))  # +, -, ?
SENTENCE = "the small net reads two words and guesses the next one"


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation.

    >>> words_of("It's a little expensive.")
    ['its', 'a', 'little', 'expensive']
    """
    return "".join([letter for letter in text.lower() if letter.isalnum() or letter.isspace()]).split()


def vocabulary(texts: Iterable[str]) -> list[str]:
    """Every word once, in order of first appearance.

    >>> vocabulary(["the net reads", "the net learns"])
    ['the', 'net', 'reads', 'learns']
    """
    return list(dict.fromkeys(word for text in texts for word in words_of(text)))


def bag_of_words(text: str, known: Sequence[str]) -> list[float]:
    """The number of times each known word occurs: the sum of the words' one-hot vectors.

    >>> bag_of_words("so so good", ["good", "so", "bad"])
    [1.0, 2.0, 0.0]
    """
    words = words_of(text)
    return [float(words.count(word)) for word in known]


def reviews() -> tuple[list[list[float]], list[int], list[str]]:
    """(X, Y, known words) of C13's reviews: class 0 is positive, 1 negative, 2 neither.

    >>> X, Y, known = reviews()
    >>> Y, known[:3]
    ([0, 1, 2], ['i', 'love', 'this'])
    """
    known = vocabulary(text for text, _ in REVIEWS)
    return [bag_of_words(text, known) for text, _ in REVIEWS], [kind for _, kind in REVIEWS], known


def windows(text: str, known: Sequence[str], width: int = 2) -> tuple[list[list[float]], list[int]]:
    """(X, Y): the concatenated one-hot vectors of ``width`` successive words, and the place of the next word.

    >>> X, Y = windows("a b c", ["a", "b", "c"])
    >>> X, Y
    ([[1.0, 0.0, 0.0, 0.0, 1.0, 0.0]], [2])
    """
    places = [known.index(word) for word in words_of(text)]
    starts = range(len(places) - width)
    X = [[x for place in places[i : i + width] for x in one_hot(place, len(known))] for i in starts]
    return X, [places[i + width] for i in starts]


class WindowModel(Module):
    """softmax(U f(W e + b1) + b2), where e joins the embeddings of the window's words (Bengio et al. 2003, E13).

    The embedding is a linear layer on a word's one-hot vector, shared by all places of the window.
    U and b2 start at 0, so every word is equally likely at first.

    >>> from nn import cross_entropy
    >>> from nn.lectures import WindowModel, vocabulary, windows
    >>> known = vocabulary(["one two three one"])
    >>> X, Y = windows("one two three one", known)
    >>> model = WindowModel(len(known), seed=0)
    >>> round(cross_entropy(model(X[0]), Y[0]).data - log(3), 12)
    0.0
    """

    def __init__(self, words: int, width: int = 2, embedding: int = 3, hidden: int = 8, seed: Seed = None) -> None:
        random = generator(seed)
        self.embedding = Layer(words, embedding, bias=False, seed=random)
        self.hidden = Layer(width * embedding, hidden, "tanh", seed=random)
        self.output = Layer(hidden, words, "softmax", initializer="zeros")

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        words = len(self.embedding.neurons[0].w)
        e = [value for start in range(0, len(x), words) for value in self.embedding(x[start : start + words])]
        return self.output(self.hidden(e))


def three_reviews() -> Iterator[str]:
    """Words as one-hot vectors: a softmax neuron for each of +, - and ? learns three reviews."""
    X, Y, known = reviews()
    net = MLP(len(known), [3], output="softmax", initializer="zeros")
    run = fit(net, X, Y, "cross_entropy", epochs=200, progress=False)
    yield f"{len(known)} known words, loss {run.loss[0]:.6f} (ln 3 = {log(3.0):.6f}) -> {run.loss[-1]:.6f}"
    for text in [*[text for text, _ in REVIEWS], "I love this little product", "too much"]:
        shares = net(bag_of_words(text, known))
        yield f"  {text:<28} " + " ".join([f"{sign} {p.data:.3f}" for sign, p in zip("+-?", shares)])


def weight_sharing() -> Iterator[str]:
    """A recurrent cell and a convolution: shared weights, whose gradients add up."""
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
