"""The nests of a graph in machine code: outputs and gradients, by any thread, with memory of their own."""

import math
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from autodiff.flat.backends.llvm.code import CompiledStatements, Memory, NativeNests, code_of
from autodiff.flat.loops.statements import Axis, Index, Repeat, Statement, interpret
from tests.benchmarks.alternating import held_seconds
from tests.support.children import ctrl_c_after
from tests.support.clock import Clock

SIZES = {"w": 6, "x": 3, "a": 4, "t": 0}


def layer(name="tanh"):
    """a = name(w x), and gradients to w and x, as the rolling of a graph would give them."""
    row, cell = (Axis(2),), (Axis(2), Axis(3))
    total = Statement(cell, Index("a", 0, (1, 0)), ("mul", Index("w", 0, (3, 1)), Index("x", 0, (0, 1))), "sum")
    bent = Statement(row, Index("a", 2, (1,)), (name, Index("a", 0, (1,))))
    slope = ("sub", 1.0, ("mul", Index("a", 2, (1,)), Index("a", 2, (1,))))
    back = Statement(row, Index("ga", 0, (1,)), ("mul", Index("ga", 2, (1,)), slope), adds=True)
    to_w = Statement(cell, Index("gw", 0, (3, 1)), ("mul", Index("ga", 0, (1, 0)), Index("x", 0, (0, 1))), adds=True)
    to_x = Statement(cell, Index("gx", 0, (0, 1)), ("mul", Index("ga", 0, (1, 0)), Index("w", 0, (3, 1))), adds=True)
    sizes = {**SIZES, "gw": 6, "gx": 3, "ga": 4}
    outputs = (Index("a", 2), Index("a", 3), 7.0)
    return SimpleNamespace(forward=(total, bent), backward=(back, to_w, to_x), sizes=sizes, table=(), outputs=outputs)


def expected(x, w):
    """Outputs, gradients of the first by parameters and by inputs."""
    y = np.tanh(np.reshape(w, (2, 3)) @ x)
    local = np.array([1.0, 0.0]) * (1.0 - y * y)
    return [*y, 7.0], np.outer(local, x).ravel(), np.reshape(w, (2, 3)).T @ local


X, W = [0.5, -1.0, 2.0], [0.1, 0.2, -0.3, 0.4, 0.5, -0.6]


def test_outputs_and_gradients():
    nests = NativeNests(layer())
    outputs, to_w, to_x = expected(X, W)
    for _ in range(2):  # the second call has the memory of the first
        for got, wanted in zip(nests.run(X, W, True), (outputs, to_x, to_w)):
            np.testing.assert_allclose(got, wanted, rtol=1e-12)
    np.testing.assert_allclose(nests.run(X, W).outputs, expected(X, W)[0], rtol=1e-12)


@pytest.mark.parametrize("first", [Index("w", 4), Index("x", 1), 7.0])
def test_outputs_may_be_inputs_and_parameters_and_come_twice(first):
    nests = layer()
    nests.outputs = (first, Index("w", 4), Index("w", 2), Index("w", 0), Index("x", 1), Index("x", 1), Index("a", 0))
    found = NativeNests(nests).run(X, W, True)
    assert found.outputs[1:].tolist() == [0.5, -0.3, 0.1, -1.0, -1.0, found.outputs[-1]]
    assert found.parameter_gradients.tolist() == [0.0, 0.0, 0.0, 0.0, float(first == Index("w", 4)), 0.0]
    assert found.input_gradients.tolist() == [0.0, float(first == Index("x", 1)), 0.0]


def test_several_threads_call_at_a_time():
    nests = NativeNests(layer())
    wrong = []

    def work(k):
        x = [0.1 * k, 0.2, -0.1 * k]
        for _ in range(300):
            got = nests.run(x, W, True)
            if not np.allclose(got.parameter_gradients, expected(x, W)[1], rtol=1e-13):
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_equal_statements_are_compiled_once():
    assert NativeNests(layer()).code(True) is NativeNests(layer()).code(True)
    assert NativeNests(layer()).code(False) is not NativeNests(layer("sigmoid")).code(False)
    zero, negative = ([Statement((), Index("a", 0), ("div", 1.0, number))] for number in (0.0, -0.0))
    assert code_of(zero, {"a": 1}, (), (0, 0)) is not code_of(negative, {"a": 1}, (), (0, 0))


def test_memory_may_share_arrays():
    nests = NativeNests(layer())
    first = Memory(nests.sizes)
    second = Memory(nests.sizes, w=first["w"])
    first["w"][:] = W
    for memory in (first, second):
        memory["x"][:] = X
        nests.code(True).call(memory.address, 0)
        np.testing.assert_allclose(memory["gw"], expected(X, W)[1], rtol=1e-12)


def test_what_does_not_fit_is_refused():
    nests = NativeNests(layer(), lengths=(0, 3))
    with pytest.raises(ValueError, match="from 0 to 3, got 4"):
        nests.run(X, W, length=4)
    with pytest.raises(ValueError, match="broadcast"):
        nests.run(X, W[:5])
    for wrong in (np.zeros(5), np.zeros(6, np.float32), np.zeros(12)[::2]):
        with pytest.raises(ValueError, match="'w' takes 6 contiguous doubles, got"):
            Memory(nests.sizes, w=wrong)


def test_one_program_runs_at_every_length():
    growing, ragged = Axis(0, grows=1), Axis(1, ((0, 1),))
    product = "mul", Index("x", 0, (1, 0)), Index("x", 0, (0, 1))
    statements = [
        Statement((growing, ragged), Index("a", 0, (1, 0)), product, "sum"),
        Statement((growing, ragged), Index("a", 20, (1, 0)), Index("x", 0, (0, 1)), "logsumexp"),
        Statement((Axis(-1, grows=1),), Index("ga", 0, (0,)), Index("a", 1, (1,)), adds=True),
    ]
    sizes = {"x": 16, "a": 40, "ga": 1}
    code = CompiledStatements(statements, sizes, ["ga"], (1, 16))
    for length in range(1, 17):
        memory, wanted = Memory(code.sizes), {name: [0.0] * size for name, size in sizes.items()}
        wanted["x"] = [math.sin(k) for k in range(16)]
        memory["x"][:] = wanted["x"]
        interpret(statements, wanted, length)
        code.call(memory.address, length)
        for name in sizes:
            np.testing.assert_allclose(memory[name], wanted[name], rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("index", [-1.0, 4.0, 1.5, math.nan, math.inf, -1e300])
def test_a_number_that_chooses_nothing_gives_nan(index):
    chosen = Index("w", 0, (1,), Index("x", 0, (0,)), 2, 4)
    code = CompiledStatements([Statement((Axis(2),), Index("a", 0, (1,)), chosen)], {"w": 8, "x": 1, "a": 2})
    memory = Memory(code.sizes)
    memory["w"][:] = range(8)
    memory["x"][0] = 3.0
    code.call(memory.address, 0)
    assert memory["a"].tolist() == [6.0, 7.0]
    memory["x"][0] = index
    code.call(memory.address, 0)
    assert np.isnan(memory["a"]).all()


def test_turns_read_what_the_turn_before_left():
    step = Statement((Axis(50),), Index("a", 1, (1,)), ("add", ("mul", Index("a", 0, (1,)), 0.5), Index("x", 0, (0,))))
    code = CompiledStatements([Repeat(50, (step,))], {"a": 51, "x": 1})
    memory = Memory(code.sizes)
    memory["x"][0] = 1.0
    code.call(memory.address, 0)
    expected = 0.0
    for _ in range(50):
        expected = expected * 0.5 + 1.0
    assert memory["a"][50] == expected


def unrelated(count):
    """Statements with nothing in common."""
    names = "tanh", "exp", "sigmoid", "relu", "sin"
    return [Statement((), Index("a", k + 1), (names[k * k % 5], Index("a", k * k % (k + 1)))) for k in range(count)]


@pytest.mark.timed
def test_thousands_of_unrelated_statements_compile_soon():
    with Clock() as clock:
        code = CompiledStatements(unrelated(3000), {"a": 3001})
    held_seconds("compiling 3,000 statements", clock.seconds, 1.0)
    memory = Memory(code.sizes)
    wanted = {"a": [0.0] * 3001}
    interpret(unrelated(3000), wanted)
    code.call(memory.address, 0)
    np.testing.assert_allclose(memory["a"], wanted["a"], rtol=1e-12)


@pytest.mark.timed
def test_ctrl_c_is_heard_while_machine_code_is_made():
    statements = unrelated(40_000)
    with pytest.raises(KeyboardInterrupt), ctrl_c_after(0.3) as sent:
        CompiledStatements(statements, {"a": 40_001})
    held_seconds("ctrl-C while machine code is made", time.process_time() - sent[0], 0.5)  # the whole takes seconds
