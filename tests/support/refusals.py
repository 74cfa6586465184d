"""A table of refusals as a test: {subject: [(call, error, words), ...]}."""

import pytest


def every_row_of(refusals):
    """The parameters ``call``, ``error`` and ``words`` of a test, for every row of the table."""
    rows = [pytest.param(*row, id=f"{subject} {i}") for subject, rows in refusals.items() for i, row in enumerate(rows)]
    return pytest.mark.parametrize(("call", "error", "words"), rows)
