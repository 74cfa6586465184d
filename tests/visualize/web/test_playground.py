"""The data that Python puts into a playground's page."""

import json
import os
import re
import subprocess
import sys

import pytest

import nn
from autodiff import Value, relu
from visualize import playground

XOR = nn.truth_table("xor")


def data(page):
    """The data of the page's script."""
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', page.html())[1])


def test_playground_of_a_plain_mlp():
    found = data(playground(nn.MLP(2, [3, 1], "elu", seed=4), *XOR, optimizer="adam", batch_size=2))

    assert found["plain"]
    assert found["config"] | {"rate": 0.02} == found["config"]
    assert [found["config"][key] for key in ("hidden", "activation", "seed", "batch")] == [[3], ["elu"], 4, 2]
    assert found["activations"] == ["elu", "linear", "tanh", "sigmoid", "relu", "leaky_relu"]
    assert {key: [head["name"] for head in heads] for key, heads in found["heads"].items()} == {
        "1": ["squared_error", "binary_cross_entropy", "hinge"], "3": ["cross_entropy", "squared_error"],
    }  # fmt: skip
    assert [head["codes"] for head in found["heads"]["1"]] == [[[0.0], [1.0]]] * 2 + [[[-1.0], [1.0]]]


def twice(net):
    net.layers[0].neurons[1].w[0] = net.layers[0].neurons[0].w[0]


def another_activation(net):
    net.layers[0].neurons[1].activation = relu


def no_bias(net):
    net.layers[0].neurons[1].b = 0.0


@pytest.mark.parametrize("change", [twice, another_activation, no_bias])
def test_playground_of_a_changed_mlp(change):
    net = nn.MLP(2, [2, 1], seed=0)
    change(net)
    found = data(playground(net, *XOR))

    assert not found["plain"]
    assert found["sets"] == ["given"]
    assert found["parameters"] == [name for name, _ in net.named_parameters()]


def test_playground_excludes_activations_that_learn():
    assert not data(playground(nn.MLP(2, [2, 1], "prelu", seed=0), *XOR))["plain"]


def test_playground_activations_of_one_name():
    net = nn.MLP(2, [2, 1], lambda z: z * z, seed=0)
    found = data(playground(net, *XOR, activations={"<lambda>": lambda z: z + 1.0}))

    assert found["activations"] == ["<lambda>'", "<lambda>"]


def test_playground_one_hot_targets():
    net = nn.MLP(2, [3], seed=0)
    X = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    found = [data(playground(net, X, Y)) for Y in ([2, 0, 1], [[0, 0, 1], [1, 0, 0], [0, 1, 0]])]

    assert found[0] == found[1]
    assert found[0]["labels"] == [2, 0, 1]
    assert found[0]["classes"]


def test_playground_number_targets():
    found = data(playground(nn.MLP(1, [2, 1], seed=0), [[0.0], [1.0], [2.0]], [0.5, 7.0, 0.5]))

    assert [found["labels"], found["classes"]] == [[0, 1, 0], False]
    assert [(head["name"], head["given"]) for head in found["heads"]["1"]] == [("squared_error", [[0.5], [7.0]])]


def test_playground_test_set():
    found = data(playground(nn.MLP(2, [2, 1], seed=0), *XOR, test_data=([[0.5, 0.5]], [1])))

    assert [len(found["X"]), found["train"], found["config"]["test"], found["config"]["batch"]] == [5, 4, 0.2, 0]


def test_playground_leaves_the_model_alone():
    net = nn.Sequential(nn.Layer(2, 2, "tanh", seed=0), nn.Layer(2, 1, seed=1))
    before = repr(net), net.state_dict(), net([Value(1.0), 2.0])[0].data
    playground(net, *XOR)

    assert (repr(net), net.state_dict(), net([Value(1.0), 2.0])[0].data) == before


def test_page_is_the_same_in_every_process():
    program = "import sys, visualize, nn; net = nn.MLP(2, [2, 1], seed=0); X, Y = nn.truth_table('xor'); "
    program += "sys.stdout.buffer.write(visualize.playground(net, X, Y).html().encode())"
    pages = []
    for seed in "12":
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=environment)
        pages.append(done.stdout)

    assert pages[0] == pages[1]
    assert pages[0].startswith(b"<!DOCTYPE html>")
