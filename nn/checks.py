"""How what is given is checked: every message says what was expected and what came."""

from __future__ import annotations

from math import isfinite

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Any


# What is known elsewhere and not here: nothing that is here is meant by it.
OTHERS = """gelu selu celu silu swish mish relu6 crelu rrelu hardtanh hardsigmoid hardswish softsign softmin
    logsigmoid logsoftmax adamw nadam radam adamax adagrad adadelta lamb lion sgdw sgdr orthogonal""".split()  # noqa: SIM905


def one_of(kind: str, name: Any, table: Mapping[str, Any]) -> Any:
    """The table's entry of that name; ValueError that lists the names. A function or an entry is taken as it is."""
    if callable(name) or isinstance(name, tuple({type(entry) for entry in table.values()})):
        return name
    if not isinstance(name, str):
        raise TypeError(f"{kind}: expected a function or a name such as {next(iter(table))!r}, got {name!r:.60}")
    if name not in table:
        raise ValueError(f"no {kind} is called {name!r:.60}: choose one of {', '.join(table)}{meant(name, table)}")
    return table[name]


def meant(name: str, table: Collection[str]) -> str:
    """The name of the table that may have been meant, as a question; "" where none is near."""
    from difflib import get_close_matches

    plain = name.lower().replace("_", "")
    near = get_close_matches(name.lower(), table, 1, 0.7) if len(name) <= 40 and plain not in OTHERS else []
    return f"; did you mean {near[0]}?" if near else ""


def size(number: int, thing: str = "a number of inputs or neurons") -> int:
    """A whole number from 1 on."""
    if not isinstance(number, int) or number < 1:
        raise ValueError(f"{thing} is a whole number from 1 on, got {number!r:.60}")
    return int(number)  # True is 1


def at_least_0(name: str, number: float) -> float:
    """A finite number that is not negative."""
    if not (isfinite(number) and number >= 0.0):
        raise ValueError(f"{name} is a number from 0 on, got {number!r}")
    return number


def above_0(name: str, number: float) -> float:
    """A finite positive number: it keeps a division from 0 / 0."""
    if not (isfinite(number) and number > 0.0):
        raise ValueError(f"{name} is a number above 0, got {number!r}")
    return number


def below_1(name: str, number: float) -> float:
    """A share: from 0 up to, but not, 1."""
    if not 0.0 <= number < 1.0:
        raise ValueError(f"{name} is a share from 0 up to (not including) 1, got {number!r}")
    return number


def example(x: Sequence[Any]) -> Sequence[Any]:
    """One example's numbers: something with a length."""
    if not hasattr(x, "__len__"):
        raise TypeError(f"an example is a list of numbers, got {type(x).__name__}: {x!r:.60}")
    return x


def one_example(x: Sequence[Any]) -> None:
    """TypeError where there are several examples in place of one's numbers; asked once something went wrong."""
    if any(getattr(number, "__len__", None) and not isinstance(number, str) for number in x):
        raise TypeError(f"a net takes one example at a time, a list of numbers: [net(x) for x in X]; got {x!r:.60}")


def several(thing: str, given: Iterable[Any], usage: str) -> list[Any]:
    """The list of what is given; TypeError, with what to write, where it is a single thing."""
    if not hasattr(given, "__iter__"):
        raise TypeError(f"{thing} takes several: write {usage}, got {given!r:.60}")
    return list(given)


def counted(number: int, thing: str) -> str:
    """ "1 weight", "2 weights"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
