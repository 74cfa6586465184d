"""Loop nests as machine code: each written in the way it should be, with the numbers of the interpreter."""

import math
import struct

import pytest

from autodiff.flat.backends.llvm.code import CompiledStatements, Memory, assign_first
from autodiff.flat.backends.llvm.nests import groups, nest_of
from autodiff.flat.loops.statements import Axis, Index, Repeat, Statement, interpret
from tests.support.random_statements import SIZES, Draw


def bits(x):
    """A number's bits, with one nan and one zero."""
    return "nan" if x != x else struct.pack("<d", x + 0.0)


def differences(seed):
    """Where machine code and the interpreter do not agree on a random program."""
    longest = 6 if seed % 4 == 0 else 0
    draw = Draw(seed, longest)
    program, given = draw.program(), draw.memory()
    code = CompiledStatements(program, SIZES, ["gw", "ga"], (1, longest) if longest else (0, 0))
    for length in (1, 2, longest) if longest else (0,):
        expected = {name: list(numbers) for name, numbers in given.items()}
        interpret(program, expected, length)
        memory = Memory(code.sizes)
        for name, numbers in given.items():
            memory[name][:] = numbers
        code.call(memory.address, length)
        size = max([1.0, *[abs(x) for numbers in expected.values() for x in numbers if abs(x) < math.inf]])
        for name in ("a", "gw", "ga"):
            for place, (got, wanted) in enumerate(zip(memory[name].tolist(), expected[name])):
                if bits(got) != bits(wanted) and (draw.exact or not abs(got - wanted) <= 1e-11 * size):
                    return f"{name}[{place}] is {got}, not {wanted}, at length {length} of " + "\n".join(
                        map(str, program)
                    )
    return ""


@pytest.mark.parametrize("first", range(0, 240, 40))
def test_random_nests_give_the_numbers_of_the_interpreter(first):
    assert [seed for seed in range(first, first + 40) if differences(seed)] == []


@pytest.mark.slow
@pytest.mark.parametrize("first", range(10_000, 11_500, 500))
def test_thousands_of_random_nests(first):
    assert [seed for seed in range(first, first + 500) if differences(seed)] == []


# --- How nests are written ------------------------------------------------------------------------


def statement(extents, target, expression, **more):
    axes = tuple([x if type(x) is Axis else Axis(x) for x in extents])
    return Statement(axes, target, expression, **more)


def at(array, start, *strides, **more):
    return Index(array, start, strides, **more)


MATRIX = statement([6, 48, 16], at("a", 432, 48, 1), ("mul", at("w", 0, 0, 16, 1), at("x", 0, 16, 0, 1)), reduce="sum")
OUTER = statement([6, 48, 16], at("gw", 0, 0, 16, 1), ("mul", at("ga", 0, 48, 1), at("a", 0, 16, 0, 1)), adds=True)
LIST = statement([5, 7], at("a", 0, 1), at("x", 0, 7, 1), reduce="logsumexp")
CAUSAL = Axis(1, ((0, 1),))
ROWS = at("gw", 0, 0, 1, by=at("t", 0, 1, 0), wide=16, choices=27)


@pytest.mark.parametrize(
    ("written", "way", "vector", "tiles"),
    [
        (statement([96], at("a", 0, 1), ("add", at("a", 96, 1), at("w", 0, 1))), "lanes", 0, ()),
        (MATRIX, "totals", 2, (1, 0)),
        (OUTER, "lanes", 2, (1,)),  # sums over i in registers, neighbors of gw in vectors, several j at a time
        (LIST, "totals", 1, (0,)),
        (LIST._replace(reduce="largest", axes=(Axis(5), Axis(16, ((0, 1),)))), "totals", 1, ()),
        (LIST._replace(reduce="sum", expression=at("x", 0, 21, 3)), "lanes", -1, (0,)),
        (statement([], at("a", 0), ("exp", at("a", 1))), "lanes", -1, ()),
        (statement([300], at("a", 0, 2), ("exp", at("x", 0, 3))), "lanes", 0, ()),  # loaded and stored one by one
        (statement([100, 16, 2], at("a", 0, 16, 1), ("mul", at("x", 0, 2, 0, 1), at("w", 0, 0, 3, 1)), reduce="sum"),
         "lanes", 1, (0,)),  # w is brought into vectors once for several i
        (statement([9, 16], ROWS, at("ga", 0, 16, 1), adds=True), "lanes", 1, ()),
        (statement([9, 3], at("ga", 0, 1, 1), at("x", 0, 3, 1), adds=True), "memory", 1, ()),
        (statement([9, 8], at("ga", 0, 2, 1), at("x", 0, 0, 2), adds=True), "memory", -1, ()),
        (statement([4, Axis(2, ((0, 1),))], at("ga", 0, 0, 1), at("x", 0, 7, 1), adds=True), "memory", 1, ()),
    ],
)  # fmt: skip
def test_each_nest_is_written_in_its_way(written, way, vector, tiles):
    nest = nest_of(written, 0, (0, 0))
    assert (nest.way, nest.vector, nest.tiles) == (way, vector, tiles)


def test_neighboring_axes_become_one():
    both = statement([6, 16], at("a", 0, 16, 1), ("relu", at("a", 96, 16, 1)))
    assert str(nest_of(both, 0, (0, 0)).statement) == "a[i] = relu(a[i+96])  for i<96"
    assert str(nest_of(both, 1, (0, 0)).statement) == str(both)  # the turns of a Repeat stay
    apart = both._replace(expression=("relu", at("a", 96, 17, 1)))
    assert nest_of(apart, 0, (0, 0)).statement == apart
    single = statement([1, 4], at("a", 0, 9, 1), at("w", 0, 0, 1))
    assert str(nest_of(single, 0, (0, 0)).statement) == "a[i] = w[i]  for i<4"


def test_a_triangle_is_turned_so_that_its_sum_stays_in_a_register():
    keys = statement(
        [6, CAUSAL, 4], at("ga", 0, 0, 48, 1), ("mul", at("ga", 500, 7, 1), at("a", 0, 48, 0, 1)), adds=True
    )
    nest = nest_of(keys, 0, (0, 0))
    assert str(nest.statement) == "ga[48i+k] += ga[8i+7j+500] * a[48i+48j+k]  for i<6, j<6-1i, k<4"
    assert (nest.way, nest.vector) == ("lanes", 2)


def test_statements_without_axes_are_straight_code_and_functions_are_called():
    chain = [Statement((), Index("a", k + 1), ("tanh", Index("a", k))) for k in range(400)]
    code = CompiledStatements(chain, {"a": 401})
    memory = Memory(code.sizes)
    memory["a"][0] = 0.5
    code.call(memory.address, 0)
    expected = 0.5
    for _ in range(400):
        expected = math.tanh(expected)
    assert memory["a"][400] == pytest.approx(expected, rel=1e-12)


def test_gradients_that_are_assigned_first_are_not_cleared():
    half = statement([70], at("ga", 0, 1), at("gw", 0, 0), adds=True)
    again, beyond = half._replace(target=at("ga", 10, 1)), half._replace(target=at("ga", 150, 1))
    turns = Repeat(4, (statement([4, 9], at("gw", 0, 9, 1), at("ga", 190, -9, 1), adds=True),))
    found, zeros = assign_first([half, again, beyond, turns], {"ga": 400, "gw": 40}, ["ga", "gw"], (0, 0))
    assert [x.adds for x in found[:3]] == [False, True, False]  # the second one meets what the first has written
    assert zeros == [("ga", 70, 150), ("ga", 220, 400), ("gw", 0, 40)]  # gw[0] was read before
    assert not assign_first([turns], {"gw": 40}, ["gw"], (0, 0))[0][0].body[0].adds


@pytest.mark.parametrize("size", [1.0, 1e-200, 1e250, 0.0, math.inf, math.nan])
def test_no_square_of_a_norm_overflows_or_vanishes(size):
    code = CompiledStatements([LIST._replace(reduce="norm")], {"a": 5, "x": 35})
    memory = Memory(code.sizes)
    memory["x"][:] = [size * (k + 1) for k in range(35)]
    code.call(memory.address, 0)
    for row, got in enumerate(memory["a"].tolist()):
        assert got == pytest.approx(math.hypot(*[size * (7 * row + k + 1) for k in range(7)]), rel=1e-14, nan_ok=True)


def test_statements_share_loops_where_they_meet_point_by_point():
    first = statement([50], at("a", 0, 1), ("tanh", at("x", 0, 1)))
    second = statement([50], at("a", 50, 1), ("mul", at("a", 0, 1), at("x", 0, 1)))
    turned = second._replace(target=at("a", 100, 1), expression=at("a", 49, -1))
    total = statement([50], at("a", 150, 0), at("a", 50, 1), reduce="sum")
    found = groups([first, second, turned, first._replace(target=at("x", 9, 1)), total], 0, (0, 0))
    assert [len(group) for group in found] == [2, 1, 1, 1]


def test_ragged_gradients_are_found_within_their_array():
    ragged = statement([4, CAUSAL, 3], at("ga", 0, 0, 3, 1), at("x", 0, 0, 0, 1), adds=True)
    row = statement([4, Axis(1, ((0, 1),)), Axis(4, ((1, -1),))], at("ga", 0, 0, 0, 4), at("x", 0, 1), adds=True)
    assert assign_first([ragged, row], {"ga": 13}, ["ga"], (0, 0))[1] == [("ga", 0, 13)]


@pytest.mark.parametrize("inner", [1, 2, 3])
@pytest.mark.parametrize("adds", [False, True])
def test_the_short_sums_of_a_triangle_are_rounded_as_everywhere(inner, adds):
    product = "mul", at("x", 0, 5, 1, 60), at("w", 0, 3, 1, 40)
    causal = statement([12, CAUSAL, inner], at("ga", 0, 1), product, reduce="sum", adds=adds)
    code = CompiledStatements([causal], SIZES, ["ga"] if adds else [])
    memory, given = Memory(code.sizes), Draw(5).memory()
    for name, numbers in given.items():
        memory[name][:] = numbers
    interpret([causal], given)
    code.call(memory.address, 0)
    short = [row for row in range(12) if (1 + row) * inner < 4]
    assert [bits(memory["ga"][row]) for row in short] == [bits(given["ga"][row]) for row in short]
    assert memory["ga"][:12].tolist() == pytest.approx(given["ga"][:12], rel=1e-13)
