"""What calls change besides the parameters: attributes, containers, variables, random generators.

A recorded step is run again and again, so what it is recorded from has to do the same at every call. So all that
model, loss, penalty and optimizer can reach is noted before; what calls have changed is found, and put back.
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
from typing import Any

from autodiff import Value
from autodiff.flat import Unsupported

from ..optim import Optimizer
from .history import History

Note = tuple[str, Callable[[], Any], Any, Callable[[Any], Any]]  # name, what reads it, what it read, what puts back

OWN = {"autodiff", "nn", "visualize"}  # their code neither counts nor draws
ANEW = {"learning_rate", "clip_norm", "steps", "state"}  # what every step reads anew of an optimizer
PLAIN = {type(None), bool, int, float, complex, str, bytes}
THROUGH = (partial, property, staticmethod, classmethod, MethodType, type("".__str__), BuiltinFunctionType)
# modules of the standard library whose objects hold what one puts there
HOLDERS = {"types", "collections", "argparse", "os", "queue", "_thread"}
MADE_OF = ("__code__", "__defaults__", "__kwdefaults__")  # a function, besides its closure
MOST = 50_000  # objects that are looked at
LARGEST = 10_000_000  # bytes of an array that is compared
EAGERLY = "train with runner='eager'"


class Reach:
    """All that ``functions`` (and what they are called with) and an optimizer can reach, as it was when this was made.

    Unsupported if that could not be put back, as with an iterator.
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
        self.seen: dict[int, Any] = {}  # which keeps it alive, so that its id stays its own
        for x in self.waiting:  # which grows
            if type(x) is Value:
                leaves.append(x)
            elif type(x) not in PLAIN and id(x) not in self.seen and len(self.seen) < MOST:
                self.seen[id(x)] = x
                self.look(x)
        self.waiting.clear()
        self.drawn.append(("a Value", partial(numbers_of, leaves), numbers_of(leaves), partial(renumber, leaves)))

    def changed(self, notes: Iterable[Note] = ()) -> str:
        """The name of something that has changed, or ""; by default of what is neither a generator nor a Value."""
        for name, read, before, _ in notes or self.kept:
            if not same(now := read(), before):
                keys = {**before, **now} if isinstance(before, dict) else ()
                return name + "".join([str(k) for k in keys if not same([now.get(k, keys)], [before.get(k, keys)])][:1])
        return ""

    def refuse(self) -> None:
        """Raise Unsupported if something has changed."""
        if found := self.changed([*self.drawn, *self.kept]):
            raise Unsupported(
                f"calling model, loss, penalty or update changes {found}, so that the next call may do something else; "
                f"a recorded step would repeat the first for ever: {EAGERLY}"
            )

    def restore(self) -> None:
        """Put back what has changed."""
        for _, read, before, put in [*self.drawn, *self.kept]:
            if not same(read(), before):
                put(before)

    # --- Looking around --------------------------------------------------------------------------------

    def look(self, x: Any) -> None:
        """Note what can be changed in x; what it holds is looked at later."""
        kind = type(x)
        is_kept_away = kind.__name__ == "ContextVar" or (hasattr(kind, "cache_info") and self.is_watched(x))
        if issubclass(kind, SystemRandom) or hasattr(kind, "__next__") or is_kept_away:
            raise Unsupported(
                f"model, loss, penalty or update may use a {kind.__name__}, which gives something else each time and "
                f"cannot be put back: {EAGERLY}"
            )
        if issubclass(kind, Random):
            self.generator(x.getstate, x.setstate)
        elif issubclass(kind, (list, dict, set, deque)):
            self.container(x)
        elif issubclass(kind, (tuple, frozenset)):
            self.waiting += x
        elif issubclass(kind, (array, bytearray)):
            self.kept.append(("an array", lambda: bytes(x), bytes(x), partial(refill, x, slice(None), x[:])))
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
        """Whether x is an array or a random generator; it is noted."""
        numpy, kinds = sys.modules.get("numpy"), sys.modules.get("numpy.random")
        if numpy and isinstance(x, numpy.ndarray):
            if x.dtype == object:
                self.waiting += x.flat
            if x.nbytes <= LARGEST:
                self.kept.append(("an array", x.tobytes, x.tobytes(), partial(refill, x, ..., x.copy())))
        elif kinds and isinstance(x, kinds.RandomState):
            self.generator(partial(x.get_state, legacy=False), x.set_state)
        elif kinds and isinstance(x, (kinds.Generator, kinds.BitGenerator)):
            bits = getattr(x, "bit_generator", x)
            self.generator(lambda: bits.state, partial(setattr, bits, "state"))
        else:
            return False
        return True

    def generator(self, read: Callable[[], Any], put: Callable[[Any], None]) -> None:
        from pickle import dumps  # when used: it takes a millisecond

        state = read()
        self.drawn.append(("a random generator", lambda: dumps(read()), dumps(state), lambda _: put(state)))

    def variables(self, name: str, read: Callable[[], Any], home: Any) -> None:
        """Note what has names, which are keys of ``home`` if that is a dict, else attributes."""
        before = dict(read())
        self.kept.append((name, read, before, partial(put_back, home, read)))
        self.waiting += before.values()

    def container(self, x: Any) -> None:
        before: Any = dict(x) if isinstance(x, dict) else list(x)
        fill = getattr(x, "extend", None) or x.update
        name = f"the {type(x).__name__} entry " if isinstance(x, dict) else f"a {type(x).__name__}"
        self.kept.append((name, lambda: x, before, lambda _: (x.clear(), fill(before))))
        held = before.values() if isinstance(x, dict) else before
        if not {*map(type, held)} <= PLAIN:
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
        """Note a function's closure, and the globals that its code names, also those of modules."""
        for name, cell in zip(x.__code__.co_freevars, x.__closure__ or ()):
            read = partial(contents, cell, "cell_contents")
            self.kept.append((f"the variable {name}", read, read(), partial(refill_cell, cell)))
            self.waiting += read()
        self.variables(f"{x.__name__}.", lambda: {name: getattr(x, name) for name in MADE_OF}, x)
        if not self.is_watched(x):
            return
        self.variables(f"{x.__name__}.", lambda: vars(x), vars(x))
        names = names_in(x.__code__)
        spaces = [x.__globals__, *[vars(sys.modules[name]) for name in names if name in sys.modules]]
        for space in spaces:  # which grow
            found = {name: space[name] for name in names if name in space}
            modules = [vars(value) for value in found.values() if type(value) is ModuleType]
            spaces += [new for new in modules if not any(map(partial(is_, new), spaces))]
            if self.is_user_made(space.get("__name__")):
                self.variables("the global ", partial(chosen, space, names), space)
            else:
                self.waiting += found.values()

    # --- Whose code ------------------------------------------------------------------------------------

    def is_user_made(self, module: str | None) -> bool:
        """Whether a module is neither one of these packages nor of another library."""
        top = package(module)
        place = getattr(sys.modules.get(top), "__file__", None) or ""
        return top in self.users or not (top in OWN or top in sys.stdlib_module_names or "-packages" in place)

    def is_watched(self, x: Any) -> bool:
        """Whether a class or function is of the user's making; what exec makes may count as the builtins'."""
        by_exec = isinstance(x, type) and x.__module__ == "builtins" and x.__flags__ & 1 << 9
        return bool(by_exec) or self.is_user_made(x.__module__)


def package(module: Any) -> str:
    """The package of a module's name; some C types have no text there."""
    return "builtins" if module and type(module) is not str else (module or "").partition(".")[0]


def names_in(code: CodeType) -> set[str]:
    """The names of globals and attributes that code reads or writes, that inside it too; texts may be such names."""
    inner = [names_in(x) if isinstance(x, CodeType) else {x} for x in code.co_consts if isinstance(x, (CodeType, str))]
    return {*code.co_names}.union(*inner)


# --- Reading, putting back, comparing ------------------------------------------------------------------


def chosen(space: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: space[name] for name in names if name in space}


def contents(x: Any, name: str) -> list[Any]:
    """What a slot or cell holds, if anything."""
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
    for cell.cell_contents in before:
        pass


def put_back(home: Any, read: Callable[[], Any], before: dict[str, Any]) -> None:
    """Set the names that have changed in a dict, or the attributes of a class or of an object with slots."""
    now, kind = read(), type if isinstance(home, type) else object
    for name in {**before, **now}:
        if name not in before:
            home.pop(name) if isinstance(home, dict) else kind.__delattr__(home, name)
        elif name not in now or now[name] is not before[name]:
            value = before[name]
            home.update({name: value}) if isinstance(home, dict) else kind.__setattr__(home, name, value)


def same(now: Any, before: Any) -> bool:
    """Whether containers hold the same objects, or equal numbers and texts; bytes are compared as such."""
    if isinstance(now, bytes):
        return bool(now == before)
    if len(now) != len(before) or not (all(map(is_, now, before)) or all(map(alike, now, before))):
        return False
    return not isinstance(before, dict) or same([*now.values()], [*before.values()])


def alike(now: Any, before: Any) -> bool:
    if now is before or type(now) is not type(before):
        return now is before
    return same(now, before) if type(now) is tuple else type(now) in PLAIN and repr(now) == repr(before)
