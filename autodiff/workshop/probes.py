"""Small graphs as text, built with a student's class, and the numbers read from them."""

from __future__ import annotations

import linecache
import random
from fractions import Fraction
from numbers import Real
from typing import Any, NamedTuple

from ..quiz.exercises import described
from .guard import PROBE, Trouble


class Probe(NamedTuple):
    """Statements, the inputs' numbers, and the outputs from which backward is called, one after another."""

    text: str
    at: dict[str, float]
    outputs: str = "f"
    name: str = ""  # in place of a long text

    def build(self, node: Any) -> dict[str, Any]:
        """The nodes by name, the inputs first."""
        names = {name: node(x) for name, x in self.at.items()}
        inputs = {**names}
        exec(compile_text(self.text), {"range": range}, names)
        names.pop("_", None)  # of a loop
        return inputs | names

    def __str__(self) -> str:
        at = ", ".join(f"{name} = {x:g}" for name, x in self.at.items())
        return f"{self.shown} at {at}"

    @property
    def shown(self) -> str:
        return self.name or self.text


def compile_text(text: str) -> Any:
    """The code of statements, whose lines an error's sentence can show."""
    linecache.cache[PROBE] = (len(text), None, text.splitlines(keepends=True), PROBE)
    return compile(text, PROBE, "exec")


def to_number(x: Any, what: str) -> float:
    """A number of a student's engine as a float; Trouble if it is none."""
    if isinstance(x, (Real, Fraction)) or hasattr(x, "__float__"):
        try:
            return float(x)
        except (TypeError, ValueError, OverflowError):
            pass
    raise Trouble(f"{what} should be a number, not {described(x)}")


def read(node: Any, name: str, what: str) -> Any:
    """An attribute of a student's node; Trouble if it has none."""
    try:
        return getattr(node, name)
    except AttributeError:
        raise Trouble(
            f"{what} is {described(node)}{'' if node is None else ', not a Value'}"
            if type(node).__module__ == "builtins"
            else f"{what} has no attribute {name}"
        ) from None


def same(x: float, y: float, relative: float = 1e-9) -> bool:
    """Whether two numbers agree, but for rounding."""
    return x == y or (x != x and y != y) or abs(x - y) <= relative * max(abs(x), abs(y), 1e-3)


def random_probe(seed: int, gates: int) -> Probe:
    """A random graph of sums and products, with many nodes used more than once."""
    rng = random.Random(seed)
    names, lines = ["x", "y", "z"], []
    for name in [*"abcdeghk"[: gates - 1], "f"]:
        lines.append(f"{name} = {rng.choice(names[-3:])} {rng.choice('+*')} {rng.choice(names)}")
        names.append(name)
    return Probe("; ".join(lines), {"x": rng.choice((-2.0, 2.0)), "y": 3.0, "z": rng.choice((-5.0, 5.0))})
