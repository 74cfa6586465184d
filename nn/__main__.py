"""The command line: ``python -m nn xor`` trains, ``python -m nn C4`` shows a lecture's example."""

from __future__ import annotations

import argparse
import csv
import io
import re
import shlex
import sys
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from autodiff._installation import hidden_packages

if hidden := hidden_packages(("autodiff", "nn")):  # what is imported below would fail
    sys.exit("\n".join(hidden.values()))

from autodiff._files import OUTPUT, PAGES, destination, need, suffix, write
from autodiff.cli import EPILOG, front_door, lecture, list_examples, refuse_idle, spell
from autodiff.lectures import EXAMPLES, whole

from ._checks import one_of, quantity, size
from .activations import ACTIVATIONS
from .cli import names
from .cli.presets import PRESETS, RATES, SETTINGS, Preset, Trial
from .cli.report import advice, diagnosis_lines, heading, results, standing, suggestions, trials_report
from .cli.tables import description, is_table, keep, predictions, resumed, table_preset
from .lectures.catalog import WATCH, watch
from .losses import LOSSES
from .optim import OPTIMIZERS
from .table import join_names
from .training.loop import NonfiniteLossError
from .training.progress import Progress
from .training.runners import RUNNERS

WIDEST = 1000  # units of a layer in a tiny net
PICTURES = (".svg", ".png", ".pdf")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line: 0 on success, 2 for bad input, 130 after ctrl-C outside training."""
    return front_door(lambda: run(arguments), lambda message: f"python -m nn: {message}")


def run(arguments: Sequence[str] | None) -> int:
    """Show a lecture's example, train a GPT, train from many starts, or train once; return 0."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if [*arguments[:1]] == ["names"]:
        for line in names.train_on_lines(arguments, spell("python -m nn names")):
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
    elif options.task.lower().endswith(".json"):
        use_net(options, plain)
    else:
        if not is_table(options.task, options.target):
            others = {*vars(plain)} - {"target", "test", "drop"}
            refuse_idle(options, plain, others, "only a table has columns and rows:")
        refuse_idle(options, plain, {*vars(plain)} - {"predict", "file"}, "only a saved net, net.json, predicts:")
        if options.hidden == []:
            refuse_idle(options, plain, {*vars(plain)} - {"activation"}, "a net of --hidden 0 has no hidden units:")
        if options.seeds is not None:
            several = "--seeds trains many nets, and only one can be saved or diagnosed: leave out --seeds, or"
            refuse_idle(options, plain, {*vars(plain)} - {"save", "page", "diagnose"}, several)
        (train_once if options.seeds is None else train_from_many_starts)(options)
    return 0


def use_net(options: argparse.Namespace, plain: argparse.Namespace) -> None:
    """Predict with a saved net, train it for more epochs, or say what it is."""
    path = options.task
    if options.predict is not None:
        refuse_idle(options, plain, ("task", "predict", "file", "drop"), "--predict does not train:")
        show(predictions(path, options.predict, options.drop, options.file))
    elif options.epochs is None:
        refuse_idle(options, plain, ("task",), "to train it for 100 epochs more, add --epochs 100, or")
        show(description(path))
    else:
        used = ("task", "epochs", "runner", "save", "plot", "diagnose")
        refuse_idle(options, plain, used, "a saved net goes on with its own settings:")
        task, trial = resumed(path, size(options.epochs, "epochs"))
        refuse_files(options)
        show([f"going on with {path} after {quantity(len(trial.losses()), 'epoch')}"])
        show(heading(task, trial, options.runner))
        train_and_report(task, trial, options)
        if not options.save:
            show(["", f"{path} is as before; --save writes a net to a file"])


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
        prog=spell("python -m nn"),
        description="Train a tiny net and see what comes out. Every task learns with no option given.",
        epilog=f"tasks: {', '.join(PRESETS)}; names --help: a GPT. Your own data: data.csv --target NAME. A saved net: "
        f"net.json --predict new.csv, or --epochs 100 to go on. {EPILOG}",
    )
    what = "a logic gate, a data set, a table (.csv), a saved net (.json), or a lecture example's id"
    command.add_argument("task", nargs="?", help=what)
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
    command.add_argument("--target", metavar="NAME", help="the column of a table to predict, by name or number")
    command.add_argument("--test", type=float, metavar="0.2", help="share of a table's rows to keep for testing")
    command.add_argument("--drop", type=words, default=[], metavar="A,B", help="columns of a table to leave out")
    command.add_argument("--predict", metavar="FILE", help="let a saved net predict the target for each row of a table")
    command.add_argument("-o", "--output", dest="file", metavar="FILE", help="where to write predictions (.csv)")
    command.add_argument(
        "--list", nargs="*", metavar="WORD", help="list the lecture examples, or those with these words"
    )
    return command


def words(text: str) -> list[str]:
    """ "a, b" as ["a", "b"]; a word with a comma stands in quotation marks."""
    return [word.strip() for word in next(csv.reader(text.splitlines(), skipinitialspace=True), ()) if word.strip()]


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


def preset_of(options: argparse.Namespace, base: Preset | None = None) -> Preset:
    """The preset of the task, or this one, changed by the options."""
    preset: Preset = base or one_of("task", options.task.lower(), PRESETS)
    if options.optimizer:
        preset = preset._replace(learning_rate=RATES[options.optimizer])
    preset = preset._replace(**{name: x for name in SETTINGS if (x := getattr(options, name)) is not None})
    size(preset.epochs, "epochs")
    if preset.batch_size is not None:
        size(preset.batch_size, "batch_size")
    return preset


def prepare(options: argparse.Namespace) -> tuple[str, Preset, Preset]:
    """(the task's name, its preset, the preset changed by the options); prints how a table is read."""
    if not is_table(options.task, options.target):
        task = options.task.lower()
        return task, one_of("task", task, PRESETS), preset_of(options)
    base, lines = table_preset(options.task, options.target, options.drop, options.test, options.seed, options.loss)
    preset = preset_of(options, base)
    show(lines)
    return options.task, base, preset


def refuse_files(options: argparse.Namespace) -> None:
    """Raise before training if its results could not be written."""
    if options.plot:
        need("matplotlib", "--plot")
    for path, endings in ((options.save, (".json",)), (options.plot, PICTURES), (options.page, PAGES)):
        if path in OUTPUT:
            raise ValueError(f"the report goes to the standard output: give the name of a file, not {path}")
        if path:
            suffix(path, endings)
            destination(path)


def train_once(options: argparse.Namespace) -> None:
    """Train, and report the start, the end, the net's answers, and what to try next."""
    refuse_files(options)
    task, base, preset = prepare(options)
    trial = Trial(preset, options.seed)
    show(heading(task, trial, options.runner))
    if options.page:
        from visualize.web.playground import trial_page

        trial_page(trial, task).save(options.page)
        show([f"to train it live in the same way, open {options.page} in a browser"])
    train_and_report(task, trial, options)
    left_out = join_names(options.drop)
    own = {"--target": options.target, "--drop": left_out, "--test": options.test, "--loss": options.loss}
    pairs = [(name, str(given)) for name, given in own.items() if given not in (None, "") and is_table(task)]
    command = shlex.join([task, *[word for pair in pairs for word in pair]])
    show(advice(untried(suggestions(command, trial), options, base)))
    if options.save:
        show(["", f"saved as {options.save}"])
    if options.plot:
        show(["", f"drawn as {options.plot}"])


def train_and_report(task: str, trial: Trial, options: argparse.Namespace) -> None:
    """Train, report start, end and answers, and write the files."""
    show([standing("start", trial)])
    before = len(trial.losses())
    try:
        history = trial.train(options.runner)
        if history.interrupted:
            finished = f"{history.epochs - before} of {trial.preset.epochs} epochs"
            show([f"stopped by ctrl-C after {finished}; what was learned is kept"])
    except NonfiniteLossError as error:
        show([str(error)])
    show([standing("end", trial), "", *results(task, trial)])
    show(diagnosis_lines(trial, options.diagnose))
    if options.save:
        keep(trial, options.save, task)
    if options.plot:
        draw(trial, options.plot)


def untried(tries: Mapping[str, str], options: argparse.Namespace, base: Preset) -> dict[str, str]:
    """The suggestions without the one that was just run."""
    ran = options.task.lower(), options.seeds, preset_of(options, base)
    found = {}
    for command, why in tries.items():
        suggested = parser().parse_intermixed_args(shlex.split(command))
        if (suggested.task.lower(), suggested.seeds, preset_of(suggested, base)) != ran:
            found[command] = why
    return found


def show(lines: Sequence[str]) -> None:
    """Print the lines immediately, before anything that takes time, with commands as the user types them."""
    if lines:
        print(spell("\n".join(lines)), flush=True)


def train_from_many_starts(options: argparse.Namespace) -> None:
    """Train from many seeds, and report how many succeed and what the doctor finds in the others."""
    seeds = range(options.seed, options.seed + size(options.seeds, "seeds"))
    refuse_files(options)
    task, _, preset = prepare(options)
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

    flat = len(trial.X[0]) == 2 and not trial.is_regression
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


if __name__ == "__main__":
    sys.exit(main())
