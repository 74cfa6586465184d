"""fit by JAX: the steps of eager code, on one device or many, in one process or two."""

import ast
import os
import random
import socket
import subprocess
import sys
import textwrap

import pytest

import nn
from autodiff import Value
from nn import MLP, SGD, Adam, AdamW, BatchNorm, Dropout, Layer, RMSProp, Sequential, fit, truth_table
from nn.losses import l1, l2

SIMULATED = "--xla_force_host_platform_device_count={}"
os.environ["XLA_FLAGS"] = (
    f"{os.environ.get('XLA_FLAGS', '')} {SIMULATED.format(8)}"  # read when jax first looks for devices
)
jax = pytest.importorskip("jax")

draw = random.Random(0).uniform
X = [[draw(-1, 1), draw(-1, 1)] for _ in range(20)]
Y = [x[0] * x[1] for x in X]
FLAT = {"epochs": 6, "batch_size": 8, "devices": 2}  # the last mini-batch has four rows


def net(seed=0):
    return MLP(2, [5, 1], seed=seed)


def same(make=net, X=X, Y=Y, optimizer=SGD, devices=1, **options):
    """Train eagerly and by JAX: the history, the parameters, the buffers and the last gradients are the eager ones."""
    found = []
    for chosen in ({"runner": "eager"}, {"runner": "jax", "devices": devices}):
        model = make()
        history = fit(model, X, Y, optimizer=optimizer(model.parameters()), progress=False, **chosen, **options)
        found.append((history, model.state_dict(), [p.grad for p in model.parameters()]))
    (eager, numbers, gradients), (history, state, slopes) = found
    assert history.runner == "jax"
    assert history.updates == eager.updates
    assert history.loss == pytest.approx(eager.loss, rel=1e-9)
    assert state == pytest.approx(numbers, rel=1e-9, abs=1e-12)
    assert slopes == pytest.approx(gradients, rel=1e-9, abs=1e-12)
    return history, eager


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda p: SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        lambda p: SGD(p, 0.5, clip_norm=0.1),
        lambda p: RMSProp(p, 0.01, schedule=nn.optim.step_decay(5)),
        lambda p: Adam(p, 0.05, schedule=nn.cosine(20), clip_norm=0.05),
        lambda p: AdamW(p, 0.05, schedule=nn.optim.linear_decay(15)),
    ],
)
@pytest.mark.parametrize("penalty", [l1(0.01), l2(0.01)])
def test_jax_optimizers_schedules_and_penalties(optimizer, penalty):
    same(optimizer=optimizer, penalty=penalty, **FLAT)


@pytest.mark.parametrize("devices", [1, 3, 8])
@pytest.mark.parametrize("batch_size", [None, 1, 6])
def test_jax_rows_shared_evenly_and_unevenly(devices, batch_size):
    same(epochs=35 if batch_size is None else 3, batch_size=batch_size, devices=devices)


@pytest.mark.parametrize("layer", [Dropout(0.3), BatchNorm(6)])
@pytest.mark.parametrize("batch_size", [8, None])
def test_jax_dropout_and_batch_norm(layer, batch_size):
    def make():
        again = Dropout(0.3, seed=2) if isinstance(layer, Dropout) else BatchNorm(6)
        return Sequential(Layer(2, 6, "tanh", seed=0), again, Layer(6, 1, seed=1))

    same(make, **{**FLAT, "batch_size": batch_size})


def test_jax_callbacks_validation_records_classes():
    def slower(model, history):
        history.optimizer.learning_rate *= 0.9

    classes = [int(x[0] > x[1]) + int(x[0] > 0.5) for x in X]
    options = {"loss": "cross_entropy", "callbacks": slower, "record": ["accuracy", "gradient_norms"]}
    history, eager = same(
        lambda: MLP(2, [4, 3], seed=0), Y=classes, validation_data=(X[:4], classes[:4]), patience=3, **options, **FLAT
    )
    assert history.accuracy == eager.accuracy
    assert history.validation_loss == pytest.approx(eager.validation_loss, rel=1e-9)
    for found, expected in zip(history.gradient_norms, eager.gradient_norms):
        assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.filterwarnings("ignore:the loss depends on Value")
def test_jax_reads_anew_and_resumes():
    scale = Value(1.0)
    found = []
    for runner in ("eager", "jax"):
        scale.data, model = 1.0, net()
        options = {"loss": lambda y, t: (y * scale - t) ** 2, "epochs": 3, "batch_size": 8, "progress": False}
        history = fit(model, X, Y, optimizer="adam", runner=runner, **options)
        scale.data = 2.0
        found.append((fit(model, X, Y, resume=history, runner=runner, **options).loss, model.state_dict()))
    assert found[1][0] == pytest.approx(found[0][0], rel=1e-9)
    assert found[1][1] == pytest.approx(found[0][1], rel=1e-9)


def test_jax_stops_before_a_nonfinite_step():
    found = []
    for runner in ("eager", "jax"):
        model = MLP(2, [4, 1], "relu", seed=0)
        with pytest.raises(nn.training.NonfiniteLossError) as caught:
            fit(model, *truth_table("xor"), optimizer=SGD(model.parameters(), 8.0), runner=runner, progress=False)
        found.append((str(caught.value), caught.value.history.epochs, model.state_dict()))
    assert found[1][:2] == found[0][:2]
    assert found[1][2] == pytest.approx(found[0][2], rel=1e-9)


def test_jax_keeps_compiled_steps_for_many_nets():
    runs = nn.fit_many(MLP(2, [2, 1]), *truth_table("and"), seeds=range(3), epochs=40, runner="jax", progress=False)
    eager = nn.fit_many(MLP(2, [2, 1]), *truth_table("and"), seeds=range(3), epochs=40, runner="eager", progress=False)
    assert runs.loss[0] == pytest.approx(eager.loss[0], rel=1e-9)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"devices": 9}, "devices=9, but JAX finds 8 here"),
        ({"devices": 0}, "devices"),
        ({"devices": 2, "runner": "batch"}, "devices needs runner='jax', got runner='batch'"),
    ],
)
def test_jax_refuses_missing_devices(options, message):
    with pytest.raises(ValueError, match=message):
        fit(net(), X, Y, progress=False, **{"runner": "jax", **options})


def test_jax_refuses_sequences():
    with pytest.raises(TypeError, match="runner='jax' takes examples of one length"):
        fit(nn.RecurrentCell(1, 1, seed=0), [[[1.0], [2.0]]], [[1.0]], runner="jax", progress=False)


# --- Child processes -----------------------------------------------------------------------------


def printed(programs, devices):
    """The output of programs run in parallel, each with this many simulated devices."""
    env = {**os.environ, "XLA_FLAGS": SIMULATED.format(devices)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": env}
    children = [subprocess.Popen([sys.executable, "-c", text, str(i)], **pipes) for i, text in enumerate(programs)]
    found = [child.communicate(timeout=300) for child in children]
    assert [child.returncode for child in children] == [0] * len(children), found
    return [ast.literal_eval(output.strip().splitlines()[-1]) for output, _ in found]


EIGHT = """
import jax, nn
net = nn.MLP(2, [16, 16, 1], "relu", seed=0)
history = nn.fit(net, *nn.moons(96), "hinge", "adam", epochs=200, runner="jax", progress=False)
print(([len(jax.devices()), str(jax.numpy.ones(1).dtype)], history.loss, [p.data for p in net.parameters()]))
"""


def by_eager(**options):
    model = MLP(2, [16, 16, 1], seed=0, **options.pop("net", {}))
    history = fit(model, *nn.moons(96), "hinge", "adam", progress=False, **options)
    return history.loss, [p.data for p in model.parameters()]


@pytest.mark.slow
def test_jax_eight_devices_keep_float32():
    [(seen, losses, numbers)] = printed([EIGHT], 8)
    expected, trained = by_eager(epochs=200, net={"activation": "relu"})
    assert seen == [8, "float32"]
    assert losses == pytest.approx(expected, rel=1e-9)
    assert numbers == pytest.approx(trained, rel=1e-8, abs=1e-10)


@pytest.mark.slow
def test_jax_two_processes_with_two_devices_each():
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    lines = textwrap.dedent(fit.__doc__.partition("::\n")[2]).replace("1234", str(port))
    lines += "\nprint((len(jax.devices()), history.loss, [p.data for p in net.parameters()]))"
    found = printed([lines.replace('runner="jax"', 'runner="jax", progress=False')] * 2, 2)
    expected, trained = by_eager(epochs=40, batch_size=32)
    assert found[0] == found[1]
    assert found[0][0] == 4
    assert found[0][1] == pytest.approx(expected, rel=1e-9)
    assert found[0][2] == pytest.approx(trained, rel=1e-8, abs=1e-10)
