"""Machine code: rows that do not fill a vector, programs of any shape. (How exact it is: test_accuracy_native.py.)"""

import gc
import itertools
import math
import mmap
import sys
from pathlib import Path

import numpy
import pytest

import autodiff
from autodiff import Value
from autodiff.flat import ir
from autodiff.flat.backends.array import Batch
from autodiff.flat.backends.llvm import Native
from autodiff.flat.backends.python import Source
from tests.support.flat_samples import agree, eager, net, ready

INF, NAN = math.inf, math.nan


@pytest.mark.parametrize("rows", [1, 2, 7, 8, 9, 16, 17, 300, 1000])
def test_every_number_of_rows(rows):
    inputs, parameters, loss = net([3, 5, 4, 2])
    w = [p.data for p in parameters]
    table = numpy.random.default_rng(0).uniform(-1, 1, (rows, len(inputs))).tolist()

    found, expected = (ready(kind, loss, inputs, parameters).rows(table, w) for kind in (Native, Source))

    assert found.outputs == [pytest.approx(row, rel=1e-12) for row in expected.outputs]
    assert found.input_gradients == [pytest.approx(row, rel=1e-12, abs=1e-14) for row in expected.input_gradients]
    assert agree((0.0, found.parameter_gradients), (0.0, expected.parameter_gradients))


def test_what_lies_beyond_the_last_row_spoils_no_sum():
    """log and 1/x of the zeros there would be infinite, and infinite times 0 is nan."""
    x, w = Value(2.0, "x"), Value(0.5, "w")
    loss = autodiff.log(x * w) / x + autodiff.exp(w / x)
    rows = [[1.0], [2.0], [4.0]]
    slopes = [eager(loss, [x, w], [*row, 0.5])[1][1] for row in rows]

    found = ready(Native, loss, [x], [w]).rows(rows, [0.5])

    assert found.parameter_gradients == pytest.approx([sum(slopes) / 3.0], rel=1e-14)


def test_an_infinite_sum_stays_infinite():
    x, w = Value(2.0, "x"), Value(0.5, "w")

    found = ready(Native, x * w, [x], [w]).rows([[INF], [1.0], [2.0]], [0.5])

    assert found.parameter_gradients == [INF]
    assert found.outputs == [[INF], [0.5], [1.0]]


def test_infinite_gradients_of_both_signs_are_nan_in_the_mean():
    x, w = Value(2.0, "x"), Value(0.5, "w")

    found = ready(Native, w * x, [x], [w]).rows([[INF], [-INF]], [0.5])

    assert math.isnan(found.parameter_gradients[0])


def test_a_nan_in_one_row_leaves_the_others_alone():
    inputs, parameters, loss = net([2, 3, 2])
    w = [p.data for p in parameters]
    table = [[0.1, 0.2, 1.0, 0.0], [NAN, 0.2, 1.0, 0.0], [0.3, -0.2, 0.0, 1.0]]

    found, expected = (ready(kind, loss, inputs, parameters, inputs).rows(table, w) for kind in (Native, Source))

    assert math.isnan(found.outputs[1][0])
    for i in (0, 2):
        assert found.outputs[i] == pytest.approx(expected.outputs[i], rel=1e-13)
        assert found.input_gradients[i] == pytest.approx(expected.input_gradients[i], rel=1e-12)


def test_the_gradient_of_a_parameter_that_nothing_depends_on_is_0():
    x, w, unused = Value(2.0, "x"), Value(0.5, "w"), Value(3.0, "unused")

    found = ready(Native, x * w, [x], [unused, w]).rows([[3.0]], [3.0, 0.5])

    assert found.parameter_gradients == [0.0, 3.0]


def test_no_rows_give_no_outputs():
    inputs, parameters, loss = net([2, 3, 2])

    found, expected = (
        ready(kind, loss, inputs, parameters).rows([], [0.0] * len(parameters)) for kind in (Native, Batch)
    )

    assert found.outputs == [] == found.input_gradients == expected.outputs


def test_compile_takes_machine_code_by_its_name():
    w = [Value(0.3), Value(-0.2)]

    def f(x, y):
        return autodiff.tanh(w[0] * x + w[1] * y) * autodiff.sin(x)

    fast, slow = autodiff.compile(f, runner="native"), autodiff.compile(f, runner="source")

    assert fast(0.5, 2.0) == pytest.approx(slow(0.5, 2.0), rel=1e-14)
    assert fast.value_and_grad(0.5, 2.0)[1] == pytest.approx(slow.value_and_grad(0.5, 2.0)[1], rel=1e-14)
    assert fast.value_and_grad(0.5, 2.0, wrt=w)[1] == pytest.approx(slow.value_and_grad(0.5, 2.0, wrt=w)[1], rel=1e-14)
    assert fast.map([(0.1 * i, 1.0) for i in range(20)]) == pytest.approx([slow(0.1 * i, 1.0) for i in range(20)])


def test_without_llvmlite_the_error_says_what_to_install(monkeypatch):
    for module in [name for name in sys.modules if name.startswith("autodiff.flat.backends.llvm")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)

    with pytest.raises(ImportError, match=r"pip install 'scalar-autodiff\[fast\]'"):
        autodiff.compile(lambda x: x * x, runner="native")


def test_there_are_as_many_nests_for_more_weights():
    def length(*sizes):
        inputs, parameters, loss = net(list(sizes))
        nests = ready(Native, loss, inputs, parameters, parameters).nests.nests
        return len(nests.forward + nests.backward)

    assert length(100, 40, 8) == length(20, 12, 8)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is counted as Linux does")
def test_programs_that_are_gone_leave_no_memory_behind(monkeypatch):
    x, numbers = Value(2.0, "x"), itertools.count()
    monkeypatch.setattr(ir, "MOST_PROGRAMS", 10)
    monkeypatch.setattr(ir, "programs", {})

    def megabytes_after(programs):
        for k in itertools.islice(numbers, programs):
            ready(Native, autodiff.exp(x * float(k)), [x]).row([1.0], [])
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * mmap.PAGESIZE / 1e6

    before = megabytes_after(60)

    assert megabytes_after(100) < before + 5.0  # a program that stays takes 0.8


@pytest.mark.parametrize("x", [0.0, -0.0])
@pytest.mark.parametrize("y", [0.0, -0.0, -1.0])
def test_zeros_have_the_sign_that_they_have_in_eager_code(x, y):
    def f(a, b):
        return autodiff.relu(a) * b

    leaves = Value(x), Value(y)
    out = f(*leaves)
    out.backward()

    value, gradients = autodiff.compile(f, runner="native").value_and_grad(x, y)

    expected = [out.data, *[leaf.grad for leaf in leaves]]
    assert list(map(repr, (value, *gradients))) == list(map(repr, expected))
