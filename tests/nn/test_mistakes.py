"""Calls that newcomers try first; test_refusals.py has those that are refused."""

import pytest

from autodiff import softmax, variables
from autodiff.quiz import Question
from nn import MLP, Layer, Sequential, predict

NET = MLP(2, [2, 1], seed=0)


def test_net_refuses_a_table_of_rows():
    numpy = pytest.importorskip("numpy")
    for rows in (2, 3):
        with pytest.raises(TypeError, match="one example at a time"):
            NET(numpy.zeros((rows, 2)))
    assert NET(numpy.array([0.5, 1.0])).data == NET([0.5, 1.0]).data


def test_repr_of_sequential_and_question():
    net = Sequential(Layer(2, 3, "tanh"), softmax)
    x, y = variables(x=3, y=4)

    assert repr(net) == "Sequential(Layer(2 inputs, 3 neurons, tanh), softmax)"
    assert repr(Question.of(x * y)) == "Question('f = x * y', x = 3, y = 4)"


@pytest.mark.parametrize("noise", [-1e-12, 0.0, 1e-12])
def test_predict_at_a_half(noise):
    assert predict(lambda x: 0.5 + noise, [0.0]) == 0
    assert predict(lambda x: 0.5 + 1e-6, [0.0]) == 1
