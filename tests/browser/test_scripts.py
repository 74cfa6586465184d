"""The page's scripts as modules: imports, exports, and the modules of each page."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nn import MLP, Layer, Sequential, truth_table
from tests.browser.pages import d1
from visualize import page, playground
from visualize.web.bundle import IMPORT, SCRIPTS, bundle

MODULES = {path.stem: path.read_text(encoding="utf-8") for path in SCRIPTS.glob("*.js")}
MADE = {  # for each page
    "programs": "export const PROGRAMS = {};\nexport const MISTAKES = [];\nexport const SAID = {};\n"
    "export const VALUES = {};",
    "engine": "export const engine = {};",
    "datasets": "export const datasets = {};",
}
MAKERS = {"Panels", "Own", "Player", "Playground", "start"}  # what a page imports
QUOTED = re.compile(r'/\*.*?\*/|//[^\n]*|"[^"\n]*"', re.DOTALL)
# Locals named like another module's export.
START = ("code", "lesson", "net", "own", "panels", "paths", "python", "seeds", "training")
LOCAL = {name: {"start"} for name in START}
LOCAL["lesson"].add("formula")
LOCAL["panels"].add("show")
LOCAL["code"].add("show")

every_module = pytest.mark.parametrize("name", sorted(MODULES))


def imports(name):
    """The names that a module imports, each with its source module."""
    return {word: source for words, source in IMPORT.findall(MODULES[name]) for word in words.split(", ")}


def exported(text):
    """The names that a module exports; `const A = 1, B = 2` exports two."""
    found = []
    for kind, rest in re.findall(r"^export (const|let|class|function) ([^\n]*)", text, re.MULTILINE):
        more = re.findall(r", (\w+) = ", rest) if kind == "const" and "=>" not in rest else []
        found += [re.match(r"\w+", rest)[0], *more]
    return found


def words(name):
    """The identifiers of a module's code, without imports, comments, strings and properties."""
    code = QUOTED.sub('""', IMPORT.sub("", MODULES[name])).replace("...", "")
    return set(re.findall(r"(?<![\w.$])[A-Za-z_]\w*", code))


@every_module
def test_module_imports_and_uses_all(name):
    for word, source in imports(name).items():
        assert word in exported({**MADE, **MODULES}[source]), f"{name}.js imports {word} from {source}.js"
        assert word in words(name), f"{name}.js imports {word} and does not use it"


@every_module
def test_module_exports_are_used(name):
    used = {word for other in MODULES for word, source in imports(other).items() if source == name}

    assert set(exported(MODULES[name])) - used - MAKERS == set()


@every_module
def test_module_imports_every_foreign_name(name):
    own = {*exported(MODULES[name]), *imports(name), *LOCAL.get(name, ())}
    for other in MODULES.keys() - {name}:
        strange = {word for word in exported(MODULES[other]) if word in words(name) and word not in own}
        assert strange == set(), f"{name}.js uses {strange} of {other}.js without an import"


def test_module_is_not_idle():
    """A page imports start, and Player, Playground, Panels or Own; these bring all others."""
    entry = 'import { start } from "./start.js";\nimport { Player } from "./player.js";\n'
    entry += 'import { Playground } from "./playground.js";\nimport { Own } from "./own.js";\n'
    entry += 'import { Panels } from "./panels.js";\nstart({ Player, Playground, Own, Panels });\n'
    text = bundle(entry, MADE)

    assert all(re.search("^export (.*)", module, re.MULTILINE)[1] in text for module in MODULES.values())
    assert not re.search("^ *//", text, re.MULTILINE)
    assert not re.search("^(import|export) ", text, re.MULTILINE)
    assert text.count("class Lesson {") == 1
    assert text.index("class Lesson {") < text.index("class Player {")
    assert bundle(entry, MADE) == text


def test_page_has_the_modules_of_its_parts():
    lesson, training = page(d1()).html(), playground(MLP(2, [2, 1], seed=0), *truth_table("xor")).html()
    other = playground(Sequential(Layer(2, 2), Layer(2, 1)), *truth_table("xor")).html()

    assert "class Lesson {" in lesson
    assert "class Playground {" not in lesson
    assert "class Playground {" in training
    assert "class Lesson {" in training  # of a chosen example
    assert "class Lesson {" not in other
    assert lesson.count("const where = ") == training.count("const where = ") == 1


def test_modules_pure_by_node():
    node = shutil.which("node")
    if node is None:
        missing = "no program node on the PATH: apt-get install nodejs"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    tests = sorted(map(str, Path(__file__).parent.glob("*.test.mjs")))

    done = subprocess.run([node, "--test", *tests], capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^# pass [1-9]", done.stdout, re.MULTILINE)
