"""An optimizer's update, recorded for one parameter, behind the gradients of all."""

import numpy as np
import pytest

from autodiff import Value
from autodiff.flat.backends.llvm.code import CompiledStatements, Memory, NativeNests
from autodiff.flat.backends.llvm.steps import updates
from autodiff.flat.recording import Recording
from autodiff.tracing import Tracing
from nn import SGD, Adam, RMSProp
from tests.autodiff.flat.backends.llvm.test_code import W, X, expected, layer


def recorded(optimizer):
    """The update of one parameter."""
    names = "parameter", "gradient", "rate", "step", *optimizer.states
    given = [Value(0.5 + k, name) for k, name in enumerate(names)]
    with Tracing():
        new = optimizer.update(*given)
    parameter, gradient, rate, step, *states = given
    return Recording(list(new), [parameter, gradient, *states], [rate, step])


def followed(more, sizes):
    """The code of a layer's gradients, and of more statements behind them."""
    nests = NativeNests(layer())
    sizes = {**nests.sizes, **sizes}
    return CompiledStatements([*nests.statements(True), *more], sizes, [array for array in sizes if array[0] == "g"])


def swap(parameter, gradient, rate, step, state):
    """An update whose state is what the parameter was."""
    return parameter - rate * gradient * state, parameter


@pytest.mark.parametrize("make", [SGD, Adam, RMSProp, lambda p: SGD(p, momentum=0.9)])
def test_steps_are_those_of_the_optimizer(make):
    parameters = [Value(x) for x in W]
    optimizer = make(parameters)
    code = followed(*updates(recorded(optimizer), len(W)))
    memory = Memory(code.sizes)
    memory["w"][:], memory["x"][:] = W, X
    for step in range(1, 6):
        for parameter, gradient in zip(parameters, expected(X, [p.data for p in parameters])[1].tolist()):
            parameter.grad = gradient
        optimizer.step()
        memory["s"][:2] = optimizer.learning_rate, step
        code.call(memory.address, 0)
        np.testing.assert_allclose(memory["w"], [p.data for p in parameters], rtol=1e-12)


def test_what_a_state_reads_is_what_was_before():
    class Swap:
        states = ("before",)
        update = staticmethod(swap)

    code = followed(*updates(recorded(Swap), len(W)))
    memory = Memory(code.sizes)
    memory["w"][:], memory["x"][:], memory["m0"][:], memory["s"][0] = W, X, 2.0, 0.1
    code.call(memory.address, 0)
    np.testing.assert_allclose(memory["w"], W - 0.2 * expected(X, W)[1], rtol=1e-14)
    assert memory["m0"].tolist() == W
