"""Machine code against hand-written C and C++, PyTorch, JAX and micrograd: all sides in one run, alternating, medians.

Run it on a quiet machine: ``pytest -m slow tests/benchmarks/test_native_speed.py -s``. The peers come from the
extra ``bench``; each test that needs one is left out where it is missing.
"""

import ctypes
import shutil
import subprocess
import time
from pathlib import Path

import numpy
import pytest

import nn
from autodiff import Value
from autodiff.flat import ir
from autodiff.flat.backends.llvm.code import NativeNests
from autodiff.flat.backends.llvm.machine import aligned_zeros
from autodiff.flat.loops.nests import for_rows, roll
from autodiff.flat.recording import Recording
from autodiff.flat.state import Batches, State
from nn import MLP, SGD, fit
from nn.losses import loss_named
from nn.training.loop import Task
from nn.training.runners import Recorded
from tests.benchmarks.alternating import held, held_seconds, medians

HERE = Path(__file__).parent
pytestmark = pytest.mark.slow


def compiled_by_hand(folder, source, *flags):
    """A library made of a hand-written source; the test is left out where there is no compiler."""
    compiler = "g++" if source.endswith(".cc") else "gcc"
    if shutil.which(compiler) is None:
        pytest.skip(f"needs {compiler}")
    library = folder / f"{source}.so"
    options = ["-O3", "-march=native", "-shared", "-fPIC", *flags]
    subprocess.run([compiler, *options, "-o", library, HERE / source], check=True)
    return ctypes.CDLL(str(library))


def pointers(*arrays):
    return [ctypes.c_void_p(array.ctypes.data) for array in arrays]


def shown(title, times, base):
    print(f"\n{title}: " + ", ".join(f"{k} {v * 1e6:.4g} us ({v / times[base]:.3g} x)" for k, v in times.items()))


def slope(short, long, few, many):
    """Seconds for each step, besides what a call costs."""
    return (long - short) / (many - few)


class Gradient:
    """Value and gradient of a net over rows, in machine code, called without any Python between."""

    def __init__(self, sizes, activation, loss, rows, wanted=True):
        net = MLP(sizes[0], sizes[1:], activation=activation, seed=0)
        x = [Value(0.1, f"x{i}") for i in range(sizes[0])]
        y = Value(1.0, "y")
        parameters = net.parameters()
        score = net(x)
        cost = nn.hinge([score], [y]) if loss == "hinge" else (score - y) * (score - y)
        nests = roll(Recording([cost], [*x, y], parameters), parameters if wanted else ())
        batch = NativeNests(for_rows(nests, rows), rows=rows)
        self.code = batch.code(wanted)
        self.memory = batch.memory()
        self.memory["w"][:] = [p.data for p in parameters]

    def __call__(self):
        self.code.call(self.memory.address, 0)


def repeated(function, times):
    def run():
        for _ in range(times):
            function()

    return run


def test_the_moons_gradient_takes_at_most_1_3_times_that_of_hand_written_c_plus_plus(tmp_path):
    library = compiled_by_hand(tmp_path, "hand_moons.cc", "-mprefer-vector-width=512", "-ffp-contract=fast")
    library.gradient.restype = ctypes.c_double
    X, Y = nn.moons(104, seed=0)
    own = Gradient([2, 16, 16, 1], "relu", "hinge", 104)
    own.memory["x"][:] = numpy.array([[*x, y] for x, y in zip(X, Y)]).T.ravel()
    x, slopes = aligned_zeros(312), aligned_zeros(337)
    x.reshape(3, 104)[:] = numpy.array([[*point, y] for point, y in zip(X, Y)]).T
    w = aligned_zeros(337)
    w[:] = own.memory["w"]
    given = pointers(w, x, slopes)

    times = medians(
        {"native": repeated(own, 1000), "by hand": repeated(lambda: library.gradient(*given), 1000)}, runs=15
    )
    times = {side: seconds / 1000 for side, seconds in times.items()}

    shown("moons gradient", times, "native")
    assert own.memory["gw"] == pytest.approx(slopes, rel=1e-9, abs=1e-11)
    held("gradient against hand-written C++", times["by hand"] / times["native"], 1 / 1.3)


def test_a_gradient_costs_at_most_4_times_the_value():
    sides = {
        name: repeated(Gradient([2, 16, 16, 1], "relu", "hinge", 104, wanted), 1000)
        for name, wanted in (("value", False), ("gradient", True))
    }

    times = medians(sides, runs=15)

    shown("moons, 1000 times", times, "value")
    held("gradient against value", times["value"] / times["gradient"], 1 / 4)


def train(sizes, X, Y, activation, loss, rate, few=1_000, many=21_000):
    """(short, long) runs of fit by machine code, and their numbers of epochs."""

    def run(epochs):
        net = MLP(sizes[0], sizes[1:], activation=activation, seed=0)
        chosen = SGD(net.parameters(), rate)
        return lambda: fit(
            net, X, Y, loss=loss, optimizer=chosen, epochs=epochs, runner="native", progress=False
        )  # fmt: skip

    return {"short": run(few), "long": run(many)}, few, many


def test_a_moons_step_against_micrograd_pytorch_and_jax():
    pytest.importorskip("jax")
    torch, micrograd = pytest.importorskip("torch"), pytest.importorskip("micrograd.nn")
    from tests.benchmarks.peers import jax_steps, torch_steps

    X, Y = nn.moons(104, seed=0)
    sizes, rate = [2, 16, 16, 1], 0.05
    own, few, many = train(sizes, X, Y, "relu", "hinge", rate)
    step = torch_steps(sizes, "relu", "hinge", rate)
    x, y = torch.tensor(X).double(), torch.tensor(Y).double()
    by_loop, by_scan = jax_steps(sizes, "relu", "hinge", rate, X, Y)
    model = micrograd.MLP(2, [16, 16, 1])

    def micrograd_step():
        losses = [(1 + -target * model(point)).relu() for point, target in zip(X, Y)]
        model.zero_grad()
        (sum(losses) * (1.0 / len(losses))).backward()
        for p in model.parameters():
            p.data -= rate * p.grad

    sides = {**own, "pytorch": repeated(lambda: step(x, y), 100), "jit": lambda: by_loop(300)}
    sides |= {"scan short": lambda: by_scan(100), "scan long": lambda: by_scan(2100), "micrograd": micrograd_step}
    found = medians(sides, runs=5)
    times = {
        "native": slope(found["short"], found["long"], few, many),
        "scan": slope(found["scan short"], found["scan long"], 100, 2100),
        "jit": found["jit"] / 300,
        "pytorch": found["pytorch"] / 100,
        "micrograd": found["micrograd"],
    }

    shown("moons step", times, "native")
    for peer, bar in {"micrograd": 40_000, "pytorch": 45, "jit": 6, "scan": 1.7}.items():
        held(f"moons step against {peer}", times[peer] / times["native"], bar)


def test_xor_against_pytorch_and_jax():
    pytest.importorskip("jax")
    torch = pytest.importorskip("torch")
    from tests.benchmarks.peers import jax_steps, torch_steps

    X, Y = nn.truth_table("xor")
    own, few, many = train([2, 4, 1], X, Y, "tanh", "mse", 0.1, many=101_000)
    step = torch_steps([2, 4, 1], "tanh", "mse", 0.1)
    x, y = torch.tensor(X).double(), torch.tensor(Y).double()
    _, by_scan = jax_steps([2, 4, 1], "tanh", "mse", 0.1, X, Y)

    sides = {**own, "pytorch": repeated(lambda: step(x, y), 200)}
    sides |= {"scan short": lambda: by_scan(1_000), "scan long": lambda: by_scan(21_000)}
    found = medians(sides, runs=7)
    times = {
        "native": slope(found["short"], found["long"], few, many),
        "scan": slope(found["scan short"], found["scan long"], 1_000, 21_000),
        "pytorch": found["pytorch"] / 200,
    }

    shown("XOR epoch", times, "native")
    for peer, bar in {"pytorch": 2_000, "scan": 10}.items():
        held(f"XOR epoch against {peer}", times[peer] / times["native"], bar)


def test_the_machine_code_of_xor_takes_at_most_1_5_times_hand_written_c(tmp_path):
    """The steps alone; ``fit`` also makes two lists with a float for each epoch, and its time is shown beside."""
    library = compiled_by_hand(tmp_path, "hand_xor.c", "-ffast-math")
    library.train.restype = ctypes.c_double
    X, Y = nn.truth_table("xor")
    few, many = 1_000, 101_000
    net = MLP(2, [4, 1], seed=0)
    numbers = numpy.array([p.data for p in net.parameters()])
    task = Task(net, X, [[y] for y in Y], loss_named("mse"), SGD(net.parameters(), 0.1))
    steps, state = Recorded(task, "native"), State.of(task.optimizer)

    def alone():
        steps.run(state, Batches(task.epoch, (), 0, many))

    def trained(epochs):
        fit(net, X, Y, epochs=epochs, runner="native", progress=False)

    found = medians(
        {
            "alone": alone,
            "by hand": lambda: library.train(*pointers(numbers), ctypes.c_long(many)),
            "short": lambda: trained(few),
            "long": lambda: trained(many),
        },
        runs=15,
    )
    times = {
        "machine code": found["alone"] / many,
        "by hand": found["by hand"] / many,
        "fit": slope(found["short"], found["long"], few, many),
    }

    shown("XOR epoch", times, "by hand")
    held("XOR against hand-written C", times["by hand"] / times["machine code"], 1 / 1.5)


@pytest.mark.parametrize(
    ("sizes", "rows", "many", "bar"), [([64, 32, 10], 1797, 41, 1.0), ([784, 32, 10], 320, 401, 1.5)]
)
def test_an_epoch_of_mini_batches_against_pytorch(sizes, rows, many, bar):
    torch = pytest.importorskip("torch")
    from tests.benchmarks.peers import torch_steps

    draw = numpy.random.default_rng(0)
    data, classes = draw.uniform(0, 1, (rows, sizes[0])), draw.integers(0, 10, rows)
    step = torch_steps(sizes, "relu", "cross_entropy", 0.1)
    x, y = torch.tensor(data), torch.tensor(classes)

    def epoch():
        order = torch.randperm(rows)
        for start in range(0, rows, 32):
            chosen = order[start : start + 32]
            step(x[chosen], y[chosen])

    X, Y = data.tolist(), classes.tolist()
    net = MLP(sizes[0], sizes[1:], activation="relu", seed=0)

    def run(epochs):
        fit(net, X, Y, loss="cross_entropy", batch_size=32, epochs=epochs, runner="native", progress=False)

    found = medians({"short": lambda: run(1), "long": lambda: run(many), "pytorch": epoch}, runs=5)
    times = {"native": slope(found["short"], found["long"], 1, many), "pytorch": found["pytorch"]}

    shown(f"{sizes} epoch", times, "native")
    held(f"{sizes} epoch against PyTorch", times["pytorch"] / times["native"], 1 / bar)


@pytest.mark.parametrize(
    ("sizes", "activation", "loss", "rows", "most"),
    [
        ([2, 4, 1], "tanh", "mse", 4, 0.1),
        ([2, 16, 16, 1], "relu", "hinge", 104, 0.4),
        ([784, 32, 10], "relu", "cross_entropy", 32, 2.0),
    ],
)
def test_how_long_compiling_takes(sizes, activation, loss, rows, most):
    draw = numpy.random.default_rng(0)
    X = draw.uniform(-1, 1, (rows, sizes[0])).tolist()
    Y = [i % 10 if sizes[-1] > 1 else 2.0 * (i % 2) - 1.0 for i in range(rows)]
    seconds = []
    for _ in range(5):
        ir.programs.clear()
        net = MLP(sizes[0], sizes[1:], activation=activation, seed=0)
        start = time.perf_counter()
        fit(net, X, Y, loss=loss, epochs=1, runner="native", progress=False)
        seconds.append(time.perf_counter() - start)

    held_seconds(f"compiling {sizes}", sorted(seconds)[2], most)


def test_a_warm_fit_takes_less_than_20_ms_besides_its_epochs():
    X, Y = nn.moons(104, seed=0)

    def run():
        net = MLP(2, [16, 16, 1], activation="relu", seed=0)
        start = time.perf_counter()
        fit(net, X, Y, loss="hinge", epochs=1, runner="native", progress=False)
        return time.perf_counter() - start

    run()
    held_seconds("a warm fit of one epoch", sorted(run() for _ in range(9))[4], 0.02)


@pytest.mark.parametrize(
    ("hidden", "activation", "rate", "epochs"),
    [(2, "relu", 0.5, 500), (2, "tanh", 0.5, 500), (3, "tanh", 0.5, 500), (4, "tanh", 0.1, 1000)],
)
def test_the_success_rate_of_1000_seeds_takes_less_than_a_second(hidden, activation, rate, epochs):
    """Nets made, code compiled, trained and judged."""
    X, Y = nn.truth_table("xor")
    seconds = []
    for _ in range(5):
        ir.programs.clear()
        start = time.perf_counter()
        runs = nn.fit_many(
            MLP(2, [hidden, 1], activation), X, Y, seeds=range(1000), learning_rates=[rate], epochs=epochs,
            runner="native", progress=False,
        )  # fmt: skip
        seconds.append(time.perf_counter() - start)

    held_seconds(f"2-{hidden}-1 {activation}, {runs}", sorted(seconds)[2], 1.0)
