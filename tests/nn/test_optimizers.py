"""The optimizers: PyTorch's updates, the lectures' clipping, and one scalar function each."""

import json
import math
from pathlib import Path

import pytest

import nn
from autodiff import Value
from autodiff.formula import statements
from nn import SGD, Adam, AdamW, RMSProp, cosine
from nn.optim import OPTIMIZERS, Optimizer, clip_by_norm, linear_decay, optimizer_named, step_decay

REFERENCE = json.loads((Path(__file__).parents[1] / "data" / "torch_reference.json").read_text(encoding="utf-8"))
OURS = {
    "sgd": lambda p: SGD(p, 0.1),
    "weight_decay": lambda p: SGD(p, 0.1, weight_decay=0.01),
    "momentum": lambda p: SGD(p, 0.05, momentum=0.9),
    "momentum_weight_decay": lambda p: SGD(p, 0.05, momentum=0.8, weight_decay=0.1),
    "nesterov": lambda p: SGD(p, 0.05, momentum=0.9, nesterov=True),
    "rmsprop": lambda p: RMSProp(p, 0.01),
    "rmsprop_weight_decay": lambda p: RMSProp(p, 0.02, decay=0.9, epsilon=1e-6, weight_decay=0.05),
    "adam": lambda p: Adam(p, 0.001),
    "adam_weight_decay": lambda p: Adam(p, 0.1, betas=(0.8, 0.95), epsilon=1e-6, weight_decay=0.05),
    "adamw": lambda p: AdamW(p, 0.001),
    "adamw_weight_decay": lambda p: AdamW(p, 0.1, betas=(0.8, 0.95), epsilon=1e-6, weight_decay=0.5),
    "step_decay": lambda p: SGD(p, 0.1, schedule=step_decay(30, 0.5)),
    "cosine": lambda p: AdamW(p, 0.05, schedule=cosine(100)),
    "linear_decay": lambda p: SGD(p, 0.05, 0.9, weight_decay=0.01, schedule=linear_decay(80, end=0.1)),
    "cosine_warmup": lambda p: Adam(p, 0.05, schedule=cosine(100, warmup=10)),
    "own_schedule": lambda p: SGD(p, 0.1, schedule=lambda step: 1.0 / (1.0 + 0.1 * step)),
}


def gradient(step, p, i):
    """The gradient used for the reference."""
    return 10.0 ** (i - 2) * (math.sin(1.0 + 1.7 * step + i) + 0.3 * p)


@pytest.mark.parametrize("name", REFERENCE["paths"])
def test_optimizers_match_pytorch(name):
    parameters = [Value(p) for p in REFERENCE["start"]]
    optimizer, path = OURS[name](parameters), []
    for step in range(1, 101):
        for i, p in enumerate(parameters):
            p.grad = gradient(step, p.data, i)
        optimizer.step()
        if step == 1 or step % 10 == 0:
            path.append([p.data for p in parameters])

    for ours, theirs in zip(path, REFERENCE["paths"][name], strict=True):
        assert ours == pytest.approx(theirs, rel=1e-12, abs=1e-12)


def test_D14_clip_by_norm():
    assert clip_by_norm([3.0, 4.0], 1.0) == pytest.approx([0.6, 0.8], rel=1e-12)
    assert clip_by_norm([3.0, 4.0], 5.1) == [3.0, 4.0]
    assert clip_by_norm([0.0, 0.0], 0.0) == [0.0, 0.0]
    assert clip_by_norm([3e200, 4e200], 1.0) == pytest.approx([0.6, 0.8], rel=1e-12)


def test_clip_norm_over_all_parameters():
    x, y = Value(0.0), Value(0.0)
    optimizer = SGD([x, y], 1.0, clip_norm=1.0)
    x.grad, y.grad = 3.0, 4.0
    optimizer.step()

    assert [x.data, y.data] == pytest.approx([-0.6, -0.8], rel=1e-12)
    assert (x.grad, y.grad) == (3.0, 4.0)


@pytest.mark.parametrize("name", OURS)
def test_optimizer_step_recorded_once(name):
    x = Value(0.7)
    optimizer = OURS[name]([x])
    for _ in range(3):
        x.grad = -1.3
        before = (x.data, x.grad, optimizer.learning_rate, optimizer.steps + 1.0)
        states = [column[0] for column in optimizer.state.values()]
        optimizer.step()

    inputs, outputs = optimizer.recorded()
    for node, number in zip(inputs, (*before, *states), strict=True):
        node.data = number
    for out in outputs:
        out.forward() if out.primitive else None
    assert outputs[0].data == pytest.approx(x.data, rel=1e-14)
    assert [out.data for out in outputs[1:]] == pytest.approx([column[0] for column in optimizer.state.values()])


def test_sgd_update_reads_as_on_the_slide():
    from autodiff.graph import history

    _, (new,) = SGD([Value(1.0)], 0.1).recorded()

    assert statements(history(new), new)[-2:] == ["s0 = learning_rate * gradient", "f = parameter - s0"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers_find_the_bottom_of_a_bowl(name):
    x = Value(3.0)
    optimizer = optimizer_named(name, [x], 0.05)
    for _ in range(400):
        optimizer.zero_grad()
        ((x - 1.0) ** 2).backward()
        optimizer.step()

    assert x.data == pytest.approx(1.0, abs=0.03)
    assert optimizer.steps == 400


def test_sgd_on_a_parabola_is_geometric():
    x = Value(1.0)
    optimizer = SGD([x], 0.1)
    for _ in range(20):
        optimizer.zero_grad()
        (x * x).backward()
        optimizer.step()

    assert x.data == pytest.approx(0.8**20, rel=1e-12)


def test_optimizer_of_ones_own():
    class SignDescent(Optimizer):
        def update(self, parameter, gradient, learning_rate, step):
            from autodiff import sign

            return (parameter - learning_rate * sign(gradient),)

    X, Y = nn.truth_table("and")
    net = nn.MLP(2, [1], output="sigmoid", seed=0)
    nn.fit(net, X, Y, "bce", SignDescent(net.parameters(), 0.05), epochs=200, progress=False)

    assert nn.evaluate(net, X, Y)[1] == 1.0


def test_learning_rate_changed_between_epochs():
    def halve(model, history):
        history.optimizer.learning_rate *= 0.5

    X, Y = nn.truth_table("and")
    net = nn.MLP(2, [1], seed=0)
    history = nn.fit(net, X, Y, epochs=3, callbacks=[halve], progress=False)

    assert history.optimizer.learning_rate == 0.0125
