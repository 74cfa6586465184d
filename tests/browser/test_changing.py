"""Inputs change in the page, and every number follows; the numbers are the engine's."""

import json
import math

import pytest

from autodiff import Value, parse, variables
from autodiff.lectures import EXAMPLES
from tests.browser.pages import d1, drawn, example, gradients, number
from visualize import page
from visualize.web.document import collection


def test_input_typed_changes_everything(visit):
    tab = visit(page(d1()), "#step=5")
    tab.get_by_label("value of z").fill("1.5")
    assert gradients(tab) == {"x": 1.5, "y": 1.5, "z": 3.0}
    assert number(tab.locator(".result data")) == 4.5
    assert drawn(tab, "edge-output", "data") == "4.5"
    assert "local 1.5 gives 1.5" in tab.text_content(".sentence")


def test_input_change_keeps_the_step(visit):
    tab = visit(page(d1()))
    tab.get_by_label("x up").click()
    assert (tab.text_content(".counter"), tab.text_content(".result")[-1]) == ("0 of 7", "?")
    assert drawn(tab, "edge-output", "data") is None
    tab.keyboard.press("End")
    assert drawn(tab, "edge-output", "data") == "-12.4"


def test_input_dragged_changes_the_number(visit):
    tab = visit(page(d1()), "#step=7")
    slider = tab.get_by_label("drag x")
    box = slider.bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=4)
    tab.mouse.up()
    x = float(tab.get_by_label("value of x").input_value())
    assert x > -1
    assert gradients(tab)["z"] == pytest.approx(x + 5)


def test_input_reset(visit):
    tab = visit(page(d1()))
    tab.get_by_label("value of x").fill("100")
    tab.click("text=Reset numbers")
    assert gradients(tab) == {"x": -4.0, "y": -4.0, "z": 3.0}
    assert tab.get_by_label("value of x").input_value() == "\N{MINUS SIGN}2"


def test_input_that_is_no_number(visit):
    tab = visit(page(d1()), "#step=7")
    field = tab.get_by_label("value of x")
    field.fill("two")
    assert field.get_attribute("aria-invalid") == "true"
    assert gradients(tab)["z"] == 3.0
    field.fill("1/4")
    assert gradients(tab)["z"] == 5.25
    field.fill("two")
    field.press("Tab")
    assert field.input_value() == "0.25"


def test_nudge_is_shown_with_each_gradient(visit):
    """D7: the forward difference with h = 0.001."""
    tab = visit(page(example("D7")), "#step=99")
    row = tab.locator("tr[data-input]").first
    nudged, true = number(row.locator(".nudge data")), number(row.locator(".gradient data"))
    assert (nudged, true) == (pytest.approx(0.0249538793, abs=1e-9), pytest.approx(0.024951070520461978, rel=1e-12))
    assert "2.8e\N{MINUS SIGN}06" in row.locator(".difference").text_content()


def test_nudge_grows_with_its_input(visit):
    x = Value(2.0**53, "x")
    tab = visit(page(x * 2.0), "#step=99")
    nudge = tab.locator("td.nudge")
    assert number(nudge.locator("data")) == pytest.approx(2, rel=1e-6)
    assert nudge.locator(".difference").text_content().startswith("by 9.0072e+09")
    tab.get_by_label("value of x").fill("inf")
    assert nudge.text_content() == "\N{EN DASH}no nearby number"
    tab.get_by_label("value of x").fill("3")
    assert nudge.locator(".difference").text_content() == ""  # only rounding remains


def test_slider_goes_on_at_a_typed_number(visit):
    tab = visit(page(d1()))
    tab.get_by_label("value of x").fill("5000")
    slider = tab.get_by_label("drag x")
    ends = [float(slider.get_attribute(end)) for end in ("min", "max")]
    assert ends[0] < float(slider.input_value()) == 5000 < ends[1]


def test_ctrl_z_undoes_each_change(visit):
    tab = visit(page(d1()), "#step=7")
    tab.get_by_label("value of x").fill("7")
    tab.get_by_label("value of y").fill("12")
    tab.get_by_label("z up").click()
    tab.click("text=Reset numbers")
    seen = []
    for _ in range(5):
        seen.append([tab.get_by_label(f"value of {name}").input_value() for name in "xyz"])
        tab.keyboard.press("Control+z")
    M = "\N{MINUS SIGN}"
    first = [f"{M}2", "5", f"{M}4"]
    assert seen == [first, ["7", "12", f"{M}3.8"], ["7", "12", f"{M}4"], ["7", "5", f"{M}4"], first]
    assert tab.text_content(".counter") == "7 of 7"


@pytest.mark.parametrize("width", [1280, 360])
def test_input_names_are_seen_whole(visit, width):
    names = ["learning_rate", "learning_rate_min", "beta", "w_0_1"]
    values = variables(**dict.fromkeys(names, 0.5))
    tab = visit(page(sum(values) * 2.0), viewport={"width": width, "height": 800})
    cut = "[...document.querySelectorAll('.inputs label')].map((label) => label.scrollWidth - label.clientWidth)"
    assert tab.evaluate(cut) == [0, 0, 0, 0]
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    tab.set_viewport_size({"width": 688, "height": 1000})
    tab.emulate_media(media="print")
    assert tab.evaluate(cut) == [0, 0, 0, 0]


def test_infinity_is_exact_and_not_rounded(visit):
    x, y = variables(x=1, y=0)
    tab = visit(page(x / y))
    for step in range(1, 5):
        tab.evaluate("(step) => active.show(step)", step)
        assert "rounded" not in tab.text_content(".product")
    assert tab.locator(".factor b").all_text_contents() == ["1", "\N{MINUS SIGN}inf", "\N{MINUS SIGN}inf"]


def test_floats_round_trip_exactly(visit):
    x = Value(0.1 + 0.2, "x")
    tab = visit(page(x * 1.0), "#step=2")
    field = tab.get_by_label("value of x")
    assert field.input_value() == "0.3"
    field.focus()
    assert field.input_value() == "0.30000000000000004"
    assert number(tab.locator(".result data")) == 0.1 + 0.2


def test_numbers_have_true_minus_signs(visit):
    x, y = variables(x=1e-7, y=2)
    tab = visit(page(x * 1e-8 + y * y * -3e-9), "#step=99")
    tab.get_by_label("value of x").fill("\N{MINUS SIGN}4e\N{MINUS SIGN}6")
    for name in ("Inputs", "Chain", "Mistakes", "Steps", "Descend"):
        tab.get_by_role("tab", name=name).click()
        if name == "Chain":
            tab.get_by_label("Node").select_option("0")
        shown = tab.inner_text(".lesson").replace(tab.text_content(".sentence"), "")  # which is read aloud
        assert "e\N{MINUS SIGN}08" in shown
        assert "e-" not in shown


def test_inf_and_nan_survive(visit):
    x, y = variables(x=math.inf, y=math.nan)
    tab = visit(page(x * 2.0 + y * 0.0), "#step=7")
    assert [tab.get_by_label(f"value of {name}").input_value() for name in "xy"] == ["inf", "nan"]
    assert math.isnan(number(tab.locator(".result data")))
    tab.get_by_label("value of y").fill("-inf")
    assert math.isnan(number(tab.locator(".result data")))
    tab.get_by_label("value of y").fill("1")
    assert number(tab.locator(".result data")) == math.inf


def test_constants_stand_whole_in_the_rule(visit):
    x = Value(2.0, "x")
    tab = visit(page(x * 1.0000001), "#step=1")
    assert "1.0000001" in tab.text_content(".rule")
    assert "1.0000001" not in tab.text_content(".product")
    assert tab.text_content(".sentence").endswith("x times 1.0000001: 2 times 1 gives 2.")
    tab.get_by_label("value of x").fill("inf")
    for step in range(1, 4):
        tab.goto(f"{tab.url.partition('#')[0]}#step={step}")
        assert "rounded" not in tab.text_content(".product")


def test_kink_is_said_when_an_input_reaches_it(visit):
    """E7: at y = z each gets one half."""
    tab = visit(page(example("E7")), "#step=7")
    assert "kink" not in tab.text_content(".role")
    tab.get_by_label("value of y").fill("0")
    assert "a tie: each input gets one half" in tab.text_content(".role")


# --- All lecture examples at once ------------------------------------------------------------------


@pytest.fixture(scope="module")
def lectures():
    """Every lecture example in one page."""
    parts = [(e.id, e.title, [e.lecture], e.build()) for e in EXAMPLES.values()]
    return collection(parts, layout="built-in")


ASK = """(changes) => [...document.querySelectorAll(".lesson")].map((article) => {
  const player = playerOf(article), numbers = player.numbers.map((x, i) => x * changes[0] + changes[1]);
  const lesson = player.lessons[0], result = lesson.compute(numbers), flat = lesson.flat(numbers);
  return JSON.stringify({
    id: article.id, numbers: numbers.map(exact), value: exact(flat.value), flat: flat.gradients.map(exact),
    gradients: lesson.inputs.map((node) => exact(result.gradients[node])),
    names: lesson.inputs.map((node) => lesson.names[node]),
    sentences: lesson.rows.map((row) => lesson.sentence(row, result)),
    steps: result.steps.map((step) => [step.upstream, step.local, step.downstream, step.total].map(exact)),
    views: player.lessons.map((other) => other.flat(numbers).gradients.map(exact)),
  });
})"""


def close(a, b, scale):
    """Whether two numbers are the same to 1e-9."""
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-9 * max(abs(b), scale)


def test_lecture_examples_match_the_engine(visit, lectures):
    answers = [json.loads(answer) for answer in visit(lectures).evaluate(ASK, [1, 0])]
    assert len(answers) == len(EXAMPLES)
    for answer in answers:
        steps = EXAMPLES[answer["id"]].build().steps()
        assert answer["sentences"] == steps.sentences, answer["id"]
        for told, step in zip(answer["steps"], steps, strict=True):
            for a, b in zip(map(float, told), (step.upstream, step.local, step.downstream, step.total)):
                assert close(a, b, 1e-12), (answer["id"], step)


@pytest.mark.slow
@pytest.mark.parametrize("changes", [(1.25, 0.1), (-0.5, 0.3)])
def test_lecture_examples_match_the_engine_after_a_change(visit, lectures, changes):
    """In all forms of the graph, folded and unfolded, by the flat code and step by step."""
    for answer in map(json.loads, visit(lectures).evaluate(ASK, list(changes))):
        inputs = dict(zip(answer["names"], map(float, answer["numbers"])))
        steps = parse(EXAMPLES[answer["id"]].text, **inputs).steps()
        expected = {steps.names[leaf]: gradient for leaf, gradient in steps.gradients.items()}
        right = [expected[name] for name in answer["names"]]
        scale = max(map(abs, right), default=0.0)
        assert close(float(answer["value"]), steps.output.data, 1e-12), answer["id"]
        for told in (answer["flat"], answer["gradients"]):
            assert all(close(float(a), b, scale) for a, b in zip(told, right, strict=True)), answer["id"]
        for told in answer["views"]:  # another form rounds differently: (1 - L) * L loses all digits for L near 1
            assert all(close(float(a), b, 1.0) for a, b in zip(told, right, strict=True)), answer["id"]


# What overlaps a text or a gate or leaves the picture when all inputs are set to a number.
COLLISIONS = """(x) => {
  active.changed(active.numbers.map(() => x));
  active.show(active.lesson.rows.length);
  const { svg } = active.graph, box = (part) => part.getBoundingClientRect(), frame = box(svg), found = [];
  const texts = [...svg.querySelectorAll("g[id] > text")], gates = [...svg.querySelectorAll(".gate, .part")];
  const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.25 * Math.min(a.height, b.height);
  for (const [i, text] of texts.entries()) {
    const own = box(text), strange = gates.filter((gate) => gate.parentNode !== text.parentNode);
    const others = [...texts.slice(i + 1), ...strange];
    if (own.left < frame.left - 1 || own.right > frame.right + 1) found.push(`${text.textContent} leaves`);
    found.push(...others.filter((x) => over(own, box(x))).map((x) => `${text.textContent} over ${x.parentNode.id}`));
  }
  return found; }"""


@pytest.mark.parametrize("id", ["D1", "E7", "D2", "D3", "C3"])
def test_numbers_of_any_size_overlap_nothing(visit, id):
    tab = visit(page(example(id)), viewport={"width": 1280, "height": 720})
    marks = "[...document.querySelectorAll('.graph text')].map((x) => x.outerHTML)"
    tab.evaluate("active.show(active.lesson.rows.length)")
    before = tab.evaluate(marks)
    found = [tab.evaluate(COLLISIONS, x) for x in (-1.23456, -1.2345e-7, -1.2345e12)]
    assert found == [[], [], []]
    tab.evaluate("active.change.again()")
    after = tab.evaluate(marks)
    assert [x.replace(' lengthAdjust="spacingAndGlyphs"', "") for x in after] == before
