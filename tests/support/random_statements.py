"""Random loop nests: every kind of axis, index, sum and primitive, and numbers to run them on."""

import math
import random

from autodiff.flat.loops.statements import Axis, Index, Repeat, Statement

UNARY = (
    "neg exp log tanh sigmoid relu abs sqrt sin cos softplus erf expm1 log1p atan asinh cosh gelu silu stop_gradient"
)
BINARY = "add sub mul maximum minimum hypot gaussian"
STEPS = "less less_equal greater greater_equal equal not_equal"  # of numbers that are the same everywhere
EXACT = {"add", "sub", "mul", "div", "neg", "relu", "abs", "maximum", "minimum", "sqrt", "where", "sign", "floor"}
SIZES = {"w": 300, "x": 200, "t": 60, "a": 16000, "gw": 700, "ga": 700}
CHOICES = 20  # the first numbers in "t" choose between so many


class Draw:
    """A random program; ``exact`` while no number depends on the order of a sum, or on a function."""

    def __init__(self, seed, longest=0):
        self.r = random.Random(seed)
        self.longest = longest
        self.together = self.r.choice([0.0, 0.4, 0.95])  # how often a statement has the axes of the one before
        self.used = 0  # of "a"
        self.last = None  # (axes, the most that each can be, target) of the statement before
        self.point = None  # what it computed, for one that goes along with it
        self.exact = True

    def program(self):
        return [
            self.repeat() if self.r.random() < 0.15 else self.statement()
            for _ in range(self.r.randint(1, 5) + 3 * (self.together > 0.9))
        ]

    def memory(self):
        """Numbers for the arrays that are read."""
        r = self.r
        memory = {name: [0.0] * size for name, size in SIZES.items()}
        special = r.choice([0.0, 0.0, 0.03])
        for name in ("w", "x", "t"):
            memory[name] = [
                r.choice([math.nan, math.inf, -math.inf, 0.0]) if r.random() < special else r.gauss(0.0, 1.0)
                for _ in memory[name]
            ]
        memory["t"][:40] = [float(r.randrange(CHOICES)) + r.choice([0.0, 0.25]) for _ in range(40)]
        return memory

    # --- Statements --------------------------------------------------------------------------------

    def axes(self, first=()):
        """Axes, and the most that each can be."""
        r = self.r
        axes, most = list(first), [axis.extent for axis in first]
        for k in range(len(first), len(first) + r.choice([0, 1, 1, 2, 2, 3, 3, 4])):
            extent = (
                r.choice([1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 20]) if len(axes) < 2 else r.choice([1, 2, 3, 4, 5, 8, 9])
            )
            outer = r.randrange(len(first), k) if k > len(first) and r.random() < 0.25 else None
            if self.longest and r.random() < 0.3:
                axis = Axis(r.choice([0, 1, -1]), (), 1)
                high = axis.extent + self.longest
            elif outer is not None and most[outer] < 9:
                slope = r.choice([1, 1, 1, -1, 2])
                axis = Axis(r.choice([0, 1, 1, 1, 2]) if slope > 0 else most[outer], ((outer, slope),))
                high = axis.extent + max(0, slope * (most[outer] - 1))
            else:
                axis, high = Axis(extent), extent
            axes.append(axis)
            most.append(max(high, 1))
        return axes, most

    def statement(self, first=(), turn=None):
        """One statement; ``turn`` is where the results of a turn of a Repeat stand: (start, size)."""
        r = self.r
        along = self.last if self.last and len(first) == 0 and r.random() < self.together else None
        self.point = along and along[2]
        while True:
            axes, most = along[:2] if along else self.axes(first)
            if math.prod(most) <= 1500:
                break
        given = len(first)
        inner = range(given, len(axes))
        reduced = [k for k in inner if r.random() < (0.05 if along else 0.4)]
        adds = r.random() < 0.4
        if not adds:  # an empty sum is not defined
            reduced = [k for k in reduced if not axes[k].grows and (axes[k].extent > 0 or not axes[k].slopes)]
            reduced = [k for k in reduced if all(slope > 0 for _, slope in axes[k].slopes)]
        parallel = [k for k in inner if k not in reduced]
        reduce = r.choice(["sum", "sum", "sum", "largest", "logsumexp"]) if reduced and not adds else ""
        if any(outer in reduced for k in parallel for outer, _ in axes[k].slopes) and reduce:
            reduce = "sum"
        self.exact &= reduce != "logsumexp"
        strides, size = [0] * len(axes), 1
        for k in r.sample(parallel, len(parallel)) if r.random() < 0.2 else reversed(parallel):
            strides[k] = size
            size *= most[k] + r.choice([0, 0, 1])
        if adds:
            target = self.adding(axes, most, parallel, strides)
        elif turn is not None:
            start, length = turn
            strides[0] = length
            target = Index("a", start, tuple(strides))
        else:
            target = Index("a", self.used, tuple(strides))
        chosen = target.by.strides if target.by else [0] * len(axes)
        self.exact &= math.prod([n for n, s, b in zip(most, target.strides, chosen) if not s and not b]) < 4
        expression = self.expression(axes, most, r.choice([0, 1, 1, 2]), target.array, turn)
        start = 0.0
        if reduce == "sum" and r.random() < 0.4:
            start = r.choice(
                [
                    0.5,
                    self.leaf(
                        [axis if k not in reduced else Axis(1) for k, axis in enumerate(axes)],
                        most,
                        "gw",
                        turn,
                        reduced,
                    ),
                ]
            )
        if not adds and turn is None:
            self.used += size
            self.last = (axes, most, target) if not reduced else None
        return Statement(tuple(axes), target, expression, "sum" if adds and r.random() < 0.5 else reduce, start, adds)

    def adding(self, axes, most, parallel, strides):
        """A target of +=, which points may share."""
        r = self.r
        array = r.choice(["gw", "ga"])
        kind = r.random()
        if kind < 0.3:
            for k in parallel:
                strides[k] = r.choice([0, 1, 1, 2, 3])
        by, wide, choices = None, 0, 0
        if kind > 0.8 and axes:
            moving = [0] * len(axes)
            for k in r.sample(range(len(axes)), 1):
                moving[k] = 1
            by, wide, choices = Index("t", r.randrange(3), tuple(moving)), r.choice([1, 5, 9, 20]), CHOICES
            strides = [0 if k in (moving.index(1),) and r.random() < 0.8 else s for k, s in enumerate(strides)]
        size = sum(s * (n - 1) for s, n in zip(strides, most)) + wide * CHOICES + 1
        return (
            Index(array, r.randrange(max(1, SIZES[array] - size)), tuple(strides), by, wide, choices)
            if size <= SIZES[array]
            else Index(array, 3, (0,) * len(axes))
        )

    def expression(self, axes, most, depth, target, turn):
        r = self.r
        leaf = lambda: self.leaf(axes, most, target, turn)  # noqa: E731
        sure = lambda: self.leaf(axes, most, target, turn, sure=True)  # noqa: E731
        inner = lambda: self.expression(axes, most, depth - 1, target, turn)  # noqa: E731
        if depth == 0:
            return leaf() if r.random() < 0.9 else r.gauss(0.0, 1.0)
        kind = r.random()
        if kind < 0.35:
            return ("mul", inner(), inner())
        if kind < 0.65:
            name = r.choice(BINARY.split())
            made = name, inner(), inner() if name != "gaussian" else 0.5
        elif kind < 0.85:
            made = r.choice(UNARY.split()), inner()
        elif kind < 0.9:
            made = "div", inner(), sure()
        elif kind < 0.95:
            made = "where", (r.choice(STEPS.split()), sure(), r.choice([0.0, sure()])), inner(), inner()
        else:
            made = r.choice(
                [
                    ("floor", sure()),
                    ("sign", sure()),
                    ("dot", leaf(), leaf(), leaf(), leaf(), 0.5),
                    ("take", leaf(), leaf(), leaf(), 1.0),
                    ("clip", leaf(), -0.5, 0.5),
                ]
            )
        self.exact &= made[0] in EXACT
        return made

    def leaf(self, axes, most, target, turn, still=(), sure=False):
        """Something to read, anywhere inside an array."""
        r = self.r
        names = ["w", "x", "t"]
        if self.point and not sure and not still and r.random() < 0.7:
            array = r.choice([self.point.array, *names])
            size = sum(s * (n - 1) for s, n in zip(self.point.strides, most)) + 1
            if array == self.point.array:
                return self.point
            if size <= SIZES[array]:
                return self.point._replace(array=array, start=r.randrange(SIZES[array] - size + 1))
        if not sure:
            names += ["a"] * (2 if self.used > 10 else 0) + ["ga"] * (target == "gw")
        array = r.choice(names)
        size = SIZES[array] if array != "a" else self.used
        if turn is not None and not sure and r.random() < 0.4:
            start, length = turn  # what the turn before left
            strides = self.strides(axes, most, still, length - 1)
            low = sum(min(0, s * (n - 1)) for s, n in zip(strides[1:], most[1:]))
            strides[0] = length
            return Index("a", start - length - low, tuple(strides))
        if r.random() < 0.1 and size > 30 and axes:
            moving = self.strides(axes, most, still, 35)
            low = sum(min(0, s * (n - 1)) for s, n in zip(moving, most))
            strides = self.strides(axes, most, still, size - 22) if r.random() < 0.5 else [0] * len(axes)
            lower = sum(min(0, s * (n - 1)) for s, n in zip(strides, most))
            span = sum(abs(s) * (n - 1) for s, n in zip(strides, most))
            wide = (size - span - 1) // CHOICES
            if wide >= 1:
                return Index(array, -lower, tuple(strides), Index("t", -low, tuple(moving)), wide, CHOICES)
        strides = self.strides(axes, most, still, size - 1)
        low = sum(min(0, s * (n - 1)) for s, n in zip(strides, most))
        span = sum(abs(s) * (n - 1) for s, n in zip(strides, most))
        return Index(array, -low + r.randrange(size - span), tuple(strides))

    def strides(self, axes, most, still, room):
        """Strides that stay within so many places; 0 along the axes that are ``still``."""
        r = self.r
        while True:
            strides, length = [0] * len(axes), 1
            for k in r.sample(range(len(axes)), len(axes)) if r.random() < 0.3 else reversed(range(len(axes))):
                strides[k] = r.choice([length, length, length, 0, 0, 1, -length, 2])
                if strides[k]:
                    length = max(length, abs(strides[k]) * most[k] + r.choice([0, 0, 1]))
            strides = [0 if k in still else s for k, s in enumerate(strides)]
            if sum(abs(s) * (n - 1) for s, n in zip(strides, most)) <= room:
                return strides

    def repeat(self):
        """Some turns of statements that read what the turn before left."""
        r = self.r
        turns, length = r.randint(1, 5), 700
        start = self.used + length
        body, place = [], start
        for _ in range(r.randint(1, 3)):
            while True:
                statement = self.statement((Axis(turns),), (place, length))
                size = (
                    sum(
                        s * (n - 1)
                        for s, n in zip(statement.target.strides[1:], extents(statement.axes, self.longest)[1:])
                    )
                    + 1
                )
                if statement.adds or place + size <= start + length:
                    break
            body.append(statement)
            place += 0 if statement.adds else size
        if start + turns * length > SIZES["a"] - 700:
            return self.statement()
        self.used = start + turns * length
        return Repeat(turns, tuple(body))


def extents(axes, longest):
    most = []
    for axis in axes:
        ends = [slope * (most[outer] - 1) for outer, slope in axis.slopes]
        most.append(max(1, axis.extent + axis.grows * longest + sum(x for x in ends if x > 0)))
    return most
