"""The functions that turn a function into its derivatives: shapes, nesting, independence, errors."""

import math
from collections import namedtuple

import numpy as np
import pytest

import autodiff
from autodiff import (
    Primitive,
    Value,
    cos,
    derivative,
    dot,
    exp,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    sigmoid,
    sin,
    sqrt,
    tanh,
    value_and_grad,
)
from tests.support.engine_programs import close
from tests.support.stand_ins import Tensor


def cubic(x):
    return x**3


def mixed(x, y):
    """x^2 y + y^3."""
    return x**2 * y + y**3


def blocks(x, y):
    """A function of a list and a number with Hessian blocks [[2y, 0], [0, 2]], [2 x0, 0] and 6 y."""
    return x[0] ** 2 * y + x[1] ** 2 + y**3


# --- grad and value_and_grad: shapes -------------------------------------------------------------


def test_grad_of_one_argument():
    assert grad(cubic)(3.0) == 27.0
    assert type(grad(cubic)(3.0)) is float


@pytest.mark.parametrize(
    ("f", "inputs", "expected"),
    [
        (lambda x, y, z: (x + y) * z, (-2, 5, -4), (-4.0, -4.0, 3.0)),  # D1
        (lambda x, W: x * W[0][0] * W[0][1] + W[1], (2.0, [(3.0, 4.0), 5.0]), (12.0, [(8.0, 6.0), 1.0])),
        (lambda x, y: y * y, ([], 3.0), ([], 6.0)),
    ],
    ids=["several arguments", "nested lists", "empty list"],
)
def test_grad_shapes(f, inputs, expected):
    assert grad(f)(*inputs) == expected


Line = namedtuple("Line", "slope offset")


def sum_of_squares(x):
    return (x * x).sum()


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (sum_of_squares, np.array([1.0, 2.0]), np.array([2.0, 4.0])),
        (sum_of_squares, np.array([[1, 2], [3, 4]]), np.array([[2.0, 4.0], [6.0, 8.0]])),
        (sum_of_squares, np.array([True, False]), np.array([2.0, 0.0])),
        (lambda x: x @ np.array([3.0, 4.0]), np.zeros(2, np.float32), np.array([3.0, 4.0])),
        (lambda x: np.exp(x[0]) * x[1], np.array([0.0, 2.0]), np.array([2.0, 1.0])),
        (lambda x: x[0] ** 2 * x[1], np.array([3.0, 5.0]), np.array([30.0, 9.0])),
        (lambda x: autodiff.relu(x).sum(), np.array([-1.0, 1.0]), np.array([0.0, 1.0])),
        (lambda x: 5.0 + 0 * x.sum(), np.array([]), np.array([])),
        (lambda x: x * x, np.array(3.0), 6.0),
        (lambda x: sum_of_squares(x[0]) * x[1], [np.array([1.0, 2.0]), 3.0], [np.array([6.0, 12.0]), 5.0]),
        (lambda line: line.slope**2 * line.offset, Line(3.0, 4.0), Line(24.0, 9.0)),
        (lambda line: sum_of_squares(line.slope), Line(np.array([3.0]), 4.0), Line(np.array([6.0]), 0.0)),
        (lambda p: p["w"] * p["b"][0], {"w": 3.0, "b": [4.0]}, {"w": 4.0, "b": [3.0]}),
        (lambda p: sum_of_squares(p["w"]), {"w": np.array([3.0]), "b": {}}, {"w": np.array([6.0]), "b": {}}),
    ],
)
def test_grad_of_arrays_namedtuples_and_dicts(f, x, expected):
    compiled = autodiff.compile(f)
    for value, gradient in (value_and_grad(f)(x), compiled.value_and_grad(x)):
        assert repr(gradient) == repr(expected)
        assert type(value) is float
        assert value == compiled(x)


def test_hessian_of_arrays():
    x = np.array([3.0, 5.0])

    def f(x):
        return x[0] ** 2 * x[1]

    assert repr(hessian(f)(x)) == repr(np.array([[10.0, 6.0], [6.0, 0.0]]))
    for vector in (np.array([1.0, 2.0]), [1.0, 2.0]):
        assert repr(hvp(f)(x, vector=vector)) == repr(np.array([22.0, 6.0]))
    with pytest.raises(ValueError, match=r"expected \[\., \.\], got \[\., \., \.\]"):
        hvp(f)(x, vector=np.ones(3))
    assert [v.data for v in grad(sum_of_squares)(np.array([Value(1.0), Value(2.0)]))] == [2.0, 4.0]


def test_jacobian_of_arrays():
    A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])

    assert repr(jacobian(lambda x: A @ x)(np.array([0.7, 0.2]))) == repr(A)
    assert jacobian(lambda W: W.sum(axis=0))(np.ones((3, 2))).shape == (2, 3, 2)
    assert jacobian(lambda x: A @ np.array(x))([0.7, 0.2]) == A.tolist()
    assert jacobian(lambda x: {"a": x * x, "b": [x, 1.0]})(3.0) == {"a": 6.0, "b": [1.0, 0.0]}
    assert jacobian(lambda x: Line(x * x, 3 * x))(3.0) == Line(6.0, 3.0)


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_grad_of_matrix():
    matrix = np.asmatrix(np.array([[1.0, 2.0], [3.0, 4.0]]))

    assert repr(grad(sum_of_squares)(matrix)) == repr(2.0 * np.asarray(matrix))
    assert autodiff.compile(sum_of_squares)(matrix) == 30.0


def test_grad_for_scipy():
    optimize = pytest.importorskip("scipy.optimize")

    def rosenbrock(x):
        return ((1.0 - x[:-1]) ** 2).sum() + (100.0 * (x[1:] - x[:-1] ** 2) ** 2).sum()

    for f in (value_and_grad(rosenbrock), autodiff.compile(rosenbrock).value_and_grad):
        assert optimize.minimize(f, np.array([-1.2, 1.0, 0.5]), jac=True).x == pytest.approx([1.0] * 3, abs=1e-4)


def test_value_and_grad_in_one_call():
    calls = []

    def f(x):
        calls.append(x)
        return x * x

    assert value_and_grad(f)(3.0) == (9.0, 6.0)
    assert len(calls) == 1


def test_grad_of_numbers_of_every_kind():
    assert grad(cubic)(np.float32(2.0)) == grad(cubic)(np.int64(2)) == grad(cubic)(2) == 12.0


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [(0, 12.0), (1, 31.0), (-1, 31.0), (-2, 12.0), ((0,), (12.0,)), ((1, 0), (31.0, 12.0)), ([0, 0], (12.0, 12.0))]
    + [(np.int64(1), 31.0), (range(1), (12.0,)), (np.array([1, 0]), (31.0, 12.0))],
)
def test_argnums_as_in_jax(argnums, expected):
    assert grad(mixed, argnums)(2.0, 3.0) == expected
    assert grad(mixed, argnums=argnums)(2.0, 3.0) == expected


def test_argnums_leave_out_anything():
    assert grad(lambda x, name, table: x * table[name], 0)(2.0, "rate", {"rate": 5.0}) == 5.0


def test_grad_passes_keywords():
    def power(x, *, f, args, argnums):
        return x**f * args * argnums

    assert grad(power)(2.0, f=3, args=10.0, argnums=1.0) == 120.0


def test_grad_of_function_that_changes_its_list():
    def total(xs):
        sum_of_all = 0.0
        while xs:
            sum_of_all = sum_of_all + xs.pop() ** 2
        return sum_of_all

    given = [1.0, 2.0, 3.0]

    assert grad(total)(given) == [2.0, 4.0, 6.0]
    assert given == [1.0, 2.0, 3.0]


# --- Constants -----------------------------------------------------------------------------------


def test_trap_29_independent_input_has_gradient_0():
    assert grad(lambda x, y: x * 2.0)(3.0, 4.0) == (2.0, 0.0)


@pytest.mark.parametrize("constant", [5.0, 5, True, np.float64(5.0)])
def test_grad_of_plain_number_is_0(constant):
    value, gradient = value_and_grad(lambda x: constant)(3.0)

    assert (value, gradient) == (float(constant), 0.0)
    assert type(value) is type(gradient) is float


def test_grad_of_identity_is_1():
    assert grad(lambda x: x)(3.0) == 1.0
    assert grad(lambda x: x)(Value(3.0)).data == 1.0


def test_grad_of_older_value_is_0():
    w = Value(3.0)
    value, gradient = value_and_grad(lambda x: w)(2.0)

    assert value is w
    assert gradient.data == 0.0


# --- Values, nesting, independence ---------------------------------------------------------------


def test_grad_of_values_gives_values():
    value, gradient = value_and_grad(lambda x: 2.0 * x)(Value(3.0))

    assert type(value) is type(gradient) is Value
    assert (value.data, gradient.data) == (6.0, 2.0)


def test_grad_of_grad():
    assert grad(grad(cubic))(3.0) == 18.0
    assert grad(grad(grad(cubic)))(3.0) == 6.0
    assert grad(grad(grad(grad(cubic))))(3.0) == 0.0


def test_grad_of_related_arguments():
    a = Value(3.0, "a")
    partials = grad(lambda x, y: x**2 * y)(a, 2.0 * a)  # at (3, 6)

    assert [p.data for p in partials] == [36.0, 9.0]
    assert [p.data for p in grad(lambda x, y: x**2 * y)(a, a)] == [18.0, 9.0]


def test_grad_of_partial_derivatives():
    a = Value(3.0, "a")
    slope, _ = grad(lambda x, y: x**2 * y)(a, 2.0 * a)  # 2 x y = 4 a^2
    slope.backward()

    assert a.grad == 24.0


def test_gradients_of_grad():
    a = Value(3.0)
    slope = grad(cubic)(a)

    assert gradients(slope, [a])[0].data == 18.0


def test_grad_inside_grad():
    # d/dx [x * d/dy (x y^2) at y = 2] = d/dx 4 x^2
    assert grad(lambda x: x * grad(lambda y: x * y**2)(2.0))(3.0) == 24.0


def test_grad_tells_inner_from_outer():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0


def test_grad_at_number_reaches_captured_value():
    w = Value(2.0, "w")
    loss = grad(lambda x: x * x * w)(3.0) * w  # 6 w^2
    loss.backward()

    assert w.grad == 24.0


def test_value_and_grad_keeps_captured_history():
    w = Value(2.0, "w")
    value, _ = value_and_grad(lambda x: x * w)(3.0)
    value.backward()

    assert w.grad == 3.0


def test_grad_with_unused_captured_value():
    w = Value(2.0)

    assert type(grad(lambda x, w: x * x)(3.0, 4.0)[0]) is float
    assert type(grad(lambda x: x * x if w > 0 else w)(3.0)) is float


def test_grad_writes_nothing():
    w, a = Value(2.0), Value(3.0)
    w.grad = a.grad = 0.5
    for take in (grad, value_and_grad, hessian, jacobian):
        take(lambda x: x * w * a)(4.0)
        take(lambda x: x * w * x)(a)

    assert (w.grad, a.grad) == (0.5, 0.5)


def test_grad_skips_older_rules():
    def refuse(out, x):
        raise AssertionError("an older rule was called")

    guarded = Primitive("guarded", lambda x: x, refuse)
    a = guarded(Value(3.0))

    assert grad(lambda x: x * a)(a).data == 3.0


def test_grad_keeps_labels():
    seen = []
    grad(lambda x: seen.append(x) or x * 2)(Value(3.0, "rate"))

    assert seen[0].label == "rate"


def test_grad_with_stale_history_behind_captured():
    w = Value(2.0)
    h = w * 5.0
    w.data = 3.0

    assert grad(lambda x: x * h)(4.0).data == 10.0


# --- Errors --------------------------------------------------------------------------------------


def test_grad_of_other_arrays_gets_a_hint():
    with pytest.raises(TypeError, match=r"holds a Tensor: .*x\.tolist\(\)"):
        grad(lambda x: x)(Tensor([1.0]))
    with pytest.raises(TypeError, match="takes one number x"):
        derivative(lambda x: x)(np.array([1.0]))
    assert grad(lambda x: x * x)(Tensor(3.0)) == 6.0


# --- derivative ----------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(7))
def test_derivative_of_sin(n):
    expected = [math.sin(0.7), math.cos(0.7), -math.sin(0.7), -math.cos(0.7)][n % 4]

    assert derivative(sin, n)(0.7) == close(expected)


def test_derivative_0_is_the_function():
    assert derivative(lambda x: x.exp(), 0)(1.0) == math.e


def test_derivative_of_line_is_0():
    assert derivative(lambda t: 3.0 * t, 1)(2.0) == 3.0
    assert derivative(lambda t: 3.0 * t, 3)(2.0) == 0.0


def test_derivative_at_a_value():
    slope = derivative(lambda x, p: x**p, 2)(Value(2.0), p=3)

    assert type(slope) is Value
    assert slope.data == 12.0


# --- jacobian, hessian, hvp ----------------------------------------------------------------------


def test_D9_jacobian_of_a_matrix():
    A = [[1.0, -2.0, 0.5], [0.0, 4.0, 3.0]]

    assert jacobian(lambda x: [dot(row, x) for row in A])([0.3, 0.7, -0.2]) == A  # [output][input]


def several_outputs(x, t):
    return [x[0] * t, x[1] + t, 7.0]


@pytest.mark.parametrize(
    ("table", "inputs", "expected"),
    [
        (jacobian(cubic), (3.0,), 27.0),
        (jacobian(lambda x: x[0] * x[1]), ([3.0, 4.0],), [4.0, 3.0]),
        (jacobian(several_outputs), ([2.0, 3.0], 5.0), ([[5.0, 0.0], [0.0, 1.0], [0.0, 0.0]], [2.0, 1.0, 0.0])),
        (jacobian(several_outputs, argnums=1), ([2.0, 3.0], 5.0), [2.0, 1.0, 0.0]),
        (jacobian(lambda x, y: (x * y, [x, y**2])), (2.0, 3.0), ((3.0, 2.0), ([1.0, 0.0], [0.0, 6.0]))),
    ],
    ids=["number", "list", "several arguments", "argnums", "tuple of outputs"],
)
def test_jacobian_shapes(table, inputs, expected):
    assert table(*inputs) == expected


def test_jacobian_of_values():
    x = Value(2.0)
    table = jacobian(lambda x: [x[0] ** 3, x[0] * x[1]])([x, 3.0])
    table[0][0].backward()

    assert [[entry.data for entry in row] for row in table] == [[12.0, 0.0], [3.0, 2.0]]
    assert x.grad == 12.0


@pytest.mark.parametrize(
    ("table", "inputs", "expected"),
    [
        (hessian(cubic), (3.0,), 18.0),
        (hessian(lambda x: x[0] ** 2 * x[1] + x[1] ** 3), ([2.0, 3.0],), [[6.0, 4.0], [4.0, 18.0]]),
        (hessian(mixed), (2.0, 3.0), ((6.0, 4.0), (4.0, 18.0))),
        (hessian(mixed, argnums=1), (2.0, 3.0), 18.0),
        (hessian(mixed, argnums=(0,)), (2.0, 3.0), ((6.0,),)),
        (hessian(blocks), ([2.0, 5.0], 3.0), (([[6.0, 0.0], [0.0, 2.0]], [4.0, 0.0]), ([4.0, 0.0], 18.0))),
        (hessian(lambda x: 5.0), ([1.0, 2.0],), [[0.0, 0.0], [0.0, 0.0]]),
    ],
    ids=["number", "list", "several numbers", "argnums", "tuple of argnums", "list and number", "constant"],
)
def test_hessian_shapes(table, inputs, expected):
    assert table(*inputs) == expected


def test_hvp_is_hessian_times_vector():
    def f(x):
        return exp(x[0] * x[1]) + sin(x[2]) * x[0] + sqrt(x[1])

    x, v = [0.3, 0.7, -0.2], [1.0, -2.0, 0.5]
    expected = [sum(entry * component for entry, component in zip(row, v)) for row in hessian(f)(x)]

    assert hvp(f)(x, vector=v) == close(expected)


def test_hvp_of_several_arguments():
    assert hvp(blocks)([2.0, 5.0], 3.0, vector=([1.0, 1.0], 2.0)) == ([14.0, 2.0], 40.0)
    assert hvp(mixed, argnums=0)(2.0, 3.0, vector=5.0) == 30.0
    assert hvp(cubic)(2.0, vector=3.0) == 36.0


# --- The lectures' numbers -----------------------------------------------------------------------


def test_D8_functions_of_one_and_two_variables():
    assert derivative(lambda x: (2 * x + 1) ** 4)(1.5) == 512.0
    assert grad(lambda x1, x2: x1**2 * x2 + x1 * x2**3)(2.0, 3.0) == (39.0, 58.0)


def test_D8_along_a_curve():
    def circle(t):
        x1, x2 = sin(t), cos(t)
        return x1**2 + 2 * x2

    def spiral(t):
        x1, x2 = t * cos(t), t * sin(t)
        return exp(x1 * x2**2)

    assert grad(circle)(0.7) == close(-0.3029856444869218)
    assert value_and_grad(spiral)(0.7) == close((1.1150238234749623, 0.7062888605145928))


def test_D15_product_quotient_and_chain_rule():
    assert grad(lambda t: sin(t) * exp(t))(0.7) == close(2.837498137307049)
    assert grad(lambda t: sin(t) / exp(t))(0.7) == close(0.059900354000425766)
    assert grad(lambda s, t: (s * t) ** 2 + 2 * (s + t))(2.0, 3.0) == (38.0, 26.0)


def test_C8_chain_rule_three_times():
    def chain(w):
        return sigmoid(sigmoid(sigmoid(w)))

    x = sigmoid(0.5)
    y = sigmoid(x)
    slope = derivative(sigmoid)

    assert grad(chain)(0.5) == close(0.012032514870644767)
    assert slope(y) * slope(x) * slope(0.5) == close(grad(chain)(0.5))


def test_derivative_of_tanh_to_fourth_order():
    t = math.tanh(0.3)
    closed = [1 - t**2, -2 * t * (1 - t**2), (6 * t**2 - 2) * (1 - t**2), (16 * t - 24 * t**3) * (1 - t**2)]

    assert [derivative(tanh, n)(0.3) for n in range(1, 5)] == close(closed, rel=1e-11)


def test_import_leaves_checker_alone():
    import subprocess
    import sys

    code = (
        "import sys, autodiff; early = 'autodiff.check' in sys.modules; autodiff.check_gradients; "
        "print(early, 'autodiff.check' in sys.modules, 'check_gradients' in dir(autodiff))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.split() == ["False", "True", "True"]
