"""A net's page folds by layer and neuron, opens by click, and lights every step, inside a fold too."""

import gzip

import pytest

import nn
from tests.browser.pages import example
from tests.browser.test_screen import MISSING, SIZES, screen
from visualize import page


def net(*sizes):
    model = nn.MLP(2, list(sizes), seed=0)
    return (model([1.0, 2.0]) - 1.0) ** 2


def cell():
    model = nn.RecurrentCell(2, 3, seed=0)
    return model, (sum(model([[1.0, 0.5], [0.2, -0.3], [0.4, 0.1]])) - 1.0) ** 2


def opened(tab):
    return tab.locator(".folds [aria-pressed=true]").text_content()


def names(tab):
    """The names of the visible folds."""
    return tab.evaluate("active.graph.boxes.filter((box) => box.count).map((box) => box.head.split(' (')[0])")


@pytest.mark.parametrize(
    ("sizes", "fold", "steps"),
    [
        ((4, 1), "2", 40),
        *[
            pytest.param(*case, marks=pytest.mark.slow)
            for case in [((4, 1), "closed", 40), ((16, 16, 1), "closed", 8), ((16, 16, 1), "17", 8)]
        ],
    ],
)
def test_fold_is_lit_at_each_step(visit, sizes, fold, steps):
    tab = visit(page(net(*sizes)), **screen(SIZES[0]))
    found = tab.evaluate(
        MISSING.replace("new URLSearchParams()", f"new URLSearchParams('fold={fold}')").replace(
            "step++", f"step += Math.ceil(player.lesson.rows.length / {steps})"
        ),
        "lesson",
    )
    assert found == []


def test_fold_opens_by_a_click_and_by_link(visit):
    tab = visit(page(net(16, 16, 1)), "#step=60", **screen(SIZES[0]))
    assert (opened(tab), names(tab)) == ("Folded", ["W1", "W2", "W3"])
    tab.get_by_role("button", name="W2 (304 nodes)").click()
    assert (opened(tab), len(names(tab))) == ("W2", 18)
    tab.get_by_role("button", name="W2_5 (19 nodes)").focus()
    tab.keyboard.press("Enter")
    assert (opened(tab), len(names(tab))) == ("W2_5", 17)
    assert tab.locator(".graph .inside").count() == 19
    assert tab.evaluate(
        """[active.box, document.querySelector('.inside .gate')].map((x) => x.getBoundingClientRect())
           .reduce((a, b) => a.top <= b.top && a.bottom >= b.bottom)"""
    )
    assert tab.text_content(".counter") == "60 of 711"
    before = tab.evaluate("[location.hash, document.querySelector('.graph').textContent]")
    assert "fold=" in before[0]
    tab.reload()
    assert tab.evaluate("[location.hash, document.querySelector('.graph').textContent]") == before
    tab.get_by_role("button", name="W1 (80 nodes)").click()
    assert opened(tab) == "W1"
    tab.evaluate("active.lab.choose(active.lesson.names.indexOf('W2_3_1'))")
    assert "W2 (304 nodes)" in tab.locator(".graph .chosen").get_attribute("aria-label")
    tab.get_by_role("button", name="Folded").click()
    assert names(tab) == ["W1", "W2", "W3"]
    assert "fold=" not in tab.evaluate("location.hash")


def test_fold_small_net_by_neurons(visit):
    tab = visit(page(net(4, 1)), **screen(SIZES[0]))
    assert (opened(tab), names(tab)) == ("All gates", [])
    tab.get_by_role("button", name="Folded").click()
    assert names(tab) == ["W1_0", "W1_1", "W1_2", "W1_3", "W2_0"]
    tab.keyboard.press("End")
    gradients = "[...document.querySelectorAll('.graph .gradient:not(.unseen)')].map((x) => x.textContent)"
    folded = tab.evaluate(gradients)
    tab.get_by_role("button", name="All gates").click()
    assert set(folded[:4]) <= set(tab.evaluate(gradients))
    assert visit(page(example("D3"))).locator(".folds button").count() == 0


def test_fold_recurrent_cell_by_calls(visit):
    model, loss = cell()
    tab = visit(page(loss, fold=model), **screen(SIZES[0]))
    found = names(tab)
    assert [name for name in found if "neurons.0" in name] == ["layer.neurons.0"] + [
        f"layer.neurons.0, call {i}" for i in (1, 2, 3)
    ]
    assert tab.evaluate(MISSING, "lesson") == []


@pytest.mark.slow
def test_fold_limits_open_parts(visit):
    """A GPT opens its outer parts, and as many inner ones as fit."""
    gpt = nn.GPT(3, width=4, heads=2, context=4, seed=0)
    shown = page(gpt.loss([0, 1, 2]), fold=gpt)
    assert len(gzip.compress(shown.html().encode())) < 600_000
    tab = visit(shown, **screen(SIZES[0]))
    outer = tab.evaluate("active.lesson.groups.map(([, around], i) => around < 0 ? `${i}` : '').filter(Boolean)")
    assert set(outer) <= set(tab.evaluate("active.lesson.opens"))
    tab.get_by_role("button", name="blocks.0.attention.query (24 nodes)").click()
    assert opened(tab) == "blocks.0.attention.query"
    assert tab.locator(".graph .inside").count() == 4
