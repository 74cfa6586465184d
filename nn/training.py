"""Training: fit, the loop of the lectures, and predict, what a net makes of an example."""

from __future__ import annotations

from random import Random
from time import perf_counter

from .history import History
from .losses import Loss, listed, loss_named
from .optimizers import SGD
from .progress import Progress
from .runners import NonFiniteLossError, Task, runner_named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from .optimizers import Optimizer


def fit(
    model: Any,
    X: Sequence[Sequence[float]],
    Y: Sequence[Any],
    loss: str | Callable[[Any, Any], Any] = "squared_error",
    optimizer: Optimizer | None = None,
    epochs: int = 1000,
    batch_size: int | None = None,
    runner: str = "auto",
    seed: int = 0,
    penalty: Callable[[Any], Any] | None = None,
    progress: bool = True,
) -> History:
    """Train the model: mini-batch, forward, loss, backward, update, again and again.

    Parameters
    ----------
    model : Module
        What is trained, called with one example.
    X : sequence of examples, each of shape (inputs,)
        As many as targets.
    Y : sequence of targets
        A number or a list of numbers for each example.
    loss : str or function (outputs, target) -> Value
        A name from ``LOSSES`` or your own, for one example.
    optimizer : Optimizer, optional
        SGD at a learning rate of 0.1 where none is given.
    epochs : int
        How often every example is looked at.
    batch_size : int, optional
        Examples for each update: 1 is stochastic gradient descent, None all of them (C5).
    runner : str
        How the epochs are run; the numbers are the same.
    seed : int
        ``random.Random(seed).shuffle`` puts the indices 0, 1, ... in a new order for every epoch. With
        all examples in one batch nothing is shuffled.
    penalty : function (model) -> Value, optional
        Added to every mini-batch's loss.
    progress : bool
        Whether to show a bar on the error stream (plain lines where that is no terminal).

    Returns
    -------
    History
        Plain lists. After ctrl-C too: what was learned stays in the model.

    Raises
    ------
    NonFiniteLossError
        At the first loss that is inf or nan, before it changes the model; it carries the history.

    Examples
    --------
    >>> from nn import MLP, fit, truth_table
    >>> net, (X, Y) = MLP(2, [4, 1], seed=0), truth_table("and")
    >>> fit(net, X, Y, epochs=10, progress=False)
    History(10 epochs, 10 updates, loss 0.41786 -> 0.13528, stopped: all epochs)
    """
    X, row = examples_in(X), loss_named(loss)
    targets = encoded(model, X, Y, row)
    chosen = optimizer if optimizer is not None else SGD(model.parameters(), 0.1)
    history = History(chosen, Random(seed))
    run = runner_named(runner)(Task(model, X, targets, row, chosen, penalty))
    with Progress(epochs, progress) as shown:
        try:
            history.stopped = loop(run, history, len(X), batch_size, epochs, shown)
        except KeyboardInterrupt:
            history.stopped = "interrupted"
        except NonFiniteLossError as error:
            history.stopped = "non-finite loss"
            error.history = history
            raise
    return history


def loop(run: Any, history: History, examples: int, batch_size: int | None, epochs: int, shown: Progress) -> str:
    """Run the epochs, write them into the history, and return why it ended."""
    for epoch in range(1, epochs + 1):
        start = perf_counter()
        batches = list(mini_batches(examples, batch_size, history.random))
        loss = run.epoch(batches)
        history.loss.append(loss)
        history.seconds.append(perf_counter() - start)
        history.updates += len(batches)
        shown.show(epoch, loss)
    return "all epochs"


def mini_batches(examples: int, batch_size: int | None, random: Random) -> Iterator[list[int]]:
    """Yield the indices of one epoch's mini-batches; the last one may be smaller."""
    order = list(range(examples))
    size = examples if batch_size is None else batch_size
    if size < examples:
        random.shuffle(order)
    for start in range(0, examples, size):
        yield order[start : start + size]


def examples_in(X: Sequence[Sequence[float]]) -> list[list[float]]:
    """The examples as lists of floats, all of one length; ValueError where there is none."""
    rows = [[float(x) for x in row] for row in X]
    if not rows:
        raise ValueError("training needs at least one example, got none")
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(f"example {i} has {len(row)} numbers, example 0 has {len(rows[0])}")
    return rows


def encoded(model: Any, X: Sequence[Sequence[float]], Y: Sequence[Any], loss: Loss) -> list[list[float]]:
    """The targets as the loss takes them, checked against the number of outputs."""
    if len(Y) != len(X):
        raise ValueError(f"expected a target for each of the {len(X)} examples, got {len(Y)}")
    outputs = len(listed(model(X[0])))
    return [loss.encode(target, outputs) for target in Y]


def numbers(outputs: Any) -> list[float]:
    """The numbers of a model's outputs."""
    return [getattr(y, "data", y) for y in listed(outputs)]


def predict(model: Any, x: Sequence[float], loss: str | Callable[[Any, Any], Any] = "squared_error") -> int:
    """The class that the model gives one example: above 0.5 or not; of several outputs the largest one's place.

    Classes count from 0. A model trained by hinge loss is asked with ``loss="hinge"``: 1 or -1, by the sign.

    Examples
    --------
    >>> from nn import MLP, predict
    >>> predict(MLP.from_matrices([[-30, 20, 20]], output="sigmoid"), [1, 1])  # E2
    1
    """
    return loss_named(loss).decide(numbers(model(x)))


def evaluate(
    model: Any, X: Sequence[Sequence[float]], Y: Sequence[Any], loss: str | Callable[[Any, Any], Any] = "squared_error"
) -> tuple[float, int]:
    """(the mean loss, how many examples are classified right)."""
    row, X = loss_named(loss), examples_in(X)
    targets = encoded(model, X, Y, row)
    losses, right = 0.0, 0
    for x, target in zip(X, targets):
        outputs = listed(model(x))
        losses += getattr(cost := row.cost(outputs, target), "data", cost)
        right += row.decide(numbers(outputs)) == row.decide(target)
    return losses / len(X), right
