"""Random programs of loops, rolled and interpreted, equal the eager engine."""

import math
import random

import pytest
from hypothesis import given, settings, strategies

from autodiff import Value, gradients
from autodiff.flat.loops.gates import collect
from autodiff.flat.loops.nests import roll
from autodiff.flat.recording import Recording
from tests.support.loop_programs import program
from tests.support.nests import run
from tests.support.random_graphs import FINITE, SPECIAL, gates
from tests.support.rounding import near as in_room, rooms


def near(number, expected, scale):
    if math.isfinite(number) and math.isfinite(expected):
        return abs(number - expected) <= 1e-12 * scale
    return number == expected or (number != number and expected != expected)


def differences(seed, special):
    """The results of a random program's nests that differ from the eager engine."""
    parameters, inputs, outputs = program(random.Random(seed), special)
    recording = Recording(outputs, inputs, parameters)
    seeds = [1.0, -0.5, 0.25][: len(outputs)]
    leaves = parameters + inputs
    total = sum((x * seed for x, seed in zip(outputs, seeds)), Value(0.0))
    total.backward()
    found, to_parameters, to_inputs = run(roll(recording), recording, seeds)
    expected, gradients = [x._data if type(x) is Value else x for x in outputs], [x.grad for x in leaves]
    largest = max([abs(x) for x in gradients if math.isfinite(x)], default=0.0)
    wrong = [pair for pair in zip(found, expected) if not near(*pair, max(1.0, abs(pair[1])))]
    again = len(collect(recording).heads) < len(
        recording.gates
    )  # equal gates run once: their gradients are added first
    wrong += [
        pair
        for pair in zip(to_parameters + to_inputs, gradients)
        if not near(*pair, max(1e-3, largest)) and not (again and pair[1] != pair[1])
    ]
    return wrong


@pytest.mark.parametrize("start", range(0, 400, 50))
def test_nests_of_random_programs(start):
    for seed in range(start, start + 50):
        assert differences(seed, special=seed % 4 == 0) == [], seed


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1000, 3000, 500))
def test_nests_of_many_random_programs(start):
    for seed in range(start, start + 500):
        assert differences(seed, special=seed % 4 == 0) == [], seed


NUMBERS = FINITE | SPECIAL


def check_gates(graph, count):
    """Check the youngest gates as outputs, and the gradients of the first."""
    leaves, nodes = graph
    outputs = nodes[-1 : -1 - count : -1]
    recording = Recording(outputs, leaves)
    if len(collect(recording).heads) < len(recording.gates):
        return  # equal gates run once: their gradients are added first, so 0 * inf may not arise
    outputs[0].backward()
    slopes = gradients(outputs[0], leaves)
    room = rooms(*outputs, *slopes, fused=True)

    found, _, to_inputs = run(roll(recording, differentiated=1), recording)

    expected = [*[x.data for x in outputs], *[x.grad for x in leaves]]
    pairs = zip([*found, *to_inputs], expected, [room[x] for x in [*outputs, *slopes]])
    assert [pair for pair in pairs if not in_room(*pair)] == []


@given(gates(numbers=NUMBERS), strategies.integers(1, 3))
@settings(deadline=None)
def test_nests_of_random_gates(graph, count):
    check_gates(graph, count)


@pytest.mark.slow
@given(gates(25, numbers=NUMBERS), strategies.integers(1, 3))
@settings(deadline=None, max_examples=800)
def test_nests_of_many_random_gates(graph, count):
    check_gates(graph, count)
