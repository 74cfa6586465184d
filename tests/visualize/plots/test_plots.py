"""Plots, read back from the axes they return."""

import io
import math
import subprocess
import sys
from types import SimpleNamespace

import numpy
import pytest
from matplotlib.figure import Figure

import nn
from autodiff import Value, clip, elu, leaky_relu, maximum, relu, sigmoid, sign, tanh
from autodiff.primitives import heaviside
from visualize import plots
from visualize.plots.description import figure_in_words

XOR = ([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])


def title(axes):
    return axes.get_title(loc="left")


def line_named(axes, label):
    found = [line for line in axes.get_lines() if line.get_label() == label]
    assert len(found) == 1, f"{len(found)} lines are called {label!r}"
    return found[0]


def drawn_at(axes, label, x):
    """The heights of the named line at x; several where it jumps."""
    line = line_named(axes, label)
    return [y for at, y in zip(line.get_xdata(), line.get_ydata()) if at == x and not math.isnan(y)]


def dots(axes, full):
    """The single points drawn hollow or full."""
    return {
        (float(x), float(y))
        for line in axes.get_lines()
        if line.get_linestyle() == "None" and (line.get_markerfacecolor() != "white") == full
        for x, y in zip(line.get_xdata(), line.get_ydata())
    }


def sweep(rates, table, seeds=None, classes=True):
    """A result of fit_many with these accuracies and losses."""
    seeds = list(seeds or range(len(table[0])))
    return SimpleNamespace(learning_rates=rates, seeds=seeds, accuracy=table, loss=table, classes=classes)


def every_plot():
    """One of each, as (name, function that draws it into axes)."""
    path = [(2.0, 1.0), (1.0, 0.5), (0.5, 0.2)]
    return {
        "activation": lambda axes=None: plots.plot_activation(sigmoid, axes=axes),
        "losses": lambda axes=None: plots.plot_losses({"a": [1.0, 0.5], "b": [1.0, math.inf]}, axes=axes),
        "gradient sizes": lambda axes=None: plots.plot_gradient_sizes([0.1, 0.2], axes=axes),
        "boundary": lambda axes=None: plots.plot_decision_boundary(lambda x: x[0], *XOR, steps=8, axes=axes),
        "descent": lambda axes=None: plots.plot_descent(lambda x, y: x * x + y * y, path, axes=axes),
        "descent 1": lambda axes=None: plots.plot_descent(lambda x: x * x, [1.0, 0.5], axes=axes),
        "descents": lambda axes=None: plots.plot_descent(
            lambda x, y: x * x + y * y, {"as it is": path, "clipped": path[:2]}, axes=axes
        ),
        "success": lambda axes=None: plots.plot_success([0.1, math.nan], [True, False], axes=axes),
        "map": lambda axes=None: plots.plot_sweep(sweep([0.1, 1.0], [[1, 0], [0.5, math.nan]]), axes=axes),
    }


# --- All plots -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", every_plot())
def test_plots_draw_into_given_axes(name):
    axes = Figure().subplots()

    assert every_plot()[name](axes) is axes
    assert axes.has_data()


@pytest.mark.parametrize("name", every_plot())
def test_plots_have_title_and_labels_and_save(name):
    axes = every_plot()[name]()
    for kind in ("png", "svg", "pdf"):
        axes.figure.savefig(io.BytesIO(), format=kind)

    assert title(axes)
    assert axes.get_xlabel()
    assert axes.get_ylabel() or name == "rates"  # its rows have their own names


@pytest.mark.parametrize("name", every_plot())
def test_plots_tell_lines_apart_without_color(name):
    named = [line for line in every_plot()[name]().get_lines() if not line.get_label().startswith("_")]
    looks = {(line.get_linestyle(), line.get_marker()) for line in named}

    assert len(looks) == len(named)


def test_plots_import_nothing_large():
    code = (
        "import sys, visualize, visualize.plots as plots\n"
        "assert not {'matplotlib', 'numpy'} & set(sys.modules)\n"
        "plots.plot_losses([1.0, 0.5]).figure.savefig(sys.stdout.buffer, format='svg')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, check=False)

    assert run.returncode == 0, run.stderr.decode()
    assert b"</svg>" in run.stdout


def test_plots_are_found_in_visualize():
    import visualize

    assert visualize.plot_losses is plots.plot_losses
    assert set(plots.__all__) <= set(dir(visualize))


# --- In words ------------------------------------------------------------------------------------

WORDS = {
    "activation": "sigmoid and its derivative. Line plot of output over input x from -5 to 5: value from 0.00669 to "
    "0.993; derivative from 0.00665 to 0.00665, highest 0.25 at 0.",
    "losses": "Loss over each epoch. Line plot of loss over epoch: a from 1 at 1 to 0.5 at 2; b from 1 at 1 to 1 at 1; "
    "remarks: inf in epoch 2.",
    "gradient sizes": "Size of the gradient in each layer. Line plot of norm of the gradient (log scale) over layer, "
    "from input to output from 1 to 2: from 0.1 to 0.2.",
    "boundary": "What the net answers, and its boundary. Contour plot of input x₂ over input x₁: wanted 0 (2 points); "
    "wanted 1 (2 points); shades: from -0.15 to 1.15; contour line at 0.5.",
    "descent": "Gradient descent: 2 updates. Contour plot of y over x: path of 3 points from (2, 1) to (0.5, 0.2); "
    "shades: loss from 0.082 to 6.21; remarks: start.",
    "descent 1": "Gradient descent: 1 update. Line plot of loss over x: from 0.181 at 0.425 to 1.16 at 1.07; from 1 at "
    "1 to 0.25 at 0.5; remarks: start.",
    "descents": "Gradient descent. Contour plot of y over x: as it is: steps up to 1.1, path of 3 points from (2, 1) "
    "to (0.5, 0.2); clipped: steps up to 1.1, path of 2 points from (2, 1) to (1, 0.5); shades: loss from 0.082 to "
    "6.21; remarks: start.",
    "success": "1 of 2 seeds come out right. Plot of last loss over seed: right: 1 (1 point); diverged: 1 (1 point).",
    "map": "What learns from which seed. Table of learning rate over seed: 2 rows (0.1, 1) of 2, from 0 to 1; remarks: "
    "all right, 50 %, 0 %.",
}


@pytest.mark.parametrize("name", every_plot())
def test_plots_are_described(name):
    assert figure_in_words(every_plot()[name]().figure) == WORDS[name].replace("-", "\N{MINUS SIGN}")


def test_figure_in_words_all_axes_of_a_figure():
    figure = Figure()
    first, second, third, _ = figure.subplots(2, 2).flat
    plots.plot_losses([0.5, 0.1], axes=first)
    second.bar(["a", "b", "c"], [1.0, 2.0, 3.0])
    third.scatter([1.0, 2.0], [3.0, 4.0])
    third.set_title("Mine")
    losses = "Loss over each epoch. Line plot of loss over epoch from 1 to 2: from 0.5 to 0.1."

    assert figure_in_words(figure) == f"{losses} Plot of y over x: 3 bars. Mine. Plot of y over x: 2 points."
    assert figure_in_words(Figure()) == "An empty plot."


def test_figure_in_words_a_valley_and_a_hill():
    axes = Figure().subplots()
    axes.plot(range(1, 6), [3.0, -1.0, 2.0, 1e7, 2.999])

    assert figure_in_words(axes.figure).endswith(": from 3 to 3, highest 1e+07 at 4.".replace("-", "\N{MINUS SIGN}"))


# --- Activations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "x", "value", "slope"),
    [
        (sigmoid, 0.0, 0.5, 0.25),  # A7, B1
        (tanh, 0.0, 0.0, 1.0),  # A7, B1
        (lambda x: clip(x + 0.5, 0.0, 1.0), 0.25, 0.75, 1.0),  # C1
        (lambda x: x, 2.0, 2.0, 1.0),  # C1
        (lambda x: elu(x, 1.0), -1.0, -0.6321205588285577, 0.36787944117144233),  # D12
        (lambda x: leaky_relu(x, 0.1), -2.0, -0.2, 0.1),  # D12
        (lambda x: 3.0, 1.0, 3.0, 0.0),  # a constant is not a Value
    ],
)
def test_plot_activation_value_and_derivative(function, x, value, slope):
    axes = plots.plot_activation(function, between=(-3, 3))

    assert drawn_at(axes, "value", x) == pytest.approx([value], rel=1e-12)
    assert drawn_at(axes, "derivative", x) == pytest.approx([slope], rel=1e-12)


def test_A7_plot_activation_relu_at_0():
    axes = plots.plot_activation(relu)

    assert title(axes) == "relu and its derivative"
    assert drawn_at(axes, "value", 0.0) == [0.0]
    assert drawn_at(axes, "derivative", 0.0) == [0.0, 1.0]
    assert dots(axes, full=True) == {(0.0, 0.0)}
    assert (0.0, 1.0) in dots(axes, full=False)


def test_C1_plot_activation_unit_step():
    axes = plots.plot_activation(lambda x: heaviside(x, 0.5), "unit step")

    assert drawn_at(axes, "value", 0.0) == [0.0, 1.0]
    assert dots(axes, full=True) == {(0.0, 0.5)}
    assert set(drawn_at(axes, "derivative", 0.0)) == {0.0}


def test_C1_plot_activation_sign_and_piecewise_linear():
    steps, bends = plots.plot_activation(sign), plots.plot_activation(lambda x: clip(x + 0.5, 0.0, 1.0))

    assert drawn_at(steps, "value", 0.0) == [-1.0, 1.0]
    assert drawn_at(bends, "derivative", -0.5) == [0.0, 1.0]
    assert drawn_at(bends, "derivative", 0.5) == [1.0, 0.0]


def test_D12_plot_activation_maxout():
    axes = plots.plot_activation(lambda x: maximum(0.5 * x, -x), "Maxout")

    assert drawn_at(axes, "derivative", 0.0) == [-1.0, 0.5]
    assert (0.0, -0.25) in dots(axes, full=True)


def test_plot_activation_elu_with_alpha_1():
    assert drawn_at(plots.plot_activation(lambda x: elu(x, 1.0)), "derivative", 0.0) == [1.0]


# --- Training ------------------------------------------------------------------------------------


def test_plot_losses_starts_at_epoch_1():
    axes = plots.plot_losses([1.0, 0.5, 0.25])

    assert list(axes.get_lines()[0].get_xdata()) == [1, 2, 3]
    assert list(axes.get_lines()[0].get_ydata()) == [1.0, 0.5, 0.25]
    assert axes.get_legend() is None
    assert axes.get_title(loc="left") == "Loss over each epoch"  # the loss is measured before each step


def test_plot_losses_ends_a_diverging_run_in_a_cross():
    axes = plots.plot_losses({"too fast": [1.0, 8.0, math.inf, math.nan]}, every="update")

    assert list(line_named(axes, "too fast").get_ydata()) == [1.0, 8.0]
    assert [text.get_text() for text in axes.texts] == ["inf in update 3"]


def test_plot_losses_not_finite_from_the_start():
    assert [text.get_text() for text in plots.plot_losses([math.nan]).texts] == ["nan in epoch 1"]


def test_plot_losses_logarithmic():
    assert plots.plot_losses([1.0, 0.1], logarithmic=True).get_yscale() == "log"


def test_B7_plot_gradient_sizes():
    axes = plots.plot_gradient_sizes({"sigmoid": [1e-6, 1e-3, 1.0], "dead": [0.0, 0.5, math.inf]})

    assert axes.get_yscale() == "log"
    assert list(line_named(axes, "sigmoid").get_ydata()) == [1e-6, 1e-3, 1.0]
    assert list(line_named(axes, "dead").get_ydata())[:2] == [pytest.approx(1e-7), 0.5]
    assert [text.get_text() for text in axes.texts] == ["0", "inf"]


def test_plot_gradient_sizes_all_zero():
    assert [text.get_text() for text in plots.plot_gradient_sizes([0.0, 0.0]).texts] == ["0", "0"]


def test_plot_losses_of_several_histories():
    runs = [SimpleNamespace(loss=[1.0, 0.5]), SimpleNamespace(loss=[1.0, 0.1])]
    assert [text.get_text() for text in plots.plot_losses(runs).get_legend().get_texts()] == ["run 1", "run 2"]


# --- Two inputs ----------------------------------------------------------------------------------


def boundary_of(axes):
    """The vertices of the line between the classes."""
    lines = axes.collections[-1]
    return [tuple(point) for path in lines.get_paths() for point in path.vertices]


def test_plot_decision_boundary_at_the_threshold():
    axes = plots.plot_decision_boundary(lambda x: x[0] + 2.0 * x[1], *XOR, threshold=0.75, steps=30)

    assert len(boundary_of(axes)) > 10
    assert all(x + 2.0 * y == pytest.approx(0.75, abs=1e-9) for x, y in boundary_of(axes))


def test_plot_decision_boundary_of_values_in_one_batch():
    calls = []

    def batch(rows):
        calls.append(len(rows))
        return [Value(row[0]) for row in rows]

    one = plots.plot_decision_boundary(lambda row: Value(row[0]), *XOR, steps=12)
    all_at_once = plots.plot_decision_boundary(batch, *XOR, batch=True, steps=12)

    assert calls == [144]
    assert boundary_of(one) == boundary_of(all_at_once)


def test_plot_decision_boundary_markers_and_targets():
    axes = plots.plot_decision_boundary(lambda x: x[0], [[0, 0], [1, 0], [0, 1]], [[0], [1], [2]], [0.5, 1.5], steps=9)
    named = {line.get_label(): line for line in axes.get_lines()}

    assert set(named) == {"wanted 0", "wanted 1", "wanted 2"}
    assert len({line.get_marker() for line in named.values()}) == 3


def test_plot_decision_boundary_of_a_constant_net():
    axes = plots.plot_decision_boundary(lambda x: 0.9, *XOR, steps=5)

    assert len(axes.collections) == 1


def test_plot_decision_boundary_of_a_nonfinite_net():
    with pytest.raises(ValueError, match="inf or nan everywhere"):
        plots.plot_decision_boundary(lambda x: math.nan, *XOR, steps=5)
    holed = plots.plot_decision_boundary(lambda x: x[1] if x[0] > 0.0 else math.inf, *XOR, steps=20)

    assert min(x for x, _ in boundary_of(holed)) > 0.0


# --- Descent -------------------------------------------------------------------------------------


def test_C4_plot_descent_in_one_variable():
    path = [0.0]
    while len(path) < 2 or path[-1] != path[-2]:
        path.append(path[-1] - 0.1 * 2.0 * (path[-1] - 3.0))
    axes = plots.plot_descent(lambda theta: (theta - 3.0) ** 2, path[:-1])
    steps = axes.get_lines()[1]

    assert title(axes) == "Gradient descent: 159 updates"
    assert list(steps.get_xdata()) == path[:-1]
    assert list(steps.get_ydata()) == [(theta - 3.0) ** 2 for theta in path[:-1]]


def test_C4_plot_descent_in_two_variables():
    path = [(2.0, 1.0), (1.6, 0.2), (1.28, 0.04)]
    axes = plots.plot_descent(lambda x, y: Value(x) * x + 4.0 * y * y, path)

    assert list(zip(*axes.get_lines()[0].get_data())) == path
    assert axes.collections
    assert [text.get_text() for text in axes.texts] == ["start"]


def test_plot_descent_several_paths():
    axes = plots.plot_descent(lambda x: x * x, {"slow": [1.0, 0.9], "fast": [1.0, -3.0, math.inf]})

    assert list(line_named(axes, "slow: steps up to 0.21").get_xdata()) == [1.0, 0.9]
    assert list(line_named(axes, "fast: steps up to 8.9").get_xdata()) == [1.0, -3.0]


def test_plot_descent_of_a_part():
    axes = plots.plot_descent(lambda x, y: x + y, [(0.0, 0.0), (50.0, 50.0)], between=((-1, 2), (-3, 4)))

    assert axes.get_xlim() == (-1.0, 2.0)
    assert axes.get_ylim() == (-3.0, 4.0)


def recurrent_error(w, b):
    """D14: x <- w sigmoid(x) + b from 0.5, fifty times, then the squared distance of sigmoid(x) to 0.7."""
    x = 0.5
    for _ in range(50):
        x = w * sigmoid(x) + b
    return (sigmoid(x) - 0.7) ** 2


def test_D14_plot_descent_cliff_and_clipping():
    w, b = Value(4.35), Value(-2.21)
    error = recurrent_error(w, b)
    error.backward()
    size = math.hypot(w.grad, b.grad)
    start = (w.data, b.data)
    thrown = (w.data - 0.05 * w.grad, b.data - 0.05 * b.grad)
    kept = (w.data - 0.05 * w.grad / size, b.data - 0.05 * b.grad / size)
    paths = {"gradient as it is": [start, thrown], "gradient clipped": [start, kept]}
    axes = plots.plot_descent(recurrent_error, paths, between=((4.2, 4.9), (-2.4, -1.3)))
    labels = [text.get_text() for text in axes.get_legend().get_texts()]

    assert (error.data, w.grad, b.grad) == pytest.approx((0.0244762, -9.938081, -16.346736), abs=1e-6)
    assert labels == ["gradient as it is: steps up to 0.96", "gradient clipped: steps up to 0.05"]


# --- Many runs -----------------------------------------------------------------------------------


def test_plot_success_markers():
    axes = plots.plot_success([0.001, 0.25, math.inf, 0.002], [True, False, False, True], seeds=[10, 11, 12, 13])
    drawn = {line.get_label(): (line.get_marker(), list(line.get_xdata())) for line in axes.get_lines()}

    assert title(axes) == "2 of 4 seeds come out right"
    assert drawn == {"right: 2": ("o", [10, 13]), "stuck: 1": ("X", [11]), "diverged: 1": ("^", [12])}


def test_plot_sweep_of_accuracies():
    axes = plots.plot_sweep(sweep([0.1, 1.0], [[1, True, 1, 0.75], [0.5, 0, math.nan, 1]]))
    cells = axes.collections[0].get_array()
    labels = [text.get_text() for text in axes.get_legend().get_texts()]

    assert cells.filled(-1.0).tolist() == [[1.0, 1.0, 1.0, 0.75], [0.5, 0.0, -1.0, 1.0]]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["0.1", "1"]
    assert [text.get_text() for text in axes.texts] == ["all right", "75 %", "25 %"]
    assert labels == ["0 % right", "50 % right", "75 % right", "100 % right", "diverged"]


def test_plot_sweep_of_losses():
    losses = [[0.001, 0.1], [math.nan, 10.0]]
    axes = plots.plot_sweep(sweep([0.1, 1.0], losses, [3, 4], classes=False))
    cells = axes.collections[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    small, middle, large = [sum(cells.cmap(cells.norm(x))[:3]) for x in (0.001, 0.1, 10.0)]

    assert cells.get_array().filled(-1.0).tolist() == [[0.001, 0.1], [-1.0, 10.0]]
    assert small < middle < large
    assert [text.get_text() for text in axes.texts] == ["mean loss", "0.0505", "10"]
    assert labels == ["loss 0.001", "loss 0.1", "loss 10", "diverged"]
    for odd in (0.0, 0.5):
        plots.plot_sweep(sweep([0.1], [[odd, odd]], classes=False)).figure.canvas.draw()


# --- Results of nn -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained():
    """(a net, its history)"""
    net = nn.MLP(2, [4, 4, 1], seed=0)
    return net, nn.fit(net, *XOR, epochs=5, record=["gradient_norms"], progress=False)


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_plot_losses_of_a_history(trained):
    _, history = trained

    assert list(plots.plot_losses(history).get_lines()[0].get_ydata()) == history.loss
    assert labels(plots.plot_losses({"sgd": history, "by hand": [1.0, 0.5]})) == ["sgd", "by hand"]


def test_plot_gradient_sizes_of_a_history(trained):
    net, history = trained
    nn.squared_error(net([1.0, 0.0]), 1.0).backward()
    norms = nn.training.gradient_norms(net)
    axes = plots.plot_gradient_sizes(norms)

    assert list(axes.get_lines()[0].get_ydata()) == list(norms.values())
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["layers.0", "layers.1", "layers.2"]
    for given in (history, history.gradient_norms):
        axes = plots.plot_gradient_sizes(given)
        assert (axes.get_xlabel(), labels(axes)) == ("epoch", list(norms))
        assert list(line_named(axes, "layers.1").get_ydata()) == [sizes["layers.1"] for sizes in history.gradient_norms]
    with pytest.raises(ValueError, match="needs at least one number"):
        plots.plot_gradient_sizes(nn.fit(net, *XOR, epochs=1, progress=False))


def test_plot_decision_boundary_of_several_classes():
    X, Y = nn.blobs(30)
    net = nn.MLP(2, [3], output="softmax", seed=0)
    nn.fit(net, X, Y, "cross_entropy", epochs=100, progress=False)
    axes = plots.plot_decision_boundary(net, X, Y, steps=12)
    one_hot = plots.plot_decision_boundary(net, X, [nn.losses.one_hot(y, 3) for y in Y], steps=12)
    by_class = plots.plot_decision_boundary(lambda x: nn.predict(net, x), X, Y, [0.5, 1.5], steps=12)

    def table(rows):
        return numpy.array([[y.data for y in net(x)] for x in rows])

    many = plots.plot_decision_boundary(table, X, Y, batch=True, steps=12)

    assert labels(axes) == labels(one_hot) == ["wanted 0", "wanted 1", "wanted 2"]
    assert boundary_of(axes) == boundary_of(one_hot) == boundary_of(many)
    assert len(boundary_of(axes)) > 10
    assert len(boundary_of(by_class)) > 10
    (picture,) = axes.images
    colors = {tuple(numpy.argsort(pixel)) for pixel in picture.get_array()[::11, ::11].reshape(-1, 3)}
    assert len(colors) == 3  # orange, blue, green


def test_plot_decision_boundary_shades():
    axes = plots.plot_decision_boundary(lambda x: 0.5 + x[0], [[-1.0, 0.0], [1.0, 1.0]], [0, 1], steps=40)
    (regions,) = [c for c in axes.collections if getattr(c, "filled", False)]
    shades = [regions.cmap(regions.norm(level))[:3] for level in (-0.5, 0.0, 0.5, 1.0, 1.5)]
    light = [sum(shade) for shade in shades]

    assert light[0] < light[1] < light[2]
    assert light[4] < light[3] < light[2] == pytest.approx(3.0, abs=0.1)
    assert shades[0][0] > shades[0][2]  # orange
    assert shades[4][0] < shades[4][2]  # blue


def test_plot_descent_uses_argument_names():
    axes = plots.plot_descent(lambda theta1, b: theta1**2 + b**2, [(1.0, 1.0), (0.5, 0.5)])

    assert (axes.get_xlabel(), axes.get_ylabel()) == ("θ₁", "b")
    assert plots.plot_descent(lambda *w: w[0] ** 2, [1.0, 0.5]).get_xlabel() == "parameter"


def test_plot_decision_boundary_leaves_holes_white():
    axes = plots.plot_decision_boundary(
        lambda x: [x[0], float("nan") if x[0] > 0.5 else 0.0], [[0.0, 0.0], [1.0, 1.0]], [0, 1], steps=9
    )

    assert numpy.isfinite(axes.images[0].get_array()).all()


@pytest.mark.parametrize(
    "answer", [lambda x: [x[0]], lambda x: numpy.array([x[0]]), lambda x: numpy.array(x[0]), Value]
)
def test_plot_decision_boundary_answers_in_lists_and_arrays(answer):
    function = (lambda x: Value(x[0])) if answer is Value else answer

    assert boundary_of(plots.plot_decision_boundary(function, *XOR, steps=8)) == boundary_of(
        plots.plot_decision_boundary(lambda x: x[0], *XOR, steps=8)
    )


@pytest.mark.parametrize("name", nn.activations.ACTIVATIONS)
def test_plot_activation_of_nn_by_name(name):
    function = nn.activations.ACTIVATIONS[name]
    by_name = plots.plot_activation(name, between=(-2, 2))
    by_function = plots.plot_activation(function() if name == "prelu" else function, between=(-2, 2))

    assert title(by_name) == f"{name} and its derivative"
    for label in ("value", "derivative"):
        pairs = zip(line_named(by_name, label).get_ydata(), line_named(by_function, label).get_ydata(), strict=True)
        assert all(a == pytest.approx(b, nan_ok=True) for a, b in pairs)


def test_plot_activation_of_expressions_and_unknown_names():
    assert drawn_at(plots.plot_activation("x*x - 3"), "derivative", 2.0) == [4.0]
    assert title(plots.plot_activation("relu", "ReLU", axes=Figure().subplots())) == "ReLU and its derivative"
    with pytest.raises(ValueError, match="rellu"):
        plots.plot_activation("rellu")


@pytest.mark.parametrize(
    "draw",
    [
        lambda name: plots.plot_losses({name: [1.0, 0.5]}),
        lambda name: plots.plot_gradient_sizes({name: [1.0, 0.5]}),
        lambda name: plots.plot_descent(lambda x: x * x, {name: [1.0, 0.5], "b": [1.0, 0.9]}),
    ],
)
def test_plot_losses_name_with_an_underscore(draw, tmp_path):
    for name in ("_x", "__private", "_", "plain"):
        axes = draw(name)
        assert labels(axes)[0].partition(":")[0] == name
    axes.figure.savefig(tmp_path / "plot.svg")


def test_plot_losses_long_name(tmp_path):
    axes = plots.plot_losses({"x" * 300: [1.0, 0.5], "y" * 300: [1.0, 0.5]})
    axes.figure.savefig(tmp_path / "plot.svg")  # no warning of collapsed axes

    assert [len(label) for label in labels(axes)] == [60, 60]
