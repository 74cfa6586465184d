"""The losses and penalties: the lectures' numbers, stable forms, shapes."""

import json
import math
from pathlib import Path

import pytest

import autodiff
import nn
from autodiff import Value, log, sigmoid, softmax
from nn import (
    MLP,
    Neuron,
    binary_cross_entropy,
    cross_entropy,
    half_squared_error,
    hinge,
    multiclass_hinge,
    squared_error,
)
from nn.losses import LOSSES, loss_named, negative_log_likelihood
from nn.metrics import are_classes


def near(number, rel=1e-12):
    return pytest.approx(number, rel=rel, abs=1e-15)


def slopes(loss, *inputs):
    """The loss and its gradients with respect to the inputs."""
    loss.backward()
    return loss.data, [x.grad for x in inputs]


# --- Numbers -------------------------------------------------------------------------------------


def test_C2_squared_error_and_hinge():
    assert squared_error(0.3, 1) == near(0.49)
    assert hinge(0.3, 1) == near(0.7)


def test_squared_error_adds_over_outputs():
    assert squared_error([1.0, 2.0], [0.0, 4.0]) == 5.0
    assert half_squared_error([1.0, 2.0], [0.0, 4.0]) == 2.5


def test_C2_binary_cross_entropy_of_a_probability():
    p = Value(0.3)

    assert slopes(binary_cross_entropy(p, 1), p) == (near(1.2039728043259361), near([-3.3333333333333335]))


def test_C2_cross_entropy_of_a_one_hot_target():
    assert negative_log_likelihood([0.2, 0.3, 0.5], [0, 1, 0]) == near(1.2039728043259361)


def test_B4_softmax_and_cross_entropy():
    h = [Value(1.0), Value(2.0), Value(3.0)]
    expected = near(1.4076059644443806), near([0.09003057317038043, -0.7552715289452024, 0.6652409557748217])

    for outputs in (softmax(h), h):
        for target in (1, [0, 1, 0]):
            for x in h:
                x.grad = 0.0
            assert slopes(cross_entropy(outputs, target), *h) == expected
    for x in h:
        x.grad = 0.0
    assert slopes(negative_log_likelihood(softmax(h), 1), *h) == expected


def test_B4_gradient_is_p_minus_y():
    h = [Value(0.3), Value(-1.0), Value(2.0)]
    target = [0.2, 0.5, 0.3]
    _, grads = slopes(cross_entropy(softmax(h), target), *h)

    assert grads == near([p.data - y for p, y in zip(softmax(h), target)])


def test_D11_svm_loss():
    s = [Value(3.2), Value(5.1), Value(-1.7)]

    assert slopes(multiclass_hinge(s, 0), *s) == (near(2.9), [-1.0, 1.0, 0.0])


def test_D11_total_loss_with_penalties():
    net = MLP.from_matrices([[[9, 1, -2], [9, 0, 3]], [[9, 1, 1], [9, -1, 2], [9, 0, 1]]], "relu")
    X, Y = [[1.0, 2.0], [0.5, -1.0]], [2, 0]
    data_loss = sum(multiclass_hinge(net(x), y).data for x, y in zip(X, Y)) / 2
    history = nn.fit(net, X, Y, loss="multiclass_hinge", epochs=1, penalty=nn.losses.l2(0.1), progress=False)

    assert history.loss[0] == near(data_loss + 0.1 * (1 + 4 + 9) + 0.1 * (1 + 1 + 1 + 4 + 1))


def test_l1_penalty():
    net = MLP.from_matrices([[9, 1, -2.5]])
    _, grads = slopes(nn.losses.l1(0.1)(net), *net.parameters())

    assert nn.losses.l1(0.1)(net).data == near(0.35)
    assert grads == [0.1, -0.1, 0.0]


def test_C3_one_neuron_with_squared_error():
    neuron = Neuron(2, "sigmoid")
    for parameter, number in zip(neuron.parameters(), (0.3, -0.2, 0.1)):
        parameter.data = number

    assert slopes(squared_error(neuron([0.5, -1.5]), 1), *neuron.parameters()) == (
        near(0.13385676576501607),
        near([-0.08488333926919278, 0.25465001780757834, -0.16976667853838556]),
    )


def test_E2_and_E5_hand_set_and():
    gate = nn.hand_set("and")
    X, Y = nn.truth_table("and")

    assert [gate(x).data for x in X] == near(
        [9.357622968839299e-14, 4.5397868702434395e-05, 4.5397868702434395e-05, 0.9999546021312976]
    )
    assert sum(binary_cross_entropy(gate(x), y).data for x, y in zip(X, Y)) == near(0.00013619669774417016)


# --- Stable forms --------------------------------------------------------------------------------


@pytest.mark.parametrize(("z", "target", "loss", "slope"), [(-800.0, 1, 800.0, -1.0), (800.0, 0, 800.0, 1.0)])
def test_trap_19_binary_cross_entropy_never_overflows(z, target, loss, slope):
    x = Value(z)

    assert slopes(binary_cross_entropy(sigmoid(x), target), x) == (loss, [slope])
    assert math.isinf((-log(sigmoid(Value(-800.0)))).data)


@pytest.mark.parametrize("loss", [cross_entropy, negative_log_likelihood])
def test_trap_19_cross_entropy_never_overflows(loss):
    z = [Value(-800.0), Value(0.0)]

    assert slopes(loss(softmax(z), 0), *z) == (800.0, [-1.0, 1.0])


@pytest.mark.parametrize("z", [-30.0, -2.0, 0.0, 0.5, 40.0])
@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
def test_loss_reading_the_operand_changes_no_number(z, target):
    x = Value(z)
    loss, grads = slopes(binary_cross_entropy(sigmoid(x), target), x)

    assert loss == near(target * math.log1p(math.exp(-z)) + (1 - target) * math.log1p(math.exp(z)))
    assert grads == pytest.approx([1 / (1 + math.exp(-z)) - target], abs=1e-15)


def test_cross_entropy_does_not_record_zero_shares():
    """A probability of 0 for another class costs nothing; 0 * log 0 would be nan."""
    p = [Value(0.0), Value(1.0)]

    assert slopes(negative_log_likelihood(p, 1), *p) == (0.0, [0.0, -1.0])


def test_targets_may_be_values():
    t, z = [Value(0.0), Value(1.0), Value(0.0)], [Value(1.0), Value(2.0), Value(3.0)]

    assert cross_entropy(softmax(z), t).data == near(1.4076059644443806)
    assert multiclass_hinge(z, t).data == near(2.0)
    assert binary_cross_entropy([sigmoid(z[0])], [t[0]]).data == near(math.log1p(math.exp(1.0)))


# --- Shapes --------------------------------------------------------------------------------------


def test_hinge_reads_0_as_minus_1():
    assert hinge(0.3, 0) == hinge(0.3, -1) == near(1.3)
    with pytest.raises(ValueError, match="takes targets 1 and -1"):
        hinge(0.3, 2)


def test_losses_by_name_and_function():
    assert loss_named("squared_error") is loss_named(squared_error)
    assert loss_named("mse") is loss_named("mean_squared_error") is loss_named(loss_named("mse").cost)
    assert loss_named("nll").name == "negative_log_likelihood"
    with pytest.raises(ValueError, match="unknown loss 'mae': choose one of squared_error"):
        loss_named("mae")


@pytest.mark.parametrize("name", LOSSES)
def test_losses_of_the_table_train(name):
    classes = LOSSES[name].encode is LOSSES["multiclass_hinge"].encode
    outputs = "linear" if not LOSSES[name].probabilities else "softmax" if classes else "sigmoid"
    X, Y = nn.truth_table("or")
    net = MLP(2, [3, 2 if classes else 1], output=outputs, seed=1)
    history = nn.fit(net, X, Y, loss=name, optimizer=nn.SGD(net.parameters(), 0.2), epochs=300, progress=False)

    assert history.loss[-1] < history.loss[0]
    assert nn.evaluate(net, X, Y, name)[1] == 1.0


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize(("short", "whole"), [("mse", "squared_error"), ("bce", "binary_cross_entropy")])
def test_losses_mse_and_bce_match_pytorch(short, whole, size):
    outputs, targets = [0.1 + 0.1 * i for i in range(size)], [float(i % 2) for i in range(size)]

    assert LOSSES[short].cost(outputs, targets) == near(LOSSES[whole].cost(outputs, targets) / size)
    assert loss_named(short).cost([Value(y) for y in outputs], targets).data == LOSSES[short].cost(outputs, targets)
    if size == 1:
        assert LOSSES[short].cost(outputs, targets) == LOSSES[whole].cost(outputs, targets)


@pytest.mark.parametrize("runner", ["eager", "source", "batch", "auto"])
def test_loss_mse_of_three_outputs_takes_a_third(runner):
    X, Y = [[0.5, -1.0], [1.0, 0.25]], [[1.0, 0.0, 0.5], [0.0, 1.0, 0.25]]
    mean, whole = MLP(2, [3], seed=0), MLP(2, [3], seed=0)
    nn.fit(mean, X, Y, "mse", epochs=5, learning_rate=0.3, runner=runner, progress=False)
    nn.fit(whole, X, Y, "squared_error", epochs=5, learning_rate=0.1, runner=runner, progress=False)

    assert [p.data for p in mean.parameters()] == pytest.approx([p.data for p in whole.parameters()], rel=1e-12)


# --- Targets and outputs ---------------------------------------------------------------------------

BINARY = r"binary_cross_entropy takes targets from 0 to 1, got "


@pytest.mark.parametrize("targets", [[-1, 1, 1, -1], [0, 1, 2, 1], [0.5, 0.5, 1.01, 0.0]])
def test_targets_checked_before_training(targets):
    net = MLP(2, [4, 1], output="sigmoid", seed=0)
    before = net.state_dict()
    with pytest.raises(ValueError, match=BINARY):
        nn.fit(net, nn.truth_table("xor")[0], targets, "bce", progress=False)
    with pytest.raises(ValueError, match=BINARY):
        nn.diagnose(net, nn.truth_table("xor")[0], targets, "binary_cross_entropy")

    assert net.state_dict() == before


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        ("bce", [0.1 + 0.2, 1.0]),
        ("bce", [True, False]),
        ("binary_cross_entropy", [1.0 + 2**-52, 0.0]),
        ("cross_entropy", [0.1, 0.9]),
        ("cross_entropy", [0.05, 0.95]),
        ("cross_entropy", [1 / 3, 2 / 3]),
        ("cross_entropy", [0.33, 0.67 - 0.005]),
        ("multiclass_hinge", [1, 0]),
    ],
)
def test_targets_may_be_soft(loss, target):
    assert math.isfinite(LOSSES[loss].cost([0.4, 0.6], target))


@pytest.mark.parametrize("target", [[1 / 30, 1 / 30, 28 / 30], [0.033, 0.033, 0.933], [0.33, 0.33, 0.33]])
def test_targets_smoothed_and_rounded(target):
    expected = sum(t * (math.log(sum(map(math.exp, (1, 2, 3)))) - s) for t, s in zip(target, (1, 2, 3)))

    assert cross_entropy([1.0, 2.0, 3.0], target) == near(expected)


def test_loss_of_a_recorded_input():
    fast = autodiff.compile(lambda p: nn.binary_cross_entropy(p, 1))

    assert fast(0.3) == near(-math.log(0.3))


# --- Scores behind probabilities -------------------------------------------------------------------


def test_loss_reads_scores_of_one_whole_softmax():
    z = [Value(x) for x in (1.0, 2.0, 9.0)]
    p = softmax(z)

    def by_hand(scores, y):
        return math.log(sum(math.exp(s) for s in scores)) - scores[y]

    assert cross_entropy(p, 1).data == near(by_hand([1, 2, 9], 1))
    assert cross_entropy(p[::-1], 1).data == near(by_hand([9, 2, 1], 1))
    assert cross_entropy(softmax([z[0], 2.0, z[2]]), 2).data == near(by_hand([1, 2, 9], 2))
    for odd in (p[:2], [p[0], p[0], p[1]], [*p, p[0]], [p[0], softmax(z)[1], p[2]]):
        assert cross_entropy(odd, 1).data == near(by_hand([y.data for y in odd], 1))
    scale = autodiff.logsumexp([z[0], z[1]])
    strange = [autodiff.exp(z[0] - scale), autodiff.exp(5.0 - scale)]
    assert cross_entropy(strange, 1).data == near(by_hand([y.data for y in strange], 1))


def test_loss_of_ones_own():
    def absolute_error(outputs, target):
        return abs(outputs[0] - target[0])

    X, Y = nn.truth_table("or")
    net = MLP(2, [1], seed=0)
    history = nn.fit(net, X, Y, loss=absolute_error, epochs=5, progress=False)

    assert history.loss[0] == near(sum(abs(MLP(2, [1], seed=0)(x).data - y) for x, y in zip(X, Y)) / 4)


# --- By hand against PyTorch ---------------------------------------------------------------------


def test_attention_layer_norm_softmax_match_pytorch():
    recorded = json.loads((Path(__file__).parents[1] / "data" / "torch_reference.json").read_text(encoding="utf-8"))
    reference = recorded["attention"]

    def values(numbers):
        return [values(x) for x in numbers] if isinstance(numbers, list) else Value(numbers)

    def times(matrix, vector):
        return [autodiff.dot(row, vector) for row in matrix]

    def layer_norm(x, gain, shift):
        mean = autodiff.mean(x)
        variance = autodiff.mean([(v - mean) ** 2 for v in x])
        return [(v - mean) / autodiff.sqrt(variance + 1e-5) * g + s for v, g, s in zip(x, gain, shift)]

    parts = {name: values(numbers) for name, numbers in reference["inputs"].items()}
    words = parts["x"]
    queries, keys, mixes = ([times(parts[name], x) for x in words] for name in ("query", "key", "value"))
    scores = []
    for x, query in zip(words, queries):
        shares = softmax([autodiff.dot(query, key) / math.sqrt(3) for key in keys])
        mixed = [autodiff.dot(shares, column) for column in zip(*mixes)]
        normal = layer_norm([a + b for a, b in zip(x, mixed)], parts["gain"], parts["shift"])
        scores.append(times(parts["output"], normal))
    loss = autodiff.mean([cross_entropy(row, target) for row, target in zip(scores, [0, 2, 1, 1])])
    loss.backward()

    def grads(tree):
        return [grads(x) for x in tree] if isinstance(tree, list) else tree.grad

    def flat(tree):
        return [x for part in tree for x in flat(part)] if isinstance(tree, list) else [tree]

    assert loss.data == near(reference["loss"], 1e-9)
    for name, expected in reference["gradients"].items():
        assert flat(grads(parts[name])) == pytest.approx(flat(expected), rel=1e-9, abs=1e-12), name


# --- Classes or numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "targets", "classes"),
    [
        ("squared_error", [[0.0], [1.0], [1.0]], True),
        ("squared_error", [[-1.0], [1.0], [-1.0]], True),
        ("squared_error", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], True),  # one-hot
        ("squared_error", [[0.0], [0.5], [1.0]], False),
        ("squared_error", [[0.0], [2.0]], False),
        ("squared_error", [[-1.0], [0.0], [1.0]], False),
        ("half_squared_error", [[0.25], [0.75]], False),
        ("hinge", [[-1.0], [1.0]], True),
        ("binary_cross_entropy", [[0.2], [0.7]], True),  # probabilities of a class
        ("cross_entropy", [[0.2, 0.8], [0.7, 0.3]], True),
        (nn.losses.Loss("own", lambda y, t: abs(y[0] - t[0])), [[0.3], [0.6]], False),
        (nn.losses.Loss("own", lambda y, t: abs(y[0] - t[0]), decide=lambda y: int(y[0])), [[1.3], [2.6]], True),
    ],
)
def test_are_classes_or_numbers(loss, targets, classes):
    assert are_classes(targets, loss_named(loss)) is classes


@pytest.mark.parametrize("loss", ["bce", "mse"])
def test_labels_that_come_together_have_no_accuracy(loss):
    """Of targets with several 1s, or none, no output is to be the largest: a perfect net had an accuracy of 3/4."""
    X, Y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    net = MLP.from_matrices([[[-15.0, 30.0, 0.0], [-14.0, 0.0, 30.0]]], output="sigmoid")

    assert nn.evaluate(net, X, Y, loss) == (pytest.approx(0.0, abs=1e-5), pytest.approx(math.nan, nan_ok=True))
    assert nn.evaluate(net, X[1:3], Y[1:3], loss)[1] == 1.0
