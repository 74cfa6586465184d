"""What tests of the site need from outside, and links in its pages."""

import os
import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from visualize.site.tools import check_part

ELSEWHERE = {"https://pdoc.dev"}  # in the footer of the API reference


def need_part(part):
    """Skip the test if packages for this part are missing; on CI it fails."""
    try:
        check_part(part)
    except ImportError as error:
        leave(str(error))


def leave(why):
    """Skip the test; on CI it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


class Places(HTMLParser):
    """The links and the ids of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.links += [given[name] for name in ("href", "src") if given.get(name) and name in given]
        self.ids |= {given["id"]} if "id" in given else set()


def pages_in(folder):
    """The pages of a site by path, without those of JupyterLite."""
    paths = [path for path in folder.rglob("*.html") if path.relative_to(folder).parts[0] != "lite"]
    return {path.resolve(): Places(path) for path in paths}


def dead_links(pages):
    """(page, link) for every link, relative or to another site, that leads nowhere."""
    found = []
    for path, page in pages.items():
        for link in page.links:
            file, _, place = link.partition("#")
            target = (path.parent / unquote(file.partition("?")[0])).resolve() if file else path
            example = re.match("example=([^&]+)", place)
            place = unquote(example[1] if example else place)
            known = pages[target].ids if target in pages else ()
            if link in ELSEWHERE or link.startswith("data:"):
                continue
            if not target.is_file() or (place and "=" not in place and place not in known):
                found.append((path.name, link))
    return found
