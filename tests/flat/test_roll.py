"""Rolling: the neurons of a layer become one line, and the numbers stay the same."""

import pytest

import autodiff
from autodiff import Value, variables
from autodiff.flat import Place, lower
from autodiff.flat.backends import python as source
from tests.support.clock import Clock
from tests.support.flat_samples import agree, eager, net


def numbers(program, inputs, parameters):
    """(output, all gradients) of a program, scalar or rolled."""
    x, w = [v.data for v in inputs], [v.data for v in parameters]
    value, *slopes = source.function(program)(*([part for part in (x, w) if part] if program.arrays else x + w))
    return value, [slope for part in slopes for slope in part]


def both(loss, inputs, parameters, **options):
    scalar = lower(loss, inputs=inputs, parameters=parameters, roll=False, **options)
    return scalar, lower(loss, inputs=inputs, parameters=parameters, roll=True, **options)


@pytest.mark.parametrize("sizes", [[2, 1], [1, 3, 2], [2, 4, 1], [3, 5, 4, 2], [2, 2, 2, 2]])
@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_nets_give_the_engines_numbers_rolled(sizes, activation):
    inputs, parameters, loss = net(sizes, activation)
    leaves = inputs + parameters
    expected = eager(loss, leaves, [leaf.data for leaf in leaves])

    for program in both(loss, inputs, parameters):
        assert agree(expected, numbers(program, inputs, parameters))


def test_a_layer_is_one_line_whatever_its_width():
    def lines(width):
        inputs, parameters, loss = net([3, width, 4])
        return both(loss, inputs, parameters, wrt=parameters)[1].lines

    assert len(lines(8)) == len(lines(20)) < 30
    assert {"dot", "map", "scaled add", "scalar"} == {line.kind for line in lines(8)}
    assert next(line for line in lines(8) if line.kind == "dot").repeat == 8


def test_inputs_parameters_and_their_gradients_are_arrays_in_the_order_given():
    inputs, parameters, loss = net([2, 3, 2])

    program = both(loss, inputs, parameters)[1]

    assert program.inputs == tuple(Place("x", i) for i in range(len(inputs)))
    assert program.parameters == tuple(Place("w", i) for i in range(len(parameters)))
    assert program.input_gradients == tuple(Place("grad_x", i) for i in range(len(inputs)))
    assert program.parameter_gradients == tuple(Place("grad_w", i) for i in range(len(parameters)))
    assert program.arrays["w"] == len(parameters)


@pytest.mark.timed
def test_a_784_32_10_net_lowers_in_3_seconds_to_under_500_lines():
    inputs, parameters, loss = net([784, 32, 10])

    with Clock() as clock:
        program = lower(loss, inputs=inputs, parameters=parameters, wrt=parameters)

    assert clock.seconds < 3.0
    assert len(str(program).splitlines()) < 500
    loss.backward()
    assert agree((loss.data, [p.grad for p in parameters]), numbers(program, inputs, parameters))


def test_binary_gates_by_hand_are_rolled_too():
    w = [Value(0.1 * i - 0.3) for i in range(12)]
    x = [Value(0.7), Value(-0.2), Value(0.4)]
    hidden = [autodiff.tanh(w[3 * j] * x[0] + w[3 * j + 1] * x[1] + w[3 * j + 2] * x[2]) for j in range(4)]
    loss = hidden[0] * hidden[1] + hidden[2] * hidden[3]
    expected = eager(loss, x + w, [v.data for v in x + w])

    scalar, rolled = both(loss, x, w)

    assert agree(expected, numbers(rolled, x, w))
    assert len(rolled.lines) < 0.7 * len(scalar.lines)


def test_weights_used_again_and_again_add_up():
    """E10: a recurrent net and a convolution."""
    w = [Value(0.3), Value(-0.5), Value(0.2)]
    x = [Value(0.1 * i) for i in range(8)]
    state = start = Value(0.0)
    for signal in x:
        state = autodiff.tanh(autodiff.dot([w[0], w[1]], [state, signal], w[2]))
    windows = [autodiff.dot(w, x[i : i + 3]) for i in range(6)]
    loss = state + autodiff.sum([window * window for window in windows])
    expected = eager(loss, [*x, *w, start], [v.data for v in (*x, *w, start)])

    for program in both(loss, x, [*w, start]):
        assert agree(expected, numbers(program, x, [*w, start]))


def test_a_gradient_is_assigned_before_it_is_added_to_in_any_order_of_levels():
    x, y, z = variables(x=0.3, y=0.4, z=0.5)
    p, q = x * y, x + z
    deep = autodiff.exp(autodiff.exp(p)) * q
    loss = deep * p + q * x + autodiff.sin(p * q) * y
    expected = eager(loss, [x, y, z], [0.3, 0.4, 0.5])

    for program in both(loss, [x, y, z], []):
        assert agree(expected, numbers(program, [x, y, z], []))


def test_names_that_remain_do_not_clash_with_arrays():
    x, w, a0 = Value(2.0, "x"), Value(3.0, "w"), Value(4.0, "a0")
    inner = x * w
    inner.label = "x"
    loss = inner * a0 + inner

    for program in both(loss, [w, a0], [x]):
        assert agree((30.0, [10.0, 6.0, 15.0]), numbers(program, [w, a0], [x]))


@pytest.mark.timed
def test_a_long_chain_rolls_in_linear_time():
    def seconds(gates):
        (x,) = variables(x=1)
        total = x
        for i in range(gates):
            total = total + x if i % 2 else total * 0.5
        with Clock() as clock:
            lower(total, roll=True)
        return clock.seconds

    small = min(seconds(2_000), seconds(2_000))
    assert seconds(20_000) < 40 * small
