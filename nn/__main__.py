"""The command line: ``python -m nn xor`` trains, ``python -m nn C4`` shows a lecture's example."""

from __future__ import annotations

import argparse
import io
import re
import sys
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from autodiff._installation import hidden_packages

if hidden := hidden_packages(("autodiff", "nn")):  # what is imported below would fail
    sys.exit("\n".join(hidden.values()))

from autodiff._files import OUTPUT, PAGES, destination, need, suffix, write
from autodiff.cli import EPILOG, front_door, lecture, list_examples, refuse_idle
from autodiff.lectures import EXAMPLES, whole

from ._checks import one_of, size
from .activations import ACTIVATIONS
from .cli import names
from .cli.presets import PRESETS, RATES, Preset, Trial
from .cli.report import advice, diagnosis_lines, heading, results, standing, suggestions, trials_report
from .lectures.catalog import WATCH, watch
from .losses import LOSSES
from .optim import OPTIMIZERS
from .serialization import save
from .training.loop import NonfiniteLossError
from .training.progress import Progress
from .training.runners import RUNNERS

WIDEST = 1000  # units of a layer in a tiny net
PICTURES = (".svg", ".png", ".pdf")
SETTINGS = ("hidden", "activation", "loss", "optimizer", "learning_rate", "epochs", "batch_size")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line: 0 on success, 2 for bad input, 130 after ctrl-C outside training."""
    return front_door(lambda: run(arguments), lambda message: f"python -m nn: {message}")


def run(arguments: Sequence[str] | None) -> int:
    """Show a lecture's example, train a GPT, train from many starts, or train once; return 0."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if [*arguments[:1]] == ["names"]:
        for line in names.train_on_lines(arguments):
            show([line])
        return 0
    command = parser()
    options, plain = command.parse_intermixed_args(arguments), command.parse_intermixed_args([])
    if options.list is not None:
        refuse_idle(options, plain, ("list",), "--list lists examples and takes only words:")
        show([list_examples(options.list)])
    elif options.task is None:
        refuse_idle(options, plain, (), "there is nothing to train: add a task such as xor, or")
        command.print_help()
    elif re.fullmatch(r"[A-Ea-e]\d+[a-z]?", options.task):
        refuse_idle(options, plain, ["task"], f"{options.task} is shown as in the lecture:")
        show_example(options.task)
    else:
        if options.hidden == []:
            refuse_idle(options, plain, {*vars(plain)} - {"activation"}, "a net of --hidden 0 has no hidden units:")
        if options.seeds is not None:
            several = "--seeds trains many nets, and only one can be saved or diagnosed: leave out --seeds, or"
            refuse_idle(options, plain, {*vars(plain)} - {"save", "page", "diagnose"}, several)
        (train_once if options.seeds is None else train_from_many_starts)(options)
    return 0


def show_example(id: str) -> None:
    """Print a lecture's example: a net, its training, a table, or the steps of a formula."""
    if id.upper() in WATCH:
        for line in watch(id.upper()):
            show([line])
        if id.upper() in map(whole, EXAMPLES):
            show([f"gate by gate: python -m autodiff {id.upper()}"])
        return
    for subject in lecture(id, {}):
        show([*subject.title, str(subject.output.steps()), *textwrap.wrap(subject.note, 80)])


def parser() -> argparse.ArgumentParser:
    command = argparse.ArgumentParser(
        prog="python -m nn",
        description="Train a tiny net and see what comes out. Every task learns with no option given.",
        epilog=f"tasks: {', '.join(PRESETS)}; names --help: a GPT. {EPILOG}",
    )
    command.add_argument("task", nargs="?", help="a logic gate, a data set, or a lecture example's id")
    command.add_argument("--hidden", type=widths, metavar="4,4", help="units of the hidden layers; 0 for none")
    command.add_argument("--activation", choices=list(ACTIVATIONS), help="of the hidden units")
    command.add_argument("--loss", choices=list(LOSSES), help="what training minimizes; the last layer follows from it")
    command.add_argument("--optimizer", choices=list(OPTIMIZERS))
    command.add_argument("--learning-rate", type=float, metavar="0.1")
    command.add_argument("--epochs", type=int, metavar="N", help="passes over all examples")
    command.add_argument("--batch-size", type=int, metavar="N", help="examples per update; 1 is stochastic")
    command.add_argument("--seed", type=int, default=0, metavar="N", help="of the random start and order (default 0)")
    command.add_argument("--runner", choices=list(RUNNERS), default="auto", help="how to run the epochs (default auto)")
    command.add_argument("--save", metavar="FILE", help="write the trained net to a JSON file")
    command.add_argument("--plot", metavar="FILE", help="draw losses and decision boundary (.svg, .png, .pdf)")
    command.add_argument("--page", metavar="FILE", help="a page (.html) in which this net trains live, from its start")
    command.add_argument("--diagnose", action="store_true", help="ask the doctor, also if the net has learned")
    command.add_argument("--seeds", type=int, metavar="30", help="train from this many starts: how many succeed?")
    command.add_argument(
        "--list", nargs="*", metavar="WORD", help="list the lecture examples, or those with these words"
    )
    return command


def widths(text: str) -> list[int]:
    """ "4,4" as [4, 4]; "0" as no hidden layer."""
    try:
        found = [int(part) for part in text.split(",") if part.strip() not in ("", "0")]
    except ValueError:
        found = [WIDEST + 1]
    if any(abs(width) > WIDEST for width in found):
        wanted = f"takes numbers of units such as 4 or 8,4, each at most {WIDEST}, or 0 for no hidden layer"
        raise argparse.ArgumentTypeError(f"{wanted}; got {text!r:.60}")
    return found


def preset_of(options: argparse.Namespace) -> Preset:
    """The task's preset, changed by the options."""
    preset: Preset = one_of("task", options.task.lower(), PRESETS)
    if options.optimizer:
        preset = preset._replace(learning_rate=RATES[options.optimizer])
    preset = preset._replace(**{name: x for name in SETTINGS if (x := getattr(options, name)) is not None})
    size(preset.epochs, "epochs")
    if preset.batch_size is not None:
        size(preset.batch_size, "batch_size")
    return preset


def refuse_files(options: argparse.Namespace) -> None:
    """Raise before training if its results could not be written."""
    if options.plot:
        need("matplotlib", "--plot")
    for path, endings in ((options.save, None), (options.plot, PICTURES), (options.page, PAGES)):
        if path in OUTPUT:
            raise ValueError(f"the report goes to the standard output: give the name of a file, not {path}")
        if path and endings:
            suffix(path, endings)
        if path:
            destination(path)


def train_once(options: argparse.Namespace) -> None:
    """Train, and report the start, the end, the net's answers, and what to try next."""
    task, trial = options.task.lower(), Trial(preset_of(options), options.seed)
    refuse_files(options)
    show(heading(task, trial, options.runner))
    if options.page:
        page(task, trial).save(options.page)
        show([f"to train it live in the same way, open {options.page} in a browser"])
    show([standing("start", trial)])
    try:
        history = trial.train(options.runner)
        if history.interrupted:
            finished = f"{history.epochs} of {trial.preset.epochs} epochs"
            show([f"stopped by ctrl-C after {finished}; what was learned is kept"])
    except NonfiniteLossError as error:
        show([str(error)])
    show([standing("end", trial), "", *results(task, trial)])
    show([*diagnosis_lines(trial, options.diagnose), *advice(untried(suggestions(task, trial), options))])
    if options.save:
        save(trial.model, options.save)
        show(["", f"saved as {options.save}"])
    if options.plot:
        draw(trial, options.plot)
        show(["", f"drawn as {options.plot}"])


def untried(tries: Mapping[str, str], options: argparse.Namespace) -> dict[str, str]:
    """The suggestions without the one that was just run."""
    ran = options.seeds, preset_of(options)
    found = {}
    for command, why in tries.items():
        suggested = parser().parse_intermixed_args(command.split())
        if (suggested.seeds, preset_of(suggested)) != ran:
            found[command] = why
    return found


def show(lines: Sequence[str]) -> None:
    """Print the lines immediately, before anything that takes time."""
    if lines:
        print("\n".join(lines), flush=True)


def train_from_many_starts(options: argparse.Namespace) -> None:
    """Train from many seeds, and report how many succeed and what the doctor finds in the others."""
    task, preset = options.task.lower(), preset_of(options)
    seeds = range(options.seed, options.seed + size(options.seeds, "seeds"))
    refuse_files(options)
    show(heading(task, Trial(preset, options.seed), options.runner, len(seeds)))
    trials: list[Trial] = []
    with Progress(options.seeds, unit="run") as shown:
        for seed in seeds:
            trials.append(Trial(preset, seed))
            with suppress(NonfiniteLossError):
                trials[-1].train(options.runner, progress=False)
            if trials[-1].reason() == "interrupted":
                trials.pop()
                break
            shown.show(len(trials), [trials[-1].losses()[-1]])
    show(trials_report(task, trials))
    if options.plot and trials:
        from visualize.plots import plot_success

        losses, successes = [t.losses()[-1] for t in trials], [t.is_success() for t in trials]
        save_figure(plot_success(losses, successes, [t.seed for t in trials]).figure, options.plot)


def draw(trial: Trial, path: str) -> None:
    """Draw the losses and, for examples of two numbers, the decision boundary."""
    from matplotlib.figure import Figure

    from visualize.plots import plot_decision_boundary, plot_losses

    flat = len(trial.X[0]) == 2
    figure = Figure(figsize=(11.0 if flat else 5.6, 4.4), layout="constrained")
    axes = figure.subplots(1, 1 + flat, squeeze=False)[0]
    plot_losses(trial.losses(), axes=axes[0])
    if flat:
        threshold = 0.0 if trial.loss.name == "hinge" else 0.5
        plot_decision_boundary(trial.model, trial.X, trial.Y, threshold, axes=axes[1])
    save_figure(figure, path)


def save_figure(figure: Any, path: str) -> None:
    """Write a figure to a file in one step."""
    from matplotlib import rc_context

    content = io.BytesIO()
    with rc_context({"pdf.fonttype": 42}):  # TrueType, which publishers accept
        figure.savefig(content, format=suffix(path, PICTURES)[1:])
    write(path, content.getvalue())


def page(task: str, trial: Trial) -> Any:
    """The untrained net and its examples as a page that trains it in the same way."""
    from visualize.web.playground import playground

    preset, held = trial.preset, (trial.X_test, trial.Y_test)
    return playground(
        trial.model, trial.X, trial.Y, loss=trial.loss, optimizer=preset.optimizer, test_data=held, title=task,
        learning_rate=preset.learning_rate, batch_size=preset.batch_size, classes=preset.classes
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
