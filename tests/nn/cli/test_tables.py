"""python -m nn with a table of one's own, and with a saved net."""

import csv
import json
import random
import re
import shlex
from pathlib import Path

import pytest

import nn
from nn.__main__ import main
from nn.cli import presets
from nn.cli.presets import PRESETS, SETTINGS, Trial
from nn.cli.tables import read_about
from nn.training import load_history

KINDS = ["setosa", "versicolor", "virginica"]


def run(capsys, *arguments, status=0):
    assert main(arguments) == status
    return capsys.readouterr().out


def refusal(capsys, *arguments):
    assert main(arguments) == 2
    output, error = capsys.readouterr()
    assert output == ""
    assert error.startswith("python -m nn: ")
    return error


def write(name, names, rows, **dialect):
    with open(name, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, **dialect).writerows([names, *rows])


@pytest.fixture(autouse=True)
def tables(tmp_path, monkeypatch):
    """A folder with flowers.csv (three classes), moons.csv (two), and houses.csv (numbers and text)."""
    monkeypatch.chdir(tmp_path)
    X, Y = nn.blobs(60, spread=0.3)
    write("flowers.csv", ["length", "petal width", "species"], [[*x, KINDS[y]] for x, y in zip(X, Y)])
    X, Y = nn.moons(60)
    write("moons.csv", ["a", "b", "c", "y"], [[*x, i, y] for i, (x, y) in enumerate(zip(X, Y))])
    draw, rows = random.Random(0), []
    for _ in range(60):
        size, heating = draw.uniform(40, 200), draw.choice(["gas", "oil"])
        rows.append([round(size, 1), heating, round(2000 * size + 40000 * (heating == "oil") + draw.gauss(0, 9000))])
    write("houses.csv", ["size", "heating", "price"], rows, delimiter=";")
    return tmp_path


def test_table_of_classes_learns_and_reports(capsys):
    text = run(capsys, "flowers.csv", "--target", "species")

    assert text.startswith("target species: 3 classes: setosa, versicolor, virginica\n2 numbers standardized by the tr")
    assert "flowers.csv: MLP(2-8-3, tanh, softmax, 51 parameters), seed 0\n48 examples, 12 more to test; cross"
    assert re.search(r"^end .* accuracy 1.000, test accuracy 1.000$", text, re.MULTILINE)
    assert re.search(r"  \. setosa, # versicolor, o virginica; length from -?\d.*, petal width from -2.\d* to 2", text)
    assert "  setosa: 4 of 4 test examples right\n" in text
    assert "  python -m nn flowers.csv --target species --hidden 2 " in text
    text.encode("ascii")


def test_table_of_two_classes(capsys):
    text = run(capsys, "moons.csv", "--target", "4", "--drop", "c", "--test", "0")

    assert "target y: 2 classes: 0, 1 (at most 10 different whole numbers; for regression add --loss mse)\n" in text
    assert "MLP(2-8-1, tanh, sigmoid, 33 parameters), seed 0\n60 examples; binary cross entropy" in text
    assert "test" not in text.partition("\nend ")[2].partition("what to try")[0]
    assert re.search(r"  1: (29|30) of 30 training examples right", text)
    assert "  python -m nn moons.csv --target 4 --drop c --test 0.0 --hidden 2 " in text


def test_table_of_numbers(capsys):
    text = run(capsys, "houses.csv", "--target", "price", "--diagnose")

    assert re.match(r"target price: numbers around \d\.\d+e\+05, standard deviation \d.*: regression\n", text)
    assert "text in heating, an input for each value: gas, oil\n" in text
    assert "MLP(3-8-1, tanh, linear, 41 parameters)" in text
    assert re.search(r"^end    loss 0\.0\d+, R2 0\.9\d+, test R2 0\.9\d+$", text, re.MULTILINE)
    error, spread = re.search(r"error of price: (\S+) for training.*\n.*, has (\S+): R2 is 0 for that", text).groups()
    assert 4000 < float(error) < 0.3 * float(spread)
    assert "the doctor says\n  loss 0.0" in text


def test_table_whole_numbers_as_numbers(capsys):
    text = run(capsys, "moons.csv", "--target", "y", "--loss", "mse", "--epochs", "3")

    assert "regression" in text
    assert "MLP(3-8-1, tanh, linear" in text


def test_table_of_numbers_without_test_rows(capsys):
    text = run(capsys, "houses.csv", "--target", "price", "--test", "0", "--epochs", "3")

    assert re.search(r"root mean squared error of price: \S+ for training rows\nalways", text)


def test_table_of_many_rows_is_measured_by_flat_code(monkeypatch):
    X, Y = nn.moons(60)
    trials = [Trial(PRESETS["moons"]._replace(examples=lambda: (X, Y))) for _ in range(2)]
    expected = trials[0].measure()
    monkeypatch.setattr(presets, "MANY", 1)

    assert [row == pytest.approx(other, rel=1e-12) for row, other in zip(trials[1].measure(), expected)] == [True] * 45
    assert trials[1].decisions(test=True) == trials[0].decisions(test=True)


def test_table_suggestions_work(capsys):
    suggested = re.findall(
        r"  python -m nn (.*?)  ", run(capsys, "flowers.csv", "--target", "species", "--epochs", "4")
    )

    assert len(suggested) == 3
    for line in suggested:
        run(capsys, *line.split(), "--epochs", "2")


def test_table_drops_names_with_commas_and_spaces(capsys):
    write("sizes.csv", ["size, in cm", "first name", "y"], [[i, f"name{i}", i % 2] for i in range(12)])
    advice = re.search(r"--drop .*", refusal(capsys, "sizes.csv", "--target", "y"))[0]
    text = run(capsys, "sizes.csv", "--target", "y", *shlex.split(advice), "--epochs", "1", "--save", "net.json")

    assert "sizes.csv --target y --drop 'first name' --hidden 2" in text
    run(capsys, "net.json", "--predict", "sizes.csv", "-o", "out.csv")
    write("more.csv", ["size, in cm", "a, b", "c"], [[1, 2, 3]])
    advice = re.search(r"--drop .*", refusal(capsys, "net.json", "--predict", "more.csv"))[0]
    assert run(capsys, "net.json", "--predict", "more.csv", *shlex.split(advice))


def test_table_from_many_starts(capsys):
    text = run(capsys, "flowers.csv", "--target", "species", "--seeds", "3", "--epochs", "60")

    assert text.endswith("3 of 3 runs of flowers.csv succeed\n")


def test_table_splits_by_seed_and_class(capsys):
    first = run(capsys, "flowers.csv", "--target", "species", "--test", "0.5", "--epochs", "3")
    again = run(capsys, "flowers.csv", "--target", "species", "--test", "0.5", "--epochs", "3")
    other = run(capsys, "flowers.csv", "--target", "species", "--test", "0.5", "--epochs", "3", "--seed", "1")

    assert first == again != other
    assert first.count(" of 10 test examples right") == 3


def test_table_with_few_rows_trains_on_all(capsys):
    write("xor.csv", ["a", "b", "y"], [[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]])
    text = run(capsys, "xor.csv", "--target", "y")

    assert "4 examples; binary cross entropy" in text
    assert "accuracy 1.000\n" in text


def test_table_notes_a_constant_column(capsys):
    write("t.csv", ["a", "b", "y"], [[i, 5, "uv"[i % 2]] for i in range(8)])

    assert "note: b is the same in every row and tells the net nothing\n" in run(capsys, "t.csv", "--target", "y")


def test_table_in_files(capsys):
    options = ["--plot", "f.svg", "--page", "f.html", "--epochs", "3"]
    text = run(capsys, "flowers.csv", "--target", "species", *options)
    page = Path("f.html").read_text(encoding="utf-8")

    assert "open f.html in a browser" in text
    assert '"features":["length","petal width"]' in page.replace(": ", ":").replace(", ", ",")
    assert "virginica" in page
    assert "<svg" in Path("f.svg").read_text(encoding="utf-8")
    run(capsys, "houses.csv", "--target", "price", "--plot", "h.svg", "--page", "h.html", "--epochs", "3")


def test_task_comes_before_a_file_of_its_name(capsys):
    write("xor", ["a", "y"], [[1, 2]])

    assert run(capsys, "xor", "--epochs", "1").startswith("xor: MLP(2-4-1")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            "flowers.csv",
            "flowers.csv has the columns length, petal width, species; say which one to predict: python -m",
        ),
        ("flower.csv --target y", "there is no file 'flower.csv': did you mean flowers.csv?"),
        ("flowers.csv --target specie", "no column 'specie' for --target: choose length, petal width, species; did"),
        ("flowers.csv --target species --drop x", "no column 'x' for --drop"),
        ("flowers.csv --target species --drop 3", "the target species is dropped"),
        ("flowers.csv --target species --test 1", "the test share must be a number >= 0 and < 1, got 1.0"),
        (
            "houses.csv --target price --loss hinge",
            "hinge needs classes: choose --loss squared_error, mean_squared_error",
        ),
        ("flowers.csv --target species --predict x.csv", "only a saved net, net.json, predicts: leave out --predict"),
        ("xor --target y", "only a table has columns and rows: leave out --target"),
        ("flowers.cvs", "there is no file 'flowers.cvs': did you mean flowers.csv?"),
        ("flowers --target species", "there is no file 'flowers': did you mean flowers.csv?"),
        ("flower.json --predict new.csv", "there is no file 'flower.json': did you mean flowers.csv?"),
        ("xor --save net.txt", "cannot save 'net.txt': unknown extension '.txt'; write one of .json"),
        ("xor -o out.csv", "only a saved net, net.json, predicts: leave out -o"),
        ("none.json", "none.json"),
    ],
)
def test_table_refusals_in_a_line(capsys, arguments, words):
    assert words in refusal(capsys, *arguments.split())


# --- Saved nets ------------------------------------------------------------------------------------


@pytest.fixture
def saved(capsys):
    run(capsys, "flowers.csv", "--target", "species", "--save", "net.json")
    return "net.json"


def test_net_predicts_columns_in_any_order(capsys, saved):
    rows = [row.split(",") for row in Path("flowers.csv").read_text(encoding="utf-8").splitlines()[1:]]
    write("new.csv", ["petal width", "length"], [[b, a] for a, b, _ in rows[:30]], delimiter=";")
    text = run(capsys, saved, "--predict", "new.csv")
    lines = text.splitlines()

    assert lines[0].split() == ["row", "predicted", "species", *[f"P({kind})" for kind in KINDS]]
    assert [line.split()[1] for line in lines[1:21]] == [row[2] for row in rows[:20]]
    assert [line.split()[0] for line in lines[1:21]] == [str(i) for i in range(2, 22)]
    assert lines[21:] == ["and 10 more: add -o out.csv"]
    for line in lines[1:21]:
        assert sum(map(float, line.split()[2:])) == pytest.approx(1.0, abs=1e-3)


def test_net_predicts_beside_an_empty_target(capsys, saved):
    for names, cells, more in ((["species"], [""], []), (["species", "id"], ["?", 7], ["--drop", "species,id"])):
        write("new.csv", ["length", "petal width", *names], [[2.0, 0.1, *cells]])
        text = run(capsys, saved, "--predict", "new.csv", *more)

        assert text.splitlines()[1].split()[:2] == ["2", "setosa"]
        assert "accuracy" not in text


def test_net_predicts_from_one_column(capsys):
    write("line.csv", ["x", "y"], [[i, 3 * i + 0.5] for i in range(12)])
    write("new.csv", ["x"], [[3], [4]])
    run(capsys, "line.csv", "--target", "y", "--epochs", "2", "--save", "net.json")

    assert len(run(capsys, "net.json", "--predict", "new.csv").splitlines()) == 3


def test_net_predicts_into_a_table(capsys, saved):
    text = run(capsys, saved, "--predict", "flowers.csv", "-o", "out.csv")

    assert text == "accuracy 1.000: 60 of 60 rows right\n60 predictions written to out.csv\n"
    with open("out.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 60
    assert all(row["predicted species"] == row["species"] for row in rows)
    assert run(capsys, saved, "--predict", "flowers.csv", "-o", "-") == Path("out.csv").read_text(encoding="utf-8")


def test_net_predicts_numbers_in_their_units(capsys):
    run(capsys, "houses.csv", "--target", "price", "--save", "net.json")
    text = run(capsys, "net.json", "--predict", "houses.csv", "-o", "out.csv")

    assert float(re.match(r"root mean squared error (\S+)\n", text)[1]) < 20_000
    with open("out.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            assert abs(float(row["predicted price"]) - float(row["price"])) < 60_000


def test_net_of_two_classes_by_any_loss(capsys):
    for loss, names in (("hinge", ["predicted y"]), ("bce", ["predicted y", "P(0)", "P(1)"]), ("mse", ["predicted y"])):
        run(capsys, "moons.csv", "--target", "y", "--loss", loss, "--save", "net.json")
        run(capsys, "net.json", "--predict", "moons.csv", "-o", "out.csv")
        with open("out.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [*rows[0]][4:] == names
        assert sum([abs(float(row["predicted y"]) - float(row["y"])) < 0.5 for row in rows]) >= 57


def test_net_goes_on_as_if_it_had_never_stopped(capsys):
    for task in (["flowers.csv", "--target", "species"], ["xor"]):
        run(capsys, *task, "--epochs", "14", "--runner", "source", "--save", "whole.json")
        run(capsys, *task, "--epochs", "9", "--runner", "source", "--save", "part.json")
        text = run(capsys, "part.json", "--epochs", "5", "--runner", "source", "--save", "part.json")
        whole, part = nn.load("whole.json"), nn.load("part.json")

        assert text.startswith(f"going on with part.json after 9 epochs\n{task[0]}: MLP(2-")
        assert part.state_dict() == whole.state_dict()
        assert load_history("part.json", part).loss == load_history("whole.json", whole).loss


def test_net_keeps_its_settings(capsys):
    options = (
        "--hidden 3 --activation relu --optimizer momentum --learning-rate 0.03 --epochs 2 --batch-size 5 --seed 4"
    )
    run(capsys, "flowers.csv", "--target", "species", "--test", "0.3", *options.split(), "--save", "net.json")
    text = run(capsys, "net.json", "--epochs", "3")

    assert {*read_about("net.json")["settings"]} == {*SETTINGS}
    assert (
        "MLP(2-3-3, relu, softmax, 21 parameters), seed 4\n42 examples, 18 more to test; cross entropy, momentum"
        in text
    )
    assert "with learning rate 0.03,\n3 epochs of 9 updates" in text
    assert "net.json is as before; --save writes a net to a file" in text


def test_net_says_what_it_is(capsys, saved):
    text = run(capsys, saved)

    assert text.startswith("net.json: MLP(2-8-3, tanh, softmax, 51 parameters), trained on flowers.csv\nHistory(")
    assert "to go on: python -m nn net.json --epochs 100\n" in text
    assert "to predict species from length, petal width: python -m nn net.json --predict new.csv -o out.csv\n" in text


def test_net_refusals_in_a_line(capsys, saved):
    write("less.csv", ["length"], [[1]])
    write("other.csv", ["length", "x"], [[1, 2]])
    run(capsys, "xor", "--epochs", "2", "--save", "xor.json")
    nn.save(nn.MLP(2, [1], seed=0), "plain.json")
    contents = json.loads(Path(saved).read_text(encoding="utf-8"))
    contents["about"]["seed"] = 7
    with open("damaged.json", "w", encoding="utf-8") as file:
        json.dump(contents, file)
    for arguments, words in {
        "net.json --predict other.csv": "other.csv lacks petal width and has also x; the net takes length, petal width",
        "net.json --predict less.csv": "less.csv has one column",
        "net.json --predict net.csv": "there is no file 'net.csv'",
        "net.json --predict flowers.csv --hidden 3": "--predict does not train: leave out --hidden",
        "net.json --epochs 3 --hidden 3": "a saved net goes on with its own settings: leave out --hidden",
        "net.json --save x.json": "to train it for 100 epochs more, add --epochs 100, or leave out --save",
        "net.json --epochs 0": "epochs must be a positive integer",
        "xor.json --predict flowers.csv": "xor.json was trained on xor, not on a table: use nn.load and nn.predict",
        "plain.json": "plain.json was not written by python -m nn: use nn.load",
        "damaged.json": "damaged.json is damaged: its checksum does not match",
    }.items():
        assert words in refusal(capsys, *arguments.split())
