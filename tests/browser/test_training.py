"""The playground trains the student's own net, with the engine's numbers."""

import json
import math
import random
import re

import pytest

import autodiff
import nn
from tests.browser.pages import number
from visualize import playground


@pytest.fixture
def xor():
    """A page for XOR with a 2-4-1 net, and the net."""
    model = nn.MLP(2, [4, 1], seed=0)
    return playground(model, *nn.truth_table("xor")), model


def loss(tab):
    return number(tab.locator("data.loss"))


def steps(tab):
    return int(tab.text_content(".counts .steps").removeprefix("step ").replace(",", ""))


def weights(tab):
    """The exported weights."""
    tab.get_by_role("button", name="Weights as JSON").click()
    return json.loads(tab.get_by_label("Weights as JSON").input_value())


def test_steps_match_fit(visit, xor):
    page, model = xor
    tab = visit(page)
    for _ in range(3):
        tab.click("text=One step")
    nn.fit(
        model,
        *nn.truth_table("xor"),
        optimizer=nn.SGD(model.parameters(), 0.1),
        epochs=3,
        runner="eager",
        progress=False,
    )
    assert weights(tab) == pytest.approx(model.state_dict(), rel=1e-9)
    assert loss(tab) == pytest.approx(nn.evaluate(model, *nn.truth_table("xor"))[0], rel=1e-9)


CASES = {  # settings of the page, and the same run in Python: data, sizes, activations, loss, optimizer
    "xor, all at once": (
        {"data": "xor", "hidden": [4], "seed": 3}, lambda: nn.truth_table("xor"), [4, 1], "tanh", "linear",
        "squared_error", lambda net: nn.SGD(net, 0.1),
    ),
    "moons, momentum, mini-batches": (
        {"data": "moons", "examples": 100, "draw": 3, "hidden": [8, 8], "activation": ["tanh", "relu"], "batch": 15,
         "loss": "binary_cross_entropy", "optimizer": "momentum", "rate": 0.05, "seed": 5},
        lambda: nn.moons(100, 0.1, seed=3), [8, 8, 1], ["tanh", "relu"], "sigmoid", "binary_cross_entropy",
        lambda net: nn.SGD(net, 0.05, momentum=0.9),
    ),
    "moons, Adam, weight decay, a test set": (
        {"data": "moons", "examples": 150, "noise": 0.2, "test": 0.25, "hidden": [8], "loss": "hinge", "decay": 0.01,
         "optimizer": "adam", "rate": 0.02, "seed": 2},
        lambda: nn.split(*nn.moons(150, 0.2))[0], [8, 1], "tanh", "linear", "hinge",
        lambda net: nn.Adam(net, 0.02, weight_decay=0.01),
    ),
    "blobs, cross entropy": (
        {"data": "blobs", "examples": 99, "noise": 0.4, "hidden": [6], "activation": ["sigmoid"], "batch": 20,
         "loss": "cross_entropy", "seed": 1},
        lambda: nn.blobs(99, 3, 0.4), [6, 3], "sigmoid", "softmax", "cross_entropy", lambda net: nn.SGD(net, 0.1),
    ),
    "spirals, AdamW, stochastic": (
        {"data": "spirals", "examples": 40, "noise": 0.05, "draw": 9, "hidden": [5], "batch": 1, "optimizer": "adamw",
         "rate": 0.02, "decay": 0.01, "seed": 8},
        lambda: nn.spirals(40, 0.05, 9), [5, 1], "tanh", "linear", "squared_error", lambda net: nn.AdamW(net, 0.02),
    ),
}  # fmt: skip
RUN = """([settings, steps]) => {
    const given = JSON.parse(document.querySelector("script[type='application/json']").textContent);
    const training = new Training({ ...given.config, ...settings }, given);
    for (let i = 0; i < steps; i++) training.step();
    const { X, labels, parameters, names } = training;
    return [X, labels, Object.fromEntries(names.map((name, i) => [name, parameters[i]])), training.look()]; }"""


@pytest.mark.parametrize("case", CASES)
def test_steps_match_fit_after_200(visit, xor, case):
    settings, data, sizes, activation, output, loss, optimizer = CASES[case]
    (X, Y), net = data(), nn.MLP(2, sizes, activation, output, seed=settings["seed"])
    batch = settings.get("batch", len(X))
    epochs = -(-200 // -(-len(X) // batch))
    steps = epochs * -(-len(X) // batch)
    found, labels, weights, seen = visit(xor[0]).evaluate(RUN, [settings, steps])
    nn.fit(net, X, Y, loss, optimizer(net), epochs, batch, "source", seed=settings["seed"], progress=False)

    assert steps >= 200
    assert labels == Y
    assert [x for row in found for x in row] == pytest.approx([x for row in X for x in row], abs=1e-12)
    assert weights == pytest.approx(net.state_dict(), abs=1e-9)
    assert [seen["loss"], seen["right"] / len(X)] == pytest.approx(nn.evaluate(net, X, Y, loss), abs=1e-9)


def test_random_numbers_match_python(visit, xor):
    expected = []
    for draw in map(random.Random, (0, 7, 2**32 - 1, 2**40 + 3)):
        order = list(range(40))
        draw.shuffle(order)
        expected.append([
            draw.random(), draw.uniform(-1, 1), order, draw.gauss(1.0, 2.0), draw.gauss(0.0, 1.0),
            draw.normalvariate(0.0, 1.0), [draw.random() for _ in range(700)][-1],
        ])  # fmt: skip
    found = visit(xor[0]).evaluate("""() => [0, 7, 2 ** 32 - 1, 2 ** 40 + 3].map((seed) => {
        const draw = new Random(seed), order = Array.from({ length: 40 }, (_, i) => i);
        draw.shuffle(order);
        return [draw.random(), draw.uniform(-1, 1), order, draw.gauss(1, 2), draw.gauss(0, 1),
            draw.normalvariate(0, 1), Array.from({ length: 700 }, () => draw.random()).at(-1)]; })""")
    for ours, theirs in zip(found, expected):
        assert [*ours[:3], ours[6]] == [*theirs[:3], theirs[6]]
        assert ours[3:6] == pytest.approx(theirs[3:6], rel=1e-15)


@pytest.mark.timed
def test_training_learns_xor_pauses_and_goes_on(visit, xor):
    tab = visit(xor[0])
    tab.get_by_label("speed").select_option(label="as fast as possible")
    tab.get_by_role("button", name="Train", exact=True).click()
    tab.get_by_text("Learned at step").wait_for()
    assert tab.text_content(".run") == "Train"
    tab.get_by_role("button", name="Train", exact=True).click()
    tab.locator(".speed[data-speed]:not([data-speed='0'])").wait_for()
    tab.click("text=Pause")
    assert int(tab.locator("[data-speed]").get_attribute("data-speed")) >= 3600
    assert loss(tab) < 1e-6
    assert tab.locator(".verdict").all_text_contents() == ["✓ right"] * 4


def test_rewind_repeats_the_run(visit, xor):
    page, model = xor
    tab = visit(page)
    tab.get_by_label("batch size").select_option("1")
    runs = []
    for _ in range(2):
        for _ in range(10):
            tab.click("text=One step")
        runs.append(weights(tab))
        tab.click("text=Rewind")
        assert steps(tab) == 0
    assert runs[0] == runs[1]
    assert weights(tab) == model.state_dict()


def test_export_loads_into_the_model(visit, xor):
    page, model = xor
    tab = visit(page)
    tab.get_by_label("seed").fill("3")
    tab.get_by_label("seed").press("Enter")
    assert weights(tab) == nn.MLP(2, [4, 1], seed=3).state_dict()
    model.load_state_dict(weights(tab))
    assert tab.locator("tbody .output").all_text_contents() == [
        f"{model(x).data:.3f}".replace("-", "\N{MINUS SIGN}") for x in nn.truth_table("xor")[0]
    ]


def test_activations_of_hidden_layers(visit, xor):
    tab = visit(xor[0])
    choice = tab.get_by_label("hidden activation")
    assert choice.locator("option").all_text_contents() == ["tanh", "linear", "sigmoid", "relu", "leaky relu"]
    seen = set()
    for name in ("tanh", "sigmoid", "relu", "linear"):
        tab.get_by_label("hidden activation").select_option(name)
        seen.add(loss(tab))
    assert len(seen) == 4


def test_model_is_left_as_it_was(xor):
    _, model = xor
    before = model.state_dict(), repr(model), model([0.0, 1.0]).data
    playground(model, *nn.truth_table("xor"))
    assert (model.state_dict(), repr(model), model([0.0, 1.0]).data) == before


def test_edges_show_weights_and_gradients(visit, xor):
    page, model = xor
    tab = visit(page)
    assert tab.locator(".network .label .gradient").count() == 17
    tab.click("text=All weights and gradients")
    tab.locator(".weights td data").first.wait_for()
    assert {
        row.locator("th").text_content(): number(row.locator("data").first)
        for row in tab.locator(".weights tbody tr").all()
    } == model.state_dict()


def test_example_chosen_shows_activations(visit, xor):
    page, model = xor
    tab = visit(page)
    tab.get_by_role("button", name="1, 1").click()
    shown = [
        float(text.replace("\N{MINUS SIGN}", "-")) for text in tab.locator(".network .activation").all_text_contents()
    ]
    right = [1.0, 1.0, *[a.data for _, layer in model.activations([1.0, 1.0]) for a in layer]]
    assert shown == pytest.approx(right, abs=0.006, rel=0.01)


def test_example_chosen_by_a_click_on_the_surface(visit, xor):
    tab = visit(xor[0])
    canvas = tab.locator("canvas.plane")
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * 0.85, "y": box["height"] * 0.15})
    assert tab.get_by_role("button", name="1, 1").get_attribute("aria-pressed") == "true"


def test_surface_shows_classes_and_boundary(visit, xor):
    tab = visit(xor[0])
    tab.get_by_label("speed").select_option(label="as fast as possible")
    tab.get_by_role("button", name="Train", exact=True).click()
    tab.get_by_text("Learned at step").wait_for()
    at = """() => { const canvas = document.querySelector("canvas.plane"), n = canvas.width;
        const { data } = canvas.getContext("2d").getImageData(0, 0, n, n);
        const pixel = (x, y) => [...data.slice(4 * (Math.round(y * n) * n + Math.round(x * n))).slice(0, 3)];
        const diagonal = Array.from({ length: n }, (_, i) => pixel(i / n, 1 - (i + 1) / n));
        return { one: pixel(0.25, 0.25), zero: pixel(0.92, 0.08),
                 dark: diagonal.filter((color) => Math.max(...color) < 110).length }; }"""
    seen = tab.evaluate(at)
    assert seen["one"][2] > seen["one"][0] + 30  # blue
    assert seen["zero"][0] > seen["zero"][2] + 30  # orange
    assert seen["dark"] >= 4  # both branches of the contour cross the diagonal
    label = tab.locator("canvas.plane").get_attribute("aria-label")
    assert label == "Decision surface: 4 of 4 examples right"


def test_numbers_are_off_rather_than_wrong(visit):
    tab = visit(playground(nn.MLP(1, [3, 1], seed=0), [[0.0], [1.0], [2.0]], [0.5, 1.0, 1.7], loss="mse"))
    tab.click("text=One step")

    assert "right" not in tab.text_content(".counts")
    verdicts = tab.locator(".examples td:last-child").all_text_contents()
    assert len(verdicts) == 3
    assert all(re.fullmatch(r"off by \d.*", verdict) for verdict in verdicts)


def test_learning_rate_that_diverges_gets_advice(visit, xor):
    tab = visit(xor[0])
    tab.get_by_label("learning rate").select_option("3")
    tab.get_by_label("hidden activation").select_option(label="relu")
    tab.get_by_label("speed").select_option(label="as fast as possible")
    tab.get_by_role("button", name="Train", exact=True).click()
    tab.get_by_text("use a smaller learning rate").wait_for()
    assert tab.text_content(".run") == "Train"
    assert math.isfinite(sum(weights(tab).values()))


def test_losses_and_several_outputs_train(visit):
    model = nn.MLP(2, [3, 2], "sigmoid", "softmax", seed=1)
    tab = visit(playground(model, *nn.truth_table("and"), loss=nn.cross_entropy, learning_rate=0.5, batch_size=2))
    assert loss(tab) == pytest.approx(nn.evaluate(model, *nn.truth_table("and"), loss="cross_entropy")[0], rel=1e-9)
    before = loss(tab)
    for _ in range(20):
        tab.click("text=One step")
    assert loss(tab) < before


def test_losses_and_activations_of_ones_own(visit):
    model, data = nn.MLP(2, [3, 1], "softplus", "sigmoid", seed=1), nn.truth_table("or")
    losses = {"squared error": "squared_error", "hinge": "hinge", "binary cross entropy": "binary_cross_entropy"}
    others = {"elu": nn.activations.ACTIVATIONS["elu"], "step 2": lambda z: autodiff.primitives.heaviside(z, 0.5) * 2}
    tab = visit(playground(model, *data, loss=[nn.losses.LOSSES[name] for name in losses.values()], activations=others))

    assert tab.get_by_label("hidden activation").locator("option").all_text_contents() == ["softplus", "elu", "step 2"]
    choice = tab.locator("[name=loss]")
    assert choice.locator("option").all_text_contents() == list(losses)
    for label, name in losses.items():
        choice.select_option(label=label)
        assert loss(tab) == pytest.approx(nn.evaluate(model, *data, loss=name)[0], rel=1e-9)
        lowest = tab.locator("tbody .target").first.text_content()
        assert lowest == ("\N{MINUS SIGN}1" if name == "hinge" else "0")
    tab.get_by_label("hidden activation").select_option(label="elu")
    for _ in range(3):
        tab.click("text=One step")
    other = nn.MLP(2, [3, 1], "elu", "sigmoid", seed=1)
    nn.fit(other, *data, loss="bce", epochs=3, optimizer=nn.SGD(other.parameters(), 0.1), progress=False)
    assert weights(tab) == pytest.approx(other.state_dict(), rel=1e-9)


def test_loss_not_finite_from_the_start(visit):
    model = nn.MLP(2, [1], seed=0)
    tab = visit(playground(model, *nn.truth_table("or"), loss=nn.binary_cross_entropy))
    tab.click("text=One step")
    assert "not finite from the start" in tab.text_content(".message")
    assert weights(tab) == model.state_dict()


def test_page_without_scripts(visit, xor):
    tab = visit(xor[0], java_script_enabled=False)
    assert tab.locator(".weights tbody tr").count() == 17
    assert tab.locator(".examples tbody tr").count() == 4
    assert re.search(r"grad_W1_0_0 = ", tab.locator(".code pre").text_content())


def test_playground_fits_a_phone(visit, xor):
    tab = visit(xor[0], viewport={"width": 360, "height": 740})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.fixture(scope="module")
def flowers():
    """A page with four inputs, eight units and three classes, as iris has them."""
    draw = random.Random(0)
    X = [[draw.gauss(0, 1) for _ in range(4)] for _ in range(12)]
    return playground(nn.MLP(4, [8, 3], output="softmax", seed=0), X, [i % 3 for i in range(12)], loss=nn.cross_entropy)


INSIDE = """() => [...document.querySelectorAll(".examples .verdict")].slice(0, 3).every((cell) => {
    const box = document.querySelector(".examples").getBoundingClientRect(), verdict = cell.getBoundingClientRect();
    return verdict.width > 0 && verdict.left >= box.left && verdict.right <= box.right + 1; })"""

LYING_UPON = """() => {
    const boxes = [...document.querySelectorAll(".network .label tspan")].filter((part) => part.textContent)
        .map((part) => [part, part.getBoundingClientRect()]);
    const biases = boxes.filter(([part]) => part.parentNode.matches(".bias"));
    const others = boxes.filter(([part]) => !part.parentNode.matches(".bias"));
    const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
    return [biases.length, biases.filter(([, a]) => others.some(([, b]) => meet(a, b))).length]; }"""


@pytest.mark.parametrize("width", [1280, 360])
def test_examples_show_whether_they_are_right(visit, flowers, width):
    tab = visit(flowers, viewport={"width": width, "height": 800})
    assert tab.evaluate(INSIDE)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_examples_table_takes_the_free_room(visit, flowers):
    beyond = "(() => { const box = document.querySelector('.examples'); return box.scrollWidth - box.clientWidth; })()"
    assert visit(flowers).evaluate(beyond) == 0


def test_edges_keep_biases_off_weights(visit, xor):
    assert visit(xor[0]).evaluate(LYING_UPON) == [10, 0]


def test_output_of_many_digits_is_short(visit):
    tab = visit(playground(nn.MLP(1, [1, 1], "relu", seed=0), [[1e30], [-1e30]], [0, 1]))
    assert max(len(text) for text in tab.locator("tbody .output").all_text_contents()) <= 13
    assert tab.evaluate(INSIDE)


def test_names_of_inputs_and_classes(visit, xor, flowers):
    assert visit(xor[0]).locator(".network .name").all_text_contents() == ["x1", "x2", "y"]
    assert visit(flowers).locator(".network .name").all_text_contents()[:4] == ["x1", "x2", "x3", "x4"]
