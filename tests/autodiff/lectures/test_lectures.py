"""The table of lecture examples: the engine and two other ways give every number in it."""

import math

import mpmath
import pytest

from autodiff import gradients, variables
from autodiff.formula import names
from autodiff.graph import history, on_kink, sweep
from autodiff.lectures import EXAMPLES, LECTURES, TITLES, Example, agree, find, search_titles

COUNTS = {"A": 10, "B": 12, "C": 18, "D": 26, "E": 17}
NUMBERS = {
    "A": [1, 2, 3, 4, 5, 6, 8, 10],
    "B": [1, 2, 3, 4, 5, 8, 9, 10, 11],
    "C": [1, 2, 3, 7, 8, 9, 14, 15],
    "D": [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 19, 20, 24],
    "E": [1, 2, 3, 6, 7, 8, 11, 14, 15, 16],
}
FORMULA_EXAMPLES = [f"{letter}{number}" for letter, numbers in NUMBERS.items() for number in numbers]
ON_A_KINK = ["C1a", "D13f"]  # z = 0 of the step, x = 0 of the dying ReLU: the gradient is a convention
SATURATED = ["D13c", "E2d", "E3a", "E3d"]  # (1 - out) * out keeps fewer digits where out is almost 1

every_example = pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
smooth_examples = pytest.mark.parametrize("id", [id for id in EXAMPLES if id not in ON_A_KINK])


def close(expected, example):
    """To 1e-12 relative, absolute where 0 is expected."""
    return pytest.approx(expected, rel=1e-11 if example.id in SATURATED else 1e-12, abs=0.0 if expected else 1e-15)


def by_name(output):
    return {name: node for node, name in names(history(output), output).items()}


# --- The engine gives the table's numbers --------------------------------------------------------


@every_example
def test_examples_have_inputs_and_gradients(example):
    leaves = {node.label: node.data for node in history(example.build()) if node.primitive is None}

    assert leaves == example.inputs
    assert set(example.inputs) <= set(example.gradients)


@every_example
def test_examples_have_gate_values(example):
    output = example.build()
    nodes = by_name(output)

    assert example.values.keys() <= nodes.keys()
    assert nodes[list(example.values)[-1]] is output
    for name, expected in example.values.items():
        assert nodes[name].data == close(expected, example), name


@every_example
def test_examples_have_the_slides_gates(example):
    labeled = {node.label for node in history(example.build()) if node.primitive and node.label}

    assert labeled <= example.values.keys()


@every_example
def test_examples_by_backward(example):
    output = example.build()
    nodes = by_name(output)
    output.backward()

    for name, expected in example.gradients.items():
        assert nodes[name].grad == close(expected, example), name


@every_example
def test_examples_by_sweep_and_graph_form(example):
    output = example.build()
    nodes = by_name(output)
    swept = {node: upstream for node, upstream, _ in sweep(output)}
    recorded = gradients(output, [nodes[name] for name in example.gradients])

    for (name, expected), slope in zip(example.gradients.items(), recorded):
        assert swept[nodes[name]] == close(expected, example), name
        assert slope.data == close(expected, example), name


def test_examples_on_a_kink():
    found = [id for id, example in EXAMPLES.items() if any(map(on_kink, history(example.build())))]

    assert found == ON_A_KINK


# --- Other ways to the same numbers --------------------------------------------------------------

UNNAMED = {  # the same formula with a name for every gate
    "D2": "s0 = w0*x0; s1 = w1*x1; s2 = s0 + s1; s3 = s2 + w2; s4 = -s3; s5 = exp(s4); s6 = 1 + s5; f = 1 / s6",
    "D3": "s0 = w0*x0; s1 = w1*x1; s2 = s0 + s1; s3 = s2 + w2; f = sigmoid(s3)",
}
BY_HAND = {  # mpmath's functions, and the activations as the lectures define them
    **{name: getattr(mpmath, name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "sign")},
    "max": max,
    "abs": abs,
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "relu": lambda x: max(x, 0),
    "heaviside": lambda x, at_zero: 1 if x > 0 else 0 if x < 0 else at_zero,
    "clip": lambda x, low, high: min(max(x, low), high),
    "elu": lambda x, alpha: x if x > 0 else alpha * (mpmath.exp(x) - 1),
    "prelu": lambda x, alpha: x if x > 0 else alpha * x,
}


def computed_by_hand(example, nudged="", h=0):
    """The gates of an example at 60 digits, with h added to the nudged one."""
    known = {name: mpmath.mpf(number) + (h if name == nudged else 0) for name, number in example.inputs.items()}
    for statement in UNNAMED.get(example.id, example.text).split("; "):
        name, formula = statement.split(" = ")
        known[name] = eval(formula, BY_HAND, known) + (h if name == nudged else 0)  # our own table, not user input
    return {name: number for name, number in known.items() if name not in example.inputs}


@every_example
def test_examples_values_at_60_digits(example):
    with mpmath.workdps(60):
        gates = computed_by_hand(example)

    assert gates.keys() == example.values.keys()
    for name, expected in example.values.items():
        assert float(gates[name]) == close(expected, example), name


@smooth_examples
def test_examples_gradients_at_60_digits(id):
    example = EXAMPLES[id]
    with mpmath.workdps(60):
        h = mpmath.mpf("1e-20")
        for name, expected in example.gradients.items():
            *_, after = computed_by_hand(example, name, h).values()
            *_, before = computed_by_hand(example, name, -h).values()

            assert float((after - before) / (2 * h)) == close(expected, example), name


@smooth_examples
def test_examples_gradients_by_differences(id):
    """Each input is nudged by 1e-5 both ways and the recorded graph recomputed."""
    example, h = EXAMPLES[id], 1e-5
    output = example.build()
    nodes = by_name(output)
    for name, number in example.inputs.items():
        ends = []
        for nudged in (number + h, number - h):
            nodes[name].data = nudged
            ends.append(output.forward())
        nodes[name].data = number

        assert (ends[0] - ends[1]) / (2 * h) == pytest.approx(example.gradients[name], rel=1e-6, abs=1e-8), name


# --- The table is complete, and find -------------------------------------------------------------


def test_examples_are_complete_and_in_order():
    wholes = dict.fromkeys(id.rstrip("abcdefgh") for id in EXAMPLES)

    assert list(wholes) == FORMULA_EXAMPLES


def test_examples_parts_are_lettered():
    for id in FORMULA_EXAMPLES:
        parts = [example.id for example in find(id)]

        assert parts == ([id] if len(parts) == 1 else [id + letter for letter in "abcdefgh"[: len(parts)]])


@every_example
def test_examples_titles_and_lectures_are_ascii(example):
    assert example.title
    assert example.lecture == LECTURES[example.id[0]]
    for text in (example.title, example.text, example.note, example.lecture):
        assert text.isascii()
        assert text == " ".join(text.split())


def test_titles_of_every_example():
    assert list(TITLES) == [f"{letter}{i + 1}" for letter, count in COUNTS.items() for i in range(count)]
    assert len({*TITLES.values()}) == len(TITLES)
    for title in TITLES.values():
        assert title.isascii()
        assert len(title) <= 80


@pytest.mark.parametrize("id", [id for id in TITLES if id not in FORMULA_EXAMPLES])
def test_find_names_the_command_for_what_is_no_formula(id):
    with pytest.raises(ValueError, match=rf"^{id} \(.*\) is not one formula: run python -m nn {id}$"):
        find(id.lower())


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("likelihood", ["E5", "E15", "E15a"]),
        ("d9", ["D9", "D9a", "D9b"]),
        ("E1", ["E1", "E10", "E11", "E12", "E13", "E14", "E15", "E15a", "E15b", "E16", "E16a", "E16b", "E17"]),
        ("b", [id for id in TITLES if id[0] == "B"]),
        ("ROUTER", ["D4d"]),
        ("ifT 6289", [id for id in TITLES if id[0] == "C"]),
        ("", list(TITLES)),
        ("zebra", []),
    ],
)
def test_search_titles_by_id_title_and_lecture(words, ids):
    assert [id for id, _ in search_titles(words)] == ids


# --- Where the inputs come from ------------------------------------------------------------------

ON_THE_SLIDE = "C1a D1 D7 D13a D13b D13c D13e D13f D13g E1 E2a E2b E2c E2d E7 E11".split()  # noqa: SIM905
IN_ITS_FIGURE = "D2 D3 D11a D20a D20b D20c D20d E3a E3b E3c E3d".split()  # noqa: SIM905


def test_examples_say_where_their_inputs_stand():
    sources = {id: example.source for id, example in EXAMPLES.items() if example.source}

    assert [id for id in sources if sources[id] == "slide"] == ON_THE_SLIDE
    assert [id for id in sources if sources[id] == "figure"] == IN_ITS_FIGURE


@pytest.mark.parametrize(
    ("id", "given"),
    [
        ("A1", "x = 2 (our choice)"),
        ("D1", "x = -2, y = 5, z = -4 (on the slide)"),
        ("D11a", "s2 = 5.1, s1 = 3.2, s3 = -1.7 (in the slide's figure)"),
        ("C7", "12 inputs (our choice)"),
    ],
)
def test_examples_name_their_inputs_if_few(id, given):
    assert EXAMPLES[id].given == given


# --- Find and build ------------------------------------------------------------------------------


def test_find_example_or_its_parts():
    assert find("D1") == find("d1") == find(" D1 ") == [EXAMPLES["D1"]]
    assert find("D8b") == find("d8B") == [EXAMPLES["D8b"]]
    assert [example.id for example in find("C9")] == ["C9a", "C9b", "C9c", "C9d", "C9e"]


def test_example_is_built_anew():
    first, second = EXAMPLES["D1"].build(), EXAMPLES["D1"].build()
    first.backward()

    assert first is not second
    assert second.operands[0].grad == 0.0


def test_example_shows_id_and_title():
    assert repr(EXAMPLES["D1"]) == "<example D1: A simple example>"
    assert isinstance(EXAMPLES["D1"], Example)
    assert EXAMPLES["D1"].inputs == {"x": -2.0, "y": 5.0, "z": -4.0}


# --- A user's graph against the table ------------------------------------------------------------


@every_example
def test_confirm_built_graphs(example):
    sentence = example.confirm(example.build())

    assert sentence.startswith(
        f"{example.id}: {len(example.values) + len(example.gradients)} numbers as the formula of"
    )
    assert sentence.endswith(f", for {example.given}")


def test_confirm_graph_by_input_names():
    x, y, z = variables(x=-2, y=5, z=-4)

    assert EXAMPLES["D1"].confirm((x + y) * z) == (
        "D1: 4 numbers as the formula of the slide gives them, for x = -2, y = 5, z = -4 (on the slide)"
    )


def test_agree_to_1e_12_and_never_with_nan():
    agree([[1.0], 1e-16], [[1.0 + 1e-13], 0.0])
    for found in (1.0 + 1e-11, math.nan, math.inf):
        with pytest.raises(AssertionError, match=r"df/dx should be 1\.0"):
            agree(found, 1.0, "df/dx")
