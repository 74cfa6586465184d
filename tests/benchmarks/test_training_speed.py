"""How fast the eager engine trains, beside micrograd and beside the Value of the single-file GPTs.

A timed run is a few steps of a training loop, so that each side also pays for the garbage that its own steps leave
behind. What is left after the run is collected outside the timing.
"""

import gc

import pytest

from autodiff import Value
from nn import MLP
from tests.benchmarks import moons
from tests.benchmarks.alternating import held, medians
from tests.benchmarks.gpt import GPT, WORDS
from tests.benchmarks.tuple_value import TupleValue

pytestmark = pytest.mark.slow


def several(step, steps):
    def run():
        for _ in range(steps):
            step()

    return run


def moons_step(model, parameters):
    rows, classes = moons.points()
    return lambda: moons.step(model, parameters, rows, classes)


def binary_gates(value):
    """The same lines with either Value."""
    model = moons.BinaryGateNet(value)
    return moons_step(model, model.parameters())


def dot_gates():
    model = MLP(2, [16, 16, 1], activation="relu", output="linear", seed=0)
    return moons_step(model, list(model.parameters()))


@pytest.fixture(autouse=True)
def collector_settings_stay_as_they_are():
    before = gc.get_threshold(), gc.isenabled(), gc.get_freeze_count()
    yield
    assert (gc.get_threshold(), gc.isenabled(), gc.get_freeze_count()) == before


def test_the_sides_compute_the_same():
    engine = pytest.importorskip("micrograd.engine")
    ours, theirs = binary_gates(Value), binary_gates(engine.Value)
    for _ in range(3):
        assert ours() == pytest.approx(theirs(), rel=1e-9)
    ours, theirs = GPT(Value), GPT(TupleValue)
    for _ in range(3):
        assert ours.step() == pytest.approx(theirs.step(), rel=1e-9)


@pytest.mark.parametrize(("steps", "bars"), [(3, (3.0, 23.0)), (1, (3.0, 10.0))], ids=["loop", "single"])
def test_moons_against_micrograd(steps, bars):
    """In a training loop binary gates are 3 times as fast, nn.MLP (one dot gate a neuron) 23 times.

    A single step leaves micrograd's garbage, which is in cycles, to be collected on nobody's clock.
    """
    engine = pytest.importorskip("micrograd.engine")
    sides = {
        "micrograd": several(binary_gates(engine.Value), steps),
        "binary gates": several(binary_gates(Value), steps),
        "nn.MLP": several(dot_gates(), steps),
    }
    seconds = medians(sides)
    ratios = {name: seconds["micrograd"] / seconds[name] for name in sides}
    for name in sides:
        print(
            f"\nmoons, runs of {steps}, {name:12} {1000 * seconds[name] / steps:7.1f} ms a step {ratios[name]:5.1f} x",
            end="",
        )

    held("binary gates against micrograd", ratios["binary gates"], bars[0])
    held("nn.MLP against micrograd", ratios["nn.MLP"], bars[1])


def test_a_scalar_gpt_against_the_value_it_is_usually_written_with():
    """Training the transformer once over its words, unchanged: at least as fast with this Value."""
    steps = len(WORDS)
    sides = {"tuples": several(GPT(TupleValue).step, steps), "ours": several(GPT(Value).step, steps)}
    seconds = medians(sides)
    ratio = seconds["tuples"] / seconds["ours"]
    for name in sides:
        print(f"\nGPT, {name:6} {1000 * seconds[name] / steps:7.1f} ms a step", end="")
    print(f"   {ratio:5.2f} x")

    held("GPT against tuples", ratio, 1.0)
