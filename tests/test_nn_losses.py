"""The losses: the lectures' numbers, stable forms, shapes."""

import math

import pytest

from autodiff import Value, log, sigmoid
from nn import MLP, Neuron, binary_cross_entropy, squared_error


def near(number, rel=1e-12):
    return pytest.approx(number, rel=rel, abs=1e-300)


def test_C2_squared_error():
    assert squared_error(0.3, 1) == near(0.49)


def test_squared_error_adds_over_the_outputs():
    assert squared_error([1.0, 2.0], [0.0, 4.0]) == 5.0


def test_C2_binary_cross_entropy_of_a_probability():
    p = Value(0.3)
    loss = binary_cross_entropy(p, 1)
    loss.backward()

    assert loss.data == near(1.2039728043259361)
    assert p.grad == near(-3.3333333333333335)


@pytest.mark.parametrize(("z", "target", "loss", "slope"), [(-800.0, 1, 800.0, -1.0), (800.0, 0, 800.0, 1.0)])
def test_trap_19_binary_cross_entropy_of_a_sigmoid_never_overflows(z, target, loss, slope):
    x = Value(z)
    cost = binary_cross_entropy(sigmoid(x), target)
    cost.backward()

    assert cost.data == loss
    assert x.grad == slope
    assert math.isinf((-log(sigmoid(Value(-800.0)))).data)


@pytest.mark.parametrize("z", [-30.0, -2.0, 0.0, 0.5, 40.0])
@pytest.mark.parametrize("target", [0.0, 0.3, 1.0])
def test_reading_the_operand_changes_no_number(z, target):
    x = Value(z)
    stable = binary_cross_entropy(sigmoid(x), target)
    stable.backward()

    assert stable.data == near(target * math.log1p(math.exp(-z)) + (1 - target) * math.log1p(math.exp(z)))
    assert x.grad == pytest.approx(1 / (1 + math.exp(-z)) - target, abs=1e-15)


def test_C3_one_neuron_with_squared_error():
    neuron = Neuron(2, "sigmoid")
    for parameter, number in zip(neuron.parameters(), (0.3, -0.2, 0.1)):
        parameter.data = number
    cost = squared_error(neuron([0.5, -1.5]), 1)
    cost.backward()

    assert cost.data == near(0.13385676576501607)
    assert [p.grad for p in neuron.parameters()] == near(
        [-0.08488333926919278, 0.25465001780757834, -0.16976667853838556]
    )


def test_E2_and_E5_the_hand_set_and():
    gate = MLP.from_matrices([[-30, 20, 20]], output="sigmoid")
    rows = [([0, 0], 0), ([0, 1], 0), ([1, 0], 0), ([1, 1], 1)]

    assert [gate(x).data for x, _ in rows] == near(
        [9.357622968839299e-14, 4.5397868702434395e-05, 4.5397868702434395e-05, 0.9999546021312976]
    )
    assert sum(binary_cross_entropy(gate(x), y).data for x, y in rows) == near(0.00013619669774417016)


@pytest.mark.parametrize("loss", [squared_error, binary_cross_entropy])
def test_a_target_of_another_size_is_refused(loss):
    with pytest.raises(ValueError, match="expected a target of 2 numbers, one for each output, got 1"):
        loss([0.5, 0.5], 1)
