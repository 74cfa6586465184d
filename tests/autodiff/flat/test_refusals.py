"""Refusals of compiled and lowered programs: wrong calls, the errors they raise and their words, by subject."""

import math
from functools import partial

import pytest

import autodiff
from autodiff import Primitive, Value, take, variables
from autodiff.flat import Unsupported, javascript, lower, over_rows
from autodiff.flat.backends.javascript import definitions
from autodiff.flat.backends.llvm import Native
from autodiff.flat.ir import row_mean
from autodiff.flat.loops.lengths import for_all_lengths
from autodiff.flat.recording import Recording
from nn import MLP, fit
from tests.support.flat_samples import ready
from tests.support.own_gates import leaky
from tests.support.refusals import every_row_of

W, UNUSED = variables(w=2, unused=0)
Q = W * W
X = Value(0.5)
PAIR = autodiff.compile(lambda x: [x, x])


def again(x):
    """The gate itself, of symbols."""
    return x if type(x) is float else again.gate(x)


again.gate = Primitive("me", lambda x: again(x), lambda out, x: (1.0,))
OF_NUMBERS = {  # gates that JavaScript cannot compute
    "value of atan, which is not": Primitive("atan", math.atan, lambda out, x: (1.0,)),
    "rule of cube, which is not": Primitive("cube", lambda x: x * x * x, lambda out, x: (math.cos(x),)),
    "value of my gate": Primitive("my gate", lambda x: float(x), lambda out, x: (1.0,)),
    "value of me": again.gate,
}


def for_each_length(f):
    """The loops of f of up to nine inputs, for every length."""
    inputs = [Value(0.1 * i) for i in range(9)]
    return for_all_lengths(lambda length: (Recording([f(inputs[:length])], inputs[:length]), range(length)), 9)


def forward_without_term():
    k = Value(0.0)
    picked = take([Value(3.0), 4.0], k)
    k.data = 2.0
    picked.forward()


def bad_expansion(runner):
    bad = Primitive("bad", leaky.value, leaky.local_gradients, expansion=lambda x: x)
    autodiff.compile(lambda x: bad(x), runner)(1.0)


def fit_without_parameters(runner):
    def loss(outputs, target):
        return target[0] * 1.0

    fit(MLP(1, [1], seed=0), [[1.0]], [1.0], loss=loss, runner=runner, progress=False)


REFUSALS = {
    "compile": [
        (lambda: autodiff.compile(3), TypeError, "compile takes a function, got int: 3$"),
        (
            lambda: autodiff.compile(Q),
            TypeError,
            r"got Value: .*; give the function that computes it, as in compile\(lambda x, y: x \* y\)",
        ),
        (
            lambda: autodiff.compile(abs, runner="gpu"),
            ValueError,
            "no runner is called 'gpu': known are auto, source, batch",
        ),
    ],
    "compiled function": [
        (lambda: PAIR.value_and_grad(1.0), TypeError, r"returns one number, but .* returns several"),
        (lambda: PAIR("1"), TypeError, "a compiled function takes a real number, got str"),
        (lambda: autodiff.compile(lambda x: None)(1.0), TypeError, "returns takes a real number, got NoneType"),
    ],
    "wrt": [
        *(
            (
                partial(autodiff.compile(lambda x: W * x).value_and_grad, 3.0, wrt=wrt),
                ValueError,
                r"wrt names .*'unused'.* uses none of them",
            )
            for wrt in (UNUSED, [UNUSED], {"unused": UNUSED})
        ),
        (
            lambda: autodiff.compile(lambda x: Q * x).value_and_grad(1.0, wrt=[Q]),
            ValueError,
            r"wrt takes leaves, but .* was computed by mul",
        ),
        (
            lambda: autodiff.compile(lambda x: Q * x).value_and_grad(1.0, wrt=[2.0]),
            TypeError,
            "wrt takes captured Values, got float",
        ),
    ],
    "take": [
        *(
            (partial(take, variables(a=1, b=2, c=3), index), IndexError, "take needs a whole index from 0 to 2, got")
            for index in (-1, 3, 1.5, math.inf, math.nan, Value(3.0))
        ),
        (forward_without_term, IndexError, "take needs a whole index from 0 to 1, got 2"),
        *(
            (partial(take, terms, 0), (TypeError, ValueError), words)
            for terms, words in (
                ([], "take needs at least one term"),
                ([[1.0], [1.0, 2.0]], "all as lists of equal length"),
                ([[1.0], 2.0], "all as lists of equal length"),
                (5.0, r"take\(\[x, y\], 1\)"),
            )
        ),
    ],
    "expansion": [
        (
            partial(bad_expansion, runner),
            ValueError,
            r"the expansion of the gate 'bad' gives -2.5 at \(-2.5\) instead of -0.25",
        )
        for runner in ("batch", "native")
    ],
    "row after row": [
        (lambda: ready(Native, row_mean(X), [X]).row([0.5], []), Unsupported, "row after row"),
        (lambda: javascript.text(lower(row_mean(X))), Unsupported, "row after row"),
    ],
    "over_rows": [
        (lambda: over_rows(lower(X * X)), TypeError, r"takes loops from lower\(\.\.\., roll=True\), got Program")
    ],
    "javascript": [
        (
            lambda: javascript.text(lower(X * X, roll=True)),
            TypeError,
            r"only a Program .* got Loops: write lower\(\.\.\., roll=False\)",
        ),
        *(
            (
                partial(definitions, [lower(gate(Value(1.0, "x")))]),
                Unsupported,
                f"JavaScript cannot compute the {words}",
            )
            for words, gate in OF_NUMBERS.items()
        ),
        *(
            (partial(javascript.text, lower(gate(Value(1.0, "x")))), Unsupported, "autodiff's functions")
            for gate in OF_NUMBERS.values()
        ),
    ],
    "for_all_lengths": [
        (
            lambda: for_each_length(lambda xs: sum(x**k for k, x in enumerate(xs))),
            Unsupported,
            "another form at length 9 than at 8",
        ),
        (lambda: for_each_length(lambda xs: sum(x * x for x in xs) * 0.9 ** len(xs)), Unsupported, "at one less"),
    ],
    "fit of a loss without parameters": [
        (partial(fit_without_parameters, runner), TypeError, "the loss has to be one Value that depends")
        for runner in ("auto", "eager", "source", "batch", "native")
    ],
}


@every_row_of(REFUSALS)
def test_refusals(call, error, words):
    with pytest.raises(error, match=words):
        call()
