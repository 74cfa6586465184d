"""The files of the kit: those of a lecture, and a folder with all of them."""

from __future__ import annotations

import os
from collections.abc import Sequence

from autodiff._files import new_folder, write
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


def kit_files(letters: Sequence[str] = COURSES) -> dict[str, str]:
    """The texts of the kit's files by name, the start page first."""
    files = {"index.html": start_page(letters)}
    for letter in letters:
        files |= lecture_files(letter)
    return files


def write_kit(folder: str | os.PathLike[str], letters: Sequence[str] = COURSES) -> list[str]:
    """Write the files of these lectures to a new folder, all of them or none; return their paths, the start page first.

    FileExistsError if there is something in the folder.
    """
    with new_folder(folder, "the kit") as temporary:
        files = kit_files(letters)
        for name, text in files.items():
            write(os.path.join(temporary, name), text.encode())
    return [os.path.join(os.path.expanduser(folder), name) for name in files]


def blank_graph(question: Question) -> str:
    """The graph of a question as SVG, without numbers."""
    return draw(question.graph, values=False, gradients="blank", theme="light", width=880).svg()
