"""Worksheets, printed."""

import re

from autodiff.__main__ import main


def test_a_printed_sheet_fits_its_page(tmp_path, chromium):
    """A4: no question is cut in two, nothing is wider than the page, and every variant starts on a page of its own."""
    file = tmp_path / "sheet.html"
    assert main(["--quiz", "3", "--level", "4", "--variants", "2", "-o", str(file)]) == 0
    tab = chromium.new_page(viewport={"width": 794, "height": 1123})
    tab.goto(file.as_uri())
    tab.emulate_media(media="print")

    assert tab.evaluate("document.documentElement.scrollWidth") <= 794
    assert tab.evaluate("[...document.images].every((image) => image.complete && image.naturalWidth > 100)")
    heights = tab.evaluate("[...document.querySelectorAll('li')].map((item) => item.getBoundingClientRect().height)")
    assert max(heights) < 1000
    assert len(re.findall(rb"/Type\s*/Page\b", tab.pdf(format="A4"))) == 4
    tab.close()
