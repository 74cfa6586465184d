"""fit: the training loop of the lectures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan
from typing import Any, Literal, Never
from warnings import warn

from autodiff import Value
from autodiff.flat import Unsupported
from autodiff.graph import history as history_of, sweep

from .._checks import Examples, Targets, generator, one_of, quantity, refuse_words, several, size
from ..losses import AnyLoss, Loss, l1, l2, loss_named
from ..metrics import are_classes, by_position, examples_in, numbers, try_model
from ..module import Module, in_mode, takes_sequences
from ..optim import Optimizer, OptimizerName, optimizer_named
from .history import EarlyStopping, History, gradient_norms, loss_below, parameters_still
from .loop import Eager, NonfiniteLossError, Task, run_epochs
from .progress import Progress
from .runners import RUNNERS, RunnerName, fastest
from .validation import Validation

Record = Literal["accuracy", "gradient_norms"]
MAKERS = (EarlyStopping, loss_below, parameters_still, l1, l2)  # to be called first


def fit(
    model: Callable[[Any], Any],
    X: Examples,
    Y: Targets,
    loss: AnyLoss = "squared_error",
    optimizer: Optimizer | OptimizerName | Callable[..., Optimizer] | None = None,
    epochs: int = 1000,
    batch_size: int | None = None,
    runner: RunnerName = "auto",
    seed: int = 0,
    penalty: Callable[[Any], Any] | None = None,
    callbacks: Callable[[Any, History], Any] | Sequence[Callable[[Any, History], Any]] | None = (),
    record: Record | Sequence[Record] | None = (),
    resume: History | None = None,
    progress: bool = True,
    learning_rate: float | None = None,
    validation_data: Sequence[Any] | None = None,
    patience: int | None = None,
    min_delta: float = 0.0,
    devices: int | None = None,
    **others: Never,
) -> History:
    """Train the model: mini-batch, forward, loss, backward, update, repeat (B6).

    Parameters
    ----------
    model : Module
        The model, called with one example at a time. It is in training mode (``model.train()``) during steps and in
        evaluation mode otherwise: in callbacks, for ``record``, and when fit returns.
    X : sequence of examples, each of shape (inputs,)
        A model whose ``takes_sequences`` is True (RecurrentCell, GPT, or your own) takes sequences of any length, of
        numbers or of lists of numbers.
    Y : sequence of targets, one per example
        Each a number, a class or a list of numbers, as the loss takes it. If the model returns a list of lists, give a
        target for each position of a sequence: the loss is the mean over the positions.
    loss : str, Loss, or function (outputs, target) -> Value
        A name from ``LOSSES`` or your own; both arguments are lists. With one output, a function that cannot
        take lists gets numbers: ``lambda y, t: (y - t) ** 2``.
    optimizer : Optimizer, str or class, optional
        By default SGD with learning rate 0.1; a name from ``OPTIMIZERS`` or a class uses its own default rate.
        Parameters that it was not given stay as they are. A warning names Values behind the loss that belong neither
        to it nor to the model, because nothing trains them.
    epochs : int
        Number of passes over all examples.
    batch_size : int, optional
        Examples per update: 1 is stochastic gradient descent. By default all of them (C5), but 1 for sequences.
    runner : str
        How to run the epochs; the numbers are the same. "eager" records every mini-batch anew. "source" and "batch"
        record one step once, as flat code in Python or in NumPy over all rows. "native" compiles whole epochs to
        machine code (llvmlite, extra ``fast``). "auto" takes the fastest of these that the model allows and that is
        worth its compile time. "jax" (extra ``jax``) compiles an epoch as one ``jax.lax.scan`` in float64; the devices
        share the rows of each mini-batch. If calling model, loss, penalty or update changes anything else (it counts,
        anneals or draws random numbers), "auto" is "eager" and the others raise an error.
    seed : int
        ``random.Random(seed).shuffle`` orders the indices 0, 1, ... for every epoch; one batch of all examples is not
        shuffled.
    penalty : function (model) -> Value, optional
        Added to every mini-batch's loss: ``l2(0.01)``.
    callbacks : function (model, history) -> str or None, or a list of them
        Called after every epoch. If one returns a text, training stops for that reason: ``EarlyStopping()``. They may
        change numbers, the optimizer's settings, and what model, loss and penalty do from then on.
    record : str or list of str
        Optional lists of the history: "accuracy", "gradient_norms".
    resume : History, optional
        An earlier run to continue, with its optimizer, its order of mini-batches and its lists. ``save`` keeps it in
        the model's file, and ``load_history`` of ``nn.training`` reads it.
    progress : bool
        Whether to show a progress bar on the error stream, or plain lines where it is not a terminal.
    learning_rate : float, optional
        For an optimizer given by name, by class or by default; an Optimizer has its own.
    validation_data : (X, Y), optional
        Held-out examples. ``history.validation_loss`` (without penalty) and ``history.validation_accuracy`` hold
        their mean loss and accuracy after every epoch, measured by flat code if the steps are.
    patience : int, optional
        Stop after this many epochs without a better validation loss, like ``EarlyStopping``, and restore the best
        parameters and buffers (not the optimizer's state) however the run ends, except for a non-finite loss.
    min_delta : float
        How much lower than the best a validation loss must be to count as better, from 0 on.
    devices : int, optional
        Number of devices that share the rows of a mini-batch with runner "jax"; by default all that JAX finds. Each
        holds all parameters, and only sums travel.

    Returns
    -------
    History
        After ctrl-C too: the model is as the last whole epoch left it.

    Raises
    ------
    NonfiniteLossError
        At the first loss or gradient that is inf or nan, before it changes the model; it carries the history.
    TypeError, ValueError
        If arguments do not fit together; the message says what to give.

    Examples
    --------
    >>> from nn import MLP, fit, moons, split, truth_table
    >>> net, (X, Y) = MLP(2, [4, 1], seed=0), truth_table("and")
    >>> fit(net, X, Y, epochs=10, progress=False)
    History(10 epochs, 10 updates, loss 0.41786 -> 0.13528, stopped: all epochs)
    >>> fit(net, X, Y, optimizer="momentum", learning_rate=0.05, epochs=10, progress=False).optimizer
    SGD(learning_rate=0.05)
    >>> (X, Y), held = split(*moons(100))
    >>> fit(MLP(2, [8, 1], seed=0), X, Y, "hinge", validation_data=held, patience=5, progress=False).stopped
    'no better validation loss in 5 epochs'

    Several processes, on one machine or many, can train one net on all their devices. Each runs the same lines with its
    own number and ends with the same net and history::

        import jax, sys
        jax.distributed.initialize("localhost:1234", num_processes=2, process_id=int(sys.argv[1]))
        from nn import MLP, fit, moons
        net = MLP(2, [16, 16, 1], seed=0)
        history = fit(net, *moons(96), "hinge", "adam", batch_size=32, epochs=40, runner="jax")
    """
    refuse_words(fit, others)
    if not callable(model):
        raise TypeError(f"expected a model such as MLP(2, [4, 1]), got {model!r:.60}; write fit(model, X, Y)")
    if isinstance(model, Module):
        model.eval()
    X = examples_in(X, model)
    row, before = by_position(loss_named(loss), model, X), Value(0.0).born
    outputs, targets = try_model(model, X, Y, row)
    chosen = resolve_optimizer(model, optimizer, learning_rate, resume)
    check_trained(model, chosen, row.cost(outputs, targets[0]), targets[0], before)
    gates = Value(0.0).born - before
    history = resume if resume is not None else History(chosen, generator(seed))
    history.began = history.epochs
    history.arguments = {"loss": loss, "penalty": penalty, "batch_size": batch_size, "validation_data": validation_data}
    records = [record] if isinstance(record, str) else several("record", record or (), "record=['accuracy']")
    given = [callbacks] if callable(callbacks) else several("callbacks", callbacks or (), "callbacks=[...]")
    callbacks = [*[recorder(name, row, X, targets) for name in records], *given]
    for thing in [*callbacks, *([] if penalty is None else [penalty])]:
        if not callable(thing) or thing in MAKERS:
            raise TypeError(
                f"a callback or penalty is a function, such as loss_below(0.01) or l2(0.01), got {thing!r:.60}"
            )
    make: Any = one_of("runner", runner, RUNNERS)
    if isinstance(model, Module):
        model.predicts_numbers = not are_classes(targets, row)
    batches = size((1 if takes_sequences(model) else len(X)) if batch_size is None else batch_size, "batch_size")
    if devices is not None and runner != "jax":
        raise ValueError(f"devices needs runner='jax', got runner={runner!r}")
    devices = devices if devices is None else size(devices, "devices")
    task = Task(model, X, targets, row, chosen, penalty, epochs, batches, gates, devices)
    if validation_data is None and (patience is not None or min_delta):
        raise ValueError("patience and min_delta need validation_data: give validation_data=(X, Y) too")
    held = [Validation(task, validation_data, patience, min_delta)] if validation_data is not None else []
    run = make(task)
    with in_mode(task.modules, False), Progress(size(epochs, "epochs"), progress) as shown:
        try:
            history.stopped = ""
            history.stopped = loop(run, make, task, history, epochs, [*held, *callbacks], shown)
        except KeyboardInterrupt:
            history.stopped = "interrupted"
        except NonfiniteLossError as error:
            history.stopped = "non-finite loss" if error.loss - error.loss else "non-finite gradient"
            error.history = history
            raise
    for validation in held:
        validation.restore()
    return history


def loop(
    run: Eager, make: Callable[[Task], Eager], task: Task, history: History, epochs: int,
    callbacks: Sequence[Callable[..., Any]], shown: Progress
) -> str:  # fmt: skip
    """Run the epochs, add them to the history, and return why training ended."""
    before = called = history.epochs
    while history.epochs < before + epochs:
        most = 1 if callbacks else before + epochs - history.epochs
        history.runner, history.why = run.name, run.why
        shown.hint(run.hint)
        try:
            run_epochs(run, task, history, most, lambda: shown.show(history.epochs - before, history.loss))
        except Unsupported as error:
            if make is not fastest:
                raise
            repeated = "; callbacks are not called again for repeated epochs" if called > history.epochs else ""
            run = Eager(task, f"from epoch {history.epochs + 1} on: {error}{repeated}")
            continue
        if callbacks and history.epochs <= called:
            continue
        called = history.epochs
        reasons = [callback(task.model, history) for callback in callbacks]
        if reason := next(filter(None, reasons), None):
            return str(reason)
        if callbacks and not task.recorded:  # a recorded step finds such changes itself
            task.find_modules()
        if callbacks and task.recorded and task.recorded.find_change():
            task.recorded, task.renewed = None, task.renewed + 1
            run = make(task)
    return "all epochs"


def resolve_optimizer(model: Any, optimizer: Any, learning_rate: float | None, resume: History | None) -> Optimizer:
    """The optimizer as given, made from a name or a class, from an earlier run, or SGD."""
    if learning_rate is not None and (resume is not None or isinstance(optimizer, Optimizer)):
        raise ValueError(
            "an optimizer has its own learning rate: assign optimizer.learning_rate, or name the optimizer"
        )
    if resume is not None:
        if not isinstance(resume, History):
            raise TypeError(
                f"resume takes the History that an earlier fit returned, or load_history(path, model) of nn.training; "
                f"got {resume!r:.60}"
            )
        if optimizer is not None and optimizer is not resume.optimizer:
            raise ValueError("a resumed run keeps its own optimizer: give resume or optimizer, not both")
        return resume.optimizer
    if optimizer is None or isinstance(optimizer, str) or (callable(optimizer) and not isinstance(optimizer, Module)):
        optimizer = optimizer_named(optimizer or "sgd", getattr(model, "parameters", lambda: model)(), learning_rate)
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"expected an optimizer such as SGD(model.parameters(), 0.1) or a name such as 'sgd', got {optimizer!r:.60}"
        )
    return optimizer


def check_trained(
    model: Any, optimizer: Optimizer, loss: Any, target: Sequence[Any], since: int, stacklevel: int = 3
) -> None:
    """Refuse an optimizer of another model; warn of untrained Values behind the loss that are older than ``since``."""
    nodes = history_of(loss) if type(loss) is Value else []
    behind = [leaf for leaf in nodes if leaf.primitive is None and leaf.born < since]
    trained = set(optimizer.parameters)
    if trained == set(behind):
        return
    own = set(model.parameters() if hasattr(model, "parameters") else ())
    if isinstance(model, Module) and type(model).parameters is not Module.parameters:
        own.update(Module.parameters(model))  # also those that its own parameters() leaves out
    if trained.isdisjoint(own.union(nodes)):
        raise ValueError(
            "the optimizer changes none of this model's parameters: create it again, SGD(model.parameters(), ...), "
            "and do not resume another model's history"
        )
    strange, frozen, found = trained.difference(own, nodes), own - trained, []
    if strange and frozen:
        found.append(
            f"the optimizer changes {quantity(len(strange), 'Value')} that the loss does not depend on, and leaves out "
            f"{len(frozen)} of the model's: after replacing a layer, create it again, SGD(model.parameters(), ...)"
        )
    known = own.union(trained, *[history_of(t) for t in target if type(t) is Value])
    if left := [leaf for leaf in behind if leaf not in known]:
        reached = {node for node, _, _ in sweep(loss)}  # without what stop_gradient cuts off
        left = [leaf for leaf in left if leaf in reached]
    if left:
        names = ", ".join(map(repr, left[:3])) + f" and {len(left) - 3} more" * (len(left) > 3)
        found.append(
            f"the loss depends on {names}, which fit does not train: assign it to an attribute of the model or give "
            "it to the optimizer, or use its number (.data) if it is a constant"
        )
    if found:
        warn("; ".join(found), stacklevel=stacklevel)


def recorder(
    name: str, loss: Loss, X: Sequence[Sequence[float]], targets: Sequence[Sequence[float]]
) -> Callable[[Any, History], None]:
    """The callback that fills this list of the history."""
    examples = len(X) if are_classes(targets, loss) else nan

    def accuracy(model: Any, history: History) -> None:
        right = [loss.decide(numbers(model(x))) == loss.decide(target) for x, target in zip(X, targets)]
        history.accuracy.append(sum(right) / examples)

    def norms(model: Any, history: History) -> None:
        history.gradient_norms.append(gradient_norms(model, history.optimizer.parameters))

    return one_of("record", name, {"accuracy": accuracy, "gradient_norms": norms})  # type: ignore[no-any-return]
