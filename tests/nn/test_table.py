"""CSV files of all kinds as inputs and targets."""

import os
import time

import pytest

from nn.data import mean_and_deviation
from nn.table import Columns, Feature, TableError, divide, read_table


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(content, name="t.csv"):
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_table(name)

    return make


PLAIN = ["a", "b", "y"], [["1.5", "2", "u"], ["-3", "4e1", "v"]]
SPELLINGS = {
    "commas": b"a,b,y\n1.5,2,u\n-3,4e1,v\n",
    "semicolons": b"a;b;y\n1.5;2;u\n-3;4e1;v\n",
    "tabs": b"a\tb\ty\n1.5\t2\tu\n-3\t4e1\tv\n",
    "windows": b"\xef\xbb\xbfa,b,y\r\n1.5,2,u\r\n-3,4e1,v\r\n",
    "old Mac": b"a,b,y\r1.5,2,u\r-3,4e1,v",
    "quotes": b'"a","b","y"\n"1.5","2","u"\n"-3","4e1","v"\n',
    "spaces": b"a, b , y\n 1.5, 2, u\n-3 ,4e1, v \n",
    "empty rows": b"\na,b,y\n\n1.5,2,u\n,,\n-3,4e1,v\n\n\n",
    "UTF-16": "a\tb\ty\n1.5\t2\tu\n-3\t4e1\tv\n".encode("utf-16"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_read_table_in_any_spelling(table, spelling):
    found = table(SPELLINGS[spelling])

    assert (found.names, found.rows) == PLAIN


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ('"a, in cm";"b, in cm";y\n1;2;u\n', ["a, in cm", "b, in cm", "y"]),
        ("a, in cm;b, in cm;y\n1;2;u\n", ["a, in cm", "b, in cm", "y"]),
        ('a,"b;c",y\n1,2,"x;y"\n', ["a", "b;c", "y"]),
        ('größe,"say ""hi""",y\n1,2,"two\nlines"\n', ["größe", 'say "hi"', "y"]),
    ],
)
def test_read_table_with_separators_in_names(table, content, names):
    assert table(content).names == names


def test_read_table_counts_rows_as_a_spreadsheet(table):
    assert table('a,y\n1,"two\nlines"\n\n2,u\n').places == [2, 4]


UNREADABLE = {
    "empty": ("", "has 0 rows: expected a row of names, and rows of cells"),
    "names alone": ("a,b\n", "has 1 row: expected a row of names"),
    "one column": ("a\n1\n", "has one column, 'a'"),
    "no names": (
        "5.1,3.5,u\n4.9,3,v\n",
        "has no row of names, but begins with 5.1, 3.5, u: add one, such as x1,x2,...,y",
    ),
    "two alike": ("a,b,a\n1,2,3\n", "columns 1 and 3 are both called 'a'"),
    "pandas": (",a,y\n0,1,2\n", "column 1 has no name: give it one, or delete it; pandas leaves out"),
    "ragged": ("a,y\n1,2\n1,2,3\n", "row 3: 3 cells, but 2 names in row 1: is there a comma in a number?"),
    "short": ("a;b;y\n1;2;3\n1;2\n", "row 3: 2 cells, but 3 names in row 1"),
    "title": (
        "My table,,\na,b,y\n1,2,3\n",
        "column 2 has no name: give it one, or delete it; the first row holds the names",
    ),
    "pipes": ("a|y\n1|2\n", "separated by commas, semicolons or tabs"),
    "latin": ("a,y\n1,2\n1,gr\xfcn\n".encode("latin-1"), "line 3: not UTF-8; save the table as CSV UTF-8"),
    "binary": (b"PK\x03\x04\0\0,\n,\0", "is not a text file"),
    "escapes": ("a,y\n1,\x1b[2J\n", "is not a text file"),
    "wide": (",".join([f"x{i}" for i in range(1001)]) + "\n1\n", "has 1001 columns; a net takes at most 1000"),
    "open quote": ('a,y\n1,"2\n3,4\n', "is not a table: unexpected end of data; is a quotation mark missing?"),
    "huge cell": ("a,y\n1," + "2" * 200_000, "is not a table: field larger than field limit"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_read_table_refuses(table, name):
    content, words = UNREADABLE[name]
    with pytest.raises(TableError) as caught:
        table(content)
    assert str(caught.value).startswith("t.csv")
    assert words in str(caught.value)


def test_read_table_names_the_nearest_file(table):
    table("a,y\n1,2\n", "flowers.csv")
    with pytest.raises(FileNotFoundError, match=r"there is no file 'flower.csv': did you mean flowers.csv\?"):
        read_table("flower.csv")
    with pytest.raises(FileNotFoundError, match=r"'rows.csv': is the folder right\?"):
        read_table("rows.csv")
    with pytest.raises(FileNotFoundError, match=r"'no/flower.csv': is the folder right\?"):
        read_table("no/flower.csv")


def test_read_table_blames_no_comma_for_a_footer(table):
    with pytest.raises(TableError, match=r"row 3: 1 cell, but 3 names in row 1$"):
        table("a,b,y\n1,2,3\nsource: me\n")


def test_read_table_never_waits_for_a_pipe(table, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(TableError, match="is not a regular file"):
        read_table("pipe.csv")


# --- Columns ---------------------------------------------------------------------------------------


def test_columns_standardize_by_the_training_rows(table):
    rows = table("size,color,y\n1,red,10\n3,blue,20\n11,red,60\n")
    columns = Columns.of(rows, "y", numeric=True)
    X, Y = columns.examples(rows)[:2], columns.targets(rows)[:2]
    columns = columns.standardized(X, Y)

    assert columns.inputs == ["size", "color=blue", "color=red"]
    assert columns.examples(rows) == [[-1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [9.0, 0.0, 1.0]]
    assert (columns.mean, columns.deviation) == mean_and_deviation([10.0, 20.0])
    assert columns.targets(rows) == [-1.0, 1.0, 9.0]
    assert Columns.from_dict(columns.as_dict()) == columns


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (["u", "v", "u"], ["u", "v"]),
        (["1", "0", "2.0"], ["0", "1", "2"]),
        (["10", "9", "-1"], ["-1", "9", "10"]),
        (["1.5", "2", "3"], []),
        ([str(i) for i in range(11)], []),
        (["True", "False"], ["False", "True"]),
    ],
)
def test_columns_tell_classes_from_numbers(table, cells, classes):
    rows = table("a,y\n" + "".join([f"1,{cell}\n" for cell in cells]))
    columns = Columns.of(rows, "y")

    assert columns.classes == classes
    if classes:
        assert [columns.classes[y] for y in columns.targets(rows)] == [cell.removesuffix(".0") for cell in cells]
    assert Columns.of(rows, "y", numeric=True).classes == ([] if cells[0][0].isdigit() else classes)


LEVELS = "".join([f"1,name{i},{i % 2}\n" for i in range(11)])
UNUSABLE = {
    "empty": (
        "a,y\n1,0\n,1\n,0\n",
        "row 3, column a: the cell is empty, and so are 2 of 3 rows in this column: fill in",
    ),
    "missing": ("a,y\n1,0\nNA,1\n", "row 3, column a: the cell is 'NA', and so is 1 of 2 rows"),
    "nan": ("a,y\nnan,0\n2,1\n", "row 2, column a: the cell is 'nan'"),
    "inf": ("a,y\n1,0\n2,1\ninf,0\n", "row 4, column a: 'inf'; the other cells are finite numbers"),
    "overflow": ("a,y\n1,0\n2,1\n1e999,0\n", "row 4, column a: '1e999'"),
    "typo": ("a,y\n1,0\n2,1\n3x,0\n", "row 4, column a: '3x'; the other cells"),
    "underscore": ("a,y\n1,0\n2,1\n1_000,0\n", "row 4, column a: '1_000'"),
    "decimal comma": ("a;y\n1,5;0\n2,5;1\n", "row 2, column a: '1,5'; write numbers as 1.5, not 1,5"),
    "commas in thousands": (
        'a,y\n"1,234,567",0\n"2,345,678",1\n',
        "write numbers as 1.5, not 1,5, and 2000, not 2,000",
    ),
    "units": (f"a,y\n{''.join([f'{i} %,{i % 2}' + chr(10) for i in range(11)])}", "without signs and units, as 1.5"),
    "thousands": ("a;y\n1;0\n2.000,5;1\n", "row 3, column a: '2.000,5'; write numbers as 1.5"),
    "names": (
        f"a,name,y\n{LEVELS}",
        "column name is text with 11 different values: name0, name1, name10 and 8 more; a net",
    ),
    "constant": ("a,y\n1,u\n2,u\n", "the target y is 'u' in every row"),
    "one row": ("a,y\n1,u\n", "the target y is 'u' in every row"),
    "no input": ("y,z\n1,2\n2,3\n", "has no column for inputs: only the target y is left"),
    "many classes": ("a,y\n" + "".join([f"1,c{i}\n" for i in range(51)]), "has 51 different texts in 51 rows"),
    "no target": ("a,y\n1,\n2,u\n", "row 2, column y: the cell is empty"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_columns_refuse(table, name):
    content, words = UNUSABLE[name]
    rows = table(content)
    with pytest.raises(TableError) as caught:
        Columns.of(rows, "y", ["z"])
    assert words in str(caught.value)


def test_columns_of_another_table(table):
    columns = Columns.of(table("a,color,y,id\n1,red,0,7\n2,blue,1,8\n"), "y", ["id"])

    assert columns.check(table("color,a,y\nred,1,0\n"))
    assert not columns.check(table("id,color,a\n1,red,1\n"))
    assert columns.examples(table("color,a\nred,5\n")) == [[5.0, 0.0, 1.0]]
    for content, words in {
        "a,y\n1,0\n": "t.csv lacks color; the net takes a, color",
        "a,color,b\n1,red,2\n": "t.csv has also b; the net takes a, color: leave that out with --drop b",
        "b,color\n1,red\n": "t.csv lacks a and has also b",
    }.items():
        with pytest.raises(TableError) as caught:
            columns.check(table(content))
        assert words in str(caught.value)
    for content, words in {
        "a,color\n1,red\n2,green\n": "row 3, column color: 'green' is none of blue, red",
        "a,color\nx,red\n": "row 2, column a: 'x' is not a number",
    }.items():
        with pytest.raises(TableError) as caught:
            columns.examples(table(content))
        assert words in str(caught.value)
    with pytest.raises(TableError, match="row 2, column y: no class is called '5'"):
        columns.targets(table("a,y\n1,5\n"))


def test_columns_of_a_net_stay(table):
    rows = table("a,b,y\n1,2,0\n,3,1\n")
    columns = Columns([Feature("a"), Feature("b")], "y")
    columns.check(rows)
    with pytest.raises(TableError, match=r"in this column: fill in the cells, or delete the rows$"):
        columns.examples(rows)
    with pytest.raises(TableError, match=r"t\.csv lacks a; the net takes a, b"):
        columns._replace(dropped=["a"]).check(rows)


def test_columns_refuse_what_overflows(table):
    rows = table("a,y\n9e307,1.5\n-9e307,2.5\n9e307,2.5\n-9e307,1.5\n9e307,0.5\n")
    columns = Columns.of(rows, "y")
    with pytest.raises(TableError, match="the numbers of column a are too large"):
        columns.standardized(columns.examples(rows), columns.targets(rows))


@pytest.mark.parametrize(("given", "name"), [("b", "b"), ("2", "b"), ("1", "1"), ("3", "1")])
def test_columns_by_name_or_number(table, given, name):
    assert table("a,b,1\n1,2,3\n").name_of(given, "--target") == name


def test_columns_by_a_wrong_name(table):
    with pytest.raises(
        TableError, match=r"no column 'specis' for --target: choose size, species; did you mean species\?"
    ):
        table("size,species\n1,u\n").name_of("specis", "--target")
    with pytest.raises(TableError, match="no column '3' for --target"):
        table("size,species\n1,u\n").name_of("3", "--target")


def test_divide_by_class_and_seed():
    Y = [0] * 50 + [1] * 10 + [2]
    train, test = divide(Y, 0.2, 0, True)

    assert sorted(train + test) == list(range(61))
    assert [sum(Y[i] == kind for i in test) for kind in range(3)] == [10, 2, 0]
    assert divide(Y, 0.2, 0, True) == (train, test) != divide(Y, 0.2, 1, True)
    assert len(divide([0.1 * i for i in range(10)], 0.25, 0, False)[1]) == 2
    assert divide(Y, 0.0, 0, True)[1] == []
    with pytest.raises(ValueError, match="the test share must be a number >= 0 and < 1, got 1"):
        divide(Y, 1, 0, True)


@pytest.mark.timed
def test_read_table_of_a_hundred_thousand_rows(table):
    content = "a,b,c,y\n" + "".join([f"{i},{i % 7}.5,{i % 3},{'uv'[i % 2]}\n" for i in range(100_000)])
    start = time.perf_counter()
    rows = table(content)
    columns = Columns.of(rows, "y")
    X = columns.examples(rows)
    seconds = time.perf_counter() - start

    assert len(X) == 100_000
    assert seconds < 20.0  # 1 s on an idle machine
