"""How fast flat code runs, beside micrograd and beside jax.jit, on the moons demo and on XOR."""

import pytest

from autodiff import Value
from autodiff.flat.recording import Recipe
from autodiff.flat.stepping import Training
from nn import MLP, SGD, fit, truth_table
from nn.losses import as_list, hinge
from nn.optim import clip_by_norm
from tests.benchmarks import moons
from tests.benchmarks.alternating import held, held_seconds, medians

pytestmark = pytest.mark.slow
EPOCHS = 1000


def repeated(work, times):
    def run():
        for _ in range(times):
            work()

    return run


def micrograd_gradient(value):
    """Forward and backward of the hinge loss over 100 points, one graph."""
    model = moons.BinaryGateNet(value)
    parameters = model.parameters()
    rows, classes = moons.points()

    def run():
        for p in parameters:
            p.grad = 0.0
        hinges = [(1.0 + -c * model(row)).relu() for row, c in zip(rows, classes)]
        (sum(hinges) * (1.0 / len(hinges))).backward()

    return run, lambda: [p.grad for p in parameters]


def flat_gradient(runner):
    """The same gradient by flat code, from nn.MLP's scalar code and the same weights."""
    model = MLP(2, [16, 16, 1], activation="relu", output="linear", seed=0)
    source = moons.BinaryGateNet(Value)
    parameters = model.parameters()
    for p, q in zip(parameters, source.parameters()):  # both go neuron by neuron, weights before bias
        p.data = q.data
    rows, classes = moons.points()
    example = rows[0], [classes[0]]
    update = SGD(parameters, 0.05).recorded
    recipe = Recipe(lambda x, t: hinge(as_list(model(x)), t), example, parameters, update)
    training = Training(recipe, [[*x, c] for x, c in zip(rows, classes)], clip_by_norm, runner)
    numbers = [p.data for p in parameters]
    return lambda: training.pure.gradient(training.table, numbers, ((), ()))


def test_the_moons_gradient_against_micrograd():
    """The source runner about 40 times as fast, the batch runner 1,000 times."""
    engine = pytest.importorskip("micrograd.engine")
    theirs, slopes = micrograd_gradient(engine.Value)
    source, batch = flat_gradient("source"), flat_gradient("batch")
    theirs()
    for ours in (source, batch):
        assert list(ours()[1]) == pytest.approx(slopes(), rel=1e-9, abs=1e-12)

    seconds = medians({"micrograd": theirs, "source": repeated(source, 10), "batch": repeated(batch, 100)})
    each = {"micrograd": seconds["micrograd"], "source": seconds["source"] / 10, "batch": seconds["batch"] / 100}
    for name, time in each.items():
        print(f"\nmoons gradient, {name:9}  {1000 * time:8.3f} ms   {each['micrograd'] / time:7.0f} x", end="")

    held("source against micrograd", each["micrograd"] / each["source"], 40)
    held("batch against micrograd", each["micrograd"] / each["batch"], 1000)


def xor_by_fit():
    X, Y = truth_table("xor")
    return lambda: fit(MLP(2, [4, 1], seed=0), X, Y, epochs=EPOCHS, runner="source", progress=False)


def xor_by_jax():
    """The loop that one writes with JAX: a jitted step for every epoch, and its loss kept, as fit keeps it."""
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    X, Y = (jnp.array(part, dtype=float) for part in truth_table("xor"))

    def loss(p):
        return jnp.mean((jnp.tanh(X @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"] - Y) ** 2)

    @jax.jit
    def step(parameters):
        value, slopes = jax.value_and_grad(loss)(parameters)
        return value, jax.tree.map(lambda p, slope: p - 0.1 * slope, parameters, slopes)

    shapes = {"W1": (2, 4), "b1": (4,), "W2": (4,), "b2": ()}
    draw = jax.random.uniform
    start = {name: draw(jax.random.PRNGKey(i), shapes[name], minval=-1.0) for i, name in enumerate(shapes)}

    def run():
        parameters, history = start, []
        for _ in range(EPOCHS):
            value, parameters = step(parameters)
            history.append(float(value))

    return run


def test_a_thousand_epochs_of_xor_against_a_jitted_step():
    """fit with the source runner is faster, its one recording included."""
    seconds = medians({"jax.jit loop": xor_by_jax(), "source": xor_by_fit()})
    for name, time in seconds.items():
        print(f"\nXOR, {EPOCHS} epochs, {name:12}  {1000 * time:6.1f} ms", end="")

    held("source against a jitted loop", seconds["jax.jit loop"] / seconds["source"], 1)


def test_a_large_net_lowers_in_a_moment_to_a_page_of_loops():
    from autodiff import dot, logsumexp
    from autodiff.flat import lower

    model = MLP(784, [32, 10], seed=0)
    inputs, targets = [Value(0.5) for _ in range(784)], [Value(0.1) for _ in range(10)]
    scores = model(inputs)
    loss = logsumexp(scores) - dot(targets, scores)

    def run():
        return lower(loss, inputs=[*inputs, *targets], parameters=model.parameters(), wrt=model.parameters())

    seconds = medians({"lower": run}, runs=3)["lower"]
    lines = str(run()).splitlines()
    print(f"\n784-32-10 lowered in {seconds:.2f} s to {len(lines)} lines", end="")

    held_seconds("784-32-10 lowered", seconds, 0.1)
    assert len(lines) < 30
