"""The box for an expression of one's own, in Chromium."""

import pytest

from autodiff import parse
from tests.browser.pages import d1, example, number, some
from visualize import page
from visualize.web.document import collection

TEXT = "(a*b + c*d) * sin(a) / (1 + exp(-c))"


@pytest.fixture
def box(visit):
    """A function that opens a page with the box, types a text and waits for the result."""

    def opened(fragment="", **options):
        tab = visit(page(d1(), editable=True), fragment, **options)

        def write(text):
            tab.fill("form.own input", text)
            tab.keyboard.press("Enter")

        return tab, write

    return opened


def steps(tab):
    return int(tab.text_content(".counter").split()[-1])


def test_expression_is_read_while_typed(box):
    tab, _ = box()
    tab.locator("form.own input").fill("")
    tab.locator("form.own input").press_sequentially(TEXT)
    tab.locator(".counter", has_text="of 24").wait_for()
    tab.get_by_role("button", name="Next").click()
    output = parse(TEXT, a=1, b=2, c=3, d=4)

    assert output.steps().last == 24
    assert tab.evaluate("document.activeElement.textContent") == "Next"
    tab.keyboard.press("End")
    output.backward()
    rows = tab.locator("tr[data-input]")
    found = [number(rows.nth(i).locator("td.gradient data")) for i in range(rows.count())]
    assert found == pytest.approx([leaf.grad for leaf in output.steps().gradients], rel=1e-12)


def test_expression_typed_with_a_pause_and_undone(box):
    tab, _ = box()
    field = tab.locator("form.own input")
    field.fill("")
    for part, count in (("x*y", 4), (" + 3*z", 9)):
        tab.keyboard.type(part)
        tab.locator(".counter", has_text=f"of {count}").wait_for()
    assert field.input_value() == "x*y + 3*z"

    tab.keyboard.press("ControlOrMeta+z")
    assert (field.input_value(), steps(tab)) == ("x*y", 4)
    while tab.locator(".counter", has_text="of 7").count() == 0:
        tab.keyboard.press("ControlOrMeta+z")
    assert field.input_value() == field.get_attribute("value")


def test_expression_slip_keeps_the_last_graph(box):
    tab, write = box()
    write("2 * x")
    assert steps(tab) == 3
    write("2x")

    assert tab.input_value("form.own input") == "2x"
    assert tab.locator("form.own output").text_content().splitlines()[-1] == "a product needs a *: write 2*x"
    assert tab.locator("form.own input").get_attribute("aria-invalid") == "true"
    assert steps(tab) == 3
    write("2 * x * x")
    assert tab.locator("form.own output").text_content() == ""
    assert steps(tab) == 6


def test_expression_in_the_address(box, visit):
    tab, write = box()
    write("step * x0")
    tab.get_by_label("value of x0").fill("7")
    address = tab.evaluate("location.hash")

    again, _ = box(address)
    assert again.input_value("form.own input") == "step * x0"
    again.keyboard.press("End")
    assert number(again.locator('tr[data-input="step"] td.gradient data')) == 7.0

    write("step * x0 * y")  # numbers stay with their names
    assert "x0=7" in tab.evaluate("location.hash")


def test_expression_empty_restores_the_graph(box):
    tab, write = box()
    before = steps(tab)
    write("x * y")
    assert steps(tab) != before
    write("")

    assert steps(tab) == before
    assert "f=" not in tab.evaluate("location.hash")


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "${alert(1)}"])
def test_expression_of_hostile_text(box, text):
    tab, write = box(f"#f={text.replace('<', '%3C').replace('#', '%23')}")

    assert text in tab.locator("form.own output").text_content()
    write(f"x{text}")
    assert tab.locator("img, main script:not([type])").count() == 0


@pytest.mark.parametrize("names", [("__proto__", "constructor"), ("toString", "hasOwnProperty")])
def test_expression_with_names_of_javascript(box, names):
    tab, write = box()
    write(" * ".join(names))
    tab.get_by_label(f"value of {names[1]}").fill("7")
    tab.keyboard.press("Tab")
    tab.reload()

    assert [tab.get_by_label(f"value of {name}").input_value() for name in names] == ["1", "7"]
    tab.get_by_label(f"value of {names[1]}").fill("constructor")
    assert tab.get_by_label(f"value of {names[1]}").get_attribute("aria-invalid") == "true"


def test_expression_of_italic_letters_keeps_the_caret(box):
    tab, write = box()
    write("\U0001d465 + \U0001d466 ?")

    assert tab.locator("form.own output").text_content().splitlines()[:2] == ["    x + y ?", "          ^"]


def test_expression_too_large(box):
    tab, write = box()
    write(" + ".join(f"x{i}" for i in range(100)))

    assert "at most 150" in tab.locator("form.own output").text_content()
    assert steps(tab) == 7


def test_expression_in_forms_and_predict(box):
    tab, write = box()
    write("tanh(w*x + b)")
    tab.get_by_label("Form of the graph").select_option("1")
    assert steps(tab) > 10
    tab.get_by_role("button", name="Predict").click()
    tab.keyboard.press("ArrowRight")

    assert "what?" in tab.text_content(".sentence")


def test_expression_box_on_a_phone(box):
    tab, write = box(viewport={"width": 390, "height": 844})
    write("sigmoid(w0*x0 + w1*x1 + w2)")

    assert tab.locator("form.own input").bounding_box()["height"] >= 44
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_expression_in_a_collection(visit):
    tab = visit(collection([(id, id, ["A lecture"], example(id)) for id in ("D1", "E7")], editable=True))
    assert tab.locator(".contents").is_visible()
    tab.fill("form.own input", "u * v + 1")
    tab.locator("#own").wait_for()
    assert not tab.locator(".contents").is_visible()
    assert tab.title().startswith("f=u")
    tab.fill("form.own input", "u * v + 2")
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.press("ArrowRight")
    address = tab.evaluate("location.hash")
    assert ("example=own" in address, "step=1" in address) == (True, True)
    tab.get_by_role("button", name="Previous example").click()
    tab.locator("#E7").wait_for()
    assert tab.input_value("form.own input") == ""
    tab.go_back()
    tab.locator("#own").wait_for()
    assert tab.input_value("form.own input") == "u * v + 2"
    assert tab.locator(".lesson").count() == 3
    tab.fill("form.own input", "")
    tab.keyboard.press("Enter")
    assert tab.locator(".contents").is_visible()
    tab.reload()
    assert tab.locator(".contents").is_visible()


COUNTED = """() => {
  globalThis.listeners = 0;
  for (const owner of [window, document, MediaQueryList.prototype]) {
    const add = owner.addEventListener;
    owner.addEventListener = function (...given) {
      globalThis.listeners += 1;
      return add.apply(this, given);
    };
  }
}"""


@pytest.mark.parametrize("many", some([15, 50], 15))
def test_expression_lets_old_graphs_go(box, many):
    tab, write = box()
    session = tab.context.new_cdp_session(tab)
    session.send("Performance.enable")

    def kept(count):
        for i in range(count):
            write(f"x * y + {i}")
            assert tab.locator(".graph svg").count() == 1
        session.send("HeapProfiler.collectGarbage")
        found = {x["name"]: x["value"] for x in session.send("Performance.getMetrics")["metrics"]}
        return [found[name] for name in ("Nodes", "JSEventListeners", "JSHeapUsedSize")]

    write("x + y")
    tab.evaluate(COUNTED)
    kept(5)
    before = kept(5)
    after = kept(many)
    assert tab.evaluate("listeners") == 0
    for old, new in zip(before, after, strict=True):
        assert new < 1.1 * old
