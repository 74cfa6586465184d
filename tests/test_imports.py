"""Imports run one way, third-party packages are imported on first use, and importing is light."""

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import autodiff

ROOT = Path(autodiff.__file__).parent.parent
ROOMS = ("autodiff", "nn", "visualize")
# The rooms of every folder, modules and folders, from the lowest floor up. Each imports only lower ones: at its
# head, inside a function or for type checkers alone. The front, __init__, is above all but __main__.
FLOORS = {
    "autodiff": """
        _files _installation _lazy arrays ieee notation tracing typed | guards | primitives | graph refusals ufuncs
        vocabulary | formula | steps | engine | functional functions | check flat parser | adoption
        descriptions lectures | quiz | cli workshop | console
    """,
    "autodiff.check": "nonfinite numerical | gradients",
    "autodiff.flat": """
        ir recording state | expansion passes | loops | lowering | backends | sequences trainer | compiled live
        | stepping
    """,
    "autodiff.flat.backends": "text | array javascript python | devices llvm",
    "autodiff.flat.backends.llvm": """
        builder | machine math | core | nests | emitter | code | runner steps | trainings
    """,
    "autodiff.flat.loops": """
        columns gates statements | adjoint families fusion turns | nests | lengths
    """,
    "autodiff.lectures": "course",
    "autodiff.lectures.course": "",
    "autodiff.parser": "errors | tokens | functions | grammar",
    "autodiff.quiz": "markup mistakes result | question | exercises | asking formats generator",
    "autodiff.workshop": "guard report solution | probes | passes gates | engines | nets | checks | grade storage",
    "nn": """
        _checks initializers module | activations losses optim | dropout layers normalization |
        metrics models transformers | data interchange serialization | table | training | doctor | cli lectures
    """,
    "nn.cli": "names presets | report tables",
    "nn.doctor": "findings fits | case | data units | setup | runs | rules trials | examination | clinic",
    "nn.lectures": "depth learning tables words | by_hand descents vectors | catalog",
    "nn.training": "history progress | changes | loop | runners validation | fitting | sweep",
    "visualize": "_text style | plots scene | layout | render | picture web | kit notebook | site",
    "visualize.kit": "formulas | guide | slides | folder",
    "visualize.layout": "plan | rows sizes sugiyama | engines",
    "visualize.plots": "style | activations description losses seeds surfaces | descents",
    "visualize.render": "graphviz painter | matplotlib svg tikz",
    "visualize.scene": "model unfold | fold | build",
    "visualize.site": "pages tools | notebooks | folder",
    "visualize.web": "bundle gates lesson translate | written | document | playground",
}
HEAVY = "numpy matplotlib graphviz tqdm sklearn llvmlite jax torch IPython dataclasses inspect typing ast".split()  # noqa: SIM905


def modules():
    """{dotted name: path} of every module of the three packages."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


MODULES = modules()


def imports(name, types=False):
    """Yield (module, name imported from it or "", whether inside a function); ``types``: what type checkers read."""
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]

    def found(nodes, inside):
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from ((alias.name, "", inside) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                parts = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
                source = ".".join([*parts, node.module] if node.module else parts)
                yield from (resolved(source, alias.name, inside) for alias in node.names)
            elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
                yield from found([*node.body, *node.orelse] if types else node.orelse, inside)
            else:
                function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
                yield from found(ast.iter_child_nodes(node), inside or function)

    return found(ast.parse(MODULES[name].read_text(encoding="utf-8")).body, False)


def resolved(source, name, inside):
    """``from package import module`` imports the module, any other ``from`` a name."""
    return (f"{source}.{name}", "", inside) if f"{source}.{name}" in MODULES else (source, name, inside)


def room(module):
    return module.partition(".")[0]


def room_in(folder, module):
    """The room of a folder that a module belongs to; the folder's own __init__ is its front."""
    return "__init__" if module == folder else module.removeprefix(f"{folder}.").partition(".")[0]


def arrows(folder):
    """The imports from room to room of a folder as {room: {room: an import}}, at any level."""
    found = {}
    for name in MODULES:
        if name == folder or name.startswith(f"{folder}."):
            ours = found.setdefault(room_in(folder, name), {})
            for module, _, _ in imports(name, types=True):
                if module == folder or (module.startswith(f"{folder}.") and module in MODULES):
                    ours[room_in(folder, module)] = f"{name} imports {module}"
    return {room: {other: why for other, why in others.items() if other != room} for room, others in found.items()}


@pytest.fixture(params=MODULES, ids=str)
def name(request):
    """The name of every module in turn."""
    return request.param


def test_imports_of_all_kinds_are_seen():
    assert ("autodiff.primitives", "", False) in imports("autodiff.engine")
    assert ("autodiff.ieee", "number", False) in imports("autodiff.engine")
    assert ("autodiff.steps", "Steps", True) in imports("autodiff.engine")
    assert ("collections.abc", "Callable", False) not in imports("autodiff.engine")
    assert ("collections.abc", "Callable", False) in imports("autodiff.engine", types=True)
    assert arrows("autodiff")["engine"]["steps"] == "autodiff.engine imports autodiff.steps"
    assert arrows("autodiff")["check"]["engine"].startswith("autodiff.check.")


def test_floors_of_every_folder():
    assert set(FLOORS) == {name for name in MODULES if MODULES[name].name == "__init__.py"}


@pytest.mark.parametrize("folder", FLOORS)
def test_imports_run_downward(folder):
    """Rooms on one floor do not import each other; a folder's front is imported by __main__ alone."""
    floors = [floor.split() for floor in FLOORS[folder].split("|")]
    height = {room: i for i, floor in enumerate(floors) for room in floor} | {"__init__": len(floors)}
    found = arrows(folder)
    found.pop("__main__", None)

    assert set(found) == set(height)
    upward = [why for room, others in found.items() for other, why in others.items() if height[other] >= height[room]]
    assert not upward


def test_imports_form_no_circle():
    """At any level: neither inside functions nor for type checkers."""
    needs = {name: {module for module, _, _ in imports(name, types=True)} & set(MODULES) - {name} for name in MODULES}
    done = set()
    while len(done) < len(MODULES):
        ready = {name for name in needs if name not in done and not needs[name] - done}
        assert ready, f"a circle among {sorted(set(MODULES) - done)}"
        done |= ready


@pytest.mark.parametrize("folder", FLOORS)
def test_modules_not_named_like_functions(folder):
    """Otherwise the package's attribute would depend on the order of imports."""
    package = importlib.import_module(folder)
    for module in room_names(folder):
        exported = getattr(package, "__all__", ())
        assert module not in exported or inspect.ismodule(getattr(package, module)), f"{folder}.{module}"


def room_names(folder):
    return {room_in(folder, name) for name in MODULES if name.startswith(f"{folder}.")}


def test_rooms_are_entered_by_their_front(name):
    """autodiff <- nn and autodiff <- visualize; only the playground, which trains nets, and the three ``__main__`` go
    elsewhere, and inside functions."""
    front_door = name.endswith(("__main__", "web.playground"))
    for module, _, inside in imports(name):
        other = room(module)
        if other in ROOMS and other != room(name):
            allowed = other == "autodiff" and room(name) in ("nn", "visualize")
            assert allowed or (front_door and inside), module
        assert not module.endswith("__main__"), "nobody imports a front door"


# The submodules of autodiff with names that other rooms use: those in __all__, or else all that are defined there.
DOCUMENTED = """
    ._files ._installation ._lazy .adoption .arrays .check .flat .flat.compiled .flat.expansion .flat.ir .flat.live
    .flat.recording .flat.state .flat.stepping .formula .functions .graph .lectures .lectures.course .notation .parser
    .primitives .quiz .quiz.exercises .quiz.formats .quiz.markup .steps .typed .vocabulary
""".split()  # noqa: SIM905


def public_names(module):
    found = importlib.import_module(module)
    return set(getattr(found, "__all__", [name for name in vars(found) if not name.startswith("_")]))


def test_rooms_use_public_names_of_autodiff(name):
    if room(name) == "autodiff" or name.endswith("__main__"):
        return
    public = {f"autodiff{room}": public_names(f"autodiff{room}") for room in ("", *DOCUMENTED)}
    public["autodiff"] |= {"abs", "sum", "compile", *(room.partition(".")[2] for room in DOCUMENTED)}
    for module, imported, _ in imports(name):
        if room(module) == "autodiff":
            package, _, last = module.rpartition(".")
            if last in public.get(package, ()):  # a public name, even if a module has it too
                module, imported = package, last
            assert module in public, module
            assert not imported or imported in public[module], imported
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "autodiff":
            assert node.attr in public["autodiff"], node.attr


def test_imports_of_third_parties_wait(name):
    """None at the head of a module, and in autodiff none at all, except under flat/."""
    for module, _, inside in imports(name):
        if room(module) not in {*sys.stdlib_module_names, *ROOMS}:
            assert name.startswith("autodiff.flat.") or (inside and room(name) != "autodiff"), module


@pytest.mark.parametrize("module", [*ROOMS, "autodiff.flat"])
def test_imports_are_light(module):
    """Nothing heavy comes along; nn and visualize may use the standard library as they like."""
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    loaded = {name for name in HEAVY if name in done.stdout.split()}

    assert module in done.stdout.split()
    assert not loaded & set(HEAVY if module == "autodiff" else HEAVY[:10])


def test_imports_leave_the_collector_alone():
    program = f"import gc, sys; sys.path.insert(0, {str(ROOT)!r}); before = gc.get_threshold(), gc.isenabled(); "
    program += "import autodiff, nn, visualize; (autodiff.Value(2.0) * 3).backward(); "
    program += "assert (gc.get_threshold(), gc.isenabled()) == before and gc.get_freeze_count() == 0"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True)
