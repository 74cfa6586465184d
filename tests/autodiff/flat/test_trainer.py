"""Training steps whose numbers stay in arrays: equal to the engine's, written back on request."""

import random
import sys
from functools import partial
from itertools import pairwise

import numpy
import pytest

import autodiff
import nn
from autodiff import Value, dot, log, softmax, take, tanh, where
from autodiff.flat.backends.llvm.trainings import SingleTraining

r = random.Random(5)
SEQUENCES = [[r.randrange(5) for _ in range(n)] for n in (6, 3, 9, 2, 6, 7, 9, 4, 8, 5)]
OPTIMIZERS = {
    "sgd": partial(nn.SGD, learning_rate=0.1),
    "momentum": partial(nn.SGD, learning_rate=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "rmsprop": partial(nn.RMSProp, learning_rate=0.02),
    "adam": partial(nn.Adam, learning_rate=0.05, schedule=nn.cosine(30, warmup=3), clip_norm=0.5),
    "adamw": partial(nn.AdamW, learning_rate=0.05, clip_norm=1e-3),
}
RUNNERS = ("native", "source", "batch", "auto")


def language_model(seed=1):
    """(loss of a list of tokens, parameters): attention over the tokens so far, which predicts each next one."""
    draw = random.Random(seed).gauss
    table, hidden, head = ([[Value(draw(0.0, 0.5)) for _ in range(3)] for _ in range(n)] for n in (5, 3, 5))

    def loss(tokens):
        rows, losses = [], []
        for token, following in pairwise(tokens):
            rows.append(take(table, token))
            shares = softmax([dot(rows[-1], row) for row in rows])
            h = [tanh(dot(w, [dot(shares, column) for column in zip(*rows)])) for w in hidden]
            losses.append(-log(take(softmax([dot(w, h) for w in head]), following)))
        return sum(losses) / len(losses)

    return loss, [x for matrix in (table, hidden, head) for row in matrix for x in row]


def eagerly(loss, optimizer, examples):
    losses = []
    for example in examples:
        optimizer.zero_grad()
        output = loss(example)
        output.backward()
        optimizer.step()
        losses.append(output.data)
    return losses


def state(optimizer):
    numbers = [[x.data for x in optimizer.parameters], [x.grad for x in optimizer.parameters]]
    return [x for line in [*numbers, *optimizer.state.values()] for x in line]


@pytest.mark.parametrize("runner", RUNNERS)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_trainer_steps_equal_eager(name, runner):
    (loss, parameters), (other, others) = language_model(), language_model()
    eager, ours = OPTIMIZERS[name](parameters), OPTIMIZERS[name](others)
    expected = eagerly(loss, eager, SEQUENCES)

    with autodiff.compile(other, runner).trainer(others, ours) as trainer:
        found = [trainer(SEQUENCES[0]), *trainer.run(SEQUENCES[1:7]), *[trainer(x) for x in SEQUENCES[7:]]]

    assert trainer.runner == ("native" if runner == "auto" else runner)
    assert found == pytest.approx(expected, rel=1e-12)
    assert state(ours) == pytest.approx(state(eager), rel=1e-9, abs=1e-13)
    assert ours.steps == eager.steps == 10


def test_trainer_uses_one_program():
    loss, parameters = language_model()
    trainer = autodiff.compile(loss, "native").trainer(parameters, nn.Adam(parameters))
    trainer.run(SEQUENCES)
    assert len(trainer.training.codes) == 1
    trainer = autodiff.compile(loss, "native").trainer(parameters, nn.Adam(parameters))
    trainer.expect(SEQUENCES)
    for sequence in SEQUENCES:
        trainer(sequence)
    assert len(trainer.training.codes) == 1


@pytest.mark.parametrize("runner", ["native", "source"])
def test_trainer_writes_and_reads_numbers(runner):
    loss, parameters = language_model()
    optimizer = nn.Adam(parameters, 0.05)
    trainer = autodiff.compile(loss, runner).trainer([[*parameters]], optimizer)
    before = [x.data for x in parameters]
    first = trainer.run(SEQUENCES[:4])
    trainer.write()
    assert [x.data for x in parameters] != before
    assert optimizer.steps == 4
    for x, number in zip(parameters, before):  # the user goes back to the start
        x.data = number
    optimizer.steps, optimizer.state = 0, {name: [0.0] * len(before) for name in optimizer.state}
    assert trainer.run(SEQUENCES[:4]) == first
    optimizer.learning_rate = 0.0  # read anew
    assert trainer(SEQUENCES[0]) == trainer(SEQUENCES[0])


def test_trainer_resumes_another():
    (loss, parameters), (other, others) = language_model(), language_model()
    whole, parts = nn.Adam(parameters, 0.05), nn.Adam(others, 0.05)
    expected = autodiff.compile(loss, "native").trainer(parameters, whole).run(SEQUENCES)
    with autodiff.compile(other, "native").trainer(others, parts) as trainer:
        found = trainer.run(SEQUENCES[:5])
    with autodiff.compile(other, "source").trainer(others, parts) as trainer:
        found += trainer.run(SEQUENCES[5:])
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("runner", ["native", "batch", "auto"])
def test_trainer_skips_step_of_nonfinite_loss(runner):
    w = Value(1.0)
    optimizer = nn.SGD([w], 0.25)
    trainer = autodiff.compile(lambda x: log(x * w) ** 2, runner).trainer([w], optimizer)
    with pytest.raises(FloatingPointError, match=r"the loss became (nan|inf) at example 1 of this call"):
        trainer.run([2.0, 0.0, 2.0])
    assert optimizer.steps == 1
    assert w.data == pytest.approx(1.0 - 0.5 * autodiff.log(2.0))
    before = w.data
    assert trainer(1.0 / before) == pytest.approx(0.0, abs=1e-30)  # it goes on
    root = autodiff.compile(lambda x: autodiff.sqrt(w - w + x), runner).trainer([w], optimizer)
    with pytest.raises(FloatingPointError, match="the gradient is inf or nan at example 0"):
        root(0.0)
    assert w.data == pytest.approx(before)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_trainer_writes_on_ctrl_c_and_errors(error, monkeypatch):
    loss, parameters = language_model()
    optimizer = nn.SGD(parameters, 0.1)
    trainer = autodiff.compile(loss, "native").trainer(parameters, optimizer)
    run, calls = SingleTraining.run, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) > 2:
            raise error
        return run(*args)

    monkeypatch.setattr(SingleTraining, "run", interrupted)
    with pytest.raises(error):
        trainer.run(SEQUENCES)
    assert optimizer.steps > 0
    (eager, others), steps = language_model(), optimizer.steps
    other = nn.SGD(others, 0.1)
    eagerly(eager, other, SEQUENCES[:steps])
    assert [x.data for x in parameters] == pytest.approx([x.data for x in others], rel=1e-12)


def test_trainer_reads_captured_values():
    w, a, b = Value(1.0), Value(2.0), Value(0.0)
    optimizer = nn.SGD([w], 0.1)
    trainer = autodiff.compile(
        lambda x: sum(v * w * a for v in x) if len(x) > 1 else x[0] * w * a + b, "native"
    ).trainer([w], optimizer)
    assert trainer([1.0]) == 2.0
    a.data, b.data = 3.0, 1.0
    assert trainer([1.0]) == pytest.approx(0.8 * 3.0 + 1.0)
    assert trainer([1.0, 1.0]) == pytest.approx(0.5 * 6.0)
    optimizer.clip_norm = 0.5
    trainer([1.0, 1.0])
    trainer.write()
    assert w.data == pytest.approx(0.5 - 0.6 - 0.05)


@pytest.mark.parametrize("runner", RUNNERS)
def test_trainer_takes_all_kinds_of_arguments(runner):
    w, v = Value(0.5), Value(0.25)

    def loss(rows, factor=1.0, more=(1.0, 2.0)):
        return factor * sum((w * a + v * b) ** 2 for a, b in rows) * more[1]

    examples = [
        ([[1, 2], [0.5, 1]], 2.0, (1, True)),
        ([[1.0, 2.0], [0.5, 1.0]], 2, (1.0, 1.0)),
        (((1.0, 2.0), [0.5, 1.0]), 2.0, [1.0, 1.0]),
        (numpy.array([[1.0, 2.0], [0.5, 1.0]]), 2.0, numpy.array([1, 1])),
    ]
    expected = loss(*examples[1]).data
    trainer = autodiff.compile(loss, runner).trainer([w, v], nn.SGD([w, v], 0.0))
    assert trainer.run([*examples, *examples]) == [pytest.approx(expected, rel=1e-12)] * 8
    assert trainer.run([numpy.array([[1.0, 2.0]])] * 2) == [pytest.approx(2.0, rel=1e-12)] * 2
    with pytest.raises((TypeError, ValueError)):
        trainer([["a", 2.0]], 1.0, (1.0, 1.0))


def test_trainer_falls_back_to_engine():
    w = Value(1.0)
    trainer = autodiff.compile(lambda x: w * x if w.data > 0.0 else -w).trainer([w], nn.SGD([w], 0.5))
    assert trainer.run([1.0, 3.0, 1.0]) == [1.0, 1.5, 1.0]
    assert trainer.runner == "engine"
    assert w.data == -0.5

    with pytest.raises(autodiff.TraceError):
        autodiff.compile(lambda x: w * x if w.data > 0.0 else -w, "native").trainer([w], nn.SGD([w]))(1.0)


def test_trainer_uses_optimizers_own_step():
    class Halved(nn.SGD):
        def step(self):
            super().step()
            self.learning_rate /= 2.0

    class Falling(nn.SGD):
        @property
        def learning_rate(self):
            return 0.5 / 2**self.steps

        @learning_rate.setter
        def learning_rate(self, rate):
            pass

    for kind in (Halved, Falling):
        w = Value(1.0)
        trainer = autodiff.compile(lambda x: w * x).trainer([w], kind([w], 0.5))  # noqa: B023
        assert trainer.run([1.0, 1.0, 1.0]) == [1.0, 0.5, 0.25]
        assert trainer.runner == "auto"
        with pytest.raises(ValueError, match=f"{kind.__name__} has a step of its own, or computes its learning_rate"):
            autodiff.compile(lambda x: w * x, "native").trainer([w], kind([w], 0.5))  # noqa: B023


def test_trainer_without_llvmlite(monkeypatch):
    for name in [name for name in sys.modules if name.startswith("autodiff.flat.backends.llvm")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    w = Value(1.0)
    trainer = autodiff.compile(lambda x: where(x > 0.0, w * x, 0.0 * w)).trainer([w], nn.SGD([w], 0.5))
    assert (trainer(1.0), trainer.runner) == (1.0, "auto")
    with pytest.raises(ImportError, match=r"pip install 'scalar-autodiff\[fast\]'"):
        autodiff.compile(lambda x: w * x, "native").trainer([w], nn.SGD([w]))(1.0)


def test_trainer_mistakes():
    w, v = Value(1.0), Value(2.0)
    fast = autodiff.compile(lambda x: w * x, "native")
    with pytest.raises(ValueError, match="has other parameters than the 1 given"):
        fast.trainer([v], nn.SGD([w]))
    with pytest.raises(TypeError, match="a trainer needs a loss that returns one number"):
        autodiff.compile(lambda x: [w * x], "native").trainer([w], nn.SGD([w]))(1.0)
    with pytest.raises(ValueError, match="uses none of them"):
        fast.trainer([v], nn.SGD([v]))(1.0)
    assert repr(fast.trainer([w], nn.SGD([w]))).endswith("SGD(learning_rate=0.1), native)")
