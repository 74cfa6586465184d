"""What a Value refuses: each refusal says what to write instead."""

from __future__ import annotations

from .primitives import Primitive, no_edges
from .tracing import refuse, threads as tracing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def unsupported(primitive: Primitive, other: Any) -> Any:
    """NotImplemented, so that NumPy's arrays take over; TypeError for arrays that would not know what to do."""
    comparison = primitive.local_gradients is no_edges  # comparisons: whatever is no number is not equal
    if hasattr(other, "tolist") and not hasattr(other, "__array_ufunc__") and not comparison:
        raise TypeError(
            f"{primitive.name} takes a real number, got {type(other).__name__}: {other!r:.60}; "
            "give its members one by one, as x.tolist() holds them"
        )
    return NotImplemented


def refused(attempt: str, advice: str) -> Callable[..., Any]:
    """A method that makes a plain number of a Value: TraceError while a function is compiled, else TypeError."""

    def method(self: Any, *others: Any) -> Any:
        if tracing:
            refuse(self, attempt)
        raise TypeError(f"cannot take {attempt} of a Value: its gradient would be lost. {advice}")

    return method


class Missing:
    """An attribute that other libraries have: the AttributeError says what to write here."""

    def __init__(self, advice: str) -> None:
        self.advice = advice

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, node: Any, *given: Any) -> Any:
        raise AttributeError(f"a Value has no {self.name}: {self.advice}", name=self.name, obj=node)

    __set__ = __get__
