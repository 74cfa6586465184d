"""A question: a graph with its gate values and gradients to fill in, and feedback on a student's numbers."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from ..engine import Value
from ..formula import exact, names, show, statements
from ..graph import history
from ..ieee import real
from ..parser import ExpressionError, parse
from ..primitives import downstream
from ..steps import Step, Steps, slope
from ..vocabulary import SUM, words
from .mistakes import ROUNDED, Gate, Paths, candidates

Answers = Mapping[str, float | str | None]

NUMBER = re.compile(r"[-+]?\d*(?:\.(\d*))?(?:e([-+]?\d+))?", re.IGNORECASE)
FINEST, COARSEST = 0.001, 0.01  # least and greatest tolerance of an answer, relative
NOISE = 1e-12  # relative to its terms, a sum this small counts as 0
MOST_EDGES = 4  # in a hint
# A blank by the student's other numbers: gates or edges, their parts, the sum; the wrong answer behind it.
Blank = namedtuple("Blank", "gates parts number cause noise")


class Answer(NamedTuple):
    """A student's number, and half a unit of its last digit."""

    number: float
    half: float = 0.0

    def near(self, right: float, noise: float = 0.0) -> bool:
        """Whether this is the number to the digits given, within 1 % at worst; never with the wrong sign."""
        if abs(right) <= noise and self.number == 0.0:
            return True
        within = min(max(self.half, FINEST * abs(right)), COARSEST * abs(right))
        return abs(self.number - right) <= within * (1.0 + 1e-9)

    def rounds(self, right: float) -> bool:
        """Whether this is the number with too few digits, rounded or cut off."""
        gap = abs(self.number - right)
        cut = 0.0 < abs(self.number) < abs(right) and gap < 2.0 * self.half
        rounded = gap <= self.half and (self.number != 0.0 or abs(right) < 0.1)
        return self.number * right >= 0.0 and (cut or rounded)


class Verdict(NamedTuple):
    """The verdict on one answer, the names of possible mistakes, and the wrong answer that it follows from."""

    right: bool
    text: str
    mistakes: tuple[str, ...] = ()
    follows: str = ""


class Work:
    """All numbers as a student has them: the given ones, and the others computed from them."""

    def __init__(self, question: Question, answers: Answers) -> None:
        question.refuse(answers)
        self.question, self.called = question, question.steps.names
        self.given = {name: read_answer(name, x) for name, x in answers.items() if x is not None}
        self.blanks: dict[str, Blank] = {}
        self.blame: dict[str, str] = {}  # by blank, the wrong answer in its number
        arriving, output = question.steps.arriving, question.steps.output
        self.values = {node: node.data for node in question.order if not node.primitive}
        self.gradients = {output: 1.0}
        for node in question.order:
            if node.primitive:
                gate = self.gate(node)
                try:
                    made = node.primitive.compute(gate.operands)
                except ValueError:  # a user's gate may reject a wrong number
                    made = node.data
                terms = gate.operands if words(node.primitive).strength == SUM else ()
                cause = self.cause(self.called[x] for x in node.operands if type(x) is not float)
                self.values[node] = self.enter(self.called[node], [gate._replace(out=made)], [made], cause, terms)
        for node in filter(arriving.__contains__, reversed(question.order)):
            edges = [self.edge(step) for step in arriving[node]]
            parts = [downstream(edge.upstream, edge.local) for edge in edges]
            changed = [step.node for step, edge in zip(arriving[node], edges) if edge.local != step.local]
            near = [self.called[x] for gate in changed for x in (*gate.operands, gate) if type(x) is not float]
            cause = self.cause([*[question.blank(step.node) for step in arriving[node]], *near])
            self.gradients[node] = self.enter(question.blank(node), edges, parts, cause, parts)

    def enter(self, name: str, gates: list[Gate], parts: list[float], cause: str, terms: Sequence[float]) -> float:
        """Record a blank and return the number that the student continues with."""
        noise = NOISE * max(map(abs, terms), default=0.0)
        number, answer = sum(parts), self.given.get(name)
        self.blanks[name] = Blank(gates, parts, number, cause, noise)
        if answer:
            cause = "" if answer.near(self.question.answers[name], noise) else name
        self.blame[name] = cause
        return answer.number if answer else number

    def cause(self, blanks: Iterable[str]) -> str:
        """The first wrong answer in the numbers of these blanks, or ""."""
        return next(filter(None, (self.blame.get(name) for name in blanks)), "")

    def gate(self, node: Any) -> Gate:
        """The gate with the student's numbers."""
        operands = tuple([x if type(x) is float else self.values[x] for x in node.operands])
        return Gate(node.primitive, operands, self.values.get(node, node.data))

    def edge(self, step: Step) -> Gate:
        """The edge of a step with the student's numbers."""
        gate = self.gate(step.node)._replace(place=step.place, upstream=self.gradients[step.node])
        try:
            local = gate.rule(gate.out, *gate.operands)
        except ValueError:
            local = step.local
        return gate._replace(local=float(local), closes=type(local) is bool)


class Question:
    """A graph, with its gates as statements in ``text``, whose gate values and gradients are blanks.

    ``answers`` has the gates by name, then gradients as ``df/dx``, without inf and nan; ``attempts`` counts the wrong
    answers to each. ValueError if there is nothing to ask: the output is inf, nan or an input.
    """

    def __init__(self, text: str, inputs: Mapping[str, float], output: Value | None = None) -> None:
        self.text = text
        self.inputs = dict(inputs)
        self.steps: Steps = (parse(text, **inputs) if output is None else output).steps()
        self.order = history(self.steps.output)
        called, root = self.steps.names, self.steps.output
        totals = {node: steps[-1].total for node, steps in self.steps.arriving.items()}
        gradients = [node for node in reversed(self.order) if node.primitive and node in totals]
        gradients += [node for node in self.order if not node.primitive and node in totals]
        asked = [(called[node], node, node.data) for node in self.order if node.primitive]
        asked += [(self.blank(node), node, totals[node]) for node in gradients]
        self.answers = {name: x for name, _, x in asked if isfinite(x)}
        self.nodes = {name: node for name, node, _ in asked}
        self.attempts: dict[str, int] = {}
        self._last: dict[str, Answer] = {}
        if called[root] not in self.answers:
            why = f"is {root.data}: use other numbers" if root.primitive else "has no gate"
            raise ValueError(f"there is nothing to ask: {text!r:.60} at {self.given():.60} {why}")

    @classmethod
    def of(cls, output: Value) -> Question:
        """The question about a recorded graph.

        >>> from autodiff import variables
        >>> x, y = variables(x=3, y=4)
        >>> print(Question.of(x * y).feedback({"f": 12, "df/dx": 4, "df/dy": 1}))
        f = 12: right
        df/dx = 4: right
        df/dy = 1: that is the upstream gradient alone: multiply it by the local gradient
            look at the edge from f to y
        """
        order = history(output)
        called = names(order, output)
        inputs = {called[node]: node.data for node in order if not node.primitive}
        return cls("; ".join(statements(order, output)), inputs, output)

    def __repr__(self) -> str:
        return f"Question({self.text!r}, {self.given()})"

    @property
    def graph(self) -> Value:
        """The graph labeled with the question's names, to draw with ``values=False, gradients="blank"``."""
        copies: dict[Any, Value] = {}
        for node in self.order:
            operands = [x if type(x) is float else copies[x] for x in node.operands]
            copies[node] = Value.record(node.primitive, operands) if node.primitive else Value(node.data)
            copies[node].label = self.steps.names[node]
        return copies[self.steps.output]

    def given(self) -> str:
        """The inputs as text: ``x = 1, y = 2``."""
        return ", ".join(f"{name} = {exact(float(x))}" for name, x in self.inputs.items())

    def blank(self, node: Any) -> str:
        """The name of a node's gradient: df/dx."""
        return f"d{self.steps.names[self.steps.output]}/d{self.steps.names[node]}"

    def paths(self, name: str) -> Sequence[Step]:
        """The steps that arrive at the gradient of that name, one per edge; none for a gate's value."""
        node = self.nodes[name]
        return self.steps.arriving[node] if name == self.blank(node) else ()

    def check(self, answers: Answers) -> dict[str, Verdict]:
        """A verdict on each answer (a number, a text such as "1/3", or None): right to its digits, or what went wrong.

        No verdict gives a number away. KeyError for an unknown name, TypeError or ValueError if not a number.
        """
        work = Work(self, answers)
        return {name: self.judge(name, work) for name in work.given}

    def refuse(self, asked: Iterable[str]) -> None:
        """Raise KeyError for a name without a blank."""
        unknown = [name for name in asked if name not in self.answers]
        if unknown:
            raise KeyError(f"not asked for: {', '.join(map(str, unknown))}; the blanks are {', '.join(self.answers)}")

    def judge(self, name: str, work: Work) -> Verdict:
        answer, blank = work.given[name], work.blanks[name]
        if answer.near(self.answers[name], blank.noise):
            return Verdict(True, "right")
        if answer.near(blank.number, blank.noise):
            what = "edge" if self.paths(name) else "gate"
            said = f"follows from your {blank.cause}, which is wrong; this {what} is right"
            return Verdict(False, said, follows=blank.cause) if blank.cause else Verdict(True, "right")
        found: dict[str, str] = {}
        for known in (work, Work(self, {})) if blank.cause else (work,):
            near = {row.name: row.sentence for row, x in self.wrong(name, known) if answer.near(x)}
            near |= {"rounded": ROUNDED} if answer.rounds(known.blanks[name].number) else {}
            found = found or near
        return Verdict(False, "; or ".join([*found.values()][:2]) or "not right yet", tuple(found))

    def wrong(self, name: str, work: Work) -> Iterable[tuple[Any, float]]:
        """Every mistake of the table with the number that it gives for this blank."""
        node, steps, blanks, blank = self.nodes[name], self.paths(name), list(self.answers), work.blanks[name]
        numbers = {x: work.given[x].number if x in work.given else right for x, right in self.answers.items()}
        place = blanks.index(name)
        adjacent = {*blanks[max(0, place - 1) : place + 2]} - {name}
        siblings = {x for step in steps for x in step.node.operands if type(x) is not float} - {node}
        adjacent |= set(map(self.blank, siblings))
        other = self.steps.names[node] if steps else self.blank(node)
        value = [node.data] if node.primitive is None else [numbers[other]] if other in numbers else []
        nearby = [x for other, x in numbers.items() if other in adjacent]
        return candidates(blank.gates, Paths(blank.parts, value, nearby), bool(steps))

    def mistakes(self, name: str) -> list[tuple[float, str]]:
        """Typical wrong numbers for a blank, with sentences; none is near the right number or another."""
        found: dict[float, dict[str, None]] = {self.answers[name]: {}}
        for row, x in self.wrong(name, Work(self, {})):
            near = [y for y in found if abs(x - y) <= 2.0 * COARSEST * max(abs(x), abs(y))]
            if not near or Answer(x).near(near[0]):
                found.setdefault(near[0] if near else x, {})[row.sentence] = None
        return [(x, "; or ".join([*said][:2])) for x, said in [*found.items()][1:]]

    def feedback(self, answers: Answers) -> str:
        """The verdicts of ``check`` as lines, a hint with each mistake; the next wrong answer gets the next hint.

        Hints are where to look, the rule, and the local gradients; only ``reveal`` shows the answer.
        """
        work = Work(self, answers)
        lines = [self.respond(name, work) for name in work.given]
        missing = [name for name in self.answers if name not in work.given]
        return "\n".join([*lines, f"still open: {', '.join(missing)}"] if missing else lines)

    def respond(self, name: str, work: Work) -> str:
        """Give the verdict as a line, and as many hints as there were wrong answers to the blank."""
        answer, verdict = work.given[name], self.judge(name, work)
        lines = [f"{name} = {exact(answer.number)}: {verdict.text}"]
        if not verdict.right and not verdict.follows:
            self.attempts[name] = self.attempts.get(name, 0) + (self._last.get(name) != answer)
            self._last[name] = answer
            lines += self.hints(name, work)[: self.attempts[name]]
        return "\n    ".join(lines)

    def hints(self, name: str, work: Work) -> list[str]:
        """The hints for a blank, with the student's numbers: where to look, the rule, the local gradients."""
        called, steps, last = self.steps.names, self.paths(name), f'reveal("{name}") shows the answer'
        if not steps:
            (row,), gate = self.rows(name), self.nodes[name]
            numbers = [f"{called[x]} = {show(work.values[x])}" for x in gate.operands if type(x) is not float]
            inputs = f"its inputs: {', '.join(dict.fromkeys(numbers))}"
            return [f"look at the gate {name}", f"its rule: {name} = {row.gate()}", inputs, last]
        shown, more = steps[:MOST_EDGES], len(steps) - MOST_EDGES
        slopes = [slope(called[step.node], called[step.operand]) for step in shown]
        where = " and ".join(f"from {called[step.node]} to {called[step.operand]}" for step in shown)
        terms = " + ".join(f"{self.blank(step.node)} * {local}" for step, local in zip(shown, slopes))
        roles = "; ".join(dict.fromkeys(step.role for step in shown))
        numbers = []
        for x, step, edge in zip(slopes, shown, work.blanks[name].gates):
            number = "" if Answer(abs(edge.local)).near(abs(self.answers[name])) else show(edge.local)
            numbers.append(" = ".join(dict.fromkeys(filter(None, (x, step.formula, number)))))
        return [
            f"look at the edge{'s' * (len(steps) > 1)} {where}{f' and {more} more' * (more > 0)}",
            f"the rule: {name} = {terms}{' + ...' * (more > 0)} ({roles})", f"local: {', '.join(numbers)}", last,
        ]  # fmt: skip

    def rows(self, name: str) -> Sequence[Any]:
        """The rows of the steps for a blank."""
        forward = (row for row in self.steps.rows if row.phase == "forward" and row.node is self.nodes[name])
        return self.paths(name) or [next(forward)]

    def reveal(self, *names: str) -> str:
        """The lines of both passes for these blanks, or for all.

        >>> print(Question("a = x + y; f = a * y", {"x": 1, "y": 2}).reveal("a", "df/dy"))
        a = x + y = 1 + 2 = 3
        df/dy = df/df * a = 1 * 3 = 3
        df/dy += df/da * da/dy = 2 * 1 = 2
        y is copied: its two gradients add up: 3 + 2 = 5
        """
        self.refuse(names)
        lines = []
        for name in names or self.answers:
            steps = self.rows(name)
            lines += [" = ".join(row.parts[:2]) for row in steps] + [step.copy for step in steps[1:][-1:]]
        return "\n".join(lines)


def read_answer(name: str, given: Any) -> Answer:
    """Read an answer such as "1/3" or -4; raise, naming the blank, if it is not a number."""
    text = given.strip().replace("\N{MINUS SIGN}", "-") if isinstance(given, str) else exact(real(given, name))
    plain = NUMBER.fullmatch(text)
    if not isinstance(given, str) or (plain and re.search(r"\d", text.partition("e")[0])):
        places = int((plain and plain[2]) or 0) - len((plain and plain[1]) or "")
        return Answer(float(text), 0.5 * 10.0 ** min(places, 300))
    try:
        return Answer(parse(text).data)
    except ExpressionError:
        raise ValueError(f"{name} takes a number such as -4, 0.25, 1/3 or 2**10, got {given!r:.60}") from None
