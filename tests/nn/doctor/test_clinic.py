"""Broken trainings: the doctor names the cause first, and the cure works. About healthy ones the doctor is silent."""

import re
import tomllib
from pathlib import Path

import nbformat
import pytest

import nn
from autodiff import Value
from nn.cli.presets import PRESETS, Trial
from nn.doctor import Finding
from nn.doctor.clinic import ILLNESSES, PATIENTS, Patient, patient
from tests.support.notebook_runner import NOTEBOOKS, code_cells, read, texts

DATA = Path(__file__).parents[2] / "data"
QUICK = 16  # healthy trainings of the default run
LEARNED = 0.85
TWO_OUTPUTS = 'X, Y = truth_table("and")\nmodel = MLP(2, [2], output="softmax", initializer="zeros")'


def read_table(name):
    return tomllib.loads((DATA / f"{name}_trainings.toml").read_text(encoding="utf-8"))


BROKEN = {
    f"{kind} {i}": ([kind, *row.get("or", [])], row["code"])
    for kind, rows in read_table("broken").items()
    for i, row in enumerate(rows)
}
HEALTHY = read_table("healthy")


def each(table, quick):
    """A test's parameter ``name`` for each entry, slow but for those that are quick."""
    rows = [pytest.param(name, marks=[] if quick(i, name) else pytest.mark.slow) for i, name in enumerate(table)]
    return pytest.mark.parametrize("name", rows)


def knowledge(model, X, Y, loss):
    """The share of right answers or, for numeric targets, of the variance that the net explains."""
    mean, accuracy = nn.evaluate(model, X, Y, loss)
    if accuracy == accuracy:
        return accuracy
    rows = [y if isinstance(y, list) else [y] for y in Y]
    constant = [Value(sum(column) / len(rows)) for column in zip(*rows)]
    return 1.0 - mean / nn.evaluate(lambda x: constant, [[0.0]] * len(rows), rows, loss)[0]


def assert_named(case):
    """The cause comes first, among three findings at most."""
    found = case.diagnose()
    assert found, case.code
    assert found[0].kind in case.causes, found
    assert len(found) <= 3
    return found[0]


def assert_cured(case, finding):
    """The cure, pasted below the student's code, trains a net that learns what the sick one does not."""
    given = {name: case.space[name] for name in ("model", "X", "Y", "loss")}
    space = {tool: getattr(nn, tool) for tool in nn.__all__} | given
    if not finding.cure:
        assert "There is no code to run" in str(finding.demo())
        return
    exec(finding.cure, space)
    net, loss = space["model"], space["history"].arguments["loss"]
    test = case.space.get("test") or (case.history and case.history.arguments["validation_data"])
    if finding.kind == "overfitting":
        assert nn.evaluate(net, *test, loss)[0] < 0.8 * nn.evaluate(case.model, *test, loss)[0]
    elif finding.kind == "rare class":
        rows = [row for row in zip(case.X, case.Y) if row[1] == min(case.Y, key=case.Y.count)]
        assert nn.evaluate(net, *zip(*rows), loss)[1] > nn.evaluate(case.model, *zip(*rows), loss)[1] + 0.3
    else:
        assert knowledge(net, space["X"], space["Y"], loss) > LEARNED


@pytest.mark.parametrize("name", PATIENTS)
def test_diagnose_patients_cause_and_cure(name):
    case = patient(name)
    assert_cured(case, assert_named(case))


@each(PATIENTS, lambda i, name: i < 3)
def test_demo_cured_patient_learns(name):
    """The proof: the sick net is not changed, and a cured one does better."""
    case = patient(name)
    before = [p.data for p in case.model.parameters()]
    finding = assert_named(case)
    shown = finding.demo()

    assert str(shown).startswith(finding.kind)
    assert repr([p.data for p in case.model.parameters()]) == repr(before)
    if shown.cured:
        assert shown.cured.explained > LEARNED or finding.kind == "rare class"
        better = shown.cured.explained > shown.sick.explained or shown.cured.loss < 0.5 * shown.sick.loss
        assert better or finding.kind in ("overfitting", "rare class")


@pytest.mark.parametrize("name", [name for name in BROKEN if name.endswith(" 0")])
def test_diagnose_broken_trainings(name):
    causes, code = BROKEN[name]
    assert_named(Patient(name, "", causes, code))


@pytest.mark.slow
@pytest.mark.parametrize("name", BROKEN)
def test_diagnose_broken_trainings_cause_and_cure(name):
    causes, code = BROKEN[name]
    case = Patient(name, "", causes, code)
    assert_cured(case, assert_named(case))


@each(HEALTHY, lambda i, name: i < QUICK)
def test_diagnose_healthy_trainings(name):
    assert Patient(name, "", [], HEALTHY[name]).diagnose() == []


@each(PRESETS, lambda i, name: i < 4)
def test_diagnose_presets(name):
    pytest.importorskip("sklearn") if name in ("iris", "digits") else None
    trial = Trial(PRESETS[name])
    history = trial.train(progress=False)

    assert nn.diagnose(trial.model, trial.X, trial.Y, trial.loss, history=history) == []


# --- The game ------------------------------------------------------------------------------------


def test_clinic_knows_all_illnesses():
    """Each kind of finding has a sign, each cause is a kind, and each illness but a few has a patient."""
    kinds = set(ILLNESSES)
    causes = {kind for row in PATIENTS.values() for kind in row["causes"]}
    described = " ".join(Finding.__doc__.split())

    assert all(f'"{kind}"' in described for kind in kinds)
    assert set(read_table("broken")) | causes == kinds
    assert {illness.place for illness in ILLNESSES.values()} == {"data", "set-up", "units", "run"}
    assert all(illness.sign.endswith(".") for illness in ILLNESSES.values())


def test_patients_offer_choices():
    for name, row in PATIENTS.items():
        first, second = [Patient(name, "", row["causes"], TWO_OUTPUTS).choices for _ in range(2)]

        assert len(set(first)) == 5
        assert first == second == sorted(first)
        assert set(first) & set(row["causes"]) == {row["causes"][0]}


def unwrap(text):
    assert max(map(len, text.splitlines())) <= 80
    return " ".join(text.split())


def test_guess_open_and_right():
    case = patient("the flat curve")

    assert unwrap(case.guess(None)) == f"Still open. Is it {', '.join(case.choices[:-1])} or {case.choices[-1]}?"
    assert case.ask_doctor() == "The doctor waits for your guess."
    assert unwrap(case.guess("no bias")).startswith("Yes, no bias. Without a bias, every weighted sum is 0")
    assert case.ask_doctor().startswith("3 of 4 examples right")
    assert "cured:" in case.ask_doctor()


def test_guess_wrong_gets_hints():
    case = patient("the flat curve")
    replies = [unwrap(case.guess(kind)) for kind in ("rate too small", "dead units", "overfitting", "rare class")]

    assert replies[0].startswith("Not rate too small, which you recognize like this: The loss falls in a straight line")
    assert replies[0].endswith("The cause is in the set-up, too.")
    assert replies[1].endswith("Look at the set-up.")
    assert replies[2].endswith("Or ask the doctor.")
    assert replies[3].endswith("Or ask the doctor.")
    assert not any("no bias" in reply for reply in replies)
    assert "no bias: " in case.ask_doctor()


def test_guess_a_consequence():
    case = patient("the near island")
    consequences = case.diagnose().kinds[1:]

    assert consequences
    assert (
        unwrap(case.guess(consequences[0]))
        == f"You see something, but {consequences[0]} is a consequence here. What causes it?"
    )


def test_answers_show_rows():
    assert patient("the single neuron").answers(2) == "[0.0, 0.0] -> 0.5, target 0\n[0.0, 1.0] -> 0.5, target 1"
    assert "-> [0.5, 0.5], target 0" in Patient("two", "", [], TWO_OUTPUTS).answers()


@pytest.mark.parametrize("call", [lambda: patient("the flat curv"), lambda: patient("the rocket").guess("no bais")])
def test_clinic_suggests_names(call):
    with pytest.raises(ValueError, match=r"did you mean (the flat curve|no bias)\?"):
        call()


def test_notebook_gives_nothing_away():
    """Before the reader guesses, stored outputs have stories and pictures, but neither cause nor cure."""
    cells = code_cells(read(NOTEBOOKS / "03-clinic.ipynb"))
    _, *others = [cell.source.split('"')[1] for cell in cells if "= patient(" in cell.source]
    printed = " ".join("".join(texts(nbformat.v4.new_notebook(cells=cells[3:]))).split())

    assert len(others) == 11
    assert printed.count("Still open. Is it ") == printed.count("The doctor waits for your guess.") == 11
    assert all(PATIENTS[name]["story"] in printed for name in others)
    assert not re.search("cured|Yes, |Not |fit\\(", printed)
