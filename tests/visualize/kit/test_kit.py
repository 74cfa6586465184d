"""The lecturer's kit: every file of a lecture, links that lead somewhere, and a folder that is whole or absent."""

import os
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest

from autodiff.lectures import EXAMPLES, SLIPS
from autodiff.lectures.course import COURSES, read_course
from autodiff.quiz import read_exercises
from autodiff.quiz.markup import to_html, to_tex
from visualize.__main__ import main
from visualize.kit import folder, lecture_files, write_kit
from visualize.kit.formulas import formula
from visualize.kit.guide import guide, start_page
from visualize.kit.slides import slides

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Outline(HTMLParser):
    """The links of a page; its tags must close in order."""

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.words = [], [], []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.links += [value for name, value in attributes if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag == "li":
            assert self.open.pop() == "li"
        else:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def files():
    """The files of lecture A."""
    return lecture_files("A")


def texts_of(table):
    """All texts of a table that a reader sees; code is not Markdown."""
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict):
        shown = {key: x for key, x in table.items() if key not in ("start", "solution", "cases", "name", "graph")}
        yield from (text for x in shown.values() for text in texts_of(x))
    elif isinstance(table, list):
        yield from (text for x in table for text in texts_of(x))


def test_kit_of_a_lecture(files):
    names = ("guide", "worksheet", "key", "page")
    assert list(files) == [
        *(f"{name}-A.html" for name in names[:3]), "questions-A.xml", "questions-A.gift", "slides-A.tex", "page-A.html"
    ]  # fmt: skip
    assert files == lecture_files("A")
    exercises = read_exercises("A")
    assert len(ElementTree.fromstring(files["questions-A.xml"])) == 1 + len(exercises)
    for e in exercises:
        assert f"{e.id} " in files["worksheet-A.html"]
    graphs = [e for e in exercises if e.kind == "graph"]
    assert files["worksheet-A.html"].count("<img") == len(graphs) > files["key-A.html"].count("<img") == 0


def test_kit_links_lead_somewhere(files):
    known = {"index.html", *files}
    for text in (files["guide-A.html"], start_page("A")):
        links = Outline(text).links
        assert links
        for link in links:
            name, _, address = link.partition("#")
            assert name in known
            if address:
                example = re.match("example=([^&]+)", address)[1]
                assert f'id="{example}"' in files[name]


@pytest.mark.parametrize("letter", COURSES)
def test_guide_has_all_of_the_course(letter):
    words = "".join(Outline(guide(letter)).words)
    course = read_course(letter)

    for text in [*course["aims"], *(step["what"] for step in course["plan"])]:
        if "$" not in text and "`" not in text and "*" not in text:
            assert text in words
    for e in read_exercises(letter):
        assert f"{e.id} {e.title}" in words
    for slip in SLIPS:
        assert (slip.quote in words) == (slip.id[0] == letter)
    assert "0\N{EN DASH}" in words
    assert "\N{EN DASH}50" in words


@pytest.mark.parametrize("letter", COURSES)
def test_course_texts_as_html_and_tex(letter):
    """Every formula can be set, and no character is missing in TeX."""
    for text in texts_of(read_course(letter)):
        Outline(to_html(text, formula))
        assert "[U+" not in to_tex(text), text


def test_slides_of_examples_and_votes():
    made = slides("E")

    assert made.count(r"\begin{frame}") == made.count(r"\end{frame}") > 3
    assert made.count(r"\begin{tikzpicture}") == made.count(r"\end{tikzpicture}") > 1
    (steps,) = [part for part in made.split(r"\end{frame}") if "{E7 " in part]  # one frame, a picture for each step
    assert (
        steps.count(r"\only<") == steps.count(r"\begin{tikzpicture}") == len(EXAMPLES["E7"].build().steps().rows) == 10
    )
    votes = [e for e in read_exercises("E") if e.kind == "choice"]
    assert votes
    assert all(rf"\alert{{{to_tex(e.options[e.right - 1])}}} \emph" in made for e in votes)


@pytest.mark.slow
@pytest.mark.parametrize("letter", COURSES)
def test_slides_compile(letter, tmp_path):
    if not shutil.which("pdflatex"):
        pytest.skip("needs pdflatex with beamer and TikZ")
    (tmp_path / "slides.tex").write_text(slides(letter), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "slides.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")

    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "slides.pdf").stat().st_size > 10_000


def test_kit_folder_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "lecture_files", lambda letter: {f"{letter}.txt": letter})
    target = tmp_path / "kit"
    target.mkdir()  # an empty folder may be there

    paths = write_kit(target, "AB")

    assert [os.path.basename(path) for path in paths] == ["index.html", "A.txt", "B.txt"]
    assert sorted(os.listdir(target)) == ["A.txt", "B.txt", "index.html"]
    assert os.listdir(tmp_path) == ["kit"]
    with pytest.raises(FileExistsError, match="it exists; choose a new folder"):
        write_kit(target, "A")


def test_kit_folder_is_absent_after_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "lecture_files", lambda letter: {"no/such/folder.txt": letter})

    with pytest.raises(FileNotFoundError):
        write_kit(tmp_path / "kit", "A")
    assert os.listdir(tmp_path) == []


def test_kit_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(folder, "lecture_files", lambda letter: {f"{letter}.txt": letter})

    assert main(["--kit", "kit", "--like", "d"]) == 0
    assert capsys.readouterr().out == "kit/index.html\nkit/D.txt\n"
    for arguments, words in (
        (["--kit", "kit"], "it exists; choose a new folder"),
        (["--kit", "no/kit"], "there is no folder"),
        (["--kit", "new", "--like", "F"], "the lectures are A, B, C, D, E, got 'F'"),
        (["--kit", "new", "D1"], "leave out D1"),
        (["--like", "D"], "add --kit FOLDER, or leave out --like D"),
    ):
        assert main(arguments) == 2
        assert words in capsys.readouterr().err
    assert os.listdir() == ["kit"]
