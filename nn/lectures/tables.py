"""Examples that are tables: numbers of activations and rules, and words (texts.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import Any

from autodiff import Value, relu, sigmoid, tanh
from autodiff.formula import show
from autodiff.lectures import EXAMPLES

TEXTS: dict[str, list[dict[str, str]]] = tomllib.loads(
    Path(__file__).with_name("texts.toml").read_text(encoding="utf-8")
)
GRID = (-2.0, -1.0, 0.0, 1.0, 2.0)


def derivatives() -> Iterator[str]:
    """ReLU, sigmoid and tanh with their derivatives over a grid."""
    yield "   x   ReLU  ReLU'   sigma     sigma'    tanh      tanh'"
    for number in GRID:
        cells = []
        for function in (relu, sigmoid, tanh):
            x = Value(number)
            y = function(x)
            y.backward()
            cells.append(f"{y.data:5g} {x.grad:5g} " if function is relu else f"{y.data:9.5f} {x.grad:9.5f}")
        yield f"{number:4g}  {' '.join(cells)}".rstrip()
    yield "at x = 0 ReLU has no derivative; the lecture's sub-gradient there is 0"
    yield "sigma' = sigma (1 - sigma) is at most 1/4, tanh' = 1 - tanh^2 at most 1, both at x = 0"


def uses() -> Iterator[str]:
    """Where each activation is used, by the lecture's table."""
    for row in TEXTS["use"]:
        yield f"{row['name']:<22} {row['equation']:<40} {row['example']}"


def rules() -> Iterator[str]:
    """The rules for e^x, ax, 1/x and c + x, each at the number where D2 needs it."""
    for part in "abcd":
        example = EXAMPLES[f"D20{part}"]
        output = example.build()
        (step,) = [step for step in output.steps() if step.operand.label == "x"]
        at = ", ".join([f"{name} = {number:g}" for name, number in example.inputs.items()])
        formula = f"{example.text:<10}  df/dx = {step.formula}"
        yield f"{formula:<31} at {at + ':':<16} f = {show(output.data)}, df/dx = {show(step.local)}"


def characteristics() -> Iterator[str]:
    """Each activation: what it does, when to use it, what limits it."""
    for row in TEXTS["activation"]:
        yield row["name"]
        yield from (f"  {key + ':':<17}{row[key]}" for key in ("characteristics", "use", "limitations"))


def questions() -> Iterator[str]:
    """The questions of the lecture, with answers."""
    for row in TEXTS["question"]:
        yield f"Q  {row['ask']}"
        yield from paragraph("A  ", row["answer"])


def exercises() -> Iterator[str]:
    """The lecture's exercises as it poses them, with a hint and where to check."""
    for i, row in enumerate(TEXTS["exercise"], 1):
        yield from paragraph(f"{i}  ", row["ask"])
        yield f"   Hint: {row['hint']}"
        yield f"   Then compare: {row['check']}"


def paragraph(start: str, text: str) -> list[str]:
    """A text in lines of at most 100 columns, the first after ``start``."""
    return wrap(text, 100, initial_indent=start, subsequent_indent=" " * len(start))


def rounded_steps() -> Iterator[str]:
    """D2 with every step rounded to two places, as on the slide, beside the exact gradients."""
    output = EXAMPLES["D2"].build()
    exact = {step.operand: step.total for step in output.steps()}
    slide: Any = output.steps().rounded(2)
    yield f"{'step':<9} {'[upstream] x [local] = downstream, rounded':<44} exact"
    for step in slide:
        name = slide.names[step.operand]
        product = f"[{show(step.upstream)}] x [{show(step.local)}] = {show(step.downstream)}"
        yield f"df/d{name:<5} {product:<44} {show(exact[step.operand])}"
    yield "the text of the slides that we have shows two of them, w0: [0.2] x [-1] = -0.2 and x0: [0.2] x [2] = 0.4"
