"""The playground's panels: the graph of an example, one update, many starts, the doctor, the run as Python."""

import pytest

import nn
from autodiff import Value
from tests.browser.pages import gradients, number, some
from visualize import playground

XOR = nn.truth_table("xor")
TRAIN = "steps => { const p = active; for (let i = 0; i < steps; i++) p.training.step(); p.paint(); }"


def xor(sizes=(4, 1), activation="tanh", **options):
    return playground(nn.MLP(2, list(sizes), activation, seed=0), *XOR, **options)


def loss(tab):
    return number(tab.locator(".counts .loss"))


def opened(tab, part):
    """Open a panel by its summary."""
    tab.click(f".{part} summary")
    return tab.locator(f".{part}")


def trained(sizes=(4, 1), epochs=0, activation="tanh"):
    net = nn.MLP(2, list(sizes), activation, seed=0)
    if epochs:
        nn.fit(net, *XOR, epochs=epochs, progress=False)
    return net


def of_example(net, i):
    """The loss of one example and its gradients, by the labels of parameters."""
    net.zero_grad()
    cost = (net(XOR[0][i]) - XOR[1][i]) ** 2
    cost.backward()
    return cost.data, {p.label: p.grad for p in net.parameters()}


# --- The graph of an example ------------------------------------------------------------------------


def test_example_graph_follows_the_engine(visit):
    tab = visit(xor())
    box = opened(tab, "inspect")
    box.locator(".graph svg").first.wait_for()
    for epochs, example in ((0, "0, 1"), (25, "0, 1"), (25, "1, 1")):
        if epochs and example == "0, 1":
            tab.evaluate(TRAIN, epochs)
        tab.get_by_role("button", name=example, exact=True).click()
        cost, right = of_example(trained(epochs=epochs), 1 if example == "0, 1" else 3)
        tab.wait_for_function("x => Math.abs(document.querySelector('.result data').value - x) <= 1e-12", arg=cost)
        found = gradients(tab)
        assert {name: found[name] for name in right} == pytest.approx(right, rel=1e-9, abs=1e-12)


def test_example_graph_steps_through_passes_and_update(visit):
    tab = visit(xor())
    box = opened(tab, "inspect")
    box.get_by_role("button", name="Forward", exact=True).click()
    assert box.locator("section.update").is_hidden()
    counter = box.locator(".counter").text_content()
    box.locator(".back").focus()
    tab.keyboard.press("ArrowRight")
    assert int(box.locator(".counter").text_content().split()[0]) == int(counter.split()[0]) + 1
    assert tab.text_content(".counts .steps") == "step 0"  # only the graph took the key

    box.get_by_role("button", name="Step through one update").click()
    box.get_by_role("status").filter(has_text="Updated on this example alone").wait_for(timeout=10_000)
    net = trained()
    _, slopes = of_example(net, 1)
    after = {p.label: p.data - 0.1 * slopes[p.label] for p in net.parameters()}
    rows = box.locator(".update li")
    found = {rows.nth(i).get_attribute("data-parameter"): number(rows.nth(i).locator("data")) for i in range(17)}
    assert found == pytest.approx(after, rel=1e-12)
    for p in net.parameters():
        p.data = after[p.label]
    assert number(box.locator(".result data")) == pytest.approx(of_example(net, 1)[0], rel=1e-9)
    assert tab.text_content(".counts .steps") == "step 1"


@pytest.mark.parametrize(("sizes", "unit", "prefix"), [((16, 12, 1), "1 3", "2_3"), ((16, 12, 1), "2 0", "3_0")])
def test_example_graph_of_a_large_net(visit, sizes, unit, prefix):
    tab = visit(xor(sizes))
    box = opened(tab, "inspect")
    box.get_by_label("Part of the net").select_option(unit)
    box.locator(f"[data-input^='W{prefix}']").first.wait_for()
    tab.wait_for_timeout(300)
    found = {name: x for name, x in gradients(tab).items() if name[1:].startswith(prefix)}
    _, right = of_example(trained(sizes), 1)

    assert 8 < len(found) <= 9 + len(sizes)  # eight weights, or all, and the bias
    assert found == pytest.approx({name: right[name] for name in found}, rel=1e-9, abs=1e-15)


def test_example_graph_of_a_softmax_net(visit):
    points, classes = nn.blobs(30, 3, seed=1)
    net = nn.MLP(2, [3, 3], output="softmax", seed=2)
    tab = visit(playground(net, points, classes, loss="cross_entropy"))
    box = opened(tab, "inspect")
    cost = nn.cross_entropy(net(points[1]), classes[1])
    cost.backward()

    assert number(box.locator(".result data")) == pytest.approx(cost.data, rel=1e-12)
    found = gradients(tab)
    assert {p.label: found[p.label] for p in net.parameters()} == pytest.approx(
        {p.label: p.grad for p in net.parameters()}, rel=1e-9
    )


# --- The run as Python ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "steps"),
    [
        ("", 40),
        ("#data=moons&examples=50&noise=0.2&test=0.25&draw=3&hidden=4,3&activation=relu,tanh&optimizer=adam&rate=0.02&"
         "batch=10&seed=5&loss=binary_cross_entropy", 44),
        ("#data=blobs&noise=0.4&examples=50&draw=2&optimizer=momentum&rate=0.05&decay=0.01&initializer=he&hidden=3&"
         "activation=sigmoid", 10),
        ("#data=xor&own=0.5_0.5_1,0.2_0.9_0&loss=hinge&hidden=&batch=2", 12),
    ],
)  # fmt: skip
def test_code_repeats_the_run(visit, capsys, address, steps):
    tab = visit(xor(), address)
    tab.evaluate(TRAIN, steps)
    code = opened(tab, "python").locator("code")
    code.filter(has_text="epochs=").wait_for()
    text = code.text_content()
    exec(compile(text, "<the page>", "exec"), {})

    assert "# " not in text
    assert float(capsys.readouterr().out) == pytest.approx(loss(tab), rel=1e-9)


def test_code_of_other_weights(visit, capsys):
    net = nn.hand_set("xnor")
    tab = visit(playground(net, *nn.truth_table("xnor"), loss="binary_cross_entropy", learning_rate=0.5))
    tab.evaluate(TRAIN, 3)
    box = opened(tab, "python")
    box.locator("code", has_text="load_state_dict").wait_for()
    exec(compile(box.locator("code").text_content(), "<the page>", "exec"), {})
    assert float(capsys.readouterr().out) == pytest.approx(loss(tab), rel=1e-9)

    tab.get_by_label("learning rate").select_option("0.1")
    box.locator("code", has_text="Something changed during the run").wait_for()


# --- Many starts ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_starts_tell_which_learn(visit):
    tab = visit(xor((2, 1), "relu", learning_rate=0.3), "#data=xor")
    box = opened(tab, "seeds")
    box.locator("p", has_text="of 12 starts").filter(has_text="within").wait_for(timeout=20_000)
    right = []
    for seed in range(12):
        net = nn.MLP(2, [2, 1], "relu", seed=seed)
        history = nn.fit(
            net, *XOR, learning_rate=0.3, epochs=3000, record="accuracy", progress=False,
            callbacks=lambda model, history: "learned" if history.accuracy[-1] == 1.0 else None
        )  # fmt: skip
        right.append(history.stopped == "learned")

    assert 0 < sum(right) < 12
    assert box.locator("p").text_content().startswith(f"{sum(right)} of 12 starts ")
    assert "XOR within 3,000 steps" in box.locator("p").text_content()
    states = [start.get_attribute("data-state") for start in box.locator("button").all()]
    assert [state == "learned" for state in states] == right
    box.get_by_role("button", name="seed 5:").click()
    assert "seed=5" in tab.evaluate("location.hash")
    assert box.locator("[aria-pressed=true]").text_content().startswith("seed 5")


# --- The doctor -------------------------------------------------------------------------------------


def healthy(tab):
    tab.wait_for_function("document.querySelector('.doctor').children.length === 0", timeout=5000)
    return True


SICK = [
    (xor, "#rate=3", 0, "rate too large", "learning rate 0.1", ""),
    (xor, "#rate=0.00001", 50, "rate too small", "learning rate 0.1", ""),
    (xor, "#rate=0", 3, "learning rate 0", "learning rate 0.1", ""),
    (xor, "#hidden=&activation=", 400, "linear net", "add a hidden layer", ""),
    (xor, "#activation=linear", 400, "linear net", "tanh in the hidden layers", ""),
    (xor, "#initializer=zeros", 0, "identical units", "initialize with uniform", ""),
    (lambda: xor((2, 1), "relu"), "", 1000, "dead units", "leaky relu instead of relu", "activation=leaky_relu"),
    (lambda: xor((4, 1), "relu"), "#rate=30", 200, "diverged", "learning rate 0.1", ""),
]


@pytest.mark.parametrize("case", some(SICK, SICK[0], SICK[3], SICK[6]))
def test_doctor_names_and_cures(visit, case):
    page, address, steps, kind, cure, after = case
    tab = visit(page(), address)
    tab.evaluate(TRAIN, steps)
    finding = tab.locator(".doctor p").filter(has=tab.locator("strong", has_text=kind)).first
    finding.get_by_role("button", name=cure, exact=True).click()

    assert after in tab.evaluate("location.hash")
    assert tab.text_content(".counts .steps") == "step 0"
    tab.wait_for_function("kind => !document.querySelector('.doctor').textContent.includes(kind)", arg=kind)


def test_doctor_is_silent_on_a_net_that_learns(visit):
    tab = visit(xor())
    assert healthy(tab)
    tab.evaluate(TRAIN, 100)
    assert healthy(tab)


def test_doctor_counts_right_answers_of_classes(visit):
    tab = visit(xor(), "#data=blobs&noise=0.4&hidden=1")
    tab.evaluate(TRAIN, 1000)
    finding = tab.locator(".doctor p", has_text="stuck").text_content()
    right = tab.text_content(".counts").split(" \N{MIDDLE DOT} ")[2].split()[0]

    assert int(right) > 100
    assert f"{right} of 200 examples right" in finding


# --- Pages without panels ---------------------------------------------------------------------------


def test_panels_absent_for_other_models(visit):
    class Own(nn.Module):
        def __init__(self):
            self.layers = [nn.Layer(2, 1, seed=0)]
            self.shift = Value(0.5)

        def __call__(self, x):
            return self.layers[0](x)[0] + self.shift

    tab = visit(playground(Own(), *XOR))
    tab.click("text=One step")
    assert tab.locator(".inspect, .seeds, .python, .doctor").count() == 0


def test_panels_hidden_by_an_address(visit):
    tab = visit(xor(), "#hide=graph,seeds,doctor")
    assert tab.locator(".inspect").is_hidden()
    assert tab.locator(".seeds").is_hidden()
    assert tab.locator(".python").is_visible()


def test_panels_without_the_graph(visit):
    tab = visit(xor(graph=False), "#rate=3")
    tab.locator(".doctor button", has_text="learning rate 0.1").wait_for()
    assert tab.locator(".panels summary").all_text_contents() == ["Many starts: which ones learn?", "As Python"]


def test_panels_on_a_projector(visit):
    tab = visit(xor())
    opened(tab, "python")
    tab.get_by_role("button", name="Full screen", exact=True).click()
    assert tab.locator(".python").is_visible()
    assert tab.locator(".inspect, .seeds").first.is_hidden()
