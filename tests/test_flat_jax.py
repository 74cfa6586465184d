"""The batch program on jax.numpy: a pure function that jax.jit takes, with the engine's numbers."""

import pytest
from flat_samples import agree, eager, graph, net, points

from autodiff import PRIMITIVES
from autodiff.flat import lower
from autodiff.flat.batch import over_rows

jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)


def jitted(program):
    return jax.jit(over_rows(program, jax.numpy))


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_primitive_at_every_point(name):
    output, leaves = graph(name)
    calls = points(name)

    outputs, slopes, _ = jitted(lower(output, inputs=leaves))(jax.numpy.array(calls), jax.numpy.zeros(0))

    found = [(value, row) for (value,), row in zip(outputs.tolist(), slopes.tolist())]
    wrong = [(call, one) for call, one in zip(calls, found) if not agree(eager(output, leaves, call), one)]
    assert wrong == []


@pytest.mark.parametrize("roll", [False, True])
@pytest.mark.parametrize("sizes", [[1, 3, 2], [2, 5, 4, 3]])
def test_a_net_under_jit_gives_what_numpy_gives(sizes, roll):
    import numpy as np

    inputs, parameters, loss = net(sizes)
    program = lower(loss, inputs=inputs, parameters=parameters, roll=roll)
    rows = np.linspace(-1.0, 1.0, 6 * len(inputs)).reshape(6, len(inputs))
    numbers = np.array([p.data for p in parameters])

    for ours, theirs in zip(over_rows(program)(rows, numbers), jitted(program)(rows, numbers)):
        assert np.allclose(ours, theirs, rtol=1e-11, atol=1e-13)
