"""Save a model as one JSON file, written atomically and checked when loaded."""

from __future__ import annotations

import json
import os
from itertools import pairwise
from math import isfinite
from typing import Any, TypeVar, overload
from zlib import crc32

from autodiff._files import finite, write

from ._checks import refuse_missing
from .activations import ACTIVATIONS
from .models import MLP
from .module import Module

M = TypeVar("M", bound=Module)
FORMAT = "scalar-autodiff model"
VERSIONS = (1, 2)  # 2 if the file has more than the model
MORE = ("training", "about")  # parts of such a file
LARGEST = 500_000_000  # bytes


class ModelFileError(ValueError):
    """The file contains no model, a damaged one, or one that does not fit.

    >>> with open("model.json", "w") as file:
    ...     _ = file.write("{")
    >>> try:
    ...     load("model.json")
    ... except ModelFileError:
    ...     print("no model")
    no model
    """


def save(model: Module, path: str | os.PathLike[str], history: Any = None, about: Any = None) -> None:
    """Write the model to a file: architecture, seed and weights of an MLP, weights and buffers of any other Module.

    With the ``history`` of a run, the file has all that the next epoch depends on: the optimizer with settings,
    schedule, steps and state, the order of mini-batches, dropout's random numbers, and the history's lists. Training
    then goes on in another process, bit for bit with the same runner::

        save(model, "net.json", fit(model, X, Y, epochs=100))
        # after a restart:
        model = load("net.json")
        fit(model, X, Y, epochs=100, resume=load_history("net.json", model))

    Give ``fit`` the same loss, penalty and batch_size again. Stopping rules and ``patience`` start anew, as they do for
    every resumed run. ``about`` is further data for JSON.

    ValueError if a weight is inf or nan, an activation is not the one that ``ACTIVATIONS`` has under its name, or the
    history is of another model.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(MLP(2, [4, 1], seed=0), folder + "/xor.json")
    ...     load(folder + "/xor.json")
    MLP(2-4-1, tanh, linear, 17 parameters)
    """
    if not isinstance(model, Module):
        raise TypeError(f'save takes a model, then a path: save(model, "net.json"), got {model!r:.60}')
    design = architecture(model)
    if design and model.predicts_numbers:
        design["predicts_numbers"] = True
    body: dict[str, Any] = {"architecture": design, "parameters": model.state_dict()}
    if history is not None:
        body["training"] = finite(history.state_dict(model))
    if about is not None:
        body["about"] = about
    version = VERSIONS[len(body) > 2]
    contents = {"format": FORMAT, "version": version, "checksum": checksum(body), **body}
    write(path, (json.dumps(contents, indent=1, allow_nan=False) + "\n").encode())


@overload
def load(path: str | os.PathLike[str], into: None = None) -> MLP: ...
@overload
def load(path: str | os.PathLike[str], into: M) -> M: ...
def load(path: str | os.PathLike[str], into: Any = None) -> Any:
    """Load the model in a file as a new MLP, or its weights into the model ``into``, which is returned.

    ModelFileError, with ``into`` unchanged, if the file contains no model, is damaged or does not fit.

    >>> save(MLP(2, [3, 1], seed=0), "model.json")
    >>> load("model.json")
    MLP(2-3-1, tanh, linear, 13 parameters)
    """
    body = read_body(path)
    try:
        model = into if into is not None else build(body["architecture"], len(body["parameters"]))
        model.load_state_dict(body["parameters"])
        if into is None:
            model.predicts_numbers = body["architecture"].get("predicts_numbers") is True
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise ModelFileError(f"{path} does not fit: {error}") from error
    return model


def architecture(model: Module) -> dict[str, Any] | None:
    """What it takes to rebuild an MLP; None for any other Module, which is loaded with ``into``."""
    if type(model) is not MLP:
        return None
    names = [layer.activation_name for layer in model.layers]
    for name, layer in zip(names, model.layers):
        if name not in ACTIVATIONS and not layer.joint:
            raise ValueError(f"activations are saved by name: expected one of {', '.join(ACTIVATIONS)}; got {name}")
        known = ACTIVATIONS["linear" if layer.joint else name]
        if any(known not in (neuron.activation, type(neuron.activation)) for neuron in layer.neurons):
            reason = f"activations are saved by name, but the {name} of {layer!r} is not ACTIVATIONS[{name!r}]"
            raise ValueError(f"{reason}: add it to nn.activations.ACTIVATIONS under another name")
    bias = not isinstance(model.layers[0].neurons[0].b, float)
    seed = model.seed if isinstance(model.seed, int) else None  # random.Random also takes strings
    return {"sizes": model.sizes, "activations": names, "bias": bias, "seed": seed}


def build(architecture: Any, parameters: int) -> MLP:
    """Build the MLP with all weights 0; ValueError unless it has this number of parameters."""
    if architecture is None:
        raise ValueError("it contains the weights of your own model: write load(path, into=model)")
    fields = ("sizes", "activations", "bias", "seed")
    if not isinstance(architecture, dict) or any(field not in architecture for field in fields):
        raise ValueError(f"an architecture has {', '.join(fields)}; got {architecture!r:.60}")
    sizes, names, bias, seed = (architecture[field] for field in fields)
    fit = type(sizes) is type(names) is list and len(names) == len(sizes) - 1 > 0
    fit = fit and all(isinstance(name, str) for name in names)
    if not fit or not all(type(n) is int and n > 0 for n in sizes):
        raise ValueError(f"no net has sizes {sizes!r:.60} and activations {names!r:.60}")
    if type(bias) is not bool or not isinstance(seed, (int, type(None))):
        raise ValueError(f"bias must be true or false and seed an integer or null, got {bias!r:.20} and {seed!r:.20}")
    expected = sum([(n + bias) * m for n, m in pairwise(sizes)]) + names.count("prelu")
    if expected != parameters:  # before building a huge net
        raise ValueError(f"sizes {sizes!r:.60} need {expected} parameters, the file has {parameters}")
    net = MLP(sizes[0], sizes[1:], names[:-1], names[-1], bias, "zeros")
    net.seed = seed
    return net


def read_body(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the file and make all checks that need no model."""
    path = os.path.expanduser(path)
    refuse_missing(path)
    if not os.path.isfile(path):
        raise ModelFileError(f"{path} is not a regular file")  # a pipe or device may never end
    if os.path.getsize(path) > LARGEST:
        raise ModelFileError(f"{path} is larger than any model of this library")
    try:
        with open(path, encoding="utf-8") as file:
            contents = json.load(file, parse_constant=finite_number, parse_float=finite_number)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is not a complete model file: {error}") from error
    if not isinstance(contents, dict) or contents.get("format") != FORMAT:
        raise ModelFileError(f"{path} was not written by nn.save")
    if contents.get("version") not in VERSIONS:
        known = " and ".join(map(str, VERSIONS))
        raise ModelFileError(f"{path} has version {contents.get('version')!r:.20}, this library reads {known}")
    body = {key: contents.get(key) for key in ("architecture", "parameters")}
    body |= {key: contents[key] for key in MORE if key in contents}
    if not isinstance(body["parameters"], dict) or checksum(body) != contents.get("checksum"):
        raise ModelFileError(f"{path} is damaged: its checksum does not match its contents")
    return body


def finite_number(text: str) -> float:
    """Return the number; ValueError for 1e999, NaN and Infinity."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"a weight must be finite, got {text:.40}")
    return number


def checksum(body: dict[str, Any]) -> int:
    """The CRC-32 of the body."""
    return crc32(json.dumps(body, sort_keys=True, allow_nan=False).encode())
