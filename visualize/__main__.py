"""The command line: ``python -m visualize "(x + y) * z" x=-2 y=5 z=-4 -o f.svg`` draws an expression into a file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from autodiff._installation import hidden_packages

if hidden := hidden_packages(("autodiff", "visualize")):  # what is imported below would fail
    sys.exit("\n".join(hidden.values()))

from autodiff._files import OUTPUT, PAGES, destination, suffix
from autodiff.cli import decimal_places, file_name, front_door, read_subjects, refuse_idle, say, shield, spell

HELP = """\
Draws the graph of an expression, with values and gradients, into a file:

    python -m visualize "(x + y) * z" x=-2 y=5 z=-4 -o f.svg
    python -m visualize "q = x + y; f = q * z" x=-2 y=5 z=-4 -o "f-{n}.svg"     step by step, for slides
    python -m visualize D2 -o d2.svg        an example of the lectures, by its id
    python -m visualize D2 -o d2.html       a page to step through it and change its numbers
    python -m visualize --try try.html      a page to write expressions in, without Python
    python -m visualize --lectures lectures.html        a page with all examples, and XOR to train
    python -m visualize --kit kit           for lecturers: guides, worksheets, Moodle questions, slides
    python -m visualize --site site         for the web: all of these, the course and the API reference

All options: python -m visualize --help"""

FIRST = ["(x + y) * z", "x=-2", "y=5", "z=-4"]  # the expression of an editable page by default
SEVERAL = ("words", "file", "layout", "try")  # options of a page of several parts
ONE = (*SEVERAL, "fold", "no_fold", "digits")  # options of a page of one graph


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line: 0 on success, 2 for bad input, 130 after ctrl-C."""
    work = lambda: run(options(sys.argv[1:] if arguments is None else arguments))  # noqa: E731
    return front_door(work, lambda message: message.replace("python -m autodiff", "python -m visualize"))


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    return parser().parse_intermixed_args(shield(arguments))


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(
        prog=spell("python -m visualize"),
        usage=spell('python -m visualize "EXPRESSION" name=number ... -o FILE [options]'),
        description="Draw the graph of an expression, with values and gradients, into a file.",
        epilog=spell("Lecture examples by id, with their titles: python -m autodiff --list."),
    )
    add, fold = command.add_argument, command.add_mutually_exclusive_group().add_argument
    file: Any = {"type": file_name, "metavar": "FILE"}
    add("words", nargs="*", metavar="EXPRESSION name=number", help="or the id of a lecture example: D2")
    kinds = ".svg, .png, .pdf, .tex, .dot or .html; f-{n}.svg: a file for each step; - prints SVG"
    add("-o", dest="file", help=kinds, **file)
    add("--try", help="a page with a box for other expressions, .html", **file)
    add("--lectures", help="all lecture examples and a playground as one page, .html", **file)
    add("--kit", help="the lecturer's kit, a new folder: guides, worksheets, keys, Moodle questions, slides, pages",
        type=file_name, metavar="FOLDER")  # fmt: skip
    add("--like", default="", metavar="LETTER", help="the kit of one lecture, A to E")
    add("--site", help="a static web site, a new folder: start page, pages, playgrounds, course, kit, API reference",
        type=file_name, metavar="FOLDER")  # fmt: skip
    add("--without", default="", metavar="PARTS", help="leave out of the site: notebooks,lite,api")
    add("--frames", action="store_true", help="draw every step: a .svg file moves, a .pdf or .tex file has pages")
    fold("--fold", action="append", metavar="NAME", help="draw NAME and all that only it uses as one box")
    fold("--no-fold", action="store_true", help="draw every node of a large graph")
    add("--unfold", action="append", metavar="GATE", help="draw sigmoid, tanh, relu, dot as simpler gates")
    add("--digits", type=decimal_places, metavar="N", help="decimal places (default: 6 significant digits)")
    add("--round", type=decimal_places, metavar="N", help="round every number to N places before further use")
    add("--products", action="store_true", help="write [upstream] x [local] = downstream for gradients")
    add("--no-values", dest="values", action="store_false", help="omit the values")
    add("--gradients", choices=("blank", "no"), default=True, help="boxes to fill in, or no gradients")
    add(
        "--highlight", action="append", metavar="NAME", help="paths from NAME, or the number of a step; again: via NAME"
    )
    add("--direction", choices=("right", "down"), default="right", help="of the arrows")
    pixels: Any = {"type": float, "metavar": "PIXELS"}
    add("--width", default=1280, help="of a row (default: 1280); 0: one row", **pixels)
    add("--height", default=720, help="tighten higher pictures (default: 720); 0: never", **pixels)
    add("--font-size", default=13, help="of the numbers (default: 13)", **pixels)
    add("--scale", type=float, default=1, metavar="FACTOR", help="of the size of the picture")
    add("--theme", choices=("auto", "light", "dark"), default="auto", help="the colors")
    add("--layout", choices=("built-in", "dot"), default="built-in", help="built in, or by Graphviz")
    return command


def run(chosen: argparse.Namespace) -> int:
    """Draw what the command line asks for."""
    from .picture import FORMATS

    plain = options([])
    if chosen.lectures:
        from .site import lectures

        refuse_idle(chosen, plain, ("lectures",), "--lectures makes one page of all examples, unchanged:")
        suffix(chosen.lectures, PAGES)  # before the work is done
        destination(chosen.lectures)
        print_paths(lectures().save(chosen.lectures))
        return 0
    if chosen.kit:
        from .kit import write_kit

        refuse_idle(chosen, plain, ("kit", "like"), "--kit makes a folder from the course's tables:")
        print_paths(*write_kit(chosen.kit, *[chosen.like.upper()] * bool(chosen.like)))
        return 0
    if chosen.site:
        from .site import write_site

        refuse_idle(chosen, plain, ("site", "without"), "--site makes a folder of pages:")
        print_paths(write_site(chosen.site, [*filter(None, chosen.without.replace(",", " ").split())]))
        return 0
    if chosen.without:
        raise ValueError(f"only the site has parts: add --site FOLDER, or leave out --without {chosen.without:.40}")
    if chosen.like:
        raise ValueError(f"only the kit takes a lecture: add --kit FOLDER, or leave out --like {chosen.like:.40}")
    if tried := getattr(chosen, "try"):
        suffix(tried, PAGES)
        if chosen.file:
            raise ValueError(f"--try {tried:.60} names the file: leave out -o")
        chosen.file, chosen.words = tried, chosen.words or FIRST
    if not chosen.words:
        refuse_idle(chosen, plain, (), "there is nothing to draw: add an expression or an example's id, or")
        print(spell(HELP))
        return 0
    subjects, notes = read_subjects(chosen.words)
    say(*notes)
    if chosen.file and suffix(chosen.file, (*FORMATS, *PAGES)) in PAGES:
        if len(subjects) > 1:
            refuse_idle(chosen, plain, SEVERAL, "a page of several parts shows them unchanged:")
        refuse_idle(chosen, plain, ONE, "a page shows every step and takes only --fold, --digits and --layout:")
        if "{n" in chosen.file:
            raise ValueError(f"a page shows every step in one file: leave out {{n}} in {chosen.file!r:.60}")
        print_paths(page_of(subjects, chosen).save(chosen.file))
        return 0
    if len(subjects) > 1:
        parts = ", ".join([subject.title[0].partition(":")[0] for subject in subjects])
        raise ValueError(f"a picture shows one graph: choose one of {parts}")
    if not chosen.file:
        raise ValueError("no file given: add -o and its name, as in -o f.svg")
    print_paths(*save_picture(subjects[0].output, chosen))
    return 0


def print_paths(*paths: str) -> None:
    """Print the paths of files, except of the standard output."""
    print("".join(f"{path}\n" for path in paths if path not in OUTPUT), end="")


def save_picture(output: Any, chosen: argparse.Namespace) -> list[str]:
    """Draw the graph with its gradients, and return the paths of the files."""
    from .picture import draw

    output.backward()
    knobs = {name: x for name, x in vars(chosen).items() if name in (draw.__kwdefaults__ or ())}
    knobs |= shared_options(chosen) | {"width": chosen.width or None, "height": chosen.height or None}
    knobs |= {"unfold": chosen.unfold or (), "gradients": chosen.gradients != "no" and chosen.gradients}
    if chosen.highlight and len(chosen.highlight) == 1 and chosen.highlight[0].isdecimal():
        knobs["highlight"] = int(chosen.highlight[0])
    picture = draw(output, **knobs)
    if chosen.frames or "{n" in chosen.file:
        return picture.frames(chosen.file)
    return [picture.save(chosen.file)]


def shared_options(chosen: argparse.Namespace) -> dict[str, Any]:
    """The options of both pictures and pages."""
    return {"fold": False if chosen.no_fold else chosen.fold, "digits": chosen.digits, "layout": chosen.layout}


def page_of(subjects: Sequence[Any], chosen: argparse.Namespace) -> Any:
    """The page of an expression, or of the parts of an example with a table of contents."""
    from .web.document import collection, page

    if len(subjects) == 1:
        title = subjects[0].title[0] if subjects[0].title else ""
        return page(subjects[0].output, title=title, editable=bool(getattr(chosen, "try")), **shared_options(chosen))
    parts = []
    for i, subject in enumerate(subjects):
        lines = ["The parts of one example", subject.title[1].strip(), subject.note]
        parts.append((f"part-{i}", subject.title[0], [*filter(None, lines)], subject.output))
    return collection(parts, layout=chosen.layout)


if __name__ == "__main__":
    sys.exit(main())
