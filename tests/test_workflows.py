"""The workflows on GitHub run commands that exist, with no more rights than they need."""

import importlib.util
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import visualize.__main__

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
             for path in sorted((ROOT / ".github/workflows").glob("*.yml"))}  # fmt: skip
SCRIPT = (ROOT / ".ci/run").read_text(encoding="utf-8")
PARTS = re.search(r"^parts=\((.*)\)$", SCRIPT, re.MULTILINE)[1].split()


def steps():
    """[(workflow, job, step)] of all workflows."""
    return [(name, job, step) for name, workflow in WORKFLOWS.items()
            for job in workflow["jobs"].values() for step in job["steps"]]  # fmt: skip


def commands():
    """[(workflow, job, line)]: what is run, with the values of the matrix."""
    found = []
    for name, job, step in steps():
        matrix = job.get("strategy", {}).get("matrix", {})
        rows = [{key: value[0] for key, value in matrix.items() if key != "include"}, *matrix.get("include", [])]
        for row in rows:
            text = step.get("run", "")
            for key, value in row.items():
                text = text.replace(f"${{{{ matrix.{key} }}}}", value)
            found += [(name, job, line) for line in text.splitlines()]
    return found


def test_workflows_are_these():
    assert set(WORKFLOWS) == {"pages", "release", "test"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_has_few_rights(name):
    allowed = {"pages": {"pages", "id-token"}, "release": {"id-token"}, "test": set()}

    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    for job in WORKFLOWS[name]["jobs"].values():
        assert set(job.get("permissions", {})) <= allowed[name]
        assert 0 < job["timeout-minutes"] <= 60
        assert not ("permissions" in job and any("run" in step for step in job["steps"])), "rights, and code of ours"


def test_actions_have_a_major_version():
    used = [step["uses"] for _, _, step in steps() if "uses" in step]

    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@(v\d+|release/v\d+)", action)] == []
    assert {action.partition("/")[0] for action in used} == {"actions", "pypa"}


def test_commands_exist():
    known = 0
    for _, _, line in commands():
        assert "matrix." not in line, line
        if line.startswith(".ci/run "):
            assert set(line.split()[1:]) <= set(PARTS), line
            known += 1
        for module in re.findall(r"python -m (\w+)", line):
            assert importlib.util.find_spec(module) is not None, line
            known += 1
    assert known >= 8


def test_options_and_extras_exist():
    options = {text for action in visualize.__main__.parser()._actions for text in action.option_strings}
    for _, _, line in commands():
        for extras in re.findall(r"\.\[([\w,]+)\]", line):
            assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"]), line
        if line.startswith("python -m visualize"):
            assert set(re.findall(r"--[\w-]+", line)) <= options, line


def test_every_part_is_run_but_benchmarks():
    """A benchmark needs a machine of its own."""
    run = {word for _, _, line in commands() if line.startswith(".ci/run ") for word in line.split()[1:]}

    assert run == set(PARTS) - {"benchmarks"}
    assert [part for part in PARTS if not re.search(rf"^{part}\(\) [{{(]", SCRIPT, re.MULTILINE)] == []


def test_parts_name_files_that_exist():
    named = set(re.findall(r"tests/[\w/.]+", SCRIPT))

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_parts_are_refused_by_name():
    done = subprocess.run([ROOT / ".ci/run", "lint", "coffee"], capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"no part is called coffee: choose some of {' '.join(PARTS)}\n"


def test_workflow_tests_all_pythons_of_the_project():
    listed = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if " :: 3." in line]
    matrix = WORKFLOWS["test"]["jobs"]["linux"]["strategy"]["matrix"]

    assert matrix["python"] == listed
    assert PROJECT["requires-python"] == f">={listed[0]}"
    assert WORKFLOWS["release"][True] == {"release": {"types": ["published"]}}  # YAML reads "on" as true
