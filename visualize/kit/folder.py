"""The files of the kit: those of a lecture, and a folder with all of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from autodiff._files import write
from autodiff.lectures import EXAMPLES, LECTURES
from autodiff.lectures.course import COURSES
from autodiff.quiz import Question, gift, html, moodle, read_exercises

from ..picture import draw
from ..web.document import collection, parts_of
from .formulas import formula
from .guide import guide, start_page
from .slides import slides


def lecture_files(letter: str) -> dict[str, str]:
    """The texts of a lecture's files, by name."""
    asked, title = [read_exercises(letter)], f"Lecture {letter}: {LECTURES[letter]}"
    examples = [example for example in EXAMPLES.values() if example.id.startswith(letter)]
    return {
        f"guide-{letter}.html": guide(letter),
        f"worksheet-{letter}.html": html(*asked, title=title, draw=blank_graph, math=formula),
        f"key-{letter}.html": html(*asked, title=title, key=True, math=formula),
        f"questions-{letter}.xml": moodle(*asked, title=title, draw=blank_graph),
        f"questions-{letter}.gift": gift(*asked, title=title),
        f"slides-{letter}.tex": slides(letter),
        f"page-{letter}.html": collection(parts_of(examples)).html(),
    }


def write_kit(folder: str | os.PathLike[str], letters: Sequence[str] = COURSES) -> list[str]:
    """Write the files of these lectures to a new folder, all of them or none; return their paths, the start page first.

    FileExistsError if there is something in the folder.
    """
    target = os.path.realpath(os.path.expanduser(folder))
    if os.path.lexists(target) and not (os.path.isdir(target) and not os.listdir(target)):
        raise FileExistsError(f"cannot write the kit to {os.fspath(folder)!r:.300}: it exists; choose a new folder")
    if not os.path.isdir(os.path.dirname(target)):
        raise FileNotFoundError(f"cannot write the kit: there is no folder {os.path.dirname(target)!r:.300}")
    files = {"index.html": start_page(letters)}
    for letter in letters:
        files |= lecture_files(letter)
    temporary = f"{target}.{os.getpid()}-{os.urandom(4).hex()}.tmp"
    os.mkdir(temporary)
    try:
        for name, text in files.items():
            write(os.path.join(temporary, name), text.encode())
        if os.path.isdir(target):  # empty; Windows replaces no folder
            os.rmdir(target)
        os.rename(temporary, target)
    finally:  # also after ctrl-C
        shutil.rmtree(temporary, ignore_errors=True)
    return [os.path.join(os.path.expanduser(folder), name) for name in files]


def blank_graph(question: Question) -> str:
    """The graph of a question as SVG, without numbers."""
    return draw(question.graph, values=False, gradients="blank", theme="light", width=880).svg()
