"""Which functions of the product a program enters: ``python tests/support/walk.py < program.py`` lists them.

A line for each function, in the order of first calls: file and function. Only the last statement of the program is
followed, once all modules of the product are imported; what a function defines within itself counts as the function.
"""

import ast
import contextlib
import importlib
import io
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("autodiff", "nn", "visualize")


def calls(statement, names):
    """(file, function) of every call into the product, each once, in order."""
    places, found = {str(path): path.relative_to(ROOT).as_posix() for path in paths()}, {}

    def note(frame, event, argument):
        code = frame.f_code
        if event == "call" and code.co_filename in places:
            found.setdefault((places[code.co_filename], code.co_qualname.partition(".<locals>")[0]))

    sys.setprofile(note)
    try:
        exec(statement, names)
    finally:
        sys.setprofile(None)
    return list(found)


def paths():
    """Those of all modules but one, which needs the extra jax."""
    found = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return [path for path in found if path.name != "devices.py"]


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for path in paths():
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    program, names = ast.parse(sys.stdin.read()), {}
    last = ast.Module([program.body.pop()], [])
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(program, "program", "exec"), names)
        found = calls(compile(last, "program", "exec"), names)
    for file, function in found:
        print(file, function)
