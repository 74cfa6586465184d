"""The grader: python -m autodiff --grade runs notebooks, also hostile ones, and reports their checks."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from autodiff.__main__ import main
from autodiff.workshop.grade import grade, read_notebook

NOTEBOOK = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}'
ENGINE = """
from autodiff.workshop import check, reports, start
class Value:
    def __init__(self, data, operands=(), gate="", local=()):
        self.data, self.operands, self.gate, self.local, self.grad = data, operands, gate, local, 0.0
    def __repr__(self):
        return f"Value({self.data})"
    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), "+")
    __radd__ = __add__
"""  # of step 1, without __mul__


def write(path, *sources, heading=""):
    """A notebook of code cells, after a cell of text with a heading."""
    cells = [{"cell_type": "markdown", "source": [heading]}] if heading else []
    cells += [{"cell_type": "code", "source": source, "outputs": []} for source in sources]
    path.write_text(json.dumps({**json.loads(NOTEBOOK), "cells": cells}), encoding="utf-8")
    return str(path)


@pytest.fixture
def graded(tmp_path):
    """Grade a notebook of these cells."""

    def call(*sources, limit=30.0, **more):
        return grade(write(tmp_path / "n.ipynb", *sources, **more), limit)

    return call


def test_score_and_findings(graded):
    result = graded(ENGINE, "check(1, Value)")
    assert (result["score"], result["of"], result["errors"]) == (3, 6, [])
    (step,) = result["steps"]
    assert (step["step"], step["title"], step["passed"], step["of"]) == (1, "numbers that remember", 3, 6)
    assert step["findings"][2:4] == ["\u2713 x + y", "\u25cb x * y: still open: __mul__"]
    assert 0 < result["seconds"] < 30


def test_check_that_is_not_reached(graded):
    """It counts, with nothing passed; so does the step in the heading of a notebook whose check was deleted."""
    (step,) = graded("import os; os._exit(0)", "check(3, Value)")["steps"]
    assert (step["step"], step["title"], step["passed"], step["of"]) == (3, "the order", 0, 6)
    assert step["findings"] == [
        "\u2717 check(3, ...) did not run: its cell is missing, or an earlier cell ended the program"
    ]
    assert [step["of"] for step in graded("x = 1", heading="# 3. The order")["steps"]] == [6]


def test_last_check_of_a_step_counts(graded):
    better = "check(1, Value); reports[-1].passed = 5"
    assert graded(ENGINE, "check(1, Value)", better)["score"] == 5


def test_cells_run_on_after_an_error(graded):
    result = graded(
        ENGINE, "a = 1\nb = a / 0", "def f(:", "import sys; sys.exit(3)", "raise KeyboardInterrupt", "check(1, Value)"
    )
    assert result["score"] == 3
    assert result["errors"] == [
        "cell 2, line 2: ZeroDivisionError: division by zero",
        "cell 3, line 1: SyntaxError: invalid syntax",
        "cell 4, line 1: SystemExit: 3",
        "cell 5, line 1: KeyboardInterrupt",
    ]


def test_error_names_the_line_of_its_cell(graded):
    broken = "class Odd(Exception):\n    def __str__(self): raise ValueError\n\nraise Odd"
    errors = graded("def f(x):\n    return x.y", "\n\nf(3)", broken)["errors"]
    assert errors[0] == "cell 2, line 3: AttributeError: 'int' object has no attribute 'y'"
    assert errors[1].startswith("cell 3, line 4: Odd")


def test_ipython_lines_are_left_out(graded):
    result = graded(
        ENGINE,
        "%matplotlib inline\n!pip install x\nx?\nfor i in [1]:\n    %time\ntext = '''\n% kept\n'''",
        "files = !ls\n%time timed = 5\nassert (files, timed) == (None, 5)",
        "%%bash\nrm -rf y",
        "%%time\nassert '% kept' in text; done = 1",
        "%%writefile mine.py\nnumber = 5",
        "import mine; assert mine.number + done == 6; display(mine); input",
        "get_ipython()",
        "check(1, Value)",
    )
    assert result["errors"] == ["cell 8, line 1: NameError: name 'get_ipython' is not defined"]


def test_runs_in_a_folder_of_its_own(graded, tmp_path):
    (tmp_path / "my_value.py").write_text("kept = 7", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("", encoding="utf-8")
    look = "import my_value, os\nassert my_value.kept == 7\nassert os.listdir() == ['my_value.py']\n"
    result = graded(f"{look}open('my_value.py', 'w').close()")
    assert result["errors"] == []
    assert (tmp_path / "my_value.py").read_text(encoding="utf-8") == "kept = 7"


def test_feedback_of_exercises(graded):
    cell = 'from autodiff.quiz import exercise\ne = exercise("D.1")\ne.feedback({})'
    (heard,) = graded(cell)["exercises"]
    assert heard["exercise"] == "D.1"
    assert "still open" in heard["feedback"]


ENGINEBORN = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
CLOSING = "import os, sys; sys.stdout.close(); os.closerange(0, 99)\n1 / 0"
THREAD = "import threading, time; threading.Thread(target=time.sleep, args=(99,)).start()\n1 / 0"
HOSTILE = {  # cells that end or disturb the run, and what is said about them
    "os._exit": ("import os; os._exit(5)", "cell 2 ended the program with status 5"),
    "loop": ("while True: pass", "cell 2 was still running after 4 seconds"),
    "stubborn loop": (ENGINEBORN, "cell 2 was still running"),
    "sleep": ("import time; time.sleep(99)", "cell 2 was still running"),
    "stdin": ("input()", "cell 2, line 1: EOFError: EOF when reading a line"),
    "recursion": ("def f(): f()\nf()", "cell 2, line 1: RecursionError"),
    "memory": ("x = 'a' * (1 << 60)", "cell 2, line 1: MemoryError"),
    "strange error": ("class E(BaseException): pass\nraise E('a\\nb' * 999)", "cell 2, line 2: E: a b"),
    "closed files": (CLOSING, "cell 2, line 2: ZeroDivision"),
    "thread": (THREAD, "cell 2, line 2"),
    "moved away": ("import os, tempfile; os.chdir(tempfile.gettempdir())\n1 / 0", "cell 2, line 2: ZeroDivision"),
    "reports gone": ("reports.clear()\n1 / 0", "cell 2, line 2: ZeroDivision"),
}  # fmt: skip


@pytest.mark.parametrize(("cell", "said"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_cell(graded, cell, said):
    start = time.monotonic()
    result = graded(ENGINE, cell, limit=4.0)
    assert result["errors"][0].startswith(said), result
    assert len(result["errors"][0]) <= 300
    assert time.monotonic() - start < 30


def test_large_output_is_not_kept(graded):
    result = graded("for _ in range(200): print('x' * 1_000_000)", "import sys; print('y' * 10**8, file=sys.stderr)")
    assert result["errors"] == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_processes_end(graded, tmp_path):
    """A copy of the runner reports nothing, and none outlives the run."""
    pids = tmp_path / "pids"
    wait = f"import os, time\nif not os.fork():\n    open({str(pids)!r}, 'w').write(str(os.getpid())); time.sleep(99)"
    result = graded(ENGINE, "import os; os.fork()", wait, "import time; time.sleep(0.5)", "check(1, Value)")
    assert (result["score"], result["of"], result["errors"]) == (3, 6, [])
    deadline = time.monotonic() + 10
    while alive(int(pids.read_text(encoding="utf-8"))):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs groups of processes")
def test_kill_of_the_own_group(graded):
    result = graded(ENGINE, "import os, signal; os.killpg(0, signal.SIGKILL)")
    assert result["errors"][0].startswith("cell 2 ended the program with status -9")


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_interrupt_ends_the_run(tmp_path):
    pid = tmp_path / "pid"
    path = write(
        tmp_path / "n.ipynb", f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(99)"
    )
    command = [sys.executable, "-m", "autodiff", "--grade", path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        threading.Timer(60, process.kill).start()
        while not (pid.exists() and pid.read_text(encoding="utf-8")):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=60)
    assert (process.returncode, messages) == (130, b"")
    assert not alive(int(pid.read_text(encoding="utf-8")))


BAD = {  # what is no notebook, and the error
    "missing": (None, "there is no notebook"),
    "empty": (b"", "is not a notebook"),
    "broken": (b'{"cells": [', "is not a notebook"),
    "binary": (bytes(range(256)), "is not a notebook"),
    "list": (b"[1, 2]", "is not a notebook"),
    "cells": (b'{"cells": 3}', "is not a notebook"),
    "kind": (b'{"cells": [{"source": ""}]}', "is not a notebook"),
    "source": (b'{"cells": [{"cell_type": "code", "source": [1]}]}', "is not a notebook"),
    "deep": (b"[" * 100_000, "is not a notebook"),
}


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD)
def test_bad_file_is_refused(tmp_path, capsys, content, said):
    path = tmp_path / "n.ipynb"
    if content is not None:
        path.write_bytes(content)
    assert main(["--grade", str(path)]) == 2
    out, messages = capsys.readouterr()
    assert out == ""
    assert said in messages
    assert messages.count("\n") == 1


def test_folder_is_refused(tmp_path, capsys):
    assert main(["--grade", str(tmp_path)]) == 2
    assert "is a folder: name its notebooks" in capsys.readouterr().err


def test_one_report(tmp_path, capsys):
    path, report = write(tmp_path / "3.ipynb", ENGINE, "1/0", "check(1, Value)"), tmp_path / "report.json"
    assert main(["--grade", path, "-o", str(report)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{path}: 3 of 6 (")
    assert (lines[1], lines[4]) == ("  Step 1, numbers that remember: 3 of 6.", "    \u2713 x + y")
    assert lines[8:] == ["  cell 2, line 1: ZeroDivisionError: division by zero"]
    data = json.loads(report.read_text(encoding="utf-8"))
    assert (data["notebook"], data["score"], data["of"]) == (path, 3, 6)


def test_several_reports(tmp_path, capsys):
    """A table, a list in the file, and status 2 if one cannot be read."""
    paths = [write(tmp_path / f"{name}.ipynb", ENGINE, "check(1, Value)") for name in ("a", "b")]
    assert main(["--grade", *paths, "-o", "-"]) == 0
    assert [data["notebook"] for data in json.loads(capsys.readouterr().out)] == paths
    assert main(["--grade", *paths, str(tmp_path / "c.ipynb")]) == 2
    out, messages = capsys.readouterr()
    assert out.splitlines()[-2:] == [f"3 of 6  1: 3/6    {path}" for path in paths]
    assert messages == f"there is no notebook {tmp_path / 'c.ipynb'}\n"


def test_nothing_to_check(tmp_path, capsys):
    assert main(["--grade", write(tmp_path / "n.ipynb", "1 + 1")]) == 0
    assert "no cell called check(...)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--limit", "5", "x", "x=1"], "leave out --limit"),
        (["--grade", "n.ipynb", "--digits", "2"], "leave out --digits"),
        (["--grade", "n.ipynb", "-o", "report.txt"], "cannot save 'report.txt'"),
    ],
)
def test_options_of_the_grader(capsys, options, said):
    assert main(options) == 2
    assert said in capsys.readouterr().err


def test_steps_of_a_notebook(tmp_path):
    """By its checks, or else by its heading."""
    checks = write(tmp_path / "a.ipynb", "x = 1\nreport = check(3, Value)", "check(1, Value)\n# check(7, x)")
    heading = write(tmp_path / "b.ipynb", "x = 1", heading="# 4 Adding up\n\n# 5")
    assert read_notebook(checks)[1] == [1, 3]
    assert read_notebook(heading)[1] == [4]
    assert read_notebook(write(tmp_path / "c.ipynb", "x = 1", heading="# XOR"))[1] == []
