"""The playground's settings, by controls, keys, clicks and the address."""

import re

import pytest

import nn
from tests.browser.pages import some
from tests.browser.test_training import loss, steps, weights
from visualize import playground

ALL = (
    "#data=moons&examples=60&noise=0.2&hidden=3,2&activation=relu,tanh&optimizer=adam&rate=0.01&batch=8&decay=0.001"
    "&seed=4&draw=2&test=0.25&speed=10&loss=hinge"
)


@pytest.fixture(scope="module")
def xor():
    return playground(nn.MLP(2, [4, 1], seed=0), *nn.truth_table("xor"))


def heading(tab):
    return tab.text_content("h1")


def asked(tab):
    """The settings in the address."""
    return dict(re.findall(r"(\w+)=([^&]*)", tab.url.partition("#")[2]))


def frames(tab, count):
    """Wait for this many frames."""
    tab.evaluate(
        "(n) => new Promise((done) => { const frame = () => (n-- ? requestAnimationFrame(frame) : done()); frame(); })",
        count,
    )


def test_address_sets_all_choices(visit, xor):
    tab = visit(xor, ALL)
    chosen = {box.get_attribute("name"): box.input_value() for box in tab.locator(".controls [name]:not(button)").all()}
    assert chosen == {
        "data": "moons", "examples": "60", "noise": "0.2", "test": "0.25", "draw": "2", "click": "-1",
        "activation-0": "relu", "activation-1": "tanh", "loss": "hinge", "optimizer": "adam", "rate": "0.01",
        "batch": "8", "decay": "0.001", "seed": "4", "speed": "10",
    }  # fmt: skip
    assert heading(tab) == "Training MLP(2-3-2-1, relu, tanh, linear, 20 parameters)"
    assert "hinge, adam, learning rate 0.01, 45 examples" in tab.text_content("header")
    assert "of 15 right" in tab.text_content(".counts")
    net = nn.MLP(2, [3, 2, 1], ["relu", "tanh"], seed=4)
    assert weights(tab) == net.state_dict()
    assert loss(tab) == pytest.approx(nn.evaluate(net, *nn.split(*nn.moons(60, 0.2, 2), seed=2)[0], "hinge")[0])


def test_address_keeps_all_choices(visit, xor):
    tab = visit(xor)
    assert "#" not in tab.url
    tab.locator("[name=data]").select_option("spirals")
    tab.get_by_label("learning rate").select_option("0.3")
    tab.get_by_role("button", name="More units in layer 1").click()
    assert asked(tab) == {"data": "spirals", "rate": "0.3", "hidden": "5"}
    assert heading(tab) == "Training MLP(2-5-1, tanh, linear, 21 parameters)"
    again = visit(xor, "#" + tab.url.partition("#")[2])
    assert heading(again) == heading(tab)
    assert weights(again) == weights(tab)
    again.locator("[name=data]").select_option("given")
    assert "data" not in asked(again)


@pytest.mark.parametrize(
    "nonsense",
    some(
        ["data=cats", "hidden=0", "hidden=4,x", "hidden=9999", "rate=fast", "rate=-1", "optimizer=best",
         "activation=<b>", "seed=nan", "own=1_2", "own=1_2_7", "loss=none", "noise=", "batch=-3",
         "examples=1e999e", "test=0.9"],
        "data=cats", "hidden=4,x", "rate=-1", "own=1_2_7",
    ),
)  # fmt: skip
def test_address_without_sense_changes_nothing(visit, xor, nonsense):
    tab = visit(xor, f"#{nonsense}")
    assert heading(tab) == "Training MLP(2-4-1, tanh, linear, 17 parameters)"
    tab.click("text=One step")
    assert steps(tab) == 1


def test_address_hides_parts(visit, xor):
    tab = visit(xor, "#hide=learning,surface,weights")
    hidden = tab.locator("[data-part]").evaluate_all(
        "(all) => all.filter((x) => !x.offsetParent).map((x) => x.dataset.part)"
    )
    assert hidden == ["learning", "surface", "weights"]
    tab.get_by_label("seed").fill("2")
    tab.get_by_label("seed").press("Enter")
    assert not tab.get_by_label("learning rate").is_visible()
    assert asked(tab)["hide"] == "learning,surface,weights"
    assert not visit(xor, "#hide=controls").get_by_label("seed").is_visible()


def test_numbers_have_true_minus_signs(visit, xor):
    assert "learning rate 1e\N{MINUS SIGN}05," in visit(xor, "#rate=0.00001").inner_text("header")

    tab = visit(xor, "#data=own&own=0.5_0.5_1")
    tab.get_by_role("button", name="Train").click()
    tab.get_by_text("Learned at").wait_for()
    assert tab.inner_text(".playground").count("e\N{MINUS SIGN}05") >= 2
    assert "e-0" not in tab.inner_text(".playground")


def test_title_above_given_data(visit):
    tab = visit(playground(nn.MLP(2, [4, 1], seed=0), *nn.truth_table("or"), title="OR by a net"))
    seen = [heading(tab)]
    for name in ("moons", "given"):
        tab.locator("[name=data]").select_option(name)
        seen.append(heading(tab))
    assert seen == ["OR by a net", "Training on moons", "OR by a net"]
    assert "MLP(2-4-1, tanh, linear, 17 parameters), squared error, sgd" in tab.text_content("header")


def test_layers_come_and_go(visit, xor):
    tab = visit(xor)
    tab.get_by_role("button", name="One more hidden layer").click()
    tab.get_by_label("activation 2").select_option("relu")
    assert heading(tab) == "Training MLP(2-4-4-1, tanh, relu, linear, 37 parameters)"
    for _ in range(4):
        tab.get_by_role("button", name="Fewer units in layer 1").click()
    assert heading(tab) == "Training MLP(2-4-1, relu, linear, 17 parameters)"
    for _ in range(4):
        tab.get_by_role("button", name="Fewer units in layer 1").click()
    assert heading(tab) == "Training MLP(2-1, linear, 3 parameters)"
    tab.click("text=One step")
    assert steps(tab) == 1


def test_focus_stays_where_a_button_goes(visit, xor):
    tab = visit(xor, "#hidden=1,1&own=0.5_0.5_1&rate=3")
    name = "document.activeElement.name || document.activeElement.textContent"
    tab.get_by_role("button", name="Fewer units in layer 2").press("Enter")
    assert tab.evaluate(name) == "less-0"
    tab.get_by_role("button", name="Remove your points").press("Enter")
    assert tab.evaluate(name) == "data"
    tab.locator(".doctor button").first.press("Enter")
    assert tab.evaluate(name) == "Train"


def test_seed_beyond_the_largest_stays_in_the_address(visit, xor):
    tab = visit(xor)
    tab.get_by_label("seed", exact=True).fill("99999999999")
    tab.get_by_label("seed", exact=True).press("Enter")
    assert asked(tab) == {"seed": "4294967295"}
    shown = tab.text_content(".counts")
    tab.reload()
    assert tab.text_content(".counts") == shown


def test_optimizer_comes_with_its_rate(visit, xor):
    tab = visit(xor)
    tab.get_by_label("optimizer").select_option("adamw")
    assert tab.get_by_label("learning rate").input_value() == "0.02"
    assert tab.get_by_label("weight decay").input_value() == "0.01"


def test_data_of_three_classes_get_three_outputs(visit, xor):
    tab = visit(xor, "#data=blobs&noise=0.3")
    assert heading(tab) == "Training MLP(2-4-3, tanh, linear, 27 parameters)"
    tab.locator("[name=loss]").select_option("cross_entropy")
    assert heading(tab) == "Training MLP(2-4-3, tanh, softmax, 27 parameters)"


def test_data_by_click(visit, xor):
    tab = visit(xor)
    canvas = tab.locator("[data-part=surface] canvas")
    box = canvas.bounding_box()
    tab.get_by_label("a click").select_option("1")
    canvas.click(position={"x": box["width"] * 0.5, "y": box["height"] * 0.5})
    assert "of 5 right" in tab.text_content(".counts")
    x, y, label = map(float, asked(tab)["own"].split("_"))
    assert [x, y, label] == pytest.approx([0.5, 0.5, 1], abs=0.02)
    assert tab.locator(".examples tbody tr").count() == 5
    assert "of 5 right" in visit(xor, f"#own={asked(tab)['own']}").text_content(".counts")
    tab.get_by_role("button", name="Remove your points").click()
    assert "of 4 right" in tab.text_content(".counts")
    assert asked(tab) == {}


def test_data_of_own_points_alone(visit, xor):
    tab = visit(xor, "#data=own")
    tab.get_by_role("button", name="Train", exact=True).click()
    assert "There are no examples yet" in tab.text_content(".message")
    assert tab.text_content(".counts") == "step 0 \N{MIDDLE DOT} no examples yet"
    canvas = tab.locator("[data-part=surface] canvas")
    box = canvas.bounding_box()
    for k, share in enumerate((0.2, 0.5, 0.8)):
        tab.get_by_label("a click").select_option(str(k))
        canvas.click(position={"x": box["width"] * share, "y": box["height"] * 0.5})
    assert heading(tab) == "Training MLP(2-4-3, tanh, linear, 27 parameters)"
    before = loss(tab)
    tab.click("text=One step")
    assert loss(tab) < before


def test_keys_train_step_and_rewind(visit, xor):
    tab = visit(xor)
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("PageDown")
    assert steps(tab) == 2
    tab.keyboard.press(" ")
    assert tab.text_content(".run") == "Pause"
    frames(tab, 5)
    tab.keyboard.press(" ")
    assert tab.text_content(".run") == "Train"
    assert steps(tab) > 2
    assert re.fullmatch(r"Paused at step \d+: loss 0\.\d+, \d of 4 right\.", tab.text_content(".message"))
    assert tab.get_attribute(".message", "role") == "status"
    tab.keyboard.press("Home")
    assert steps(tab) == 0
    tab.keyboard.press("f")
    assert tab.get_attribute("body", "class").split() == ["live", "projector"]
    assert asked(tab) == {"present": "1"}
    tab.keyboard.press("f")
    assert "present" not in asked(tab)


COUNTED = """(clicks) => new Promise((done) => {
    const { advance } = Playground.prototype;
    let [turns, frames] = [0, 0];
    Playground.prototype.advance = function (most) { turns++; return advance.call(this, most); };
    for (let i = 0; i < clicks; i++) document.querySelector(".run").click();
    const told = () => document.querySelector(".steps").textContent;
    const frame = () => (++frames > 30 ? done([turns, told()]) : requestAnimationFrame(frame));
    requestAnimationFrame(frame); })"""


@pytest.mark.parametrize("clicks", [1, 9])
def test_loop_begins_with_one_step_a_frame(visit, xor, clicks):
    tab = visit(xor)
    turns, shown = tab.evaluate(COUNTED, clicks)
    assert 29 <= turns <= 31
    assert shown == f"step {turns}"


def test_model_with_other_layers_trains(visit):
    X, Y = nn.truth_table("or")
    net = nn.Sequential(nn.Layer(2, 3, "tanh", seed=0), nn.Layer(3, 1, "sigmoid", seed=1))
    tab = visit(playground(net, X, Y, loss="bce", optimizer="adam", learning_rate=0.05))
    names = [box.get_attribute("name") for box in tab.locator(".controls [name]").all()]
    assert names == ["click", "activation-0", "optimizer", "rate", "batch", "decay", "seed", "speed"]
    for _ in range(3):
        tab.click("text=One step")
    nn.fit(net, X, Y, "bce", nn.Adam(net, 0.05), 3, runner="eager", progress=False)
    assert weights(tab) == pytest.approx(net.state_dict(), rel=1e-9)


@pytest.mark.parametrize(
    "net",
    [
        nn.Sequential(lambda x: x, nn.Layer(2, 2, "relu", seed=0), nn.Layer(2, 1, seed=1)),
        nn.Sequential(nn.Layer(2, 1, "tanh", seed=0)),
    ],
)
def test_model_without_neurons_or_with_one_layer_trains(visit, net):
    tab = visit(playground(net, *nn.truth_table("and")))
    before = loss(tab)
    if tab.get_by_label("hidden activation").count():
        tab.get_by_label("hidden activation").select_option("sigmoid")
    tab.click("text=One step")
    assert loss(tab) != before


def test_test_data_are_counted_apart(visit):
    net, (train, test) = nn.MLP(2, [3, 1], seed=0), nn.split(*nn.moons(40))
    tab = visit(playground(net, *train, test_data=test))
    found, accuracy = nn.evaluate(net, *test)
    assert f"test loss {found:.6g}, {10 * accuracy:g} of 10 right" in tab.text_content(".counts")
    assert "of 30 right" in tab.text_content(".counts")


def test_inputs_and_classes_have_their_names(visit):
    X, Y = [[1.0, 2.0, 0.0], [0.0, 1.0, 1.0], [2.0, 0.0, 1.0]], [0, 1, 2]
    names = {"features": ["length", "width", "<height>"], "classes": ["oak", "ash", "elm"]}
    tab = visit(playground(nn.MLP(3, [2, 3], output="softmax", seed=0), X, Y, loss="cross_entropy", **names))
    assert tab.locator(".network .called").all_text_contents() == [*names["features"], *names["classes"]]
    assert tab.locator("tbody .target").all_text_contents() == names["classes"]
