"""A static web site: pages to try, playgrounds, the course as pages and in JupyterLite, the kit, the API reference.

Modules, in reading order:

    pages        the pages to step through and to train in, and the start page
    notebooks    a notebook as a page
    tools        what other packages make: JupyterLite with the wheel, the API reference
    folder       the folder with all of it
"""

from __future__ import annotations

from .folder import PARTS, write_site
from .pages import lectures

__all__ = ["PARTS", "lectures", "write_site"]
