"""Result codes from pages, read back."""

import pytest

from autodiff.quiz import Result, read_result
from autodiff.quiz.result import checksum

CODE = "AD1~D1~2~0~3.5~4~Ada~33abbf20"
TYPED = f"AD1~f = λ * x; g~5~~0~3~~{checksum('AD1~f = λ * x; g~5~~0~3~')}"


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (CODE, Result("D1", 2, 0, 3.5, 4, "Ada")),
        (f"  {CODE.replace('3.5~', '3.5~ ')}\n", Result("D1", 2, 0, 3.5, 4, "Ada")),
        (TYPED, Result("f = λ * x; g", 5, None, 0.0, 3, "")),
        (TYPED.replace("; ", ";\n  "), Result("f = λ * x; g", 5, None, 0.0, 3, "")),
        (CODE.replace("bbf", "BBF"), Result("D1", 2, 0, 3.5, 4, "Ada")),
    ],
)
def test_read_result_ignores_spaces(code, result):
    assert read_result(code) == result


def test_read_result_finds_changed_letters():
    for i, letter in enumerate(CODE):
        for other in "0a~":
            if other not in (letter, letter.lower()):
                with pytest.raises(ValueError, match=r"checksum does not match|a result code looks like"):
                    read_result(CODE[:i] + other + CODE[i + 1 :])
