"""Descend: gradient descent on the page's graph, in Chromium."""

import pytest

from autodiff import relu, variables
from tests.benchmarks.alternating import held_seconds
from tests.browser.pages import d1, example, number, some
from visualize import page

KINK = "the input is 0, where relu bends: its local gradient there is taken as 0"
TIMES = """Array.from({ length: 9 }, () => {
  const start = performance.now();
  active.slope.survey();
  return performance.now() - start;
})"""
DESCEND = 'section.slope button:text-is("{}")'


def valley():
    """f = (x - 1) ** 2 + 3 * y ** 2 at 3, 2."""
    x, y = variables(x=3, y=2)
    f = (x - 1) ** 2 + 3 * y**2
    f.label = "f"
    return f


def dead():
    """f = relu(x) at 0, a kink."""
    (x,) = variables(x=0)
    return relu(x)


def press(tab, name, times=1):
    for _ in range(times):
        tab.click(DESCEND.format(name))


def told(tab):
    return tab.text_content(".slope .told").replace("\N{MINUS SIGN}", "-")


def inputs(tab):
    return tab.evaluate("active.numbers")


def drawn(tab):
    """Wait until the plot's background is drawn."""
    tab.locator(".map .level, .map .curve").first.wait_for(state="attached")


def test_descend_steps_and_ctrl_z(visit):
    tab = visit(page(valley()), "#step=99&tab=5&eta=0.1")
    before = inputs(tab)
    x, y = 3.0, 2.0
    for step in range(1, 4):
        press(tab, "Step")
        x, y = x - 0.1 * 2 * (x - 1), y - 0.1 * 6 * y
        assert inputs(tab) == pytest.approx([x, y], rel=1e-12)
        assert told(tab).startswith(f"Step {step}: f went from ")
    address = tab.evaluate("location.hash")
    assert "eta=0.1" in address
    assert tab.locator(".map .past").count() == 3
    tab.keyboard.press("Control+z")
    assert tab.locator(".map .past").count() == 2
    assert told(tab).startswith("Step 2: ")
    press(tab, "Back to start")
    assert inputs(tab) == before
    assert tab.locator(".map .past").count() == 0

    again = visit(page(valley()), address)
    assert inputs(again) == pytest.approx([x, y], rel=1e-15)
    assert again.locator(".map .arrow").count() == 1


def test_descend_updates_graph_fields_and_code(visit):
    tab = visit(page(d1()), "#step=99&tab=5&eta=0.1")
    press(tab, "Step")
    assert inputs(tab) == pytest.approx([-1.6, 5.4, -4])
    assert tab.locator('[id="lesson-0-edge-4-0"] .data').text_content() == "3.8"
    tab.get_by_role("tab", name="Inputs").click()
    assert number(tab.locator(".result data")) == pytest.approx(-15.2)


WORDS = [
    (valley, "eta=0.4", 1, "Overshoot: f rose from 16 to 23.68; η is too large here."),
    (valley, "eta=0.3&along=1", 1, "Step 1: f went from 16 to 11.68, across to the other side."),
    (valley, "eta=1e200", 1, "Diverged: the numbers are no longer finite. Go back to the start and use a smaller η."),
    (valley, "eta=0.5&along=0", 1, "Step 1: f went from 16 to 12. A flat place: the gradient is 0; nothing moves."),
    (valley, "along=0&inputs=1.0000001,0", 0, "f = 1e-14. Arrived: |gradient| < 1e-06."),
    (dead, "", 0, f"f = 0. A kink: {KINK}; nothing moves."),
    (d1, "climb=1&eta=0.1&along=2", 1, "Step 1: f went from -12 to -11.1."),
]


@pytest.mark.parametrize("case", some(WORDS, WORDS[0]))
def test_descend_says_what_a_step_did(visit, case):
    made, state, steps, words = case
    tab = visit(page(made()), f"#step=99&tab=5&{state}")
    press(tab, "Step", steps)
    assert told(tab) == words
    going = words.startswith(("Step", "Over")) and "nothing" not in words
    assert tab.locator(DESCEND.format("Step")).is_enabled() == going


def test_descend_run_arrives_and_stops(visit):
    tab = visit(page(valley()), "#step=99&tab=5&eta=0.3&along=0")
    tab.evaluate("active.speed.append(new Option('at once', 0.01))")
    tab.get_by_label("Speed").select_option("0.01")
    press(tab, "Run")
    tab.locator(".slope .told", has_text="Arrived").wait_for()
    assert tab.locator(DESCEND.format("Run")).is_disabled()
    assert inputs(tab) == pytest.approx([1, 2], abs=1e-6)


def test_descend_curve_and_map(visit):
    tab = visit(page(valley()), "#step=99&tab=5")
    drawn(tab)
    assert tab.locator(".map .level").count() >= 5
    tab.get_by_label("Second input").select_option("")
    tab.locator(".map .curve").wait_for()
    assert "along=0" in tab.evaluate("location.hash")
    assert tab.locator(".map .tangent").count() == 1
    label = tab.get_by_role("img", name="f over x from").get_attribute("aria-label")
    assert "now at x = 3, f = 16; the next step goes to x = " in label
    tab.get_by_label("Second input").select_option("0")  # the same input twice counts as one
    assert tab.get_by_label("Second input").input_value() == ""


def test_descend_plot_click_and_trail(visit):
    tab = visit(page(valley()), "#step=99&tab=5&eta=0.45")
    drawn(tab)
    box = tab.locator(".map").bounding_box()
    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + 20)
    assert told(tab).startswith("f = ")
    assert inputs(tab)[0] == pytest.approx(3, abs=0.2)
    assert inputs(tab)[1] > 3
    press(tab, "Step", 4)
    low, high = tab.evaluate("active.slope.range[1]")
    points = tab.evaluate("active.slope.trail.map((point) => point.numbers[1])")
    assert len(points) == 5
    assert low < min(points) < max(points) < high


def test_descend_gives_nothing_away(visit):
    tab = visit(page(d1()), "#step=3&tab=5")
    assert tab.locator(".map").is_hidden()
    assert "go through all steps first" in tab.text_content(".slope")
    tab.get_by_role("button", name="Go to the last step").click()
    assert tab.locator(".map").is_visible()
    tab = visit(page(d1()), "#step=3&tab=5&mode=predict")
    assert tab.locator(".map").is_hidden()
    assert not tab.get_by_role("button", name="Go to the last step").is_visible()
    tab = visit(page(d1()), "#step=99&hide=descend")
    assert not tab.get_by_role("tab", name="Descend").is_visible()


def test_descend_on_paper(visit):
    tab = visit(page(valley()), "#step=99&tab=5")
    drawn(tab)
    tab.emulate_media(media="print")
    assert tab.locator(".map").is_visible()
    assert not tab.locator(".slope button, .slope input, .slope select").locator("visible=true").count()


@pytest.mark.parametrize("value", some(["0", "-1", "abc", "inf"], "abc"))
def test_descend_step_size_is_above_0(visit, value):
    tab = visit(page(d1()), "#step=99&tab=5&eta=0.5")
    field = tab.get_by_label("step size η")
    field.fill(value)
    assert field.get_attribute("aria-invalid") == "true"
    assert tab.evaluate("active.slope.eta") == 0.5
    field.fill("1/4")
    assert "eta=0.25" in tab.evaluate("location.hash")


@pytest.mark.parametrize("id", some(["D1", "D2", "D7", "E7"], "D2"))
def test_descend_fits_a_phone_and_a_small_screen(visit, id):
    for width, height in ((390, 844), (1280, 720)):
        tab = visit(page(example(id)), "#step=999&tab=5", viewport={"width": width, "height": height})
        drawn(tab)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        map = tab.locator(".map").bounding_box()
        assert (map["x"] >= 0, map["x"] + map["width"] <= width, map["height"] >= 190) == (True, True, True)
        tabs = tab.locator(".tabs").evaluate("(x) => x.scrollWidth - x.clientWidth")
        assert tabs <= 0
        if width > 1000:
            panel = tab.locator("section.slope").evaluate("(x) => x.scrollHeight - x.clientHeight")
            assert panel <= 0


@pytest.mark.timed
def test_descend_map_within_16_milliseconds(visit):
    tab = visit(page(example("D2")), "#step=99&tab=5")
    drawn(tab)
    held_seconds("the map", min(tab.evaluate(TIMES)) / 1000, 0.016)
