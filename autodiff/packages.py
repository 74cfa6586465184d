"""Packages of others that are imported when they are used, and what is said where one is missing."""

from __future__ import annotations

__all__ = ["need"]


def need(package: str, what: str) -> None:
    """Import the package; ImportError, saying what needs it and how to install it, where that cannot be done.

    Examples
    --------
    >>> from autodiff.packages import need
    >>> need("matplotlib", "a plot")
    """
    from importlib import import_module

    try:
        import_module(package)
    except ImportError as error:
        raise ImportError(
            f"{what} needs the package {package}: pip install {package} ({error})", name=package
        ) from None
