"""Helpers for tests of pages: graphs, and readings of what a page shows."""

import pytest

from autodiff import variables
from autodiff.lectures import find


def d1():
    """f = (x + y) * z at -2, 5, -4."""
    x, y, z = variables(x=-2, y=5, z=-4)
    q = x + y
    q.label = "q"
    f = q * z
    f.label = "f"
    return f


def example(id):
    """A lecture example, recorded."""
    return find(id)[0].build()


def some(cases, *kept):
    """The cases, those not run every time marked as slow."""
    return [case if case in kept else pytest.param(case, marks=pytest.mark.slow) for case in cases]


def number(locator):
    """The exact number of a <data> element."""
    return float(locator.get_attribute("value"))


def gradients(tab):
    """The gradients in the table of inputs, by input."""
    rows = tab.locator("tr[data-input]")
    return {
        rows.nth(i).get_attribute("data-input"): number(rows.nth(i).locator("td.gradient data"))
        for i in range(rows.count())
    }


def drawn(tab, id, kind):
    """The text of an arrow or box in the picture; None while hidden."""
    text = tab.locator(f'[id="lesson-0-{id}"] .{kind}')
    return (
        None if "unseen" in text.get_attribute("class").split() else text.text_content().replace("\N{MINUS SIGN}", "-")
    )


def predict(tab):
    """Switch Predict mode on."""
    tab.get_by_role("button", name="Predict").click()


def answer_to(tab):
    """Reveal the number asked for, if any; return the step's number."""
    reveal = tab.get_by_role("button", name="Reveal")
    if reveal.is_visible() and reveal.is_enabled():
        reveal.click()
    return tab.text_content(".counter").split()[0]
