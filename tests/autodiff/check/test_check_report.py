"""Reports of gradient checks: names of inputs, blamed rules, and the lengths of tables and notes."""

import pytest

from autodiff import Primitive, Value, check_gradients, maximum, relu, sin

wrong = Primitive("wrong", lambda a: a * a, lambda out, a: (a,))


def rows(check):
    """The lines of the table without title and header."""
    return repr(check).splitlines()[2:]


# --- Names ---------------------------------------------------------------------------------------


def test_names_of_star_arguments():
    def f(a, *rest, scale=2.0, shift=0.0):
        product = a * rest[0] * rest[1]
        return product * scale + shift

    assert [row.name for row in check_gradients(f, 1.0, 2.0, 3.0).inputs] == ["a", "rest[0]", "rest[1]"]


@pytest.mark.parametrize(
    ("label", "shown"),
    [("twelve_chars", "twelve_chars"), ("thirteen_char", "thirt.._char"), ("x" * 40, "xxxxx..xxxxx")],
)
def test_names_are_shortened_in_the_middle(label, shown):
    assert rows(check_gradients(Value(2.0, label) * 3.0))[0].split()[0] == shown


def test_output_is_called_f():
    assert check_gradients(relu, 0.0).notes[-1] == "The kink: f = relu(x) = 0."


def test_output_of_value_alone_is_f():
    assert [row.name for row in check_gradients(Value(2.0)).inputs] == ["f"]


# --- Length --------------------------------------------------------------------------------------


def test_table_is_cut_after_40_rows():
    assert len(rows(check_gradients(sum, [1.0] * 40))) == 40
    assert rows(check_gradients(sum, [1.0] * 41)) == ["... 41 more"]


def test_table_shows_first_40_failures():
    lines = rows(check_gradients(lambda x: sum(wrong(member) for member in x), [3.0] * 50))

    assert sum(line.endswith("fail") for line in lines) == 40
    assert "... 10 more" in lines


def test_notes_describe_first_four_kinks():
    notes = check_gradients(lambda x: sum(map(relu, x)), [0.0] * 6).notes

    assert [note.split()[0] for note in notes[:4]] == ["x[0]", "x[1]", "x[2]", "x[3]"]
    assert notes[4:] == [f"The kink: s{gate} = relu(x[{i}]) = 0." for i, gate in enumerate((0, 1, 3, 5))]


def test_notes_list_only_kinks():
    notes = check_gradients(lambda x, y: relu(x) * y + sin(y), 0.0, 3.0).notes

    assert notes[1:] == ["The kink: s0 = relu(x) = 0."]


def test_notes_use_full_width():
    text = repr(check_gradients(lambda x: x * x.data, 3.0))

    assert "Every rule is correct by itself. Does f use an unrecorded number (.data, a" in text.splitlines()


# --- Blame ---------------------------------------------------------------------------------------


def test_notes_of_wrong_rule_suspect_nothing_else():
    check = check_gradients(lambda x: wrong(x) + x, 3.0)

    assert len(check.notes) == 1
    assert check.notes[0].startswith("The rule of wrong is wrong.")


@pytest.mark.parametrize(("count", "at"), [(4, "(1, 2, 3, 4)"), (5, "(1, 2, 3, 4, ...)"), (9, "(1, 2, 3, 4, ...)")])
def test_notes_show_first_four_operands(count, at):
    total = Primitive("total", lambda *xs: sum(xs), lambda out, *xs: (1.0,) * (len(xs) - 1) + (2.0,))
    check = check_gradients(lambda xs: total(*xs), [float(i) for i in range(1, count + 1)])

    assert f"at {at} the local gradient of operand {count} is 2, numerically 1" in check.notes[0]


def test_captured_values_are_not_checked():
    outside = wrong(Value(3.0)) + maximum(Value(0.0), 0.0)
    check = check_gradients(lambda x: x * x.data * outside, 2.0)

    assert not check
    assert check.primitives == []
    assert not any("kink" in note for note in check.notes)


def test_unrecorded_small_part_is_found():
    check = check_gradients(lambda x, y: x * x + 1e-14 * y.data, 0.0, 1.0)

    assert [row.verdict for row in check.inputs] == ["ok", "fail"]


def test_wrong_rule_beside_kink():
    check = check_gradients(lambda x, y: wrong(x) + relu(y), 3.0, 0.0)

    assert [row.verdict for row in check.inputs] == ["fail", "kink"]
    assert check.primitives == [wrong]
