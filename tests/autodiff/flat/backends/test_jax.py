"""The batch program on jax.numpy: a pure function for jax.jit, on one device and many, with the engine's numbers."""

import os
import re
import textwrap
from functools import partial

import numpy as np
import pytest

import autodiff
import nn
from autodiff import PRIMITIVES, Value, variables
from autodiff.flat import lower, over_rows
from tests.support.flat_samples import agree, eager, graph, net, of_all_rows, of_one_row, points

DEVICES, EPOCHS, RATE = 8, 30, 0.05
os.environ["XLA_FLAGS"] = (  # read when jax first looks for devices
    f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={DEVICES}"
)
jax = pytest.importorskip("jax")
jax.config.update("jax_enable_x64", True)


def jitted(program):
    return jax.jit(over_rows(program, jax.numpy))


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_primitive_at_every_point(name):
    output, leaves = graph(name)
    calls = points(name)

    outputs, slopes, _ = jitted(lower(output, inputs=leaves, roll=True))(jax.numpy.array(calls), jax.numpy.zeros(0))

    found = [(value, row) for (value,), row in zip(outputs.tolist(), slopes.tolist())]
    wrong = [(call, one) for call, one in zip(calls, found) if not agree(eager(output, leaves, call), one)]
    assert wrong == []


@pytest.mark.parametrize("sizes", [[1, 3, 2], [2, 5, 4, 3]])
def test_a_net_under_jit_gives_what_numpy_gives(sizes):
    inputs, parameters, loss = net(sizes)
    program = lower(loss, inputs=inputs, parameters=parameters, roll=True)
    rows = np.linspace(-1.0, 1.0, 6 * len(inputs)).reshape(6, len(inputs))
    numbers = np.array([p.data for p in parameters])

    for ours, theirs in zip(over_rows(program)(rows, numbers), jitted(program)(rows, numbers)):
        assert np.allclose(ours, theirs, rtol=1e-11, atol=1e-13)


# --- Data-parallel training: rows spread over devices, parameters the same on each ----------------

X, Y = nn.moons(12 * DEVICES, seed=0)


def model():
    return nn.MLP(2, [16, 16, 1], "relu", seed=0)


def program(wrt=True):
    """The hinge loss of one example of moons, with the gradient to the parameters."""
    made, (x0, x1, target) = model(), variables(x0=0, x1=0, target=1)
    parameters = made.parameters()
    loss = nn.hinge(made([x0, x1]), target)
    return lower(loss, [x0, x1, target], parameters, wrt=parameters if wrt else (), roll=True)


@jax.jit
def step(parameters, rows):
    """One step of gradient descent: the new parameters, and the loss before."""
    found = over_rows(program(), jax.numpy)(rows, parameters)
    return parameters - RATE * found.parameter_gradients, found.outputs.mean()


def by_loop(parameters, rows):
    """The losses of all epochs and the parameters after them, one call for each step."""
    losses = []
    for _ in range(EPOCHS):
        parameters, loss = step(parameters, rows)
        losses.append(float(loss))
    return losses, parameters


@partial(jax.jit, static_argnums=2)
def scanned(parameters, rows, epochs):
    return jax.lax.scan(lambda now, _: step(now, rows), parameters, length=epochs)


def by_scan(parameters, rows, epochs=EPOCHS):
    """The same in one call."""
    parameters, losses = scanned(parameters, rows, epochs)
    return losses.tolist(), parameters


def on_one_device():
    """(parameters, rows), as they are put by default."""
    rows = jax.numpy.array([[*x, 2.0 * y - 1.0] for x, y in zip(X, Y)])
    return jax.numpy.array([p.data for p in model().parameters()]), rows


def on_all_devices():
    """(parameters, rows): the parameters on every device, the rows in equal parts."""
    over, (parameters, rows) = jax.sharding.Mesh(jax.devices(), ("rows",)), on_one_device()
    whole, part = (jax.sharding.NamedSharding(over, jax.sharding.PartitionSpec(*axes)) for axes in ([], ["rows"]))
    return jax.device_put(parameters, whole), jax.device_put(rows, part)


def is_spread(array):
    """Whether every device holds an equal part of the rows."""
    parts = {shard.device: shard.data.shape[0] for shard in array.addressable_shards}
    return set(parts) == set(jax.devices()) and set(parts.values()) == {len(array) // DEVICES}


def is_everywhere(array):
    """Whether every device holds the whole array, and the same one."""
    copies = {shard.device: np.asarray(shard.data) for shard in array.addressable_shards}
    return set(copies) == set(jax.devices()) and all((copy == np.asarray(array)).all() for copy in copies.values())


def test_there_are_eight_devices_and_the_rows_are_spread_over_them():
    parameters, rows = on_all_devices()

    assert len(jax.devices()) == DEVICES
    assert is_spread(rows)
    assert is_everywhere(parameters)
    assert {len(array.addressable_shards) for array in on_one_device()} == {1}


@pytest.mark.parametrize("train", [by_loop, by_scan])
def test_training_on_eight_devices_is_training_on_one(train):
    losses, parameters = train(*on_all_devices())
    expected, alone = train(*on_one_device())

    assert losses == pytest.approx(expected, rel=1e-12)
    assert np.allclose(parameters, alone, rtol=1e-11, atol=1e-12)
    assert is_everywhere(parameters)
    assert len(alone.addressable_shards) == 1
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize("runner", ["eager", "batch"])
def test_training_on_eight_devices_is_what_fit_does(runner):
    trained = model()
    descent = nn.SGD(trained.parameters(), RATE)
    history = nn.fit(trained, X, Y, loss="hinge", optimizer=descent, epochs=EPOCHS, runner=runner, progress=False)

    for train in (by_loop, by_scan):
        losses, parameters = train(*on_all_devices())
        assert losses == pytest.approx(history.loss, rel=1e-9)
        assert parameters.tolist() == pytest.approx([p.data for p in trained.parameters()], rel=1e-9, abs=1e-11)


@pytest.mark.parametrize("spread", [False, True])
def test_means_over_the_rows_are_those_of_all_devices(spread):
    """Gradients: those of the sum of all rows, as the mean of a mini-batch wants them."""
    x, w = variables(x0=0.3, x1=0.4), variables(w0=0.7, w1=-1.2)
    rows = [[*map(Value, row)] for row in np.linspace(-1.0, 1.5, 4 * DEVICES).reshape(-1, 2)]
    each, first = of_all_rows(rows, w)
    autodiff.sum(each).backward()
    table, numbers = jax.numpy.array([[v.data for v in row] for row in rows]), jax.numpy.array([0.7, -1.2])
    over = jax.sharding.NamedSharding(jax.sharding.Mesh(jax.devices(), ("rows",)), jax.sharding.PartitionSpec("rows"))

    program = lower([*of_one_row(x, w)], inputs=x, parameters=w, roll=True)
    found = jitted(program)(jax.device_put(table, over) if spread else table, numbers)

    assert is_spread(found.outputs) == spread
    assert np.allclose(found.outputs, [[y.data, first.data] for y in each], rtol=1e-12, atol=1e-13)
    assert np.allclose(found.input_gradients, [[v.grad for v in row] for row in rows], rtol=1e-11, atol=1e-12)
    assert np.allclose(found.parameter_gradients, [v.grad / len(rows) for v in w], rtol=1e-11, atol=1e-13)


def test_rows_stay_on_their_devices_and_only_sums_travel():
    parameters, rows = on_all_devices()

    text = step.lower(parameters, rows).compile().as_text()
    outputs = jitted(program())(rows, parameters).outputs

    assert set(re.findall(r"all-\w+|collective-\w+", text)) == {"all-reduce"}
    assert f"f64[{len(X) // DEVICES},3]" in text  # what comes in: one device's part of the rows
    assert f"f64[{len(X)}," not in text
    assert is_spread(outputs)


def test_jax_differentiates_the_program_to_the_programs_own_gradients():
    value_only = over_rows(program(wrt=False), jax.numpy)

    for parameters, rows in (on_one_device(), on_all_devices()):
        found = jitted(program())(rows, parameters)
        mean, slopes = jax.jit(jax.value_and_grad(lambda w, x: value_only(x, w).outputs.mean()))(parameters, rows)
        assert float(mean) == pytest.approx(float(found.outputs.mean()), rel=1e-14)
        assert np.allclose(slopes, found.parameter_gradients, rtol=1e-12, atol=1e-15)


def test_the_example_in_the_docstring_trains_on_all_devices():
    example = textwrap.dedent(over_rows.__doc__.partition("::\n")[2].partition("    The steps are")[0])
    names = {}

    exec(example, names)

    losses, parameters = by_scan(*on_one_device(), epochs=200)
    assert names["losses"].tolist() == pytest.approx(losses, rel=1e-9)
    assert [p.data for p in names["net"].parameters()] == pytest.approx(parameters.tolist(), rel=1e-9, abs=1e-11)
    assert is_spread(names["rows"])
    assert is_everywhere(names["parameters"])
