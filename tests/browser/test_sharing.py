"""Copies and files from a page match the library's; a link hides what a teacher leaves out."""

import base64
import re
import struct
from xml.etree import ElementTree

import pytest

from autodiff.flat.live import Listing
from autodiff.graph import history
from tests.browser.pages import d1, example
from visualize import page

COPIED = "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }"


def chosen(tab, what):
    tab.evaluate(COPIED)
    tab.get_by_label("Share").select_option(label=what)
    tab.locator(".views option", has_text=re.compile("^(Copied|Saved)$")).wait_for(state="attached")
    return tab.evaluate("window.copied")


def saved(tab, what):
    with tab.expect_download() as download:
        tab.get_by_label("Share").select_option(label=what)
    return download.value.suggested_filename, download.value.path().read_bytes()


@pytest.mark.parametrize("id", ["D1", "D2", "E7"])
def test_copies_match_the_library(visit, id):
    f = example(id)
    tab = visit(page(f), "#step=4")
    assert chosen(tab, "Copy Python").rstrip("\n").split("\n") == Listing(history(f)).lines
    assert chosen(tab, "Copy LaTeX") == f"{f.steps().latex()}\n"
    assert chosen(tab, "Copy link") == tab.url
    assert f'src="{tab.url}"'.replace("&", "&amp;") in chosen(tab, "Copy embed code")


def test_latex_copy_of_typed_numbers(visit):
    tab = visit(page(d1()), "#inputs=1,2,3")
    assert chosen(tab, "Copy LaTeX").startswith("% with the numbers of the example")


def test_pictures_are_saved_as_seen(visit):
    tab = visit(page(d1()), "#step=1")
    width, height = tab.evaluate("(({ width, height }) => [width, height])(active.graph.svg.viewBox.baseVal)")
    name, svg = saved(tab, "Save SVG")
    root = ElementTree.fromstring(svg)
    assert (name, root.tag) == ("lesson-1.svg", "{http://www.w3.org/2000/svg}svg")
    assert root.get("viewBox") == f"0 0 {width:g} {height:g}"
    name, png = saved(tab, "Save PNG")
    assert (name, png[:8]) == ("lesson-1.png", b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (int(2 * width), int(2 * height))
    tab.set_content(f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}">')
    colors = tab.evaluate("""async () => { const image = document.images[0]; await image.decode();
        const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight), c = canvas.getContext("2d");
        c.drawImage(image, 0, 0); const all = c.getImageData(0, 0, canvas.width, canvas.height).data;
        return [...new Set(Array.from({ length: all.length / 4 }, (_, i) => all.slice(4 * i, 4 * i + 4).join()))]; }""")
    assert {"255,255,255,255", "0,90,140,255"} <= set(colors)  # the page, and the blue of values


def test_link_hides_parts(visit):
    tab = visit(page(example("D3")), "#hide=code,chain,share,form&step=3")
    tabs = tab.locator("[role=tab]:visible").all_text_contents()
    assert tabs == ["Inputs", "Mistakes", "Steps", "Descend"]
    assert not tab.get_by_label("Share").is_visible()
    assert not tab.get_by_label("Form of the graph").is_visible()
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("location.hash") == "#hide=code%2Cchain%2Cshare%2Cform&step=4"
    tab.reload()
    assert (tab.locator("[role=tab]:visible").all_text_contents(), tab.text_content(".counter")[:1]) == (tabs, "4")


def test_link_without_sense_shows_the_graph(visit):
    address = "#mistake=constructor&along=length,9&eta=-1&inputs=,,&zoom=x&tab=99&node=99&fold=z&step=-3"
    tab = visit(page(example("D2")), address)
    assert tab.text_content(".counter").startswith("0 of")
    assert tab.locator(".graph .wrong").count() == 0


def test_link_without_answers(visit):
    tab = visit(page(d1()), "#hide=answers&step=1")
    assert not tab.get_by_role("button", name="Reveal").is_visible()
    assert not tab.get_by_role("button", name="Predict", exact=True).is_visible()
    tab.locator(".at").fill("7")
    tab.locator("body").press("End")
    assert tab.text_content(".counter") == "1 of 7"
    tab.get_by_label("Your prediction").fill("3")
    tab.keyboard.press("Enter")
    tab.click(".next")
    assert tab.text_content(".counter") == "2 of 7"
