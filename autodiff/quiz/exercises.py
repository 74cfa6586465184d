"""The exercises of the course: a task, feedback with hints, and a worked answer that only ``reveal`` shows."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from math import isclose
from typing import Any

from ..formula import exact
from ..ieee import real
from ..lectures import read_numbers
from ..lectures.course import COURSES, read_course
from ..parser import parse
from .mistakes import ROUNDED, SAID
from .question import Answer, Answers, Question, Work, read_answer

LEVEL_NAMES = ("easy", "medium", "hard")
LAST_HINT = "reveal() shows the answer"
CLOSE = 1e-9  # relative, of a function's results
NO_DIFFERENCE = 1e-12  # absolute, of a result that is 0
PRELUDE = "import math\nfrom autodiff import *\n"  # what solutions may use


class Exercise:
    """An exercise; without a kind of its own, an open question for discussion.

    ``id``, ``title``, ``about`` (the example), ``level`` (1 to 3), ``minutes``, ``text``, ``hints`` and ``answer`` are
    from its row in the course's table; ``attempts`` counts the wrong answers.
    """

    kind = "open"
    answers: Mapping[str, float] = {}  # of blanks, by name

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row
        self.id, self.title, self.about = row["id"], row["title"], row["about"]
        self.level, self.minutes = row["level"], row["minutes"]
        self.text: str = row["text"].strip()
        self.answer: str = row["answer"].strip()
        self.hints: list[str] = row.get("hints", [])
        self.attempts = 0
        self._last: Any = None

    def __repr__(self) -> str:
        """The task as Markdown, which is readable as plain text, too."""
        minutes = f"{self.minutes} minute{'s' * (self.minutes != 1)}"
        head = f"**{self.id} · {self.title}** ({LEVEL_NAMES[self.level - 1]}, {minutes})"
        return "\n\n".join(filter(None, (head, self.text, self.blanks())))

    _repr_markdown_ = __repr__

    def blanks(self) -> str:
        """What there is to fill in, as Markdown."""
        return ""

    @property
    def marks(self) -> int:
        """One for each blank, or else one for each minute."""
        return len(self.answers) or self.minutes

    def mistakes(self, name: str) -> list[tuple[float, str]]:
        """Typical wrong numbers for a blank, with sentences."""
        return []

    def feedback(self, answer: Any = None) -> str:
        """What is right, and for each mistake its kind and the next hint; never the answer. None is still open."""
        return "an open question has no single answer to check: write yours down, then compare it with reveal()"

    def hint(self) -> str:
        """The next hint, as after a wrong answer."""
        self.attempts += 1
        return self.given_hints()[-1]

    def given_hints(self) -> list[str]:
        """One hint for each wrong answer, and where the answer is after the last."""
        return [*self.hints, LAST_HINT][: self.attempts]

    def respond(self, answer: Any, said: str) -> str:
        """Add the hints to what is said about a wrong answer; the same answer again gives no further one."""
        self.attempts += self._last != answer
        self._last = answer
        return "\n    ".join([said, *self.given_hints()])

    def reveal(self) -> str:
        """The worked answer."""
        return self.answer


class GraphExercise(Exercise):
    """All values and gradients of a graph, with the feedback of its ``question``."""

    kind = "graph"

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__(row)
        self.question = Question(row["graph"], read_numbers(row["at"]))
        self.answers = self.question.answers
        self.mistakes = self.question.mistakes  # type: ignore[method-assign]

    @property
    def graph(self) -> Any:
        """The graph, to draw with ``values=False, gradients="blank"``."""
        return self.question.graph

    def blanks(self) -> str:
        lines = "\n".join(self.question.text.split("; "))
        names = ", ".join(f"`{name}`" for name in self.question.answers)
        return f"```\n{lines}\n```\n\nat {self.question.given()}. Fill in: {names}."

    def feedback(self, answer: Answers | None = None) -> str:
        return self.question.feedback(without_open(answer or {}))

    def hint(self, name: str = "") -> str:
        """The next hint for a blank, by default for the first one."""
        name = name or next(iter(self.question.answers))
        hints = self.question.hints(name, Work(self.question, {name: None}))
        self.question.attempts[name] = min(self.question.attempts.get(name, 0) + 1, len(hints))
        return hints[self.question.attempts[name] - 1]

    def reveal(self, *names: str) -> str:
        """The lines of both passes for these blanks, or for all with the worked answer."""
        lines = self.question.reveal(*names)
        return lines if names else f"{lines}\n\n{self.answer}"


class NumbersExercise(Exercise):
    """Numbers to compute, by name."""

    kind = "numbers"

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__(row)
        self.answers = {name: parse(text).data for name, text in row["numbers"].items()}

    def mistakes(self, name: str) -> list[tuple[float, str]]:
        return [(parse(row[name]).data, row["why"]) for row in self.row.get("wrong", ()) if name in row]

    def blanks(self) -> str:
        return f"Fill in: {', '.join(f'`{name}`' for name in self.answers)}."

    def feedback(self, answer: Answers | None = None) -> str:
        known = without_open(answer or {})
        unknown = [str(name) for name in known if name not in self.answers]
        if unknown:
            raise KeyError(f"not asked for: {', '.join(unknown)}; the blanks are {', '.join(self.answers)}")
        given = {name: read_answer(name, x) for name, x in known.items()}
        verdicts = {name: self.judge(name, x) for name, x in given.items()}
        said = "\n".join(f"{name} = {exact(given[name].number)}: {text}" for name, text in verdicts.items())
        if set(verdicts.values()) - {"right"}:
            said = self.respond(given, said)
        missing = [name for name in self.answers if name not in given]
        return "\n".join(filter(None, (said, f"still open: {', '.join(missing)}" if missing else "")))

    def judge(self, name: str, answer: Answer) -> str:
        """Say whether a number is right to its digits (a whole one exactly), or which mistake it shows."""
        right = self.answers[name]
        known = [why for x, why in self.mistakes(name) if is_meant(answer, x, right)]
        if is_right(answer, right) and not known:
            return "right"
        known += [SAID["sign"]] if answer.number and is_right(Answer(-answer.number, answer.half), right) else []
        known += [ROUNDED] if answer.rounds(right) and not right.is_integer() else []
        return known[0] if known else "not right yet"

    def reveal(self) -> str:
        return "\n".join([*(f"{name} = {exact(x)}" for name, x in self.answers.items()), "", self.answer])


class ChoiceExercise(Exercise):
    """A concept question: the number of one of the ``options``, from 1."""

    kind = "choice"
    marks = 1

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__(row)
        self.options, self.right, self.why = row["options"], row["right"], row["why"]

    def blanks(self) -> str:
        return "\n".join(f"{i}. {option}" for i, option in enumerate(self.options, 1))

    def feedback(self, answer: int | str | None = None) -> str:
        wanted = f"the number of an option, 1 to {len(self.options)}"
        if is_open(answer):
            return f"still open: choose {wanted}"
        text = str(answer).strip().strip(".)")
        if isinstance(answer, bool) or not text.isdecimal() or not 1 <= int(text) <= len(self.options):
            raise ValueError(f"{self.id} takes {wanted}, got {answer!r:.60}")
        chosen = int(text)
        if chosen == self.right:
            return f"option {chosen}: right: {self.why[chosen - 1]}"
        return self.respond(chosen, f"option {chosen}: not right: {self.why[chosen - 1]}")

    def reveal(self) -> str:
        return f"option {self.right}: {self.options[self.right - 1]}\n\n{self.answer}"


class CodeExercise(Exercise):
    """A function to write, called ``name``; it is run on each case and compared with the solution.

    An argument of a case is a number, text or list, or ``{ python = "..." }``, Python to evaluate for each call.
    """

    kind = "code"

    def __init__(self, row: Mapping[str, Any]) -> None:
        super().__init__(row)
        self.name, self.start, self.solution = row["name"], row["start"].strip(), row["solution"].strip()
        self.cases: Sequence[Sequence[Any]] = row["cases"]

    def blanks(self) -> str:
        return f"```python\n{self.start}\n```"

    def feedback(self, answer: Callable[..., Any] | None = None) -> str:
        if is_open(answer):
            return f"still open: give your function {self.name}"
        if not callable(answer):
            raise TypeError(f"{self.id} takes your function {self.name}, got {answer!r:.60}")
        dots = f"still open: {self.name} has dots (...) to replace"
        results: list[Any] = []
        for case in self.cases:
            try:
                results.append(plain(self.call(answer, case)))
            except Exception as error:  # a student's function may raise anything; it is reported, with its line
                if "'ellipsis'" in str(error):
                    return dots
                return self.respond(repr(error), f"{self.call_text(case)} {self.raised(answer, error)}")
        if all(is_open(result) for result in results):
            return f"still open: {self.name} returns nothing yet (end it with return ...)"
        if repr(...) in repr(results):
            return dots
        right = self.results(self.solution)
        pairs = zip(self.cases, results, right)
        case, result, what = next(((c, x, said) for c, x, y in pairs if (said := difference(x, y))), ((), None, ""))
        if not what:
            cases = f"in all {len(self.cases)} cases" if len(self.cases) > 1 else ""
            return f"{self.name}: right {cases}".rstrip()
        wrong = self.row.get("wrong", ())
        known = [row["why"] for row in wrong if not difference(results, self.results(row["solution"]))]
        said = f"{self.call_text(case)} returned {result!r:.80}: {known[0] if known else what}"
        return self.respond(repr(results), said)

    def define(self, source: str) -> Callable[..., Any]:
        """The exercise's function as this source defines it, with the names of autodiff and math."""
        names: dict[str, Any] = {}
        exec(PRELUDE + source, names)
        return names[self.name]  # type: ignore[no-any-return]

    def results(self, source: str) -> list[Any]:
        """The results of a solution, right or wrong, in each case."""
        function = self.define(source)
        return [plain(self.call(function, case)) for case in self.cases]

    def call(self, function: Callable[..., Any], case: Sequence[Any]) -> Any:
        """Call a function with its own copy of the arguments of a case."""
        names: dict[str, Any] = {}
        exec(PRELUDE, names)
        return function(*[eval(x["python"], names) if isinstance(x, dict) else deepcopy(x) for x in case])

    def call_text(self, case: Sequence[Any]) -> str:
        """The call of a case as text."""
        texts = [x["python"] if isinstance(x, dict) else repr(x) for x in case]
        return f"{self.name}({', '.join(texts):.100})"

    def raised(self, function: Any, error: Exception) -> str:
        """What a student's function raised, and the last of its own lines on the way."""
        file = getattr(getattr(function, "__code__", None), "co_filename", None)
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        source = linecache.getline(file, lines[-1]).strip() if file and lines and lines[-1] else ""
        place = f" in line {lines[-1]}" if lines else ""
        return f"raised {type(error).__name__}{place}{f' ({source:.80})' if source else ''}: {error!s:.200}"

    def reveal(self) -> str:
        return f"{self.solution}\n\n{self.answer}"


KINDS: dict[str, type[Exercise]] = {
    "graph": GraphExercise, "numbers": NumbersExercise, "options": ChoiceExercise, "solution": CodeExercise,
}  # fmt: skip


def is_open(answer: Any) -> bool:
    """Whether an answer is not given yet."""
    return answer is None or answer is ... or (isinstance(answer, str) and not answer.strip())


def without_open(answers: Answers) -> dict[str, float | str]:
    """The answers that are given."""
    if not isinstance(answers, Mapping):
        raise TypeError(f'expected answers by name, such as {{"f": 2}}, got {answers!r:.60}')
    return {name: x for name, x in answers.items() if x is not None and not is_open(x)}


def is_right(answer: Answer, right: float) -> bool:
    """Whether an answer is a number to its digits; of whole numbers, given as such, no digit may differ."""
    exactly = right.is_integer() and answer.half <= 0.5 and answer.number.is_integer()
    return answer.number == right if exactly else answer.near(right)


def is_meant(answer: Answer, wrong: float, right: float) -> bool:
    """Whether an answer is a typical wrong number rather than the right one."""
    return is_right(answer, wrong) and abs(answer.number - wrong) < abs(answer.number - right)


def plain(result: Any) -> Any:
    """A result as numbers in lists: of Values their data, of arrays and tuples lists."""
    result = result.tolist() if hasattr(result, "tolist") else getattr(result, "data", result)
    if isinstance(result, (list, tuple)):
        return [plain(x) for x in result]
    if isinstance(result, dict):
        return {key: plain(x) for key, x in result.items()}
    return result


def difference(found: Any, wanted: Any, place: str = "") -> str:
    """How a result differs from the right one, without giving it away; "" if it does not."""
    it = f"entry {place}" if place else "it"
    if isinstance(wanted, (list, dict)):
        kind = "dict" if isinstance(wanted, dict) else "list"
        if type(found) is not type(wanted):
            return f"{it} should be a {kind}, not {described(found)}"
        keys: Sequence[Any] = list(wanted) if kind == "dict" else range(len(wanted))
        if kind == "dict" and set(found) != set(wanted):
            return f"{it} should have the keys {', '.join(map(str, wanted))}"
        if len(found) != len(wanted):
            return f"{it} should be a list of {len(wanted)}, not of {len(found)}"
        return next(filter(None, (difference(found[x], wanted[x], f"{place}[{x!r}]") for x in keys)), "")
    if is_number(wanted):
        if not is_number(found):
            return f"{it} should be a number, not {described(found)}"
        x, y = real(found, "a result"), real(wanted, "a result")
        same = isclose(x, y, rel_tol=CLOSE, abs_tol=NO_DIFFERENCE) or (x != x and y != y)
    else:
        same = type(found) is type(wanted) and found == wanted
    return "" if same else f"entry {place} is not right yet" if place else "not right yet"


def is_number(x: Any) -> bool:
    return isinstance(x, (int, float))


def described(x: Any) -> str:
    """What a result is, for a sentence."""
    return "None: a return is missing" if x is None else "a number" if is_number(x) else f"a {type(x).__name__}"


def exercise(id: str) -> Exercise:
    """The exercise of that id, without attempts yet; ValueError, naming the nearest, if there is none.

    >>> e = exercise("D.1")
    >>> e.id, e.kind
    ('D.1', 'graph')
    """
    wanted = str(id).strip().upper()
    letter, _, number = wanted.partition(".")
    rows = {row["id"]: row for row in read_course(letter)["exercise"]} if letter in [*COURSES] else {}
    if wanted in rows:
        return make_exercise(rows[wanted])
    letter, digits = wanted[:1], number or wanted[1:]
    if letter not in [*COURSES] or not digits.isdecimal():
        why = f"ids are a letter {COURSES[0]} to {COURSES[-1]}, a dot and a number, such as D.1"
    else:
        known = [row["id"] for row in read_course(letter)["exercise"]]
        why = f"the nearest is {min(known, key=lambda x: abs(int(x[2:]) - int(digits[:4])))}"
    raise ValueError(f"there is no exercise {id!r:.40}: {why}")


def make_exercise(row: Mapping[str, Any]) -> Exercise:
    """Make the exercise of a row, by its kind."""
    return next((made for key, made in KINDS.items() if key in row), Exercise)(row)


def read_exercises(letters: str = COURSES) -> list[Exercise]:
    """All exercises of these lectures, in order."""
    return [make_exercise(row) for letter in letters for row in read_course(letter)["exercise"]]
