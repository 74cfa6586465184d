"""Text to a recorded graph: ``"(x + y) * z"`` is read from left to right and recorded gate by gate.

Nothing in the text is ever run: every gate is a row of the table of primitives or a function composed from them.
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
from .errors import ExpressionError, filled, guessed, listed, mistake, shortened
from .functions import called, checked, known_functions
from .tokens import ALIASES, Token, plain, statements

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..typed import Function, Plain

    Functions = Mapping[str, Function[Any]] | Value | Plain | None

CONSTANTS = {"e": math.e, "pi": math.pi, "\N{GREEK SMALL LETTER PI}": math.pi, "inf": math.inf, "nan": math.nan}


SIGNS = {row.sign: (row.strength, primitives.PRIMITIVES[name]) for name, row in INFIX.items()}
OPEN = -1  # how strongly a bracket holds what stands before it


def applied(sign: str, operands: Sequence[Any]) -> Any:
    """The gate of a sign, on one operand or two."""
    a, b = operands[0], operands[-1]
    if len(operands) == 1:
        return primitives.neg(a) if sign == "-" else a
    return primitives.reciprocal(b) if sign == "/" and type(a) is float and a == 1.0 else SIGNS[sign][1](a, b)


class Open:
    """What waits for its last operand: a sign, or a bracket with the function before it.

    ``strength`` is how strongly it holds what stands behind it, ``base`` how many operands stand before its own.
    """

    def __init__(self, token: Token, strength: int, base: int, function: Token | None = None) -> None:
        self.token, self.strength, self.base, self.function = token, strength, base, function
        self.commas = 0


def parse(text: str, /, *, functions: Functions = None, **inputs: Value | Plain) -> Value:
    """The graph that a text describes, recorded: its last statement's result.

    Numbers in the text are constants, ``e`` and ``pi`` too unless they are inputs; a name set to a plain number is a
    leaf. ExpressionError for any other text shows the place and what to write. UserWarning if an input or a statement
    has no influence on the result.

    Parameters
    ----------
    text : str
        Statements divided by ``;`` or line ends, ``"q = x + y; f = q * z"``: numbers, names,
        ``+ - * / // % **``, comparisons and this package's functions. Names label the gates.
    functions : mapping of str to Primitive or function, optional
        Your own functions of Values and numbers, by name; they go before this package's.
    **inputs : int, float or Value
        The numbers of the names; those used become labeled leaves in order of appearance, a Value stays as it is.

    Examples
    --------
    >>> f = parse("q = x + y; f = q * z", x=-2, y=5, z=-4)
    >>> f
    Value(-12.0, 'f')
    >>> f.operands
    (Value(3.0, 'q'), Value(-4.0, 'z'))
    """
    if not isinstance(text, str):
        raise TypeError(f"parse takes a text, got {type(text).__name__}: {text!r:.60}")
    own: Any = functions
    if type(own) is Value or number(own) is not None:
        inputs, own = {**inputs, "functions": own}, None  # an input that is called so
    numbers = {plain(name): x if type(x) is Value else real(x, name) for name, x in inputs.items()}
    output, idle = read(text, numbers, checked(own or {}))
    if idle:
        warnings.warn(idle, stacklevel=2)
    return output


def read(text: str, numbers: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> tuple[Value, str]:
    """(The graph that a text describes, what is said about inputs and statements that it does not use)."""
    reader = Reader(text, numbers, functions)
    output = reader.read()
    used = set(history(output))
    named = [*{**reader.inputs, **reader.values}.items(), *reader.lost]
    idle = [name for name, x in named if type(x) is not Value or x not in used]
    if not idle:
        return output, ""
    them = "them" if len(idle) > 1 else "it"
    return output, f"{listed(idle, 'is', 'are')} not used: {output.label or 'the result'} does not depend on {them}"


class Reader:
    """A text being read: its statements, the inputs given, and the values of its names so far."""

    def __init__(self, text: str, inputs: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> None:
        self.text, self.functions, self.inputs = text, functions, inputs
        self.values: dict[str, Value] = {}
        self.lost: list[tuple[str, Value]] = []
        self.statements = list(statements(text, functions))
        if not self.statements:
            raise mistake(text, 0, 'it is empty: write one, such as "(x + y) * z"')

    def read(self) -> Value:
        """Record all statements and return the last result."""
        self.make_leaves()
        for name, words in self.statements:
            result = self.record(words)
            output: Value = result if type(result) is Value else Value(result)
            if not name or name.text in self.values:  # nothing can speak of it any more
                text = self.text[words[0].start : words[-1].end]
                self.lost.append((name.text, self.values[name.text]) if name else (text, output))
            if name:
                output.label = output.label or name.text
                self.values[name.text] = output
        return output

    def make_leaves(self) -> None:
        """Make a leaf of every input in the order of first appearance; raise if a name has no value."""
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
                raise mistake(self.text, name.start, f"{shortened(name.text)} is an input: choose another name here")
            if name:
                known.add(name.text)
        if missing:
            raise self.unknown(missing)

    def record(self, words: list[Token]) -> Any:
        """The result of one expression: a Value, or a float if it holds no names.

        Signs and brackets wait until what they hold is complete: Dijkstra's shunting yard, without a recursion.
        """
        found: list[tuple[Any, Token]] = []  # operands, and where each begins
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
                strength = SIGNS[token.text][0] if token.kind == "sign" else OPEN
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
        """Apply the signs that hold at least so strongly what stands behind them."""
        while waiting[-1].strength >= max(strength, 0):
            sign = waiting.pop()
            operands, start = found[sign.base :], found[sign.base][1] if sign.strength != MINUS else sign.token
            numbers = [self.number(x, start) for x, _ in operands]
            if sign.strength == COMPARISON and strength == COMPARISON:
                raise mistake(self.text, start.start, "compare two at a time and multiply: (0 < x) * (x < 1)")
            found[sign.base :] = [(applied(sign.token.text, numbers), start)]

    def bracket(self, found: list[Any], opened: Open) -> None:
        """Replace what stands between two brackets by what it is, with the function before them."""
        inside, start = [x for x, _ in found[opened.base :]], opened.function or opened.token
        if opened.function:
            result = self.call(opened.function, inside)
        elif opened.token.text == "[":
            result = [self.number(x, start) for x in inside]
        elif opened.commas or not inside:
            inside = [self.number(x, start) for x in inside]
            raise mistake(
                self.text, start.start, "a comma only stands between what a function is given, as in max(x, y)"
            )
        else:
            result = inside[0]
        found[opened.base :] = [(result, start)]

    def number(self, x: Any, token: Token) -> Any:
        """x; an error if it is a list."""
        if type(x) is list:
            raise mistake(self.text, token.start, "a list is only for functions that take one, as in sum([x, y])")
        return x

    def operand(self, token: Token) -> Any:
        """The number or name that a word stands for."""
        if token.kind == "name":
            return self.values[token.text] if token.text in self.values else CONSTANTS[token.text]
        number = float(token.text)
        if number == math.inf:
            raise mistake(self.text, token.start, "this number is too large for a float64: write inf if you mean it")
        return number

    def call(self, token: Token, arguments: list[Any]) -> Any:
        name = token.text
        try:
            return called(self.plain(name), arguments, self.functions)
        except (ValueError, IndexError) as error:
            advice = str(error)
            if name in {*self.values, *self.inputs, *CONSTANTS} - known_functions(self.functions):
                advice = f"{shortened(name)} is a number, no function: for a product write {shortened(name)}*( ... )"
            raise mistake(self.text, token.start, advice) from None

    def plain(self, name: str) -> str:
        """The name of a function as it is known: ln is log."""
        return name if name in self.functions else ALIASES.get(name, name)

    def unknown(self, missing: dict[str, Token]) -> ExpressionError:
        """The error for names without a value: what was meant, where that can be told, and the corrected command."""
        for name, token in missing.items():
            if self.plain(name) in known_functions(self.functions):
                return mistake(self.text, token.start, f"{name} is a function: write {name}(x)")
        written = {token.text for _, words in self.statements for token in words}
        written |= {name.text for name, _ in self.statements if name}
        idle = [name for name in self.inputs if name not in written]
        known = {*written, *self.inputs, *CONSTANTS}
        guesses = {name: guessed(name, known - {name}, idle) for name in [*missing][:20]}  # nobody reads more
        name = next((name for name in guesses if guesses[name]), next(iter(missing)))
        advice = f"{listed(missing, 'has', 'have')} no value: "
        if guesses[name]:
            advice += f"did you mean {guesses[name]}? If not, "
        given = {name: x.data if type(x) is Value else x for name, x in self.inputs.items()}
        call = f"parse({', '.join([repr(self.text.strip()), *filled(given, missing)])})"
        error = mistake(self.text, missing[name].start, f"{advice}write\n    {call}")
        error.missing, error.correction = tuple(missing), call
        return error
