"""Gradients in the graph: the width of edges, and the wrong numbers of a pass with a mistake."""

import pytest

import nn
from tests.browser.pages import drawn, example
from tests.browser.test_screen import SIZES, screen
from visualize import page


def width(tab, edge):
    return tab.evaluate(f"parseFloat(getComputedStyle(document.querySelector('[id$=\"{edge}\"] > .line')).strokeWidth)")


def test_edges_are_as_wide_as_their_gradients(visit):
    """D2: 1 arrives at f, -0.53 before 1/x, 0.39 at w1's line."""
    tab = visit(page(example("D2")), **screen(SIZES[0]))
    edges = tab.evaluate("active.graph.arrows.map((arrow) => [arrow.id, arrow.steps[0]])")
    last = next(id for id, step in edges if step == 0)
    plain = width(tab, last)
    tab.get_by_role("button", name="Gradient sizes").click()
    assert tab.evaluate("active.graph.arrows.every((x) => x.group.style.getPropertyValue('--size') === '0')")
    tab.keyboard.press("End")
    assert width(tab, "edge-output") > width(tab, last) > plain
    shown = tab.evaluate("active.graph.arrows.map((x) => [x.flow, Number(x.group.style.getPropertyValue('--size'))])")
    assert [size for _, size in sorted(shown)] == sorted(size for _, size in shown)
    assert min(size for flow, size in shown if flow) > 0.5
    tab.reload()
    assert tab.get_by_role("button", name="Gradient sizes").get_attribute("aria-pressed") == "true"
    assert width(tab, "edge-output") > width(tab, last)


def test_edges_show_vanishing_gradients(visit):
    """Eight layers of sigmoids: each edge is thinner than the next one."""
    model = nn.MLP(1, [1] * 8, "sigmoid", seed=3)
    tab = visit(page(model([1.0]), fold=False), "#step=999&sizes=1", **screen(SIZES[0]))
    forward = "active.graph.arrows.filter((x) => active.lesson.computed.has(x.from))"
    way = tab.evaluate(f"{forward}.map((x) => [x.from, x.flow, +x.group.style.getPropertyValue('--size')])")
    sizes = [size for _, _, size in sorted(way)]
    assert sizes == sorted(sizes)
    assert sizes[0] == 0 < sizes[-1]


@pytest.mark.parametrize(
    ("mistake", "wrong", "right"), [("= instead of +=", "∇ 2 ✗", "∇ 5"), ("no zeroing", "∇ 15 ✗", "∇ 5")]
)
def test_mistake_is_played_in_the_graph(visit, mistake, wrong, right):
    """E7: y gets 3 + 2 by two paths; with = the first is lost, called again it adds to what was left."""
    tab = visit(page(example("E7")), "#step=10", **screen(SIZES[0]))
    assert drawn(tab, "node-1", "gradient") == right
    tab.get_by_role("tab", name="Mistakes").click()
    tab.get_by_role("button", name=mistake).click()
    assert drawn(tab, "node-1", "gradient") == wrong
    assert tab.evaluate("getComputedStyle(document.querySelector('.graph .wrong')).fill") == "rgb(163, 20, 43)"
    tab.reload()
    assert drawn(tab, "node-1", "gradient") == wrong
    tab.get_by_role("button", name=mistake).click()
    assert drawn(tab, "node-1", "gradient") == right
    assert tab.locator(".graph .wrong").count() == 0
