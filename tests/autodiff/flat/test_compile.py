"""autodiff.compile: traced once per shape, run as flat code, with captured Values read at every call."""

import math
import re
import threading

import pytest

import autodiff
from autodiff import StaleGraphError, TraceError, Value, dot, sigmoid, variables, where
from tests.support.stand_ins import Frame, Series, Tensor


def test_compile_gives_floats():
    fast = autodiff.compile(lambda x, y: x * y + autodiff.sin(x))

    assert fast(0.5, 3) == pytest.approx(1.5 + math.sin(0.5), rel=1e-12)
    value, (to_x, to_y) = fast.value_and_grad(0.5, 3)
    assert (type(value), type(to_x)) == (float, float)
    assert (to_x, to_y) == pytest.approx((3 + math.cos(0.5), 0.5), rel=1e-12)


def test_value_and_grad_of_one_argument():
    fast = autodiff.compile(lambda rows: dot(rows[0], rows[1]))

    assert fast.value_and_grad([[1.0, 2.0], (3.0, 4.0)]) == (11.0, [[3.0, 4.0], (1.0, 2.0)])


def test_outputs_keep_their_shape():
    fast = autodiff.compile(lambda x: [x * 2.0, (x, 7.0)])

    assert fast(3.0) == [6.0, (3.0, 7.0)]
    assert type(fast(3.0)[1][1]) is float


def test_captured_values_are_read_at_every_call():
    w = Value(2.0, "w")
    fast = autodiff.compile(lambda x: w * x)

    assert fast(3.0) == 6.0
    w.data = 5.0
    assert fast(3.0) == 15.0


def test_captured_results_are_recorded_again():
    w = Value(2.0, "w")
    q = w * w + 1.0
    fast = autodiff.compile(lambda x: q * x)

    assert fast(3.0) == 15.0
    w.data = 3.0
    assert fast(3.0) == 30.0
    assert fast.value_and_grad(3.0, wrt=[w]) == (30.0, [18.0])


def test_wrt_in_any_shape():
    w, b, unused = variables(w=2, b=1, unused=0)
    fast = autodiff.compile(lambda x: w * x + b)

    assert fast.value_and_grad(3.0, wrt=w) == (7.0, 3.0)
    assert fast.value_and_grad(3.0, wrt=[b, (w, unused), w]) == (7.0, [1.0, (3.0, 0.0), 3.0])
    assert fast.value_and_grad(3.0, wrt=[]) == (7.0, [])
    assert (w.grad, b.grad) == (0.0, 0.0)


def test_wrt_changes_between_calls():
    """Also in place; equal numbers, other shapes and other orders are told apart."""
    w, b, c = Value(3.0), Value(1.0), Value(1.0)
    fast = autodiff.compile(lambda x: w * x + 2.0 * b + 5.0 * c)
    wrt = [w, b]

    assert fast.value_and_grad(3.0, wrt=wrt) == (16.0, [3.0, 2.0])
    assert fast.value_and_grad(3.0, wrt={"w": w, "b": b}) == (16.0, {"w": 3.0, "b": 2.0})
    assert fast.value_and_grad(3.0, wrt=(w, b)) == (16.0, (3.0, 2.0))
    wrt[1] = c
    assert fast.value_and_grad(3.0, wrt=wrt) == (16.0, [3.0, 5.0])
    wrt.reverse()
    assert fast.value_and_grad(3.0, wrt=wrt) == (16.0, [5.0, 3.0])
    wrt.append(w)
    assert fast.value_and_grad(3.0, wrt=wrt) == (16.0, [5.0, 3.0, 3.0])
    found = fast.value_and_grad(3.0, wrt=wrt)[1]
    found[0] = 100.0
    assert fast.value_and_grad(3.0, wrt=wrt) == (16.0, [5.0, 3.0, 3.0])


def test_value_and_grad_without_arguments():
    w = Value(2.0, "w")
    fast = autodiff.compile(lambda: w * w)

    assert fast() == 4.0
    assert fast.value_and_grad(wrt=[w]) == (4.0, [4.0])
    with pytest.raises(TypeError, match="name Values in wrt="):
        fast.value_and_grad()


def test_trace_per_list_length():
    calls = []

    def f(x):
        calls.append(len(x))
        return autodiff.sum(x)

    fast = autodiff.compile(f)

    assert [fast([1.0, 2.0]), fast([1.0, 2.0, 3.0]), fast([5.0, 6.0])] == [3.0, 6.0, 11.0]
    assert calls == [2, 3]


def test_trace_of_new_values_as_constants():
    def f(x):
        start = Value(2.0)
        return start * x

    fast = autodiff.compile(f)

    assert fast(4.0) == 8.0
    assert "parameters" not in fast.source()
    assert "    f = 2 * x\n" in fast.source()


@pytest.mark.parametrize(
    "look",
    [
        lambda x, w: x if x > 0 else -x,
        lambda x, w: max(x, w),
        lambda x, w: w * 2.0 if w else x,
        lambda x, w: x * float(w),
        lambda x, w: x * math.exp(x),
        lambda x, w: x * w.data,
        lambda x, w: x * (x + 1.0).data,
        lambda x, w: x * float(f"{x:.3f}"),
        lambda x, w: x.detach(),
        lambda x, w: (x * w).forward(),
        lambda x, w: (x * w).backward(),
        lambda x, w: setattr(w, "data", 3.0),
    ],
)
def test_trace_error_on_reading_numbers(look):
    w = Value(2.0, "w")
    fast = autodiff.compile(lambda x: look(x, w))

    with pytest.raises(TraceError, match=r"where\(condition, a, b\), maximum, minimum or relu"):
        fast(1.0)
    assert bool(w)  # the trace leaves nothing behind
    assert w.data == 2.0


def test_where_chooses_at_every_call():
    fast = autodiff.compile(lambda x: where(x > 0, x, x * x))

    assert [fast(3.0), fast(-3.0)] == [3.0, 9.0]
    assert [fast.value_and_grad(3.0)[1], fast.value_and_grad(-3.0)[1]] == [1.0, -6.0]


def test_trace_leaves_other_threads_alone():
    w = Value(2.0, "w")
    seen = []

    def f(x):
        other = threading.Thread(target=lambda: seen.append(bool(w) and w.data))
        other.start()
        other.join()
        return w * x

    assert autodiff.compile(f)(3.0) == 6.0
    assert seen == [2.0]


def test_call_with_values_records():
    x = Value(3.0, "x")
    fast = autodiff.compile(lambda x: x * x)

    output = fast(x) * 2.0
    output.backward()

    assert x.grad == 12.0
    assert autodiff.grad(fast)(3.0) == 6.0
    assert fast.value_and_grad(x)[1] == 6.0


def test_compile_nests():
    square = autodiff.compile(lambda x: x * x)
    outer = autodiff.compile(lambda x: square(x) + square(2.0 * x))

    assert square(2.0) == 4.0
    assert outer.value_and_grad(3.0) == (45.0, 30.0)


def test_compile_of_gradient():
    fast = autodiff.compile(autodiff.grad(lambda x: x**3.0))

    assert fast(2.0) == pytest.approx(12.0, rel=1e-12)
    assert fast.value_and_grad(2.0)[1] == pytest.approx(12.0, rel=1e-12)


@pytest.mark.parametrize("runner", ["auto", "source", "batch"])
@pytest.mark.parametrize("count", [0, 1, 3, 100])
def test_map_returns_one_result_per_row(runner, count):
    w = Value(0.5, "w")
    fast = autodiff.compile(lambda a, b: [sigmoid(w * a), b], runner)

    found = fast.map([(0.1 * i, float(i)) for i in range(count)])

    assert len(found) == count
    for i, (probability, b) in enumerate(found):
        assert probability == pytest.approx(1.0 / (1.0 + math.exp(-0.05 * i)), rel=1e-12)
        assert b == i


def test_map_takes_arrays_and_ragged_rows():
    import numpy as np

    fast = autodiff.compile(lambda x: autodiff.sum(x))

    assert fast.map([[1.0, 2.0], [3.0, 4.0]]) == [3.0, 7.0]
    assert fast.map(np.array([[1.0, 2.0], [3.0, 4.0]])) == [3.0, 7.0]
    assert fast.map([[1.0], [3.0, 4.0]]) == [1.0, 7.0]


def test_map_passes_rows():
    import numpy as np

    fast, doubled = autodiff.compile(lambda x: x @ x), autodiff.compile(lambda x: x * 2)

    for rows in (np.array([[1.0, 2.0], [3.0, 4.0]]), [np.array([1.0, 2.0]), np.array([3.0, 4.0])]):
        assert fast.map(rows) == [5.0, 25.0]
    product = autodiff.compile(lambda x: x[0] * x[1])
    for by_name in (True, False):
        assert product.map(Frame({0: [1.0, 3.0], 1: [2.0, 4.0]}, by_name)) == [2.0, 12.0]
    with pytest.raises(TypeError, match="map takes a list, in order, got set"):
        doubled.map({1.0, 2.0})
    for numbers in (np.array([1.0, 2.0]), Tensor([1.0, 2.0]), Series([1.0, 2.0])):
        assert doubled.map(numbers) == [2.0, 4.0]


def test_trace_of_keyword_arguments():
    fast = autodiff.compile(lambda x, n=2, sign="plus": x**n if sign == "plus" else -(x**n))

    assert [fast(3.0), fast(3.0, n=3), fast(3.0, sign="minus", n=3), fast(3.0, n=3.0)] == [9.0, 27.0, -27.0, 27.0]
    assert len(fast.traces) == 4
    assert fast.value_and_grad(3.0, n=3) == (27.0, 27.0)
    assert fast.map([1.0, 2.0], n=3) == [1.0, 8.0]
    assert len(fast.traces) == 4
    assert "x * x" in fast.source(1.0, n=2)
    assert "    grad_x = grad_f * (3 * (x * x))\n" in fast.source(1.0, n=3)
    assert fast(Value(3.0), n=3).data == 27.0
    w = Value(2.0)
    assert fast(3.0, n=w) == 9.0
    w.data = 3.0
    assert fast(3.0, n=w) == 27.0
    reciprocal = autodiff.compile(lambda x, by: x / by)
    assert [reciprocal(1.0, by=0.0), reciprocal(1.0, by=-0.0)] == [math.inf, -math.inf]
    with pytest.raises(TypeError, match=r"must be hashable: give lists and arrays by position; .* got \{'n': \[1\]\}"):
        fast(3.0, n=[1])
    with pytest.raises(TypeError, match="unexpected keyword argument 'k'"):
        fast(3.0, k=1)


@pytest.mark.parametrize("runner", ["auto", "source", "batch", "native"])
def test_compile_of_function_without_outputs(runner):
    if runner == "native":
        pytest.importorskip("llvmlite")
    fast = autodiff.compile(lambda x: [], runner)

    assert (fast(2.0), fast.map([2.0, 3.0])) == ([], [[], []])


def test_own_gates_give_floats():
    from autodiff import PRIMITIVES, Primitive

    PRIMITIVES["own"] = own = Primitive("own", lambda x: x > 1, lambda out, x: (1,))
    try:
        for runner in ("source", "batch"):
            assert repr(autodiff.compile(own, runner).value_and_grad(2.0)) == "(1.0, 1.0)"
    finally:
        del PRIMITIVES["own"]


def test_source_is_the_program():
    fast = autodiff.compile(lambda x, weights: dot(weights, [x, x * x]))

    text = fast.source(1.0, [2.0, 3.0])

    assert text.startswith("def f(x, weights0, weights1):\n")
    assert "grad_weights0 = grad_f * x" in text
    fast(1.0, [2.0, 3.0])
    assert fast.source() == text


def test_source_names_parameters():
    class Model:
        def loss(self, w, x):
            return w * x

    method, several = autodiff.compile(Model().loss), autodiff.compile(lambda *args: args[0] * args[1])

    assert method.source(2.0, 3.0).startswith("def f(w, x):\n")
    assert several.source(2.0, 3.0).startswith("def f(args_0, args_1):\n")
    assert autodiff.compile(sigmoid).source(2.0).startswith("def f(x):\n")
    with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
        autodiff.compile(lambda x: x)(1.0, 2.0)


def test_programs_of_one_structure_compile_once():
    from autodiff.flat.ir import programs

    autodiff.compile(lambda x: x * 4.125 + 1.0)(2.0)
    before = len(programs)

    assert autodiff.compile(lambda other: other * 4.125 + 1.0)(3.0) == 13.375
    assert len(programs) == before


def test_compile_leaves_captured_graphs_alone():
    assert autodiff.compile(lambda x: 1.0 / x)(0.0) == math.inf
    assert autodiff.compile(autodiff.log).value_and_grad(0.0) == (-math.inf, math.inf)
    w = Value(1.0, "w")
    q = w * 2.0
    w.data = 3.0
    with pytest.raises(StaleGraphError):
        q.backward()
    assert autodiff.compile(lambda: q * 1.0)() == 6.0


def test_primitive_replaced_compiles_again():
    from autodiff import PRIMITIVES, Primitive

    def power_of(n):
        return Primitive("own", lambda x: x**n, lambda out, x: (0.0 * x,))

    try:
        for n in (2, 3):
            PRIMITIVES["own"] = own = power_of(n)
            assert autodiff.compile(lambda x, own=own: own(x)).map([2.0]) == [2.0**n]
            assert autodiff.compile(lambda x, own=own: own(x), runner="batch")(2.0) == 2.0**n
    finally:
        del PRIMITIVES["own"]


@pytest.mark.parametrize("index", [2.0, -1.0, 0.5, math.inf, -math.inf, math.nan, 1e300])
def test_take_without_term_by_runner(index):
    def pick(a, b, k):
        return autodiff.take([a, b], k) * 2.0

    message = f"take needs a whole index from 0 to 1, got {index:g}"
    for runner in ("source", "batch"):
        fast = autodiff.compile(pick, runner=runner)
        assert fast.value_and_grad(3.0, 4.0, 1.0) == (8.0, (0.0, 2.0, 0.0))
        with pytest.raises(IndexError, match=re.escape(message)):
            fast(3.0, 4.0, index)
        with pytest.raises(IndexError, match=re.escape(message)):
            fast.map([(3.0, 4.0, 0.0), (3.0, 4.0, index)])
    with pytest.raises(IndexError, match=re.escape(message)):
        pick(Value(3.0), 4.0, Value(index))
    native = autodiff.compile(pick, runner="native")
    assert native.map([(3.0, 4.0, 0.0), (3.0, 4.0, index)]) == pytest.approx([6.0, math.nan], nan_ok=True)
    assert native.value_and_grad(3.0, 4.0, 1.0) == (8.0, (0.0, 2.0, 0.0))
    value, (first, _, slope) = native.value_and_grad(3.0, 4.0, index)
    assert math.isnan(value)
    assert (first, slope) == (0.0, 0.0)
