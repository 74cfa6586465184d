"""Translate Python functions, and all that they call, to JavaScript, so that a page computes with the same code.

Functions are live objects: the functions and classes among their globals are translated too, and tables are written as
data. Members of classes are translated if something reads their names. ``scripts/python.js`` has the builtins, and the
operators by their names in ast. Syntax that no function here needs, such as ``with``, is not supported.
"""

from __future__ import annotations

import ast
import builtins
import dataclasses
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache, cached_property
from itertools import product
from string import ascii_lowercase
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import Any

from autodiff import PRIMITIVES, Primitive

Tree = Any
OURS = "autodiff", "visualize", "nn"
WORDS = """
    arguments await byte case catch char const debugger default delete do double enum eval export extends final float
    function goto in instanceof int interface let long new null package private protected public short static super
    switch synchronized this throw throws typeof undefined var void
""".split()  # noqa: SIM905 - reserved in JavaScript but not in Python
METHODS = {name for kind in (str, list, dict, set) for name in vars(kind) if name[0] != "_"}  # become $name
METHODS |= {"name", "length", "call", "apply", "bind", "prototype"}  # members of JavaScript functions
NUMERIC = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Sub: "-", ast.Div: "/"}
NUMBERS = "visualize.layout", "visualize.render", "visualize._text"  # modules with operators between numbers only
LETTERS = [*ascii_lowercase, *map("".join, product(ascii_lowercase, repeat=2))]
SHORT = [name for name in LETTERS if name not in [*WORDS, "py"]]  # names of locals
TRUE = "isinstance", "any", "all", "hasattr"  # functions that return true or false
PLAIN = {ast.Assert: "", ast.Break: "break;", ast.Continue: "continue;", ast.Nonlocal: "", ast.Pass: ""}
COMPREHENSIONS = ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp
SPECIAL = "__init__", "__post_init__", "__str__", "__iter__", "__len__"


class Translation:
    """Functions and all that they need, as the text of a script.

    ``native`` is hand-written JavaScript by qualified names. ``first``, an earlier translation of the same, knows the
    names of methods and keyword arguments. Tables keep the entries of ``gates`` only.
    """

    def __init__(
        self, native: Mapping[str, str], first: Translation | None = None, gates: Collection[str] = PRIMITIVES
    ) -> None:
        self.native, self.gates = native, gates
        self.names: dict[int, str] = {}
        self.named: list[Any] = []  # kept alive, so that ids stay unique
        self.early: list[str] = []  # functions and classes
        self.late: list[str] = []  # tables and members that use them
        self.used: set[str] = set()  # attributes that are read
        self.waiting: list[tuple[str, Callable[[], str]]] = []  # members whose names nothing reads so far
        self.methods: set[str] = first.methods if first else set()
        self.keywords: set[str] = first.keywords if first else set()

    def text(self, **entries: Any) -> str:
        """The script: statements, then the object of the entries."""
        exported = ",".join([f"{name}:{self.of(x)}" for name, x in entries.items()])
        members: list[str] = []
        while read := [entry for entry in self.waiting if entry[0] in self.used or entry[0] in SPECIAL]:
            self.waiting = [entry for entry in self.waiting if entry not in read]
            members += [write() for _, write in read]
        methods = [text for text in members if not text.startswith("py.constant")]
        constants = [text for text in members if text.startswith("py.constant")]
        return "\n".join([*self.early, *methods, *self.late, *constants, f"return {{{exported}}};"])

    # --- Live objects ------------------------------------------------------------------------------

    def of(self, x: Any) -> str:
        """The JavaScript for a Python object."""
        x = getattr(x, "__wrapped__", x)
        if x is None or type(x) in (bool, int, float, str):
            return literal(x)
        name = qualified_name(x)
        if name in self.native:
            return self.native[name]
        if id(x) not in self.names:
            self.named.append(x)
            if callable(x) and name.partition(".")[0] not in OURS:  # part of Python
                maker, given = (x, None) if hasattr(x, "__name__") else x.__reduce__()  # such as attrgetter("born")
                self.names[id(x)] = f"py.{maker.__name__}{f'({literal(given[0])})' if given else ''}"
            elif type(x) is FunctionType:
                self.function(x)
            elif isinstance(x, type):
                self.type(x)
            else:
                name = self.new(x)
                self.late.append(f"const {name}={self.data(x)};")
        return self.names[id(x)]

    def new(self, x: Any) -> str:
        """A name for an object."""
        name = self.names[id(x)] = f"${len(self.names)}"
        return name

    def data(self, x: Any) -> str:
        """A table or an object with all that is in it."""
        if isinstance(x, Primitive):
            return f"py.prim({literal(x.name)},{self.of(x.local_gradients)},{self.of(x.kink)})"
        if type(x) in (list, tuple):  # written in place
            return f"[{','.join([self.data(y) if type(y) in (list, tuple) else self.of(y) for y in x])}]"
        if type(x) in (set, frozenset):
            x = {y for y in x if self.keeps(y)}
            plain = all(type(y) is str and y.isidentifier() for y in x)
            items = ",".join(map(self.of, sorted(x, key=str)))
            return f"py.set({literal(' '.join(sorted(x)))}.$split())" if plain else f"py.set([{items}])"
        if isinstance(x, Mapping):
            return f"py.dict([{','.join([self.data(pair) for pair in x.items() if self.keeps(pair[0])])}])"
        if isinstance(x, re.Pattern):
            return f"py.pattern({literal(pattern(x))})"
        if isinstance(x, tuple):
            return f"{self.of(type(x))}({','.join(map(self.of, x))})"
        slots = [name for kind in type(x).__mro__ for name in vars(kind).get("__slots__", ()) if hasattr(x, name)]
        known = {name: getattr(x, name) for name in [*slots, *getattr(x, "__dict__", ())]}
        own = [(name, value) for name, value in known.items() if vars(type(x)).get(name) != value]
        attributes = ",".join([f"{attribute(name)}:{self.data((value,))[1:-1]}" for name, value in own])
        text = f",{literal(str(x))}" if isinstance(x, str) else ""
        return f"py.object({self.of(type(x))},{{{attributes}}}{text})"

    def keeps(self, key: Any) -> bool:
        """Whether a table keeps an entry: gates are kept only if needed."""
        name = key.name if isinstance(key, Primitive) else key
        return name in self.gates or name not in PRIMITIVES

    def function(self, function: Any) -> None:
        """Write a function of a module, a method passed as a function, or a closure."""
        owner, _, method = function.__qualname__.rpartition(".")
        if owner and "<" not in owner:
            self.used.add(method)
            self.names[id(function)] = f"py.get({self.of(function.__globals__[owner])},{literal(attribute(method))})"
            return
        name, node, free = self.new(function), syntax_tree(function), closure(function)
        writer = Writer(self, function.__globals__, set(free))
        if isinstance(node, ast.FunctionDef) and not free:
            self.early.append(writer.function(node, name))
            return
        text = f"({writer.function(node, '')})" if isinstance(node, ast.FunctionDef) else writer.of(node)
        if free:
            text = f"(({','.join(map(local, free))})=>{text})({','.join(map(self.of, free.values()))})"
        self.late.append(f"const {name}={text};")

    def type(self, kind: Any) -> None:
        """Write a class; its members follow once their names are read."""
        base, name, fields = kind.__mro__[1], self.new(kind), getattr(kind, "_fields", ())
        text = f"py.made({'null' if base is object else self.of(base)})"
        skipped = {*fields, "_make", "_replace", "_asdict"}
        if fields:
            known = kind._field_defaults
            defaults = self.data([known[field] for field in fields if field in known])[1:-1]
            text = f"py.tupled({json.dumps([*map(attribute, fields)])},[{defaults}])"
        self.early.append(f"const {name}={text};")
        if dataclasses.is_dataclass(kind):
            parts = dataclasses.fields(kind)
            inside = "".join([f"this.{attribute(x.name)}={local(x.name)};" for x in parts])
            then = "this.__post_init__();" if hasattr(kind, "__post_init__") else ""
            given = ",".join([f"{local(x.name)}{self.default(x)}" for x in parts])
            self.early.append(f"{name}.prototype.__init__=function({given}){{{inside}{then}}};")
            skipped.add("__init__")
        for key, member in vars(kind).items():
            how = HOW.get(type(member), "constant")
            if key in skipped or how == "slot" or (key.startswith("__") and key not in SPECIAL):
                continue
            if how in ("method", "classmethod"):
                self.methods.add(key)
            self.waiting.append((key, self.member(kind, key, member, how)))

    def default(self, field: Any) -> str:
        """The default of a field of a dataclass."""
        if field.default is not dataclasses.MISSING:
            return f"={self.of(field.default)}"
        factory = field.default_factory
        return "" if factory is dataclasses.MISSING else f"={self.of(factory)}()"

    def member(self, kind: Any, key: str, member: Any, how: str) -> Callable[[], str]:
        """A function that writes a member of a class."""

        def write() -> str:
            text = self.native.get(f"{qualified_name(kind)}.{key}")
            function = getattr(member, {"property": "fget", "cached": "func"}.get(how, "__func__"), member)
            if text is None and how != "constant":
                writer = Writer(self, function.__globals__, closure(function).keys() - {"__class__"}, kind)
                text = writer.method(syntax_tree(function), how == "staticmethod")
            return f"py.{how}({self.of(kind)},{literal(attribute(key))},{self.of(member) if text is None else text});"

        return write


HOW: dict[type, str] = {FunctionType: "method", classmethod: "classmethod", staticmethod: "staticmethod",
                        property: "property", MemberDescriptorType: "slot", cached_property: "cached"}  # fmt: skip


class Writer:
    """Statements and expressions of one function."""

    def __init__(self, made: Translation, known: Mapping[str, Any], locals_: set[str], kind: Any = None) -> None:
        self.translation, self.globals, self.locals, self.kind = made, known, locals_, kind
        self.first = ""  # the name of self or cls
        self.short: dict[str, str] = {}  # short names of locals
        self.numeric = known["__name__"].startswith(NUMBERS)

    # --- Functions ---------------------------------------------------------------------------------

    def inner(self, node: Tree) -> Writer:
        """The writer of an inner function or comprehension."""
        names = local_names(node)
        writer = Writer(self.translation, self.globals, self.locals | names, self.kind)
        writer.first = self.first
        taken = {*self.short.values(), *self.translation.keywords, *(self.locals - self.short.keys())}
        free = (name for name in SHORT if name not in taken)
        kept = {key: name for key, name in self.short.items() if key not in names}
        writer.short = kept | {name: next(free) for name in sorted(names - self.translation.keywords)}
        return writer

    def local(self, name: str) -> str:
        return self.short.get(name) or local(name)

    def parameters(self, node: Tree, skipped: int = 0) -> str:
        given, defaults = [*node.args.posonlyargs, *node.args.args], node.args.defaults
        known = dict(zip([x.arg for x in given[len(given) - len(defaults) :]], defaults))
        parts = [self.local(x.arg) + (f"={self.of(known[x.arg])}" if x.arg in known else "") for x in given[skipped:]]
        return ",".join([*parts, *[f"...{self.local(x.arg)}" for x in [node.args.vararg] if x]])

    def body(self, node: Tree) -> str:
        """The statements of a function, after the declaration of its locals."""
        own = sorted(assigned_names(node) - {x.arg for x in all_arguments(node)} - nonlocal_names(node))
        start = f"let {','.join(map(self.local, own))};" if own else ""
        for x, default in zip(node.args.kwonlyargs, node.args.kw_defaults):
            rest = self.local(node.args.vararg.arg)
            start += f"let {self.local(x.arg)}=py.named({rest},{literal(x.arg)},{self.of(default)});"
        return start + self.all(node.body)

    def all(self, statements: Sequence[Tree]) -> str:
        return "".join(map(self.statement, statements))

    def function(self, node: Tree, name: str) -> str:
        writer, star = self.inner(node), "*" if yields(node) else ""
        return f"function{star} {name}({writer.parameters(node)}){{{writer.body(node)}}}"

    def method(self, node: Tree, static: bool) -> str:
        """A function whose ``self``, or class, is JavaScript's ``this``."""
        if static:
            return self.function(node, "")
        writer = self.inner(node)
        writer.first = (node.args.posonlyargs + node.args.args)[0].arg
        start = f"const {writer.local(writer.first)}=this;"
        body = f"return {writer.of(node.body)};" if isinstance(node, ast.Lambda) else writer.body(node)
        star = "*" if isinstance(node, ast.FunctionDef) and yields(node) else ""
        return f"function{star}({writer.parameters(node, 1)}){{{start}{body}}}"

    # --- Statements --------------------------------------------------------------------------------

    def statement(self, node: Tree) -> str:
        if type(node) in PLAIN:
            return PLAIN[type(node)]
        return getattr(self, f"write_{type(node).__name__}")(node)  # type: ignore[no-any-return]

    def write_FunctionDef(self, node: Tree) -> str:
        writer = self.inner(node)
        return f"{self.local(node.name)}=({writer.parameters(node)})=>{{{writer.body(node)}}};"

    def write_Return(self, node: Tree) -> str:
        return f"return {self.of(node.value) if node.value else 'null'};"

    def write_Expr(self, node: Tree) -> str:
        return "" if isinstance(node.value, ast.Constant) else f"{self.of(node.value)};"

    def write_Assign(self, node: Tree) -> str:
        if len(node.targets) == 1:
            return self.assign(node.targets[0], self.of(node.value))
        return f"py.t={self.of(node.value)};" + "".join([self.assign(x, "py.t") for x in node.targets])

    def write_AnnAssign(self, node: Tree) -> str:
        return self.assign(node.target, self.of(node.value)) if node.value else ""

    def write_Delete(self, node: Tree) -> str:
        return "".join([self.assign(x, "[]") for x in node.targets])  # of slices

    def assign(self, target: Tree, value: str) -> str:
        if isinstance(target, ast.Subscript):
            items = self.of(target.value)
            if isinstance(target.slice, ast.Slice):
                return f"py.splice({items},{self.bounds(target.slice)},{value});"
            return f"py.put({items},{self.of(target.slice)},{value});"
        parts = target.elts if isinstance(target, ast.Tuple) else []
        starred = next((i for i, x in enumerate(parts) if isinstance(x, ast.Starred)), len(parts))
        if starred < len(parts) - 1:  # JavaScript has it at the end only
            value = f"py.starred({value},{starred},{len(parts) - 1 - starred})"
            target = ast.Tuple([x.value if isinstance(x, ast.Starred) else x for x in parts])
        if any(isinstance(x, ast.Subscript) for x in parts):
            return f"{{const t={value};{''.join([self.assign(x, f't[{i}]') for i, x in enumerate(parts)])}}}"
        return f"{';' if parts else ''}{self.place(target)}={value};"

    def place(self, target: Tree) -> str:
        """The target of an assignment."""
        if isinstance(target, ast.Tuple):
            idle = [getattr(getattr(x, "value", x), "id", "") == "_" for x in target.elts]
            return f"[{','.join(['' if skip else self.place(x) for skip, x in zip(idle, target.elts)])}]"
        if isinstance(target, ast.Starred):
            return f"...{self.place(target.value)}"
        return self.local(target.id) if isinstance(target, ast.Name) else self.member(target)

    def write_AugAssign(self, node: Tree) -> str:
        value, sign = self.of(node.value), type(node.op).__name__
        if isinstance(node.target, ast.Subscript):
            return f"py.augment({self.of(node.target.value)},{self.of(node.target.slice)},py.i{sign},{value});"
        return f"{self.place(node.target)}=py.i{sign}({self.place(node.target)},{value});"

    def write_If(self, node: Tree) -> str:
        other = f"else{{{self.all(node.orelse)}}}" if node.orelse else ""
        return f"if({self.test(node.test)}){{{self.all(node.body)}}}{other}"

    def write_While(self, node: Tree) -> str:
        return f"while({self.test(node.test)}){{{self.all(node.body)}}}"

    def write_For(self, node: Tree) -> str:
        return f"for({self.place(node.target)} of {self.of(node.iter)}){{{self.all(node.body)}}}"

    def write_Raise(self, node: Tree) -> str:
        return f"throw {self.of(node.exc)};"

    def write_Try(self, node: Tree) -> str:
        parts = []
        for handler in node.handlers:
            name = f"{self.local(handler.name)}=error;" if handler.name else ""
            parts.append(f"if(py.isinstance(error,{self.of(handler.type)})){{{name}{self.all(handler.body)}}}")
        return f"try{{{self.all(node.body + node.orelse)}}}catch(error){{{'else '.join(parts)}else throw error;}}"

    # --- Expressions -------------------------------------------------------------------------------

    def of(self, node: Tree) -> str:
        return getattr(self, f"value_{type(node).__name__}")(node)  # type: ignore[no-any-return]

    def list(self, nodes: Iterable[Tree]) -> str:
        return ",".join(map(self.of, nodes))

    def test(self, node: Tree) -> str:
        """The truth of an expression."""
        if isinstance(node, ast.BoolOp):
            return f"({('&&' if isinstance(node.op, ast.And) else '||').join(map(self.test, node.values))})"
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return f"!{self.test(node.operand)}"
        truth = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TRUE
        return self.of(node) if truth or isinstance(node, ast.Compare) else f"py.bool({self.of(node)})"

    def value_Constant(self, node: Tree) -> str:
        return literal(node.value)

    def value_Name(self, node: Tree) -> str:
        if node.id in self.locals:
            return self.local(node.id)
        return self.translation.of(self.globals[node.id] if node.id in self.globals else getattr(builtins, node.id))

    def module(self, node: Tree) -> Any:
        """The module of this name, or None."""
        found = self.globals.get(node.id) if isinstance(node, ast.Name) and node.id not in self.locals else None
        return found if isinstance(found, ModuleType) else None

    def member(self, node: Tree) -> str:
        """An attribute of a module, of the superclass, or of an object, unbound."""
        module, name = self.module(node.value), attribute(node.attr)
        if module:
            return self.translation.of(getattr(module, node.attr))
        self.translation.used.add(node.attr)
        if isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) and node.value.func.id == "super":
            above = self.translation.of(self.kind.__mro__[1]) + ("" if self.first == "cls" else ".prototype")
            return f"Reflect.get({above},{literal(name)},{self.local(self.first)})"
        return f"{self.of(node.value)}.{name}"

    def value_Attribute(self, node: Tree) -> str:
        """An attribute; a method is bound to its object."""
        if not self.module(node.value) and (node.attr in METHODS or node.attr in self.translation.methods):
            self.translation.used.add(node.attr)
            return f"py.get({self.of(node.value)},{literal(attribute(node.attr))})"
        return self.member(node)

    def value_Call(self, node: Tree) -> str:
        function, owner = node.func, ""
        if isinstance(function, ast.Attribute):
            if self.module(function.value) is re:
                first, *others = node.args
                return (
                    f"py.{function.attr}(py.pattern({literal(pattern(re.compile(first.value)))}),{self.list(others)})"
                )
            name = self.member(function)
            if name.startswith("Reflect"):
                name += f".bind({self.local(self.first)})"
            owner = "" if self.module(function.value) else f",{self.of(function.value)}"
        else:
            name = self.of(function)
        if not node.keywords:
            return f"{name}({self.list(node.args)})"
        self.translation.keywords |= {x.arg for x in node.keywords if x.arg}
        pairs = [f"{x.arg}:{self.of(x.value)}" if x.arg else f"...py.plain({self.of(x.value)})" for x in node.keywords]
        return f"py.keywords({name},[{self.list(node.args)}],{{{','.join(pairs)}}}{owner})"

    def value_NamedExpr(self, node: Tree) -> str:
        return f"({self.place(node.target)}={self.of(node.value)})"

    def value_Starred(self, node: Tree) -> str:
        return f"...{self.of(node.value)}"

    def value_List(self, node: Tree) -> str:
        return f"[{self.list(node.elts)}]"

    value_Tuple = value_List

    def value_Set(self, node: Tree) -> str:
        return f"py.set([{self.list(node.elts)}])"

    def value_Dict(self, node: Tree) -> str:
        pairs = zip(node.keys, node.values)
        texts = [f"[{self.of(k)},{self.of(v)}]" if k else f"...{self.of(v)}.$items()" for k, v in pairs]
        return f"py.dict([{','.join(texts)}])"

    def value_BinOp(self, node: Tree) -> str:
        a, b, op = self.of(node.left), self.of(node.right), type(node.op)
        if op is ast.Add and (is_text(node.left) or is_text(node.right)):
            return f"({a}+{b})"
        return f"({a}{NUMERIC[op]}{b})" if self.numeric and op in NUMERIC else f"py.{op.__name__}({a},{b})"

    def value_UnaryOp(self, node: Tree) -> str:
        if isinstance(node.op, ast.Not):
            return self.test(node)
        number = isinstance(node.operand, ast.Constant)
        return f"(-{self.of(node.operand)})" if number else f"py.neg({self.of(node.operand)})"

    def value_BoolOp(self, node: Tree) -> str:
        *others, text = map(self.of, node.values)
        for x in reversed(others):
            text = f"py.{'and' if isinstance(node.op, ast.And) else 'either'}({x},()=>{text})"
        return text

    def value_IfExp(self, node: Tree) -> str:
        return f"({self.test(node.test)}?{self.of(node.body)}:{self.of(node.orelse)})"

    def value_Compare(self, node: Tree) -> str:
        operands = [node.left, *node.comparators]
        parts = [self.compare(type(op), a, b) for op, a, b in zip(node.ops, operands, operands[1:])]
        return parts[0] if len(parts) == 1 else f"({'&&'.join(parts)})"

    def compare(self, op: Any, left: Tree, right: Tree) -> str:
        a, b = self.of(left), self.of(right)
        if op in (ast.Is, ast.IsNot):
            return f"({a}{'=' if op is ast.Is else '!'}={'' if b == 'null' else '='}{b.replace('py.int', 'py.float')})"
        if op in (ast.In, ast.NotIn):
            return f"{'!' if op is ast.NotIn else ''}py.has({b},{a})"
        if op in (ast.Eq, ast.NotEq) and (is_text(left) or is_text(right)):
            return f"({a}{'=' if op is ast.Eq else '!'}={b})"
        return f"({a}{NUMERIC[op]}{b})" if self.numeric and op in NUMERIC else f"py.{op.__name__}({a},{b})"

    def bounds(self, node: Tree) -> str:
        return ",".join([self.of(x) if x else "null" for x in (node.lower, node.upper)])

    def value_Subscript(self, node: Tree) -> str:
        items, place = self.of(node.value), ast.unparse(node.slice)
        if not isinstance(node.slice, ast.Slice):
            return f"{items}[{place}]" if place.isdecimal() else f"py.at({items},{self.of(node.slice)})"
        bounds = self.bounds(node.slice)
        if node.slice.step:
            return f"py.slice({items},{bounds},{self.of(node.slice.step)})"
        return f"{items}.slice({bounds.removesuffix(',null').replace('null,', '0,')})"

    def value_JoinedStr(self, node: Tree) -> str:
        parts = []
        for x in node.values:
            if isinstance(x, ast.Constant):
                parts.append(literal(x.value)[1:-1].replace('\\"', '"').replace("`", "\\`").replace("${", "\\${"))
                continue
            value = f"py.repr({self.of(x.value)})" if x.conversion == ord("r") else self.of(x.value)
            parts.append(f"${{{f'py.format({value},{self.of(x.format_spec)})' if x.format_spec else value}}}")
        return f"`{''.join(parts)}`"

    def value_Lambda(self, node: Tree) -> str:
        writer = self.inner(node)
        return f"(({writer.parameters(node)})=>{writer.of(node.body)})"

    def value_ListComp(self, node: Tree) -> str:
        """A comprehension or generator, as a list."""
        writer, last = self.inner(node), len(node.generators) - 1
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        text = f"[{writer.list(parts)}]" if len(parts) > 1 else writer.of(parts[0])
        for i, part in reversed([*enumerate(node.generators)]):
            target, items = writer.place(part.target), (writer if i else self).of(part.iter)
            chosen = "".join([f".filter(({target})=>{writer.test(x)})" for x in part.ifs])
            if text != target or i < last:
                chosen += f".{'map' if i == last else 'flatMap'}(({target})=>{text})"
            text = f"[...{items}]{chosen}"
        return text

    value_GeneratorExp = value_ListComp

    def value_SetComp(self, node: Tree) -> str:
        return f"py.set({self.value_ListComp(node)})"

    def value_DictComp(self, node: Tree) -> str:
        return f"py.dict({self.value_ListComp(node)})"

    def value_Yield(self, node: Tree) -> str:
        return f"yield {self.of(node.value)}"

    def value_YieldFrom(self, node: Tree) -> str:
        return f"yield* {self.of(node.value)}"


# --- Names and texts ------------------------------------------------------------------------------


def literal(x: Any) -> str:
    """A number, string, Boolean or None."""
    if type(x) is not float:
        return json.dumps(x, ensure_ascii=False)
    return repr(x).removesuffix(".0") if math.isfinite(x) else f"({x})".replace("inf", "Infinity").replace("nan", "NaN")


def local(name: str) -> str:
    """A name that may be a keyword argument."""
    return f"{name}_" if name in [*WORDS, "py", "error"] else name


def attribute(name: str) -> str:
    return f"${name}" if name in METHODS else name


def qualified_name(x: Any) -> str:
    """The name of an object with its module, ``autodiff.engine.Value``; a table is taken as ours."""
    return f"{getattr(x, '__module__', None) or OURS[0]}.{getattr(x, '__qualname__', '')}"


def is_text(node: Tree) -> bool:
    """Whether an expression is a string literal."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and type(node.value) is str)


CHARACTER_CLASSES = {"w": r"\p{L}\p{N}_", "d": r"\p{Nd}", "s": r"\s"}


def pattern(compiled: Any) -> str:
    """A regular expression for JavaScript with flag v; letters and digits are those of Unicode."""
    spaced = r"\\.|\(\?P|\s+|." if compiled.flags & re.VERBOSE else r"\\.|\(\?P|."
    tokens, made, inside = re.findall(spaced, compiled.pattern, re.DOTALL), [""], False
    for token, after in zip(tokens, [*tokens[1:], ""]):
        letter = token[-1]
        if token[0] == "\\" and letter.lower() in CHARACTER_CLASSES:
            token = f"[{'^' if letter.isupper() else ''}{CHARACTER_CLASSES[letter.lower()]}]"
        elif token in ("\\#", "\\-"):
            token = letter
        elif token == "(?P":
            token = "(?"
        elif inside and (token in "()[{}/|" or (token == "-" and (made[-1] in "[^" or after == "]"))):
            token = f"\\{token}"
        elif token in "[]":
            inside = token == "["
        made.append("" if token.isspace() and not inside and "s+" in spaced else token)
    return "".join(made)


# --- Trees ----------------------------------------------------------------------------------------


@cache
def trees(path: str) -> dict[tuple[int, str], list[Tree]]:
    """The functions of a file by first line and name."""
    found: dict[tuple[int, str], list[Tree]] = {}
    with open(path, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            first = min([node.lineno, *[x.lineno for x in getattr(node, "decorator_list", [])]])
            found.setdefault((first, getattr(node, "name", "<lambda>")), []).append(node)
    return found


def syntax_tree(function: Any) -> Tree:
    """The syntax tree of a function; among several lambdas on a line, the one at the position of the code."""
    code = function.__code__
    nodes = trees(code.co_filename)[code.co_firstlineno, code.co_name]
    places = {(line, column) for line, _, column, _ in code.co_positions() if line and column}

    def inside(node: Tree) -> bool:
        ends = (node.body.lineno, node.body.col_offset), (node.body.end_lineno, node.body.end_col_offset)
        return ends[0] <= max(places) < ends[1]

    return nodes[0] if len(nodes) == 1 else next(node for node in nodes if inside(node))


def closure(function: Any) -> dict[str, Any]:
    """The free variables of a function."""
    return dict(zip(function.__code__.co_freevars, [x.cell_contents for x in function.__closure__ or ()]))


def all_arguments(node: Tree) -> list[Any]:
    args = node.args
    return [x for x in [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg] if x]


@cache  # every writer of the function asks again
def own_nodes(node: Tree) -> list[Tree]:
    """The nodes of a function, without those of its inner functions and comprehensions."""
    found = node.body[:] if isinstance(node.body, list) else [node.body]
    for x in found:  # it grows
        if not isinstance(x, (ast.FunctionDef, ast.Lambda, *COMPREHENSIONS)):
            found += ast.iter_child_nodes(x)
    return found


def assigned_names(node: Tree) -> set[str]:
    """The names that a function assigns to."""
    stores = {x.id for x in own_nodes(node) if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)}
    return stores | {x.name for x in own_nodes(node) if isinstance(x, (ast.FunctionDef, ast.ExceptHandler)) and x.name}


def local_names(node: Tree) -> set[str]:
    """The local names of a function or comprehension."""
    if isinstance(node, COMPREHENSIONS):
        return {x.id for part in node.generators for x in ast.walk(part.target) if isinstance(x, ast.Name)}
    return ({x.arg for x in all_arguments(node)} | assigned_names(node)) - nonlocal_names(node)


def nonlocal_names(node: Tree) -> set[str]:
    return {name for x in own_nodes(node) if isinstance(x, ast.Nonlocal) for name in x.names}


def yields(node: Tree) -> bool:
    """Whether a function is a generator."""
    return any(isinstance(x, (ast.Yield, ast.YieldFrom)) for x in own_nodes(node))
