"""To watch: ways down a loss of one or two variables, and a cliff in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from autodiff import Value, show, sigmoid

from ..depth import cliff, repeated
from ..descent import by_brute_force, by_calculus, by_descent, by_random_search, descend
from ..optimizers import clip_by_norm
from .text import several


def bowl(theta: Any) -> Any:
    """(theta - 3)^2."""
    return (theta - 3.0) * (theta - 3.0)


def standing_still() -> Iterator[str]:
    """Gradient descent while theta(i+1) != theta(i): a rule that may never end."""
    most = 1000
    cases: tuple[tuple[str, Any, float, float], ...] = (
        ("(theta - 3)^2", bowl, 0.0, 0.1),
        ("theta^2", lambda t: t * t, 1.0, 1.0),
        ("theta^4", lambda t: t * t * t * t, 1.0, 0.1),
    )
    for name, loss, start, rate in cases:
        path = descend(loss, [start], rate, most)
        first = ", ".join([show(theta) for (theta,) in path[:4]])
        end = "and stands still" if len(path) <= most else "and is still moving"
        yield f"{name:<14} rate {rate:g}: {first}, ...; at {path[-1][0]!r} after {len(path) - 1} updates {end}"
    path = descend(lambda a, b: a * a + 10.0 * b * b, [1.0, 1.0], 0.08, 4)
    yield f"a^2 + 10 b^2   rate 0.08: {', '.join([several(point, 3) for point in path])}: b zig-zags"


def four_ways() -> Iterator[str]:
    """One loss, (theta - 3)^2, made small in four ways."""
    ways = {
        "brute force": by_brute_force(bowl, -10.0, 10.0, 2001),
        "dC/dtheta = 0": by_calculus(bowl, 0.0),
        "random search": by_random_search(bowl, -10.0, 10.0, 2000),
        "gradient descent": by_descent(bowl, [0.0], 0.1),
    }
    for name, (point, loss, evaluations) in ways.items():
        yield f"{name:<16}  theta = {point[0]:.9f}, loss {loss:.2g}, evaluations {evaluations}"
    yield "with 10 thetas brute force would need 2001^10 evaluations; descent still one gradient an update"


def the_cliff() -> Iterator[str]:
    """Vanishing and exploding gradients, and clipping by norm."""
    x = Value(0.5)
    repeated(sigmoid, x, 10).backward()
    yield f"h <- sigmoid(h) ten times from 0.5: dh10/dh0 = {x.grad:.8g}"
    yield f"h <- 1.5 h fifty times: dh50/dh0 = {repeated(lambda h: 1.5 * h, 1.0, 50)!r}"
    yield f"(3, 4) clipped at 1: {several(clip_by_norm([3.0, 4.0], 1.0))}"
    w, b = Value(4.35), Value(-2.21)
    loss = cliff(w, b)
    loss.backward()
    yield f"the cliff, at w = 4.35, b = -2.21: E = {loss.data:.6g}, gradient {several([w.grad, b.grad])}"
    for threshold in (None, 1.0):
        path = descend(cliff, [4.35, -2.21], 0.1, 20, threshold)
        how = f"clipped at {threshold:g}" if threshold else "as it is"
        one, last = (cliff(w, b) for w, b in (path[1], path[-1]))
        yield f"  rate 0.1, gradient {how}: E = {one:.6g} after one step, {last:.6g} after 20"
