"""Accessibility: axe-core passes every state of a page; keys and live regions give all that is visible."""

import re

import pytest

from autodiff import variables
from nn import MLP, truth_table
from tests.browser.pages import d1, example, some
from tests.support.site_tools import need_part
from visualize import page, playground
from visualize.site import PARTS
from visualize.site.notebooks import notebook_page
from visualize.site.pages import front_page, style, with_links
from visualize.site.tools import SOURCE
from visualize.web.document import collection

PHONE = {"viewport": {"width": 390, "height": 844}}
STATES = ["", "#step=99", *[f"#step=9&tab={tab}&node=2" for tab in range(6)], "#step=5&mode=predict"]
STATES += ["#step=12&tab=3&mistake=order", "#step=12&sizes=1", "#step=9&present=1"]


@pytest.mark.parametrize("options", some([{}, {"color_scheme": "dark"}, PHONE], {}))
def test_axe_on_a_page(visit, violations, options):
    tab = visit(page(example("D2")), **options, reduced_motion="reduce")
    for state in STATES:
        tab.evaluate("(hash) => (location.hash = hash)", state or "#step=0")
        assert tab.locator(".lesson.chosen").count() == 1
        assert violations(tab) == [], state
    tab.keyboard.press("f")
    assert violations(tab) == []


def test_axe_on_a_folded_net_and_a_playground(visit, violations):
    net = MLP(2, [4, 1], seed=0)
    tab = visit(page(net(variables(x0=0.5, x1=-1)), fold=[net]), "#step=6")
    assert violations(tab) == []
    tab.evaluate("location.hash = '#step=6&fold=0&node=3'")
    assert tab.locator(".graph .inside, .graph .chosen").count() > 0
    assert violations(tab) == []
    tab = visit(playground(net, *truth_table("xor")))
    tab.click("text=One step")
    assert violations(tab) == []


def test_axe_on_panels_of_a_playground(visit, violations):
    tab = visit(playground(MLP(2, [3, 1], seed=0), *truth_table("xor")), "#rate=3")
    for summary in tab.locator(".panels summary").all():
        summary.click()
    tab.locator(".seeds p", has_text="within").wait_for()
    assert tab.locator(".inspect .update li, .doctor button").count() > 13
    assert violations(tab) == []
    tab.set_viewport_size(PHONE["viewport"])
    assert violations(tab) == []


def test_axe_on_the_contents_of_a_collection(visit, violations):
    tab = visit(collection([(id, id, ["A lecture"], example(id)) for id in ("D1", "E7")]))
    assert tab.locator(".contents a").count() == 2
    assert violations(tab) == []
    tab.set_viewport_size(PHONE["viewport"])
    assert violations(tab) == []
    tab.click("text=D1")
    tab.locator("#D1").wait_for()
    assert violations(tab) == []


def test_axe_on_a_page_to_write_in(visit, violations):
    tab = visit(page(d1(), editable=True), "#f=a*sin(b)&a=2&b=3&step=4")
    assert violations(tab) == []
    tab.fill("form.own input", "a*snh(b)")
    tab.locator("form.own output:not(:empty)").wait_for()
    assert violations(tab) == []


class WithStyle:
    """A page of the site with its style sheet inside, which axe cannot load from a file."""

    def __init__(self, text):
        sheet = f"<style>{style()['style.css']}</style>"
        self.text = re.sub(r'<link rel="stylesheet"[^>]*>', lambda _: sheet, text)

    def save(self, path):
        path.write_text(self.text, encoding="utf-8")


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, PHONE], ids=str)
def test_axe_on_the_start_page_of_the_site(visit, violations, options):
    course = {"00-quick-start": "Quick start", "engine/1-numbers": "Numbers that remember"}
    tab = visit(WithStyle(front_page(course, PARTS, "some.whl")), **options)

    assert tab.locator("h1").inner_text() == "Backpropagation, step by step"
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(tab) == []


@pytest.mark.parametrize("options", [{"color_scheme": "dark"}, PHONE], ids=str)
def test_axe_on_a_notebook_of_the_site(visit, violations, options):
    need_part("notebooks")
    path = SOURCE / "notebooks" / "00-quick-start.ipynb"
    page = notebook_page(path.stem, path, {path.stem: "Quick start", "A": "Lecture A"}, True)
    tab = visit(WithStyle(page), **options)

    assert tab.locator("math").count() > 0
    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert violations(tab) == []


def test_axe_on_a_page_with_a_way_home(visit, violations):
    tab = visit(with_links(playground(MLP(2, [2, 1], seed=0), *truth_table("xor")), {"home": "i.html", "b": "b.html"}))
    assert tab.locator("header.collection a").count() == 2
    assert violations(tab) == []


def test_graph_is_one_tab_stop_with_arrow_keys(visit):
    tab = visit(page(d1()), "#step=7")
    tab.evaluate("document.activeElement.blur()")
    stops = []
    for _ in range(4):
        tab.keyboard.press("Tab")
        stops.append(tab.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert stops == ["lesson-0-node-0", "Start", "Back", "Play"]  # at the end there is no Next
    tab.locator('[id="lesson-0-node-0"]').focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft"):
        tab.keyboard.press(key)
    assert tab.evaluate("document.activeElement.id") == "lesson-0-node-2"
    tab.keyboard.press("Enter")
    assert tab.text_content(".chain .way") == "f → z"
    assert tab.locator(".graph [tabindex='0']").count() == 1
    assert tab.text_content(".counter") == "7 of 7"


def test_arrow_keys_step_after_a_click_on_a_node(visit):
    tab = visit(page(d1()), "#step=5")
    tab.locator('[id="lesson-0-node-3"]').click()
    tab.keyboard.press("ArrowRight")
    assert tab.text_content(".counter") == "6 of 7"


def test_node_is_named_by_its_text(visit):
    tab = visit(page(example("D2")), "#step=21")
    node = tab.locator(".graph .op").nth(4)
    assert node.get_attribute("aria-label").startswith(node.locator("text").first.text_content())
    assert tab.locator(".graph .edge:not([aria-hidden])").count() == 0
    regions = tab.locator("[aria-live], [role=status]").evaluate_all("all => all.map((x) => x.className)")
    assert regions == ["verdict", "sentence", "remark", "told"]
