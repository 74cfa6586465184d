"""Gradient checks where numbers mislead: noise, jumps, features narrower than a step, rules that give no numbers."""

import math
import random

import numpy as np
import pytest

import autodiff
from autodiff import (
    PRIMITIVES,
    Primitive,
    Value,
    check_gradients,
    exp,
    grad,
    log,
    logsumexp,
    maximum,
    nonfinite_origin,
    relu,
    sigmoid,
    sign,
    sin,
    softplus,
    sqrt,
    tanh,
    where,
)
from autodiff.primitives import expm1, heaviside
from nn import MLP
from tests.support.primitive_samples import SAMPLES

bad = Primitive("bad", lambda x: x * x, lambda out, x: (0.5 * x,))  # right is 2 x


def verdict(f, *inputs, **options):
    """The verdict on the last input."""
    return check_gradients(f, *inputs, **options).inputs[-1].verdict


# --- A function that does not always give the same answer ----------------------------------------


def drawing(draw):
    """A function of x that draws random numbers."""
    source = random.Random(1)
    return lambda x: draw(source, x)


def counting(f):
    """f(x, number of calls so far)."""
    calls = []
    return lambda x: calls.append(x) or f(x, len(calls))


def dropout(source, xs):
    return sum(x * (source.random() < 0.5) * 2.0 for x in xs) ** 2


@pytest.mark.parametrize(
    ("make", "x"),
    [
        (lambda: drawing(lambda source, x: bad(x) + 1e-6 * source.random()), 3.0),
        (lambda: drawing(lambda source, x: x * x + 1e-15 * source.random()), 0.1),
        (lambda: drawing(lambda source, x: x * source.random()), 2.0),
        (lambda: drawing(lambda source, x: x * source.gauss(0.0, 1.0)), 0.0),
        (lambda: drawing(dropout), [1.0, 2.0]),
        (lambda: drawing(dropout), [0.0, 0.0]),
        (lambda: counting(lambda x, n: x * n), 2.0),
        (lambda: counting(lambda x, n: x * x * (1.0 + 1e-3 * (n % 7 == 0))), 3.0),
        (lambda: counting(lambda x, n: x * (2.0 if n > 12 else 1.0)), 3.0),
        (lambda: counting(lambda x, n: x * x + (math.nan if n == 2 else 0.0)), 3.0),
    ],
)
def test_random_function_is_refused(make, x):
    with pytest.raises(ValueError, match=r"f answers differently at the same point: .*, then .*seed random numbers"):
        check_gradients(make(), x)


@pytest.mark.parametrize("size", [1e-9, 1e-3, 1.0])
def test_changing_function_with_wrong_rule(size):
    for every in range(2, 41):
        with pytest.raises(ValueError, match="f answers differently"):
            check_gradients(counting(lambda x, n, every=every: bad(x) + size * (n % every == 0)), 3.0)


def test_seeded_random_numbers_pass():
    assert check_gradients(lambda x: x * random.Random(3).random(), 2.0)


def test_nan_is_no_different_answer():
    assert verdict(lambda x: x * math.nan, 2.0) == "not finite"


# --- Noise that is the same every time -----------------------------------------------------------


def hiss(x, size):
    """Noise that depends only on x."""
    return size * (random.Random(x.data).random() - 0.5)


@pytest.mark.parametrize("size", [1e-14, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1.0, 100.0])
@pytest.mark.parametrize("x", [0.3, 3.0, -7.0, 1e4])
def test_noise_changes_no_verdict(size, x):
    assert not check_gradients(lambda x: bad(x) + hiss(x, size), x)
    assert verdict(lambda x: x * x + hiss(x, size), x) != "fail"


@pytest.mark.parametrize("size", [1e-14, 1e-12, 1e-10, 1e-8])
def test_noise_that_is_small_passes(size):
    assert verdict(lambda x: x * x + hiss(x, size), 3.0) == "ok"


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: 1e20 + x * x, 3.0),
        (lambda x: 1e20 + bad(x), 3.0),
        (lambda x: 1e16 + bad(x), 3.0),
        (lambda x: exp(40.0) ** 2 + sin(x), 1.0),
        (lambda x: x * x + hiss(x, 1.0), 3.0),
        (sin, 1e15),
        (lambda x: sin(exp(x)), 60.0),
    ],
)
def test_noise_as_large_as_gradient_is_undecided(f, x):
    check = check_gradients(f, x)

    assert not check
    assert check.inputs[0].verdict == "undecided"
    assert "1 undecided" in repr(check)
    assert "too uncertain to judge by" in " ".join(check.notes)


@pytest.mark.parametrize("x", [1.2345678, 100.3, -7.1])
def test_float32_steps_are_no_zero_slope(x):
    def single(a):
        return float(np.float32(a) * np.float32(a))

    assert verdict(Primitive("right", single, lambda out, a: (2.0 * a,)), x) in ("ok", "undecided")
    assert verdict(Primitive("zero", single, lambda out, a: (0.0,)), x) in ("fail", "undecided")
    assert verdict(Primitive("half", single, lambda out, a: (a,)), x) == "fail"


def test_wrong_rule_in_undecided_function():
    assert check_gradients(lambda x: 1e20 + bad(x), 3.0).primitives == [bad]


@pytest.mark.parametrize(
    "f", [lambda x, y: 1e20 * x + bad(y), lambda x, y: exp(x) + bad(y), lambda x, y: bad(y) + 1e16 * tanh(x)]
)
def test_wrong_rule_beside_large_terms(f):
    check = check_gradients(f, 50.0, 3.0)

    assert not check
    assert check.primitives == [bad]


def test_tiny_gradient_of_right_rules_passes():
    check = check_gradients(lambda xs: logsumexp(xs) - xs[0], [1.4, 2.6, 76.7])
    net = MLP(3, [4, 3], "tanh", seed=1)
    for weight in net.parameters():
        weight.data *= 20.0

    assert [row.verdict for row in check.inputs] == ["ok"] * 3
    assert check_gradients(softplus(net([0.3, -0.8, 1.1])[0]))
    assert check_gradients(lambda w: sum(tanh(0.1 * i * x) for i, x in enumerate(w)), [0.1 * i for i in range(60)])


# --- Jumps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "x", "left", "right"),
    [
        (lambda x: x if x > 1 else 2 * x, 1.0, 2.0, 1.0),
        (lambda x: x if x >= 1 else 2 * x, 1.0, 2.0, 1.0),
        (lambda x: x if x < 1 else 2 * x, 1.0, 1.0, 2.0),
        (lambda x: where(x > 1, x, 2 * x), 1.0, 2.0, 1.0),
        (lambda x: where(x >= 1, x, 2 * x), 1.0, 2.0, 1.0),
        (lambda x: x * x if x > -3 else 5 * x, -3.0, 5.0, -6.0),
        (lambda x: exp(x) if x > 0 else 3 * x, 0.0, 3.0, 1.0),
        (lambda x: x + 1 if x > 1e6 else x, 1e6, 1.0, 1.0),
        (lambda x: x + 1 if x > 1e-6 else x, 1e-6, 1.0, 1.0),
        (lambda x: x + 1e-9 if x > 1 else x, 1.0, 1.0, 1.0),
        (lambda x: x - math.floor(x.data), 3.0, 1.0, 1.0),
        (lambda x: 0.0 * x + math.floor(x.data), 3.0, 0.0, 0.0),
        (lambda x: x * math.ceil(x.data), 2.0, 2.0, 3.0),
        (lambda x: x * round(x.data), 2.5, 2.0, 3.0),
        (lambda x: 3.0 * sign(x - 2.0) + x * x, 2.0, 4.0, 4.0),
        (lambda x: heaviside(x, 0.5) + 3.0 * x, 0.0, 3.0, 3.0),
        (lambda x: x * x if x != 2 else 4 * x - 3, 2.0, 4.0, 4.0),
    ],
)
def test_jump_is_named(f, x, left, right):
    check = check_gradients(f, x)
    (row,) = check.inputs

    assert check
    assert row.verdict == "kink"
    assert row.jumps
    assert (row.left, row.right) == (pytest.approx(left, abs=1e-6), pytest.approx(right, abs=1e-6))
    assert check.notes[0].startswith("x is on a jump of f: left derivative")


@pytest.mark.parametrize("f", [lambda x: bad(x) if x > 3 else bad(x) + 7, lambda x: where(x > 3, bad(x), bad(x) + 7)])
def test_wrong_rule_on_jump(f):
    check = check_gradients(f, 3.0)

    assert check.inputs[0].verdict == "fail"
    assert check.primitives == [bad]


def test_value_at_one_point_fails():
    assert verdict(lambda x: x * x if x != 2 else x + 7, 2.0) == "fail"


@pytest.mark.parametrize("near", [1e-4, 1e-7, 1e-10])
def test_jump_nearby_is_none_here(near):
    assert verdict(lambda x: where(x > 1.0 + near, x + 5.0, x), 1.0) == "ok"


# --- A kink is reported only if a test confirms it -----------------------------------------------


@pytest.mark.parametrize(
    ("gradient", "expected"),
    [(1.0, "kink"), (1.5, "kink"), (2.0, "kink"), (0.99, "fail"), (2.01, "fail"), (-1.5, "fail"), (0.0, "fail")],
)
@pytest.mark.parametrize("x", [0.0, 2.0, -30.0])
def test_kink_gradient_lies_between_sides(gradient, expected, x):
    assert verdict(lambda z: z if z > x else 2.0 * z - x, x, gradient=gradient) == expected


@pytest.mark.parametrize("weight", [0.01, 1.0, 100.0])
def test_kink_elsewhere_excuses_nothing(weight):
    assert verdict(lambda x: bad(x) + weight * relu(x - 3.0), 3.0) == "fail"
    assert verdict(lambda x: x * x.data + 0.01 * weight * relu(x - 3.0), 3.0) == "fail"


def test_kink_of_another_input():
    rows = check_gradients(lambda x, y: x * y if x + y > 2 else x, 1.0, 1.0).inputs

    assert [row.verdict for row in rows] == ["ok", "kink"]


def test_kink_within_rounding_is_undecided():
    assert verdict(lambda x: sigmoid(x * autodiff.abs(x)), 3e-8, gradient=-1.5e-8) == "undecided"


# --- Features narrower than a step ---------------------------------------------------------------


def bump(center, width, floor=0.0):
    """(a bell curve, its derivative)"""

    def value(x):
        return floor + math.exp(-(min(abs((x - center) / width), 30.0) ** 2))

    return value, lambda x: -2.0 * (x - center) / width**2 * (value(x) - floor)


def cliff(center, steepness):
    """(a sigmoid, its derivative)"""

    def value(x):
        return 1.0 / (1.0 + math.exp(-max(min(steepness * (x - center), 700.0), -700.0)))

    return value, lambda x: steepness * value(x) * (1.0 - value(x))


def wave(*frequencies):
    """(a sum of waves, of slope 1 each; its derivative)"""
    return (
        lambda x: sum(math.sin(w * x) / w for w in frequencies),
        lambda x: sum(math.cos(w * x) for w in frequencies),
    )


SIN = math.sin, math.cos
WIGGLE = lambda x: x * math.sin(1 / x), lambda x: math.sin(1 / x) - math.cos(1 / x) / x
CHIRP = lambda x: math.sin(x * x), lambda x: 2.0 * x * math.cos(x * x)
PEAK = lambda x: 1 / (1 + 1e10 * (x - 2) ** 2), lambda x: -2e10 * (x - 2) / (1 + 1e10 * (x - 2) ** 2) ** 2
NARROW = [
    *[(bump(1000.0, 1.0), x) for x in (1000.5, 999.0, 1002.0, 1005.0)],
    *[(bump(1e6, 1.0), x) for x in (1e6 + 0.5, 1e6 - 1.0)],
    *[(bump(1.0, 1e-5, 1000.0), x) for x in (1 + 5e-6, 1 + 2e-5)],
    (bump(0.0, 1e-6), 1e-6),
    (bump(3.0, 1e-9), 3 + 5e-10),
    *[(SIN, x) for x in (1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10)],
    *[(cliff(1.0, s), 1.0 + t / s) for s in (1e2, 1e4, 1e6, 1e8, 1e10) for t in (0.0, 1.0, -3.0)],
    *[(cliff(0.0, s), t / s) for s in (1e4, 1e8, 1e12) for t in (0.0, 1.0)],
    *[(WIGGLE, x) for x in (0.1, 1e-2, 1e-3, 1e-4, 1e-6)],
    *[(CHIRP, x) for x in (10.0, 100.0, 1e3, 1e4)],
    *[(PEAK, x) for x in (2 + 1e-5, 2 - 3e-5, 2.001)],
    *[(wave(1.0, 1e6), x) for x in (1.0, 2.0, 3.3)],
    *[(wave(0.1, 1e5, 1e9), x) for x in (1.0, 2.0)],
]
CHANGES = {
    "right": lambda slope: slope,
    "zero": lambda slope: 0.0,
    "sign": lambda slope: -slope,
    "seven times, sign": lambda slope: -7.0 * slope,
    "twice": lambda slope: 2.0 * slope,
    "1 % off": lambda slope: 1.01 * slope,
    "offset": lambda slope: slope + 0.3 * abs(slope),
}


@pytest.mark.parametrize("change", CHANGES)
def test_narrow_features_are_found(change):
    for (value, slope), x in NARROW:
        gate = Primitive("gate", value, lambda out, x, slope=slope: (CHANGES[change](slope(x)),))
        found = verdict(gate, x)

        assert (found == "ok") if change == "right" else (found in ("fail", "undecided")), (x, slope(x))


@pytest.mark.parametrize("change", CHANGES)
def test_float_limit_has_no_false_failure(change):
    limits = [(SIN, x) for x in (1e11, 1e12, 1e13, 1e14, 1e15)] + [(CHIRP, 1e6), (cliff(1.0, 1e12), 1.0)]
    for (value, slope), x in limits + [(cliff(1.0, 1e13), 1.0 + t) for t in (0.0, 1e-13, -3e-13, 3e-12)]:
        gate = Primitive("gate", value, lambda out, x, slope=slope: (CHANGES[change](slope(x)),))
        found = verdict(gate, x)

        assert found in ({"right": ("ok", "undecided")}.get(change, ("fail", "undecided"))), (x, slope(x))


def test_bump_top_is_flat():
    for center, width in ((1000.0, 1.0), (1.0, 1e-5), (0.0, 1e-6)):
        value, slope = bump(center, width)

        assert verdict(Primitive("gate", value, lambda out, x, slope=slope: (slope(x),)), center) == "ok"


def test_endless_oscillation_is_undecided():
    assert verdict(lambda x: x * sin(1 / x) if x != 0 else x * 0.0, 0.0) == "undecided"
    assert verdict(lambda x: x * x * sin(1 / x) if x != 0 else x * 0.0, 0.0) == "ok"


# --- Random programs -----------------------------------------------------------------------------

GATES = (exp, log, sqrt, sin, autodiff.cos, tanh, sigmoid, softplus, relu, autodiff.abs, expm1, autodiff.tan)
PAIRS = [PRIMITIVES[name] for name in ("add", "sub", "mul", "div", "maximum", "minimum", "power")]


def programs(count, seed):
    """Yield (function, point, gradient): finite, with slopes visible next to the function's value."""
    source = random.Random(seed)
    while count:
        gates = [source.choice(GATES + tuple(PAIRS)) for _ in range(source.randint(1, 4))]
        constants = [source.choice([None, round(source.uniform(0.1, 3.0), 2)]) for _ in gates]
        x = source.choice([source.uniform(-3.0, 3.0), source.choice([-1.0, 1.0]) * 10.0 ** source.uniform(-4.0, 3.0)])

        def run(x, gates=gates, constants=constants):
            out = x
            for gate, constant in zip(gates, constants):
                out = gate(out, x if constant is None else constant) if gate in PAIRS else gate(out)
            return out

        value = run(x)
        slope = grad(run)(x)
        if math.isfinite(value) and 1e-9 * abs(value) < abs(slope * x) < 1e9 * abs(value) < 1e100:
            count -= 1
            yield run, x, slope


def test_random_programs_pass():
    found = [verdict(run, x) for run, x, _ in programs(2000, seed=1)]

    assert set(found) <= {"ok", "kink", "undecided"}
    assert found.count("undecided") <= 2
    assert found.count("kink") <= 20


def test_random_programs_with_wrong_rule_fail():
    source, passed = random.Random(2), 0
    for run, x, slope in programs(2000, seed=3):
        wrong = source.choice(
            [slope * source.uniform(1.01, 10.0), slope / source.uniform(1.01, 10.0), -slope, 0.0]
            + [slope + sign * source.uniform(0.1, 1.0) * abs(slope) for sign in (-1, 1)]
        )
        passed += bool(check_gradients(run, x, gradient=wrong))

    assert passed <= 2


def scaled(row, factor):
    """A copy of the primitive with every local gradient scaled."""
    rule = row.local_gradients
    return Primitive("scaled", row.value, lambda *xs: tuple(local and factor * local for local in rule(*xs)))


def test_rules_at_random_points():
    source = random.Random(4)
    for name, (_, samples) in SAMPLES.items():
        row = PRIMITIVES[name]
        if name in ("stop_gradient", "take"):
            continue  # a gradient wrong on purpose; an integer index
        for sample in samples * 5:
            scale, factor = source.uniform(0.9, 1.1), source.choice([0.0, -1.0, 0.5, 0.99, 1.01, 10.0])
            operands = [scale * number for number in sample]
            wrong = scaled(row, factor)
            right = check_gradients(lambda *xs, row=row: row(*xs), *operands)
            found = check_gradients(lambda *xs, wrong=wrong: wrong(*xs), *operands)

            assert {input.verdict for input in right.inputs} <= {"ok", "kink"}, (name, operands)
            assert bool(found) is not any(row.local_gradients(row.value(*operands), *operands)), (
                name,
                operands,
                factor,
            )


# --- Rules that give no numbers ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lambda out, a: (math.nan,), "at (3) the local gradient of operand 1 is nan, numerically 6"),
        (lambda out, a: (math.inf,), "at (3) the local gradient of operand 1 is inf, numerically 6"),
        (lambda out, a: (-math.inf,), "at (3) the local gradient of operand 1 is -inf, numerically 6"),
        (lambda out, a: 2.0 * a, "must be a tuple with one entry for each operand, (...,), got 6.0"),
        (lambda out, a: "6", "must be a tuple with one entry for each operand, (...,), got '6'"),
        (lambda out, a: None, "must be a tuple with one entry for each operand, (...,), got None"),
        (lambda out, a: (), "must be a tuple with one entry for each operand, (...,), got ()"),
        (lambda out, a: (2.0 * a, 1.0), "must be a tuple with one entry for each operand, (...,), got (6.0, 1.0)"),
        (lambda out, a: np.array([2.0 * a]), "must be a tuple with one entry for each operand"),
        (lambda out, a: {0: 2.0 * a}, "must be a tuple with one entry for each operand"),
        (lambda out, a: ("6",), "the local gradient of operand 1 must be a number or None, got '6'"),
        (lambda out, a: (6j,), "the local gradient of operand 1 must be a number or None, got 6j"),
        (lambda out, a: ([2.0 * a],), "the local gradient of operand 1 must be a number or None, got [6.0]"),
        (lambda out, a: (np.array([6.0, 1.0]),), "the local gradient of operand 1 must be a number or None"),
        (lambda out, a: (Value(2.0 * a),), "the local gradient of operand 1 must be a number or None, got Value(6.0)"),
    ],
)
def test_rule_without_number_is_named(rule, said):
    gate = Primitive("gate", lambda a: a * a, rule)
    x = Value(3.0, "x")
    for check in (check_gradients(lambda x: sin(gate(x)) + x, 3.0), check_gradients(sin(gate(x)))):
        notes = " ".join(check.notes)

        assert not check
        assert check.primitives == [gate]
        assert math.isfinite(check.inputs[0].numerical)
        assert "The rule of gate is wrong. In s0 = gate(x), " in notes
        assert said in notes
        assert "grown too large" not in notes


@pytest.mark.parametrize("local", [math.nan, math.inf])
def test_nonfinite_gradient_traced_to_rule(local):
    gate = Primitive("gate", lambda a: a * a, lambda out, a: (local,))
    origin = " ".join(nonfinite_origin(2.0 * gate(Value(3.0, "x"))).text.split())

    assert f"The rule of gate gives {local} here, although its operands and its value are finite" in origin
    assert "grown too large" not in origin


def test_vertical_slope_is_no_wrong_rule():
    for f, x in ((sqrt, 0.0), (log, 0.0), (lambda x: 1 / x, 0.0), (lambda x: maximum(x, 0.0) ** 0.5, 0.0)):
        check = check_gradients(f, x)

        assert check.primitives == []
        assert check.inputs[0].verdict == "not finite"


# --- Functions of the math module, which raise where they are undefined --------------------------


@pytest.mark.parametrize("x", [1e-3, 0.5, 1.0, 3.0])
@pytest.mark.parametrize(
    ("value", "slope"),
    [
        (math.log, lambda x: 1.0 / x),
        (math.sqrt, lambda x: 0.5 / math.sqrt(x)),
        (lambda x: 1.0 / x, lambda x: -1.0 / (x * x)),
        (math.exp, math.exp),
        (math.lgamma, None),
    ],
)
def test_domain_error_while_stepping(value, slope, x):
    right = Primitive("right", value, lambda out, x: (slope(x),))
    wrong = Primitive("wrong", value, lambda out, x: (-2.0,))

    assert slope is None or check_gradients(lambda x: right(x) + 1e6, x)
    assert not check_gradients(lambda x: wrong(x) + 1e6, x)
    assert check_gradients(lambda x: wrong(x) + 1e6, x).primitives == [wrong]
