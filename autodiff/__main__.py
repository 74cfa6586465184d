"""The front door: ``python -m autodiff "(x + y) * z" x=-2 y=5 z=-4`` steps through an expression."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

import autodiff

from ._files import OUTPUT, PAGES, finite, suffix, write
from .cli import Subject, examples, file_name, front_door, hidden_packages, places, read, refuse_idle, say, shielded
from .quiz import Question

HELP = """\
Steps through an expression and its gradients, one gate at a time:

    python -m autodiff "(x + y) * z" x=-2 y=5 z=-4
    python -m autodiff "q = x + y; f = q * z" x=-2 y=5 z=-4 --step
    python -m autodiff D1        an example of the lectures, by its id

All options: python -m autodiff --help"""
MOST = 1000  # questions that a quiz may have
QUIZ = ("quiz", "seed", "key", "file", "like", "variants", "level", "ask")
STEPS = ("words", "step", "plain", "check", "digits", "file", "tangent", "explain", "round")
JSON, LATEX = ("words", "json", "file", "tangent"), ("words", "latex", "digits", "round", "file")
PROMPT = "[Enter] next, b back, q quit: "


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line: 0 on success, 2 for bad input, 130 after ctrl-C."""
    return front_door(lambda: run(options(sys.argv[1:] if arguments is None else arguments)))


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    made = argparse.ArgumentParser(
        prog="python -m autodiff",
        usage='python -m autodiff "EXPRESSION" name=number ... [options]',
        description="Step through an expression and its gradients, one gate at a time.",
        epilog=examples(),
    )
    made.add_argument("words", nargs="*", metavar="EXPRESSION name=number", help="or a lecture example's id: D1")
    made.add_argument("--step", action="store_true", help="wait for Enter after each step (b back, q quit)")
    made.add_argument("--plain", action="store_true", help="one spoken sentence a line, for screen readers")
    made.add_argument("--json", action="store_true", help="the steps as data")
    made.add_argument("--latex", action="store_true", help="the formula and the steps in TeX, to be pasted")
    made.add_argument("--check", action="store_true", help="compare each gradient with a numerical one")
    made.add_argument("--explain", action="store_true", help="a because for every step")
    made.add_argument("--round", type=places, metavar="N", help="round every step to N places and go on from there")
    made.add_argument("--tangent", metavar="INPUT", help="forward mode, too: how fast each gate grows along INPUT")
    made.add_argument("--digits", type=places, metavar="N", help="places after the point (default: 6 significant)")
    drawing = "draw the graph into FILE, such as graph.svg"
    made.add_argument("-o", dest="file", type=file_name, metavar="FILE", help=drawing)
    made.add_argument("--quiz", type=int, metavar="N", help="N questions to work out by hand (-o FILE.html: to print)")
    made.add_argument("--seed", type=int, default=0, help="of the quiz: the same seed gives the same questions")
    made.add_argument("--key", action="store_true", help="the quiz with its answers")
    made.add_argument("--level", type=int, default=2, help="of the quiz: 1 + - *, 2 max, 3 / exp squares, 4 sigmoid")
    made.add_argument("--like", default="", metavar="ID", help="a quiz of lecture examples: E7, D1 or D")
    made.add_argument("--variants", type=int, default=1, metavar="N", help="N sheets, their questions alike")
    made.add_argument("--ask", action="store_true", help="ask the quiz here, with hints and a score")
    made.add_argument("--version", action="version", version=f"scalar-autodiff {autodiff.__version__}")
    return made.parse_intermixed_args(shielded(arguments))


def run(chosen: argparse.Namespace) -> int:
    """Read what was given and show it."""
    say(*hidden_packages().values())
    plain = options([])
    if chosen.quiz is not None:
        refuse_idle(chosen, plain, QUIZ, "a quiz has expressions of its own and shows no steps:")
        if chosen.ask:
            alone = [name for name in QUIZ if name not in ("file", "key", "variants")]
            refuse_idle(chosen, plain, alone, "a quiz that is asked here has one sheet and no key:")
        print(quiz(chosen))
        return 0
    if not chosen.words:
        refuse_idle(chosen, plain, (), "there is nothing to show: add an expression or an example's id, or")
        print(HELP)
        return 0
    if chosen.json:
        refuse_idle(chosen, plain, JSON, "--json gives every step as data, with all digits:")
    refuse_idle(chosen, plain, (*STEPS, "json", "latex"), "only a quiz has these: add --quiz 3, or")
    if chosen.latex:
        refuse_idle(chosen, plain, LATEX, "--latex gives the formula and every step:")
    subjects, notes = read(chosen.words)
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
            show(subject, chosen)
    return 0


def steps_of(subject: Subject, chosen: argparse.Namespace) -> Any:
    """The steps, rounded if asked for."""
    steps = subject.output.steps(chosen.digits, chosen.tangent)
    return steps if chosen.round is None else steps.rounded(chosen.round)


def show(subject: Subject, chosen: argparse.Namespace) -> None:
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
        print(subject.note)
    if chosen.check:
        print(autodiff.check_gradients(subject.output))


def walk(pages: Sequence[str]) -> None:
    """Print page after page, each when Enter is pressed; the end of the input ends it."""
    place = 0
    while True:
        print(pages[place], flush=True)
        if place == len(pages) - 1:
            return
        print(PROMPT, end="", flush=True)
        answer = sys.stdin.readline()
        if not sys.stdin.isatty():
            print()  # where nobody presses Enter, nothing else ends the line
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
        raise ValueError(f"{file} cannot be drawn: another visualize is in the way")
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
    """The worksheet of a quiz, the file it was written to, or the score if it was asked here."""
    from .quiz import ask, gift, html, moodle, questions, variant, worksheet

    if chosen.quiz * max(1, chosen.variants) > MOST:
        raise ValueError(f"a quiz has at most {MOST} questions, got {chosen.quiz * chosen.variants!r:.40}")
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


def blank_graph(question: Question) -> str:
    """The graph of a question as SVG, its numbers left out."""
    if "visualize" in hidden_packages():
        return ""
    from visualize import draw as drawn

    return drawn(question.graph, values=False, gradients="blank", theme="light", width=880).svg()


if __name__ == "__main__":
    sys.exit(main())
