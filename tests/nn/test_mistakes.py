"""What nets and training say when they are called in a way that newcomers try first."""

import re

import pytest

from autodiff import Value, dot, logsumexp, mean, norm, softmax, variables
from autodiff.flat import lower
from autodiff.quiz import Question
from nn import MLP, Layer, Sequential, cross_entropy, fit, fit_many, predict, truth_table

NET = MLP(2, [2, 1], seed=0)
X, Y = truth_table("and")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit(MLP(1, [1]), [1, 2], [3, 4]), "an example must be a list of numbers: write [1] for 1 in X"),
        (lambda: fit(MLP(1, [1]), 3, [4]), "X must be a list: write X=[[3]], got 3"),
        (lambda: fit(NET, [[0, 1]], 1), "Y must be a list: write Y=[1], got 1"),
        (lambda: fit(NET, [[0, 1]], ["yes"]), "a target must be a number or a list, got 'yes': number the classes"),
        (lambda: fit_many(NET, X, Y, seeds=5), "write seeds=range(5), got 5"),
        (lambda: fit_many(NET, X, Y, learning_rates=0.1), "write learning_rates=[0.1], got 0.1"),
        (lambda: MLP(2, 4), "write MLP(2, [4]), got 4"),
        (lambda: MLP(2, 4, 1), "write MLP(2, [4, 1]), got 4"),
        (lambda: Sequential([Layer(2, 1)]), "one layer per argument: write Sequential(*layers), got [Layer("),
        (lambda: predict(NET, [[0, 0], [0, 1]]), "a net takes one example at a time"),
        (lambda: NET([[0, 0], [0, 1], [1, 1]]), "a net takes one example at a time"),
        (lambda: Layer(2, 1)([[0, 0], [0, 1]]), "a net takes one example at a time"),
        (lambda: softmax(Value(1.0)), "softmax takes its values in a list, as in softmax([x, y]); got Value(1.0)"),
        (lambda: softmax(1.0, Value(2.0)), "takes its values in a list, as in softmax([x, y]); got 1.0, Value(2.0)"),
        (lambda: mean(Value(1.0), Value(2.0)), "mean takes its values in a list, as in mean([x, y]); got Value(1.0), "),
        (lambda: norm([1.0], [2.0]), "norm takes its values in a list, as in norm([x, y]); got [1.0], [2.0]"),
        (lambda: softmax({1.0, 2.0}), "softmax takes a list, in order, got set: {1.0, 2.0}"),
        (lambda: norm({1.0: 2.0}), "norm takes a list, in order, got dict: {1.0: 2.0}"),
        (lambda: dot([1.0, 2.0], "12"), "dot takes a list, in order, got str: '12'"),
        (lambda: cross_entropy({1.0, 2.0}, 0), "a loss takes a list, in order, got set: {1.0, 2.0}"),
        (lambda: logsumexp(1.0), "logsumexp([x, y]); got 1.0"),
        (lambda: mean(1.0), "mean([x, y]); got 1.0"),
        (lambda: dot(Value(1.0), Value(2.0)), "dot([w0, w1], [x0, x1], b); got Value(1.0)"),
        (lambda: lower(3), "lower takes a Value, or a list of them, got 3"),
    ],
)
def test_what_is_called_wrong_says_how_to_call_it(call, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        call()


def test_a_table_of_rows_is_several_examples():
    numpy = pytest.importorskip("numpy")
    for rows in (2, 3):
        with pytest.raises(TypeError, match="one example at a time"):
            NET(numpy.zeros((rows, 2)))
    assert NET(numpy.array([0.5, 1.0])).data == NET([0.5, 1.0]).data


def test_sequentials_and_questions_show_what_they_hold():
    net = Sequential(Layer(2, 3, "tanh"), softmax)
    x, y = variables(x=3, y=4)

    assert repr(net) == "Sequential(Layer(2 inputs, 3 neurons, tanh), softmax)"
    assert repr(Question.of(x * y)) == "Question('f = x * y', x = 3, y = 4)"


@pytest.mark.parametrize("noise", [-1e-12, 0.0, 1e-12])
def test_an_undecided_output_is_not_above_a_half(noise):
    assert predict(lambda x: 0.5 + noise, [0.0]) == 0
    assert predict(lambda x: 0.5 + 1e-6, [0.0]) == 1


@pytest.mark.parametrize("name", ["SELU", "celu", "mish", "relu6", "hard_tanh", "LogSigmoid", "softsign"])
def test_no_other_activation_is_proposed(name):
    with pytest.raises(ValueError, match=f"unknown activation '{name}': choose one of [a-z_, ]*$"):
        MLP(2, [2, 1], name)


@pytest.mark.parametrize("name", ["nadam", "radam", "adamax", "adagrad", "lion"])
def test_no_other_optimizer_is_proposed(name):
    with pytest.raises(ValueError, match=f"unknown optimizer '{name}': choose one of [a-z_, ]*$"):
        fit(NET, X, Y, optimizer=name, epochs=1, progress=False)


@pytest.mark.parametrize(
    ("wrong", "meant"), [("ReLU", "relu"), ("Tanh", "tanh"), ("sigmoi", "sigmoid"), ("linaer", "linear")]
)
def test_a_slip_in_a_name_is_put_right(wrong, meant):
    with pytest.raises(ValueError, match=rf"did you mean {meant}\?"):
        MLP(2, [2, 1], wrong)
