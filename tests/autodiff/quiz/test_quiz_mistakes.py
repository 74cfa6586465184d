"""The table of mistakes: feedback names each mistake made by hand."""

import math
import random

import pytest

from autodiff import Primitive, variables
from autodiff.quiz import Question, questions

E7 = "a = x + y; b = max(y, z); f = a * b", {"x": 1, "y": 2, "z": 0}
NEURON = "s = sigmoid(w * x); f = (s - 1)**2", {"w": 0.5, "x": 2.5}
Z, S = 1.25, 1 / (1 + math.exp(-1.25))  # the neuron's w*x and s
U = 2 * (S - 1)  # its df/ds


@pytest.mark.parametrize(
    ("graph", "blank", "given", "name"),
    [
        (E7, "df/dx", -2, "sign"),
        (E7, "df/dy", 3, "forgotten path"),
        (E7, "df/dy", 2, "forgotten path"),
        (E7, "df/dy", 2, "replaced"),
        (E7, "df/dy", 3 * 2, "product of paths"),
        (E7, "df/db", 2, "swapped operand"),
        (E7, "df/dz", 3, "max"),
        (E7, "df/dx", 1, "local alone"),
        (NEURON, "df/ds0", U, "upstream alone"),
        (NEURON, "df/ds0", S * (1 - S), "local alone"),
        (NEURON, "df/ds0", U * Z * (1 - Z), "input for output"),
        (NEURON, "df/ds0", U * S, "lost factor"),
        (NEURON, "df/ds0", U * (1 - S), "lost factor"),
        (NEURON, "df/ds1", S - 1, "lost factor"),
        (NEURON, "df/ds1", 2 * (S - 1) ** 2, "exponent"),
        (("f = 1 / exp(x)", {"x": 1}), "df/ds0", math.exp(-2), "lost minus"),
        (("f = x / y", {"x": 3, "y": 2}), "df/dx", 2, "wrong way around"),
        (("f = x / y", {"x": 3, "y": 2}), "df/dy", 1 / 3, "wrong way around"),
        (("f = x / y", {"x": 3, "y": 2}), "f", 2 / 3, "wrong way around"),
        (("f = relu(x) * y", {"x": -2, "y": 3}), "df/dx", 3, "max"),
        (("f = tanh(x) * y", {"x": 0.5, "y": 3}), "df/ds0", math.tanh(0.5), "value for gradient"),
        (E7, "a", 2, "another gate"),
        (("f = exp(x)", {"x": 2}), "f", 2, "gate forgotten"),
        (E7, "df/dx", 5, "copied"),
        (NEURON, "df/ds0", "-0.08", "rounded"),
        (NEURON, "df/ds0", "-0.1", "rounded"),
    ],
)
def test_mistakes_are_named(graph, blank, given, name):
    verdict = Question(*graph).check({blank: given})[blank]
    assert not verdict.right
    assert name in verdict.mistakes[:2]
    assert f"{Question(*graph).answers[blank]:.3g}" not in verdict.text


def made_by_hand(question, blank):
    """(name, number) of every mistake possible at the blank, computed here and not by the table."""
    node, steps, total = question.nodes[blank], question.paths(blank), question.answers[blank]
    yield "sign", -total
    gradients = list(question.answers)
    for other in (gradients.index(blank) - 1, gradients.index(blank) + 1):
        if 0 <= other < len(gradients):
            yield "copied", question.answers[gradients[other]]
    if not steps:
        a, *b = [getattr(x, "data", x) for x in node.operands]
        gate = node.primitive.name
        if gate in ("add", "sub", "mul", "div"):
            yield "another gate", {"add": a * b[0], "sub": a + b[0], "mul": a + b[0], "div": a * b[0]}[gate]
        if gate == "maximum" or not b:
            yield ("another gate", min(a, *b)) if b else ("gate forgotten", a)
        if gate in ("sub", "div"):
            yield "wrong way around", b[0] - a if gate == "sub" else b[0] / a if a else 0.0
        return
    yield "value for gradient", node.data
    parts = [step.upstream * step.local for step in steps]
    if len(parts) > 1:
        yield "replaced", parts[-1]
        yield from (("forgotten path", total - part) for part in parts)
        yield "product of paths", math.prod(parts)
    for step, part in zip(steps, parts):
        rest, out, up = total - part, step.node.data, step.upstream
        operands = [getattr(x, "data", x) for x in step.node.operands]
        own, gate = operands[step.place], step.node.primitive.name
        yield "upstream alone", rest + up
        yield "local alone", rest + step.local
        if gate in ("maximum", "relu"):
            yield "max", rest + up * (1 - step.local)
        if gate == "mul":
            yield "swapped operand", rest + up * own
        if gate == "sigmoid":
            yield "input for output", rest + up * own * (1 - own)
            yield from [("lost factor", rest + up * out), ("lost factor", rest + up * (1 - out))]
        if gate == "tanh":
            yield "lost factor", rest + up * (1 - out)
            yield "input for output", rest + up * (1 - own * own)
        if gate == "exp":
            yield "input for output", rest + up * own
        if gate == "log":
            yield from [("output for input", rest + up / out)] if out else []
            yield "wrong way around", rest + up * own
        if gate == "power":
            yield from [("lost factor", rest + up * own), ("exponent", rest + up * 2 * own * own)]
        if gate == "div":
            yield from [("wrong way around", rest + up * operands[1])] if not step.place else []
            yield from [("wrong way around", rest + up / operands[0])] if step.place and operands[0] else []
            yield from [("lost minus", rest - part)] if step.place else []


NAMES = [  # mistakes of each level, in addition to those below
    {"sign", "copied", "another gate", "value for gradient", "upstream alone", "local alone", "swapped operand"},
    {"max", "gate forgotten", "replaced", "forgotten path", "product of paths"},
    {"wrong way around", "lost minus", "lost factor", "exponent", "input for output"},
    {"output for input"},
]


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_mistakes_in_random_graphs(level):
    seen = {}
    for question in questions(25, seed=10 + level, level=level):
        for blank, right in question.answers.items():
            for name, given in made_by_hand(question, blank):
                if math.isfinite(given) and abs(given - right) > 0.011 * abs(right):
                    verdict = question.check({blank: given})[blank]
                    assert name in verdict.mistakes, (question, blank, given, verdict)
                    assert ("; or " in verdict.text) == (len(verdict.mistakes) > 1)
                    seen[name] = seen.get(name, 0) + 1
    assert set(seen) >= set().union(*NAMES[:level])


def numbers_of_a_student(question, wrong, factor):
    """All answers of a student whose only mistake is at the blank ``wrong``."""
    values, gradients, answers = {}, {question.order[-1]: 1.0}, {}
    steps = question.steps
    for node in question.order:
        values[node] = node.data
        if node.primitive:
            name = steps.names[node]
            operands = [values.get(x, x) for x in node.operands]
            values[node] = node.primitive(*operands) * (factor if name == wrong else 1)
            answers[name] = values[node]
    for node in reversed(question.order):
        if node in steps.arriving:
            total = 0.0
            for step in steps.arriving[node]:
                known = [values.get(x, x) for x in step.node.operands]
                local = step.node.primitive.local_gradients(values[step.node], *known)[step.place]
                total += gradients[step.node] * local
            name = question.blank(node)
            gradients[node] = answers[name] = total * (factor if name == wrong else 1)
    return answers


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_mistake_is_blamed_once(level):
    source = random.Random(level)
    for question in questions(25, seed=30 + level, level=level):
        wrong = source.choice([name for name, x in question.answers.items() if x])
        answers = numbers_of_a_student(question, wrong, source.choice([-1, 3, 0.5]))
        if all(map(math.isfinite, answers.values())):
            verdicts = question.check(answers)
            assert [name for name, x in verdicts.items() if not x.right and not x.follows] == [wrong]
            left = {name: x for name, x in answers.items() if source.random() < 0.6 or name == wrong}  # others are open
            verdicts = question.check(left)
            assert [name for name, x in verdicts.items() if not x.right and not x.follows] == [wrong]


def test_mistake_on_one_path():
    question = Question("a = x * y; f = a + relu(x)", {"x": 3, "y": 5})

    assert question.check({"df/dx": 3 + 1})["df/dx"].mistakes[0] == "swapped operand"
    assert question.check({"df/dx": -5 + 1})["df/dx"].mistakes == ("sign",)


def test_mistakes_of_own_gates():
    cube = Primitive("cube", lambda x: x * x * x, lambda out, x: (3.0 * x * x,))
    plain = Primitive("plain", lambda x: math.log(x), lambda out, x: (1 / float(x),))
    x, y = variables(x=2, y=5)
    question = Question.of(cube(x) * plain(y))

    assert "lost factor" in question.check({"df/dx": 3 * 2 * math.log(5)})["df/dx"].mistakes
    assert question.check({"df/dy": -8 / 5})["df/dy"].mistakes == ("sign",)
    assert question.check({"s1": -1, "df/ds0": -1, "df/dx": -12, "s0": 8})["df/dx"].follows == "df/ds0"
