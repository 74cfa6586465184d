"""Tiny neural networks of Values, computed one example at a time.

Modules, in reading order:

    module           Module: parameters are found, not registered
    layers           Neuron, Layer
    dropout          Dropout
    normalization    BatchNorm, batch_norm; LayerNorm, RMSNorm
    models           MLP, Sequential; RecurrentCell, Convolution
    transformers     Embedding, CausalSelfAttention, GPT
    activations      tanh, sigmoid, relu, ... by name
    initializers     initial weights
    losses           losses of one example, and encoding of targets; l1, l2
    optim            SGD, RMSProp, Adam, AdamW: one scalar function each; schedules
    training         fit, the loop and its runners; fit_many: many starts
    metrics          predict, evaluate
    data             truth tables, hand-set nets; points in the plane, iris, digits
    table            CSV files as examples and targets
    serialization    save, load
    interchange      to_torch, from_torch
    doctor           diagnose: why a net does not learn; its rules are functions of a case in plain numbers
    cli              presets, tables and reports of python -m nn moons; python -m nn names
    lectures         python -m nn C4: the lectures' examples
    __main__         python -m nn
    _checks          argument checks

What the package exports, and why:

    Module, Neuron, Layer, MLP, Sequential         the nets of the lectures and their parts
    Dropout, BatchNorm, LayerNorm, RMSNorm, PReLU  layers with state or further parameters
    RecurrentCell, Convolution, Embedding, CausalSelfAttention, GPT    nets that share weights
    squared_error, half_squared_error, binary_cross_entropy, cross_entropy, cross_entropy_with, hinge,
    multiclass_hinge                               the losses of the lectures; more in ``nn.losses``
    SGD, RMSProp, Adam, AdamW, cosine              optimizers and a schedule; more in ``nn.optim``
    fit, fit_many, EarlyStopping                   train one net, or one per seed; stop early
    predict, evaluate, diagnose                    predictions, loss and accuracy, reasons for not learning
    truth_table, moons, circles, spirals, blobs, iris, digits, split, standardize    data sets
    hand_set                                       the lectures' nets with hand-set weights
    save, load                                     model files
    to_torch, from_torch                           nets moved to PyTorch and back

Submodules to import from: ``losses``, ``optim``, ``data``, ``activations``, ``initializers``, ``normalization``,
``training`` (History, NonfiniteLossError, stopping rules), ``doctor`` (Diagnosis, Finding), ``lectures`` (demos).

>>> from nn import MLP, fit, predict, truth_table
>>> X, Y = truth_table("xor")
>>> net = MLP(2, [4, 1], seed=0)
>>> history = fit(net, X, Y, progress=False)
>>> [predict(net, x) for x in X]
[0, 1, 1, 0]
"""

from __future__ import annotations

import autodiff
from autodiff._lazy import lazily

if not hasattr(autodiff, "Value"):  # it is another package of this name
    from autodiff._installation import foreign

    raise ImportError(foreign("autodiff"))

from .activations import PReLU
from .data import blobs, circles, digits, hand_set, iris, moons, spirals, split, standardize, truth_table
from .dropout import Dropout
from .layers import Layer, Neuron
from .losses import (
    binary_cross_entropy, cross_entropy, cross_entropy_with, half_squared_error, hinge, multiclass_hinge, squared_error,
)  # fmt: skip
from .metrics import evaluate, predict
from .models import MLP, Convolution, RecurrentCell, Sequential
from .module import Module
from .normalization import BatchNorm, LayerNorm, RMSNorm
from .optim import SGD, Adam, AdamW, RMSProp, cosine
from .transformers import GPT, CausalSelfAttention, Embedding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from . import doctor as doctor, initializers as initializers, lectures as lectures, training as training
    from .doctor import diagnose
    from .interchange import from_torch, to_torch
    from .serialization import load, save
    from .training.fitting import fit
    from .training.history import EarlyStopping
    from .training.sweep import fit_many

__all__ = [
    "GPT", "MLP", "SGD", "Adam", "AdamW", "BatchNorm", "CausalSelfAttention", "Convolution", "Dropout",
    "EarlyStopping", "Embedding", "Layer", "LayerNorm", "Module", "Neuron", "PReLU", "RMSNorm", "RMSProp",
    "RecurrentCell", "Sequential", "binary_cross_entropy", "blobs", "circles", "cosine", "cross_entropy",
    "cross_entropy_with", "diagnose", "digits", "evaluate", "fit", "fit_many", "from_torch", "half_squared_error",
    "hand_set", "hinge", "iris", "load", "moons", "multiclass_hinge", "predict", "save", "spirals", "split",
    "squared_error", "standardize", "to_torch", "truth_table",
]  # fmt: skip

ROOMS = {  # modules imported on first use, and the names that they export
    "doctor": "diagnose", "interchange": "from_torch to_torch", "lectures": "", "serialization": "load save",
    "training": "EarlyStopping fit fit_many",
}  # fmt: skip
if not TYPE_CHECKING:  # type checkers find a misspelled name
    __getattr__, __dir__ = lazily(__name__, ROOMS)
