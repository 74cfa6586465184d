"""Hostile labels, file names and model files: their text is never run."""

import ast
import json
import os
import pickle
import re
import subprocess
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies

from autodiff import Value, compile
from autodiff.flat import lower
from autodiff.flat.backends import javascript
from autodiff.formula import statements
from autodiff.graph import history
from autodiff.quiz import Question, gift, html
from nn import MLP, load, save
from nn.serialization import ModelFileError, checksum
from visualize import draw, page

NASTY = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "]]><!--",
    '" onload="alert(1)',
    "'); import os; os.system('touch owned'); ('",
    "x\nimport os",
    "x;y=1",
    "__import__('os').system('id')",
    "${alert(1)}`",
    "*/ alert(1) /*",
    '\\N}"];b [URL="javascript:alert(1)"',
    "\x00\x1b[2J\x7f",
    "\u202eevil\u2028\u2029",
    "\ud800",
    "{0.__class__}%s%n",
    '"); import os; os.system("touch owned")',
    '"""\nimport os',
    "\\",
    '\\" + alert(1) + "',
    "\\u0022;alert(1)//",
    "$\\input{x}^{$",
    "&lt;script&gt;&#60;script&#62;",
    "\N{FULLWIDTH LESS-THAN SIGN}script\N{FULLWIDTH GREATER-THAN SIGN}",
    "\u2066\u202edetrevni\u2069",
    "\r\n",
    "-->",
    "javascript:alert(1)",
    "; ret void } define void @f() { ret void",
    'entry:\n  call void @abort() ; "',
    "import",
    "await",
    "None",
    "__import__",
    "eval",
    "__proto__",
    "constructor",
    "rows",
    "parameters",
    "f",
    "s0",
    "t0",
    "v0",
    "x_2",
    "grad_x",
    "grad_f",
    "inf",
    "A" * 10_000,
]
LABELS = strategies.sampled_from(NASTY) | strategies.text(max_size=40)
quick = settings(deadline=None, max_examples=60)


def labeled(first, second):
    """A differentiated graph whose input and gate have these labels."""
    x = Value(0.5, first)
    h = x * 3.0
    h.label = second
    f = h * x + 1.0
    f.backward()
    return x, f


@quick
@given(LABELS, LABELS)
def test_label_is_only_text_in_svg(first, second):
    found = ElementTree.fromstring(draw(labeled(first, second)[1], layout="built-in").svg())

    assert {part.tag.partition("}")[2] for part in found.iter()} <= {
        *("svg", "title", "desc", "style", "rect", "g", "text", "tspan", "path", "polygon", "circle")
    }
    assert not any(name.startswith("on") or "href" in name for part in found.iter() for name in part.attrib)


@pytest.mark.parametrize("label", NASTY, ids=range(len(NASTY)))
def test_label_is_only_text_in_a_page(label):
    """The page has the same number of tags of each kind as with a harmless label."""
    hostile, harmless = [page(labeled(text, text)[1]).html() for text in (label, "A" * len(label))]
    tags = [sorted(re.findall(r"<\s*(/?script|img|iframe|/?style|!--)", text)) for text in (hostile, harmless)]

    assert tags[0] == tags[1]
    assert "<img src=x" not in hostile


@quick
@given(LABELS, LABELS)
def test_label_in_generated_python(first, second):
    x, f = labeled(first, second)
    text = str(lower(f, inputs=[x]))
    kinds = {type(node) for node in ast.walk(ast.parse(text))}

    allowed = {ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Assign, ast.AugAssign, ast.Return, ast.Name}
    allowed |= {ast.Load, ast.Store, ast.Constant, ast.BinOp, ast.Mult, ast.Add, ast.Tuple}
    assert kinds <= allowed
    assert len(text.splitlines()) < 20


@quick
@given(LABELS, LABELS)
def test_label_in_generated_javascript(first, second):
    x, f = labeled(first, second)
    text = javascript.text(lower(f, inputs=[x]))
    lines = [line for line in text.splitlines() if not line.strip().startswith("//")]

    for line in lines[1:-1]:
        assert re.fullmatch(r"  (let )?[\w$]+ \+?= [\w$ .+*]+;|  return \[[\w$, \[\]]+\];", line), line
    assert re.fullmatch(r"function f\([\w$]+\) \{", lines[0])
    assert {line.strip() for line in text.splitlines() if "//" in line} <= {"// forward", "// backward"}


@pytest.mark.parametrize("label", NASTY, ids=range(len(NASTY)))
def test_label_is_not_in_machine_code(label):
    """The nests written for LLVM are the same for every label, in a function and in training."""
    pytest.importorskip("llvmlite")
    from autodiff.flat.backends.llvm.steps import of_rows
    from autodiff.flat.loops.nests import roll
    from autodiff.flat.recording import Recipe, Recording, Step

    def nests(first, second):
        x, f = labeled(first, second)
        return str(roll(Recording([f], [x])))

    def steps(label):
        w = Value(0.5, label)

        def update():
            inputs = [Value(1.0, label) for _ in range(4)]
            return inputs, (inputs[0] - inputs[2] * inputs[1],)

        step = Step(Recipe(lambda x, y: (w * x[0] - y[0]) ** 2, ([1.0], [2.0]), [w], update))
        return [str(x) for x in of_rows(roll(step.loss, [w]), 5)]

    assert nests(label, label) == nests("a", "b")
    assert steps(label) == steps("a")


@pytest.mark.parametrize("ending", [".png", ".pdf"])
def test_label_is_only_text_in_dot(ending, tmp_path):
    """matplotlib would read formulas between dollars; a character missing in all fonts is a box."""
    x = Value(0.5, NASTY[0])
    f = x
    for label in NASTY:
        f = f * x + 1.0
        f.label = label
    draw(f, layout="built-in").save(tmp_path / f"all{ending}")

    assert os.listdir(tmp_path) == [f"all{ending}"]


@quick
@given(LABELS, LABELS)
def test_label_is_only_text_in_a_quiz(first, second):
    """On the printed page and in Moodle's format."""
    hostile, harmless = [Question.of(labeled(*names)[1]) for names in ((first, second), ("a", "b"))]
    tags = [
        [tag for tag in re.findall(r"<[/!]?[a-z]+", html([question], key=True), re.IGNORECASE) if tag != "<br"]
        for question in (hostile, harmless)
    ]

    assert tags[0] == tags[1]
    blanks = [re.findall(r"(?<!\\)[{}]", gift([question])) for question in (hostile, harmless)]
    assert blanks[0] == blanks[1]


@pytest.mark.parametrize("label", NASTY, ids=range(len(NASTY)))
def test_label_changes_no_flat_code(label, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x, f = labeled("x", label)
    captured = Value(2.0, label)
    fast = compile(lambda a: a * captured)

    assert fast.value_and_grad(3.0) == (6.0, 2.0)
    assert compile(lambda a: a * captured).value_and_grad(3.0, wrt=captured) == (6.0, 3.0)
    assert list(tmp_path.iterdir()) == []
    assert all("\n" not in line for line in statements(history(f), f))
    assert "\n" not in repr(x) + repr(captured)


@pytest.mark.parametrize("name", ["$(touch owned).svg", "; touch owned.svg", "-rf.svg", "a b'\"\n.svg", "ü%s.svg"])
def test_file_name_is_only_a_name(name, tmp_path, monkeypatch):
    """Also where dot lays out the graph."""
    monkeypatch.chdir(tmp_path)
    draw(labeled("x", name)[1]).save(name)

    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("label", NASTY, ids=range(len(NASTY)))
def test_label_is_only_text_to_the_program_dot(label):
    source = draw(labeled(label, label)[1]).graphviz().source
    try:
        ran = subprocess.run(["dot", "-Tsvg"], input=source.encode(), capture_output=True, check=False, timeout=20)
    except FileNotFoundError:
        pytest.skip("dot is not installed")

    assert ran.returncode == 0
    found = ElementTree.fromstring(ran.stdout)
    harmless = draw(labeled("a", "b")[1]).graphviz().source
    expected = ElementTree.fromstring(
        subprocess.run(["dot", "-Tsvg"], input=harmless.encode(), capture_output=True, check=True, timeout=20).stdout
    )
    count = {tag: sum(part.tag.endswith(tag) for part in expected.iter()) for tag in ("}a", "}g", "}script")}
    assert {tag: sum(part.tag.endswith(tag) for part in found.iter()) for tag in count} == count
    assert not any(
        "javascript:" in value for part in found.iter() for name, value in part.attrib.items() if "href" in name
    )


# --- Model files ---------------------------------------------------------------------------------


class Owned:
    def __reduce__(self):
        return os.system, ("touch owned",)


@pytest.fixture
def saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(MLP(2, [3, 1], seed=0), "net.json")
    return tmp_path / "net.json"


@pytest.mark.parametrize("protocol", [0, 2, pickle.HIGHEST_PROTOCOL])
def test_load_refuses_a_pickle(saved, protocol):
    saved.write_bytes(pickle.dumps(Owned(), protocol))
    with pytest.raises(ModelFileError):
        load(saved)

    assert os.listdir(saved.parent) == ["net.json"]


def test_load_refuses_a_huge_file(saved):
    os.truncate(saved, 600_000_000)
    with pytest.raises(ModelFileError, match="is larger than any model"):
        load(saved)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_load_refuses_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "net.json")
    with pytest.raises(ModelFileError, match="is not a regular file"):
        load(tmp_path / "net.json")


def test_load_of_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "net.json")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_load_of_other_encodings(saved, encoding):
    expected = load(saved).state_dict()
    saved.write_bytes(saved.read_text(encoding="utf-8").encode(encoding))
    try:
        found = load(saved).state_dict()
    except ModelFileError:
        return
    assert found == expected


JSON = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats()
    | strategies.text(max_size=8),
    lambda inner: strategies.lists(inner, max_size=4) | strategies.dictionaries(strategies.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = ["sizes", "activations", "bias", "seed", "parameters", "architecture", "w", "version", "format"]


@settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(strategies.sampled_from(FIELDS), JSON)
@example("activations", [None, None])
@example("activations", {"": None, "0": None})
@example("sizes", {"2": 2, "3": 3, "1": 1})
@example("architecture", [])
@example("bias", "yes")
def test_load_of_any_changed_file(saved, field, anything):
    """A forged file with a valid checksum is still only data."""
    save(MLP(2, [3, 1], seed=0), saved)
    contents = json.loads(saved.read_text(encoding="utf-8"))
    place = contents["architecture"] if field in contents["architecture"] else contents
    if field == "w":
        place, field = contents["parameters"], "layers.0.neurons.0.w.0"
    place[field] = anything
    try:
        contents["checksum"] = checksum({key: contents[key] for key in ("architecture", "parameters")})
    except ValueError:
        contents["checksum"] = 0  # JSON has no nan
    saved.write_text(json.dumps(contents), encoding="utf-8")

    try:
        net = load(saved)
    except ModelFileError:
        return
    assert type(net) is MLP
    assert all(type(p.data) is float and abs(p.data) < float("inf") for p in net.parameters())
    assert type(net([0.1, 0.2])) is Value
