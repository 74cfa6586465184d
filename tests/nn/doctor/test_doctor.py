"""The doctor names what is wrong with a net, and is silent on a healthy one."""

import math
import pickle
import re
from functools import partial

import pytest

import nn
from autodiff import Value
from nn import MLP, SGD, Module, diagnose, fit, initializers, truth_table
from nn.training import NonfiniteLossError

X, Y = truth_table("xor")


def trained(net, rate=0.1, epochs=1000, **options):
    try:
        return fit(net, X, Y, optimizer=SGD(net.parameters(), rate), epochs=epochs, progress=False, **options)
    except nn.training.NonfiniteLossError as error:
        return error.history


# --- Healthy -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "leaky_relu"])
def test_diagnose_fresh_net_is_healthy(seed, activation):
    assert not diagnose(MLP(2, [4, 1], activation, seed=seed), X, Y)


@pytest.mark.parametrize("seed", range(3))
def test_diagnose_trained_net_is_healthy(seed):
    net = MLP(2, [4, 1], seed=seed)
    diagnosis = diagnose(net, X, Y, history=trained(net))

    assert not diagnosis
    assert str(diagnosis).startswith("4 of 4 examples right (100 %), loss ")


def test_diagnose_nets_in_the_plane_are_healthy():
    points, classes = nn.blobs(60)
    net = MLP(2, [6, 3], output="softmax", seed=0)

    assert not diagnose(net, points, classes, "cross_entropy")
    history = fit(net, points, classes, "cross_entropy", epochs=100, progress=False)
    assert not diagnose(net, points, classes, "cross_entropy", history=history)


def test_diagnose_hand_set_net_is_healthy():
    assert not diagnose(nn.hand_set("xnor"), *truth_table("xnor"), "bce")


def test_diagnose_fitted_regression_is_healthy():
    points = [[i / 10] for i in range(10)]
    wanted = [2.0 * x[0] - 0.5 for x in points]

    assert not diagnose(MLP.from_matrices([[-0.5, 2.0]]), points, wanted)


def curve(function, seed=0):
    """(points, the function at the points, a net)."""
    points = [[i / 10] for i in range(-10, 11)]
    return points, [function(x) for (x,) in points], MLP(1, [8, 1], seed=seed)


@pytest.mark.parametrize(("function", "seed"), [(lambda x: x * x, 0), (lambda x: math.sin(3 * x), 1)])
def test_diagnose_regression_under_way(function, seed):
    """Its gradient is small, but the loss is small and falls."""
    points, wanted, net = curve(function, seed)
    history = fit(net, points, wanted, epochs=1000, progress=False)
    diagnosis = diagnose(net, points, wanted, history=history)
    loss, accuracy = nn.evaluate(net, points, wanted)

    assert not diagnosis
    assert str(diagnosis).startswith(f"loss {loss:.6g} over 21 examples, ")
    assert "right" not in str(diagnosis)
    assert math.isnan(accuracy)


@pytest.mark.parametrize(("frequency", "epochs", "kind"), [(3, 100, "unfinished"), (30, 3000, "stuck")])
def test_diagnose_regression_not_learned(frequency, epochs, kind):
    points, wanted, net = curve(lambda x: math.sin(frequency * x), 1)
    history = fit(net, points, wanted, epochs=epochs, progress=False)

    assert diagnose(net, points, wanted, history=history).kinds == [kind]


# --- Sick ----------------------------------------------------------------------------------------


def test_diagnose_dead_relus():
    net = MLP(2, [3, 1], "relu", seed=3)
    net.layers[0].neurons[1].b.data = -50.0
    diagnosis = diagnose(net, X, Y)

    assert "dead units" in diagnosis.kinds
    assert "layer 1, unit 1 of 3: the ReLU is 0 for all 4 examples" in diagnosis[0].sentence
    assert "leaky_relu" in diagnosis[0].advice


@pytest.mark.parametrize(("activation", "weight"), [("sigmoid", 400.0), ("tanh", 60.0)])
def test_D13_diagnose_saturated_units(activation, weight):
    net = MLP(2, [4, 1], activation, initializer=initializers.constant(weight))
    for i, neuron in enumerate(net.layers[0].neurons):
        neuron.b.data = 10.0 + i
    kinds = diagnose(net, X, Y).kinds

    assert "saturated units" in kinds
    assert "vanishing gradient" not in kinds  # the cause is named already


def test_E12_diagnose_identical_units():
    for activation in ("tanh", "sigmoid"):
        net = MLP(2, [4, 1], activation, "sigmoid", initializer="zeros")
        fresh = diagnose(net, X, Y, "bce")
        fit(net, X, Y, "bce", epochs=200, batch_size=1, progress=False)
        later = diagnose(net, X, Y, "bce")

        for diagnosis in (fresh, later):
            assert "layer 1, units 0, 1, 2 and 3 of 4: they have the same weights" in diagnosis[0].sentence


def test_B7_diagnose_vanishing_gradient():
    assert "vanishing gradient" in diagnose(MLP(2, [*[4] * 8, 1], "sigmoid", seed=0), X, Y).kinds


def test_D14_diagnose_exploding_gradient():
    net = MLP(2, [*[8] * 5, 1], "leaky_relu", initializer=initializers.normal(0.0, 4.0), seed=0)

    assert "exploding gradient" in diagnose(net, X, Y).kinds


def test_D13_diagnose_inputs_of_one_sign():
    points = [[100.0 + x1, 100.0 + x2] for x1, x2 in X]
    diagnosis = diagnose(MLP(2, [4, 1], seed=0), points, Y)

    assert "one-sign gradients" in diagnosis.kinds
    assert "Center the inputs" in diagnosis[diagnosis.kinds.index("one-sign gradients")].advice


@pytest.mark.parametrize(("rate", "kind"), [(50.0, "rate too large"), (1e-6, "rate too small")])
def test_diagnose_wrong_rate_before_training(rate, kind):
    assert diagnose(MLP(2, [4, 1], seed=0), X, Y, learning_rate=rate).kinds == [kind]


def test_diagnose_diverged_run():
    net = MLP(2, [4, 1], "relu", seed=0)
    history = trained(net, 30.0)
    diagnosis = diagnose(net, X, Y, history=history)

    assert history.stopped == "non-finite loss"
    assert "diverged" in diagnosis.kinds
    assert "rate too large" not in diagnosis.kinds  # that is the same cause
    sentence = diagnosis[diagnosis.kinds.index("diverged")]
    assert "at rate 30 the loss grew from " in sentence.sentence
    assert "a smaller learning rate, such as 0.1, or with clip_norm=1.0" in sentence.advice
    assert "diverged" in diagnose(net, X, Y).kinds  # the weights show it too


@pytest.mark.parametrize("seed", range(6))
def test_diagnose_diverged_and_dead_run(seed):
    points, classes = nn.moons(60, seed=0)
    net = MLP(2, [8, 1], "relu", seed=seed)
    with pytest.raises(nn.training.NonfiniteLossError) as caught:
        fit(net, points, classes, optimizer=SGD(net.parameters(), 2.0), progress=False)

    assert {"dead units", "diverged"} <= set(diagnose(net, points, classes, history=caught.value.history).kinds)
    assert {"dead units", "diverged"} <= set(diagnose(net, points, classes).kinds)


def test_diagnose_learning_rate_of_0():
    net = MLP(2, [4, 1], seed=0)

    assert diagnose(net, X, Y, learning_rate=0.0).kinds == ["learning rate 0"]
    assert diagnose(net, X, Y, history=trained(net, 0.0, 5)).kinds == ["learning rate 0"]


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([[100.0 * i, 0.001 * i] for i in range(10)], "input x1 reaches 900, but x2 only 0.009"),
        ([[0.0, 20.0 * i] for i in range(10)], "input x2 reaches 180: "),
        ([[0.001 * i, i] for i in range(10)], "input x2 reaches 9, but x1 only 0.009"),
    ],
)
def test_diagnose_unscaled_inputs(points, words):
    classes = [int(i > 4) for i in range(10)]
    diagnosis = diagnose(MLP(2, [4, 1], seed=0), points, classes)

    assert "unscaled inputs" in diagnosis.kinds
    assert "vanishing gradient" not in diagnosis.kinds
    finding = diagnosis[diagnosis.kinds.index("unscaled inputs")]
    assert words in finding.sentence
    assert "nn.standardize(X)" in finding.advice
    assert "unscaled inputs" not in diagnose(MLP(2, [4, 1], seed=0), nn.standardize(points), classes).kinds


def test_diagnose_one_hidden_layer_is_not_vanishing():
    """The gradient is small because the output is the mean, and because a unit is dead."""
    net = MLP(2, [2, 1], "relu", seed=0)

    assert diagnose(net, X, Y, history=trained(net)).kinds == ["dead units"]


def test_diagnose_run_that_hardly_moved():
    net = MLP(2, [4, 1], seed=0)

    assert diagnose(net, X, Y, history=trained(net, 1e-5, 100)).kinds == ["rate too small"]


def test_diagnose_run_too_short():
    net = MLP(2, [4, 1], seed=0)
    diagnosis = diagnose(net, X, Y, history=trained(net, 0.1, 20))

    assert diagnosis.kinds == ["unfinished"]
    assert "after 20 epochs" in diagnosis[0].sentence


def test_trap_37_diagnose_xor_stuck_at_three_of_four():
    """The stuck runs of two ReLU units: their hidden units are dead, or nothing moves any more."""
    stuck = 0
    for seed in range(12):
        net = MLP(2, [2, 1], "relu", seed=seed)
        history = trained(net, 0.5, 500)
        accuracy = nn.evaluate(net, X, Y)[1]
        diagnosis = diagnose(net, X, Y, history=history)
        if accuracy < 1.0:
            assert diagnosis, seed
        if accuracy == 0.75:
            stuck += 1
            assert "3 of 4 examples right (75 %)" in str(diagnosis)
            assert {"stuck", "dead units"} & set(diagnosis.kinds)
    assert stuck


@pytest.mark.parametrize("sizes", [[1], [4, 1]])
def test_B8_diagnose_linear_net_on_xor(sizes):
    net = MLP(2, sizes, "linear", seed=0)
    diagnosis = diagnose(net, X, Y, history=trained(net))

    assert diagnosis.kinds == ["linear net"]
    assert "one linear function" in diagnosis[0].advice


def test_diagnose_step_units_cannot_learn():
    diagnosis = diagnose(MLP(2, [3, 1], "step", seed=0), X, Y)

    assert "no slope" in diagnosis.kinds
    assert "derivative of step is 0 everywhere" in str(diagnosis)


# --- Behavior ------------------------------------------------------------------------------------


def test_diagnose_changes_nothing():
    net = MLP(2, [4, 1], seed=0)
    net([1.0, 0.0]).backward()
    before = [(p.data, p.grad) for p in net.parameters()]
    diagnose(net, X, Y, learning_rate=50.0)

    assert [(p.data, p.grad) for p in net.parameters()] == before


def test_diagnose_model_without_layers():
    class Flat(Module):
        def __init__(self):
            self.height = Value(0.5)

        def __call__(self, x):
            return self.height * 1.0

    assert diagnose(Flat(), X, Y).kinds == ["stuck"]


def test_diagnosis_is_a_sequence_of_sentences():
    diagnosis = diagnose(MLP(2, [2, 1], initializer="zeros"), X, Y)

    assert len(diagnosis) == len(list(diagnosis)) == len(diagnosis.kinds)
    assert repr(diagnosis) == str(diagnosis)
    assert max(len(line) for line in str(diagnosis).splitlines()) <= 80
    str(diagnosis).encode("ascii")


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize(("optimizer", "rate"), [("sgd", 5.0), ("sgd", 100.0), ("momentum", 5.0), ("adam", 10.0)])
def test_diagnose_advises_no_larger_rate_after_divergence(optimizer, rate, activation):
    net = MLP(2, [4, 1], activation, seed=0)
    try:
        history = fit(net, X, Y, optimizer=optimizer, learning_rate=rate, epochs=300, progress=False)
    except NonfiniteLossError as error:
        history = error.history
    diagnosis = diagnose(net, X, Y, history=history)

    assert set(diagnosis.kinds) <= {"dead units", "saturated units", "diverged", "rate too large"}
    assert {"diverged", "rate too large"} & set(diagnosis.kinds)
    assert "larger rate" not in str(diagnosis)
    assert "nan" not in str(diagnosis)


# --- Causes first --------------------------------------------------------------------------------


POINTS, LABELS = nn.moons(60, seed=0)
CAUSES = {  # what silences what would follow from it
    "not a number": lambda: diagnose(MLP(2, [4, 1], seed=0), [[0, math.nan], *X[1:]], Y, learning_rate=100.0),
    "contradictory rows": lambda: diagnose(MLP(2, [4, 1], "linear", seed=0), X * 2, [*Y, 0, 1, 1, 1]),
    "targets out of reach": lambda: diagnose(MLP(2, [4, 1], output="relu", seed=0), X, [-1, 1, 1, -1]),
    "shuffled labels": lambda: diagnose(MLP(2, [4, 1], seed=0), POINTS, LABELS[::-1][7:] + LABELS[:7]),
    "unscaled targets": lambda: diagnose(MLP(2, [4, 1], seed=0), POINTS, [5000.0 * x for x, _ in POINTS]),
    "penalty too large": lambda: diagnose(MLP(2, [4, 1], seed=0), X, Y, penalty=nn.losses.l2(0.5)),
    "momentum too large": lambda: diagnose(MLP(2, [4, 1], seed=0), X, Y, optimizer=partial(SGD, momentum=0.999)),
    "rate too small": lambda: diagnose(MLP(2, [4, 1], seed=0), X, Y, optimizer="adam", learning_rate=1e-6),
    "no bias": lambda: diagnose(MLP(2, [1], output="sigmoid", bias=False, seed=0), X, [1, 0, 0, 0], "bce"),
}


@pytest.mark.parametrize("kind", CAUSES)
def test_diagnose_names_the_cause_first(kind):
    found = CAUSES[kind]()

    assert found.kinds[0] == kind
    assert len(found) <= 3


def test_diagnose_frozen_parameters():
    net = MLP(2, [4, 1], output="sigmoid", seed=0)
    history = fit(net, X, Y, "bce", SGD(net.layers[1], 0.1), epochs=50, progress=False)

    assert diagnose(net, X, Y, history=history)[0].sentence == "the optimizer changes only 5 of 17 parameters."


def test_diagnose_reads_what_fit_was_given():
    """The loss, the penalty and the validation data are the history's."""
    net = MLP(2, [20, 1], output="sigmoid", seed=0)
    held = nn.moons(60, noise=0.6, seed=5)
    history = fit(net, *nn.moons(12, noise=0.6, seed=1), "bce", "adam", 500, validation_data=held, progress=False)
    found = diagnose(net, *nn.moons(12, noise=0.6, seed=1), history=history)

    assert found.kinds == ["overfitting"]
    assert "of 60 others" in found[0].sentence
    assert history.arguments["loss"] == "bce"
    assert pickle.loads(pickle.dumps(history)).arguments == {}


@pytest.mark.parametrize("move", [lambda a, b: [b, a], lambda a, b: [30 + 10 * a, b]], ids=["swapped", "unscaled"])
def test_diagnose_tests_from_elsewhere(move):
    """Columns of the test set that are swapped or not scaled are no overfitting."""
    points = [[a, 2.0 + b] for a, b in POINTS]
    net = MLP(2, [8, 1], output="sigmoid", seed=0)
    history = fit(net, points[:45], LABELS[:45], "bce", "adam", 300, learning_rate=0.05, progress=False)
    test = [move(*x) for x in points[45:]], LABELS[45:]
    found = diagnose(net, points[:45], LABELS[:45], history=history, test=test)

    assert found.kinds == ["unscaled inputs"]
    assert found[0].sentence.startswith("input x1 is ")
    assert diagnose(net, points[:45], LABELS[:45], history=history, test=(points[45:], LABELS[45:])) == []


def test_diagnose_says_what_a_test_cannot():
    net = MLP(2, [8, 1], output="sigmoid", seed=0)
    history = fit(net, POINTS, LABELS, "bce", "adam", 300, learning_rate=0.05, progress=False)
    leaked = diagnose(net, POINTS, LABELS, history=history, test=(POINTS[:20], LABELS[:20]))
    same = diagnose(MLP(2, [1], seed=0), POINTS, [3.0 for _ in POINTS])

    assert str(leaked).endswith("\n20 of the 20 other examples are training examples, too.")
    assert str(same).endswith("\nAll targets are equal: there is nothing to learn from the inputs.")


def test_diagnose_is_at_a_loss():
    """A run that neither more epochs nor a rule explains: it does not say that nothing is broken."""
    points, wanted, net = curve(lambda x: math.sin(12 * x), 1)
    history = fit(net, points, wanted, epochs=100, progress=False)
    diagnosis = diagnose(net, points, wanted, history=history)

    assert diagnosis.kinds == []
    assert str(diagnosis).endswith("\nI found nothing; check that labels belong to their rows.")


def test_diagnose_samples_many_rows():
    points, labels = nn.moons(2000)
    net = MLP(2, [16, 16, 1], seed=0)
    found = diagnose(net, points, labels)

    assert "(a sample of 2000 examples)" in found.state
    assert str(found) == str(diagnose(net, points, labels))


# --- Cures ---------------------------------------------------------------------------------------


def cured(found, model, rows, targets):
    """(loss, accuracy) after the cure, pasted."""
    space = vars(nn) | {name: getattr(nn, name) for name in nn.__all__} | {"model": model, "X": rows, "Y": targets}
    exec(found[0].cure, space)
    return nn.evaluate(space["model"], space["X"], space["Y"])


@pytest.mark.parametrize(
    ("make", "rate"),
    [
        (lambda: MLP(2, [4, 1], seed=0), 5.0),
        (lambda: MLP(2, [4, 1], seed=0), 1e-5),
        (lambda: MLP(2, [4, 1], "linear", seed=0), 0.1),
        (lambda: MLP(2, [4, 1], initializer="zeros"), 0.1),
    ],
    ids=["rate too large", "rate too small", "linear net", "identical units"],
)
def test_cure_pasted_and_shown(make, rate):
    net = make()
    before = [p.data for p in net.parameters()]
    found = diagnose(net, X, Y, learning_rate=rate)
    demo = found[0].demo()

    assert cured(found, net, X, Y)[1] == 1.0
    assert demo.cured.accuracy == 1.0
    assert demo.sick.accuracy != 1.0
    assert demo.code == found[0].cure
    assert [p.data for p in net.parameters()] == before
    assert str(demo) == str(diagnose(net, X, Y, learning_rate=rate)[0].demo())


def test_cure_of_an_unfinished_run_is_proven():
    net = MLP(2, [4, 1], seed=0)
    found = diagnose(net, X, Y, history=trained(net, 0.1, 20))

    assert re.search(r"Train on for \d+ epochs", found[0].advice)
    assert nn.evaluate(net, X, Y)[1] < 1.0
    assert cured(found, net, X, Y)[1] == 1.0


def test_demo_shows_evidence_where_nothing_runs():
    demo = CAUSES["contradictory rows"]()[0].demo()

    assert demo.code == CAUSES["contradictory rows"]()[0].cure == ""
    assert "rows 3 and 7 are equal, but their targets are 0 and 1" in str(demo)


def test_cures_of_two_causes_together():
    net = MLP(2, [6, 1], output="sigmoid", initializer="zeros")
    found = diagnose(net, X, Y, "bce", optimizer="adam", learning_rate=1e-6)

    assert found.kinds == ["identical units", "rate too small"]
    assert cured(found, net, X, Y)[1] == 1.0
    assert "MLP(2, [6, 1]" in found[0].cure
    assert "Adam(model, 0.02)" in found[0].cure


def test_demo_says_that_a_cure_is_not_enough():
    net = MLP(2, [1], output="sigmoid", bias=False, seed=2)
    history = fit(net, X, [1, 0, 0, 0], "bce", SGD(net, 0.5, weight_decay=1.0), 300, progress=False)
    found = diagnose(net, X, [1, 0, 0, 0], history=history)

    assert found.kinds == ["penalty too large"]
    assert "\nThis alone is not enough: ask again about the cured net.\n" in str(found[0].demo())


def test_cure_of_a_run_hardly_begun_is_proven():
    net = MLP(2, [8, 1], "leaky_relu", output="sigmoid", seed=1)
    history = fit(net, POINTS, LABELS, "bce", SGD(net, 0.02), 4, progress=False)
    found = diagnose(net, POINTS, LABELS, history=history)

    assert found.kinds == ["unfinished"]
    assert cured(found, net, POINTS, LABELS)[1] > 0.9


def test_diagnose_sequences():
    rows = [[[1.0], [0.0]], [[0.0], [1.0]], [[1.0], [1.0]], [[0.0], [0.0]]]
    net = nn.Sequential(nn.RecurrentCell(1, 4, seed=0), nn.Layer(4, 1, "sigmoid", seed=1))
    history = fit(net, rows, [1, 1, 0, 0], "bce", epochs=3, progress=False)

    assert diagnose(net, rows, [1, 1, 0, 0], history=history).kinds == ["unfinished"]
    assert diagnose(net, rows[:2] * 2, [0, 1, 1, 1], "bce").kinds == ["contradictory rows"]
