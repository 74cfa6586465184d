"""fit_many: one training per seed and learning rate, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, count, islice
from math import inf, isfinite, nan
from typing import Any, NamedTuple, Never

from autodiff import Value
from autodiff.flat import Unsupported, stepping
from autodiff.flat.state import Batches

from .._checks import Examples, Targets, generator, one_of, quantity, refuse_words, several, size
from ..data import AHEAD, whole_epochs
from ..losses import AnyLoss, as_list, loss_named
from ..metrics import are_classes, encode_targets, evaluate, examples_in
from ..models import MLP
from ..module import Module, buffers_in, in_mode
from ..optim import OPTIMIZERS, Optimizer, OptimizerName
from .fitting import check_trained, fit
from .loop import NonfiniteLossError, Pace, Task
from .progress import Progress
from .runners import RUNNERS, RunnerName, refuse_own_step


class Outcome(NamedTuple):
    """The result of one training."""

    parameters: list[float]
    loss: float  # of the last epoch
    accuracy: float


class Runs:
    """The results of ``fit_many`` in plain lists: a row per learning rate, a column per seed.

    Attributes
    ----------
    seeds : list of int
        The seeds; after ctrl-C only those that were finished.
    learning_rates : list of float
    loss : list of list of float
        Mean loss over the last epoch; nan where a loss became inf or nan, which ended that net's training.
    accuracy : list of list of float
        Share of examples classified correctly in the end, from 0 to 1; nan where the loss is nan, and everywhere for
        numeric targets (see ``evaluate``).
    classes : bool
        Whether the targets are classes.
    parameters : list of list of list of float
        The trained numbers of each net.
    stopped : str
        Why training ended: "all epochs" or "interrupted".

    Examples
    --------
    >>> from nn import MLP, fit_many, truth_table
    >>> runs = fit_many(MLP(2, [2, 1]), *truth_table("and"), seeds=range(4), epochs=300, progress=False)
    >>> print(runs)
    learning rate 0.1: 4 of 4 seeds learn it
    >>> runs.model(seed=3)
    MLP(2-2-1, tanh, linear, 9 parameters)
    """

    def __init__(
        self, make: Callable[[int], Any], learning_rates: Sequence[float], classes: bool,
        found: Sequence[tuple[int, Sequence[Outcome]]], stopped: str = "all epochs"
    ) -> None:  # fmt: skip
        self.make, self.classes, self.stopped = make, classes, stopped
        self.seeds, self.learning_rates = [seed for seed, _ in found], list(learning_rates)
        rows = [[outcomes[place] for _, outcomes in found] for place in range(len(self.learning_rates))]
        self.loss = [[net.loss for net in row] for row in rows]
        self.accuracy = [[net.accuracy if net.loss == net.loss else nan for net in row] for row in rows]
        self.parameters = [[net.parameters for net in row] for row in rows]

    @property
    def learned(self) -> list[list[bool]]:
        """Whether each net classifies all examples correctly; False for numeric targets."""
        return [[share == 1.0 for share in row] for row in self.accuracy]

    @property
    def rates_of_success(self) -> list[float]:
        """For each learning rate, the share of seeds that learn it; nan for numeric targets."""
        return [sum(row) / len(row) if self.classes else nan for row in self.learned]

    def model(self, seed: int, learning_rate: float | None = None) -> Any:
        """The net trained from this seed (at this rate, if there are several)."""
        if learning_rate is None and len(self.learning_rates) > 1:
            raise ValueError(f"give the learning rate too, one of {self.learning_rates}")
        rate = self.learning_rates[0] if learning_rate is None else learning_rate
        if seed not in self.seeds or rate not in self.learning_rates:
            raise ValueError(f"there is no run from seed {seed} at learning rate {rate:g}")
        found = self.parameters[self.learning_rates.index(rate)][self.seeds.index(seed)]
        net = set_state(self.make(seed), found)
        net.predicts_numbers = not self.classes
        return net

    def __str__(self) -> str:
        if self.classes:
            found = [f"{sum(row)} of {quantity(len(row), 'seed')} learn it" for row in self.learned]
        else:
            found = list(map(losses_in_words, self.loss))
        return "\n".join([f"learning rate {rate:g}: {words}" for rate, words in zip(self.learning_rates, found)])

    __repr__ = __str__


def losses_in_words(losses: Sequence[float]) -> str:
    """The mean and the range of the finite losses, and the number of others."""
    finite = [loss for loss in losses if isfinite(loss)]
    if not finite:
        return f"{quantity(len(losses), 'seed')}, every one diverged"
    mean, diverged = sum(finite) / len(finite), len(losses) - len(finite)
    words = f"mean loss {mean:.3g} ({min(finite):.3g} to {max(finite):.3g}) over {quantity(len(finite), 'seed')}"
    return words + f", {diverged} more diverged" * bool(diverged)


def state_of(net: Any) -> list[float]:
    """The numbers of a net's parameters and buffers."""
    return [*[parameter.data for parameter in net.parameters()], *[held[i] for _, held, i in buffers_in(net)]]


def set_state(net: Any, numbers: Sequence[float]) -> Any:
    """Set the numbers of the net's parameters and buffers, and return it."""
    parameters = net.parameters()
    for parameter, number in zip(parameters, numbers):
        parameter.data = number
    for (_, held, i), number in zip(buffers_in(net), numbers[len(parameters) :]):
        held[i] = number
    return net


def fit_many(
    model: Callable[[Any], Any],
    X: Examples,
    Y: Targets,
    loss: AnyLoss = "squared_error",
    optimizer: OptimizerName | Callable[..., Optimizer] = "sgd",
    epochs: int = 1000,
    batch_size: int | None = None,
    runner: RunnerName = "auto",
    seed: int | None = 0,
    penalty: Callable[[Any], Any] | None = None,
    seeds: Iterable[int] = range(100),
    learning_rates: Iterable[float] | None = None,
    progress: bool = True,
    **others: Never,
) -> Runs:
    """Train a net from every seed at every learning rate, each as ``fit`` would.

    With llvmlite (extra ``fast``) the nets train side by side in machine code: a thousand tiny ones take less than a
    second. Otherwise they train one after the other.

    Parameters
    ----------
    model : MLP or function (seed) -> Module
        An MLP to clone for each seed, or a function that makes the nets; side by side they may differ only in the
        numbers of their parameters.
    X, Y, loss, epochs, batch_size, penalty, progress
        As for ``fit``.
    optimizer : str or function (parameters, learning_rate) -> Optimizer
        A name from ``OPTIMIZERS``, a class, or your own function: ``partial(SGD, momentum=0.9)``.
    runner : str
        "native" trains the nets side by side. "auto" does so if it can, and otherwise trains them one by one, as any
        other runner of ``fit`` does.
    seed : int, optional
        Orders the mini-batches, the same for all nets; with None each net's own seed does.
    seeds : iterable of int
        One net starts from each.
    learning_rates : iterable of float, optional
        By default the optimizer's own.

    Returns
    -------
    Runs
        After ctrl-C the nets that were finished; KeyboardInterrupt if there are none.

    Raises
    ------
    ValueError
        If there are no seeds or learning rates, or as ``fit`` does.
    TypeError
        If the model cannot be made from a seed.

    Examples
    --------
    >>> from nn import MLP, fit_many, truth_table
    >>> X, Y = truth_table("xor")
    >>> runs = fit_many(MLP(2, [2, 1]), X, Y, seeds=range(50), learning_rates=[0.05, 0.5], epochs=500, progress=False)
    >>> print(runs)
    learning rate 0.05: 14 of 50 seeds learn it
    learning rate 0.5: 46 of 50 seeds learn it

    For numeric targets, compare the losses:

    >>> X, Y = [[-1.0], [0.0], [1.0]], [0.5, 0.2, -0.1]
    >>> fit_many(MLP(1, [1]), X, Y, seeds=range(10), learning_rates=[0.01], epochs=100, progress=False)
    learning rate 0.01: mean loss 0.0191 (0.000861 to 0.0694) over 10 seeds
    """
    refuse_words(fit_many, others)
    one_of("runner", runner, RUNNERS)
    job = Job(model, X, Y, loss, optimizer, epochs, batch_size, seed, penalty, seeds, learning_rates)
    done: list[tuple[int, list[Outcome]]] = []  # it grows by whole seeds
    stopped = "all epochs"
    with Progress(len(job.seeds), progress, "seed") as shown:

        def take(found: Iterable[list[Outcome]]) -> None:
            for outcomes, start in zip(found, job.seeds):
                done.append((start, outcomes))
                shown.show(len(done), [outcomes[0].loss])

        try:
            try:
                take(job.side_by_side() if runner in ("native", "auto") else job.one_by_one(runner))
            except (Unsupported, ImportError) as error:
                if runner != "auto":
                    raise
                shown.hint(str(error) if isinstance(error, ImportError) else "")
                done.clear()
                take(job.one_by_one(runner))
        except KeyboardInterrupt:
            if not done:
                raise
            stopped = "interrupted"
    return Runs(job.make, job.rates, job.classes, done, stopped)


class Job:
    """The checked arguments of ``fit_many``, and two ways to train its nets."""

    def __init__(
        self, model: Any, X: Any, Y: Any, loss: Any, optimizer: Any, epochs: int,
        batch_size: int | None, seed: int | None, penalty: Callable[[Any], Any] | None, seeds: Iterable[int],
        learning_rates: Iterable[float] | None
    ) -> None:  # fmt: skip
        if not isinstance(model, MLP) and (isinstance(model, Module) or not callable(model)):
            raise TypeError(
                "fit_many makes a net from each seed: give an MLP or a function such as "
                f"lambda seed: Sequential(Layer(2, 4, seed=seed), ...); got {model!r:.60}"
            )
        self.alike = isinstance(model, MLP)  # whether the nets differ only in their parameters
        self.make: Callable[[int], Any] = model.clone if isinstance(model, MLP) else model
        self.X, self.Y, self.loss = examples_in(X), Y, loss_named(loss)
        self.epochs = size(epochs, "epochs")
        self.batch_size = min(len(self.X), size(len(self.X) if batch_size is None else batch_size, "batch_size"))
        self.seed, self.penalty = seed, penalty
        self.seeds = several("seeds", seeds, "seeds=range({})")
        if not self.seeds:
            raise ValueError("fit_many trains a net from each seed, got none")
        self.model = self.make(self.seeds[0])
        self.targets = encode_targets(self.model, self.X, Y, self.loss)
        self.classes = are_classes(self.targets, self.loss)
        if isinstance(optimizer, Optimizer) or not (isinstance(optimizer, str) or callable(optimizer)):
            raise TypeError(
                "fit_many makes an optimizer for each net: give a name, a class, or a function of parameters and "
                f"learning_rate such as functools.partial(SGD, momentum=0.9); got {optimizer!r:.60}"
            )
        self.optimizer = make = one_of("optimizer", optimizer, OPTIMIZERS)
        if learning_rates is None:
            learning_rates = [make(self.model.parameters()).learning_rate]
            self.optimizer = lambda parameters, rate: make(parameters)
        self.rates = [*map(float, several("learning_rates", learning_rates, "learning_rates=[{}]"))]
        if not self.rates:
            raise ValueError("fit_many trains at each of the learning rates, got none")

    def one_by_one(self, runner: RunnerName) -> Iterator[list[Outcome]]:
        """Yield for each seed the outcomes at each learning rate, trained by ``fit``."""
        return ([self.fit_one(seed, rate, runner) for rate in self.rates] for seed in self.seeds)

    def fit_one(self, seed: int, rate: float, runner: RunnerName) -> Outcome:
        """The outcome of ``fit`` for one seed and rate."""
        net = self.make(seed)
        optimizer, order = self.optimizer(net.parameters(), rate), seed if self.seed is None else self.seed
        try:
            history = fit(
                net, self.X, self.Y, self.loss, optimizer, self.epochs, self.batch_size, runner, order, self.penalty,
                progress=False,
            )  # fmt: skip
        except NonfiniteLossError:
            return Outcome(state_of(net), nan, nan)
        if history.interrupted:
            raise KeyboardInterrupt
        return Outcome(state_of(net), history.loss[-1], evaluate(net, self.X, self.Y, self.loss)[1])

    def task(self, model: Any, rate: float) -> Task:
        """The task of one net."""
        optimizer = self.optimizer(model.parameters(), rate)
        return Task(model, self.X, self.targets, self.loss, optimizer, self.penalty, self.epochs, self.batch_size)

    def side_by_side(self) -> Iterator[list[Outcome]]:
        """Yield the same from machine code, many nets at a time."""
        if self.seed is None and self.batch_size < len(self.X):
            raise Unsupported("nets side by side see the same mini-batches: give a seed or another runner")
        first, *tasks = [self.task(self.model, rate) for rate in self.rates]
        rates = [task.optimizer.learning_rate for task in (first, *tasks)]
        training, pace, clip_norm = self.record(first), Pace(), first.optimizer.clip_norm

        def is_recorded(task: Task) -> bool:
            return training.fits(task.recipe) and task.optimizer.clip_norm == clip_norm

        def check() -> None:  # after blocks 1, 4, 16, ... and at the end
            if not is_recorded(self.task(self.model, self.rates[0])):
                raise Unsupported("the step is recorded differently each time: does it read a clock or a file?")

        others = () if self.alike else (self.task(self.make(seed), self.rates[0]) for seed in self.seeds[1:])
        if not all(map(is_recorded, chain(tasks, others))):
            raise Unsupported("nets train side by side if they differ only in their parameters and learning rates")
        orders = list(self.orders()) if self.epochs * len(self.X) <= AHEAD else None
        waiting, found, due = self.starts(), list[Outcome](), 1
        for block in count(1):
            if not (nets := list(islice(waiting, training.at_once))):
                return check()
            seeds, places, starts = zip(*nets)
            state, lanes = training.start(starts, [rates[place] for place in places])
            stopped: dict[int, Sequence[int]] = {}  # net that met inf or nan -> the rows of that step
            for indices, epochs in orders or self.orders():
                made, end = 0, epochs * first.epoch.steps
                while made < end:
                    with pace:
                        pace.made = min(end - made, pace.steps())
                        steps = Batches(first.epoch, indices, made, made + pace.made)
                        state, lanes = training.run(state, lanes, steps)
                    made = steps.last
                for net, ended in enumerate(lanes.ends[: len(nets)].tolist()):
                    if ended < inf and net not in stopped:
                        stopped[net] = steps.indices(int(ended))
            if block == due:
                due *= 4
                check()
            outputs = training.outputs(state.numbers)
            for net, outcome in enumerate(self.outcomes(state.numbers, lanes, outputs, len(nets))):
                found.append(self.confirm(stopped.get(net), outcome, seeds[net], self.rates[places[net]]))
                if len(found) == len(rates):
                    yield found
                    found = []

    def record(self, task: Task) -> Any:
        """Record the step of a net as machine code."""
        optimizer, model, before = task.optimizer, task.model, Value(0.0).born
        refuse_own_step(optimizer)
        for layer in [x for x in task.modules if x.in_training]:
            raise Unsupported(f"{layer!r} {layer.in_training}, which nets side by side cannot")
        x, target = task.examples[0], task.targets[0]
        check_trained(model, optimizer, task.example_loss(x, target), target, before, stacklevel=6)
        if list(map(id, optimizer.parameters)) != list(map(id, model.parameters())):
            raise Unsupported("nets train side by side if the optimizer has all their parameters, in their order")
        if optimizer.steps or any(map(any, optimizer.state.values())):
            raise Unsupported("nets train side by side if their optimizers start at step 0 with states of 0")
        make = stepping.machine_code().ManyTraining
        return make(task.recipe, task.rows, task.epoch, optimizer.clip_norm, lambda x: as_list(model(x)))

    def starts(self) -> Iterator[tuple[int, int, list[float]]]:
        """Yield (seed, place of the learning rate, numbers) of each net."""
        for seed in self.seeds:
            start = [parameter.data for parameter in self.make(seed).parameters()]
            yield from [(seed, place, start) for place in range(len(self.rates))]

    def orders(self) -> Iterator[tuple[list[int], int]]:
        """Yield (the order of the examples in some epochs, the number of epochs), as in ``fit``."""
        rows, random, remaining = len(self.X), generator(self.seed), self.epochs
        while remaining:
            epochs = min(remaining, max(1, AHEAD // rows))
            yield whole_epochs(rows, self.batch_size, random, epochs), epochs
            remaining -= epochs

    def outcomes(self, parameters: Any, lanes: Any, outputs: Any, count: int) -> Iterator[Outcome]:
        """Yield the outcome of each of ``count`` nets."""
        decide = self.loss.decide
        wanted = [decide(target) for target in self.targets]
        examples = len(wanted) if self.classes else nan
        for row, loss, answers in zip(parameters.T[:count].tolist(), lanes.losses.tolist(), outputs.tolist()):
            yield Outcome(row, loss, sum([decide(y) == right for y, right in zip(answers, wanted)]) / examples)

    def confirm(self, stopped: Sequence[int] | None, outcome: Outcome, seed: int, rate: float) -> Outcome:
        """The outcome if eager code, too, meets inf or nan in the step over the rows ``stopped``; else that of fit."""
        if all(map(isfinite, outcome.parameters)):
            if stopped is None:
                return outcome
            task = self.task(set_state(self.make(seed), outcome.parameters), rate)
            with in_mode(task.modules, True):
                loss = task.batch_loss(stopped).data
            if loss - loss != 0.0:
                return Outcome(outcome.parameters, nan, nan)
        return self.fit_one(seed, rate, "auto")
