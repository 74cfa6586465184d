"""Worksheets and pages, printed on A4."""

import io
import re

import pytest
from PIL import Image

from autodiff import parse
from autodiff.__main__ import main
from autodiff.lectures.course import COURSES
from autodiff.quiz import html, read_exercises
from nn import MLP, truth_table
from tests.browser.pages import example
from visualize import page, playground
from visualize.kit.folder import blank_graph
from visualize.kit.formulas import formula
from visualize.kit.guide import guide

PAPER = {"width": 688, "height": 1017}  # A4 without its margins
DEAD = (
    "button:not(.row):visible, select:visible, input[type=range]:visible, input[type=search]:visible, summary:visible, "
    "form.own:visible"
)


def test_print_sheet_fits_its_page(tmp_path, chromium):
    """A4: no question is split, nothing is wider than the page, and every variant starts on a new page."""
    file = tmp_path / "sheet.html"
    assert main(["--quiz", "3", "--level", "4", "--variants", "2", "-o", str(file)]) == 0
    tab = chromium.new_page(viewport={"width": 794, "height": 1123})
    tab.goto(file.as_uri())
    tab.emulate_media(media="print")

    assert tab.evaluate("document.documentElement.scrollWidth") <= 794
    assert tab.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 100)")
    heights = tab.evaluate("[...document.querySelectorAll('li')].map((item) => item.getBoundingClientRect().height)")
    assert max(heights) < 1000
    assert len(re.findall(rb"/Type\s*/Page\b", tab.pdf(format="A4"))) == 4
    tab.close()


@pytest.mark.parametrize("letter", COURSES)
def test_print_kit_fits_its_page(letter, tmp_path, chromium):
    """The worksheet on A4, no exercise split; the guide on a phone, light and dark."""
    sheet, advice = tmp_path / "sheet.html", tmp_path / "guide.html"
    asked = html(read_exercises(letter), draw=blank_graph, math=formula)
    sheet.write_text(asked, encoding="utf-8")
    advice.write_text(guide(letter), encoding="utf-8")
    tab = chromium.new_page(viewport={"width": 794, "height": 1123})
    tab.goto(sheet.as_uri())
    tab.emulate_media(media="print")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 794
    heights = tab.evaluate("[...document.querySelectorAll('.items > li')].map((x) => x.getBoundingClientRect().height)")
    assert len(heights) == len(read_exercises(letter))
    assert max(heights) < 1000
    tab.set_viewport_size({"width": 400, "height": 800})
    tab.goto(advice.as_uri())
    for scheme, least, most in (("light", 200, 255), ("dark", 0, 60)):
        tab.emulate_media(media="screen", color_scheme=scheme)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 400
        pixel = Image.open(io.BytesIO(tab.screenshot())).convert("L").getpixel((3, 3))
        assert least <= pixel <= most
    tab.close()


def printed(tab):
    """The tab as printed, and its number of sheets."""
    sheets = len(re.findall(rb"/Type\s*/Page\b", tab.pdf(format="A4")))
    tab.emulate_media(media="print")
    tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    return sheets


@pytest.mark.parametrize(("id", "most"), [("D1", 2), ("D2", 2), ("", 4)])
def test_print_page_has_graph_and_steps(visit, id, most):
    text = "(a * b + c * d) * sin(a) / (1 + exp(-(c * a + b))) + tanh(a * c - d) * (b + c) ** 2"
    f = example(id) if id else parse(text, a=1, b=2, c=-1, d=0.5)
    tab = visit(page(f, editable=True), "#step=3", viewport=PAPER)
    assert printed(tab) <= most
    assert tab.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    graph = tab.locator(".graph svg").bounding_box()
    assert graph["x"] >= 0
    assert graph["x"] + graph["width"] <= PAPER["width"]
    assert tab.locator(DEAD).count() == 0
    steps = tab.locator(".steps li:visible").all_text_contents()
    assert len(steps) == len(f.steps().rows)
    assert all(re.search(r"= .?\d[\de.\N{MINUS SIGN}]*$", line) for line in steps)


def test_print_page_hides_what_is_predicted(visit):
    tab = visit(page(example("D1")), "#step=3&mode=predict", viewport=PAPER)
    printed(tab)
    assert [line.endswith("?") for line in tab.locator(".steps li").all_text_contents()] == [False] * 3 + [True] * 4


def test_print_playground_settings_and_weights(visit):
    tab = visit(playground(MLP(2, [4, 1], seed=0), *truth_table("xor")), viewport=PAPER)
    assert printed(tab) <= 3
    assert tab.evaluate("document.documentElement.scrollWidth") <= PAPER["width"]
    assert tab.locator(".weights tbody tr:visible").count() == 17
    assert tab.locator(".controls select").first.evaluate("(box) => getComputedStyle(box).borderStyle") == "none"
    assert tab.locator(".bar:visible, summary:visible").count() == 0


def test_print_playground_has_the_steps_of_an_example(visit):
    tab = visit(playground(MLP(2, [2, 1], seed=0), *truth_table("xor")), viewport=PAPER)
    tab.click(".inspect summary")
    tab.locator(".inspected .lesson").wait_for()
    printed(tab)
    steps = tab.locator(".inspected .steps li:visible").all_text_contents()
    assert len(steps) > 20
    assert all(re.search(r"= .?\d[\de.\N{MINUS SIGN}]*$", line) for line in steps)
