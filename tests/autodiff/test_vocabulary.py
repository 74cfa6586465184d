"""Every gate has one row of words, used everywhere; a user's gate gets words from its name."""

import ast
import json
import math
import re
from pathlib import Path
from xml.dom import minidom

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import autodiff
import visualize
from autodiff import PRIMITIVES, Primitive, Value, check_gradients, nonfinite_origin, parse, sigmoid, variables
from autodiff.formula import Formula, SlideFormula, statements
from autodiff.quiz import Question
from autodiff.vocabulary import INFIX, ROWS, words

ROOT = Path(autodiff.__file__).parent.parent

# --- The table -----------------------------------------------------------------------------------


def test_words_for_every_primitive():
    assert set(ROWS) == set(PRIMITIVES)


def test_signs_are_those_of_expressions():
    for name, row in INFIX.items():
        assert parse(f"x {row.sign} y", x=2, y=3).primitive is PRIMITIVES[name]


@pytest.mark.parametrize("name", sorted(ROWS))
def test_words_left_out_come_from_the_name(name):
    row = ROWS[name]
    assert all([row.name, row.symbol, row.spoken, row.kink])
    assert set(vars(row)) <= set(dir(words("no such gate")))
    assert row is words(PRIMITIVES[name]) is words(name)


def test_words_of_gate_without_row():
    row = words(Primitive("my_own gate", abs, lambda out, x: (1.0,)))
    assert [row.name, row.spoken, row.symbol, row.role] == ["my_own_gate", "my own gate", "my own gate", ""]


@pytest.mark.parametrize("name", ["add", "maximum", "where", "dot", "neg", "log", "sqrt", "less"])
def test_words_of_gate_with_borrowed_name(name):
    """An unlisted gate called add is not a sum."""
    row = words(Primitive(name, abs, lambda out, x: (1.0,)))
    assert (row.name, row.role, row.value, row.gradient, row.sign) == (name, "", "", "", "")


# --- No other table of gates ---------------------------------------------------------------------

TABLES = {  # other places that may name three gates
    "autodiff/__init__.py": 1,  # the public names
    "autodiff/flat/passes.py": 1,  # identities: mathematics
    "autodiff/ufuncs.py": 1,  # what NumPy calls them
    "nn/activations.py": 1,  # activations by their names in papers
    "visualize/scene/unfold.py": 1,  # gates taken apart
}
# The two tables, the backends' cores, and guards.py, whose names are those of the math module.
CORES = re.compile(r"autodiff/(primitives|vocabulary|guards|flat/backends/(array|javascript|llvm/\w+))\.py")


def gates_in(node):
    """The names of gates that a literal holds: as strings, or as attributes of the module primitives."""
    found = [*node.keys, *node.values] if isinstance(node, ast.Dict) else node.elts
    texts = {x.value for x in found if isinstance(x, ast.Constant)}
    attributes = {x.attr for x in found if isinstance(x, ast.Attribute) and isinstance(x.value, ast.Name)}
    return {x for x in texts if isinstance(x, str) and x in PRIMITIVES} | {x for x in attributes if x in PRIMITIVES}


def test_tables_of_gates():
    found = {}
    for room in ("autodiff", "nn", "visualize"):
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
            types = {node.slice for node in nodes if isinstance(node, ast.Subscript)}  # Literal["tanh", "relu"]
            literals = {x for x in nodes if isinstance(x, (ast.Dict, ast.Set, ast.List, ast.Tuple))} - types
            count = sum(len(gates_in(node)) >= 3 for node in literals)
            if count and not CORES.fullmatch(name):
                found[name] = count
    assert found.items() <= TABLES.items()
    assert sum(TABLES.values()) <= 5


# --- Formulas ------------------------------------------------------------------------------------

a, b, c, x = (Formula(name) for name in "abcx")


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (1 / (1 + x * x), "1 / (1 + x * x)"),
        (1.0 / x / 2, "1 / x / 2"),
        ((-x) ** 2, "(-x) ** 2"),
        (-(x**2), "-x ** 2"),
        (x**-2, "x ** -2"),
        (2**-x, "2 ** -x"),
        ((-2.0) ** x, "(-2) ** x"),
        (a / (b / c), "a / (b / c)"),
        (a / b / c, "a / b / c"),
        (a / (b * c), "a / (b * c)"),
        (a * (b / c), "a * (b / c)"),
        (a - (b - c), "a - (b - c)"),
        (a - -b, "a - -b"),
        ((a**b) ** c, "(a ** b) ** c"),
        (a ** (b**c), "a ** b ** c"),
        ((a + b) ** 0.5, "(a + b) ** 0.5"),
        (abs(a - b) ** 2, "abs(a - b) ** 2"),
        ((a < b) * c, "(a < b) * c"),
        ((a < b) == c, "(a < b) == c"),
        (x > 2, "x > 2"),
        (3 / (1 / x), "3 / (1 / x)"),
        (1e-9 * x, "1e-09 * x"),
        (-(0 - x), "-(0 - x)"),
        (sigmoid(x) / (1 - sigmoid(x)), "sigmoid(x) / (1 - sigmoid(x))"),
        (-(a // b), "-(a // b)"),
        (-a % b, "-a % b"),
        (a % b * c, "a % b * c"),
        (a * (b % c), "a * (b % c)"),
        (a % (b * c), "a % (b * c)"),
        (-SlideFormula("a") * SlideFormula("b"), "-a * b"),
        (-(SlideFormula("a") * SlideFormula("b")), "-a * b"),
        (-(SlideFormula("a") // SlideFormula("b")), "-(a // b)"),
        (-(SlideFormula("a") % SlideFormula("b") * 2), "-(a % b * 2)"),
        (-(SlideFormula("a") / SlideFormula("b")), "-a / b"),
    ],
)
def test_formulas_brackets(formula, text):
    assert str(formula) == text


LEAVES = st.sampled_from(["a", "b", 2.0, -3.0, 0.5])
OPERATORS = st.sampled_from(["+", "-", "*", "/", "**", "neg", "abs", "<", ">=", "!="])
FORMULAS = st.deferred(lambda: LEAVES | st.tuples(OPERATORS, FORMULAS, FORMULAS))


def built(tree, leaf):
    if type(tree) is not tuple:
        return leaf(tree) if type(tree) is str else tree
    sign, left, right = tree[0], built(tree[1], leaf), built(tree[2], leaf)
    if sign == "neg":
        return -left
    if sign == "abs":
        return abs(left)
    methods = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "power", "//": "floor_div", "%": "mod"}
    methods |= {"<": "less", ">=": "greater_equal", "!=": "not_equal"}
    return PRIMITIVES[methods[sign]](left, right)


@settings(deadline=None)
@given(FORMULAS)
def test_formulas_read_back(tree):
    """A formula, parsed again, gives the same number."""
    inputs = {"a": 1.25, "b": 0.75}
    number = built(tree, inputs.get)
    text = str(Formula.of(built(tree, Formula)))
    used = {name: inputs[name] for name in inputs if re.search(rf"\b{name}\b", text)}
    assert parse(text, **used).data == pytest.approx(number, nan_ok=True)


@settings(deadline=None)
@given(FORMULAS)
def test_slide_formulas_compute(tree):
    """A slide's text, evaluated by Python, gives the number of its formula."""
    inputs = {"a": 1.25, "b": 0.75}
    formula = SlideFormula.of(built(tree, lambda name: SlideFormula(name, number=inputs[name])))
    text = re.sub(r"\b1\(", "(", formula.text)  # 1(a < b) is a comparison
    used = {name: inputs[name] for name in inputs if re.search(rf"\b{name}\b", text)}
    assert parse(text, **used).data == pytest.approx(formula.number, nan_ok=True)


# --- A user's gates in words ---------------------------------------------------------------------


def newton(x):
    guess = x
    for _ in range(20):
        guess = 0.5 * (guess + x / guess)
    return guess


def product_of(count, x):
    product = 1.0
    for _ in range(count):
        product = product * x
    return product


counted = iter(range(1, 1000))
GATES = [  # the gate, its operands, and what step 1 and the local gradients say
    ("hypot", lambda x, y: (x * x + y * y) ** 0.5, lambda out, x, y: (x / out, y / out), (3.0, 4.0),
     "f = hypot(x, y) = hypot(3, 4) = 5", ["(x / f)", "(y / f)"]),
    ("atan", math.atan, lambda out, x: (1 / (1 + x * x),), (0.5,),
     "f = atan(x) = atan(0.5) = 0.463648", ["(1 / (1 + x * x))"]),
    ("leaky", lambda x: x if x > 0 else 0.1 * x, lambda out, x: (1.0 if x > 0 else 0.1,), (-2.0,),
     "f = leaky(x) = leaky(-2) = -0.2", ["0.1"]),
    ("npcos", lambda x: np.cos(x), lambda out, x: (-np.sin(x),), (0.5,),
     "f = npcos(x) = npcos(0.5) = 0.877583", ["-sin(x)"]),
    ("npfloat", lambda x: np.cos(x), lambda out, x: (-float(np.sin(x)),), (0.5,),
     "f = npfloat(x) = npfloat(0.5) = 0.877583", ["-0.479426"]),
    ("nppoly", lambda x: np.polyval([1, 2, 3], x), lambda out, x: (np.polyval([2, 2], x),), (0.5,),
     "f = nppoly(x) = nppoly(0.5) = 4.25", None),
    ("npwhere", lambda x: np.where(x > 0, x, 0.1 * x), lambda out, x: (np.where(x > 0, 1.0, 0.1),), (-1.0,),
     "f = npwhere(x) = npwhere(-1) = -0.1", ["0.1"]),
    ("root", newton, lambda out, x: (0.5 / out,), (2.0,), "f = root(x) = root(2) = 1.41421", ["(0.5 / f)"]),
    ("both", lambda x: x, lambda out, x: (1.0 if x > 0 and x < 2 else 0.5,), (3.0,),
     "f = both(x) = both(3) = 3", ["0.5"]),
    ("chained", lambda x: x, lambda out, x: (1.0 if 0 < x < 1 else 0.25,), (3.0,),
     "f = chained(x) = chained(3) = 3", ["0.25"]),
    ("loop", lambda x: x**4, lambda out, x: (4 * product_of(3, x),), (2.0,),
     "f = loop(x) = loop(2) = 16", ["4 * (x * x * x)"]),
    ("math", math.exp, lambda out, x: (math.exp(x),), (1.0,), "f = math(x) = math(1) = 2.71828", ["2.71828"]),
    ("abs", lambda x: abs(x), lambda out, x: (x / abs(x),), (-1.5,), "f = abs(x) = abs(-1.5) = 1.5", ["(x / abs(x))"]),
    ("rounded", lambda x: round(x, 1), lambda out, x: (round(x, 1),), (1.57,),
     "f = rounded(x) = rounded(1.57) = 1.6", ["1.6"]),
    ("cut", lambda x: int(x), lambda out, x: (int(x),), (2.5,), "f = cut(x) = cut(2.5) = 2", ["2"]),
    ("largest", lambda x, y: max(x, y), lambda out, x, y: (x > y, y > x), (2.0, 1.0),
     "f = largest(x, y) = largest(2, 1) = 2", ["1(x > y)", "1(y > x)"]),
    ("pick", lambda x: x, lambda out, x: ([3.0, 5.0][int(x)],), (1.0,), "f = pick(x) = pick(1) = 1", ["5"]),
    ("listed", lambda x: 3 * x, lambda out, x: [3], (2.0,), "f = listed(x) = listed(2) = 6", ["3"]),
    ("half", lambda x, y: x, lambda out, x, y: (1.0, None), (2.0, 5.0), "f = half(x, y) = half(2, 5) = 2", ["1"]),
    ("flat", lambda x: 5, lambda out, x: (0,), (2.0,), "f = flat(x) = flat(2) = 5", ["0"]),
    ("scaled", lambda x, by=2: by * x, lambda out, x, by=2: (by,), (4.0,), "f = scaled(x) = scaled(4) = 8", ["2"]),
    ("total", lambda *terms: math.fsum(terms), lambda out, *terms: (1.0,) * len(terms), (1.0, 2.0, 3.0),
     "f = total(x, y, z) = total(1, 2, 3) = 6", ["1", "1", "1"]),
    ("my gate", lambda x: x * x, lambda out, x: (2 * x,), (3.0,), "f = my_gate(x) = my_gate(3) = 9", ["2 * x"]),
    ("lambda", lambda x: -x, lambda out, x: (-1,), (3.0,), "f = lambda(x) = lambda(3) = -3", ["-1"]),
    ("max", lambda x, y: x * y, lambda out, x, y: (y, x), (3.0, 4.0), "f = max(x, y) = max(3, 4) = 12", ["y", "x"]),
    ("add", lambda x, y: x * y, lambda out, x, y: (y, x), (3.0, 4.0), "f = add(x, y) = add(3, 4) = 12", ["y", "x"]),
    ("where", lambda x, y, z: x * y + z, lambda out, x, y, z: (y, x, 1), (3.0, 4.0, 5.0),
     "f = where(x, y, z) = where(3, 4, 5) = 17", ["y", "x", "1"]),
    ("neg", lambda x: 2 * x, lambda out, x: (2,), (3.0,), "f = neg(x) = neg(3) = 6", ["2"]),
    ("typed", lambda x: x, lambda out, x: (0.5 if isinstance(x, float) else 2 * x,), (3.0,),
     "f = typed(x) = typed(3) = 3", ["0.5"]),
    ("twice", lambda x: x, lambda out, x: (float(next(counted)) + 0 * x,), (3.0,), "f = twice(x) = twice(3) = 3", None),
    ("difference", lambda x, y: x - y, lambda out, x, y: (1 - 0 * y, -1 + 0 * x), (3.0, 1.0),
     "f = difference(x, y) = difference(3, 1) = 2", ["(1 - 0 * y)", "(-1 + 0 * x)"]),
    ("nested", lambda x, y, z: x / (y / z), lambda out, x, y, z: (1 / (y / z), -(x * z) / y**2, x / y), (1.0, 2.0, 3.0),
     "f = nested(x, y, z) = nested(1, 2, 3) = 1.5", ["(1 / (y / z))", "(-x * z / y ** 2)", "(x / y)"]),
]  # fmt: skip


@pytest.fixture(params=GATES, ids=[row[0] for row in GATES])
def row(request):
    """(The output of a user's gate, its operands, its steps)."""
    name, value, rule, operands, forward, factors = request.param
    inputs = [Value(number, label) for number, label in zip(operands, "xyz")]
    gate = Primitive(name, value, rule)
    return gate(*inputs), gate, operands, forward, factors


def test_own_gate_steps(row):
    """Formulas where the rule gives them, otherwise numbers; the printed number is the one used."""
    output, _, _, forward, factors = row
    steps = output.steps()

    assert steps.rows[0].line == forward
    for step, factor in zip(steps, factors or [autodiff.formula.show(step.local) for step in steps]):
        assert step.factor == factor
        assert (
            f"* {factor} = 1 * {autodiff.formula.show(step.local)} = {autodiff.formula.show(step.local)}" in step.text
        )


def test_own_gate_other_words(row):
    """Sentences, data, statements, drawings, questions and checks use its name, and none raises."""
    output, gate, operands, _, _ = row
    name = re.sub(r"\W", "_", gate.name)
    steps = output.steps()

    assert f"{gate.name.replace('_', ' ')} of " in steps.sentences[0]
    assert json.loads(json.dumps(steps.as_dict()))["forward"][0]["formula"].startswith(f"{name}(")
    assert statements(output)[0].startswith(f"f = {name}(")
    assert f"f = {name}(" in visualize.draw(output).svg()
    assert "right" in Question.of(output).feedback({"f": output.data})
    assert nonfinite_origin(output) is None
    assert str(output.steps(digits=0))
    if gate.name != "twice":
        assert f"f = {output.data:.6g}" in str(check_gradients(gate, *operands))


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("my gate", "my_gate"),
        ("a<b>&\"'", "a_b"),
        ("x\ny", "x_y"),
        ("", "gate"),
        (" - ", "gate"),
        ("\x00", "gate"),
        ("2norm", "2norm"),
        ("__init__", "__init__"),
        ("a" * 300, "a" * 40),
        ("f", "f"),
        ("df/dx", "df_dx"),
    ],
)
def test_own_gate_of_any_name(name, called):
    """Texts use letters, digits and _; the picture shows the name and remains a valid picture."""
    x = Value(3.0, "x")
    output = Primitive(name, lambda x: x * x, lambda out, x: (2 * x,))(x) * 2
    assert output.steps().rows[0].text.split() == f"1 s0 = {called}(x) = {called}(3) = 9 ds0/dx = 2 * x = 6".split()
    assert statements(output) == [f"s0 = {called}(x)", "f = s0 * 2"]
    assert minidom.parseString(visualize.draw(output).svg())


def test_own_gate_statements_read_back():
    hypot = Primitive("hypot", math.hypot, lambda out, x, y: (x / out, y / out))
    x, y = variables(x=3, y=4)
    output = hypot(x * y, hypot(x, 2.5)) - hypot(y, y)
    again = parse("; ".join(statements(output)), functions={"hypot": hypot}, x=3, y=4)
    assert statements(again) == statements(output)
    assert again.data == output.data


def test_own_gate_with_one_edge():
    x, y = variables(x=2, y=5)
    half = Primitive("half", lambda x, y: x / 2, lambda out, x, y: (0.5, None))
    assert half(x, y).steps()[0].role == "half scales: its input gets upstream times 0.5"


def test_own_gate_that_raises_at_rounded_number():
    """0.003 is 0 with 2 places, where math.log raises: the line uses the exact number."""
    x = Value(0.003, "x")
    logarithm = Primitive("mylog", math.log, lambda out, x: (1 / x,))
    assert logarithm(x).steps(digits=2).rows[0].line == "f = mylog(x) = mylog(0) = -5.81   (rounded)"


def test_own_gate_with_nonfinite_value():
    x = Value(3.0, "x")
    broken = Primitive("broken", lambda x: math.nan, lambda out, x: (1.0,))
    assert str(nonfinite_origin(broken(x))).endswith(
        "broken gives nan for finite numbers: keep its operands away from this point, or\ncorrect its value."
    )


def test_own_gate_gets_no_remedy_of_namesake():
    """A user's gate called log gets no advice about logarithms."""
    x = Value(3.0, "x")
    log = Primitive("log", lambda x: math.inf, lambda out, x: (1.0,))
    assert "positive number" not in str(nonfinite_origin(log(x)))


def test_own_gates_inside_own_rules():
    """A rule that calls another user's gate is written with its name."""
    atan = Primitive("atan", math.atan, lambda out, x: (1 / (1 + x * x),))
    area = Primitive("area", lambda x: x * math.atan(x), lambda out, x: (atan(x) + x / (1 + x * x),))
    assert area(Value(0.5, "x")).steps()[0].factor == "(atan(x) + x / (1 + x * x))"
