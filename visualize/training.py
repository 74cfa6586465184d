"""The playground: a net and its examples as a page that trains them, and what of it is to be read without a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import index
from typing import Any

from autodiff import show

from .article import data, script, section
from .html import Page
from .network import ACTIVATIONS, Network, listed
from .text import clean, escape

MANY = 200  # of more examples or weights only so many are written out


def playground(
    model: Any,
    X: Sequence[Sequence[float]],
    Y: Sequence[Any],
    *,
    loss: Any = None,
    activations: Mapping[str, Callable[[Any], Any]] = ACTIVATIONS,
    learning_rate: float = 0.1,
    batch_size: int | None = None,
    title: str = "",
) -> Page:
    """A page in which a net trains: decision surface, weights, gradients and activations change as one watches.

    Parameters
    ----------
    model
        An ``nn.MLP``, or whatever is called with an example and has ``named_parameters()`` and ``layers`` of neurons.
        It is left as it is.
    X, Y : sequence
        The examples and their targets.
    loss : function (outputs, target) -> Value, or a list of them, optional
        Such as ``nn.binary_cross_entropy``, or ``nn.LOSSES["hinge"]``, which reads targets in its own way. Of several
        one is chosen in the page. By default the squared error.
    activations : mapping of str to function
        What the hidden layers may have in the page besides the activation that they have, by name, such as
        ``{"elu": nn.ACTIVATIONS["elu"]}``. By default tanh, sigmoid and relu.
    learning_rate : float
        Of gradient descent; it can be changed in the page.
    batch_size : int, optional
        Examples a step; by default all.
    title : str
        The heading.

    Returns
    -------
    Page
        ``save("name.html")`` writes it: one file, which needs no network and no server.

    Raises
    ------
    TypeError
        If the model, a loss or an activation is none of these.
    ValueError
        If examples and targets do not fit.

    Examples
    --------
    >>> from nn import MLP, truth_table
    >>> from visualize import playground
    >>> playground(MLP(2, [4, 1], seed=0), *truth_table("xor"))
    <page "Training MLP(2-4-1, tanh, linear, 17 parameters)": .save("name.html") keeps it>
    """
    losses = loss if isinstance(loss, (list, tuple)) else [] if loss is None else [loss]
    network = Network(model, X, Y, losses, activations)
    batch = len(network.X) if batch_size is None else index(batch_size)
    if not 1 <= batch <= len(network.X):
        raise ValueError(f"a mini-batch has 1 to {len(network.X)} examples, got {batch_size}")
    heading = clean(title, 120) or f"Training {clean(repr(model), 80)}"
    known = {**network.as_dict(), "learning_rate": float(learning_rate), "batch_size": batch}
    words = escape("loss " + " or ".join([objective.name for objective in network.objectives]))
    lines = [
        '<section class="playground" id="playground" aria-labelledby="playground-title">',
        f'<header><h1 id="playground-title">{escape(heading)}</h1>',
        f"<p><code>{escape(known['model'])}</code>, {words}, {len(network.X)} examples</p></header>",
        '<div class="still"><noscript><p>To train the net here, allow scripts for this file.</p></noscript>',
        f"{still(network)}</div>",
        script(known),
        "</section>",
    ]
    return Page(heading, "\n".join(lines), network.script())


def still(network: Network) -> str:
    """What there is to see without a script: outputs, weights, and the code of one training step."""
    examples = [
        [", ".join(map(show, x)), ", ".join(map(show, t)), ", ".join(show(float(y)) for y in outputs(network, x))]
        for x, t in list(zip(network.X, network.objectives[0].targets))[:MANY]
    ]
    weights = [[name, data(parameter.data, None)] for name, parameter in network.named[:MANY]]
    code = escape(str(network.variants[0].losses[0]))
    return "\n".join(
        [
            section("examples", "Examples", table(["example", "target", "output"], examples)),
            section("weights", "Weights", table(["parameter", "value"], weights)),
            section("code", "Loss and gradients of one example", f'<pre tabindex="0"><code>{code}</code></pre>'),
        ]
    )


def outputs(network: Network, x: Sequence[float]) -> list[float]:
    """The model's outputs for one example as numbers."""
    return [getattr(y, "data", y) for y in listed(network.model(x))]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; the first column's texts are escaped, the others are numbers or HTML."""
    head = "".join([f'<th scope="col">{head}</th>' for head in heads])
    lines = [
        "".join([f'<th scope="row">{escape(first)}</th>', *[f"<td>{cell}</td>" for cell in rest]])
        for first, *rest in rows
    ]
    body = "\n".join([f"<tr>{line}</tr>" for line in lines])
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
