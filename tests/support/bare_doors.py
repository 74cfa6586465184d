"""Every front door, opened where only the standard library and this distribution can be imported.

A script for a child process, a bare virtual environment or Pyodide. Its last line is one JSON object: what each door
printed or raised. With the argument ``block`` installed packages cannot be imported, and slow doors stay closed.
"""

import contextlib
import doctest
import importlib
import io
import json
import os
import pkgutil
import sys
import tempfile
import traceback

OPTIONAL = (
    "IPython",
    "graphviz",
    "jax",
    "llvmlite",
    "matplotlib",
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "torch",
    "tqdm",
)
XOR = "from nn import MLP, fit, fit_many, truth_table; net, X, Y = MLP(2, [4, 1], seed=0), *truth_table('xor'); "
GRAPH = "from autodiff import parse; from visualize import draw, page; f = parse('(x + y) * z', x=-2, y=5, z=-4); "

# A command line or statements, and what is missing: the message names the package after "pip install". "" is nothing.
DOORS = {
    "autodiff": "",
    "autodiff --list jacobian": "",
    "autodiff D1 --step": "",
    "autodiff D1 --plain --digits 2": "",
    "autodiff D1 --explain --check --tangent x": "",
    "autodiff D1 --round 2": "",
    "autodiff D1 --json": "",
    "autodiff D1 --latex": "",
    "autodiff D1 -o d1.svg": "",
    "autodiff D1 -o d1.html": "",
    "autodiff D1 -o d1.tex": "",
    "autodiff D1 -o d1.dot": "graphviz",
    "autodiff D1 -o d1.png": "matplotlib",
    "autodiff --quiz 2": "",
    "autodiff --quiz 2 --ask": "",
    "autodiff --quiz 2 --like E7 --variants 2 --key": "",
    "autodiff --quiz 2 -o quiz.html": "",
    "autodiff --quiz 2 -o quiz.xml": "",
    "autodiff --quiz 2 -o quiz.gift": "",
    "autodiff D.1": "",
    "visualize": "",
    "visualize D2 -o d2.svg": "",
    "visualize D2 -o d2-{n}.svg": "",
    "visualize D2 -o d2.tex --frames": "",
    "visualize D2 -o d2.pdf --frames": "matplotlib",
    "visualize D2 -o d2.png": "matplotlib",
    "visualize D2 -o d2.dot": "graphviz",
    "visualize D2 -o d2.html": "",
    "visualize --try try.html": "",
    "visualize --lectures lectures.html": "",
    "visualize --kit kit --like E": "",
    "nn": "",
    "nn --list xor": "",
    "nn xor": "",
    "nn xor --diagnose --save xor.json --page xor.html": "",
    "nn xor --seeds 3": "",
    "nn xor --plot xor.svg": "matplotlib",
    "nn moons": "",
    "nn moons --batch-size 10 --hidden 16,16 --epochs 3": "",
    "nn iris": "scalar-autodiff[data]",
    "nn xor --runner batch": "numpy",
    "nn xor --runner native": "scalar-autodiff[fast]",
    "nn xor --runner jax": "scalar-autodiff[jax]",
    "nn names --steps 2": "",
    GRAPH + "print(f.steps(), draw(f).svg(), page(f)._repr_html_(), draw(f)._repr_svg_())": "",
    GRAPH + "draw(f).graphviz()": "graphviz",
    GRAPH + "draw(f).save('f.pdf')": "matplotlib",
    GRAPH + "from autodiff.flat import lower; print(lower(f))": "",
    "import autodiff; fast = autodiff.compile(lambda x: x * x); fast.value_and_grad(2.0); print(fast.source())": "",
    "import autodiff; print(sum(autodiff.compile(lambda x: x * x).map([(0.5 * i,) for i in range(9999)])))": "",
    "import autodiff; autodiff.compile(lambda x: x * x, 'batch')(2.0)": "numpy",
    "import autodiff; autodiff.compile(lambda x: x * x, 'native')(2.0)": "scalar-autodiff[fast]",
    "from autodiff import dot, variables; from autodiff.flat import lower\n"
    "x = [*variables(**{f'x{i}': i for i in range(2000)})]; print(str(lower(dot(x, x) * dot(x, x)))[:99])": "",
    "from autodiff.flat import over_rows": "numpy",
    "from autodiff import grad, hessian, jacobian; print(hessian(lambda x, y: x * y)(2.0, 3.0))": "",
    XOR + "print(fit(net, X, Y, epochs=20), net)": "",
    XOR + "print(fit(net, X, Y, epochs=9, batch_size=2, optimizer='adam'))": "",
    XOR + "print(fit_many(net, X, Y, seeds=range(3), epochs=9))": "",
    XOR + "fit_many(net, X, Y, seeds=range(3), epochs=9, runner='batch')": "numpy",
    XOR + "fit(net, X, Y, runner='batch')": "numpy",
    XOR + "fit(net, X, Y, runner='native')": "scalar-autodiff[fast]",
    XOR + "fit(net, X, Y, runner='jax')": "scalar-autodiff[jax]",
    XOR + "from nn import diagnose; print(diagnose(MLP(2, [2, 1], initializer='zeros'), X, Y)[0].demo())": "",
    XOR + "from nn import load, save; save(net, 'net.json'); print(load('net.json'))": "",
    XOR + "from visualize import playground; playground(net, X, Y).save('p.html')": "",
    "from nn import MLP, fit, moons; print(fit(MLP(2, [16, 16, 1], seed=0), *moons(100), 'hinge', epochs=3))": "",
    "from nn import GPT; from nn.optim import Adam; from autodiff import compile\n"
    "gpt = GPT(5, width=8, heads=2, seed=0); print(compile(gpt.loss).trainer(gpt, Adam(gpt)).run([([0, 1, 2],)]))": "",
    "import autodiff\ny = autodiff.Value(0.5)\nfor _ in range(100_000): y = y * 1.0001\ny.backward(); del y": "",
}


SLOW = {"visualize --try try.html", "visualize --lectures lectures.html", "visualize --kit kit --like E",
        "nn xor --diagnose --save xor.json --page xor.html", "nn names --steps 2"}  # fmt: skip


class Blocked:
    """A finder of modules, the first one, which finds no optional package."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in OPTIONAL:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def is_open(door, status, text):
    """Whether the door works, or names what is missing as it should."""
    package = DOORS[door]
    named = f"pip install '{package}'" in text or f"pip install {package}" in text
    return status != "works" and named and "Traceback" not in text if package else status == "works"


def enter(door):
    """What a door comes to: its status or error, and what it printed."""
    printed, status = io.StringIO(), "works"
    room, *arguments = door.split()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        sys.stdin = io.StringIO()
        try:
            if room in ("autodiff", "nn", "visualize"):
                command = importlib.import_module(f"{room}.__main__").main
                if command(arguments):
                    status = "refuses"
            else:
                exec(door, {"__name__": "bare"})
        except ImportError as error:
            status = "raises"
            print(error)
        except Exception:  # the door's result, whatever it is
            status = "raises"
            print(traceback.format_exc())
    return [status, printed.getvalue()]


class Examples(doctest.DocTestRunner):
    """Runs docstrings, each up to its first failure, and collects what failed."""

    def __init__(self):
        super().__init__(optionflags=doctest.FAIL_FAST)
        self.failed = {}

    def report_failure(self, out, test, example, got):
        self.failed[f"{test.name}: {example.source.strip()}"] = ["raises", f"it printed {got}"]

    def report_unexpected_exception(self, out, test, example, exc_info):
        self.failed[f"{test.name}: {example.source.strip()}"] = ["raises", str(exc_info[1])]


def try_examples():
    """The examples of docstrings that do not work, in modules that can be imported."""
    runner = Examples()
    for room in ("autodiff", "nn", "visualize"):
        package = importlib.import_module(room)
        found = pkgutil.walk_packages(package.__path__, f"{room}.", lambda name: None)
        for name in [room, *[found.name for found in found if not found.name.endswith("__main__")]]:
            try:
                module = importlib.import_module(name)
            except ModuleNotFoundError:  # a module of a runner that is refused by name
                continue
            for test in doctest.DocTestFinder(exclude_empty=True).find(module, name):
                runner.run(test, out=lambda text: None)
    return runner.failed


def main():
    if sys.argv[1:] == ["block"]:
        sys.meta_path.insert(0, Blocked)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        doors = {door: enter(door) for door in DOORS if "block" not in sys.argv or door not in SLOW}
        print(json.dumps({"doors": doors, "examples": try_examples()}))
        os.chdir("/")


if __name__ == "__main__":
    main()
