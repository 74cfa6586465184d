"""Many nets at once: the same task from many starts and at many learning rates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import nan
from typing import Any, Never

from .checks import one_of, refuse_words, several, size
from .losses import Loss, loss_named
from .module import Module
from .nets import MLP
from .optimizers import OPTIMIZERS, Optimizer
from .prediction import are_classes, encoded, evaluate, examples_in
from .progress import Progress
from .runners import NonfiniteLossError, Task, runner_named
from .runs import Outcome, Runs, numbers
from .training import fit


def fit_many(
    model: Any,
    X: Sequence[Sequence[float]],
    Y: Sequence[Any],
    loss: str | Callable[[Any, Any], Any] | Loss = "squared_error",
    optimizer: str | Callable[..., Optimizer] = "sgd",
    epochs: int = 1000,
    batch_size: int | None = None,
    runner: str = "auto",
    seed: int | None = 0,
    penalty: Callable[[Any], Any] | None = None,
    seeds: Iterable[int] = range(100),
    learning_rates: Iterable[float] | None = None,
    progress: bool = True,
    **others: Never,
) -> Runs:
    """Train a net from every seed at every learning rate; each becomes what ``fit`` would make of it.

    With llvmlite (extra ``fast``) nets train side by side in machine code: a thousand tiny ones take
    less than a second. Otherwise they train one after the other.

    Parameters
    ----------
    model : MLP or function (seed) -> Module
        What is trained: nets of the MLP's make, or those that the function returns, which may differ only
        in the numbers of their parameters.
    X, Y, loss, epochs, batch_size, penalty, progress
        As for ``fit``.
    optimizer : str or function (parameters, learning_rate) -> Optimizer
        A name from ``OPTIMIZERS``, a class, or your own: ``partial(SGD, momentum=0.9)``.
    runner : str
        "native" trains nets side by side; "auto" does so where it can, and otherwise goes through ``fit``
        like any other runner.
    seed : int, optional
        Of the order of mini-batches, the same for all nets. None gives each net its own seed's order.
    seeds : iterable of int
        Where the nets start.
    learning_rates : iterable of float, optional
        By default the optimizer's own.

    Returns
    -------
    Runs
        After ctrl-C what became of the nets that were finished; KeyboardInterrupt if there are none.

    Raises
    ------
    ValueError
        If there are no seeds or learning rates, or what ``fit`` raises for its arguments.
    TypeError
        If the model cannot be made anew from a seed.

    Examples
    --------
    >>> from nn import MLP, fit_many, truth_table
    >>> X, Y = truth_table("xor")
    >>> runs = fit_many(MLP(2, [2, 1]), X, Y, seeds=range(50), learning_rates=[0.05, 0.5], epochs=500, progress=False)
    >>> print(runs)
    learning rate 0.05: 14 of 50 seeds learn it
    learning rate 0.5: 46 of 50 seeds learn it

    Where the targets are numbers to be met, only the losses tell:

    >>> X, Y = [[-1.0], [0.0], [1.0]], [0.5, 0.2, -0.1]
    >>> fit_many(MLP(1, [1]), X, Y, seeds=range(10), learning_rates=[0.01], epochs=100, progress=False)
    learning rate 0.01: mean loss 0.0191 (0.000861 to 0.0694) over 10 seeds
    """
    refuse_words(fit_many, others)
    job = Job(model, X, Y, loss, optimizer, epochs, batch_size, seed, penalty, seeds, learning_rates)
    runs = Runs(job.make, job.rates, are_classes(job.targets, job.loss))
    with Progress(len(job.seeds), progress, "seed") as shown:
        try:
            for start, outcomes in zip(job.seeds, job.outcomes(runner, shown)):
                runs.add(start, outcomes)
                shown.show(len(runs.seeds), outcomes[0].loss)
            runs.stopped = "all epochs"
        except KeyboardInterrupt:
            runs.cut()
            if not runs.seeds:
                raise
            runs.stopped = "interrupted"
    return runs


class Job:
    """What ``fit_many`` was asked for, checked."""

    def __init__(
        self,
        model: Any,
        X: Sequence[Sequence[float]],
        Y: Sequence[Any],
        loss: str | Callable[[Any, Any], Any] | Loss,
        optimizer: str | Callable[..., Optimizer],
        epochs: int,
        batch_size: int | None,
        seed: int | None,
        penalty: Callable[[Any], Any] | None,
        seeds: Iterable[int],
        learning_rates: Iterable[float] | None,
    ) -> None:
        self.given, self.make = model, maker(model)
        self.X, self.Y, self.loss = examples_in(X), Y, loss_named(loss)
        self.epochs = size(epochs, "epochs")
        self.batch_size = min(len(self.X), size(len(self.X) if batch_size is None else batch_size, "batch_size"))
        self.seed, self.penalty = seed, penalty
        self.seeds = several("seeds", seeds, "seeds=range({})")
        if not self.seeds:
            raise ValueError("fit_many trains a net from each seed, got none")
        self.model = self.make(self.seeds[0])
        self.targets = encoded(self.model, self.X, Y, self.loss)
        self.optimizer = make = optimizer_maker(optimizer)
        if learning_rates is None:
            learning_rates = [make(self.model.parameters()).learning_rate]
            self.optimizer = lambda parameters, rate: make(parameters)
        self.rates = [*map(float, several("learning_rates", learning_rates, "learning_rates=[{}]"))]
        if not self.rates:
            raise ValueError("fit_many trains at each of the learning rates, got none")

    def outcomes(self, runner: str, shown: Progress) -> Iterator[list[Outcome]]:
        """For each seed what became of the net at each learning rate."""
        runner_named(runner)
        if runner in ("native", "auto"):
            from autodiff.flat import Unsupported  # when used: this brings in flat code

            from .side_by_side import SideBySide

            try:
                return SideBySide(self).outcomes()
            except (Unsupported, ImportError) as error:
                if runner == "native":
                    raise
                # "auto" goes on one by one
                shown.hint(str(error) if isinstance(error, ImportError) else "")
        return ([self.fitted(seed, rate, runner) for rate in self.rates] for seed in self.seeds)

    def other_nets(self) -> Iterator[Any]:
        """The nets of all seeds but the first; none of an MLP's make, which are alike."""
        return iter(()) if isinstance(self.given, MLP) else map(self.make, self.seeds[1:])

    def task(self, model: Any, rate: float) -> Task:
        """The task of one net."""
        chosen = self.optimizer(model.parameters(), rate)
        return Task(model, self.X, self.targets, self.loss, chosen, self.penalty, self.epochs)

    def fitted(self, seed: int, rate: float, runner: str) -> Outcome:
        """What becomes of the net of that seed and rate by ``fit``."""
        net = self.make(seed)
        chosen = self.optimizer(net.parameters(), rate)
        order = seed if self.seed is None else self.seed
        try:
            history = fit(
                net, self.X, self.Y, self.loss, chosen, self.epochs, self.batch_size, runner, order, self.penalty,
                progress=False,
            )  # fmt: skip
        except NonfiniteLossError:
            return Outcome(numbers(net), nan, nan)
        if history.interrupted:
            raise KeyboardInterrupt
        return Outcome(numbers(net), history.loss[-1], evaluate(net, self.X, self.Y, self.loss)[1] / len(self.X))


def maker(model: Any) -> Callable[[int], Any]:
    """The function that makes a net from a seed."""
    if isinstance(model, MLP):
        return model.again
    if isinstance(model, Module) or not callable(model):
        raise TypeError(
            "fit_many makes a net from each seed: give an MLP or a function such as "
            f"lambda seed: Sequential(Layer(2, 4, seed=seed), ...); got {model!r:.60}"
        )
    return model  # type: ignore[no-any-return]


def optimizer_maker(optimizer: Any) -> Callable[..., Optimizer]:
    """The function that makes an optimizer from parameters and a learning rate."""
    if isinstance(optimizer, Optimizer) or not (isinstance(optimizer, str) or callable(optimizer)):
        raise TypeError(
            "fit_many makes an optimizer for each net: give a name, a class, or a function of parameters and "
            f"learning_rate such as functools.partial(SGD, momentum=0.9); got {optimizer!r:.60}"
        )
    return one_of("optimizer", optimizer, OPTIMIZERS)  # type: ignore[no-any-return]
