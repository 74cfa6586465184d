"""Flat code: the program of a recorded graph, its text, its names, its structure."""

import pickle

import pytest

import autodiff
from autodiff import Value, gradients, maximum, sigmoid, variables, where
from autodiff.flat import Line, Program, lower
from autodiff.flat.backends import python as source
from autodiff.flat.live import Listing
from autodiff.graph import history
from tests.support.clock import Clock

D6 = """\
def f(w0, x0, w1, x1, w2):
    # forward
    s0 = w0 * x0
    s1 = w1 * x1
    s2 = s0 + s1
    s3 = s2 + w2
    L = sigmoid(s3)
    # backward
    grad_L = 1.0
    grad_s3 = grad_L * (1 - L) * L
    grad_w2 = grad_s3
    grad_s2 = grad_s3
    grad_s0 = grad_s2
    grad_s1 = grad_s2
    grad_w1 = grad_s1 * x1
    grad_x1 = grad_s1 * w1
    grad_w0 = grad_s0 * x0
    grad_x0 = grad_s0 * w0
    return L, (grad_w0, grad_x0, grad_w1, grad_x1, grad_w2)"""


def neuron():
    w0, x0, w1, x1, w2 = variables(w0=2, x0=-1, w1=-3, x1=-2, w2=-3)
    output = sigmoid(w0 * x0 + w1 * x1 + w2)
    output.label = "L"
    return output, (w0, x0, w1, x1, w2)


def test_D6_listing_is_the_slides():
    output, _ = neuron()

    assert str(lower(output)) == D6


def test_D6_runs_as_printed():
    output, leaves = neuron()
    output.backward()

    value, slopes = source.function(lower(output))(2.0, -1.0, -3.0, -2.0, -3.0)

    assert value == output.data
    assert slopes == pytest.approx([leaf.grad for leaf in leaves], rel=1e-12)


def test_E7_two_paths_assign_then_add():
    x, y, z = variables(x=1, y=2, z=0)

    program = lower((x + y) * maximum(y, z))

    assert "    t0 = grad_s1 * 0.5\n    grad_y = t0 if y == z else (grad_s1 if y > z else 0.0)\n" in str(program)
    assert "    grad_y += grad_s0\n" in str(program)
    assert source.function(program)(1.0, 2.0, 0.0) == (6.0, (2.0, 5.0, 0.0))


def test_lower_computes_only_wrt():
    output, (w0, *_) = neuron()

    program = lower(output, wrt=[w0])

    assert program.input_gradients == ("grad_w0", None, None, None, None)
    assert not any("grad_w1" in str(line) for line in program.lines)
    assert "backward" not in str(lower(output, wrt=()))


def test_lower_other_leaves_are_parameters():
    output, (_w0, x0, w1, x1, w2) = neuron()

    program = lower(output, inputs=[x0, x1])

    assert program.inputs == ("x0", "x1")
    assert program.parameters == ("w0", "w1", "w2")
    assert lower(output, inputs=[x0, x1], parameters=[w2, w1]).parameters == ("w2", "w1", "w0")


def test_lower_result_as_input():
    x, y, z = variables(x=-2, y=5, z=-4)
    q = x + y
    q.label = "q"

    program = lower(q * z, inputs=[q, z])

    assert program.inputs == ("q", "z")
    assert program.parameters == ()
    assert [str(line) for line in program.lines] == [
        "f = q * z",
        "grad_f = 1.0",
        "grad_z = grad_f * q",
        "grad_q = grad_f * z",
    ]


def test_lower_unused_inputs_have_gradient_0():
    x, y = variables(x=1, y=2)

    program = lower(x * 3.0, inputs=[x, y])

    assert program.input_gradients == ("grad_x", 0.0)
    assert source.function(program)(1.0, 2.0) == (3.0, (3.0, 0))


def test_lower_output_is_input_or_number():
    (x,) = variables(x=1)

    assert source.function(lower(x))(5.0) == (5.0, (1.0,))
    assert source.function(lower([x * x, 7.0, x], inputs=[x]))(3.0) == ((9.0, 7, 3.0), (6.0,))
    assert source.function(lower([7.0], inputs=[x]))(3.0) == (7, (0,))


def test_lower_second_derivatives():
    (x,) = variables(x=2)
    (slope,) = gradients(x**3.0 * autodiff.sin(x), [x])
    (curvature,) = gradients(slope, [x])

    value, (slope_of_slope,) = source.function(lower(slope, inputs=[x]))(2.0)

    assert value == pytest.approx(slope.data, rel=1e-12)
    assert slope_of_slope == pytest.approx(curvature.data, rel=1e-12)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("x", "x"),
        ("layers.0.neurons.1.w.2", "layers_0_neurons_1_w_2"),
        ("w[3]", "w_3"),
        ("lambda", "lambda_2"),
        ("exp", "exp_2"),
        ("print", "print_2"),
        ("var", "var_2"),
        ("f", "f_2"),
        ("2x", "v2x"),
        ("θ", "θ"),
        ("x); import os; (", "x_import_os"),
        ('"""', "v0"),
        ("__import__('os')", "import___os"),
        ("\n", "v0"),
        ("x" * 10_000, "x" * 40),
        ("grad_f", "grad_f"),
    ],
)
def test_labels_become_identifiers(label, name):
    x = Value(3.0, label)

    program = lower(x * x)

    assert program.inputs == (name,) or name == "f_2"
    assert source.function(program)(3.0) == (9.0, (6.0,))


def test_labels_that_are_equal():
    a, b, c = Value(1.0, "x"), Value(2.0, "x"), Value(3.0, "x_2")

    program = lower(a * b * c)

    assert len(set(program.inputs)) == 3
    assert source.function(program)(1.0, 2.0, 3.0) == (6.0, (6.0, 3.0, 2.0))


def test_labels_with_two_spellings_of_a_letter():
    a, b = Value(2.0, "ﬁ"), Value(3.0, "fi")

    assert source.function(lower(a - b))(2.0, 3.0) == (-1.0, (1.0, -1.0))


def test_key_of_one_structure():
    first, _ = neuron()
    second, leaves = neuron()
    for leaf in leaves:
        leaf.label = ""

    assert lower(first).key == lower(second).key
    assert lower(first) == lower(neuron()[0])
    assert lower(first).key != lower(first, wrt=()).key
    assert lower(leaves[0] * float("nan")).key == lower(leaves[1] * float("nan")).key
    assert lower(leaves[0] * 0.0).key != lower(leaves[0] * -0.0).key


ONE = Program(("x", "y"), ("w",), (Line("f", ("mul", "x", ("add", "y", 2.0))),), 1, ("f",), (None, 0.0), (None,))
DIFFERENT = [
    ONE,
    ONE._replace(inputs=("y", "x")),
    ONE._replace(inputs=("x",), parameters=("y", "w")),
    ONE._replace(lines=(Line("f", ("mul", "x", ("add", "w", 2.0))),)),
    ONE._replace(lines=(Line("f", ("mul", "x", ("add", "y", 3.0))),)),
    ONE._replace(lines=(Line("f", ("mul", "x", ("sub", "y", 2.0))),)),
    ONE._replace(lines=(Line("f", ("add", "x", ("add", "y", 2.0))),)),
    ONE._replace(lines=(Line("f", ("add", ("add", "x", "y"), 2.0)),)),
    ONE._replace(lines=(Line("f", ("mul", "x", ("add", "y", 2.0)), True),)),
    ONE._replace(outputs=("x",)),
    ONE._replace(outputs=("f", "x")),
    ONE._replace(input_gradients=("f", 0.0)),
    ONE._replace(input_gradients=(0.0, None)),
    ONE._replace(parameter_gradients=("x",)),
]


def renamed(program):
    """The program with every name changed."""

    def other(x):
        if type(x) is tuple:
            return (x[0], *map(other, x[1:]))
        return f"new_{x}" if type(x) is str else x

    places = [tuple(map(other, part)) for part in (program.inputs, program.parameters, program.outputs)]
    gradients = [tuple(map(other, part)) for part in (program.input_gradients, program.parameter_gradients)]
    lines = tuple(line._replace(target=other(line.target), expression=other(line.expression)) for line in program.lines)
    return Program(places[0], places[1], lines, program.forward, places[2], *gradients)


def test_key_of_different_programs():
    """Code compiled for one key runs for every program with that key."""
    assert len({program.key for program in DIFFERENT}) == len(DIFFERENT)
    for program in DIFFERENT:
        assert renamed(program) != program
        assert renamed(program).key == program.key


def test_program_lists_nested_primitives():
    output, _ = neuron()

    assert lower(output, wrt=()).primitives == ["add", "mul", "sigmoid"]
    assert lower(output).primitives == ["add", "mul", "sigmoid", "sub"]
    assert lower(Value(3.0)).primitives == []


def test_lower_missing_leaves_become_parameters():
    w, x, c = variables(w=2, x=3, c=5)

    assert lower(w * x * c, inputs=[x]).parameters == ("w", "c")


def test_lower_compared_gates_get_no_gradient():
    x, y = variables(x=2, y=5)
    program = lower(where(3.0 * x > y, x * y, y))

    assert not any("grad_s0" in str(line) or "grad_s1" in str(line) for line in program.lines)
    assert source.function(program)(2.0, 5.0) == (10.0, (5.0, 2.0))
    assert source.function(program)(1.0, 5.0) == (5.0, (0.0, 1.0))


def test_lower_drops_dead_gradient_lines():
    x, y = variables(x=2, y=5)
    program = lower((x > y) * 3.0)

    assert [str(line) for line in program.lines] == ["s0 = 1.0 * (x > y)", "f = s0 * 3"]
    assert program.input_gradients == (0.0, 0.0)


def test_program_is_plain_data():
    output, _ = neuron()
    program = lower(output + 2.5)

    assert pickle.loads(pickle.dumps(program)) == program
    assert program.gradients == ("grad_w0", "grad_x0", "grad_w1", "grad_x1", "grad_w2")
    assert lower(output, wrt=[output.operands[0].operands[1]]).gradients == ("grad_w2",)


def test_lower_names_wrong_arguments():
    x, y = variables(x=1, y=2)

    with pytest.raises(ValueError, match=r"wrt takes inputs and parameters of the program, got Value\(2.0, 'y'\)"):
        lower(x * x, wrt=[y])
    with pytest.raises(ValueError, match="given twice"):
        lower(x * y, inputs=[x], parameters=[x])
    with pytest.raises(TypeError, match="inputs and parameters are Values, got float"):
        lower(x * y, inputs=[2.0])
    cube = autodiff.Primitive("cube", lambda x: x * x * x, lambda out, x: (3.0 * x * x,))
    assert "f = cube(x)" in str(lower(cube(x)))


def test_traceback_shows_flat_line():
    import traceback

    x, y = variables(x=1, y=2)
    function = source.function(lower(x * y))

    with pytest.raises(TypeError) as caught:
        function("a", "b")
    assert "f = x * y" in "".join(traceback.format_exception(caught.value))


@pytest.mark.timed
def test_lower_100_000_gates_without_recursion():
    (x,) = variables(x=1)

    def seconds(gates):
        total = x
        for i in range(gates):
            total = total + x if i % 2 else total * 0.5
        with Clock() as clock:
            assert len(lower(total, roll=False).lines) > gates
        return clock.seconds

    small = min(seconds(2_000), seconds(2_000))
    assert seconds(20_000) < 30 * small  # linear, with a margin for noise


def test_sum_of_very_many_terms_runs():
    many = [Value(1.0) for _ in range(2_000)]

    value, slopes = source.function(lower(autodiff.sum(many), roll=False))(*[1.0] * 2_000)

    assert value == 2_000
    assert set(slopes) == {1.0}


def test_listing_reads_as_formulas():
    assert str(Line("s", ("dot", "w0", "w1", "x0", "x1", "b"))) == "s = b + w0 * x0 + w1 * x1"
    assert str(Line("g", ("mul", "s", ("sub", 1.0, "v")), adds=True)) == "g += s * (1 - v)"
    assert str(Line("g", 1.0)) == "g = 1.0"


def test_listing_lines_of_gates_and_paths():
    """Also where a label looks like a gradient."""
    x, y = Value(2.0, "x"), Value(3.0, "grad_x")
    q = x * y
    q.label = "grad_grad_x"
    f = q * q + x
    f.label = "f"
    listing = Listing(history(f))

    assert str(listing.program).splitlines() == listing.lines
    for node, place in listing.computing.items():
        assert listing.lines[place].split() == [node.label or "s0", "=", *listing.lines[place].split()[2:]]
    assert [listing.lines[place].split()[:2] for place in listing.adding[q]] == [
        ["grad_grad_grad_x", sign] for sign in ("=", "+=")
    ]
    assert [listing.lines[place].split()[1] for place in listing.adding[x]] == ["=", "+="]
    assert [listing.lines[place].split()[0] for place in listing.adding[y]] == ["grad_grad_x_2"]
