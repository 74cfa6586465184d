"""The page steps through both passes, by buttons, keys, slider, address and on its own."""

import re
import subprocess
from pathlib import Path

import pytest

from autodiff.flat.live import Listing
from autodiff.graph import history
from tests.browser.pages import answer_to, d1, drawn, example, gradients, predict
from visualize import page

SENTENCE_5 = "Step 5 of 7. Gate f equals q times z sends to q: upstream 1 times local minus 4 gives minus 4."


def test_page_opens_before_the_first_step(visit):
    tab = visit(page(d1()))
    assert tab.text_content(".counter") == "0 of 7"
    assert drawn(tab, "edge-4-1", "data") == "-4"
    assert drawn(tab, "edge-output", "data") is None
    assert drawn(tab, "edge-4-0", "gradient") is None


def test_next_shows_all_numbers_of_d1(visit):
    tab = visit(page(d1()))
    for _ in range(7):
        tab.click(".next")
    shown = [drawn(tab, id, "gradient") for id in ("edge-3-0", "edge-3-1", "edge-4-1", "edge-4-0", "edge-output")]
    assert shown == ["∇ -4", "∇ -4", "∇ 3", "∇ -4", "∇ 1"]
    assert [drawn(tab, id, "data") for id in ("edge-4-0", "edge-output")] == ["3", "-12"]
    assert tab.locator(".next").is_disabled()


def test_address_opens_a_step(visit):
    tab = visit(page(d1()), "#step=5")
    assert tab.text_content(".sentence") == SENTENCE_5
    assert tab.locator(".sentence").get_attribute("aria-live") == "polite"
    assert tab.locator(".factor b").all_text_contents() == ["1", "\N{MINUS SIGN}4", "\N{MINUS SIGN}4"]
    assert tab.locator(".factor small").all_text_contents() == ["upstream", "local", "downstream"]
    assert tab.locator(".edge.lit").get_attribute("id") == "lesson-0-edge-4-0"
    assert tab.text_content(".code .line.lit").strip() == "grad_q = grad_f * z"
    assert tab.locator(".rule math mfrac").count() == 2


def test_keys_step_as_a_clicker(visit):
    tab = visit(page(d1()))
    at = []
    for key in ("PageDown", "ArrowRight", "PageDown", "PageUp", "End", "ArrowLeft", "Home"):
        tab.keyboard.press(key)
        at.append(tab.text_content(".counter").split()[0])
    assert at == ["1", "2", "3", "2", "7", "6", "0"]


def test_keys_point_blanks_the_screen(visit):
    tab = visit(page(d1()))
    tab.keyboard.press(".")
    assert tab.locator(".blank").is_visible()
    tab.keyboard.press("ArrowRight")
    assert tab.locator(".blank").count() == 0
    assert tab.text_content(".counter") == "0 of 7"


def test_keys_f_enlarges_letters(visit):
    tab = visit(page(d1()))
    tab.keyboard.press("f")
    assert tab.evaluate("getComputedStyle(document.querySelector('.now')).fontSize") == "19.2px"


def test_keys_space_plays_and_stops(visit):
    tab = visit(page(d1()))
    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press(" ")
    assert tab.text_content(".play") == "Pause"
    assert tab.text_content(".counter") == "1 of 7"
    tab.get_by_text("2 of 7", exact=True).wait_for()
    tab.keyboard.press(" ")
    assert tab.text_content(".play") == "Play"


def test_slider_goes_to_any_step(visit):
    tab = visit(page(d1()))
    tab.locator(".at").fill("5")
    assert tab.text_content(".sentence") == SENTENCE_5


def test_totals_of_a_value_used_twice(visit):
    """E7: df/dy = 3 + 2."""
    tab = visit(page(example("E7")), "#step=7")
    assert drawn(tab, "node-1", "gradient") == "∇ 3"
    assert "path 1 of 2" in tab.text_content(".product")
    tab.keyboard.press("End")
    assert drawn(tab, "node-1", "gradient") == "∇ 5"
    assert "y is copied: 3 + 2 = 5" in tab.text_content(".product")


def test_nothing_moves_while_stepping(visit):
    tab = visit(page(example("E7")))
    places = set()
    for _ in range(10):
        tab.keyboard.press("ArrowRight")
        places.add(
            tab.evaluate("""['.graph svg', '.bar', '.now', '.gradients', '.tabs'].map(
            (part) => { const box = document.querySelector(part).getBoundingClientRect();
                        return [box.x, box.y, box.width, box.height].map(Math.round).join(' '); }).join('; ')""")
        )
    assert len(places) == 1


def test_minus_and_times_signs(visit):
    """D2, in every tab and field except the code."""
    tab = visit(page(example("D2")))
    read = "[...document.querySelectorAll('input[type=text]')].map((x) => x.value).join() + document.body.innerText"
    for state in ("step=2", "step=13&node=1&tab=2", "step=21&tab=3", "step=21&tab=4", "step=5&mode=predict"):
        tab.evaluate("(hash) => (location.hash = hash)", state)
        text = tab.evaluate(read)
        assert re.findall(r"-\d|[*·]", text) == [], state
        assert "\N{MINUS SIGN}" in text


def test_predict_hides_a_number_until_typed(visit):
    tab = visit(page(d1()))
    tab.get_by_role("button", name="Predict").click()
    assert tab.text_content(".sentence").endswith("minus 2 plus 5 gives what?")
    assert tab.locator(".rule mo", has_text="?").count() == 1
    assert drawn(tab, "edge-4-0", "data") == "?"
    tab.keyboard.type("4")
    tab.keyboard.press("Enter")
    assert tab.text_content(".verdict") == "Not yet (attempt 1)."
    assert tab.text_content(".role").endswith("q equals x plus y.")
    tab.get_by_label("Your prediction").fill("3")
    tab.keyboard.press("Enter")
    assert tab.text_content(".verdict") == "Right, on attempt 2."
    assert drawn(tab, "edge-4-0", "data") == "3"
    tab.click("text=Next")
    assert tab.locator(".factor b").all_text_contents()[-1] == "?"
    tab.click("text=Reveal")
    assert tab.locator(".factor b").all_text_contents()[-1] == "\N{MINUS SIGN}12"


def test_predict_names_mistakes_and_helps(visit):
    """E7: the edge from f to a, whose local gradient is b = 2, at other numbers than those recorded."""
    tab = visit(page(example("E7")))
    tab.get_by_label("value of x").fill("2")
    predict(tab)
    answer_to(tab)
    for _ in range(4):
        tab.click("text=Next")
        if tab.text_content(".counter")[0] != "5":
            answer_to(tab)
    answer = tab.get_by_label("Your prediction")
    seen = []
    for guess in ("-2", "4", "4", "9", "2,0"):  # a = 4, b = 2
        answer.fill(guess)
        answer.press("Enter")
        seen.append((tab.text_content(".verdict"), tab.text_content(".product")))
    assert [verdict for verdict, _ in seen] == [
        "Not yet (attempt 1): the sign is wrong.",
        "Not yet (attempt 2): the local gradient is taken from the wrong input of the gate.",
        "Not yet (attempt 2): the local gradient is taken from the wrong input of the gate.",
        "Not yet (attempt 3).",
        "Right, on attempt 4.",
    ]
    assert [product.count("?") for _, product in seen] == [1, 1, 1, 1, 0]


@pytest.mark.parametrize(
    ("typed", "right", "said"),
    [
        *[("0.05", 0.0472, False), ("0.047", 0.0472, True), ("-0.004", 4.5e-5, False), ("0", 1e-9, False)],
        *[("1/3", 1 / 3, True), ("12.3", 12.34, True), ("12.4", 12.34, False), ("1e-3", 0.00101, True)],
        ("\N{MINUS SIGN}5", -5.0, True),
    ],
)
def test_predict_counts_digits_of_a_guess(typed, right, said):
    module = Path(__file__).parents[2] / "visualize/web/scripts/number.js"
    call = f"agrees('{typed}', parseNumber('{typed}'), {right!r})"
    script = f"import {{ agrees, parseNumber }} from '{module}'; console.log({call})"
    done = subprocess.run(["node", "--input-type=module", "-e", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(said).lower()


def test_predict_tells_no_later_number(visit):
    """E7: after step 1, a = 3, neither f = 6 nor a gradient is visible; each comes at its own step."""
    tab = visit(page(example("E7")))
    predict(tab)
    known = {}  # what is seen while the question of each step is open
    while (step := answer_to(tab)) != "10":
        tab.click("text=Next")
        known[int(step) + 1] = (tab.locator(".result").text_content()[-1], seen_gradients(tab))
    assert [known[step] for step in (2, 3)] == [("?", set())] * 2
    assert [known[step] for step in range(4, 9)] == [("6", set())] * 5
    assert [known[step] for step in (9, 10)] == [("6", {"z"}), ("6", {"z", "x"})]
    assert seen_gradients(tab) == {"x", "y", "z"}
    assert gradients(tab) == {"x": 2.0, "y": 5.0, "z": 0.0}


def test_predict_hides_texts_and_tooltips(visit):
    tab = visit(page(d1()))
    assert (tab.text_content("h1"), tab.title()) == ("q=x+y f=q\N{MULTIPLICATION SIGN}z", "q = x + y; f = q * z")
    predict(tab)
    tab.get_by_role("tab", name="Chain").click()
    tab.get_by_label("Node", exact=True).select_option("0")
    answer_to(tab)  # q = 3
    assert "not complete" in tab.text_content(".chain")
    tab.click("text=Mistakes")
    assert set(tab.locator(".mistakes td").all_text_contents()) == {"?"}
    tab.get_by_role("tab", name="Steps").click()
    steps = tab.locator(".steps li").all_text_contents()
    assert steps[:2] == ["q = x + y = \N{MINUS SIGN}2 + 5 = 3", "f = ?"]
    assert steps[4] == "∂f/∂q = ?"
    words = tab.locator(".graph title").all_text_contents()
    assert [word.replace("\N{MINUS SIGN}", "-") for word in words] == [
        "Computation graph of f", "x = -2", "y = 5", "z = -4", "q = x + y = 3", "f = q \N{MULTIPLICATION SIGN} z",
    ]  # fmt: skip
    assert tab.locator(".graph desc").count() == 0
    everything = tab.evaluate("document.querySelector('main').innerText") + "".join(words)
    assert "12" not in everything


def test_predict_keeps_the_mistakes_labs_remark_true(visit):
    """E7: two paths reach y; = would keep one."""
    tab = visit(page(example("E7")), "#step=10")
    tab.click("text=Mistakes")
    tab.locator(".mistakes td data").first.wait_for()
    remark = tab.text_content(".mistakes .remark")
    assert "only the last of several paths counts" in remark
    tab.click("text=Start")
    assert tab.text_content(".mistakes .remark") == remark
    assert set(tab.locator(".mistakes td").all_text_contents()) == {"?"}


def test_predict_goes_on_after_a_change(visit):
    tab = visit(page(d1()))
    predict(tab)
    tab.keyboard.press("Escape")
    tab.click("text=Start")
    tab.get_by_label("value of x").fill("1")
    assert tab.text_content(".counter") == "0 of 7"
    assert tab.text_content(".result").endswith("?")
    assert seen_gradients(tab) == set()


def test_predict_tells_all_at_the_end_only(visit):
    tab = visit(page(d1()))
    predict(tab)
    while answer_to(tab) != "7":
        tab.click("text=Next")
    assert (tab.text_content(".result")[-3:], seen_gradients(tab)) == ("\N{MINUS SIGN}12", {"x", "y", "z"})
    tab.click("text=Start")
    assert (tab.text_content(".result")[-1:], seen_gradients(tab)) == ("?", set())


def test_tooltip_tells_the_current_number(visit):
    tab = visit(page(d1()), "#step=7")
    tab.get_by_label("value of z").fill("1.5")
    assert tab.locator(".graph title").all_text_contents()[-1] == "f = q \N{MULTIPLICATION SIGN} z = 4.5"


def seen_gradients(tab):
    """The inputs whose gradients are visible in the table."""
    rows = tab.locator("tr[data-input]").all()
    return {row.get_attribute("data-input") for row in rows if row.locator("td.gradient data").is_visible()}


def test_click_on_a_node_shows_its_paths(visit):
    """E7: y has two paths."""
    tab = visit(page(example("E7")), "#step=10")
    tab.locator('[id="lesson-0-node-1"]').click()
    assert tab.locator(".chain .way").all_text_contents() == ["f → a → y", "f → b → y"]
    assert tab.locator(".chain .numbers").all_text_contents() == [
        "2 \N{MULTIPLICATION SIGN} 1 = 2",
        "3 \N{MULTIPLICATION SIGN} 1 = 3",
    ]
    assert tab.locator(".sum data").get_attribute("value") == "5"


def test_chain_fits_a_phone(visit):
    """B3: seven factors in a row."""
    tab = visit(page(example("B3")), "#step=999&tab=2&node=0", viewport={"width": 390, "height": 844})
    assert tab.locator(".chain li math").count() > 5
    ends = "[...document.querySelectorAll('.chain math, .chain li')].map((x) => x.getBoundingClientRect().right)"
    assert max(tab.evaluate(ends)) <= 390


def test_predict_code_tells_no_rule(visit):
    tab = visit(page(d1()), "#step=4&mode=predict&tab=1")
    lines = tab.locator(".code .line").all_text_contents()
    assert [line.strip() for line in lines if "=" in line][:5] == [
        "q = x + y", "f = q * z", "grad_f = 1.0", "grad_z = ?", "grad_q = ?",
    ]  # fmt: skip
    for _ in range(2):
        tab.click("text=Hint")
    assert "grad_z = grad_f * q" in tab.text_content(".code .line.lit")
    predict(tab)
    assert tab.text_content(".code code").strip() == "\n".join(Listing(history(d1())).lines)


def test_nodes_are_reached_by_keys(visit):
    tab = visit(page(d1()), "#step=7")
    tab.locator('[id="lesson-0-node-0"]').focus()
    tab.keyboard.press("Enter")
    assert tab.text_content(".chain .way") == "f → q → x"
    box = tab.get_by_label("Node", exact=True)
    box.focus()
    box.select_option("2")
    assert tab.text_content(".chain .way") == "f → z"
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") == "Node"


def test_paths_of_a_million_are_counted(visit):
    """Trap 30: 20 doublings."""
    from autodiff import Value

    y = x = Value(1.0, "x")
    for _ in range(20):
        y = y + y
    tab = visit(page(y), "#step=999")
    tab.locator('[id="lesson-0-node-0"]').click()
    assert "1,048,576 paths" in tab.text_content(".chain")
    assert tab.locator(".sum data").get_attribute("value") == "1048576"
    assert x.grad == 0.0


def test_unfold_sigmoid_and_back(visit):
    """D3 unfolded is D2."""
    tab = visit(page(example("D3")))
    assert tab.locator(".graph .op").count() == 5
    tab.get_by_label("Form of the graph").select_option(label="sigmoid unfolded")
    assert tab.locator(".graph .op").count() == 8
    tab.locator(".at").fill("21")
    assert tab.text_content(".counter") == "21 of 21"


def test_mistakes_lab_of_trap_2(visit):
    """Without an order: 29 and 22 instead of 25 and 19."""
    from autodiff import variables

    a, b = variables(a=2, b=3)
    c, d = a + b, a * b
    tab = visit(page((c + d) + c * d), "#step=99")
    tab.click("text=Mistakes")
    tab.locator(".mistakes td data").first.wait_for()
    rows = [row.locator("td data") for row in tab.locator(".mistakes tbody tr").all()]
    assert [[float(cell.get_attribute("value")) for cell in row.all()][:2] for row in rows] == [[25, 29], [19, 22]]


def test_mistakes_lab_overwriting_and_calling_twice(visit):
    """Trap 6: the cube of 3 called twice without zeroing gives 72; with = it is not 27 either."""
    from autodiff import Value

    x = Value(3.0, "x")
    tab = visit(page(x * x * x), "#step=99")
    tab.click("text=Mistakes")
    tab.locator(".mistakes td data").first.wait_for()
    cells = [float(cell.get_attribute("value")) for cell in tab.locator(".mistakes td data").all()]
    assert (cells[0], cells[3]) == (27, 72)
    assert cells[2] != 27


def test_gate_tells_local_gradients_forward(visit):
    """E7: f = a * b, so df/da is b."""
    tab = visit(page(example("E7")), "#step=3")
    formulas = [text.replace("\u2202", "d") for text in tab.locator(".rule math").all_text_contents()]

    assert formulas == ["f=a\N{MULTIPLICATION SIGN}b", "dfda=b", "dfdb=a"]
    tab.keyboard.press("End")
    assert tab.locator(".rule math").all_text_contents() == ["∂f∂y+=∂f∂a\N{MULTIPLICATION SIGN}∂a∂y,∂a∂y=1"]
