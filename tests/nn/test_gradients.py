"""If a gradient is inf or nan, no runner makes the step, and the message names the gate."""

import re
from functools import partial

import pytest

from autodiff import norm, sqrt, where
from nn import MLP, SGD, Adam, RMSProp, fit, fit_many
from nn.training import NonfiniteLossError


def sign_only(g):
    return where(g > 0.0, 1.0, where(g < 0.0, -1.0, 0.0))


class SignDescent(SGD):
    """A step that stays finite when the gradient does not."""

    def update(self, parameter, gradient, learning_rate, step):
        return (parameter - learning_rate * sign_only(gradient),)


def distance(outputs, target):
    return norm([outputs[0] - target[0]])


def root(outputs, target):
    return sqrt(abs(outputs[0] - target[0]))


def root_of_the_output(outputs, target):
    return sqrt(outputs[0]) + 0.0 * target[0]


@pytest.mark.parametrize("runner", ["eager", "auto", "source", "batch", "native"])
@pytest.mark.parametrize(("X", "Y"), [([[0.0], [1.0]], [0.0, 1.0]), ([[1.0]], [0.0])])
@pytest.mark.parametrize("loss", [distance, root, root_of_the_output])
@pytest.mark.parametrize(
    "make", [SGD, partial(SGD, clip_norm=1.0), partial(SGD, momentum=0.9), Adam, RMSProp, SignDescent]
)
def test_nonfinite_gradient_changes_nothing(runner, make, loss, X, Y):
    net = MLP(1, [1], initializer="zeros")
    optimizer = make(net.parameters(), 0.1)
    before = net.state_dict(), {name: [*state] for name, state in optimizer.state.items()}

    with pytest.raises(
        NonfiniteLossError, match="the gradient became inf or nan in epoch 1, where the loss is"
    ) as caught:
        fit(net, X, Y, loss=loss, optimizer=optimizer, runner=runner, epochs=5, progress=False)

    assert re.search("(sqrt sends back inf|norm sends back nan), the first gradient", str(caught.value))
    assert (net.state_dict(), optimizer.state, optimizer.steps) == (*before, 0)
    assert [p.grad for p in net.parameters()] == [0.0, 0.0]
    assert caught.value.history.stopped == "non-finite gradient"


@pytest.mark.parametrize("runner", ["eager", "auto", "source", "batch", "native"])
@pytest.mark.parametrize("batch_size", [1, None])
def test_nonfinite_gradient_on_the_way(runner, batch_size):
    """The distance of two numbers that become equal: 1, 0.75, 0.5, 0.25, 0."""
    line = MLP.from_matrices([[1.0, 0.0]])

    with pytest.raises(NonfiniteLossError, match="in epoch 5") as caught:
        fit(
            line, [[0.0]], [0.0], loss=distance, optimizer=SGD(line.parameters(), 0.25), batch_size=batch_size,
            runner=runner, progress=False,
        )  # fmt: skip

    assert caught.value.history.loss == [1.0, 0.75, 0.5, 0.25]
    assert line.state_dict() == MLP.from_matrices([[0.0, 0.0]]).state_dict()


def test_nonfinite_gradient_of_a_penalty():
    for runner in ("eager", "source", "batch", "native"):
        net = MLP(1, [1], initializer="zeros")
        with pytest.raises(NonfiniteLossError, match="norm sends back nan"):
            fit(net, [[1.0]], [1.0], penalty=lambda m: norm(m.weights()), runner=runner, progress=False)
        assert set(net.state_dict().values()) == {0.0}


@pytest.mark.parametrize("optimizer", [SGD, SignDescent, Adam])
def test_nonfinite_gradient_in_fit_many(optimizer):
    def make(seed):
        return MLP.from_matrices([[float(seed), 0.0]])

    runs = [
        fit_many(
            make, [[0.0]], [0.0], loss=distance, optimizer=optimizer, seeds=range(4), learning_rates=[0.25], epochs=3,
            runner=runner, progress=False,
        )
        for runner in ("native", "auto", "eager")
    ]  # fmt: skip

    for run in runs:
        assert [loss == loss for loss in run.loss[0]] == [False, True, True, True]
        assert run.parameters == [[pytest.approx(p, rel=1e-12) for p in row] for row in runs[-1].parameters]
