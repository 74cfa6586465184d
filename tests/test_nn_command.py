"""python -m nn, as a newcomer meets it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from nn.__main__ import main


def run(capsys, *arguments):
    assert main(arguments) == 0
    return capsys.readouterr().out


def test_xor_is_learned_and_reported(capsys):
    text = run(capsys, "xor")

    assert "MLP(2-4-1, tanh, linear, 17 parameters), seed 0" in text
    assert "start  loss 0.676595, 2 of 4 right" in text
    assert "4 of 4 right" in text
    assert text.count("  right\n") == 4
    assert "what to try next" in text


def test_the_report_is_ascii(capsys):
    run(capsys, "and").encode("ascii")


def test_an_unknown_task_lists_the_known_ones(capsys):
    with pytest.raises(SystemExit):
        main(["xorr"])

    assert "xnor" in capsys.readouterr().err


def test_ctrl_c_ends_with_what_was_learned(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "nn", "xor", "--epochs", "1000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    for line in process.stdout:
        if line.startswith("start"):
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    text = process.communicate(timeout=20)[0]

    assert process.returncode == 0
    assert "stopped by ctrl-C after" in text
    assert "Traceback" not in text
    assert "wanted" in text
