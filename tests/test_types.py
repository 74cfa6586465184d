"""What type checkers say of code that uses the packages: nothing about sound code, something about slips."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

USER = Path(__file__).parent / "data" / "typed_user.py"
SLIPS = [
    'sigmoid("x")',
    "Value([1.0])",
    "Value(None)",
    "x.grad.backward()",
    'x.data = "a"',
    'x.grad = "a"',
    "x.label = 3",
    'x + "a"',
    '"a" * x',
    "[x] / x",
    "x ** None",
    "math.exp(x)",
    "float(x)",
    "round(x, 2)",
    'variables(x="a")',
    "x.backwards()",
    "x.backward(1.0, 2.0)",
    "x.steps(digit=2)",
    "x.steps()[0].sentense",
    "softmax(1.0)",
    'mean(["a"])',
    "mean(x, x)",
    "dot([x], x)",
    'where(x > 0, "a", x)',
    'maximum(x, "a")',
    "gradients(1.0, [x])",
    "grad(3)",
    'Primitive("cube", 3, lambda out, x: (1.0,))',
    "number: float = sigmoid(x)",
    "value: Value = sigmoid(1.0)",
    "other: Value = grad(lambda v: v * v)(1.0)",
    "numbers: list[float] = softmax([x, x])",
    "nn.MLP(2, [1]).parameter()",
    "nn.SGD([x], rate=0.1)",
]

pytestmark = pytest.mark.slow  # a type checker without its cache reads all of NumPy


def checked(path, cache):
    """What mypy --strict says of a file, as of one that uses installed packages."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}", path.name]
    return subprocess.run(command, cwd=path.parent, capture_output=True, text=True, timeout=300).stdout


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A folder that both tests share."""
    return tmp_path_factory.mktemp("mypy")


def test_sound_code_passes_and_runs(cache, tmp_path):
    path = tmp_path / "user.py"
    path.write_text(USER.read_text(encoding="utf-8"), encoding="utf-8")

    assert checked(path, cache) == "Success: no issues found in 1 source file\n"
    subprocess.run([sys.executable, path], check=True, timeout=60)


def test_every_slip_is_found(cache, tmp_path):
    path = tmp_path / "slips.py"
    head = (
        "import math\nimport nn\nfrom autodiff import *\nfrom autodiff import Value, variables\n(x,) = variables(x=1)\n"
    )
    path.write_text(head + "".join([f"{slip}\n" for slip in SLIPS]), encoding="utf-8")
    found = {int(line) for line in re.findall(r"^slips\.py:(\d+): error: ", checked(path, cache), re.MULTILINE)}

    missed = [slip for number, slip in enumerate(SLIPS, head.count("\n") + 1) if number not in found]
    assert not missed
    assert not found & set(range(1, head.count("\n") + 1))
