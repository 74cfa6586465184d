"""Examples of gradient descent step by step (C4, C10, C15 to C17, D14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autodiff import Value, grad, gradients, sigmoid, variables
from autodiff.formula import show

from .._checks import generator
from ..optim import SGD, clip_by_norm
from .depth import cliff, repeated, show_all

Point = tuple[float, ...]
Found = tuple[Point, float, int]


def descend(
    loss: Callable[..., Any], start: Sequence[float], learning_rate: float, most: int = 10_000,
    clip_norm: float | None = None
) -> list[Point]:  # fmt: skip
    """The path of gradient descent from the start: ``while theta(i+1) != theta(i)``, with ``most`` updates at most.

    The slide's rule alone may never end (C4). The loss takes a Value for each number of the start. Gradients are
    clipped to the norm ``clip_norm`` (D14).

    >>> path = descend(lambda x: (x - 3.0) ** 2, [0.0], learning_rate=0.1)
    >>> len(path) - 1, path[-1]
    (159, (2.999999999999999,))
    """
    path = [tuple(map(float, start))]
    for _ in range(most):
        theta = [Value(x) for x in path[-1]]
        loss(*theta).backward()
        SGD(theta, learning_rate, clip_norm=clip_norm).step()
        new = tuple([p.data for p in theta])
        if new == path[-1]:
            break
        path.append(new)
    return path


def by_descent(loss: Callable[..., Any], start: Sequence[float], learning_rate: float) -> Found:
    """(the end of gradient descent, its loss, the number of evaluations); each update evaluates the loss once.

    >>> point, loss, evaluations = by_descent(lambda x: (x - 3) * (x - 3), [0.0], 0.5)
    >>> point, loss, evaluations
    ((3.0,), 0.0, 2)
    """
    path = descend(loss, start, learning_rate)
    return path[-1], loss(*path[-1]), len(path)


def by_brute_force(loss: Callable[..., Any], low: float, high: float, places: int) -> Found:
    """The best of evenly spaced numbers.

    >>> by_brute_force(lambda x: (x - 3) * (x - 3), 0, 10, 11)
    ((3.0,), 0.0, 11)
    """
    return best_of(loss, [(low + (high - low) * i / (places - 1),) for i in range(places)])


def by_random_search(loss: Callable[..., Any], low: float, high: float, tries: int, seed: int = 0) -> Found:
    """The best of random numbers (D).

    >>> (theta,), loss, evaluations = by_random_search(lambda x: (x - 3) * (x - 3), 0, 10, 100)
    >>> evaluations, loss < 0.01
    (100, True)
    """
    random = generator(seed)
    return best_of(loss, [(random.uniform(low, high),) for _ in range(tries)])


def by_calculus(loss: Callable[..., Any], start: float) -> Found:
    """The point where dC/dtheta = 0, for a quadratic loss: theta - C'/C''.

    >>> by_calculus(lambda x: (x - 3) * (x - 3), 0.0)
    ((3.0,), 0.0, 1)
    """
    theta = Value(start)
    (slope,) = gradients(loss(theta), [theta])
    (curvature,) = gradients(slope, [theta])
    point = (start - slope.data / curvature.data,)
    return point, loss(*point), 1


def best_of(loss: Callable[..., Any], points: Sequence[Point]) -> Found:
    """The point with the smallest loss."""
    lowest, best = min((loss(*point), point) for point in points)
    return best, lowest, len(points)


def bowl(theta: Any) -> Any:
    """(theta - 3)^2."""
    return (theta - 3.0) * (theta - 3.0)


def standing_still() -> Iterator[str]:
    """Gradient descent while theta(i+1) != theta(i): a rule that may never end."""
    most = 1000
    others: list[Any] = [("theta^2", lambda t: t * t, 1.0, 1.0), ("theta^4", lambda t: t * t * t * t, 1.0, 0.1)]
    for name, loss, start, rate in [("(theta - 3)^2", bowl, 0.0, 0.1), *others]:
        path = descend(loss, [start], rate, most)
        first = ", ".join([show(theta) for (theta,) in path[:4]])
        end = "and stands still" if len(path) <= most else "and is still moving"
        yield f"{name:<14} rate {rate:g}: {first}, ...; at {path[-1][0]!r} after {len(path) - 1} updates {end}"
    path = descend(lambda a, b: a * a + 10.0 * b * b, [1.0, 1.0], 0.08, 4)
    yield f"a^2 + 10 b^2   rate 0.08: {', '.join([show_all(point, 3) for point in path])}: b zig-zags"


def four_ways() -> Iterator[str]:
    """One loss, (theta - 3)^2, minimized in four ways."""
    ways = {
        "brute force": by_brute_force(bowl, -10.0, 10.0, 2001),
        "dC/dtheta = 0": by_calculus(bowl, 0.0),
        "random search": by_random_search(bowl, -10.0, 10.0, 2000),
        "gradient descent": by_descent(bowl, [0.0], 0.1),
    }
    for name, (point, loss, evaluations) in ways.items():
        yield f"{name:<16}  theta = {point[0]:.9f}, loss {loss:.2g}, evaluations {evaluations}"
    yield "with 10 thetas brute force would need 2001^10 evaluations; descent still one gradient an update"


def one_update() -> Iterator[str]:
    """C3's neuron: theta <- theta - eta dC/dtheta for its three parameters, three times."""
    w1, w2, b = theta = variables(w1=0.3, w2=-0.2, b=0.1)
    optimizer, eta = SGD(theta, 1.0), 1.0
    for step in range(4):
        optimizer.zero_grad()
        error = sigmoid(w1 * 0.5 + w2 * -1.5 + b) - 1.0
        cost: Any = error * error
        cost.backward()
        yield f"step {step}: (w1, w2, b) = {show_all(theta)}, C = {show(cost.data)}"
        if step < 3:
            yield f"  dC/dtheta = {show_all([p.grad for p in theta])}; minus {eta:g} times it:"
            optimizer.step()


def objective_and_distance() -> Iterator[str]:
    """Maximize O = -C or minimize C: the same path. A cost without squares leads to the median, squares to the mean."""
    numbers = (1.0, 4.0, 10.0)

    def distance(theta: Any) -> Any:
        return sum([abs(y - theta) for y in numbers])

    def squares(theta: Any) -> Any:
        return sum([(y - theta) * (y - theta) for y in numbers])

    down, up = descend(squares, [2.0], 0.1, 3), [2.0]
    for _ in down[1:]:
        up.append(up[-1] + 0.1 * grad(lambda theta: -squares(theta))(up[-1]))
    yield f"y = {show_all(numbers)}, one theta for all of them, start 2"
    yield f"minimize C = sum (y - theta)^2 by theta - 0.1 C':  {show_all([theta for (theta,) in down])}"
    yield f"maximize O = -C by theta + 0.1 O':                 {show_all(up)}"
    for name, cost, rate, what in (("squares", squares, 0.1, "mean"), ("distances", distance, 0.5, "median")):
        (end,) = descend(cost, [2.0], rate)[-1]
        yield f"the sum of the {name:<9} is smallest at theta = {end:.6f}, the {what}: C = {cost(end):.6f}"


def paths_by_batch_size(epochs: int = 4, learning_rate: float = 0.1, seed: int = 0) -> dict[str, list[Point]]:
    """The paths of (w, b) of a linear neuron on 20 examples: gradient descent, and SGD one example at a time (C17).

    >>> {name: len(path) - 1 for name, path in paths_by_batch_size().items()}
    {'gradient descent': 4, 'SGD': 80}
    """
    random = generator(seed)
    examples = [(x, 2.0 * x - 1.0 + random.gauss(0.0, 0.3)) for x in [random.uniform(-1.0, 1.0) for _ in range(20)]]
    found: dict[str, list[Point]] = {}
    for name, size in (("gradient descent", 20), ("SGD", 1)):
        theta = variables(w=-1.0, b=1.5)
        optimizer = SGD(theta, learning_rate)
        path: list[Point] = [(-1.0, 1.5)]
        for _ in range(epochs):
            order = random.sample(examples, len(examples))
            for start in range(0, len(order), size):
                batch = order[start : start + size]
                optimizer.zero_grad()
                cost: Any = sum([(theta[0] * x + theta[1] - y) ** 2 for x, y in batch]) / len(batch)
                cost.backward()
                optimizer.step()
                path.append((theta[0].data, theta[1].data))
        found[name] = path
    return found


def two_paths() -> Iterator[str]:
    """20 examples: gradient descent updates once an epoch, SGD 20 times, each step by one example's gradient."""
    for name, path in paths_by_batch_size().items():
        each = (len(path) - 1) // 4
        yield f"{name}, {each} update{'s' if each > 1 else ''} an epoch, after each epoch:"
        yield "  " + ", ".join([show_all(point, 3) for point in path[::each]])
        turns = sum([(q[0] - p[0]) * (r[0] - q[0]) < 0 for p, q, r in zip(path, path[1:], path[2:])])
        yield f"  w turned back {turns} times in {len(path) - 1} updates"
    yield "the examples lie near y = 2x - 1: SGD gets there in fewer epochs, on a path that is not straight"


def the_cliff() -> Iterator[str]:
    """Vanishing and exploding gradients, and clipping by norm."""
    x = Value(0.5)
    repeated(sigmoid, x, 10).backward()
    yield f"h <- sigmoid(h) ten times from 0.5: dh10/dh0 = {x.grad:.8g}"
    yield f"h <- 1.5 h fifty times: dh50/dh0 = {repeated(lambda h: 1.5 * h, 1.0, 50)!r}"
    yield f"(3, 4) clipped at 1: {show_all(clip_by_norm([3.0, 4.0], 1.0))}"
    w, b = Value(4.35), Value(-2.21)
    loss = cliff(w, b)
    loss.backward()
    yield f"the cliff, at w = 4.35, b = -2.21: E = {loss.data:.6g}, gradient {show_all([w.grad, b.grad])}"
    for threshold in (None, 1.0):
        path = descend(cliff, [4.35, -2.21], 0.1, 20, threshold)
        how = f"clipped at {threshold:g}" if threshold else "as it is"
        one, last = (cliff(w, b) for w, b in (path[1], path[-1]))
        yield f"  rate 0.1, gradient {how}: E = {one:.6g} after one step, {last:.6g} after 20"
