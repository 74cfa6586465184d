"""A top-level name means one thing in a package."""

import ast

import pytest

from tests.test_imports import MODULES

SHARED = {"__all__", "ROOMS", "TYPE_CHECKING"}  # names in every front
BOTH = {"dot", "logsumexp", "norm", "take"}  # a primitive, and the function that takes its operands in a list
PACKAGES = {"autodiff": "autodiff.flat", "autodiff.flat": None, "nn": None, "visualize": None}


def defined(tree):
    """The names of a module's functions, classes and constants."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))


@pytest.mark.parametrize("package", PACKAGES)
def test_names_are_defined_once_in_a_package(package):
    apart, homes = PACKAGES[package], {}
    for module, path in MODULES.items():
        inside = f"{module}.".startswith(f"{package}.") and not (apart and f"{module}.".startswith(f"{apart}."))
        if inside:
            for name in set(defined(ast.parse(path.read_text(encoding="utf-8")))) - SHARED - BOTH:
                homes.setdefault(name, []).append(module)

    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}
