"""Every wrong engine is told its mistake, every right one gets full marks."""

import pytest

from autodiff.workshop import check
from tests.support.wrong_engines import RIGHT, WRONG, Closures


@pytest.mark.parametrize("engine", RIGHT, ids=lambda engine: engine.__name__)
@pytest.mark.parametrize("step", range(1, 6))
def test_right_engines_have_full_marks(step, engine):
    if step == 2 and engine is Closures:
        return  # has no local gradients; steps 4 and 5 do not need them
    assert check(step, engine), str(check(step, engine))


@pytest.mark.parametrize(("step", "engine", "words"), WRONG, ids=lambda x: getattr(x, "__name__", ""))
def test_wrong_engines_are_told_their_mistake(step, engine, words):
    report = check(step, engine)
    assert not report
    assert words in str(report)
