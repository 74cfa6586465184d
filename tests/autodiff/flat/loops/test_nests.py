"""Recorded graphs as loop nests: their text, number of statements, and time to roll."""

import math
import random
import time

import pytest

import autodiff
import nn
from autodiff import Value, exp, gradients, softmax, take, tanh
from autodiff.flat.loops import nests as nests_module
from autodiff.flat.loops.nests import roll
from autodiff.flat.recording import Recording
from autodiff.graph import history
from autodiff.tracing import Tracing
from tests.benchmarks.alternating import held_seconds
from tests.support.nests import counts, flat, gpt, matrix, product, rolled, run

XOR = """\
# forward
a[4i+j] = w[3j+2] + sum w[3j+k] * x[2i+k]  for i<4, j<4, k<2
a[i+16] = tanh(a[i])  for i<16
a[i+32] = w[16] + sum w[j+12] * a[4i+j+16]  for i<4, j<4
a[44] = sum (a[i+32] - x[i+8]) ** 2  for i<4
# backward
ga[i+32] += ga[44] * (2 * (a[i+32] - x[i+8]))  for i<4
gx[i+8] += -(ga[44] * (2 * (a[i+32] - x[i+8])))  for i<4
gw[j+12] += sum ga[i+32] * a[4i+j+16]  for i<4, j<4
ga[4i+j+16] += ga[i+32] * w[j+12]  for i<4, j<4
gw[16] += sum ga[i+32]  for i<4
ga[i] += ga[i+16] * (1 - a[i+16] * a[i+16])  for i<16
gw[3j+k] += sum ga[4i+j] * x[2i+k]  for i<4, j<4, k<2
gx[2i+k] += sum ga[4i+j] * w[3j+k]  for i<4, j<4, k<2
gw[3j+2] += sum ga[4i+j]  for i<4, j<4"""
ATTENTION = """\
# forward
a[2i+j] = sum w[2j+k] * x[2i+k]  for i<4, j<2, k<2
a[5i+j+8] = sum a[2i+k] * a[2j+k]  for i<4, j<1+1i, k<2
a[5i+j+28] = exp(a[5i+j+8])  for i<4, j<1+1i
a[i+48] = sum a[5i+j+28]  for i<4, j<1+1i
a[i+52] = sum a[5i+j+28] * a[2j]  for i<4, j<1+1i
a[60] = sum a[i+52] / a[i+48]  for i<4
# backward
ga[i+52] += ga[60] * (1 / a[i+48])  for i<4
ga[i+48] += ga[60] * -(a[i+52] / a[i+48] / a[i+48])  for i<4
ga[5i+j+28] += ga[i+52] * a[2j]  for i<4, j<1+1i
ga[2j] += sum ga[i+52] * a[5i+j+28]  for i<4, j<1+1i
ga[5i+j+28] += ga[i+48]  for i<4, j<1+1i
ga[5i+j+8] += ga[5i+j+28] * a[5i+j+28]  for i<4, j<1+1i
ga[2i+k] += sum ga[5i+j+8] * a[2j+k]  for i<4, j<1+1i, k<2
ga[2j+k] += sum ga[5i+j+8] * a[2i+k]  for i<4, j<1+1i, k<2
gw[2j+k] += sum ga[2i+j] * x[2i+k]  for i<4, j<2, k<2"""


def test_nests_of_xor():
    net = nn.MLP(2, [4, 1], seed=0)
    X = [[Value(float(a)), Value(float(b))] for a in (0, 1) for b in (0, 1)]
    T = [Value(float(a != b)) for a in (0, 1) for b in (0, 1)]

    nests, _ = rolled(lambda: sum((net(x) - t) ** 2 for x, t in zip(X, T)), net.parameters(), flat(X) + T)

    assert str(nests) == XOR


def attention(rows, length):
    """(sum of the outputs of causal attention, weights, inputs), written with plain sums."""
    r = random.Random(0)
    W, X = matrix(r, rows, 2), matrix(r, length, 2)

    def loss():
        keys = [[sum(w * x for w, x in zip(row, x)) for row in W] for x in X]
        total = 0.0
        for i, query in enumerate(keys):
            parts = [exp(sum(a * b for a, b in zip(query, key))) for key in keys[: i + 1]]
            whole = sum(parts)
            total = total + sum(part * key[0] for part, key in zip(parts, keys)) / whole
        return total

    return loss, flat(W), flat(X)


def test_nests_of_causal_attention():
    loss, W, X = attention(2, 4)

    nests, _ = rolled(loss, W, X, wrt=W)

    assert str(nests) == ATTENTION


@pytest.mark.parametrize("style", ["dot", "sum"])
def test_nests_of_gpt_at_every_length(style):
    found = set()
    for n in (2, 3, 6, 9):
        loss, parameters, inputs = gpt(n, style=style)
        nests, _ = rolled(loss, parameters, inputs, wrt=parameters)
        found.add((counts(nests.forward), counts(nests.backward)))

    assert found == {(34, 49)}


def test_nests_of_layers_are_one_loop():
    loss, parameters, inputs = gpt(3, layers=3, width=8, heads=2)
    nests, recording = rolled(loss, parameters, inputs, wrt=parameters)
    output = recording.outputs[0]
    output.backward()

    (value,), gradients, _ = run(nests, recording)

    assert (counts(nests.forward), counts(nests.backward)) == (34, 49)
    assert [x.turns for x in nests.forward + nests.backward if hasattr(x, "turns")] == [3, 3]
    assert value == pytest.approx(output.data, rel=1e-14)
    assert gradients == pytest.approx([x.grad for x in parameters], abs=1e-14)


def rnn(n, size=8):
    r = random.Random(1)
    U, V, X, T = matrix(r, size, size), matrix(r, 1, size), matrix(r, n, size), matrix(r, n, 1)
    times = product("sum")

    def loss():
        state, losses = [0.0] * size, []
        for x, (t,) in zip(X, T):
            state = [tanh(times(row, state) + y) for row, y in zip(U, x)]
            losses.append((times(V[0], state) - t) ** 2)
        return sum(losses)

    return loss, flat(U, V), flat(X, T)


def test_nests_of_time_steps_are_one_loop():
    texts = set()
    for n in (20, 21):
        loss, parameters, inputs = rnn(n)
        nests, _ = rolled(loss, parameters, inputs, wrt=parameters)
        texts.add((counts(nests.forward), counts(nests.backward)))

    assert texts == {(9, 12)}


def test_numbers_that_differ_become_a_table():
    x = [Value(float(i)) for i in range(20)]

    nests, _ = rolled(lambda: sum(v * (0.5 + i) for i, v in enumerate(x)), [], x)

    assert len(nests.forward) == 1
    assert set(nests.table) >= {0.5 + i for i in range(20)}


def test_numbers_are_folded():
    x = Value(2.0)
    since = x.born + 1
    known = Value(3.0) * 2.0
    recording = Recording([x * known + take([x, known], Value(1.0))], [x], (), since)

    nests = roll(recording)

    assert run(nests, recording)[0] == [18.0]
    assert str(nests.forward[0]) == "a[1] = x[0] * 6 + 6"


def test_sums_of_one_term():
    x = Value(2.0)
    with Tracing():
        assert sum([x]) is x
    with Tracing(sums=True):
        assert sum([x]).primitive.name == "sum"
        with Tracing():
            assert sum([x]).primitive.name == "sum"
        assert [gate.primitive.name for gate in history(softmax([x])[0])[1:3]] == ["largest", "stop_gradient"]
    assert sum([x]) is x


def test_numbers_keep_sign_of_zero():
    x = Value(2.0)
    nests, recording = rolled(lambda: [1.0 / (x * 0.0), 1.0 / (x * -0.0)], [], [x], wrt=())

    assert run(nests, recording)[0] == [float("inf"), float("-inf")]


def test_short_sums_keep_their_order():
    """Up to three terms; longer ones may be added in any order."""
    a, b, c = x = [Value(v) for v in (0.1, 0.2, 0.3)]
    for f in (
        lambda: a + b + c,
        lambda: a + (b + c),
        lambda: (b + c) + a,
        lambda: a * b + b * c + c,
        lambda: a + b * c,
    ):
        nests, recording = rolled(f, [], x)
        assert run(nests, recording)[0] == [recording.outputs[0].data]


def test_gradients_of_wrt_only():
    w, v, x = (Value(value) for value in (2.0, 3.0, 5.0))
    nests, recording = rolled(lambda: w * v * x, [w, v], [x], wrt=[v])

    _, to_parameters, to_inputs = run(nests, recording)

    assert (to_parameters, to_inputs) == ([0.0, 10.0], [0.0])
    assert rolled(lambda: w * v * x, [w, v], [x], wrt=())[0].backward == ()


def test_gradients_of_one_output():
    """An infinite slope behind an output without a seed causes no 0 * inf."""
    x = Value(0.0)
    nests, recording = rolled(lambda: [x * 3.0, x**0.5], [], [x], differentiated=1)

    assert run(nests, recording)[2] == [3.0]


def test_outputs_may_be_numbers_and_leaves():
    x = Value(4.0)
    nests, recording = rolled(lambda: [x, 1.5, x], [], [x])

    assert run(nests, recording, (1.0, 1.0, 2.0)) == ([4.0, 1.5, 4.0], [], [3.0])


def test_gradients_of_rolled_gradient():
    r = random.Random(3)
    W, X = matrix(r, 3, 3), matrix(r, 4, 3)

    def curvature():
        loss = sum(tanh(sum(w * x for w, x in zip(row, x))) ** 2 for x in X for row in W)
        slopes = gradients(loss, flat(W))
        return sum(slope * 0.1 * i for i, slope in enumerate(slopes))

    nests, recording = rolled(curvature, flat(W), flat(X), wrt=flat(W))
    recording.outputs[0].backward()

    assert run(nests, recording)[1] == pytest.approx([w.grad for w in flat(W)], abs=1e-14)


def straight(count):
    """(output, leaves) of unordered gates."""
    r = random.Random(5)
    leaves = [Value(r.gauss(0.0, 1.0)) for _ in range(20)]
    pool = list(leaves)
    while len(pool) < count:
        a, b = r.choice(pool[-200:]), r.choice(pool[-200:])
        pool.append([a + b, a * b * 0.1, tanh(a), a / (1.0 + b * b)][r.randrange(4)])
    return sum(pool[-50:]), leaves


def test_gates_without_order_stay_lines():
    output, leaves = straight(400)
    recording = Recording([output], leaves)
    nests = roll(recording)
    output.backward()

    _, _, found = run(nests, recording)

    assert counts(nests.forward) <= len(recording.gates)
    assert found == pytest.approx([x.grad for x in leaves], rel=1e-12)


@pytest.mark.timed
@pytest.mark.parametrize("gates", [pytest.param("gpt", marks=pytest.mark.slow), "straight", "chain"])
def test_rolling_time_per_gate(gates):
    if gates == "gpt":
        loss, parameters, inputs = gpt(6, style="sum")
        output, most = loss(), 2.0  # of 45,000 gates; 0.1 on a quiet machine
    elif gates == "straight":
        (output, parameters), inputs, most = straight(3000), [], 2.0
    else:
        output = x = Value(0.5)
        for _ in range(2000):
            output = tanh(output * 1.1)
        parameters, inputs, most = [x], [], 2.0
    begin = time.perf_counter()

    roll(Recording([output], inputs, parameters))

    held_seconds(f"rolling {gates}", time.perf_counter() - begin, most)


def test_rolling_beyond_memory_is_refused(monkeypatch):
    monkeypatch.setattr(nests_module, "available_memory", lambda: 20_000.0)
    fast = autodiff.compile(lambda x: sum(tanh(v) for v in x), "native")
    assert fast([0.5] * 20) == pytest.approx(20 * math.tanh(0.5))
    with pytest.raises(MemoryError, match=r"compiling 400 gates takes about 0.0 GB, but 0.0 GB are available"):
        fast([0.5] * 200)


def test_compiling_notice_in_terminal(monkeypatch, capsys):
    monkeypatch.setattr(nests_module, "ANNOUNCED", 0.003)
    f = lambda x: sum(tanh(v) for v in x)  # noqa: E731
    autodiff.compile(f, "native")([0.5] * 200)
    assert capsys.readouterr().err == ""  # no terminal
    monkeypatch.setattr(nests_module.sys.stderr, "isatty", lambda: True)
    autodiff.compile(f, "native")([0.5] * 50)
    assert capsys.readouterr().err == ""  # no time
    autodiff.compile(f, "native")([0.5] * 200)
    assert capsys.readouterr().err == "compiling 400 gates takes up to 0 s\n"
