"""Questions with blanks: small seeded graphs to work out, and feedback on a student's numbers."""

from __future__ import annotations

import random
from math import isfinite, prod
from operator import index

from ..formula import exact, names, show, statements
from ..graph import history
from ..ieee import real
from ..parser import ExpressionError, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..engine import Value
    from ..steps import Step, Steps

BINARY = ["{} + {}", "{} - {}", "{} * {}", "{} * {}", "max({}, {})"]
UNARY = ["relu({})", "-{}"]


class Question:
    """One graph, its gates as statements in ``text``, whose gate values and gradients are asked for.

    ``answers`` has the gates by name, then gradients as ``df/dx``, but for inf and nan. ValueError if there is nothing
    to ask: the output is inf or nan, or an input.
    """

    __slots__ = ("answers", "inputs", "steps", "text")

    def __init__(self, text: str, inputs: Mapping[str, float], output: Value | None = None) -> None:
        self.text = text
        self.inputs = dict(inputs)
        self.steps: Steps = (parse(text, **inputs) if output is None else output).steps()
        called, root = self.steps.names, self.steps.output
        self.answers = {called[row.node]: row.node.data for row in self.steps.rows if row.node.primitive}
        totals = {step.operand: step.total for step in self.steps}
        gradients = sorted(
            totals, key=lambda node: (node.primitive is None, -node.born if node.primitive else node.born)
        )
        self.answers |= {f"d{called[root]}/d{called[node]}": totals[node] for node in gradients}
        self.answers = {name: x for name, x in self.answers.items() if isfinite(x)}
        if called[root] not in self.answers:
            where = f"{text!r:.60} at {self.given():.60}"
            raise ValueError(f"there is nothing to ask: {where} is {root.data}, or no gate; take other numbers")

    @classmethod
    def of(cls, output: Value) -> Question:
        """The question about a recorded graph: its gates and its gradients are asked for.

        Examples
        --------
        >>> from autodiff import variables
        >>> x, y = variables(x=3, y=4)
        >>> print(Question.of(x * y).feedback({"f": 12, "df/dx": 4, "df/dy": 1}))
        f = 12: right
        df/dx = 4: right
        df/dy = 1: that is the upstream gradient alone; times local: 1 * 3 = 3
            look at the edge from f to y: upstream 1, local 3
        """
        order = history(output)
        called = names(order, output)
        inputs = {called[node]: node.data for node in order if not node.primitive}
        return cls("; ".join(statements(order, output)), inputs, output)

    def __repr__(self) -> str:
        return f"Question({self.text!r}, {self.given()})"

    def given(self) -> str:
        """The inputs as text: ``x = 1, y = 2``."""
        return ", ".join(f"{name} = {exact(float(x))}" for name, x in self.inputs.items())

    def paths(self, name: str) -> list[Step]:
        """The steps that arrive at the gradient of that name, one for each edge."""
        names, output = self.steps.names, self.steps.output
        return [step for step in self.steps if f"d{names[output]}/d{names[step.operand]}" == name]

    def check(self, answers: Mapping[str, float | str], tolerance: float = 0.005) -> dict[str, str]:
        """A sentence about each answer, "right" or what seems to have gone wrong.

        Answers are numbers, or texts such as "1/3", by the names in ``self.answers``; what is missing is not judged.
        KeyError for a name that was not asked for, TypeError or ValueError for an answer that is no number.
        """
        unknown = [name for name in answers if name not in self.answers]
        if unknown:
            raise KeyError(f"not asked for: {', '.join(map(str, unknown))}; the blanks are {', '.join(self.answers)}")
        return {
            name: "right" if abs(given - self.answers[name]) <= tolerance else self.mistake(name, given, tolerance)
            for name, given in numbers_of(answers).items()
        }

    def feedback(self, answers: Mapping[str, float | str], tolerance: float = 0.005) -> str:
        """The verdicts of ``check`` as lines; under a wrong gradient the edges on which to look for the fault.

        Where a gradient was worked out rightly from a wrong one further up, it says so.
        """
        lines, called = [], self.steps.names
        verdicts, answers = self.check(answers, tolerance), numbers_of(answers)
        for name, verdict in verdicts.items():
            above = "" if verdict == "right" else self.carried(name, answers, tolerance)
            verdict = f"follows from your {above}, which is wrong; this edge is right" if above else verdict
            lines.append(f"{name} = {exact(answers[name])}: {verdict}")
            if verdict != "right" and not above:
                lines += [
                    f"    look at the edge from {called[step.node]} to {called[step.operand]}: "
                    f"upstream {show(step.upstream)}, local {show(step.local)}"
                    for step in self.paths(name)
                ]
        missing = [name for name in self.answers if name not in answers]
        return "\n".join([*lines, f"still open: {', '.join(missing)}"] if missing else lines)

    def carried(self, name: str, answers: Mapping[str, float], tolerance: float) -> str:
        """The wrong gradient further up from which this one was worked out rightly; "" if there is none."""
        total, culprit = 0.0, ""
        for step in self.paths(name):
            above = f"d{self.steps.names[self.steps.output]}/d{self.steps.names[step.node]}"
            upstream = answers.get(above, step.upstream)
            culprit = above if abs(upstream - step.upstream) > tolerance else culprit
            total += upstream * step.local
        return culprit if abs(answers[name] - total) <= tolerance else ""

    def mistake(self, name: str, given: float, tolerance: float) -> str:
        """What a wrong number looks like it came from."""
        right, paths = self.answers[name], self.paths(name)
        told = (exact if show(given) == show(right) else show)(right)

        def near(x: float) -> bool:
            return abs(given - x) <= tolerance

        if near(-right):
            return f"the sign: it is {told}"
        if len(paths) > 1 and any(near(step.downstream) for step in paths):
            parts = [step.downstream for step in paths]
            return f"{len(paths)} paths lead here, and they add up: {equation(' + ', parts, sum, right)}"
        if any(near(step.local) for step in paths):
            return f"that is the local gradient alone; times upstream: {self.product(paths[0])}"
        if any(near(step.upstream) for step in paths):
            return f"that is the upstream gradient alone; times local: {self.product(paths[0])}"
        if paths:
            return f"upstream times local is {self.product(paths[0])}"
        return f"it is {told}"

    @staticmethod
    def product(step: Step) -> str:
        return equation(" * ", [step.upstream, step.local], prod, step.downstream)


def equation(sign: str, parts: list[float], computed: Callable[[list[float]], float], answer: float) -> str:
    """The parts and their sum or product as text, "(rounded)" where the printed parts give another number."""
    texts = [show(part) for part in parts]
    rounded = isfinite(answer) and show(computed([float(text) for text in texts])) != show(answer)
    return f"{sign.join(texts)} = {show(answer)}{' (rounded)' * rounded}"


def numbers_of(answers: Mapping[str, float | str]) -> dict[str, float]:
    """The answers as numbers, "1/3" and "-4" too; an error that names the blank for what is none."""
    numbers = {}
    for name, given in answers.items():
        try:
            numbers[name] = parse(given).data if isinstance(given, str) else real(given, name)
        except ExpressionError:
            raise ValueError(f"{name} takes a number such as -4, 0.25 or 1/3, got {given!r:.60}") from None
    return numbers


def questions(count: int, seed: int = 0, gates: int = 3) -> list[Question]:
    """``count`` random questions of graphs with 1 to 8 gates; the same seed gives the same ones everywhere."""
    if count < 1:
        raise ValueError(f"a quiz has at least 1 question, got {count}")
    if not 1 <= gates <= 8:
        raise ValueError(f"a question has 1 to 8 gates, got {gates}")
    source = random.Random(index(seed))
    made: list[Question] = []
    while len(made) < count:
        question = Question(*sketch(source, gates))
        on_kink = any(step.kink for step in question.steps)
        if not on_kink and max(map(abs, question.answers.values())) <= 100 and question.steps[0].total != 0.0:
            made.append(question)
    return made


def sketch(source: random.Random, gates: int) -> tuple[str, dict[str, int]]:
    """The text and inputs of one graph in which everything leads to the output f, some of it twice."""
    inputs = {name: source.choice([-4, -3, -2, -1, 1, 2, 3, 4, 5]) for name in "xyz"[: min(3, gates + 1)]}
    known, unused, lines = list(inputs), list(inputs), []
    for i in range(gates):
        operands, kinds = [unused.pop(0)], BINARY
        if unused and (len(unused) >= gates - i or source.random() < 0.5):
            operands.append(unused.pop(0))
        elif source.random() < 0.7:
            operands.append(source.choice(known))
        else:
            kinds = UNARY
        name = "f" if i == gates - 1 else "abcdegh"[i]
        lines.append(f"{name} = {source.choice(kinds).format(*operands)}")
        known.append(name)
        unused.append(name)
    return "; ".join(lines), inputs
