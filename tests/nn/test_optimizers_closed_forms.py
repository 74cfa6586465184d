"""Optimizers on quadratics and lines, where the parameter after n steps has a closed form."""

import math

import mpmath
import pytest
from hypothesis import given, settings, strategies
from mpmath import mp

from autodiff import Value
from nn import SGD, Adam, RMSProp

CURVES = strategies.floats(0.1, 4.0)
PLACES = strategies.floats(-3.0, 3.0)
RATES = strategies.floats(0.01, 0.4)
STEPS = strategies.integers(1, 60)
few = settings(deadline=None, max_examples=40)


def after(optimizer, x, f, steps):
    """The parameter after this many steps of gradient descent on f."""
    for _ in range(steps):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
    return x.data


def on_a_bowl(curve, bottom, start, rate, steps, momentum=0.0, nesterov=False, decay=0.0):
    """The closed form: (distance from the rest, velocity) is multiplied by one matrix at every step."""
    with mp.workdps(50):
        a, rate, m = mp.mpf(curve) + mp.mpf(decay), mp.mpf(rate), mp.mpf(momentum)
        rest = mp.mpf(curve) * mp.mpf(bottom) / a
        step = mpmath.matrix([[1 - rate * a, -rate * m], [a, m]])
        if nesterov:
            step[0, 0], step[0, 1] = 1 - rate * a - rate * m * a, -rate * m * m
        return float(rest + (step**steps * mpmath.matrix([mp.mpf(start) - rest, 0]))[0])


@few
@given(CURVES, PLACES, PLACES, RATES, STEPS, strategies.floats(0.0, 1.0))
def test_sgd_with_and_without_weight_decay(curve, bottom, start, rate, steps, decay):
    x = Value(start)
    optimizer = SGD([x], rate, weight_decay=decay)
    found = after(optimizer, x, lambda x: 0.5 * curve * (x - bottom) ** 2, steps)

    assert found == pytest.approx(on_a_bowl(curve, bottom, start, rate, steps, decay=decay), rel=1e-9, abs=1e-9)


@few
@given(CURVES, PLACES, PLACES, RATES, STEPS, strategies.floats(0.0, 0.95), strategies.booleans())
def test_sgd_momentum_and_nesterov(curve, bottom, start, rate, steps, momentum, nesterov):
    nesterov = nesterov and momentum > 0.0
    x = Value(start)
    optimizer = SGD([x], rate, momentum=momentum, nesterov=nesterov)
    found = after(optimizer, x, lambda x: 0.5 * curve * (x - bottom) ** 2, steps)

    expected = on_a_bowl(curve, bottom, start, rate, steps, momentum, nesterov)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@few
@given(PLACES, strategies.floats(0.01, 5.0), strategies.booleans(), RATES, STEPS)
def test_adam_on_a_line(start, slope, down, rate, steps):
    """A constant gradient equals its mean and its root mean square."""
    slope = -slope if down else slope
    x = Value(start)
    found = after(Adam([x], rate), x, lambda x: slope * x, steps)

    assert found == pytest.approx(start - steps * rate * slope / (abs(slope) + 1e-8), rel=1e-9, abs=1e-9)


@few
@given(PLACES, strategies.floats(0.01, 5.0), RATES, STEPS)
def test_rmsprop_on_a_line(start, slope, rate, steps):
    """After t steps the mean square is (1 - 0.99^t) of the gradient's."""
    x = Value(start)
    found = after(RMSProp([x], rate), x, lambda x: slope * x, steps)

    way = math.fsum(rate * slope / (slope * math.sqrt(1.0 - 0.99**t) + 1e-8) for t in range(1, steps + 1))
    assert found == pytest.approx(start - way, rel=1e-9, abs=1e-9)


@few
@given(strategies.lists(PLACES, min_size=1, max_size=4), strategies.floats(0.1, 2.0))
def test_clip_norm_bounds_the_step(slopes, threshold):
    parameters = [Value(0.0) for _ in slopes]
    for parameter, slope in zip(parameters, slopes):
        parameter.grad = slope
    SGD(parameters, 1.0, clip_norm=threshold).step()

    length = math.hypot(*slopes)
    assert math.hypot(*[p.data for p in parameters]) == pytest.approx(min(length, threshold), rel=1e-12)
    for parameter, slope in zip(parameters, slopes):
        assert -parameter.data * length == pytest.approx(slope * min(length, threshold), rel=1e-12, abs=1e-300)
