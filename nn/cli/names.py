"""``python -m nn names``: a GPT learns first names or the lines of a text, and makes up new ones."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

import autodiff

from .._checks import quantity, size
from ..optim import Adam, linear_decay
from ..transformers import GPT

NAMES = Path(__file__).with_name("names.txt")
SHOWN = 10  # number of losses to print


def names_parser(prog: str) -> argparse.ArgumentParser:
    description = "Train a GPT, letter by letter, on first names or on the lines of a text."
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("task", help=argparse.SUPPRESS)
    parser.add_argument("text", nargs="?", help="a text file (UTF-8); by default about 1,000 first names")
    parser.add_argument("--steps", type=int, metavar="N", help="of one line each (default 1000, 100 without llvmlite)")
    for name, number, what in (
        ("width", 16, "numbers per position"), ("heads", 4, "attention heads"), ("layers", 1, "blocks"),
        ("context", 16, "letters seen at once"), ("samples", 10, "new lines at the end"),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=number, metavar="N", help=f"{what} (default {number})")
    parser.add_argument("--temperature", type=float, default=0.5, metavar="T", help="of the samples (default 0.5)")
    parser.add_argument("--learning-rate", type=float, default=0.01, metavar="0.01", help="decays linearly to 0")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of start, order and samples (default 0)")
    return parser


class Text:
    """The lines of a text as tokens: one per letter, and one that begins and ends a line."""

    def __init__(self, path: str | Path, context: int) -> None:
        lines = [line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines()]
        parts = [line[k : k + context - 1] for line in lines for k in range(0, len(line), context - 1)]
        if not parts:
            raise ValueError(f"{path} has no letters to learn from")
        self.letters = sorted({letter for part in parts for letter in part})
        self.end, places = len(self.letters), {letter: k for k, letter in enumerate(self.letters)}
        self.examples = [[self.end, *[places[letter] for letter in part], self.end] for part in parts]


def train_on_lines(arguments: Sequence[str], prog: str = "python -m nn names") -> Iterator[str]:
    """Train and sample; yield the lines to print."""
    options = names_parser(prog).parse_intermixed_args(arguments)
    count = 1000 if options.steps is None else size(options.steps, "--steps")
    size(options.samples, "--samples")
    random, text = Random(options.seed), Text(options.text or NAMES, max(2, options.context))
    model = GPT(len(text.letters) + 1, options.width, options.heads, options.layers, options.context, random)
    yield f"{quantity(len(text.examples), 'line')} of {Path(options.text or NAMES).name}; {model}"
    order = random.sample(text.examples, len(text.examples))
    eager = min([engine_seconds(model, order[0]) for _ in range(3)])
    optimizer = Adam(model.parameters(), options.learning_rate, (0.85, 0.99), schedule=linear_decay(count))
    start, trainer = perf_counter(), autodiff.compile(model.loss).trainer(model, optimizer)
    trainer.expect(order)
    each = float("inf")
    try:
        for k in range(SHOWN):
            steps = range(count * k // SHOWN, count * (k + 1) // SHOWN)
            if steps:
                before = perf_counter()
                losses = trainer.run(order[i % len(order)] for i in steps)
                each = min(each, (perf_counter() - before) / len(steps))
                yield f"step {steps.stop:6}  mean loss {sum(losses) / len(losses):.4f}"
            if trainer.runner != "native" and options.steps is None:
                break
    except KeyboardInterrupt:
        yield f"stopped by ctrl-C after {quantity(optimizer.steps, 'step')}; what was learned is kept"
    except FloatingPointError as error:
        yield f"{error}; try a smaller --learning-rate"
    trainer.write()
    seconds = perf_counter() - start
    yield f"{quantity(optimizer.steps, 'step')} in {seconds:.2f} s, compiling included, runner {trainer.runner!r}"
    if trainer.runner != "native":
        yield "machine code is much faster: pip install 'scalar-autodiff[fast]'"
    elif optimizer.steps:
        slow = f"recorded and run gate by gate in Python: {1e6 * eager:,.0f} us, {eager / each:,.0f} times as long"
        yield f"a step: {1e6 * each:,.0f} us; {slow}"
    yield ""
    for _ in range(options.samples):
        tokens = model.sample([text.end], text.end, options.temperature, random)
        yield "".join([text.letters[token] for token in tokens if token != text.end])


def engine_seconds(model: Any, example: Sequence[int]) -> float:
    """The duration of a step by the engine, which leaves the model as it was."""
    numbers = model.state_dict()
    optimizer, start = Adam(model.parameters()), perf_counter()
    model.loss(example).backward()
    optimizer.step()
    seconds = perf_counter() - start
    model.load_state_dict(numbers)
    model.zero_grad()
    return seconds
