"""Training: fit, the loop of the lectures."""

from __future__ import annotations

from math import nan
from random import Random

from .checks import one_of, size
from .history import History, gradient_norms
from .losses import Loss, loss_named
from .optimizers import Optimizer, optimizer_named
from .prediction import are_classes, encoded, examples_in, numbers
from .progress import Progress
from .runners import NonfiniteLossError, Task, runner_named

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


def fit(
    model: Any,
    X: Sequence[Sequence[float]],
    Y: Sequence[Any],
    loss: str | Callable[[Any, Any], Any] | Loss = "squared_error",
    optimizer: Optimizer | str | None = None,
    epochs: int = 1000,
    batch_size: int | None = None,
    runner: str = "auto",
    seed: int = 0,
    penalty: Callable[[Any], Any] | None = None,
    callbacks: Sequence[Callable[[Any, History], Any]] = (),
    record: Sequence[str] = (),
    resume: History | None = None,
    progress: bool = True,
    learning_rate: float | None = None,
) -> History:
    """Train the model: mini-batch, forward, loss, backward, update, again and again (B6).

    Parameters
    ----------
    model : Module
        What is trained, called with one example.
    X : sequence of examples, each of shape (inputs,)
        As many as targets.
    Y : sequence of targets
        A number, a class or a list of numbers for each example, as the loss takes it.
    loss : str, Loss, or function (outputs, target) -> Value
        A name from ``LOSSES`` or your own; both arguments come as lists.
    optimizer : Optimizer or str, optional
        SGD at a learning rate of 0.1 where none is given; a name from ``OPTIMIZERS`` takes its own rate.
    epochs : int
        How often every example is looked at.
    batch_size : int, optional
        Examples for each update: 1 is stochastic gradient descent, None all of them (C5).
    runner : str
        How the epochs are run; the numbers are the same. "eager" records every mini-batch anew; "source" and
        "batch" record one step once, as flat code in Python or in NumPy over all rows; "native" compiles whole
        epochs to machine code (llvmlite, extra ``fast``); "auto" takes the fastest of these that the model
        allows and that is worth its compile time. Where a call of model, loss, penalty or update changes anything
        else (it counts, anneals, draws random numbers), "auto" is "eager", and the others raise an error.
    seed : int
        ``random.Random(seed).shuffle`` puts the indices 0, 1, ... in a new order for every epoch. With
        all examples in one batch nothing is shuffled.
    penalty : function (model) -> Value, optional
        Added to every mini-batch's loss: ``l2(0.01)``.
    callbacks : list of functions (model, history) -> str or None
        Called after every epoch. A text that one returns is the reason to stop: ``loss_below(0.01)``. They may
        change numbers, the optimizer's settings, and what model, loss and penalty do from then on.
    record : list of str
        What else the history holds: "accuracy", "gradient_norms".
    resume : History, optional
        An earlier run to go on with: its optimizer, its order of mini-batches, its lists.
    progress : bool
        Whether to show a bar on the error stream (plain lines where that is no terminal).
    learning_rate : float, optional
        Of an optimizer that is named or left out; one that is made already has its own.

    Returns
    -------
    History
        Plain lists. After ctrl-C too: the model is as the last whole epoch left it.

    Raises
    ------
    NonfiniteLossError
        At the first loss or gradient that is inf or nan, before it changes the model; it carries the history.
    TypeError, ValueError
        If what is given does not fit together; the message says what to give.

    Examples
    --------
    >>> from nn import MLP, fit, truth_table
    >>> net, (X, Y) = MLP(2, [4, 1], seed=0), truth_table("and")
    >>> fit(net, X, Y, epochs=10, progress=False)
    History(10 epochs, 10 updates, loss 0.41786 -> 0.13528, stopped: all epochs)
    >>> fit(net, X, Y, optimizer="momentum", learning_rate=0.05, epochs=10, progress=False).optimizer
    SGD(learning_rate=0.05)
    """
    X, row = examples_in(X), loss_named(loss)
    targets = encoded(model, X, Y, row)
    chosen = chosen_optimizer(model, optimizer, learning_rate, resume)
    history = resume if resume is not None else History(chosen, Random(seed))
    callbacks = [*[recorder(name, row, X, targets) for name in record], *callbacks]
    make = runner_named(runner)
    run = make(Task(model, X, targets, row, chosen, penalty, epochs))
    batches = size(len(X) if batch_size is None else batch_size, "batch_size")
    with Progress(size(epochs, "epochs"), progress) as shown:
        try:
            history.stopped = ""
            history.stopped = loop(run, make, history, batches, epochs, callbacks, shown)
        except KeyboardInterrupt:
            history.stopped = "interrupted"
        except NonfiniteLossError as error:
            history.stopped = "non-finite loss" if error.loss - error.loss else "non-finite gradient"
            error.history = history
            raise
    return history


def loop(
    run: Any,
    make: Callable[[Task], Any],
    history: History,
    batch_size: int,
    epochs: int,
    callbacks: Sequence[Callable[..., Any]],
    shown: Progress,
) -> str:
    """Run the epochs, write them into the history, and return why it ended."""
    before, task = history.epochs, run.task
    while history.epochs < before + epochs:
        most = 1 if callbacks else before + epochs - history.epochs
        run.epochs(history, batch_size, most, lambda: shown.show(history.epochs - before, history.loss[-1]))
        shown.hint(run.hint)
        reasons = [callback(task.model, history) for callback in callbacks]
        for reason in reasons:
            if reason:
                return str(reason)
        if callbacks and task.recorded and task.recorded.changed():
            task.recorded, task.renewed = None, task.renewed + 1
            run = make(task)
    return "all epochs"


def chosen_optimizer(
    model: Any, optimizer: Optimizer | str | None, learning_rate: float | None, resume: History | None
) -> Optimizer:
    """The optimizer that was given, named, left by an earlier run, or SGD at 0.1."""
    if learning_rate is not None and (resume is not None or isinstance(optimizer, Optimizer)):
        raise ValueError(
            "an optimizer has its own learning rate: assign optimizer.learning_rate, or name the optimizer"
        )
    if resume is not None:
        if optimizer is not None and optimizer is not resume.optimizer:
            raise ValueError("a resumed run goes on with its own optimizer: give resume or optimizer, not both")
        return resume.optimizer
    if optimizer is None or isinstance(optimizer, str):
        return optimizer_named(optimizer or "sgd", model.parameters(), learning_rate)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"expected an optimizer such as SGD(model.parameters(), 0.1) or a name such as 'sgd', got {optimizer!r:.60}"
        )
    return optimizer


def recorder(
    name: str, loss: Loss, X: Sequence[Sequence[float]], targets: Sequence[Sequence[float]]
) -> Callable[[Any, History], None]:
    """The callback that writes this list of the history."""

    examples = len(X) if are_classes(targets, loss) else nan

    def accuracy(model: Any, history: History) -> None:
        right = [loss.decide(numbers(model(x))) == loss.decide(target) for x, target in zip(X, targets)]
        history.accuracy.append(sum(right) / examples)

    def norms(model: Any, history: History) -> None:
        history.gradient_norms.append(gradient_norms(model, history.optimizer.parameters))

    return one_of("record", name, {"accuracy": accuracy, "gradient_norms": norms})  # type: ignore[no-any-return]
