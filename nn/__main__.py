"""The front door to training: python -m nn xor."""

from __future__ import annotations

import argparse
import sys

from . import GATES, MLP, SGD, evaluate, fit, predict, truth_table
from .prediction import numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .history import History

NEXT = {
    "xor": (
        "python -m nn xor --hidden 2 --learning-rate 0.5    two hidden units: some seeds get stuck",
        "python -m nn xor --hidden 2 --seed 1               another start",
        "python -m nn and --hidden 1                        AND needs no hidden layer worth the name",
    ),
}
OTHERS = (
    "python -m nn {task} --epochs 100                fewer epochs: how soon is it right?",
    "python -m nn xor                                the gate that a single neuron cannot learn",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train as the command line says; what is wrong with the options exits with 2."""
    options = parser().parse_args(arguments)
    X, Y = truth_table(options.task)
    model = MLP(2, [*options.hidden, 1], options.activation, seed=options.seed)
    optimizer = SGD(model.parameters(), options.learning_rate)
    print(f"{options.task}: {model}, seed {options.seed}")
    print(f"squared error, SGD with learning rate {options.learning_rate:g}, {options.epochs} epochs of 4 examples")
    report("start", model, X, Y)
    history = fit(model, X, Y, optimizer=optimizer, epochs=options.epochs, seed=options.seed)
    if history.interrupted:
        print(f"stopped by ctrl-C after {history.epochs} of {options.epochs} epochs; what was learned is kept")
    right = report("end", model, X, Y)
    print("\n".join(["", *rows(model, X, Y), "", *advice(options.task, history, right)]))
    return 0


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    made = argparse.ArgumentParser(prog="python -m nn", description="Train a tiny net and see what comes out.")
    made.add_argument("task", choices=list(GATES), help="what to learn")
    made.add_argument("--hidden", type=widths, default=[4], help="hidden units, layer by layer: 4 or 4,4 (default 4)")
    made.add_argument("--activation", default="tanh", help="of the hidden units (default tanh)")
    made.add_argument("--learning-rate", type=float, default=0.1, help="default 0.1")
    made.add_argument("--epochs", type=int, default=1000, help="default 1000")
    made.add_argument("--seed", type=int, default=0, help="of the weights' random start (default 0)")
    return made


def widths(text: str) -> list[int]:
    """ "4,4" as [4, 4]."""
    return [int(part) for part in text.split(",") if part]


def report(when: str, model: Any, X: Sequence[Sequence[float]], Y: Sequence[int]) -> int:
    """Print the loss and how many examples are right, and return the latter."""
    loss, right = evaluate(model, X, Y)
    print(f"{when:<6} loss {loss:.6g}, {right} of {len(X)} right", flush=True)
    return right


def rows(model: Any, X: Sequence[Sequence[float]], Y: Sequence[int]) -> list[str]:
    """The truth table: inputs, wanted, output, right or wrong."""
    lines = [" ".join([f"x{i}" for i in range(len(X[0]))]) + "  wanted   output"]
    for x, y in zip(X, Y):
        inputs = " ".join([f"{value:2g}" for value in x])
        verdict = "right" if predict(model, x) == y else "wrong"
        lines.append(f"{inputs}  {y:6}  {numbers(model(x))[0]:7.3f}  {verdict}")
    return lines


def advice(task: str, history: History, right: int) -> list[str]:
    """What to try next."""
    lines = ["what to try next"]
    if right < 4 and not history.interrupted:
        lines.append(f"  python -m nn {task} --epochs {4 * max(history.epochs, 250)}    train longer")
        lines.append(f"  python -m nn {task} --seed 1    start elsewhere")
    return lines + [f"  {line.format(task=task)}" for line in NEXT.get(task, OTHERS)]


if __name__ == "__main__":
    sys.exit(main())
