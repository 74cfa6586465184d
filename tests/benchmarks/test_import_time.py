"""How long ``import autodiff`` takes beyond a bare interpreter, with compiled files present as they are for users."""

import os
import subprocess
import sys
from statistics import median
from time import perf_counter

import pytest

from tests.benchmarks.alternating import held

pytestmark = pytest.mark.slow
RUNS = 31


def seconds(program, environment):
    start = perf_counter()
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    return perf_counter() - start


@pytest.mark.parametrize(("module", "bar"), [("autodiff", 3.0), ("nn", 0.7)])
def test_import_is_fast(module, bar, tmp_path):
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    programs = {"bare": "pass", "import": f"import {module}"}
    for program in programs.values():
        seconds(program, environment)  # the first run compiles
    times = {name: [] for name in programs}
    for _ in range(RUNS):
        for name, program in programs.items():
            times[name].append(seconds(program, environment))
    bare, imported = median(times["bare"]), median(times["import"])
    print(f"\nimport {module}: {1000 * (imported - bare):.1f} ms beyond a bare interpreter's {1000 * bare:.1f} ms")
    held(f"import {module} against a bare interpreter", bare / (imported - bare), bar)

    assert any(path.name.startswith("primitives.") for path in tmp_path.rglob("*.pyc"))
