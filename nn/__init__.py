"""Tiny neural networks from Values, seen one example at a time.

Where things are, in the order to read:

    module           Module: parameters are found, not registered
    layers           Neuron, Layer
    dropout          Dropout
    normalization    BatchNorm, batch_norm; LayerNorm, RMSNorm
    models           MLP, Sequential; RecurrentCell, Convolution
    transformers     Embedding, CausalSelfAttention, GPT
    activations      tanh, sigmoid, relu, ... by name
    initializers     where weights start
    losses           what one example costs, and how its target is read; l1, l2
    optim            SGD, RMSProp, Adam, AdamW: one scalar function each; schedules
    training         fit, the loop and its runners; fit_many: the same from many starts
    metrics          predict, evaluate
    data             truth tables, hand-set nets; points in the plane, iris, digits
    serialization    save, load
    doctor           diagnose: why a net does not learn; its rules are functions of a case in plain numbers
    cli              what python -m nn moons trains (presets) and prints (report); python -m nn names
    lectures         python -m nn C4: the lectures' examples
    __main__         python -m nn
    _checks          how arguments are checked

>>> from nn import MLP, fit, predict, truth_table
>>> X, Y = truth_table("xor")
>>> net = MLP(2, [4, 1], seed=0)
>>> history = fit(net, X, Y, progress=False)
>>> [predict(net, x) for x in X]
[0, 1, 1, 0]
"""

from __future__ import annotations

from autodiff._lazy import lazily

from .activations import ACTIVATIONS, PReLU
from .data import (
    GATES, blobs, by_hand, circles, digits, iris, moons, rectangle, spirals, split, standardize, truth_table,
)  # fmt: skip
from .dropout import Dropout
from .initializers import INITIALIZERS
from .layers import Layer, Neuron
from .losses import (
    LOSSES, Loss, binary_cross_entropy, cross_entropy, cross_entropy_with, half_squared_error, hinge, l1, l2,
    negative_log_likelihood, one_hot, squared_error, svm,
)  # fmt: skip
from .metrics import evaluate, predict
from .models import MLP, Convolution, RecurrentCell, Sequential
from .module import Module
from .normalization import BatchNorm, LayerNorm, RMSNorm, batch_norm
from .optim import OPTIMIZERS, SGD, Adam, AdamW, Optimizer, RMSProp, clip_by_norm, cosine, linear_decay, step_decay
from .transformers import GPT, CausalSelfAttention, Embedding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .doctor import diagnose
    from .doctor.findings import Diagnosis, Finding
    from .lectures.depth import cliff, norms_by_depth, repeated
    from .lectures.descents import by_brute_force, by_calculus, by_descent, by_random_search, descend
    from .lectures.words import WindowModel, bag_of_words, reviews, vocabulary, windows, words_of
    from .serialization import ModelFileError, load, save
    from .training.fitting import fit
    from .training.history import History, gradient_norms, loss_below, no_progress, parameters_still
    from .training.loop import NonfiniteLossError
    from .training.runners import RUNNERS
    from .training.sweep import Runs, fit_many

__all__ = [
    "ACTIVATIONS", "GATES", "GPT", "INITIALIZERS", "LOSSES", "MLP", "OPTIMIZERS", "RUNNERS", "SGD", "Adam", "AdamW",
    "BatchNorm", "CausalSelfAttention", "Convolution", "Diagnosis", "Dropout", "Embedding", "Finding", "History",
    "Layer", "LayerNorm", "Loss", "ModelFileError", "Module", "Neuron", "NonfiniteLossError", "Optimizer", "PReLU",
    "RMSNorm", "RMSProp", "RecurrentCell", "Runs", "Sequential", "WindowModel", "bag_of_words", "batch_norm",
    "binary_cross_entropy", "blobs", "by_brute_force", "by_calculus", "by_descent", "by_hand", "by_random_search",
    "circles", "cliff", "clip_by_norm", "cosine", "cross_entropy", "cross_entropy_with", "descend", "diagnose",
    "digits", "evaluate", "fit", "fit_many", "gradient_norms", "half_squared_error", "hinge", "iris", "l1", "l2",
    "linear_decay", "load", "loss_below", "moons", "negative_log_likelihood", "no_progress", "norms_by_depth",
    "one_hot", "parameters_still", "predict", "rectangle", "repeated", "reviews", "save", "spirals", "split",
    "squared_error", "standardize", "step_decay", "svm", "truth_table", "vocabulary", "windows", "words_of",
]  # fmt: skip

ROOMS = {  # modules that are imported when one of their names is first used
    "doctor": "diagnose", "doctor.findings": "Diagnosis Finding", "lectures.depth": "cliff norms_by_depth repeated",
    "lectures.descents": "by_brute_force by_calculus by_descent by_random_search descend",
    "lectures.words": "WindowModel bag_of_words reviews vocabulary windows words_of",
    "serialization": "ModelFileError load save", "training.fitting": "fit",
    "training.history": "History gradient_norms loss_below no_progress parameters_still",
    "training.loop": "NonfiniteLossError", "training.runners": "RUNNERS", "training.sweep": "Runs fit_many",
}  # fmt: skip
__getattr__, __dir__ = lazily(__name__, ROOMS)
