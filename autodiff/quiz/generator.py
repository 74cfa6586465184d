"""Seeded questions: random graphs at four levels, lecture examples with other numbers, variants of both."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from operator import index

from ..lectures import EXAMPLES, LECTURES, find
from .exercises import GraphExercise, exercise
from .question import Question

LEVELS = (  # the gates that each level adds
    ("{} + {}", "{} - {}", "{} * {}", "{} * {}"),
    ("max({}, {})", "relu({})", "-{}"),
    ("{} / {}", "1 / {}", "{} ** 2", "exp({})"),
    ("sigmoid({})", "tanh({})", "log({})"),
)
GATE_COUNTS = (2, 3, 4, 5)
HALVES = (-2, -1, -0.5, 0.5, 1, 2, 3)
NUMBERS = ((1, 2, 3, 4, 5), (-4, -3, -2, -1, 1, 2, 3, 4, 5), HALVES, HALVES)
FACTORS = (-2, -1.5, -0.5, 0.5, 1.5, 2)  # for a lecture's number that is not whole
SMALLEST, LARGEST, WIDEST = 0.01, 100, 1000  # answers to compute by hand; the widest, if there are no others
TRIES = 500


def questions(count: int, seed: int = 0, gates: int | None = None, level: int = 2, like: str = "") -> list[Question]:
    """``count`` questions; the same seed gives the same ones everywhere, and a smaller count the first of them.

    A question has 1 to 8 ``gates``, by default 2 to 5 by the level. Level 1 has + - * of small numbers; 2 adds max,
    relu and minus; 3 division, squares and exp; 4 sigmoid, tanh and log. ``like`` uses lecture examples with other
    numbers instead of random graphs: an id such as "E7", or "D.1" of an exercise of the course, a lecture's letter, or
    several with commas between them.

    >>> questions(1, seed=1, like="D1")
    [Question('q = x + y; f = q * z', x = -2, y = -3, z = 1)]
    """
    if count < 1:
        raise ValueError(f"a quiz has at least 1 question, got {count}")
    if gates is not None and not 1 <= gates <= 8:
        raise ValueError(f"a question has 1 to 8 gates, got {gates}")
    if not 1 <= level <= len(LEVELS):
        raise ValueError(f"a level is 1 to {len(LEVELS)}, got {level}")
    source, models = random.Random(index(seed)), find_models(like, level)
    made: dict[str, Question] = {}
    misses = 0
    while len(made) < count:
        if like:
            question: Question | None = vary(*models[len(made) % len(models)], source, level)
        else:
            question = fit(*sketch(source, gates or GATE_COUNTS[level - 1], level), SMALLEST, LARGEST)
        misses = misses + 1 if question is None or repr(question) in made else 0
        if misses == TRIES:
            raise ValueError(f"there are only {len(made)} such questions: ask for fewer, got {count}")
        if question:
            made.setdefault(repr(question), question)
    return [*made.values()]


def variant(asked: Sequence[Question], number: int, seed: int = 0, level: int = 2) -> list[Question]:
    """The same questions with other numbers, determined by ``seed`` and the variant's ``number``."""
    source = random.Random(f"{index(seed)} {index(number)}")
    return [vary(question.text, question.inputs, source, level) for question in asked]


def find_models(like: str, level: int) -> list[tuple[str, Mapping[str, float]]]:
    """Find the texts and inputs of the lecture examples with these ids and letters."""
    made: list[tuple[str, Mapping[str, float]]] = []
    for id in map(str.strip, like.split(",") if like else ()):
        if "." in id:
            asked = exercise(id)
            if not isinstance(asked, GraphExercise):
                raise ValueError(f"{asked.id} has no graph to ask with other numbers: python -m autodiff {asked.id}")
            made.append((asked.question.text, asked.question.inputs))
            continue
        letter = id.upper() in LECTURES
        for example in [x for x in EXAMPLES.values() if x.id[0] == id.upper()] if letter else find(id):
            try:
                vary(example.text, example.inputs, random.Random(0), level)
            except ValueError:
                if not letter:
                    raise
            else:
                made.append((example.text, example.inputs))
    return made


def vary(text: str, inputs: Mapping[str, float], source: random.Random, level: int) -> Question:
    """Give a question other numbers, whole ones for whole ones; ValueError if none are found."""
    for i in range(TRIES):
        numbers = {
            name: source.choice(NUMBERS[level - 1]) if x == int(x) else round(x * source.choice(FACTORS), 3)
            for name, x in inputs.items()
        }
        question = fit(text, numbers, *((SMALLEST, LARGEST) if i < TRIES // 2 else (0.0, WIDEST)))
        if question and numbers != inputs:
            return question
    why = "with other numbers, its gradients are all 0, 1 or -1, or too large"
    raise ValueError(f"{text:.60} makes no question: {why}")


def fit(text: str, inputs: Mapping[str, float], smallest: float, largest: float) -> Question | None:
    """The question if it suits: finite, off all kinks, numbers of a handy size, gradients not all 0, 1 or -1."""
    try:
        question = Question(text, inputs)
    except ValueError:
        return None
    sizes = {abs(x) for x in question.answers.values()}
    slopes = {abs(question.answers.get(question.blank(node), 0.0)) for node in question.steps.arriving}
    whole = len(question.answers) == len(question.nodes) and not any(step.kink for step in question.steps)
    handy = max(sizes) <= largest and min(sizes - {0.0}, default=0.0) >= smallest
    return question if whole and handy and not slopes <= {0.0, 1.0} else None


def sketch(source: random.Random, gates: int, level: int) -> tuple[str, dict[str, float]]:
    """The text and inputs of a random graph in which everything leads to the output f, some of it twice."""
    own, kinds = LEVELS[level - 1], [kind for row in LEVELS[:level] for kind in row]
    names = "xyz"[: min(3, gates + (level < 3))]
    inputs = {name: float(source.choice(NUMBERS[level - 1])) for name in names}
    while True:
        known, unused, lines, fresh = list(inputs), list(inputs), [], gates == 1
        for i in range(gates):
            joins = len(unused) > 1 and (len(unused) > gates - i or source.random() < 0.5)
            kind = source.choice([kind for kind in kinds if not joins or kind.count("{}") == 2])
            first = unused.pop(0)
            second = unused.pop(0) if joins else source.choice([x for x in known if x != first] or known)
            name = "f" if i == gates - 1 else "abcdegh"[i]
            lines.append(f"{name} = {kind.format(first, second)}")
            known.append(name)
            unused.append(name)
            fresh = fresh or kind in own
        if fresh:
            return "; ".join(lines), inputs
