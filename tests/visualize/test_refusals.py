"""What visualize refuses, and in which words: one row per call, by subject."""

import math
import re
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import nn
from autodiff import PRIMITIVES, Primitive, StaleGraphError, Value, sigmoid, variables
from tests.support.pictures import built
from tests.support.refusals import every_row_of
from visualize import draw, playground, plots
from visualize.kit.formulas import formula
from visualize.site import PARTS, write_site
from visualize.web.bundle import bundle

XOR = nn.truth_table("xor")
ONE = 'import { a } from "./one.js";\n'
NEEDS_A_VALUE = "draw takes a Value or a list of Values, got "
ELEMENTARY = {  # gates that cannot be unfolded, with operands
    "arc": Primitive("arc", math.atan, lambda out, x: (1 / (1 + x * x),)),
    "same": Primitive("same", lambda x: x, lambda out, x: (1.0,)),
    **{name: PRIMITIVES[name] for name in ("exp", "mul", "less", "stop_gradient")},
}


def draw_d1(**options):
    return draw(built("D1"), **options)


def draw_gate(name):
    operands = [Value(0.5), Value(2.0)][: 2 if name in ("mul", "less") else 1]
    draw(ELEMENTARY[name](*operands), unfold=name)


def play(model=None, X=XOR[0], Y=XOR[1], **options):
    playground(model or nn.MLP(2, [2, 1], seed=0), X, Y, **options)


def save_in(name, folder=None):
    """Save a picture to this name in a folder, with another folder there beforehand."""
    with TemporaryDirectory() as place:
        if folder:
            (Path(place) / folder).mkdir()
        draw_d1().save(Path(place) / name)


def stale_frames():
    x, y = variables(x=1, y=2)
    picture = draw(x * y)
    x.data = 3.0
    picture.frames("{n}.svg")


REFUSALS = {  # by subject: what is called, the error, and its words
    "draw": [
        *[
            (partial(draw, wrong), TypeError, f"{NEEDS_A_VALUE}{type(wrong).__name__}")
            for wrong in (3.0, None, "f", {"f": 1})
        ],
        *[
            (partial(draw, wrong), TypeError, "draw takes a Value or a list")
            for wrong in ([1.0], [Value(1.0), "x"], {"f": Value(1.0)})
        ],
        (partial(draw, nn.MLP(2, [1])), TypeError, r"got MLP: MLP\(.*; draw what it gives, as in draw\(net\(x\)\)"),
        *[(partial(draw, wrong), ValueError, "nothing to draw") for wrong in ([], ValueError("nothing recorded"))],
    ],
    "options of draw": [
        *[
            (partial(draw_d1, **{name: value}), error, f"{name}.*{re.escape(str(value))}")
            for name, value, error in [
                ("direction", "up", ValueError),
                ("gradients", "yes", ValueError),
                ("gradients", 1, ValueError),
                ("scale", 0, ValueError),
                ("scale", None, ValueError),
                ("width", -1, ValueError),
                ("width", "wide", ValueError),
                ("font_size", 0, ValueError),
                ("digits", "two", ValueError),
                ("digits", -1, ValueError),
                ("round", 2.5, ValueError),
                ("unfold", 3, TypeError),
                ("theme", [], ValueError),
            ]
        ],
        *[
            (partial(draw_d1, theme=theme), ValueError, "theme")
            for theme in ("neon", {"paper": "#fff"}, {"ink": "red}</style><script>"}, {"ink": "url(x)"})
        ],
        (lambda: draw_d1(layout="neato"), ValueError, "no layout is called 'neato': choose one of built-in, dot"),
    ],
    "unfold": [
        (lambda: draw_d1(unfold=["cosh"]), ValueError, "cannot unfold 'cosh': choose among sigmoid, tanh"),
        *[
            (
                partial(draw_gate, name),
                ValueError,
                f"cannot unfold '{name}': choose among .*, or a gate of the graph whose",
            )
            for name in ELEMENTARY
        ],
    ],
    "fold": [
        (
            lambda: draw_d1(fold="nope"),
            ValueError,
            "cannot fold 'nope': no node has that label, .* labeled gates: q, f",
        ),
        (lambda: draw_d1(fold=Value(1.0)), ValueError, "it is not in the drawn graph"),
        (lambda: draw_d1(fold=3.5), TypeError, "fold takes Values, labels, gates and models, got float: 3.5"),
        (lambda: draw_d1(fold=nn.MLP(2, [1])), ValueError, "the graph has none of its parameters"),
    ],
    "save and frames": [
        (lambda: save_in("nowhere/f.svg"), FileNotFoundError, r"there is no folder .*nowhere"),
        (lambda: save_in("f.svg", folder="f.svg"), IsADirectoryError, "it is a folder"),
        (lambda: draw_d1().frames("d1.png"), ValueError, "lacks the number of the step"),
        (lambda: draw_d1().frames("d1-{step}.svg"), ValueError, "cannot number"),
        (stale_frames, StaleGraphError, r"Value\(3\.0, 'x'\) changed after"),
    ],
    "site": [
        (lambda: write_site("site", ["pages"]), ValueError, "no part 'pages' .*: choose from notebooks, lite, api"),
        (lambda: write_site(".", PARTS), FileExistsError, "cannot write the site to '.': it exists; choose a new"),
        (lambda: write_site("no/site", PARTS), FileNotFoundError, "cannot write the site: there is no folder .*no"),
    ],
    "plots": [
        (lambda: plots.plot_activation(sigmoid, between=(1.0, -1.0)), ValueError, "the smaller one first"),
        *[
            (partial(plot, nothing), ValueError, "needs at least one")
            for plot in (plots.plot_losses, plots.plot_gradient_sizes)
            for nothing in ([], {}, {"a": []})
        ],
        (lambda: plots.plot_losses([Value(1.0)]), TypeError, r"\.data"),
        *[
            (partial(plots.plot_losses, given), TypeError, "a plot of losses takes a list of numbers: ")
            for given in ("a", None, 3, [[1.0]], object())
        ],
        (
            lambda: plots.plot_decision_boundary(lambda x: 0.0, [[1, 2, 3]], [0]),
            ValueError,
            r"rows of 2 inputs, got \[3\]",
        ),
        (lambda: plots.plot_decision_boundary(lambda x: 0.0, XOR[0], [0]), ValueError, "4 rows and 1 targets"),
        (
            lambda: plots.plot_decision_boundary(lambda rows: [0.0], *XOR, batch=True, steps=5),
            ValueError,
            "expected 25 outputs of the function for 25 rows, got 1",
        ),
        (lambda: plots.plot_descent(lambda x, y: 0.0, [(1.0, 2.0, 3.0)]), ValueError, r"points of \[3\] numbers"),
        (lambda: plots.plot_descent(lambda x: x, [math.nan]), ValueError, "at least one finite point"),
        (lambda: plots.plot_success([0.1, 0.2], [True]), ValueError, "2 losses and 1 successes"),
        (lambda: plots.plot_sweep([0.1]), TypeError, r"plot_sweep draws what fit_many returned, got \[0.1\]"),
    ],
    "playground": [
        *[
            (partial(play, **options), error, words)
            for options, error, words in [
                ({"optimizer": "sdg"}, ValueError, "unknown optimizer 'sdg': choose one of sgd,"),
                ({"loss": "mze"}, ValueError, "unknown loss 'mze'"),
                ({"batch_size": 9}, ValueError, "batch_size is from 1 to 4 examples, got 9"),
                ({"learning_rate": -1.0}, ValueError, "learning_rate must be a number >= 0, got -1.0"),
                ({"test_data": ([[0.0, 0.0]], [])}, ValueError, "5 examples and 4 targets"),
                ({"classes": ["one"]}, ValueError, "expected a name for each of 2 classes, got 1"),
                ({"loss": lambda y, t: 1.0}, TypeError, "the loss must return one Value, got float"),
            ]
        ],
        (lambda: play(classes=["a", "b", "c"]), ValueError, "a name for each of 2 classes, got 3"),
        (lambda: play(lambda x: x, [[0.0]], [0]), TypeError, "playground takes a model with layers"),
        *[
            (
                partial(play, activations={name: activation}),
                TypeError,
                f"activation '{name}' is not a function of one number",
            )
            for name, activation in [("prelu", nn.activations.ACTIVATIONS["prelu"]), ("7", 7)]
        ],
        (lambda: play(loss=7), TypeError, r"loss must be a function or a name .*, got 7"),
        (lambda: play(Y=[0, 1, 1]), ValueError, "4 examples and 3 targets"),
    ],
    "bundle": [
        (partial(bundle, f"{ONE}a();\n", modules), ValueError, words)
        for modules, words in [
            (
                {"one": 'import { b } from "./two.js";\nexport const a = b;', "two": f"{ONE}export const b = a;"},
                "one -> two",
            ),
            ({"one": "const a = 1;"}, r"the page\.js imports a, which one\.js does not export"),
            (
                {
                    "one": 'import { b } from "./two.js";\nexport const a = b;',
                    "two": "export const b = 1;\nconst a = 2;",
                },
                "a is",
            ),
        ]
    ],
    "formula": [
        (partial(formula, tex), ValueError, words)
        for tex, words in [
            (r"\frac{1", "{ without } in the formula"),
            ("{a & b}", "{ without }"),
            ("a}", "} without its beginning"),
            ("x_", r"the formula \$x_\$ ends too early"),
            (r"\foo", "no formula here has .foo"),
            (r"\begin{pmatrix} 1", "a matrix without its end"),
        ]
    ],
}


@every_row_of(REFUSALS)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()
