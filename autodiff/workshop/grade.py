"""The grader: runs notebooks of the workshop and collects what their checks report.

A notebook's cells run as they are, in a process of their own with the grader's rights: the time limit and the temporary
folder protect from accidents, not from malice. Grade what strangers hand in on a machine that holds nothing of value.
"""

from __future__ import annotations

import json
import linecache
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from ..quiz.exercises import Exercise
from .checks import ARGUMENTS, check
from .report import reports

LARGEST = 20_000_000  # bytes of a notebook, or of what a run reports
LONGEST_LINE = 300  # letters of an error
MAGIC = re.compile(r"\s*[%!?]|.*\?\s*$|\s*[\w., ]+=\s*[%!]")  # lines for IPython
TIMED, ASSIGNED = re.compile(r"^(\s*)%time\s+"), re.compile(r"^(\s*[\w., ]+=)\s*[%!].*")
PYTHON = ("%%time", "%%timeit", "%%capture", "%%prun")  # cell magics in front of Python
CHECK = re.compile(r"^\s*(?:\w+\s*=\s*)?check\(\s*([1-8])\s*,", re.MULTILINE)
HEADING = re.compile(r"^#\s+(?:step\s+|notebook\s+)?([1-8])\b", re.IGNORECASE)
ROOT = str(Path(__file__).parents[2])
COPIED = "my_value.py"


# --- Reading -------------------------------------------------------------------------------------


def read_notebook(path: str) -> tuple[list[tuple[int, str]], list[int]]:
    """The code cells with their numbers, and the steps that the notebook is about; ValueError or OSError."""
    if os.path.isdir(path):
        raise ValueError(f"{path} is a folder: name its notebooks, such as {os.path.join(path, '*.ipynb')}")
    if not os.path.isfile(path):
        raise ValueError(f"there is no notebook {path}")
    if os.path.getsize(path) > LARGEST:
        raise ValueError(f"{path} is larger than {LARGEST // 1_000_000} MB: clear its outputs")
    try:
        cells = json.loads(Path(path).read_bytes().decode("utf-8-sig"))["cells"]
        found = [(str(cell["cell_type"]), "".join(cell.get("source", ""))) for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ValueError(f"{path} is not a notebook: it is not JSON with cells") from None
    code = [(number, source) for number, (kind, source) in enumerate(found, 1) if kind == "code"]
    steps = sorted({int(step) for _, source in code for step in CHECK.findall(source)})
    if not steps:
        heading = next((HEADING.match(line) for kind, source in found if kind == "markdown"
            for line in source.splitlines() if line.startswith("#")), None)  # fmt: skip
        steps = [int(heading[1])] if heading else []
    return code, steps


# --- Running, in the child -----------------------------------------------------------------------


def run_cells(channel: str) -> None:
    """Run the cells of a channel's ``cells.json`` and write a line of JSON to ``results`` for each thing that happens.

    The process ends at once afterwards, whatever threads the cells have started.
    """
    own, module = os.getpid(), ModuleType("__main__")
    sys.modules["__main__"] = module
    space = vars(module)
    space["display"] = lambda *shown, **options: None
    cells = json.loads(Path(channel, "cells.json").read_text(encoding="utf-8"))
    results = os.path.join(channel, "results")

    def tell(**record: Any) -> None:
        with open(results, "a", encoding="utf-8") as file:  # opened each time: a cell may close all files
            file.write(json.dumps(record) + "\n")

    listen(lambda id, title, said: tell(exercise=id, title=title, feedback=said))
    told = 0
    for number, source in cells:
        tell(cell=number)
        try:
            run_cell(number, source, space)
        except BaseException as error:
            if os.getpid() == own:
                tell(error=sentence(number, error))
        if os.getpid() != own:
            os._exit(0)  # a copy of this process that a cell has forked
        for report in reports[told:]:
            lines = [line[:LONGEST_LINE] for line in report.lines]
            tell(step=report.step, title=report.title, passed=report.passed, of=report.of, findings=lines)
        told = len(reports)
    tell(done=True)
    os._exit(0)


def listen(tell: Callable[[str, str, str], None]) -> None:
    """Have ``tell`` called with every feedback of the course's exercises."""

    def heard(feedback: Callable[..., str]) -> Callable[..., str]:
        def method(self: Any, *answers: Any, **more: Any) -> str:
            said = feedback(self, *answers, **more)
            tell(self.id, self.title, said)
            return said

        return method

    kinds: list[Any] = [x for x in (Exercise, *Exercise.__subclasses__()) if "feedback" in vars(x)]
    for kind in kinds:
        kind.feedback = heard(kind.feedback)


def run_cell(number: int, source: str, space: dict[str, Any]) -> None:
    """Run one cell; what only IPython understands is left out."""
    name = f"<cell {number}>"
    first, _, rest = source.partition("\n")
    command = first.split()
    if command and command[0] == "%%writefile":
        words = [word for word in command[1:] if word != "-a"]
        with open(words[0] if words else "", "a" if "-a" in command else "w", encoding="utf-8") as file:
            file.write(rest)
        return
    if command and command[0].startswith("%%"):
        if command[0] not in PYTHON:
            return  # another language
        source = f"\n{rest}"
    lines = source.split("\n")
    while True:
        try:
            code = compile("\n".join(lines), name, "exec", dont_inherit=True)
            break
        except SyntaxError as error:
            place = (error.lineno or 0) - 1
            if not (0 <= place < len(lines) and MAGIC.match(lines[place])):
                raise
            lines[place] = leave_out_magic(lines[place])
    linecache.cache[name] = (len(source), None, [f"{line}\n" for line in lines], name)
    exec(code, space)


def leave_out_magic(line: str) -> str:
    """A line for IPython as Python: the statement that is timed, None for an answer of the system, or pass."""
    changed = ASSIGNED.sub(r"\1 None", TIMED.sub(r"\1", line))
    return re.sub(r"\S.*", "pass", line) if changed == line else changed


def sentence(number: int, error: BaseException) -> str:
    """The error of a cell, with its line: ``cell 5, line 3: ZeroDivisionError: division by zero``."""
    line = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
    step = error.__traceback__
    while step and not isinstance(error, SyntaxError):
        if step.tb_frame.f_code.co_filename == f"<cell {number}>":
            line = step.tb_lineno
        step = step.tb_next
    texts = traceback.format_exception_only(error)  # also if the student's own __str__ raises
    said = " ".join(next(text for text in texts if text[:1].strip()).split())
    return f"{f'cell {number}, line {line}' if line else f'cell {number}'}: {said}"[:LONGEST_LINE]


# --- Grading, in the parent ----------------------------------------------------------------------


def grade(path: str, limit: float = 120.0) -> dict[str, Any]:
    """What the checks of a notebook report: its steps with findings, the score, errors of cells, and seconds.

    The cells run in a new process, in a temporary folder with a copy of the notebook's ``my_value.py``, for at most
    ``limit`` seconds. ValueError or OSError if the notebook cannot be read.
    """
    cells, expected = read_notebook(path)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="grade-", ignore_cleanup_errors=True) as folder:
        work, channel = Path(folder, "work"), Path(folder, "channel")
        work.mkdir()
        channel.mkdir()
        beside = Path(path).with_name(COPIED)
        if beside.is_file() and beside.stat().st_size < LARGEST:
            shutil.copyfile(beside, work / COPIED)
        (channel / "cells.json").write_text(json.dumps(cells), encoding="utf-8")
        status = run_child(str(work), str(channel), limit)
        records = read_results(channel / "results")
    return summarize(path, records, expected, status, limit, time.monotonic() - start)


def run_child(work: str, channel: str, limit: float) -> int | None:
    """Run the cells in a new process and stop all that it started; its exit status, or None if its time was up."""
    paths = [ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
    more = {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONIOENCODING": "utf-8",
        "MPLBACKEND": "Agg",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    program = "import sys; from autodiff.workshop.grade import run_cells; run_cells(sys.argv[1])"
    nowhere: Any = subprocess.DEVNULL
    child = subprocess.Popen(
        [sys.executable, "-c", program, channel], cwd=work, env={**os.environ, **more},
        stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True,
    )  # fmt: skip
    try:
        return child.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        stop(child)


def stop(child: subprocess.Popen[bytes]) -> None:
    """End a process and, where the system has groups of processes, all that it started."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(child.pid)], capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError):  # all have ended
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def read_results(path: Path) -> list[dict[str, Any]]:
    """The lines that a run has written; the last may be unfinished."""
    if not path.is_file():
        return []
    records = []
    with open(path, "rb") as file:
        for line in file.read(LARGEST).split(b"\n"):
            try:
                record = json.loads(line or b"null")
            except ValueError:
                continue
            records += [record] if isinstance(record, dict) else []
    return records


def summarize(
    path: str,
    records: Sequence[dict[str, Any]],
    expected: Sequence[int],
    status: int | None,
    limit: float,
    seconds: float,
) -> dict[str, Any]:
    """The result of one notebook, from the records of its run; of several checks of a step the last counts."""
    steps = {record["step"]: record for record in records if "step" in record}
    heard = {record["exercise"]: record for record in records if "exercise" in record}
    errors = [record["error"] for record in records if "error" in record]
    if not any("done" in record for record in records):
        last = next((record["cell"] for record in reversed(records) if "cell" in record), None)
        where = f"cell {last}" if last else "the first cell"
        if status is None:
            errors.append(f"{where} was still running after {limit:g} seconds: the cells from there on do not count")
        else:
            errors.append(f"{where} ended the program with status {status}: the cells from there on do not count")
    for step in expected:
        if step not in steps:
            steps[step] = unreached(step)
    found = [steps[step] for step in sorted(steps)]
    result = {
        "notebook": path, "steps": found, "score": sum(step["passed"] for step in found),
        "of": sum(step["of"] for step in found), "errors": errors, "seconds": round(seconds, 2),
    }  # fmt: skip
    return {**result, "exercises": list(heard.values())} if heard else result


def unreached(step: int) -> dict[str, Any]:
    """The result of a step whose check was not reached: nothing passed."""
    report = check(step, *[...] * len(ARGUMENTS[step]))  # all still open
    reports.remove(report)
    why = f"✗ check({step}, ...) did not run: its cell is missing, or an earlier cell ended the program"
    return {"step": step, "title": report.title, "passed": 0, "of": report.of, "findings": [why]}


def write_report(result: dict[str, Any]) -> str:
    """The result of a notebook as text."""
    lines = [f"{result['notebook']}: {result['score']} of {result['of']} ({result['seconds']:.1f} s)"]
    for step in result["steps"]:
        lines.append(f"  Step {step['step']}, {step['title']}: {step['passed']} of {step['of']}.")
        lines += [f"    {line}" for line in step["findings"]]
    for heard in result.get("exercises", ()):
        lines.append(f"  {heard['exercise']}, {heard['title']}")
        lines += [f"    {line.strip()}" for line in heard["feedback"].splitlines()]
    lines += [f"  {error}" for error in result["errors"]]
    return "\n".join(lines if len(lines) > 1 else [*lines, "  no cell called check(...)"])


def write_table(results: Sequence[dict[str, Any]]) -> str:
    """A line for each notebook: its score, its steps and the number of errors."""
    rows = []
    for result in results:
        steps = "  ".join(f"{step['step']}: {step['passed']}/{step['of']}" for step in result["steps"])
        errors = f"{len(result['errors'])} errors" if result["errors"] else ""
        rows.append((f"{result['score']} of {result['of']}", steps, errors, result["notebook"]))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return "\n".join("  ".join(text.ljust(width) for text, width in zip(row, [*widths, 0])) for row in rows)
