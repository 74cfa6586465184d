"""Loop nests as array code for NumPy or JAX: a statement over axes is one line of text over whole arrays.

The rows of a batch are the last axis of every array that depends on them. A statement writes an array of its own, sums
of products become matrix products, and reads become views::

    a[i] = w[3i+2] + sum mul(w[3i+k], x[k])        for i<4, k<8
    a0 = matmul(w[0:36].reshape(4, 9)[:, 0:8], x) + w[8:36:9][:, None]
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from ...engine import Value
from ...ieee import INF, NAN, term_at
from ...primitives import Primitive
from ...tracing import Unsupported
from ...vocabulary import INFIX
from ..expansion import Slot, instructions
from ..ir import SHORT, SMALL, TINY, Expression, Result, primitive_of, row_mean
from ..loops.nests import Loops
from ..loops.statements import Axis, Index, Statement, extents, indices, map_indices
from ..recording import Recording

SAME_NAME = ["log2", "log10", "hypot", "sinh", "cosh", "floor", "fmod"]
SAME_NAME += ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "tanh", "abs", "maximum", "minimum", "sign"]
RENAMED = {name: f"arc{name[1:]}" for name in ("asin", "acos", "atan", "atan2", "asinh", "acosh", "atanh")}
COMPARISONS = ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"]


def core(xp: Any) -> dict[str, Callable[..., Any]]:
    """The core by name, on ``numpy`` or ``jax.numpy``; "norm of" and the like take an array, along its first axis."""

    def comparison(compare: Callable[..., Any]) -> Callable[..., Any]:
        return lambda a, b: xp.where(compare(a, b), 1.0, 0.0)

    def power(a: Any, b: Any) -> Any:
        if type(b) is float and b != 0.5:
            return a * a if b == 2.0 else xp.power(a, b)
        # For an exponent of 0.5 NumPy takes the root; C99's pow differs at -inf (inf) and -0 (0).
        root = xp.sqrt(xp.where(a == -xp.inf, xp.inf, a)) + 0.0
        return xp.where(b == 0.5, root, xp.where(b == 2.0, a * a, xp.power(a, b)))

    def logsumexp(terms: Any) -> Any:
        largest = xp.max(terms, axis=0)
        finite = xp.isfinite(largest)
        shift = xp.where(finite, largest, 0.0)
        return xp.where(finite, shift + xp.log(xp.sum(xp.exp(terms - shift), axis=0)), largest)

    def norm(terms: Any) -> Any:
        size = xp.max(xp.abs(terms), axis=0)
        scale = xp.where(size < SMALL, 1.0 / TINY, xp.where(size > 1.0 / SMALL, TINY, 1.0))
        return xp.sqrt(xp.sum((terms * scale) ** 2, axis=0)) / scale

    def stack(name: str) -> Callable[..., Any]:
        return lambda *terms: lists[name](xp.stack(xp.broadcast_arrays(*terms)))

    lists = {"logsumexp": logsumexp, "largest": lambda terms: xp.max(terms, axis=0), "norm": norm}
    return {
        **{name: getattr(xp, RENAMED.get(name, name)) for name in [*SAME_NAME, *RENAMED]},
        **{name: comparison(getattr(xp, name)) for name in ("less", "less_equal", "equal")},
        "add": xp.add,
        "sub": xp.subtract,
        "mul": xp.multiply,
        "div": xp.divide,
        "neg": xp.negative,
        "power": power,
        "where": lambda c, a, b: xp.where(c if getattr(c, "dtype", "") == "bool" else c != 0.0, a, b),
        "sum": lambda *terms: reduce(xp.add, terms),
        "dot": lambda *a: sum([x * y for x, y in zip(a[: len(a) // 2], a[len(a) // 2 : -1])], a[-1]),
        **{name: stack(name) for name in lists},
        **{f"{name} of": of_list for name, of_list in lists.items()},
    }


# --- The text ------------------------------------------------------------------------------------

INLINE_LIMIT = 200  # characters, at most, of an expression inside another one
ROW_AXIS = 99  # the axis of rows, after all others
ONE_SEGMENT = ("w", "x", "t", "gw", "gx")  # arrays of one segment
Dims = list[tuple[int, int, int]]  # (axis, stride, extent) of each axis along which an index moves


class Part(NamedTuple):
    """An array as text, and its axes, in order; along ``unit`` numbers are neighbors in memory."""

    text: str
    axes: tuple[int, ...] = ()
    unit: int | None = ROW_AXIS


class Segment:
    """A variable of the text: numbers that statements use together; its ``shape`` is None before it is assigned."""

    def __init__(self, name: str, low: int, size: int, rows: bool, shape: tuple[int, ...] | None = None) -> None:
        self.name, self.low, self.size, self.rows, self.shape = name, low, size, rows, shape
        self.flat = (size,) if size > 1 or name in ONE_SEGMENT else ()
        self.writes = 0  # by later statements

    @property
    def row_axes(self) -> tuple[int, ...]:
        return (ROW_AXIS,) if self.rows else ()

    def shape_text(self, shape: Sequence[int]) -> str:
        return tuple_text([*shape, "R"] if self.rows else shape)


class Writer:
    """Writes a function that runs loops on an array namespace: its ``text``, and ``names``, its globals."""

    def __init__(self, loops: Loops, xp: Any) -> None:
        self.loops, self.xp, self.core = loops, xp, core(xp)
        self.names: dict[str, Any] = {f.__name__: f for f in (Result, scatter, to_indices)}
        self.names |= {"xp": xp, "where": xp.where, "matmul": xp.matmul, "inf": INF, "nan": NAN}
        self.names |= {name: getattr(xp, name) for name in COMPARISONS}  # true or false instead of 1.0 or 0.0
        self.names["t"] = xp.asarray(loops.nests.table, dtype=float)
        self.functions: dict[Any, str] = {}
        self.lines = ["R, x = rows.shape[0], rows.T"]
        self.sums: dict[Any, str] = {}  # variables of sums that are added to gradients at the end, by place
        self.views: dict[str, str] = {}  # variables that hold views, by text
        self.view_count = 0
        self.axes: Sequence[Axis] = ()  # of the statement being written
        self.extents: Sequence[int] = ()
        forward, backward = loops.nests.forward, loops.nests.backward
        self.find_segments([*forward, *backward])
        for statement in forward:
            self.write_statement(statement)
        end = loops.nests.outputs[0] if loops.to_inputs + loops.to_parameters else 0.0
        if type(end) is Index:  # its gradient is 1 in each row
            target = end._replace(array=f"g{end.array}")
            ones = Part("xp.ones(R)", (ROW_AXIS,)) if self.segment(target).rows else Part("float(R)")
            self.axes, self.extents = (), ()
            self.write(target, ones, True)
        for statement in backward:
            self.write_statement(statement)
        self.write_results()
        self.text = "\n    ".join(["def run(rows, w):", *self.lines])

    def find_segments(self, statements: Sequence[Statement]) -> None:
        """Find the segments; each index visits one of them only."""
        sizes, outputs = self.loops.nests.sizes, self.loops.nests.outputs
        reads = [[x for part in (s.target, s.expression, s.start) for x in indices(part)] for s in statements]
        spans = {span(x, [], sizes["a"]) for x in outputs if type(x) is Index and x.array == "a"}
        for statement, found in zip(statements, reads):
            most = extents(statement.axes)[1]
            spans |= {span(x, most, sizes["a"]) for x in found if x.array in ("a", "ga")}
        self.lows: list[int] = []
        highs: list[int] = []
        for low, high in sorted(spans):
            if highs and low < highs[-1]:
                highs[-1] = max(highs[-1], high)
            else:
                self.lows.append(low)
                highs.append(high)
        whole = [(x, sizes[x[-1]]) for x in ONE_SEGMENT]
        self.segments = {(x, 0): Segment(x, 0, n, x[-1] == "x", None if x[0] == "g" else (n,)) for x, n in whole}
        for k, (low, high) in enumerate(zip(self.lows, highs)):
            self.segments |= {(x, low): Segment(f"{x}{k}", low, high - low, False) for x in ("a", "ga")}
        fresh = True
        while fresh:  # segments computed from rows have rows
            fresh = False
            for statement, (_, *found) in zip(statements, reads):
                to = self.segment(statement.target)
                if statement.target.array == "a" and not to.rows and any(self.segment(x).rows for x in found):
                    to.rows = self.segments["ga", to.low].rows = fresh = True
        for statement in statements:
            self.segment(statement.target).writes += 1

    def segment(self, index: Index) -> Segment:
        low = self.lows[bisect_right(self.lows, index.start) - 1] if index.array in ("a", "ga") else 0
        return self.segments[index.array, low]

    def write_statement(self, statement: Statement) -> None:
        self.axes, target, expression, reduce, start, adds = statement
        self.extents = extents(self.axes)[1]
        to = self.segment(target)
        moved = {axis for x in (target, target.by) if x for axis, _, _ in moving_axes(x, self.extents)}
        over = [n for n, extent in enumerate(self.extents) if n not in moved and extent > 1]
        if reduce in ("", "sum"):
            of_each_row = to.rows or (target.by and self.segment(target.by).rows)
            if not of_each_row and any(self.segment(x).rows for x in indices(expression)):
                over.append(ROW_AXIS)
            found = self.write_sum(expression, over, start if reduce and not adds else None)
        else:
            found = self.reduce_list(reduce, expression, over)
        to.writes -= 1
        self.write(self.place_of_sum(target) if target.array in ("gw", "gx") else target, found, adds)

    def place_of_sum(self, target: Index) -> Index:
        """A place in a variable for a sum that is added to gradients again and again, and that nothing reads."""
        dims = sorted(moving_axes(target, self.extents), key=lambda dim: -dim[1])
        if target.by or any(axis.slopes for axis in self.axes):
            return target
        array, key = target.array, (target.array, target.start, *[dim[1:] for dim in dims])
        name = self.sums.setdefault(key, f"s{len(self.sums)}")
        strides, size = dict.fromkeys(range(len(self.axes)), 0), 1
        for axis, _, extent in reversed(dims):
            strides[axis], size = size, size * extent
        if (name, 0) not in self.segments:
            self.segments[name, 0] = Segment(name, 0, size, array == "gx")
            self.segments[name, 0].writes = 1
        return Index(name, 0, tuple(strides.values()))

    # --- Reading -------------------------------------------------------------------------------

    def size(self, axes: Sequence[int]) -> str:
        number = prod([self.extents[n] for n in axes if n != ROW_AXIS])
        return f"{number} * R" if ROW_AXIS in axes and number > 1 else "R" if ROW_AXIS in axes else str(number)

    def constant(self, value: Any) -> str:
        """A name for a constant."""
        name = f"C{len(self.names)}"
        self.names[name] = value
        return name

    def name_view(self, text: str) -> str:
        if text.isidentifier():
            return text
        if text not in self.views:
            self.views[text] = f"v{self.view_count}"
            self.view_count += 1
            self.lines.append(f"{self.views[text]} = {text}")
        return self.views[text]

    def forget(self, segment: Segment) -> None:
        """Forget the views of a segment, which is about to change."""
        names = {segment.name}
        for text, name in [*self.views.items()]:
            if re.split(r"\W", text)[0] in names:
                names.add(name)
                del self.views[text]

    def flat(self, segment: Segment) -> str:
        """The text of the segment as a flat array."""
        if segment.shape is None:
            self.begin(segment)
        is_flat = segment.shape == segment.flat
        return segment.name if is_flat else self.name_view(f"{segment.name}.reshape{segment.shape_text(segment.flat)}")

    def view(self, segment: Segment, start: int, dims: Dims) -> Part | None:
        """A view at a start and strides; None if they overlap."""
        flips = [axis for axis, stride, _ in dims if stride < 0]
        start += sum([stride * (extent - 1) for _, stride, extent in dims if stride < 0])
        ordered = sorted([(axis, abs(stride), extent) for axis, stride, extent in dims], key=lambda dim: -dim[1])
        axes, size, before = [axis for axis, _, _ in ordered], segment.size, ""
        if start == 0 and dense(ordered) == size and segment.shape == tuple([n for _, _, n in ordered]):
            text = segment.name
        else:
            text = self.flat(segment)
            for k, (_, stride, extent) in enumerate(ordered[:-1]):
                base = min(start, size - stride * extent)
                inner = sum([s * (n - 1) for _, s, n in ordered[k + 1 :]]) + 1
                if base < 0 or start - base + inner > stride:
                    return None
                part = f"[{before}{base}:{base + stride * extent}]" if stride * extent < size else ""
                text += f"{part}.reshape{segment.shape_text([*[n for _, _, n in ordered[: k + 1]], stride])}"
                start, size, before = start - base, stride, f"{before}:, "
            if ordered:
                _, stride, extent = ordered[-1]
                if (start, extent, stride) != (0, size, 1):
                    stop = start + stride * (extent - 1) + 1
                    text += f"[{before}{start}:{stop}{f':{stride}' if stride > 1 else ''}]"
            elif segment.flat:
                text += f"[{start}]"
        if flips:
            text += f"[{', '.join(['::-1' if axis in flips else ':' for axis in axes])}]"
        rows = segment.row_axes
        unit = next((axis for axis, stride, _ in dims if stride == 1), None)
        text = transpose(text, (*axes, *rows), (*sorted(axes), *rows))
        return Part(self.name_view(text), (*sorted(axes), *rows), ROW_AXIS if rows and segment.name != "x" else unit)

    def read(self, index: Index) -> Part:
        segment = self.segment(index)
        found = None if index.by else self.view(segment, index.start - segment.low, moving_axes(index, self.extents))
        if found:
            return found
        at = self.positions(index)
        rows = ", xp.arange(R)" if ROW_AXIS in at.axes and segment.rows else ""
        axes = (*at.axes, ROW_AXIS) if segment.rows and not rows else at.axes
        found = Part(f"{self.flat(segment)}[{at.text}{rows}]", axes)
        if index.by is None or index.by.array == "t" or self.xp is np:
            return found
        (number, text), axes = self.together([self.read(index.by), found])  # JAX cannot raise errors
        return Part(f"where({number} == xp.clip(xp.floor({number}), 0, {index.choices - 1}), {text}, nan)", axes)

    def positions(self, index: Index) -> Part:
        """The positions of an index in its segment, an array of whole numbers."""
        segment, axes = self.segment(index), [axis for axis, _, _ in moving_axes(index, self.extents)]
        at = self.grid(index, axes) - segment.low
        if index.by and index.by.array == "t":
            both = sorted({*axes, *[axis for axis, _, _ in moving_axes(index.by, self.extents)]})
            table = np.array(self.loops.nests.table)
            chosen = table[np.clip(self.grid(index.by, both), 0, len(table) - 1)].astype(int)
            at, axes = self.grid(index, both) - segment.low + index.wide * chosen, both
        first = Part(self.constant(np.clip(at, 0, segment.size - 1)), tuple(axes))
        if index.by is None or index.by.array == "t":
            return first
        by = self.read(index.by)
        (start, number), found = self.together([first, by._replace(text=f"to_indices({by.text}, {index.choices})")])
        return Part(f"{start} + {index.wide} * {number}", found)

    def grid(self, index: Index, axes: Sequence[int]) -> Any:
        """The positions of an index at each point of axes, without the choice of a gather."""
        steps = np.ogrid[tuple([slice(self.extents[n]) for n in axes])] if axes else ()
        strides = dict(enumerate(index.strides))
        shape = [self.extents[n] for n in axes]
        return np.broadcast_to(index.start + sum([strides.get(n, 0) * x for n, x in zip(axes, steps)]), shape)

    def align(self, part: Part, axes: Sequence[int]) -> str:
        """The text of an array with axes of extent 1 for missing ones, except leading ones."""
        if not part.axes or part.axes == tuple(axes[len(axes) - len(part.axes) :]):
            return part.text
        places = [":" if axis in part.axes else "None" for axis in axes]
        return f"{part.text}[{', '.join(places[places.index(':') :])}]"

    def full(self, part: Part, axes: Sequence[int]) -> str:
        """The text of an array with all these axes."""
        text = self.align(part, axes)
        if part.axes == tuple(axes):
            return text
        return f"xp.broadcast_to({text}, {tuple_text([self.size([n]) for n in axes])})"

    def together(self, parts: Sequence[Part]) -> tuple[list[str], tuple[int, ...]]:
        """The texts of parts for one operation, and the axes of its result."""
        axes = tuple(sorted({axis for part in parts for axis in part.axes}))
        return [self.align(part, axes) for part in parts], axes

    def expression(self, e: Expression) -> Part:
        """The text of an expression, with variables for long parts, since parsers limit nested parentheses."""
        if type(e) is not tuple:
            return e if type(e) is Part else self.read(e) if type(e) is Index else Part(f"({e!r})")
        part = self.operation(*e)
        return self.variable(part) if len(part.text) > INLINE_LIMIT else part

    def operation(self, head: Any, *operands: Expression) -> Part:
        if primitive_of(head) is row_mean:
            part = self.expression(operands[0])
            text = f"{part.text}.mean(-1, keepdims=True)"
            return part._replace(text=f"xp.broadcast_to({text}, {part.text}.shape)") if ROW_AXIS in part.axes else part
        if head == "where" and type(operands[0]) is tuple and operands[0][0] in COMPARISONS:
            (compare, *compared), *sides = operands
            (a, b, *texts), axes = self.together([self.expression(x) for x in (*compared, *sides)])
            return Part(f"where({compare}({a}, {b}), {', '.join(texts)})", axes)
        parts = [self.expression(x) for x in operands]
        if type(head) is not str or head not in self.core:
            return self.expand(primitive_of(head), parts)
        texts, axes = self.together(parts)
        if head in ("add", "sub", "mul", "div"):
            return Part(f"({texts[0]} {INFIX[head].sign} {texts[1]})", axes)
        return Part(f"{self.function_name(head, self.core[head])}({', '.join(texts)})", axes)

    def function_name(self, head: Any, function: Callable[..., Any]) -> str:
        if head not in self.functions:
            self.functions[head] = f"{head}_".replace(" ", "_") if type(head) is str else f"F{len(self.names)}"
            self.names[self.functions[head]] = function
        return self.functions[head]

    def expand(self, primitive: Primitive, operands: list[Part]) -> Part:
        """A gate in terms of the core, or one that calls back into Python for each element."""
        try:
            runner = f"over_rows with {self.xp.__name__}"
            code, place = instructions(primitive, len(operands), frozenset(self.core), runner)
        except Unsupported:
            if self.xp is not np:
                raise
            texts, axes = self.together(operands)
            name = self.function_name(primitive, np.vectorize(primitive, otypes=[float]))
            return Part(f"{name}({', '.join(texts)})", axes)
        uses = Counter(int(x) for _, read in code for x in read if type(x) is Slot)
        known: list[Any] = [self.variable(part) for part in operands]
        for k, (operation, read) in enumerate(code, len(operands)):
            e: Any = (operation.name, *[known[x] if type(x) is Slot else x for x in read])
            if e[0] not in COMPARISONS:  # the condition of a where may be one
                e = self.variable(self.expression(e)) if uses[k] > 1 else self.expression(e)
            known.append(e)
        return self.expression(known[place] if type(place) is Slot else place)

    def variable(self, part: Part) -> Part:
        """A variable for a part that is long, or that several others read."""
        if part.text.isidentifier() or (not part.axes and len(part.text) < INLINE_LIMIT):
            return part
        self.lines.append(f"t{len(self.lines)} = {part.text}")
        return part._replace(text=f"t{len(self.lines) - 1}")

    # --- Sums ----------------------------------------------------------------------------------

    def write_sum(self, expression: Expression, over: list[int], start: Expression) -> Part:
        """The sum along axes: a few terms one by one, else a matrix product, or the sum of an array."""
        count = prod([self.extents[n] for n in over if n != ROW_AXIS])
        ragged = {n for k, axis in enumerate(self.axes) for n in (k, *[n for n, _ in axis.slopes]) if axis.slopes}
        if over and count < SHORT and not ragged and ROW_AXIS not in over:
            points = product(*[range(self.extents[n]) for n in over])
            found = [self.expression(map_indices(expression, fix_axes(dict(zip(over, point))))) for point in points]
            texts, axes = self.together([*([] if start is None else [self.expression(start)]), *found])
            return Part(f"({' + '.join(texts)})", axes)
        if ragged.intersection(over):
            total = self.total(self.hide_outside(self.expression(expression), "0.0"), over)
        elif type(expression) is tuple and expression[0] == "mul" and over:
            a, b = map(self.expression, expression[1:])
            total = self.product(a, b, over)
        else:
            total = self.total(self.expression(expression), over)
        if start is None or start == 0.0:
            return total
        texts, axes = self.together([self.expression(start), total])
        return Part(f"({' + '.join(texts)})", axes)

    def total(self, part: Part, over: Sequence[int]) -> Part:
        """The sum of a part along axes; along missing ones it is constant."""
        places = [k for k, axis in enumerate(part.axes) if axis in over]
        times = prod([self.extents[n] for n in over if n not in (ROW_AXIS, *part.axes)])
        if places:
            rest = tuple([axis for axis in part.axes if axis not in over])
            along = places[0] if len(places) == 1 else tuple(places)
            part = Part(f"{part.text}.sum({along})", rest, max(rest, default=0))
        return part._replace(text=f"({float(times)} * {part.text})") if times > 1 else part

    def product(self, a: Part, b: Part, over: Sequence[int]) -> Part:
        """The sum of a product along axes: a matrix product if a factor has an axis that the other lacks."""
        nowhere = [n for n in over if n not in (*a.axes, *b.axes)]
        a, b = (self.total(x, [n for n in x.axes if n in over and n not in y.axes]) for x, y in ((a, b), (b, a)))
        both = [n for n in a.axes if n in b.axes]
        inner, outer = [n for n in both if n in over], [n for n in both if n not in over]
        left, right = ([n for n in x.axes if n not in both] for x in (a, b))
        if not inner or not (left or right):
            texts, axes = self.together([a, b])
            return self.total(Part(f"({texts[0]} * {texts[1]})", axes), [*inner, *nowhere])
        if left and right and right < left:
            a, b, left, right = b, a, right, left

        def arrange(part: Part, first: list[int], second: list[int]) -> str:
            """The text of one matrix or many, with rows or columns contiguous in memory."""
            text = transpose(part.text, part.axes, [*outer, *first, *second])
            if max(len(first), len(second)) > 1 or (outer and not (first and second)):
                sizes = [*[self.size([n]) for n in outer], *[self.size(x) for x in (first, second) if x or outer]]
                return f"{text}.reshape{tuple_text(sizes)}"
            return text if part.unit in (*first, *second) or self.xp is not np else f"xp.ascontiguousarray({text})"

        text, axes = f"matmul({arrange(a, left, inner)}, {arrange(b, inner, right)})", (*outer, *left, *right)
        if max(len(left), len(right)) > 1 or (outer and not (left and right)):
            text += f".reshape{tuple_text([self.size([n]) for n in axes])}"
        ordered = tuple(sorted(axes))
        return self.total(Part(transpose(text, axes, ordered), ordered, axes[-1]), nowhere)

    def reduce_list(self, reduce: str, expression: Expression, over: list[int]) -> Part:
        """The function of a list along axes."""
        part = self.hide_outside(self.expression(expression), "0.0" if reduce == "norm" else "(-inf)")
        rest = tuple([n for n in part.axes if n not in over])
        axes = sorted({*rest, *over})
        text = transpose(self.full(part, axes), axes, [*over, *rest])
        if len(over) != 1:
            text += f".reshape{tuple_text([self.size(over), *[self.size([n]) for n in rest]])}"
        return Part(f"{self.function_name(f'{reduce} of', self.core[f'{reduce} of'])}({text})", rest)

    def hide_outside(self, part: Part, neutral: str) -> Part:
        """The part, with a neutral number at points outside ragged axes."""
        inside, own = mask(self.axes, self.extents)
        if inside.all():
            return part
        texts, axes = self.together([Part(self.constant(inside), own), part])
        return Part(f"where({texts[0]}, {texts[1]}, {neutral})", axes)

    # --- Writing -------------------------------------------------------------------------------

    def begin(self, segment: Segment) -> None:
        segment.shape = segment.flat
        self.lines.append(f"{segment.name} = xp.zeros({segment.shape_text(segment.flat)})")

    def write(self, target: Index, value: Part, adds: bool) -> None:
        """Assign or add a value to the target."""
        to, dims = self.segment(target), sorted(moving_axes(target, self.extents), key=lambda dim: -dim[1])
        name, rows, shape, start = to.name, to.row_axes, tuple([n for _, _, n in dims]), target.start - to.low
        axes = (*[axis for axis, _, _ in dims], *rows)
        ordered = tuple(sorted(axes))
        inside, own = mask(self.axes, self.extents)
        inside = inside.any(axis=tuple([k for k, axis in enumerate(own) if axis not in axes]))
        is_box = inside.all() and not target.by
        is_whole = is_box and start == 0 and dense(dims) == to.size and name not in ONE_SEGMENT
        if is_whole and to.shape in (None, shape):
            text = transpose(self.full(value, ordered), ordered, axes)
            sign, is_new = "+=" if adds and to.shape == shape else "=", value.axes == ordered and "(" in value.text
            self.forget(to)
            self.lines.append(f"{name} {sign} {f'xp.array({text})' if to.writes and not is_new else text}")
            to.shape = shape
            return
        if to.shape is None:
            self.begin(to)
        self.forget(to)
        if to.shape != to.flat:
            self.lines.append(f"{name} = {name}.reshape{to.shape_text(to.flat)}")
            to.shape = to.flat
        number = Part(f"{name}[{start}]" if to.flat else name, rows)  # no view
        part = (self.view(to, start, dims) if dims else number) if is_box and self.xp is np else None
        if part:
            place, text = part.text, self.align(value, part.axes)
            self.lines.append(f"{place} += {text}" if adds else f"{place}{'[...]' if dims else ''} = {text}")
            return
        at = self.positions(target)
        axes = tuple(sorted({*at.axes, *value.axes, *rows}))
        inner = [axis for axis in axes if axis != ROW_AXIS]
        text, place = self.full(value, axes), self.full(at, axes if ROW_AXIS in at.axes else inner)
        if not inside.all():
            points = inside.reshape([self.extents[n] if n in own else 1 for n in inner])
            points = np.nonzero(np.broadcast_to(points, [self.extents[n] for n in inner]))
            text, place = (f"{x}[{self.constant(points)}]" for x in (text, f"({place})"))
        self.lines.append(f"{name} = scatter({name}, {place}, {text}, {adds})")

    def write_results(self) -> None:
        for (array, start, *dims), name in self.sums.items():
            self.axes, self.extents = (), [extent for _, extent in dims]
            axes = (*range(len(dims)), *self.segments[name, 0].row_axes)
            self.write(Index(array, start, tuple([stride for stride, _ in dims])), Part(name, axes), True)
        found = [f"{self.outputs()}.T"]
        for name, asked in (("gx", self.loops.to_inputs), ("gw", self.loops.to_parameters)):
            segment = self.segments[name, 0]
            text = self.flat(segment) if asked else f"xp.zeros({segment.shape_text([0])})"
            if 0 < len(asked) < segment.size:
                text += f"[{self.constant(np.array(asked))}]"
            found.append(f"{text}.T" if name == "gx" else f"{text} / R")
        self.lines.append(f"return Result({', '.join(found)})")

    def outputs(self) -> str:
        """The text of the outputs, each with rows."""
        self.axes = self.extents = ()
        parts = [self.full(self.expression(x), (ROW_AXIS,)) for x in self.loops.nests.outputs]
        if len(parts) == 1:
            return f"{parts[0]}[None]"
        return f"xp.stack([{', '.join(parts)}])" if parts else "xp.zeros((0, R))"


def moving_axes(index: Index, extents: Sequence[int]) -> Dims:
    """(Axis, stride, extent) of each axis along which an index moves."""
    return [(n, stride, extents[n]) for n, stride in enumerate(index.strides) if stride and extents[n] > 1]


def span(index: Index, extents: Sequence[int], size: int) -> tuple[int, int]:
    """The first element that an index visits, and the one after the last."""
    reach = [stride * (extent - 1) for _, stride, extent in moving_axes(index, extents)]
    reach.append(index.wide * max(0, index.choices - 1) if index.by else 0)
    low, high = (index.start + sum([sign * max(0, sign * x) for x in reach]) for sign in (-1, 1))
    return max(0, low), min(size, high + 1)


def tuple_text(shape: Sequence[Any]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def transpose(text: str, axes: Sequence[int], wanted: Sequence[int]) -> str:
    order = [axes.index(axis) for axis in wanted]
    return text if order == sorted(order) else f"{text}.transpose{tuple_text(order)}"


def fix_axes(point: dict[int, int]) -> Callable[[Index], Index]:
    """A function that fixes an index at a point of some axes."""

    def fix(x: Index) -> Index:
        start = x.start + sum([stride * point.get(n, 0) for n, stride in enumerate(x.strides)])
        strides = tuple([0 if n in point else stride for n, stride in enumerate(x.strides)])
        return x._replace(start=start, strides=strides, by=x.by and fix(x.by))

    return fix


def dense(dims: Iterable[tuple[int, int, int]]) -> int | None:
    """The number of elements if they are contiguous, the last axis fastest; else None."""
    count = 1
    for _, stride, extent in reversed([*dims]):
        if stride != count:
            return None
        count *= extent
    return count


def mask(axes: Sequence[Axis], extents: Sequence[int]) -> tuple[Any, tuple[int, ...]]:
    """A mask of the points inside ragged axes, and its axes: these and those they depend on."""
    own = sorted({n for k, axis in enumerate(axes) if axis.slopes for n in (k, *[outer for outer, _ in axis.slopes])})
    grid = dict(zip(own, np.ogrid[tuple([slice(extents[n]) for n in own])]))
    inside = np.ones([extents[n] for n in own], bool)
    for n in own:
        axis = axes[n]
        inside &= grid[n] < axis.extent + sum([slope * grid[outer] for outer, slope in axis.slopes])
    return inside, tuple(own)


def to_indices(numbers: Any, choices: int) -> Any:
    """Numbers as indices below ``choices``; IndexError if one is not (JAX cannot raise errors)."""
    if isinstance(numbers, (np.ndarray, np.generic)):
        for wrong in np.ravel(numbers)[~np.isin(np.ravel(numbers), range(choices))][:1]:
            term_at(*[0.0] * choices, float(wrong))
    return numbers.astype(int)


def scatter(array: Any, places: Any, values: Any, adds: bool) -> Any:
    """The array with values assigned or added at places, which hold for each row or for all."""
    rows = array.shape[1:]
    of_each_row = rows and places.ndim == values.ndim
    if hasattr(array, "at"):  # JAX arrays never change
        part = array.at[(places, np.arange(*rows)) if of_each_row else places]
        return part.add(values) if adds else part.set(values)
    places = places if of_each_row or not rows else places[..., None]
    flat = np.broadcast_to(places * rows[0] + np.arange(*rows) if rows else places, values.shape).ravel()
    if adds:
        return array + np.bincount(flat, values.ravel(), array.size).reshape(array.shape)
    array.reshape(-1)[flat] = values.ravel()
    return array


def over_rows(program: Loops, xp: Any = None) -> Callable[[Any, Any], Result]:
    """Loops as a pure function ``(rows, parameters) -> Result`` of arrays.

    Parameters
    ----------
    program : Loops
        The result of ``lower(..., roll=True)``.
    xp : module
        The array namespace, ``numpy`` by default.

    Returns
    -------
    function
        It takes arrays of shapes ``(rows, inputs)`` and ``(parameters,)`` and returns a Result of arrays:
        outputs ``(rows, outputs)``, input_gradients ``(rows, requested)``, and parameter_gradients
        ``(requested,)``, the mean over the rows.

    Examples
    --------
    >>> import numpy
    >>> from autodiff import variables
    >>> from autodiff.flat import lower
    >>> x, w = variables(x=0, w=0)
    >>> run = over_rows(lower((w * x) ** 2.0, inputs=[x], parameters=[w], wrt=[w], roll=True))
    >>> outputs, _, gradients = run(numpy.array([[1.0], [2.0]]), numpy.array([3.0]))
    >>> outputs.tolist(), gradients.tolist()
    ([[9.0], [36.0]], [15.0])

    With ``jax.numpy`` it works inside ``jax.jit``, ``jax.lax.scan``, ``jax.vmap`` and ``jax.grad``. Rows that
    are spread over devices stay there; only gradients travel. ``nn.fit(..., runner="jax")`` does this; your own
    loop, the same for one device and for many, is (extra ``jax``; every device gets the same number of rows)::

        import jax
        from jax.sharding import Mesh, NamedSharding, PartitionSpec

        from autodiff import variables
        from autodiff.flat import lower, over_rows
        from nn import MLP, hinge, moons

        jax.config.update("jax_enable_x64", True)  # before the first array
        net = MLP(2, [16, 16, 1], "relu", seed=0)
        x0, x1, target = variables(x0=0, x1=0, target=1)
        loss = hinge(net([x0, x1]), target)
        program = lower(
            loss, inputs=[x0, x1, target], parameters=net.parameters(), wrt=net.parameters(), roll=True
        )
        run = over_rows(program, jax.numpy)

        @jax.jit
        def train(parameters, rows):
            def step(parameters, _):
                found = run(rows, parameters)
                return parameters - 0.05 * found.parameter_gradients, found.outputs.mean()

            return jax.lax.scan(step, parameters, length=200)

        mesh = Mesh(jax.devices(), ("rows",))
        points = [[*x, 2.0 * y - 1.0] for x, y in zip(*moons(96, seed=0))]
        rows = jax.device_put(jax.numpy.array(points), NamedSharding(mesh, PartitionSpec("rows")))
        start = jax.numpy.array([parameter.data for parameter in net.parameters()])
        parameters = jax.device_put(start, NamedSharding(mesh, PartitionSpec()))  # the same on every device
        parameters, losses = train(parameters, rows)
        for parameter, number in zip(net.parameters(), parameters.tolist()):
            parameter.data = number

    The steps are one call, by ``scan``. Calls of single steps return before their sums arrive: after 40 without waiting
    on simulated CPUs, later ones take the threads that earlier ones need, and XLA aborts the interpreter.
    """
    if type(program) is not Loops:
        raise TypeError(f"over_rows takes loops from lower(..., roll=True), got {type(program).__name__}")
    writer = Writer(program, np if xp is None else xp)
    exec(compile(writer.text, "<array code>", "exec"), writer.names)
    return writer.names["run"]  # type: ignore[no-any-return]


class Batch:
    """The runner that computes all rows at once in NumPy."""

    name, xp = "batch", np
    number: Any = float  # of an array of one

    def __init__(self, recording: Recording, wrt: Iterable[Value] | None = None) -> None:
        self.run, self.inputs = over_rows(Loops.of(recording, wrt), self.xp), len(recording.inputs)

    def arrays(self, rows: Any, parameters: Any) -> Result:
        """Outputs and gradients as arrays; see ``over_rows``."""
        with np.errstate(all="ignore"):  # inf and nan are results
            table = self.xp.asarray(rows, dtype=float).reshape(len(rows), self.inputs)
            return self.run(table, self.xp.asarray(parameters, dtype=float))

    def rows(self, rows: Sequence[Sequence[float]], parameters: Sequence[float]) -> Result:
        """Outputs and gradients to the inputs of each row; the mean of the gradients to the parameters."""
        return Result(*[part.tolist() for part in self.arrays(rows, parameters)])

    def row(self, inputs: Sequence[float], parameters: Sequence[float]) -> Result:
        """Outputs and gradients of one row."""
        outputs, to_inputs, to_parameters = self.rows([inputs], parameters)
        return Result(outputs[0], to_inputs[0], to_parameters)

    # --- Training: the rows of a mini-batch, or the parameters, as rows -------------------------

    def table(self, rows: Sequence[Sequence[float]]) -> Any:
        return np.array(rows, dtype=float)

    def select(self, table: Any, batch: Sequence[int]) -> Any:
        return table if len(batch) == len(table) else table[batch]

    def mean(self, rows: Any, parameters: Any) -> tuple[Any, Any, Any]:
        """The mean of the first output over the rows, its gradient to the parameters, and other outputs of a row."""
        outputs, _, gradients = self.arrays(rows, parameters)
        return self.number(outputs[:, 0].mean()), gradients, outputs[0, 1:]

    def columns(self, columns: Sequence[Any], parameters: Sequence[float]) -> list[Any]:
        """The outputs as columns, for rows given as columns."""
        return list(self.arrays(self.xp.stack(columns, axis=1), parameters).outputs.T)

    def plus(self, a: Any, b: Any) -> Any:
        return a + b

    def finite(self, numbers: Any) -> Any:
        return self.xp.isfinite(numbers).all()
