"""What calls change besides the parameters: attributes, containers, variables, random generators.

A recorded step is right only if model, loss, penalty and optimizer do the same at every call. So everything they can
reach is noted before a call, and what the call changed is found and restored.
"""

from __future__ import annotations

import sys
from array import array
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from gc import get_referents
from operator import is_
from random import Random, SystemRandom, random
from types import BuiltinFunctionType, CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any, NamedTuple

from autodiff import Value
from autodiff.flat import Unsupported

from ..optim import Optimizer
from .history import History

OWN = {"autodiff", "nn", "visualize"}  # their code neither counts nor draws
ANEW = {"learning_rate", "clip_norm", "steps", "state"}  # attributes of an optimizer that every step reads anew
ATOMS = {type(None), bool, int, float, complex, str, bytes}
THROUGH = (partial, property, staticmethod, classmethod, MethodType, type("".__str__), BuiltinFunctionType)
# Modules of the standard library whose objects hold what users put there:
HOLDERS = {"types", "collections", "argparse", "os", "queue", "_thread"}
MADE_OF = ("__code__", "__defaults__", "__kwdefaults__")  # of a function, besides its closure
MOST_OBJECTS = 50_000  # to look at
LARGEST_ARRAY = 10_000_000  # bytes to compare
EAGERLY = "use runner='eager'"


class Note(NamedTuple):
    """A thing that calls may change."""

    name: str
    read: Callable[[], Any]
    before: Any
    restore: Callable[[Any], Any]


class Reach:
    """Everything that ``functions`` (with their arguments) and an optimizer can reach, as it is now.

    Raises Unsupported for what could not be restored, such as an iterator.
    """

    def __init__(self, functions: list[Any], optimizer: Optimizer) -> None:
        self.kept: list[Note] = []
        self.drawn: list[Note] = []  # random generators
        leaves: list[Value] = []
        roots = [*functions, type(optimizer)]
        made = [base for x in roots for base in (x, *(x if isinstance(x, type) else type(x)).__mro__)]
        self.users = {package(getattr(x, "__module__", None)) for x in made} - OWN - sys.stdlib_module_names
        self.waiting: list[Any] = [*roots, random.__self__]  # type: ignore[attr-defined]
        if numbers := sys.modules.get("numpy.random"):
            self.waiting.append(numbers.get_state.__self__)
        own = vars(optimizer)
        self.variables(
            f"{type(optimizer).__name__}.",
            lambda: {"clip_norm": own.get("clip_norm") is None} | {k: x for k, x in own.items() if k not in ANEW},
            own,
        )
        self.seen: dict[int, Any] = {}  # by id, which stays unique while the object is held
        for x in self.waiting:  # it grows
            if type(x) is Value:
                leaves.append(x)
            elif type(x) not in ATOMS and id(x) not in self.seen and len(self.seen) < MOST_OBJECTS:
                self.seen[id(x)] = x
                self.look(x)
        self.waiting.clear()
        self.drawn.append(Note("a Value", partial(numbers_of, leaves), numbers_of(leaves), partial(renumber, leaves)))

    def find_change(self, notes: Iterable[Note] = ()) -> str:
        """The name of something that has changed, or ""; by default, generators and Values are left out."""
        for name, read, before, _ in notes or self.kept:
            if not same(now := read(), before):
                keys = {**before, **now} if isinstance(before, dict) else {}
                return name + next((str(k) for k in keys if not same(entries(now, [k]), entries(before, [k]))), "")
        return ""

    def refuse(self) -> None:
        """Raise Unsupported if something has changed."""
        if found := self.find_change([*self.drawn, *self.kept]):
            raise Unsupported(
                f"calling model, loss, penalty or update changes {found}, so the next call may differ, but a recorded "
                f"step repeats the first: {EAGERLY}"
            )

    def restore(self) -> None:
        """Restore what has changed."""
        for _, read, before, restore in [*self.drawn, *self.kept]:
            if not same(read(), before):
                restore(before)

    # --- Looking around --------------------------------------------------------------------------------

    def look(self, x: Any) -> None:
        """Note what can change in x; what it holds is looked at later."""
        kind = type(x)
        is_kept_away = kind.__name__ == "ContextVar" or (hasattr(kind, "cache_info") and self.is_watched(x))
        if issubclass(kind, SystemRandom) or hasattr(kind, "__next__") or is_kept_away:
            raise Unsupported(
                f"model, loss, penalty or update may use a {kind.__name__}, which differs each time and cannot be "
                f"restored: {EAGERLY}"
            )
        if issubclass(kind, Random):
            self.generator(x.getstate, x.setstate)
        elif issubclass(kind, (list, dict, set, deque)):
            self.container(x)
        elif issubclass(kind, (tuple, frozenset)):
            self.waiting += x
        elif issubclass(kind, (array, bytearray)):
            self.kept.append(Note("an array", lambda: bytes(x), bytes(x), partial(refill, x, slice(None), x[:])))
        elif kind is FunctionType:
            self.function(x)
        elif kind in THROUGH:
            self.waiting += get_referents(x)
        elif issubclass(kind, type):
            if self.is_watched(x):
                self.variables(f"{x.__name__}.", lambda: vars(x), x)
                self.waiting += (*x.__mro__, kind)
        elif issubclass(kind, (History, Optimizer)) or self.is_of_numpy(x):
            return
        elif package(kind.__module__) in OWN | HOLDERS or self.is_watched(kind):
            self.instance(x)

    def is_of_numpy(self, x: Any) -> bool:
        """Whether x is an array or random generator of NumPy, which is then noted."""
        numpy, kinds = sys.modules.get("numpy"), sys.modules.get("numpy.random")
        if numpy and isinstance(x, numpy.ndarray):
            if x.dtype == object:
                self.waiting += x.flat
            if x.nbytes <= LARGEST_ARRAY:
                self.kept.append(Note("an array", x.tobytes, x.tobytes(), partial(refill, x, ..., x.copy())))
        elif kinds and isinstance(x, kinds.RandomState):
            self.generator(partial(x.get_state, legacy=False), x.set_state)
        elif kinds and isinstance(x, (kinds.Generator, kinds.BitGenerator)):
            bits = getattr(x, "bit_generator", x)
            self.generator(lambda: bits.state, partial(setattr, bits, "state"))
        else:
            return False
        return True

    def generator(self, read: Callable[[], Any], put: Callable[[Any], None]) -> None:
        from pickle import dumps  # here because importing it takes a millisecond

        state = read()
        self.drawn.append(Note("a random generator", lambda: dumps(read()), dumps(state), lambda _: put(state)))

    def variables(self, name: str, read: Callable[[], Any], home: Any) -> None:
        """Note named things: entries of ``home`` if that is a dict, else its attributes."""
        before = dict(read())
        self.kept.append(Note(name, read, before, partial(reset_variables, home, read)))
        self.waiting += before.values()

    def container(self, x: Any) -> None:
        before: Any = dict(x) if isinstance(x, dict) else list(x)
        fill = getattr(x, "extend", None) or x.update
        name = f"the {type(x).__name__} entry " if isinstance(x, dict) else f"a {type(x).__name__}"
        self.kept.append(Note(name, lambda: x, before, lambda _: (x.clear(), fill(before))))
        held = before.values() if isinstance(x, dict) else before
        if not {*map(type, held)} <= ATOMS:
            self.waiting += held
        if hasattr(x, "__dict__"):
            self.instance(x)

    def instance(self, x: Any) -> None:
        name, kind = f"{type(x).__name__}.", type(x)
        if hasattr(x, "__dict__"):
            own, anew = vars(x), getattr(kind, "buffers", ())
            self.variables(name, lambda: {k: held for k, held in own.items() if k not in anew} if anew else own, own)
        slots = [k for base in kind.__mro__ for k, slot in vars(base).items() if type(slot) is MemberDescriptorType]
        if slots:
            self.variables(name, lambda: {k: held for k in slots for held in contents(x, k)}, x)
        self.waiting.append(kind)

    def function(self, x: Any) -> None:
        """Note a function's closure and the globals that its code names, also in modules."""
        for name, cell in zip(x.__code__.co_freevars, x.__closure__ or ()):
            read = partial(contents, cell, "cell_contents")
            self.kept.append(Note(f"the variable {name}", read, read(), partial(refill_cell, cell)))
            self.waiting += read()
        self.variables(f"{x.__name__}.", lambda: {name: getattr(x, name) for name in MADE_OF}, x)
        if not self.is_watched(x):
            return
        self.variables(f"{x.__name__}.", lambda: vars(x), vars(x))
        names = names_in(x.__code__)
        spaces = [x.__globals__, *[vars(sys.modules[name]) for name in names if name in sys.modules]]
        for space in spaces:  # they grow
            found = entries(space, names)
            modules = [vars(value) for value in found.values() if type(value) is ModuleType]
            spaces += [new for new in modules if not any(map(partial(is_, new), spaces))]
            if self.is_user_made(space.get("__name__")):
                self.variables("the global ", partial(entries, space, names), space)
            else:
                self.waiting += found.values()

    # --- Whose code ------------------------------------------------------------------------------------

    def is_user_made(self, module: str | None) -> bool:
        """Whether a module belongs neither to these packages nor to another library."""
        top = package(module)
        place = getattr(sys.modules.get(top), "__file__", None) or ""
        return top in self.users or not (top in OWN or top in sys.stdlib_module_names or "-packages" in place)

    def is_watched(self, x: Any) -> bool:
        """Whether a class or function is the user's; exec may make a class of the module builtins."""
        by_exec = isinstance(x, type) and x.__module__ == "builtins" and x.__flags__ & 1 << 9
        return bool(by_exec) or self.is_user_made(x.__module__)


def package(module: Any) -> str:
    """The package in a module's name, which some C types do not have as text."""
    return "builtins" if module and type(module) is not str else (module or "").partition(".")[0]


def names_in(code: CodeType) -> set[str]:
    """The names of globals and attributes in code and its inner code; strings may be such names."""
    inner = [names_in(x) if isinstance(x, CodeType) else {x} for x in code.co_consts if isinstance(x, (CodeType, str))]
    return {*code.co_names}.union(*inner)


# --- Reading, restoring, comparing ------------------------------------------------------------------


def entries(space: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: space[name] for name in names if name in space}


def contents(x: Any, name: str) -> list[Any]:
    """The content of a slot or cell: a list of one, or an empty one."""
    try:
        return [object.__getattribute__(x, name)]
    except (AttributeError, ValueError):
        return []


def numbers_of(leaves: list[Value]) -> list[Any]:
    return [*[x._data for x in leaves], *[x.grad for x in leaves], *[x.changed for x in leaves]]


def renumber(leaves: list[Value], before: list[Any]) -> None:
    for x, *numbers in zip(leaves, *[before[k * len(leaves) :] for k in range(3)]):
        x._data, x.grad, x.changed = numbers


def refill(x: Any, where: Any, numbers: Any, _: Any) -> None:
    x[where] = numbers


def refill_cell(cell: Any, before: list[Any]) -> None:
    if before:
        cell.cell_contents = before[0]


def reset_variables(home: Any, read: Callable[[], Any], before: dict[str, Any]) -> None:
    """Reset the changed entries of a dict, or attributes of a class or of an object with slots."""
    now, kind = read(), type if isinstance(home, type) else object
    for name in {**before, **now}:
        if name not in before:
            home.pop(name) if isinstance(home, dict) else kind.__delattr__(home, name)
        elif name not in now or now[name] is not before[name]:
            value = before[name]
            home.update({name: value}) if isinstance(home, dict) else kind.__setattr__(home, name, value)


def same(now: Any, before: Any) -> bool:
    """Whether bytes are equal, or containers hold the same objects or equal numbers and texts."""
    if isinstance(now, bytes):
        return bool(now == before)
    if len(now) != len(before) or not (all(map(is_, now, before)) or all(map(alike, now, before))):
        return False
    return not isinstance(before, dict) or same([*now.values()], [*before.values()])


def alike(now: Any, before: Any) -> bool:
    if now is before or type(now) is not type(before):
        return now is before
    return same(now, before) if type(now) is tuple else type(now) in ATOMS and repr(now) == repr(before)
