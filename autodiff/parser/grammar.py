"""From text to a recorded graph: ``"(x + y) * z"`` is read from left to right and recorded gate by gate.

The text is never run as code: every gate is a row of the table of primitives or a function composed of them.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import primitives
from ..engine import Value
from ..graph import history
from ..ieee import number, real
from ..vocabulary import COMPARISON, INFIX, MINUS, POWER
from .errors import ExpressionError, abbreviate, fill_in, guess, mistake
from .functions import call, check_functions, known_functions
from .tokens import SYNONYMS, Token, normalize, split_statements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..typed import Function, Plain

    Functions = Mapping[str, Function[Any]] | Value | Plain | None

CONSTANTS = {"e": math.e, "pi": math.pi, "\N{GREEK SMALL LETTER PI}": math.pi, "inf": math.inf, "nan": math.nan}
OPERATORS = {row.sign: (row.strength, primitives.PRIMITIVES[name]) for name, row in INFIX.items()}
OPEN = -1  # the strength of an open bracket


def apply_sign(sign: str, operands: Sequence[Any]) -> Any:
    """Apply a sign to its one or two operands."""
    a, b = operands[0], operands[-1]
    if len(operands) == 1:
        return primitives.neg(a) if sign == "-" else a
    return primitives.reciprocal(b) if sign == "/" and type(a) is float and a == 1.0 else OPERATORS[sign][1](a, b)


class Open:
    """A waiting sign, or open bracket and the function before it; ``base`` counts the operands before its own."""

    def __init__(self, token: Token, strength: int, base: int, function: Token | None = None) -> None:
        self.token, self.strength, self.base, self.function = token, strength, base, function
        self.commas = 0


def parse(text: str, /, *, functions: Functions = None, **inputs: Value | Plain) -> Value:
    """Record the graph that a text describes and return its output, the last statement's result.

    Numbers in the text are constants, as are ``e`` and ``pi`` unless they are inputs; a name set to a plain number is a
    leaf. ExpressionError shows the place of an error and what to write. UserWarning if the result does not depend on
    an input or a statement.

    Parameters
    ----------
    text : str
        Statements separated by ``;`` or line ends, ``"q = x + y; f = q * z"``: numbers, names,
        ``+ - * / // % **``, comparisons and this package's functions. Names label the gates.
    functions : mapping of str to Primitive or function, optional
        Your own functions of Values and numbers, by name; they take precedence over this package's.
    **inputs : int, float or Value
        The numbers by name; those used become labeled leaves in order of appearance, while Values stay as they are.

    Examples
    --------
    >>> f = parse("q = x + y; f = q * z", x=-2, y=5, z=-4)
    >>> f
    Value(-12.0, 'f')
    >>> f.operands
    (Value(3.0, 'q'), Value(-4.0, 'z'))
    """
    if not isinstance(text, str):
        raise TypeError(f"parse takes text, got {type(text).__name__}: {text!r:.60}")
    own: Any = functions
    if type(own) is Value or number(own) is not None:
        inputs, own = {**inputs, "functions": own}, None  # an input of that name
    numbers = {normalize(name): x if type(x) is Value else real(x, name) for name, x in inputs.items()}
    output, idle = record_text(text, numbers, check_functions(own or {}))
    if idle:
        warnings.warn(idle, stacklevel=2)
    return output


def record_text(text: str, numbers: Mapping[str, Any], functions: Mapping[str, Any]) -> tuple[Value, str]:
    """Record a text; return the output, and a warning about unused inputs and statements, or ""."""
    reader = Reader(text, numbers, functions)
    output = reader.read()
    used = set(history(output))
    named = [*{**reader.inputs, **reader.values}.items(), *reader.lost]
    idle = [name for name, x in named if type(x) is not Value or x not in used]
    return output, f"{output.label or 'the result'} does not depend on {abbreviate(*idle)}" if idle else ""


class Reader:
    """A text being read: its statements, the inputs, and the values of its names so far."""

    def __init__(self, text: str, inputs: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> None:
        self.text, self.functions, self.inputs = text, functions, inputs
        self.values: dict[str, Value] = {}
        self.lost: list[tuple[str, Value]] = []
        self.statements = list(split_statements(text, functions))
        if not self.statements:
            raise mistake(text, 0, 'it is empty: write an expression such as "(x + y) * z"')

    def read(self) -> Value:
        """Record all statements and return the last result."""
        self.make_leaves()
        for name, words in self.statements:
            result = self.record(words)
            output: Value = result if type(result) is Value else Value(result)
            if not name or name.text in self.values:  # no later statement can refer to it
                text = self.text[words[0].start : words[-1].end]
                self.lost.append((f"the earlier {name.text}", self.values[name.text]) if name else (text, output))
            if name:
                output.label = output.label or name.text
                self.values[name.text] = output
        return output

    def make_leaves(self) -> None:
        """Make a leaf of every input used, in order of appearance; raise if a name has no value."""
        missing: dict[str, Token] = {}
        known = {*self.inputs, *CONSTANTS}
        for name, words in self.statements:
            for token, after in zip(words, [*words[1:], None]):
                word = token.text
                if token.kind != "name" or (after and after.text == "("):
                    continue
                if word not in known:
                    missing.setdefault(word, token)
                elif word in self.inputs and word not in self.values:
                    given = self.inputs[word]
                    leaf = self.values[word] = given if type(given) is Value else Value(given)
                    leaf.label = leaf.label or word
            if name and name.text in self.inputs:
                raise mistake(self.text, name.start, f"{abbreviate(name.text)} is an input: choose another name here")
            if name:
                known.add(name.text)
        if missing:
            raise self.unknown(missing)

    def record(self, words: list[Token]) -> Any:
        """Record one expression by Dijkstra's shunting yard; return a Value, or a float if it has no names."""
        found: list[tuple[Any, Token]] = []  # operands, and the token where each begins
        waiting = [Open(Token("mark", "(", words[0].start, words[0].start), OPEN, 0)]
        for before, token, after in zip([None, *words], words, [*words[1:], None]):
            if token.kind in ("number", "name"):
                if not (after and after.text == "("):
                    found.append((self.operand(token), token))
            elif token.nesting > 0:
                function = before if before and before.kind == "name" else None
                waiting.append(Open(token, OPEN, len(found), function))
            elif not (before and before.ends_operand) and token.nesting == 0:
                waiting.append(Open(token, MINUS, len(found)))
            else:
                strength = OPERATORS[token.text][0] if token.kind == "sign" else OPEN
                self.close(found, waiting, strength + (strength == POWER))  # a ** b ** c is a ** (b ** c)
                if token.kind == "sign":
                    waiting.append(Open(token, strength, len(found) - 1))
                elif token.text == ",":
                    waiting[-1].commas += 1
                else:
                    self.bracket(found, waiting.pop())
        self.close(found, waiting, OPEN)
        self.bracket(found, waiting.pop())
        return self.number(*found[0])

    def close(self, found: list[Any], waiting: list[Open], strength: int) -> None:
        """Apply the waiting signs of at least this strength."""
        while waiting[-1].strength >= max(strength, 0):
            sign = waiting.pop()
            operands, start = found[sign.base :], found[sign.base][1] if sign.strength != MINUS else sign.token
            numbers = [self.number(x, start) for x, _ in operands]
            if sign.strength == COMPARISON and strength == COMPARISON:
                raise mistake(self.text, start.start, "compare two at a time and multiply: (0 < x) * (x < 1)")
            found[sign.base :] = [(apply_sign(sign.token.text, numbers), start)]

    def bracket(self, found: list[Any], opened: Open) -> None:
        """Replace the operands between two brackets by their value, or that of the function before them."""
        inside, start = [x for x, _ in found[opened.base :]], opened.function or opened.token
        if opened.function:
            result = self.call(opened.function, inside)
        elif opened.token.text == "[":
            result = [self.number(x, start) for x in inside]
        elif opened.commas or not inside:
            inside = [self.number(x, start) for x in inside]
            raise mistake(self.text, start.start, "a comma only separates a function's arguments, as in max(x, y)")
        else:
            result = inside[0]
        found[opened.base :] = [(result, start)]

    def number(self, x: Any, token: Token) -> Any:
        """Return x; raise if it is a list."""
        if type(x) is list:
            raise mistake(self.text, token.start, "only some functions take a list, as in sum([x, y])")
        return x

    def operand(self, token: Token) -> Any:
        """The value of a number or name."""
        if token.kind == "name":
            return self.values[token.text] if token.text in self.values else CONSTANTS[token.text]
        number = float(token.text)
        if number == math.inf:
            raise mistake(self.text, token.start, "this number is too large for a float64: write inf if you mean it")
        return number

    def call(self, token: Token, arguments: list[Any]) -> Any:
        name = token.text
        try:
            return call(self.resolve(name), arguments, self.functions)
        except (ValueError, IndexError) as error:
            advice = str(error)
            if name in {*self.values, *self.inputs, *CONSTANTS} - known_functions(self.functions):
                x = abbreviate(name)
                advice = f"{x} is a number, not a function: for a product, write {x}*( ... )"
            raise mistake(self.text, token.start, advice) from None

    def resolve(self, name: str) -> str:
        """The name under which a function is known: ln is log."""
        return name if name in self.functions else SYNONYMS.get(name, name)

    def unknown(self, missing: dict[str, Token]) -> ExpressionError:
        """The error for names without a value, with a guess at what was meant and the corrected call."""
        for name, token in missing.items():
            if self.resolve(name) in known_functions(self.functions):
                return mistake(self.text, token.start, f"{name} is a function: write {name}(x)")
        written = {token.text for _, words in self.statements for token in words}
        written |= {name.text for name, _ in self.statements if name}
        idle = [name for name in self.inputs if name not in written]
        known = {*written, *self.inputs, *CONSTANTS}
        guesses = {name: guess(name, known - {name}, idle) for name in [*missing][:20]}  # nobody reads more
        name = next((name for name in guesses if guesses[name]), next(iter(missing)))
        advice = f"{abbreviate(*missing)} {'have' if len(missing) > 1 else 'has'} no value: "
        if guesses[name]:
            advice += f"did you mean {guesses[name]}? If not, "
        given = {name: x.data if type(x) is Value else x for name, x in self.inputs.items()}
        correction = f"parse({', '.join([repr(self.text.strip()), *fill_in(given, missing)])})"
        error = mistake(self.text, missing[name].start, f"{advice}write\n    {correction}")
        error.missing, error.correction = tuple(missing), correction
        return error
