"""Tiny neural networks from Values, seen one example at a time.

Where things are:

    module        Module: parameters are found, not registered
    layers        Neuron, Layer
    nets          Sequential, MLP
    activations   tanh, sigmoid, relu, ... by name
    initializers  where weights start
    losses        what one example costs
    optimizers    one scalar function each
    gates         truth tables
    training      fit and predict
    runners       how an epoch is run
    history       what a run left behind

>>> from nn import MLP, fit, predict, truth_table
>>> X, Y = truth_table("xor")
>>> net = MLP(2, [4, 1], seed=0)
>>> history = fit(net, X, Y, progress=False)
>>> [predict(net, x) for x in X]
[0, 1, 1, 0]
"""

from __future__ import annotations

from .activations import ACTIVATIONS, PReLU
from .gates import GATES, truth_table
from .history import History
from .initializers import INITIALIZERS
from .layers import Layer, Neuron
from .losses import LOSSES, Loss, binary_cross_entropy, squared_error
from .module import Module
from .nets import MLP, Sequential
from .optimizers import SGD, Optimizer
from .runners import RUNNERS, NonFiniteLossError
from .training import evaluate, fit, predict

__all__ = [
    "ACTIVATIONS",
    "GATES",
    "INITIALIZERS",
    "LOSSES",
    "MLP",
    "RUNNERS",
    "SGD",
    "History",
    "Layer",
    "Loss",
    "Module",
    "Neuron",
    "NonFiniteLossError",
    "Optimizer",
    "PReLU",
    "Sequential",
    "binary_cross_entropy",
    "evaluate",
    "fit",
    "predict",
    "squared_error",
    "truth_table",
]
