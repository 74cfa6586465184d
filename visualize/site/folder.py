"""The folder of the site, written as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from autodiff._files import new_folder, write

from .notebooks import notebook_page, notebook_paths, read_notebook, title_of
from .pages import front_page, kit_pages, lecture_pages, playground_pages, style, try_page
from .tools import NEEDS, SOURCE, check_part, write_api, write_lite

PARTS = tuple(NEEDS)  # what needs more than this package
PAGES: list[Callable[[], dict[str, str]]] = [kit_pages, lecture_pages, playground_pages, try_page, style]


def write_site(folder: str | os.PathLike[str], without: Sequence[str] = ()) -> str:
    """Write the site to a new folder, all of it or nothing, and return the path of its start page.

    ``without`` names PARTS to leave out. FileExistsError if there is something in the folder; ImportError if a package
    is missing; FileNotFoundError if the notebooks are not there.
    """
    for part in without:
        if part not in PARTS:
            raise ValueError(f"the site has no part {part!r:.40} to leave out: choose from {', '.join(PARTS)}")
    parts = [part for part in PARTS if part not in without]
    for part in parts:
        check_part(part)
    with new_folder(folder, "the site") as temporary, ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        made = [pool.submit(write_pages, make, temporary) for make in PAGES]
        lite = [pool.submit(write_lite, temporary)] if "lite" in parts else []
        made += [pool.submit(write_api, temporary)] if "api" in parts else []
        paths = notebook_paths(SOURCE / "notebooks") if "notebooks" in parts or lite else {}
        course = {name: title_of(read_notebook(path)) for name, path in paths.items()}
        pages = {".nojekyll": ""}  # GitHub Pages serves the files as they are
        if "notebooks" in parts:
            for name, path in paths.items():
                pages[f"notebooks/{name}.html"] = notebook_page(name, path, course, bool(lite))
        for job in made:
            job.result()
        wheel = lite[0].result() if lite else ""
        write_files({"index.html": front_page(course, parts, wheel), **pages}, temporary)
    return os.path.join(os.path.expanduser(folder), "index.html")


def write_pages(make: Callable[[], dict[str, str]], folder: str) -> None:
    """Make pages and write them, in a process of their own."""
    write_files(make(), folder)


def write_files(files: dict[str, str], folder: str) -> None:
    """Write the texts of files by their paths in the folder."""
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write(path, text.encode())
