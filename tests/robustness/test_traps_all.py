"""Known traps of autodiff engines have the numbers 1 to 42, and each number has a test."""

import re
from pathlib import Path

import pytest

from autodiff import Value
from visualize import draw


def test_traps_all_have_tests():
    texts = [path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].rglob("test_*.py")]
    tests = re.findall(r'^(?:def test_trap_0*(\d+a?)_|    "trap (\d+a?): )', "\n".join(texts), re.MULTILINE)
    named = {number for pair in tests for number in pair}

    assert {*map(str, range(1, 43)), "34a"} - named == set()


@pytest.mark.slow
def test_trap_03_chain_of_1000_is_drawn():
    out = x = Value(1.0, "x")
    for _ in range(1_000):
        out = out + x
    out.backward()
    picture = draw(out, fold=False, layout="built-in")

    assert len(picture.scene.boxes) == 1_002
    assert picture.svg().count('<g id="node-') == 1_001
