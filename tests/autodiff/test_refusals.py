"""Refusals: wrong calls, the errors they raise and their words, by subject."""

import math
import operator
import pickle
import re
from fractions import Fraction
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

import autodiff
from autodiff import (
    PRIMITIVES,
    ExpressionError,
    Primitive,
    StaleGraphError,
    TraceError,
    Value,
    check_gradients,
    derivative,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    maximum,
    maxout,
    mean,
    nonfinite_origin,
    parse,
    sin,
    value_and_grad,
    variables,
)
from autodiff._files import need
from autodiff.formula import Formula, SlideFormula
from autodiff.lectures import EXAMPLES, agree, find
from autodiff.lectures.course import read_course
from autodiff.quiz import Question, exercise, questions, read_exercises, read_result
from autodiff.quiz.exercises import make_exercise
from autodiff.quiz.result import checksum
from tests.support.refusals import every_row_of
from tests.support.stand_ins import Tensor

E7 = Question("a = x + y; b = max(y, z); f = a * b", {"x": 1, "y": 2, "z": 0})
TASK = {"id": "D.1", "title": "Try", "about": "D1", "level": 1, "minutes": 3, "text": "Do it.", "answer": "So."}
COUNT = make_exercise({**TASK, "numbers": {"n": "12"}})
CHOICE = make_exercise({**TASK, "options": ["one", "two"], "right": 1, "why": ["yes", "no"]})
WRITE = make_exercise({**TASK, "name": "half", "start": "", "solution": "", "cases": []})
OPERATORS = (
    operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow,
    operator.lt, operator.le, operator.gt, operator.ge,
)  # fmt: skip
FLOAT_LIKE = {  # what drops the gradient, and what to write instead
    float: r"x\.data",
    "%.2f".__mod__: r'f"\{x:\.2f\}"',
    math.exp: r"autodiff\.exp",
    int: r"int\(x\.data\)",
    math.trunc: r"int\(x\.data\)",
    round: r'f"\{x:\.2f\}"',
    partial(round, ndigits=2): r"round\(x\.data, 2\)",
}
X = Value(3.0, "x")
CHOICES = [
    lambda x: 1.0 if x > 0 else 0.1,
    lambda x: x > 0 and x < 2,
    lambda x: 0 < x < 1,
    lambda x: x in (1, 2),
    lambda x: max(x, 0),
    lambda x: not x,
    lambda x: [y for y in (1, 2) if y < x],
]


def stale():
    """A graph whose input has changed since."""
    x = Value(3.0, "x")
    f = x * x
    x.data = 4.0
    return f


def stale_inside(number):
    """A function that changes a Value between its uses."""
    w = Value(2.0, "w")

    def f(x):
        y = w * x
        w.data = number
        return y * x

    return f


def traced(use):
    autodiff.compile(lambda x: [use(x), x][1])(2.5)


def subclass():
    class Parameter(Value):
        pass


def assign_to_array():
    np.zeros(2)[0] = Value(1.0)


def ruled(rule, count=1):
    """A gate of `count` operands with this rule, recorded."""
    return Primitive("mine", lambda *operands: 1.0, rule)(*[Value(3.0) for _ in range(count)])


def fail(error):
    def function(*operands):
        raise error("of my own")

    return function


def local():
    """A gate that no global names."""
    return Primitive("local", lambda x: x, lambda out, x: (1.0,))


def cube(x):
    return x**3


def grad_at(argnums):
    return grad(lambda x, y: x**2 * y + y**3, argnums)(1.0, 2.0)


def blocks(x, y):
    return x[0] ** 2 * y + x[1] ** 2 + y**3


def product(x, y):
    return x * y


def signed(text):
    return f"{text}~{checksum(text)}"


LEAF = SimpleNamespace(data=1.0, operands=())


def adopt_node(data=1.0, **more):
    """A node of another engine with these attributes, adopted."""
    autodiff.adopt(SimpleNamespace(**{"data": data, "operands": (), **more}))


REFUSALS = {
    "Value of what is not a number": [
        (partial(Value, bad), TypeError, rf"Value\(\) takes a real number, got {type(bad).__name__}")
        for bad in (
            "12",
            b"12",
            bytearray(b"1"),
            Value(1.0),
            object(),
            {1.0},
            Tensor("1"),
            Tensor(1j),
            np.complex128(1),
            np.array([1.0]),
            np.datetime64("2020-01-01"),
            np.timedelta64(1),
            np.str_("1"),
        )
    ],
    "Value of too large a fraction": [(lambda: Value(Fraction(10) ** 400), OverflowError, None)],
    "label": [(lambda: Value(1.0, 3), TypeError, "a label must be a str, got int: 3")],
    "subclass of Value": [(subclass, TypeError, r"cannot make Parameter a subclass of Value: .*nn\.Module")],
    "conversion of a Value": [
        *((partial(convert, Value(1.0)), TypeError, None) for convert in (complex, "{:%f}".__mod__)),
        *(
            (partial(use, Value(2.5)), TypeError, f"its gradient would be lost.*{instead}")
            for use, instead in FLOAT_LIKE.items()
        ),
        *((partial(traced, use), TraceError, r"autodiff\.where") for use in FLOAT_LIKE),
        (lambda: np.array([Value(1.0)], dtype=float), TypeError, r"\.data"),
        (lambda: np.float64(0) + float(Value(1.0)), TypeError, r"\.data"),
        (assign_to_array, TypeError, r"\.data"),
    ],
    "operator": [
        (partial(use, Value(1.0), bad), TypeError, f"'{type(bad).__name__}'|non-int of type 'Value'")
        for use in OPERATORS
        for bad in ("3", None, 1 + 2j, [1.0])
    ],
    "operand": [
        *(
            (partial(PRIMITIVES["exp"], bad), TypeError, f"exp takes a real number, got {type(bad).__name__}")
            for bad in ("3", None, 1 + 2j, [1.0], {})
        ),
        *(
            (
                partial(PRIMITIVES["maximum"], Value(1.0), bad),
                TypeError,
                f"maximum takes a real number, got {type(bad).__name__}",
            )
            for bad in ("3", None, 1 + 2j, [1.0], {})
        ),
    ],
    "number of operands": [
        (call, TypeError, re.escape(words))
        for call, words in (
            (lambda: log(Value(2.0), 10), "log takes 1 operand, got 2"),
            (lambda: log(2.0, 10.0), "log takes 1 operand, got 2"),
            (lambda: maximum(Value(2.0)), "maximum takes 2 operands, got 1"),
            (lambda: maximum(Value(2.0), 1.0, 3.0), "maximum takes 2 operands, got 3: write maximum(maximum(a, b), c)"),
            (lambda: Value(2.0).minimum(1.0, 3.0), "minimum takes 2 operands, got 3: write minimum(minimum(a, b), c)"),
            (lambda: PRIMITIVES["mul"](2.0, 1.0, 3.0), "mul takes 2 operands, got 3"),
            (lambda: Value(2.0).clip(1.0), "clip takes 3 operands, got 2"),
            (lambda: autodiff.clip(1.0, 3.0), "clip takes 3 operands, got 2"),
            (lambda: Value(1.0).exp(2.0), "exp() takes 1 positional argument but 2 were given"),
            (lambda: PRIMITIVES["tanh"](Value(2.0), 1.0), "tanh takes 1 operand, got 2"),
            (lambda: PRIMITIVES["mul"](Value(2.0)), "mul takes 2 operands, got 1"),
            (lambda: PRIMITIVES["less"](Value(2.0)), "less takes 2 operands, got 1"),
        )
    ],
    "terms": [
        (lambda: maxout([]), ValueError, "maxout needs at least one value, got none"),
        (lambda: mean([]), ValueError, "mean needs at least one value, got none"),
    ],
    "NumPy": [
        *(
            (partial(ufunc, *[make()] * ufunc.nin), TypeError, "ufunc")
            for ufunc in (np.nextafter, np.copysign, np.isfinite, np.rint, np.modf)
            for make in (lambda: Value(1.0), lambda: Formula("x"))
        ),
        (lambda: Value(1.0).clip(0.0, 2.0, out=np.zeros(1)), TypeError, "clip returns a new Value and takes no out="),
    ],
    "Primitive": [
        (
            lambda: Primitive(3, lambda x: x, lambda out, x: (1.0,)),
            TypeError,
            "the name of a gate must be a str, got int: 3",
        ),
        (
            lambda: Primitive("own", lambda x: None, lambda out, x: (1.0,))(Value(1.0)),
            TypeError,
            "the value of own takes a real number, got NoneType",
        ),
    ],
    "errors inside a gate": [
        *(
            (partial(Primitive("mine", fail(error), None), 2.0), error, "of my own")
            for error in (TypeError, ValueError, KeyError)
        ),
        *((ruled(fail(error)).backward, error, "of my own") for error in (TypeError, ValueError, KeyError)),
        (lambda: ruled(lambda out, x: (1.0 / 0.0,)).backward(), ZeroDivisionError, None),
    ],
    "rule of a gate": [
        *(
            (
                partial(use, ruled(rule, count)),
                TypeError,
                "the local gradients of mine must be a tuple with one entry for each operand",
            )
            for rule, count in (
                (lambda out, x: 2.0 * x, 1),  # without the comma that makes a tuple
                (lambda out, x, y: (y,), 2),
                (lambda out, x, y, z: (y, x), 3),
            )
            for use in (Value.backward, lambda y: list(y.steps()), lambda y: gradients(y, y.operands))
        ),
        (
            lambda: Primitive("area", product, lambda out, a: (a, a))(Value(2.0), Value(3.0)).backward(),
            TypeError,
            r"^area\(\) takes 2 positional arguments but 3 were given",
        ),
        (
            lambda: ruled(lambda out, x: ("1.0",)).backward(),
            TypeError,
            "operand 1 must be a number or None, got '1.0'\nin the rule of mine",
        ),
    ],
    "pickle of a gate": [
        *(
            (partial(pickle.dumps, thing), TypeError, "assign it to a global of a module, local = ")
            for thing in (local(), local()(Value(2.0)))
        ),
        (lambda: pickle.dumps(Primitive("mul", product, lambda out, a, b: (0.0, 0.0))), TypeError, "'mul'"),
    ],
    "gradients": [
        *(
            (partial(gradients, output, inputs), TypeError, r"gradients takes Values, got (float|NoneType): ")
            for output, inputs in ((3.0, []), (Value(1.0), [2.0]), (Value(1.0), [None]), (Value(1.0), 2.0))
        ),
        (lambda: gradients(Value(4.0), {Value(2.0)}), TypeError, r"gradients takes a list, in order, got set"),
    ],
    "grad": [
        *(
            (partial(grad(lambda x: 1.0), bad), TypeError, "derivatives are taken with respect to numbers")
            for bad in (np.array(["1", "2"]), np.array([1j]), np.array(["2020"], "M8[ns]"), {1.0, 2.0})
        ),
        *(
            (partial(grad(stale_inside(number)), 3.0), StaleGraphError, r"'w'.* changed after")
            for number in (-500.0, 5.0, 500.0)
        ),
        *(
            (partial(grad(lambda x, output=output: output), 3.0), TypeError, f"one number, got {type(output).__name__}")
            for output in ([1.0], None, "three", 1j)
        ),
        (lambda: grad(lambda x: [x, x])(3.0), TypeError, "jacobian"),
        (lambda: grad(lambda x, y: x)(1.0, ["a"]), TypeError, r"argument 1 .* holds a str: 'a' .*argnums"),
        (lambda: grad(lambda: 1.0)(), TypeError, "passed none"),
        (lambda: grad(lambda x: 1 / 0)(1.0), ZeroDivisionError, None),
    ],
    "argnums": [
        *((partial(grad_at, argnums), ValueError, r"argument -?\d .* passed 2") for argnums in (2, -3, (0, 2))),
        (lambda: grad_at(0.5), TypeError, None),
        *(
            (partial(grad_at, argnums), TypeError, r"argnums takes positions of arguments, counted from 0, got ")
            for argnums in ("x", 1.0, ("x", "y"))
        ),
    ],
    "derivatives of a Value": [
        (partial(make, Value(3.0)), TypeError, rf"takes a function, got Value.*write {make.__name__}\(f\)\(x\)")
        for make in (grad, value_and_grad, derivative, jacobian, hessian, hvp)
    ],
    "derivative": [
        (lambda: derivative(sin, -1), ValueError, r"takes n = 0, 1, 2, \.\.\., got -1"),
        (lambda: derivative(sin, 1.5), TypeError, "float"),
        (lambda: derivative(lambda x: x[0])([1.0]), TypeError, "one number"),
    ],
    "jacobian": [(lambda: jacobian(lambda x: [x, "y"])(1.0), TypeError, "got str")],
    "hvp": [
        (
            lambda: hvp(blocks)([2.0, 5.0], 3.0, vector=(1.0, 2.0)),
            ValueError,
            r"expected \[\[\., \.\], \.\], got \[\., \.\]",
        )
    ],
    "jvp": [
        *(
            (partial(jvp, *arguments), error, words)
            for arguments, error, words in (
                (
                    (3, (1.0,), (1.0,)),
                    TypeError,
                    r"jvp takes a function, got int: 3; write jvp\(f, \(x, y\), \(1\.0, 0\.0\)\)",
                ),
                ((cube, 2.0, (1.0,)), TypeError, r"jvp takes primals in a tuple, as in jvp\(f.*; got float: 2\.0"),
                ((cube, (2.0,), 1.0), TypeError, r"jvp takes tangents in a tuple, as in jvp\(f.*; got float: 1\.0"),
                ((cube, np.array([2.0]), (1.0,)), TypeError, "jvp takes primals in a tuple"),
                ((cube, (2.0,), (1.0, 1.0)), ValueError, r"must mirror the arguments: expected \[\.\], got \[\., \.\]"),
                ((sum, ([2.0, 1.0],), ([1.0],)), ValueError, r"expected \[\[\., \.\]\], got \[\[\.\]\]"),
                ((sum, ([2.0],), (1.0,)), ValueError, r"expected \[\[\.\]\], got \[\.\]"),
                ((len, ({"a": 1.0},), ({"b": 1.0},)), ValueError, r"expected \[\['a': \.\]\], got \[\['b': \.\]\]"),
                ((len, ({0: 1.0},), ([1.0],)), ValueError, r"expected \[\[0: \.\]\], got \[\[\.\]\]"),
                ((cube, (2.0,), ("1",)), TypeError, "tangents takes a real number, got str: '1'"),
                ((cube, (2.0,), (None,)), TypeError, "tangents takes a real number, got NoneType"),
                ((cube, ("2",), (1.0,)), TypeError, r"argument 0 \(counted from 0\) holds a str"),
                ((str, (2.0,), (1.0,)), TypeError, "the function must return numbers or lists of numbers, got str"),
                ((lambda: 1.0, (), ()), TypeError, "derivatives are taken with respect to positional arguments"),
            )
        ),
        (lambda: jvp(stale_inside(3.0), (2.0,), (1.0,)), StaleGraphError, None),
    ],
    "name that autodiff lacks": [(lambda: autodiff.gradd, AttributeError, "no attribute 'gradd'")],
    "adopt": [
        *(
            (
                partial(autodiff.adopt, bad),
                TypeError,
                rf"needs the attributes data and operands \(or _prev.*; got {kind}: ",
            )
            for bad, kind in ((3.0, "float"), ("x", "str"), (SimpleNamespace(data=1.0), "SimpleNamespace"))
        ),
        (partial(adopt_node, data=None, label="x"), TypeError, "the data of x must be a number, got None"),
        (partial(adopt_node, data=[1.0]), TypeError, r"the data of namespace\(.* must be a number, got \[1.0\]"),
        (
            partial(adopt_node, data=10**400, gate="+"),
            TypeError,
            r"the data of .* of gate '\+' must be a number, got 1000",
        ),
        (partial(adopt_node, grad="0", label="x"), TypeError, "the grad of x must be a number, got '0'"),
        (
            partial(adopt_node, operands="xy", label="x"),
            TypeError,
            "the operands of x must be a tuple of nodes, got 'xy'",
        ),
        (partial(adopt_node, operands=(None,)), TypeError, "needs the attributes .*; got NoneType: None"),
        (
            partial(adopt_node, operands=(LEAF,), local=("a",), gate="+", label="f"),
            TypeError,
            "the local gradient of f of gate '\\+' must be a number, got 'a'",
        ),
    ],
    "check_gradients": [
        *(
            (partial(check_gradients, sin, 1.0, h=h), ValueError, "greater than 0")
            for h in (0.0, -0.1, math.inf, math.nan)
        ),
        (lambda: check_gradients(stale()), StaleGraphError, None),
        (lambda: check_gradients(Value(2.0) * 3.0, 1.0), TypeError, "takes no arguments"),
        (lambda: check_gradients(lambda x: [x], 2.0), TypeError, "one number, got list"),
        (lambda: check_gradients(3.0, 2.0), TypeError, "takes a function, got float"),
        (
            lambda: check_gradients(lambda x: x[0] * x[1], [3.0, 4.0], gradient=4.0),
            ValueError,
            r"expected \[\., \.\], got \.",
        ),
    ],
    "nonfinite_origin": [
        (lambda: nonfinite_origin(stale()), StaleGraphError, None),
        *(
            (partial(nonfinite_origin, wrong), TypeError, f"takes a recorded Value, got {type(wrong).__name__}")
            for wrong in (3.0, [Value(1.0)], None)
        ),
    ],
    "steps": [
        (lambda: stale().steps(), StaleGraphError, "'x'"),
        *(
            (
                partial((Value(1.0) * 2.0).steps, digits=digits),
                ValueError,
                "digits must be a whole number from 0 to 17, or None, got",
            )
            for digits in (-1, 18, 1.5, "2")
        ),
        *(
            (
                partial(product(*variables(x=3, y=4)).steps, tangents=wrong),
                ValueError,
                "tangents must name inputs, here x, y; got ",
            )
            for wrong in (3, "w", Value(1.0, "w"), [1.0], {"w": 1.0}, {None: 1.0})
        ),
        (partial((X * 4.0).steps, tangents={X: "1"}), TypeError, "tangents takes a real number, got str"),
    ],
    "choices in formulas": [
        (partial(choice, style("x")), TypeError, "where") for style in (Formula, SlideFormula) for choice in CHOICES
    ],
    "parse": [
        (lambda: parse("x + 1", x="3"), TypeError, "x takes a real number, got str"),
        (lambda: parse(3), TypeError, "parse takes text, got int"),
    ],
    "functions of parse": [
        *(
            (
                partial(parse, "f(x)", functions={"f": lambda x, result=result: result}, x=3),
                ExpressionError,
                r"f must return one Value or number, got \w+",
            )
            for result in ("3", [1.0], None, 1j, (1.0, 2.0))
        ),
        *(
            (partial(parse, "f(x)", functions=functions, x=3), error, words)
            for functions, error, words in (
                ({"f": 3}, TypeError, r"functions\['f'\] must be a Primitive or a function of Values, got 3"),
                ({"f": "cube"}, TypeError, "must be a Primitive or a function of Values, got 'cube'"),
                ({"f": Value(2.0)}, TypeError, "must be a Primitive or a function of Values"),
                ({"my gate": cube}, ValueError, "a function's name has letters, digits and _, no Python keyword"),
                ({"lambda": cube}, ValueError, "got 'lambda'"),
                ({"2f": cube}, ValueError, "got '2f'"),
                ({3: cube}, ValueError, "got 3"),
                ([cube], TypeError, r'functions must be a dict such as \{"hypot": hypot\}, got list'),
                (cube, TypeError, "functions must be a dict"),
                ("cube", TypeError, "functions must be a dict"),
            )
        ),
    ],
    "lectures": [
        *(
            (partial(find, id), ValueError, f"no lecture example .*{hint}")
            for id, hint in (
                ("d8z", "D8 has the parts D8a, D8b, D8c, D8d"),
                ("A11", "the nearest are A10, A9, A8"),
                ("E" + "9" * 5000, "the nearest are E17, E16, E15"),
                ("F1", "from A1 to E17"),
                ("x * y", "from A1 to E17"),
                ("", "from A1 to E17"),
                ("D²", "from A1 to E17"),
            )
        ),
        (
            lambda: EXAMPLES["A2"].confirm(operator.add(*variables(x1=2, x2=3))),
            AssertionError,
            r"A2: f should be -1\.0, but it is 5\.0",
        ),
        (
            lambda: EXAMPLES["A2"].confirm(operator.sub(*variables(a=2, x2=3))),
            AssertionError,
            "A2 has inputs x1, x2; not found: x1",
        ),
        *(
            (partial(agree, found, [1.0, 2.0]), AssertionError, "a list of 2")
            for found in (1.0, [1.0], [1.0, 2.0, 3.0])
        ),
    ],
    "quiz": [
        (lambda: E7.check({"df/dw": 1.0}), KeyError, "df/dw"),
        *((partial(questions, count, gates=gates), ValueError, "got") for count, gates in ((0, 3), (1, 0), (1, 9))),
        *(
            (
                partial(Question, text, {"x": -1}),
                ValueError,
                r"nothing to ask: '.*' at x = -1 (is .*: use other numbers|has no gate)",
            )
            for text in ("log(x)", "1 / (x + 1)", "exp(-800*x)", "x")
        ),
        *(
            (partial(E7.feedback, {"df/dx": 2, "df/dy": given}), error, words)
            for given, error, words in (
                ("five", ValueError, r"df/dy takes a number such as -4, 0.25, 1/3 or 2\*\*10, got 'five'"),
                ("", ValueError, "df/dy takes a number"),
                ("5,0", ValueError, "df/dy takes a number"),
                ("x", ValueError, "df/dy takes a number"),
                ([5], TypeError, "df/dy takes a real number, got list"),
                (5j, TypeError, "df/dy takes a real number, got complex"),
            )
        ),
    ],
    "course": [
        *(
            (partial(questions, 1, like=e.id), ValueError, f"{e.id} has no graph to ask with other numbers")
            for e in [e for e in read_exercises() if e.kind != "graph"][:1]
        ),
        *(
            (partial(read_course, letter), ValueError, "the lectures are A, B, C, D, E, got")
            for letter in ("F", "", "AB")
        ),
        (partial(exercise, "d.99"), ValueError, r"there is no exercise 'd.99': the nearest is D\.\d+"),
        (partial(exercise, "D1"), ValueError, "the nearest is D.1"),
        *(
            (partial(exercise, id), ValueError, "ids are a letter A to E, a dot and a number, such as D.1")
            for id in ("X.1", "D.x", "", 7)
        ),
        *(
            (partial(made.feedback, given), error, words)
            for made, given, error, words in (
                (COUNT, {"m": 1}, KeyError, "not asked for: m; the blanks are n"),
                (COUNT, {"n": "many"}, ValueError, "n takes a number"),
                (COUNT, 12, TypeError, r"expected answers by name, such as \{\"f\": 2\}, got 12"),
                (CHOICE, 3, ValueError, "D.1 takes the number of an option, 1 to 2, got 3"),
                (CHOICE, True, ValueError, "1 to 2, got True"),
                (CHOICE, "one", ValueError, "1 to 2, got 'one'"),
                (WRITE, 3, TypeError, "D.1 takes your function half, got 3"),
            )
        ),
    ],
    "result code of a quiz": [
        (partial(read_result, code), ValueError, words)
        for code, words in (
            ("", "a result code looks like AD1~"),
            ("3.5 of 4", "a result code looks like AD1~"),
            (signed("XX~D1~2~0~3.5~4~Ada"), "a result code looks like AD1~"),
            (signed("AD1~D1~two~0~3.5~4~Ada"), "a result code looks like AD1~"),
            (signed("AD1~D1~6~0~3.5~4~Ada"), "a result code looks like AD1~"),
            (signed("AD1~D1~2~0~nan~4~Ada"), "a result code looks like AD1~"),
            (signed("AD1~D1~2~0~4.5~4~Ada"), "mistyped or changed"),
            ("AD1~D1~2~0~4~4~Ada~33abbf20", "mistyped or changed"),
        )
    ],
    "missing package": [
        (
            lambda: need("json", "this test") or need("no_such_package", "this test"),
            ImportError,
            "this test needs the package no_such_package: pip install no_such_package",
        )
    ],
}


@every_row_of(REFUSALS)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()
