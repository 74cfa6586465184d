"""Nets side by side: one in each lane of the machine's vectors, all of them on the same mini-batches."""

from __future__ import annotations

from itertools import chain, islice
from math import isfinite, nan

from autodiff import Value
from autodiff.flat import Unsupported, many_training

from .checks import generator
from .data import AHEAD, whole_epochs
from .flat import refuse_own_step
from .prediction import are_classes
from .runs import Outcome, numbers, with_numbers
from .targets import listed
from .training import check_trained

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from .many import Job
    from .runners import Task


class SideBySide:
    """Trains the nets of a job, a block at a time; Unsupported if they differ in more than numbers."""

    def __init__(self, job: Job) -> None:
        if job.seed is None and job.batch_size < len(job.X):
            raise Unsupported("nets side by side see the same mini-batches: give a seed, or another runner")
        self.job = job
        first, *others = [job.task(job.model, rate) for rate in job.rates]
        self.rates = [task.optimizer.learning_rate for task in (first, *others)]
        self.training = self.recorded(first)
        nets = (job.task(net, job.rates[0]) for net in job.other_nets())
        if not all(map(self.is_alike, chain(others, nets))):
            raise Unsupported("nets train side by side if they differ only in their parameters and learning rates")
        few = job.epochs * len(job.X) <= AHEAD
        self.order = list(self.shuffled()) if few else None

    def recorded(self, task: Task) -> Any:
        """The step of a net in machine code."""
        optimizer, model, before = task.optimizer, task.model, Value(0.0).born
        refuse_own_step(optimizer)
        x, target = task.examples[0], task.targets[0]
        check_trained(model, optimizer, task.example_loss(x, target), target, before, stacklevel=6)
        if list(map(id, optimizer.parameters)) != list(map(id, model.parameters())):
            raise Unsupported("nets train side by side if the optimizer changes all their parameters, in their order")
        if optimizer.steps or any(map(any, optimizer.state.values())):
            raise Unsupported("nets train side by side if optimizers have made no step and begin with states of 0")
        return many_training(
            task.recipe, task.rows, self.job.batch_size, optimizer.clip_norm, lambda x: listed(model(x))
        )

    def is_alike(self, task: Task) -> bool:
        """Whether this net's step is the recorded one, but for parameters and learning rate."""
        fits: bool = self.training.fits(task.recipe)
        return fits and task.optimizer.clip_norm == self.training.plan.clip_norm

    def outcomes(self) -> Iterator[list[Outcome]]:
        """For each seed what became of the net at each learning rate."""
        finished = self.finished()
        while outcomes := list(islice(finished, len(self.job.rates))):
            yield outcomes

    def finished(self) -> Iterator[Outcome]:
        """What became of each net, all rates of the first seed first."""
        waiting = self.starts()
        while nets := list(islice(waiting, self.training.at_once)):
            seeds, places, starts = zip(*nets)
            block = self.training.block(starts, [self.rates[place] for place in places])
            for order, epochs in self.order or self.shuffled():
                block.run(order, epochs)
            for net, outcome in enumerate(self.read(block)):
                yield self.looked_into(block, net, outcome, seeds[net], self.job.rates[places[net]])

    def starts(self) -> Iterator[tuple[int, int, list[float]]]:
        """(seed, place of the learning rate, numbers) of each net."""
        for seed in self.job.seeds:
            start = numbers(self.job.make(seed))
            for place in range(len(self.rates)):
                yield seed, place, start

    def shuffled(self) -> Iterator[tuple[list[int], int]]:
        """(indices of the examples, epoch after epoch; how many epochs), as ``fit`` would take them."""
        job, rows = self.job, len(self.job.X)
        random, remaining = generator(job.seed), job.epochs
        while remaining:
            epochs = min(remaining, max(1, AHEAD // rows))
            yield whole_epochs(rows, job.batch_size, random, epochs), epochs
            remaining -= epochs

    def read(self, block: Any) -> Iterator[Outcome]:
        """What became of each net of a block."""
        decide = self.job.loss.decide
        classes = [decide(target) for target in self.job.targets]
        examples = len(classes) if are_classes(self.job.targets, self.job.loss) else nan
        for parameters, loss, outputs in zip(block.numbers, block.losses.tolist(), block.outputs()):
            right = sum([decide(y) == wanted for y, wanted in zip(outputs, classes)])
            yield Outcome(parameters, loss, right / examples)

    def looked_into(self, block: Any, net: int, outcome: Outcome, seed: int, rate: float) -> Outcome:
        """The outcome, once eager code has agreed where something is said to be inf or nan: see ``Flat.step``."""
        job = self.job
        if all(map(isfinite, outcome.parameters)):
            if net not in block.stopped:
                return outcome
            task = job.task(with_numbers(job.make(seed), outcome.parameters), rate)
            loss = task.batch_loss(block.stopped[net]).data
            if loss - loss != 0.0:
                return Outcome(outcome.parameters, nan, nan)
        return job.fitted(seed, rate, "auto")
