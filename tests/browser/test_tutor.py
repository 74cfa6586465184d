"""The tutor, played in Chromium: every level, typical wrong answers, hints, the end, and the code."""

import pytest

from autodiff.quiz import Result, read_result
from tests.browser.pages import d1, example, gradients, some
from visualize import page

TIMES = "\N{MULTIPLICATION SIGN}"
E7 = "a = x + y; b = max(y, z); f = a * b"
GRAPHS = {"D1": d1, "E7": lambda: example("E7"), "D2": lambda: example("D2")}


@pytest.fixture
def asked(visit):
    """A function that opens a graph at a level."""
    return lambda output, level, more="", **options: visit(
        page(output), f"#mode=predict&level={level}{more}", **options
    )


def answer(tab, text):
    """Type a number; return the verdict."""
    tab.get_by_label("Your prediction").fill(str(text))
    tab.keyboard.press("Enter")
    return tab.text_content(".verdict")


def choose(tab, which):
    """Choose the rule with that index in the list, -1 for the right one; return the verdict."""
    tab.locator(f'.rules input[value="{which}"]').check()
    tab.keyboard.press("Enter")
    return tab.text_content(".verdict")


def onward(tab):
    """Press Enter for the next question; return whether there is one."""
    while not tab.locator(".reveal").is_enabled():
        if tab.locator(".end").is_visible():
            return False
        tab.keyboard.press("Enter")
    return tab.locator(".end").is_hidden()


def number_asked(tab, output, level):
    """The number that the open question asks for, computed by Python."""
    steps = output.steps()
    at = int(tab.text_content(".counter").split()[0])
    if level < 3:
        row = steps.rows[at - 1]
        return row.node.data if row.phase == "forward" else row.local if level == 2 else row.downstream
    name = tab.text_content(".role").split(" of ")[1].split(",")[0]
    plain = name.translate({0x2080 + i: str(i) for i in range(10)})
    node = next(node for node, called in steps.names.items() if called == plain)
    return steps.arriving[node][-1].total


CASES = [(id, level) for id in GRAPHS for level in range(1, 6)]


@pytest.mark.parametrize("case", some(CASES, ("D1", 1), ("E7", 4), ("E7", 5)))
def test_tutor_gives_a_robot_all_marks(asked, case):
    id, level = case
    output = GRAPHS[id]()
    tab = asked(output, level)
    count = 0
    while onward(tab):
        count += 1
        said = choose(tab, -1) if level == 3 else answer(tab, number_asked(tab, output, level))
        assert said == "Right."
    steps = output.steps()
    wanted = [len(steps.rows) - 1, len(steps), len(steps), len(steps.arriving), len(gradients(tab))]
    assert count == wanted[level - 1] == int(tab.text_content(".told").split()[2])
    assert tab.text_content(".told") == f"{count} of {count} marks, longest streak {count}."
    title = E7 if id == "E7" else tab.title()
    assert read_result(tab.text_content(".end .code")) == Result(title, level, 0, count, count, "")


def test_tutor_names_wrong_answers_and_prices_hints(asked):
    """E7 over all paths: y gets 2 + 3."""
    tab = asked(example("E7"), 4)
    assert tab.text_content(".role") == "What is the total gradient of a, over all paths?"
    assert answer(tab, 2) == "Right."
    onward(tab)
    tab.click("text=Hint")
    assert tab.text_content(".role").endswith(
        "It comes from f (mul swaps: each input gets upstream times the other input)."
    )
    assert answer(tab, 3) == "Right."
    onward(tab)
    tab.click("text=Reveal")
    assert tab.text_content(".verdict") == "It is 0."
    onward(tab)
    assert answer(tab, "x") == "Type a number, such as -4 or 1/3."
    assert answer(tab, 2) == "Right."
    onward(tab)
    assert tab.locator(".graph .edge.back").count() == 2
    assert [answer(tab, x).split(": ", 1)[1].split(";")[0] for x in (2, 3, 6, -5)] == [
        "only the last path is counted: several paths add up, += instead of =",
        "several paths lead here, and one is missing", "several paths add up", "the sign is wrong.",
    ]  # fmt: skip
    assert tab.locator(".product .factor b").all_text_contents() == [f"3 {TIMES} 1", f"2 {TIMES} 1", "?"]
    assert tab.locator(".hint").is_disabled()
    assert answer(tab, "5") == "Right, on attempt 5."
    assert tab.text_content(".told").startswith("3 of 5 marks, longest streak 1. To review: only the last path")
    assert tab.evaluate("document.activeElement.placeholder") == "optional"  # another Enter loses nothing
    tab.get_by_label("Name").fill("Ada ~ L.")
    assert read_result(tab.text_content(".end .code")) == Result(E7, 4, 0, 3.0, 5, "Ada L.")
    tab.get_by_label("value of x").fill("7")
    tab.get_by_label("Name").fill("")
    assert read_result(tab.text_content(".end .code")).seed is None


def test_tutor_levels_of_local_gradients_and_rules(asked):
    """D1: from f to z the local gradient is q = 3, from q to x it is 1, upstream -4."""
    tab = asked(d1(), 2)
    assert tab.locator(".factor b").all_text_contents() == ["1", "?", "?"]
    assert answer(tab, -4).endswith("the local gradient is taken from the wrong input of the gate.")
    assert answer(tab, 3) == "Right, on attempt 2."
    onward(tab)
    answer(tab, -4)
    onward(tab)
    assert answer(tab, -4).endswith(
        "that is the product: give the local gradient alone; or that is the upstream gradient."
    )
    tab.select_option("[aria-label=Level]", label="3 Which rule")
    assert tab.locator(".rules label").count() == 4
    assert choose(tab, 7).endswith("the local gradient is taken from the wrong input of the gate.")
    assert tab.locator(".rules input:disabled").count() == 1
    assert choose(tab, 10).endswith("the sign is wrong.")
    assert choose(tab, -1) == "Right, on attempt 3."
    assert tab.text_content(".score") == "Question 1 of 4, 0 marks"
    assert tab.locator(".factor b").all_text_contents() == ["1", "3", "3"]


def test_tutor_fresh_numbers_by_seed(asked):
    tab = asked(d1(), 5, "&seed=7&hide=level")
    values = [tab.get_by_label(f"value of {name}").input_value() for name in "xyz"]
    assert not tab.get_by_label("Level").is_visible()
    assert not tab.locator(".hint").is_visible()
    while onward(tab):
        tab.click("text=Reveal")
    assert read_result(tab.text_content(".end .code")).seed == 7
    tab.reload()
    assert [tab.get_by_label(f"value of {name}").input_value() for name in "xyz"] == values
    while onward(tab):
        tab.click("text=Reveal")
    tab.click("text=Again with new numbers")
    assert [tab.get_by_label(f"value of {name}").input_value() for name in "xyz"] != [
        "\N{MINUS SIGN}2",
        "5",
        "\N{MINUS SIGN}4",
    ]
    assert tab.text_content(".score") == "Question 1 of 3, 0 marks"
    assert "seed=" in tab.url


def test_tutor_fresh_graph(visit):
    tab = visit(page(d1(), editable=True), "#mode=predict&level=4")
    for _ in range(3):
        while onward(tab):
            tab.click("text=Reveal")
        before = tab.text_content("h1")
        tab.click("text=New graph")
        tab.wait_for_function("(before) => document.querySelector('h1').textContent !== before", arg=before)
        assert tab.text_content(".score").startswith("Question 1 of ")
        assert "f = " in tab.input_value("form.own input")
    tab.click(".predict")
    assert "level=" not in tab.url


def test_tutor_skips_nothing_and_keeps_answers(asked):
    tab = asked(example("E7"), 1)
    for key in ("End", "ArrowRight", "PageDown"):
        tab.locator("body").press(key)
        assert tab.text_content(".counter") == "1 of 10"
    answer(tab, 3)
    tab.keyboard.press("Enter")
    answer(tab, 1)
    tab.click("text=Back")
    assert tab.text_content(".product").startswith("1 + 2")
    assert not tab.locator(".reveal").is_visible()
    tab.click(".next")
    assert tab.text_content(".score") == "Question 2 of 9, 1 mark"
    assert answer(tab, 2) == "Right, on attempt 2."


@pytest.mark.parametrize("level", some((2, 4, 5), 4))
def test_tutor_asks_some_of_many(asked, level):
    tab = asked(example("D7"), level)
    while onward(tab):
        tab.click("text=Reveal")
    assert tab.text_content(".counter") == "87 of 87"
    assert read_result(tab.text_content(".end .code")).questions == (19 if level == 5 else 20)


@pytest.mark.parametrize("level", some(range(1, 6), 3))
def test_tutor_passes_axe(asked, violations, level):
    tab = asked(example("E7"), level, viewport={"width": 390, "height": 844}, reduced_motion="reduce")
    assert violations(tab) == []
    choose(tab, 7) if level == 3 else answer(tab, 99)
    assert violations(tab) == []
    while onward(tab):
        tab.click("text=Reveal")
    assert violations(tab) == []
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
