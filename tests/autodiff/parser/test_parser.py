"""parse: what it reads and records, its errors and advice, and that no text breaks it."""

import math
import pickle
import re
import subprocess
import sys
import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import autodiff
from autodiff import PRIMITIVES, ExpressionError, Primitive, Value, parse
from autodiff.formula import Formula, names, statements
from autodiff.graph import history
from autodiff.parser.functions import ELSEWHERE
from tests.benchmarks.alternating import held_seconds
from tests.support.clock import Clock


def graph(output):
    """A graph as data: every gate's primitive and operands, gates by position and leaves by name."""
    order = history(output)
    called = names(order, output)
    gates = [node for node in order if node.primitive]
    keys = {node: called[node] for node in order if not node.primitive} | {node: i for i, node in enumerate(gates)}
    return [(node.primitive.name, [repr(x) if type(x) is float else keys[x] for x in node.operands]) for node in gates]


def inputs(output):
    """The numbers of all leaves by name."""
    order = history(output)
    called = names(order, output)
    return {called[node]: node.data for node in order if not node.primitive}


def formulas(text, **given):
    """The statements of the graph that a text describes."""
    output = parse(text, **given)
    return statements(history(output), output)


def refusal(text, **given):
    with pytest.raises(ExpressionError) as caught:
        parse(text, **given)
    return str(caught.value)


# --- What is read --------------------------------------------------------------------------------


def test_D1_labeled_inputs_and_gates():
    f = parse("q = x + y; f = q * z", x=-2, y=5, z=-4)
    q, z = f.operands
    f.backward()

    assert (f.label, f.data, q.label, q.data) == ("f", -12.0, "q", 3.0)
    assert [(leaf.label, leaf.data, leaf.grad) for leaf in (*q.operands, z)] == [
        ("x", -2.0, -4.0),
        ("y", 5.0, -4.0),
        ("z", -4.0, 3.0),
    ]


def test_parse_order_of_leaves():
    f = parse("(b + a) * c", c=1, a=2, b=3)

    assert [node.label for node in history(f)] == ["b", "a", "c", "", ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x - y - 2", ["s0 = x - y", "f = s0 - 2"]),
        ("-x ** 2", ["s0 = x ** 2", "f = -s0"]),
        ("2 ** -x ** y", ["s0 = x ** y", "s1 = -s0", "f = 2 ** s1"]),
        ("1 / x", ["f = 1 / x"]),
        ("x / y * 2", ["s0 = x / y", "f = s0 * 2"]),
        ("+x * (2 - 3)", ["f = x * -1"]),
        ("x + 1 < y * 2", ["s0 = x + 1", "s1 = y * 2", "f = s0 < s1"]),
        ("max(x, y, 1)", ["f = max(x, y, 1)"]),
        ("min(x, 2, y)", ["s0 = min(x, 2)", "f = min(s0, y)"]),
        ("max(x, 0) + min(y, 1)", ["s0 = max(x, 0)", "s1 = min(y, 1)", "f = s0 + s1"]),
        ("abs(ln(x))", ["s0 = log(x)", "f = abs(s0)"]),
        ("dot([x, 2], [y, 3], 1)", ["f = dot([x, 2], [y, 3], 1)"]),
        ("dot([x], [y])", ["f = dot([x], [y], 0)"]),
        ("sum([x, y, 1])", ["f = sum([x, y, 1])"]),
        ("logsumexp([x, y])", ["f = logsumexp([x, y])"]),
        ("mean([x, y])", ["s0 = sum([x, y])", "f = s0 / 2"]),
        ("norm([x, y])", ["f = norm([x, y])"]),
        ("maxout([x, y])", ["f = max(x, y)"]),
        ("prelu(x, y)", ["f = leaky_relu(x, y)"]),
        ("where(x > 0, y, 2)", ["s0 = x > 0", "f = where(s0, y, 2)"]),
        ("heaviside(x, 0.5) + clip(y, 0, 1)", ["s0 = heaviside(x, 0.5)", "s1 = clip(y, 0, 1)", "f = s0 + s1"]),
        ("x*inf + nan", ["s0 = x * inf", "f = s0 + nan"]),
        ("x * pi - e", ["s0 = x * 3.141592653589793", "f = s0 - 2.718281828459045"]),
        ("1_000 * x + .5e-3", ["s0 = 1000 * x", "f = s0 + 0.0005"]),
        ("x +\\\n 1".replace("\\", ""), None),
        ("(x +\n 1)  # a sum\n", ["f = x + 1"]),
        ("a = x*y;; b = a + 1;", ["a = x * y", "b = a + 1"]),
        ("a = x\nb = a + y", ["b = x + y"]),
    ],
)
@pytest.mark.filterwarnings("ignore:.*does not depend on")
def test_parse_gates_of_text(text, expected):
    if expected is None:
        assert "is missing here" in refusal(text, x=2)
    else:
        assert formulas(text, x=2, y=3) == expected


def test_parse_signs_and_letters_of_slides():
    text = "σ(w₁·x₁ − b) × 2² ÷ 𝑥₁⁻¹ ≤ π"  # noqa: RUF001 - these very letters are meant

    assert formulas(text, w1=1, x1=2, b=3) == [
        "s0 = w1 * x1",
        "s1 = s0 - b",
        "s2 = sigmoid(s1)",
        "s3 = s2 * 4",
        "s4 = x1 ** -1",
        "s5 = s3 / s4",
        "f = s5 <= 3.141592653589793",
    ]


def test_parse_e_is_the_constant_unless_given():
    assert parse("e * x", x=1).data == math.e
    assert parse("e * x", x=1, e=5).data == 5.0
    assert parse("c = a + b; d = a * b; e = c + d; f = c * d; y = e + f", a=2, b=3).data == 41.0  # not e = 2.718...


def test_parse_number_alone_and_named():
    assert parse("2 ** 3").data == 8.0
    assert parse("9**9**9**9").data == math.inf
    assert (parse("1/0").data, parse("-1/0").data, math.isnan(parse("0/0").data)) == (math.inf, -math.inf, True)

    f = parse("x = 3; f = 2 * x")
    f.backward()

    assert f.operands[0] == 2.0
    assert (f.operands[1].label, f.operands[1].grad) == ("x", 2.0)


def test_parse_name_set_twice():
    f = parse("q = x + 1; q = q * q", x=2)

    assert f.data == 9.0
    assert parse(";".join(statements(history(f), f)), x=2).data == 9.0


def test_parse_of_values_is_differentiable():
    x = Value(2.0)
    f = parse("x ** 3", x=x)

    assert f.operands[0] is x
    assert x.label == "x"
    assert autodiff.grad(autodiff.grad(lambda x: parse("x ** 3", x=x)))(2.0) == 12.0


def test_parse_own_primitive():
    PRIMITIVES["cube"] = Primitive("cube", lambda x: x * x * x, lambda out, x: (3.0 * x * x,))
    try:
        assert parse("cube(x) + 1", x=2).data == 9.0
        assert "call it as cube(x)" in refusal("cube()")
    finally:
        del PRIMITIVES["cube"]


def test_unused_statement_is_noted():
    with pytest.warns(UserWarning, match="^f does not depend on z$"):
        parse("f = x + y", x=1, y=2, z=3)
    with pytest.warns(UserWarning, match="^the result does not depend on y, a$"):
        parse("a = y + 1; x + 1", x=1, y=2)


def test_import_leaves_parser_alone():
    code = "import sys, autodiff; print([m for m in ('ast', 'difflib', 'autodiff.parser') if m in sys.modules])"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


# --- There and back ------------------------------------------------------------------------------

ARITIES = {
    "leaky_relu": 2,
    "elu": 2,
    "heaviside": 2,
    "clip": 3,
    "where": 3,
    "sum": 4,
    "logsumexp": 3,
    "dot": 5,
    "take": 4,
}
NUMBERS = st.sampled_from([math.inf, -math.inf, math.nan, -0.0, 0.5, -2.0, 3.0, 1e-300, 1e22, 0.1])


def arity(name):
    return ARITIES.get(name) or PRIMITIVES[name].local_gradients.__code__.co_argcount - 1 or 2


@st.composite
def graphs(draw):
    """A random graph: any primitives, shared nodes, constants, some labels."""
    nodes = [Value(draw(NUMBERS), name) for name in ("x", "y", "")]
    for i in range(draw(st.integers(1, 8))):
        name = draw(st.sampled_from(sorted(PRIMITIVES)))
        count = arity(name)
        operands = [draw(st.sampled_from(nodes)) if draw(st.booleans()) else draw(NUMBERS) for _ in range(count)]
        operands[draw(st.integers(0, count - 1 - (name == "take")))] = draw(st.sampled_from(nodes))
        operands[-1] = float(draw(st.integers(0, count - 2))) if name == "take" else operands[-1]
        node = Value.record(PRIMITIVES[name], operands)
        node.label = draw(st.sampled_from(["", f"gate{i}", "same"]))
        nodes.append(node)
    return nodes[-1]


@pytest.mark.parametrize("name", sorted(PRIMITIVES))
def test_statements_of_primitives_read_back(name):
    count = arity(name)
    leaves = [Value(1.0 + i / 8, f"x{i}") for i in range(count)]
    leaves[-1].data = 2.0 if name == "take" else leaves[-1].data
    output = Value.record(PRIMITIVES[name], leaves)
    nested = str(Formula.record(PRIMITIVES[name], [Formula(leaf.label) for leaf in leaves]))

    assert graph(parse(nested, **inputs(output))) == graph(output)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_statements_read_back_as_the_graph(output):
    lines = statements(history(output), output)
    again = parse("\n".join(lines), **inputs(output))

    assert graph(again) == graph(output)
    assert repr(again.data) == repr(output.data)
    assert statements(history(again), again) == lines


def test_parse_1000_terms():
    assert parse("+".join(["x"] * 1000), x=2).data == 2000.0


def test_statements_of_large_graph_read_back():
    x = output = Value(1.0, "x")
    for i in range(1000):
        output = output * 0.5 + x
        output.label = f"g{i}"

    assert graph(parse(";".join(statements(history(output), output)), x=1)) == graph(output)


# --- What is refused, and the advice -------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "caret", "advice"),
    [
        ("x^2", 1, "write ** for a power"),
        ("2x", 1, "write 2*x"),
        ("(x + y)z", 7, "write (x + y)*z"),
        ("(x + y)(x - y)", 7, "write (x + y)*(x - y)"),
        ("3 + 2 max(x, y) - 1", 6, "write 2*max(x, y)"),
        ("max(x, y)2", 9, "write max(x, y)*2"),
        ("x²y", 2, "write x²*y"),
        ("(x + 1)⁻¹y", 9, "write (x + 1)⁻¹*y"),
        ("x y", 2, "write x*y"),
        ("2 3", 2, "an operator is missing"),
        ("x" * 50 + " " + "y" * 50, 51, "needs a * here"),
        ("sin x", 4, "write sin(x)"),
        ("less(x)", 0, "less(a, b)"),
        ("pi(x)", 0, "pi is a number, not a function"),
        ("x(y + 1)", 0, "x is a number, not a function: for a product, write x*"),
        ("sigmoid * x", 0, "sigmoid is a function: write sigmoid(x)"),
        ("sigmod(x)", 0, "did you mean sigmoid?"),
        ("softmax([x, y])", 0, "exp(a - logsumexp([a, b]))"),
        ("qqq(x)", 0, "there is no function qqq; the functions are abs, acos, acosh,"),
        ("leaky_relu(x)", 0, "leaky_relu(x, 0.01)"),
        ("leaky_relu(x, slope=2)", 19, "without names, as in leaky_relu(x, 0.01)"),
        ("sum(x, y)", 0, "sum([a, b])"),
        ("exp([x])", 0, "exp(a)"),
        ("max(x)", 0, "max(a, b)"),
        ("mean([])", 0, "mean needs at least one value"),
        ("dot([x, y], [1])", 0, "expected 2, got 1"),
        ("sum([[x]])", 4, "only some functions take a list"),
        ("[x] + y", 0, "only some functions take a list"),
        ("[x]", 0, "only some functions take a list"),
        ("x, y", 0, "a comma only separates"),
        ("max((x, y))", 4, "a comma only separates"),
        ("()", 0, "a comma only separates"),
        ("max(x y)", 6, "write x*y"),
        ("max(, y)", 4, "is missing here"),
        ("x +", 3, "is missing here"),
        ("x + * y", 4, "is missing here"),
        ("(x", 0, "this ( is never closed"),
        ("x)", 1, "this ) matches no open bracket"),
        ("sum([x)]", 6, "this ) matches no open bracket"),
        ("0 < x < 1", 0, "(0 < x) * (x < 1)"),
        ("x.data", 1, "no attributes"),
        ("x[0]", 1, "no subscripts"),
        ("'x'", 0, "leave out the quotation marks"),
        ('f"{x}"', 1, "leave out the quotation marks"),
        ("{x}", 0, "write parentheses"),
        ("x if y else 2", 2, "where(condition, a, b)"),
        ("x > 0 and y > 0", 6, "(a > 0) * (b > 0)"),
        ("not x", 0, "1 - (a > 0)"),
        ("lambda: x", 0, "lambda is a Python keyword: choose another name"),
        ("(z := x)", 3, ": has no meaning here"),
        ("sum([a for a in x])", 7, "for is a Python keyword"),
        ("import os", 0, "import is a Python keyword"),
        ("|x|", 0, "abs(x)"),
        ("x!", 1, "! has no meaning here"),
        ("√x", 0, "sqrt(x)"),
        ("x @ y", 2, "write dot([w0, w1], [x0, x1])"),
        ("x = 2", 0, "x is an input"),
        ("q = ", 3, "an expression is missing after q ="),
        ("x + y = q", 6, "a single name"),
        ("q += x", 3, "a single name"),
        ("a = b = x", 6, "a single name"),
        ("½", 0, "is not a name"),
        ("1e400 * x", 0, "too large"),
        ("9" * 400, 0, "too large"),
        ("", 0, "it is empty"),
        (" ; \n # nothing", 0, "it is empty"),
    ],
)
def test_expression_error_shows_caret_and_advice(text, caret, advice):
    shown = text.partition("\n")[0]
    lines = refusal(text, x=1, y=2).split("\n")

    if len(text) < 72:
        assert lines[1] == f"    {shown}"
        assert lines[2] == " " * (4 + caret) + "^"
    assert lines[2].strip() == "^"
    assert advice in "\n".join(lines[3:])


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("e^x", "write exp(x)"), ("2e^x", "write exp(x)"), ("y*e^-x", "write exp(-x)"),
        ("e^(x + y)", "write exp(x + y)"),
        ("we^x", "write ** for a power"), ("x & y", "multiply"), ("x > 0 && y > 0", "multiply"),
        ("x > 0 || y > 0", "max(a > 0, b > 0)"),
        ("x > 0 | y > 0", "max(a > 0, b > 0)"), ("~x", "1 - (a > 0)"), ("x ? y : 1", "where(condition, a, b)"),
        ("\\frac{x}{y}", "write x / y"), ("x <> y", "write x != y"),
        ("mean(x, y)", "mean([a, b])"), ("norm(x)", "norm([a, b])"), ("logsumexp(x, (y + 1))", "logsumexp([a, b])"),
        ("maximum(x, y, x*y)", "for more operands, write max(a, b, c)"),
        ("minimum(x, y, 1)", "for more operands, write min(a, b, c)"),
        ("max([x, y])", "max(a, b)"), ("relu(x, y)", "call it as relu(a)"),
    ],
)  # fmt: skip
def test_expression_error_advice(text, advice):
    assert advice in refusal(text, x=1, y=2).splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("lg", math.log10), ("ld", math.log2), ("exp2", math.exp2), ("square", lambda x: x * x),
        ("cbrt", math.cbrt),
        ("arcsinh", math.asinh), ("arctan2", lambda x: math.atan2(0.75, x)), ("arcsin", math.asin),
        ("erfc", math.erfc), ("ceil", math.ceil), ("remainder", lambda x: x % 0.75),
        ("cot", lambda x: 1 / math.tan(x)), ("sec", lambda x: 1 / math.cos(x)),
        ("swish", lambda x: x / (1 + math.exp(-x))),
        ("mish", lambda x: x * math.tanh(math.log1p(math.exp(x)))),
        ("arctan", math.atan), ("relu6", lambda x: min(max(x, 0), 6)),
        ("selu", lambda x: 1.0507009873554805 * x), ("softsign", lambda x: x / (1 + abs(x))),
        ("logit", lambda x: math.log(x / (1 - x))), ("hard_sigmoid", lambda x: x / 6 + 0.5), ("clamp", lambda x: x),
        ("sgn", lambda x: 1.0), ("fabs", abs), ("pow", lambda x: x**0.75),
        ("logaddexp", lambda x: math.log(math.exp(x) + math.exp(0.75))),
        ("coth", lambda x: 1 / math.tanh(x)), ("sech", lambda x: 1 / math.cosh(x)), ("rsqrt", lambda x: x**-0.5),
        ("sine", math.sin),
    ],
)  # fmt: skip
def test_functions_elsewhere_get_a_formula(name, function):
    advice = refusal(f"{name}(x)", x=1).splitlines()[-1]
    formula = advice.removeprefix(f"there is no function {name}: write ")

    assert "did you mean" not in advice
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for x in (0.25, 0.5):
            assert parse(formula, x=x, y=0.75).data == pytest.approx(function(x), rel=1e-12)


BOUNDED = ["asin(x)", "acos(x)", "atanh(x)"]


@pytest.mark.parametrize("formula", ELSEWHERE)
def test_functions_elsewhere_formulas_parse(formula):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert math.isfinite(parse(formula, x=0.5 if formula in BOUNDED else 2, y=3, a=4, b=5).data) or "1 -" in formula
    assert not {*ELSEWHERE[formula].split()} & {*PRIMITIVES}


@pytest.mark.parametrize("name", ["lgamma", "digamma", "round", "argmax", "tand", "dct", "xyz"])
def test_functions_elsewhere_propose_no_other(name):
    assert "did you mean" not in refusal(f"{name}(x)", x=1)
    assert "write" not in refusal(f"{name}(x)", x=1)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("ReLU", "relu"), ("Sigmoid", "sigmoid"), ("sgimoid", "sigmoid"), ("softpls", "softplus"),
     ("log_sum_exp", "logsumexp"), ("recipprocal", "reciprocal"), ("heavyside", "heaviside"), ("Tanh", "tanh")],
)  # fmt: skip
def test_suggestion_for_one_wrong_letter(name, meant):
    assert f"did you mean {meant}?" in refusal(f"{name}(x)", x=1)


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("x + y; x*y", "x \\+ y"), ("q = x*2; q = x*y; f = q", "the earlier q"), ("x\ny; f = x*y", None),
        ("x*2; y+1; x*y", r"x\*2, y\+1"),
        ("q = x; q = y; f = q*x", None), ("q = x*2; q = q*y; q + x", None),
    ],
)  # fmt: skip
def test_lost_statement_is_noted(text, lost):
    if lost is None:
        assert type(parse(text, x=1, y=2)) is Value
    else:
        with pytest.warns(UserWarning, match=f"does not depend on {lost}$"):
            parse(text, x=1, y=2)


def test_caret_line_and_place():
    assert "    b = 2a\n         ^\n" in refusal("a = x\nb = 2a", x=1)
    long = refusal("x + " * 100 + "2x" + " + x" * 100, x=1)
    shown, caret = long.split("\n")[1:3]

    assert shown.startswith("    ... ")
    assert shown.endswith(" ...")
    assert shown[caret.index("^") - 1 :].startswith("2x +")


def test_missing_value_shows_corrected_call():
    message = refusal("x * y + z", x=2.5, z=-1)

    assert "    x * y + z\n        ^\n" in message
    assert "y has no value: write\n    parse('x * y + z', x=2.5, z=-1, y=<number>)" in message
    with pytest.raises(ExpressionError) as caught:
        parse("a * b")
    assert caught.value.missing == ("a", "b")


@pytest.mark.parametrize(
    ("text", "given", "guess"),
    [
        ("w0x0 + w1", {}, "w0*x0"),
        ("w0x0 + w1x1 + w2", {"w0": 2, "x0": -1, "w1": -3, "x1": -2, "w2": -3}, "w0*x0"),
        ("xy + x + y", {"x": 1, "y": 2}, "x*y"),
        ("2*πr", {"r": 1}, "π*r"),
        ("weigth * x", {"weight": 1, "x": 2}, "weight"),
        ("X + 1", {"x": 1}, "x"),
    ],
)
def test_missing_value_suggests_name(text, given, guess):
    assert f"did you mean {guess}?" in refusal(text, **given)


def test_missing_value_before_assignment():
    assert "q has no value" in refusal("f = q * x; q = x + 1", x=1)


@pytest.mark.parametrize("text", ["q = x + y f = q*z", "x + y f = 3", "(x + y) f = 3"])
def test_missing_semicolon_is_named(text):
    message = refusal(text, x=1, y=2, z=3)
    shown, caret = message.split("\n")[1:3]

    assert "write ; f = ..." in message
    assert shown[caret.index("^")] == "f"


def test_expression_error_pickles():
    with pytest.raises(ExpressionError) as caught:
        parse("a * b")
    again = pickle.loads(pickle.dumps(caught.value))

    assert (str(again), again.missing) == (str(caught.value), ("a", "b"))


# --- Nothing breaks it ---------------------------------------------------------------------------


def read_or_refused(text, **given):
    """Parse a text. An ExpressionError has a caret and advice; any other exception is a bug."""
    message = ""
    try:
        output = parse(text, **given)
    except ExpressionError as error:
        message = str(error)
    if message:
        assert message.split("\n")[2].strip() == "^"
        assert message.split("\n")[3]
    else:
        assert type(output) is Value


@pytest.mark.timed
@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "x" + ")" * 10_000,
        "[" * 10_000,
        "exp(" * 10_000,
        "-" * 50_000 + "x",
        "x" + "**x" * 30_000,
        "x" + "+x" * 40_000,
        "x" + "<x" * 40_000,
        "(x+" * 99 + "x" + ")" * 99 + "**x" * 9000,
        "x" * 1_000_000,
        "9" * 90_000,
        "9**" * 20_000 + "9",
        "sum([" + "x," * 30_000 + "x])",
        "q = x; " + "q = q + q; " * 5_000,
        "x\0y",
        "\ud800",
        "x" + "\u0301" * 1000,
        "a1" * 20 + "_",
        "a" * 39 + "b",
        "\N{ARABIC LETTER TEH}\u202e x",
        "__import__('os').system('true')",
        "().__class__.__bases__",
        "\r\r\n\x0b\x0c\x1c",
        "\N{MATHEMATICAL BOLD CAPITAL A}" * 30_000,
    ],
)
def test_parse_hostile_text_within_a_second(text):
    with Clock() as clock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read_or_refused(text, x=1.0, a=1.0, aa=1.0)

    held_seconds("reading hostile text", clock.seconds, 1.0)


WORDS = "x y e q 2 .5 1e9 max sum dot exp where less inf nan if lambda = == < + - * ** / ( ) [ ] , ; . # ² ⁻ ·".split()  # noqa: SIM905 - one line
WORDS += [" ", "\n", "\0"]


@pytest.mark.filterwarnings("ignore:.*does not depend on")
@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | st.lists(st.sampled_from(WORDS), max_size=30).map("".join))
def test_parse_any_text(text):
    read_or_refused(text, x=2.0, y=-3.0)


@pytest.mark.timed
def test_missing_values_by_thousands():
    with Clock() as clock, pytest.raises(ExpressionError, match="have no value") as error:
        parse("+".join(f"q{i}" for i in range(15_000)))

    assert len(error.value.missing) == 15_000
    held_seconds("15,000 missing values", clock.seconds, 3.0)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x % 3 * 2", ["s0 = x % 3", "f = s0 * 2"]),
        ("2 * x % 3", ["s0 = 2 * x", "f = s0 % 3"]),
        ("-x % 3", ["s0 = -x", "f = s0 % 3"]),
        ("x % 3 ** 2", ["f = x % 9"]),
        ("x - 1 // x", ["s0 = 1 // x", "f = x - s0"]),
        ("x//2//3", ["s0 = x // 2", "f = s0 // 3"]),
        ("x % (x % 2)", ["s0 = x % 2", "f = x % s0"]),
    ],
)
def test_remainder_binds_as_in_python(text, lines):
    output = parse(text, x=5.5)
    assert statements(output) == lines
    assert output.data == eval(text, {"x": 5.5})


# --- A user's functions --------------------------------------------------------------------------


def cube(x):
    return x * x * x


def line(x, slope=2.0, *, start=1.0):
    return slope * x + start


def average(values):
    return sum(values) / len(values)


hypot = Primitive("hypot", lambda x, y: (x * x + y * y) ** 0.5, lambda out, x, y: (x / out, y / out))
scaled = Primitive("scaled", lambda x, by=2: by * x, lambda out, x, by=2: (by,))
total = Primitive("total", lambda *terms: math.fsum(terms), lambda out, *terms: (1.0,) * len(terms))
OWN = {"hypot": hypot, "cube": cube, "line": line, "average": average, "scaled": scaled, "total": total, "exp": cube}
OWN |= {"ln": hypot, "Δ2": cube, "e": cube, "max": total}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("hypot(x, y)", ["f = hypot(x, y)"]),
        ("q = hypot(x, 4); q * q", ["q = hypot(x, 4)", "f = q * q"]),
        ("cube(x) + cube(2)", ["s0 = x * x", "s1 = s0 * x", "f = s1 + 8"]),
        ("line(x)", ["s0 = 2 * x", "f = s0 + 1"]),
        ("line(x, y)", ["s0 = y * x", "f = s0 + 1"]),
        ("average([x, y, 1])", ["s0 = x + y", "s1 = s0 + 1", "f = s1 / 3"]),
        ("scaled(x)", ["f = scaled(x)"]),
        ("total(x, y, 1)", ["f = total(x, y, 1)"]),
        ("Δ2(x)", ["s0 = x * x", "f = s0 * x"]),
        ("exp(x)", ["s0 = x * x", "f = s0 * x"]),  # they take precedence over built-in functions
        ("ln(x, y)", ["f = hypot(x, y)"]),
        ("max(x, y)", ["f = total(x, y)"]),
        ("e(x) * 2", ["s0 = x * x", "s1 = s0 * x", "f = s1 * 2"]),
        ("hypot = x + y; hypot(hypot, x)", ["hypot = x + y", "f = hypot(hypot, x)"]),
    ],
)
def test_own_functions(text, lines):
    inputs = {name: number for name, number in (("x", 3.0), ("y", 4.0)) if re.search(rf"\b{name}\b", text)}
    output = parse(text, functions=OWN, **inputs)
    assert statements(output) == lines


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("hypot(x)", "call it as hypot(x, y), got 1"),
        ("hypot(x, 1, 2)", "call it as hypot(x, y), got 3"),
        ("cube()", "call it as cube(x), got 0"),
        ("line(x, 1, 2)", "call it as line(x, slope=2.0), got 3"),
        ("hypot([x, 1], 2)", "call it as hypot(x, y)"),
        ("hypo(x, 1)", "there is no function hypo: did you mean hypot?"),
        ("hypott(x, 1)", "there is no function hypott: did you mean hypot?"),
        ("Cube(x)", "there is no function Cube: did you mean cube?"),
        ("cube", "cube is a function: write cube(x)"),
        ("cube x", "cube is a function: write cube(x)"),
        ("foo(x)", 'for a function of your own, in Python: parse(text, functions={"foo": ...})'),
    ],
)
def test_own_functions_advice(text, advice):
    with pytest.raises(ExpressionError) as error:
        parse(text, functions=OWN, x=3)
    assert str(error.value).endswith(advice)


@pytest.mark.parametrize("result", [2, True, np.float64(2.0), Fraction(5, 2)])
def test_own_functions_may_return_numbers(result):
    assert parse("x * f(x)", functions={"f": lambda x: result}, x=3).data == 3 * float(result)


def test_input_named_functions():
    assert parse("functions * 2", functions=3).data == 6
