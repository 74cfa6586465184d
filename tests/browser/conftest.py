"""Open pages in Chromium; each test ends by checking for page errors and for requests that left the page."""

import os
import shutil

import pytest

PROGRAMS = "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"  # the first is fastest
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {
    "runOnly": RULES,
    "resultTypes": ["violations"],
    "iframes": False,  # axe is only in the page itself
    "rules": {"label-content-name-mismatch": {"enabled": True}},
}


@pytest.fixture(scope="session")
def chromium():
    """The browser; without one the test is skipped, but on CI it fails."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        missing = "no program chromium on the PATH: apt-get install chromium-headless-shell"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, tmp_path):
    """A function that saves a page and opens it: ``visit(page(f), "#step=5", color_scheme="dark")``."""
    contexts, troubles = [], []

    def opened(page, fragment="", **options):
        path = tmp_path / f"page-{len(contexts)}.html"
        page.save(path)
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        tab = context.new_page()
        tab.set_default_timeout(30_000)  # the machine may be busy
        tab.on("pageerror", lambda error: troubles.append(f"error: {error}"))
        tab.on(
            "console", lambda message: troubles.append(message.text) if message.type in ("error", "warning") else None
        )
        tab.on("request", lambda request: troubles.append(request.url) if leaves(request.url) else None)
        tab.goto(path.as_uri() + fragment)
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture(scope="session")
def violations():
    """A function that returns what axe-core finds in a tab."""
    try:
        from axe_playwright_python.base import AXE_SCRIPT
    except ImportError:
        missing = "no axe-core: pip install axe-playwright-python"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)

    def found(tab):
        tab.evaluate(AXE_SCRIPT)
        violations = tab.evaluate("(options) => axe.run(document, options)", OPTIONS)["violations"]
        return [f"{x['id']}: {node['html'][:200]}" for x in violations for node in x["nodes"]]

    return found


def leaves(url):
    """Whether a request goes anywhere but to the file."""
    return not url.startswith(("file:", "data:", "blob:"))
