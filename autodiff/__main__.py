"""The command line: ``python -m autodiff "(x + y) * z" x=-2 y=5 z=-4`` steps through an expression."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

import autodiff

from ._installation import hidden_packages

if "autodiff" in (hidden := hidden_packages(("autodiff",))):  # without the engine nothing below can be imported
    sys.exit(hidden["autodiff"])

from ._files import OUTPUT, PAGES, finite, suffix, write
from .cli import (
    EPILOG,
    EXERCISE,
    Subject,
    decimal_places,
    demonstration,
    file_name,
    front_door,
    list_examples,
    read_subjects,
    refuse_idle,
    say,
    shield,
    spell,
)
from .quiz import Question, ask_exercise, exercise

HELP = """\
Steps through an expression and its gradients, one gate at a time:

    python -m autodiff "(x + y) * z" x=-2 y=5 z=-4
    python -m autodiff "q = x + y; f = q * z" x=-2 y=5 z=-4 --step
    python -m autodiff D1        a lecture example, by its id
    python -m autodiff D.1       an exercise of the course, with hints
    python -m autodiff --list jacobian        all examples with this word
    python -m autodiff --grade 3.ipynb        grade a notebook of the workshop

All options: python -m autodiff --help"""
MOST_QUESTIONS = 1000  # questions that a quiz may have
QUIZ = ("quiz", "seed", "key", "file", "like", "variants", "level", "ask")
STEPS = ("words", "step", "plain", "check", "digits", "file", "tangent", "explain", "round")
JSON, LATEX = ("words", "json", "file", "tangent"), ("words", "latex", "digits", "round", "file")
PROMPT = "[Enter] next, b back, q quit: "


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line: 0 on success, 2 for bad input, 130 after ctrl-C."""
    return front_door(lambda: run(options(sys.argv[1:] if arguments is None else arguments)))


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    return parser().parse_intermixed_args(shield(arguments))


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(
        prog=spell("python -m autodiff"),
        usage=spell('python -m autodiff "EXPRESSION" name=number ... [options]'),
        description="Step through an expression and its gradients, one gate at a time.",
        epilog=EPILOG,
    )
    add = command.add_argument
    flag: Any = {"action": "store_true"}
    places: Any = {"type": decimal_places, "metavar": "N"}
    add(
        "words",
        nargs="*",
        metavar="EXPRESSION name=number",
        help="or the id of a lecture example: D1, or exercise: D.1",
    )
    add("--step", help="wait for Enter after each step (b back, q quit)", **flag)
    add("--plain", help="one spoken sentence per line, for screen readers", **flag)
    add("--json", help="print the steps as JSON", **flag)
    add("--latex", help="print the formula and the steps as TeX", **flag)
    add("--check", help="compare each gradient with a numerical one", **flag)
    add("--explain", help="give the reason for every step", **flag)
    add("--round", help="round every step to N places and continue from there", **places)
    add("--tangent", metavar="INPUT", help="also run forward mode: the derivative of every gate by INPUT")
    add("--digits", help="places after the point (default: 6 significant digits)", **places)
    add("-o", dest="file", type=file_name, metavar="FILE", help="draw the graph into FILE, such as graph.svg")
    add("--quiz", type=int, metavar="N", help="ask N questions to solve by hand (-o FILE.html: to print)")
    add("--seed", type=int, default=0, help="seed of the quiz: the same seed gives the same questions")
    add("--key", help="print the answers of the quiz", **flag)
    add("--level", type=int, default=2, help="level of the quiz: 1 + - *, 2 max, 3 / exp squares, 4 sigmoid")
    add(
        "--like",
        default="",
        metavar="ID",
        help="take the questions from lecture examples: E7, D1 or D; from an exercise: D.1",
    )
    add("--variants", type=int, default=1, metavar="N", help="N sheets with the same questions and other numbers")
    add("--ask", help="take the quiz here, with hints and a score", **flag)
    add("--list", nargs="*", metavar="WORD", help="list the lecture examples, or those with these words")
    add("--grade", nargs="+", metavar="NOTEBOOK", help="run notebooks of the workshop and report their checks")
    add("--limit", type=seconds, default=120.0, metavar="S", help="seconds that each graded notebook may run (120)")
    add("--version", action="version", version=f"scalar-autodiff {autodiff.__version__}")
    return command


def run(chosen: argparse.Namespace) -> int:
    """Run the parsed command line and return the exit status."""
    say(*hidden_packages().values())
    plain = options([])
    if chosen.list is not None:
        refuse_idle(chosen, plain, ("list",), "--list lists examples and takes only words:")
        print(list_examples(chosen.list))
        return 0
    if chosen.quiz is not None:
        refuse_idle(chosen, plain, QUIZ, "a quiz has its own expressions and shows no steps:")
        if chosen.ask:
            alone = [name for name in QUIZ if name not in ("file", "key", "variants")]
            refuse_idle(chosen, plain, alone, "a quiz taken here has one sheet and no key:")
        print(quiz(chosen))
        return 0
    if chosen.grade is not None:
        refuse_idle(chosen, plain, ("grade", "limit", "file"), "--grade runs notebooks and shows no graph:")
        return grade_notebooks(chosen)
    refuse_idle(chosen, plain, {*vars(plain)} - {"limit"}, "only graded notebooks have a limit: add --grade, or")
    if not chosen.words:
        refuse_idle(chosen, plain, (), "there is nothing to show: add an expression or an example's id, or")
        print(spell(HELP))
        return 0
    if len(chosen.words) == 1 and EXERCISE.fullmatch(chosen.words[0].strip()):
        refuse_idle(chosen, plain, ("words",), "an exercise is asked here and has no options:")
        print(ask_exercise(exercise(chosen.words[0])))
        return 0
    if chosen.json:
        refuse_idle(chosen, plain, JSON, "--json prints every step, with all digits:")
    refuse_idle(chosen, plain, (*STEPS, "json", "latex"), "only a quiz has these: add --quiz 3, or")
    if chosen.latex:
        refuse_idle(chosen, plain, LATEX, "--latex prints the formula and every step:")
    if id := demonstration(chosen.words):
        refuse_idle(chosen, plain, ("words",), f"{id} is shown as in the lecture:")
        print_demonstration(id)
        return 0
    subjects, notes = read_subjects(chosen.words)
    say(*notes)
    if chosen.file:
        draw(subjects, chosen)
        if chosen.file in OUTPUT:
            return 0
    if chosen.json:
        data = [finite(subject.output.steps(tangents=chosen.tangent).as_dict()) for subject in subjects]
        print(json.dumps(data[0] if len(data) == 1 else data, indent=2, allow_nan=False))
        return 0
    for subject in subjects:
        if chosen.latex:
            print(f"\\[\n{autodiff.latex(subject.output)}\n\\]\n{steps_of(subject, chosen).latex()}")
        else:
            print_steps(subject, chosen)
    return 0


def steps_of(subject: Subject, chosen: argparse.Namespace) -> Any:
    """The steps, rounded if asked for."""
    steps = subject.output.steps(chosen.digits, chosen.tangent)
    return steps if chosen.round is None else steps.rounded(chosen.round)


def print_steps(subject: Subject, chosen: argparse.Namespace) -> None:
    """Print the steps, all at once or one by one, and the gradient check if asked for."""
    steps = steps_of(subject, chosen)
    pages = steps.sentences if chosen.plain else steps.pages(chosen.explain)
    if not steps.finite:
        table = pages[-1].replace(steps.advice, f"{steps.advice.partition(':')[0]}:")
        pages[-1] = f"{table}\n{autodiff.nonfinite_origin(subject.output)}"
    print("".join(f"{line}\n" for line in subject.title), end="")
    if chosen.step:
        walk(pages)
    else:
        print("\n".join(pages))
    if subject.note:
        print(textwrap.fill(subject.note, 80))
    if chosen.check:
        print(autodiff.check_gradients(subject.output))


def print_demonstration(id: str) -> None:
    """Print a lecture's example of nets, training or tables, as ``python -m nn`` does."""
    if "nn" in hidden_packages():
        raise ValueError(f"{id} cannot be shown: another package nn hides this one")
    from nn.lectures.catalog import watch

    for line in watch(id):
        print(line, flush=True)


def walk(pages: Sequence[str]) -> None:
    """Print one page for each Enter, until the last page or the end of the input."""
    place = 0
    while True:
        print(pages[place], flush=True)
        if place == len(pages) - 1:
            return
        print(PROMPT, end="", flush=True)
        answer = sys.stdin.readline()
        if not sys.stdin.isatty():
            print()  # nobody pressed Enter to end the line
        if not answer or answer.strip().lower() in ("q", "quit"):
            return
        place = max(0, place - 1) if answer.strip().lower() in ("b", "back") else place + 1


def draw(subjects: Sequence[Subject], chosen: argparse.Namespace) -> None:
    """Draw the graph with its gradients into a file."""
    file, knobs = chosen.file, {"digits": chosen.digits}
    if len(subjects) > 1:
        parts = ", ".join(subject.title[0].partition(":")[0] for subject in subjects)
        raise ValueError(f"a file holds one graph: choose one of {parts}")
    if "visualize" in hidden_packages():
        raise ValueError(f"{file} cannot be drawn: another package visualize hides this one")
    import visualize
    from visualize.picture import FORMATS

    output = subjects[0].output
    output.backward()
    make: Any = visualize.page
    if suffix(file, (*FORMATS, *PAGES)) not in PAGES:
        make, knobs["round"] = visualize.draw, chosen.round
    make(output, **knobs).save(file)
    if file not in OUTPUT:
        say(f"the graph is in {file}")


def quiz(chosen: argparse.Namespace) -> str:
    """Make a quiz and return the worksheet, the name of its file, or the score if it was taken here."""
    from .quiz import ask, gift, html, moodle, questions, variant, worksheet

    if chosen.quiz * max(1, chosen.variants) > MOST_QUESTIONS:
        raise ValueError(f"a quiz has at most {MOST_QUESTIONS} questions, got {chosen.quiz * chosen.variants!r:.40}")
    if not 1 <= chosen.variants <= 26:
        raise ValueError(f"a quiz has 1 to 26 variants, got {chosen.variants}")
    to_file = chosen.file and chosen.file not in OUTPUT
    writers: dict[str, Callable[..., str]] = {
        ".html": lambda *sheets: html(*sheets, key=chosen.key, draw=blank_graph),
        ".gift": gift,
        ".txt": lambda *sheets: worksheet(*sheets, key=chosen.key) + "\n",
        ".xml": lambda *sheets: moodle(*sheets, draw=blank_graph),
    }
    ending = suffix(chosen.file, writers) if to_file else ""
    asked = questions(chosen.quiz, chosen.seed, level=chosen.level, like=chosen.like)
    sheets = [asked, *[variant(asked, number, chosen.seed, chosen.level) for number in range(1, chosen.variants)]]
    if chosen.ask:
        return ask(asked)
    if not to_file:
        return worksheet(*sheets, key=chosen.key)
    write(chosen.file, writers[ending](*sheets).encode())
    return f"the quiz is in {chosen.file}"


def grade_notebooks(chosen: argparse.Namespace) -> int:
    """Grade notebooks, print the reports, and write them as JSON; 2 if one cannot be read."""
    from .workshop import grade as grading

    target = chosen.file and (chosen.file in OUTPUT or suffix(chosen.file, (".json",)))
    results: list[dict[str, Any]] = []
    unread = []
    for path in chosen.grade:
        try:
            results.append(grading.grade(file_name(path), chosen.limit))
        except (ValueError, OSError) as error:
            unread.append(str(error))
            continue
        if chosen.file not in OUTPUT:
            print(grading.write_report(results[-1]), flush=True)
    if len(results) > 1 and chosen.file not in OUTPUT:
        print(f"\n{grading.write_table(results)}")
    if target and results:
        data = results[0] if len(chosen.grade) == 1 else results
        write(chosen.file, f"{json.dumps(data, indent=2)}\n".encode())
    for message in unread:
        print(message, file=sys.stderr)
    return 2 if unread else 0


def seconds(text: str) -> float:
    """Read a positive number of seconds, for argparse."""
    number = float(text)
    if not 0.0 < number < 1e6:
        raise ValueError
    return number


def blank_graph(question: Question) -> str:
    """The graph of a question as SVG, without numbers."""
    if "visualize" in hidden_packages():
        return ""
    from visualize import draw as drawn

    return drawn(question.graph, values=False, gradients="blank", theme="light", width=880).svg()


if __name__ == "__main__":
    sys.exit(main())
