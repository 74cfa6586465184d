"""Imports go one way, third-party packages wait until they are used, and importing is light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import autodiff
import autodiff._files
import autodiff.arrays
import autodiff.flat
import autodiff.vocabulary

ROOT = Path(autodiff.__file__).parent.parent
ROOMS = ("autodiff", "nn", "visualize")
# Each imports only earlier ones.
CORE = ("arrays", "ieee", "primitives", "ufuncs", "tracing", "guards", "refusals", "graph", "vocabulary", "formula")
CORE += ("engine", "functions")
UPWARDS = {  # inside functions
    ("autodiff.engine", "autodiff.steps"),
    ("autodiff.engine", "autodiff.copies"),
    ("autodiff.primitives", "autodiff.copies"),
    ("autodiff.primitives", "autodiff.descriptions"),
    ("autodiff.primitives", "autodiff.guards"),
}
HEAVY = "numpy matplotlib graphviz tqdm sklearn llvmlite jax torch IPython dataclasses inspect typing ast".split()  # noqa: SIM905


def modules():
    """{dotted name: path} of every module of the three packages."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


MODULES = modules()


def imports(name):
    """Yield (module, name imported from it or "", whether inside a function); nothing that only type checkers read."""
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
                yield from found(node.orelse, inside)
            else:
                function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
                yield from found(ast.iter_child_nodes(node), inside or function)

    return found(ast.parse(MODULES[name].read_text(encoding="utf-8")).body, False)


def resolved(source, name, inside):
    """``from package import module`` imports the module, any other ``from`` a name."""
    return (f"{source}.{name}", "", inside) if f"{source}.{name}" in MODULES else (source, name, inside)


def room(module):
    return module.partition(".")[0]


@pytest.fixture(params=MODULES, ids=str)
def name(request):
    """The name of every module in turn."""
    return request.param


def test_the_walk_sees_all_kinds_of_imports():
    assert ("autodiff.primitives", "", False) in imports("autodiff.engine")
    assert ("autodiff.ieee", "number", False) in imports("autodiff.engine")
    assert ("autodiff.steps", "Steps", True) in imports("autodiff.engine")
    assert ("collections.abc", "Callable", False) not in imports("autodiff.engine")


@pytest.mark.parametrize("place", range(len(CORE)))
def test_the_core_imports_downwards(place):
    core = f"autodiff.{CORE[place]}"
    below = {f"autodiff.{earlier}" for earlier in CORE[:place]}
    for module, _, inside in imports(core):
        if room(module) == "autodiff":
            assert module in below or (inside and (core, module) in UPWARDS), module


def test_no_module_needs_itself_to_be_imported():
    """The imports at the head of the modules form no circle."""
    heads = {name: {module for module, _, inside in imports(name) if not inside} for name in MODULES}
    done = set()
    while len(done) < len(MODULES):
        ready = {name for name in heads if name not in done and not (heads[name] & set(MODULES)) - done}
        circle = set(MODULES) - done
        assert ready, f"a circle among {sorted(circle)}"
        done |= ready


def test_rooms_are_entered_by_their_front(name):
    """autodiff <- nn and autodiff <- visualize; only the three ``__main__`` go elsewhere, and inside functions."""
    front_door = name.endswith("__main__")
    for module, _, inside in imports(name):
        other = room(module)
        if other in ROOMS and other != room(name):
            allowed = other == "autodiff" and room(name) in ("nn", "visualize")
            assert allowed or (front_door and inside), module
        assert not module.endswith("__main__"), "nobody imports a front door"


def test_other_rooms_use_public_names_of_autodiff(name):
    if room(name) == "autodiff" or name.endswith("__main__"):
        return
    public = {"autodiff": {*autodiff.__all__, "abs", "sum", "flat"}}
    rooms = ("_files", "arrays", "flat", "vocabulary")
    public |= {f"autodiff.{name}": set(getattr(autodiff, name).__all__) for name in rooms}
    for module, imported, _ in imports(name):
        if room(module) == "autodiff":
            package, _, last = module.rpartition(".")
            if last in public.get(package, ()):  # a public name, whether or not a module is called so too
                module, imported = package, last
            assert module in public, module
            assert not imported or imported in public[module], imported
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "autodiff":
            assert node.attr in public["autodiff"], node.attr


def test_third_party_packages_wait_until_they_are_used(name):
    """None at the head of a module, and in autodiff none at all, except under flat/."""
    for module, _, inside in imports(name):
        if room(module) not in {*sys.stdlib_module_names, *ROOMS}:
            assert name.startswith("autodiff.flat.") or (inside and room(name) != "autodiff"), module


@pytest.mark.parametrize("module", [*ROOMS, "autodiff.flat"])
def test_importing_is_light(module):
    """Nothing heavy comes along; nn and visualize may use the standard library as they like."""
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=True)
    loaded = {name for name in HEAVY if name in done.stdout.split()}

    assert module in done.stdout.split()
    assert not loaded & set(HEAVY if module == "autodiff" else HEAVY[:9])


def test_importing_leaves_the_collector_alone():
    program = f"import gc, sys; sys.path.insert(0, {str(ROOT)!r}); before = gc.get_threshold(), gc.isenabled(); "
    program += "import autodiff, nn, visualize; (autodiff.Value(2.0) * 3).backward(); "
    program += "assert (gc.get_threshold(), gc.isenabled()) == before and gc.get_freeze_count() == 0"
    subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True)
