"""The page is safe, self-contained, readable without a script, and fits a phone."""

import gzip
import json
import re

import pytest

from autodiff import Value, variables
from tests.browser.pages import d1, example, gradients, some
from visualize import page

TIMES = "\N{MULTIPLICATION SIGN}"
HOSTILE = [
    "</script><script>document.title = 'caught'</script>",
    "<b>bold</b>",
    '" onload="alert(1)',
    "a|b{x}",
    "]]>&amp;<!--",
    "' + alert(1) + '",
    "`${document.title = 'caught'}`",
    "*/ document.title = 'caught' /*",
    '\\"; document.title = "caught"; "',
    "javascript:alert(1)",
    "&lt;img src=x onerror=alert(1)&gt;",
]


@pytest.mark.parametrize("label", HOSTILE)
def test_trap_32_label_is_text_only(visit, label):
    x, y = Value(2.0, label), Value(3.0, "y")
    tab = visit(page(x * y, title=label), "#step=3")
    assert tab.title() == label
    assert tab.locator("h1").text_content() == label
    assert tab.locator("tr[data-input] th").first.text_content() == label[:40]
    assert tab.locator(".graph b, .chain b, main script:not([type])").count() == 0
    tab.get_by_label("y up").click()
    assert gradients(tab)["y"] == 2.0


def test_label_of_ten_thousand_characters(visit):
    x = Value(2.0, "x" * 10_000)
    tab = visit(page(x * 2.0), viewport={"width": 800, "height": 600})
    assert len(tab.locator("tr[data-input] th").text_content()) <= 40
    assert tab.evaluate("document.documentElement.scrollWidth") <= 800


@pytest.mark.parametrize("id", ["D1", "D2", "D11c", "E7"])
def test_page_is_small_and_names_no_address(id):
    html = page(example(id)).html()
    assert len(gzip.compress(html.encode())) < 80_000
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'`<)]*", html))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"}
    assert not re.findall(r"\b(?:src|href)=[\"'](?!data:,)", html)
    assert "default-src 'none'" in html


def test_page_may_load_nothing(chromium, tmp_path):
    page(d1()).save(tmp_path / "page.html")
    tab = chromium.new_page()
    tab.goto((tmp_path / "page.html").as_uri())
    refused = """() => new Promise((done) => {
        addEventListener("securitypolicyviolation", () => done(true));
        document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: "other.css" }));
        setTimeout(() => done(false), 2000); })"""
    assert tab.evaluate(refused)
    tab.close()


def test_page_without_scripts(visit):
    tab = visit(page(d1()), java_script_enabled=False)
    assert tab.locator(".graph svg").is_visible()
    assert tab.locator('[id="lesson-0-edge-4-0"] .gradient').text_content() == "∇ \N{MINUS SIGN}4"
    items = tab.locator(".steps ol li").all_text_contents()
    assert len(items) == 7
    assert items[4].replace("\N{MINUS SIGN}", "-") == f"df/dq = df/df {TIMES} z = 1 {TIMES} -4 = -4"
    rows = [row.all_text_contents() for row in (r.locator("th, td") for r in tab.locator(".gradients tbody tr").all())]
    assert [[text.replace("\N{MINUS SIGN}", "-") for text in row] for row in rows] == [
        ["x", "-2", "-4"], ["y", "5", "-4"], ["z", "-4", "3"],
    ]  # fmt: skip
    assert "grad_q = grad_f * z" in tab.locator(".code pre").text_content()


def test_phone_scrolls_only_the_graph(visit):
    tab = visit(page(example("D2")), "#step=14", viewport={"width": 360, "height": 740})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    kinds = ("button", "select", "input[type=text]", "input[type=range]", "summary")
    boxes = [x.bounding_box() for x in tab.locator(", ".join(f"{kind}:visible" for kind in kinds)).all()]
    small = [box for box in boxes if min(box["width"], box["height"]) < 44]
    assert small == []


def test_phone_scrolls_to_the_edge_in_hand(visit):
    tab = visit(page(example("D2")), "#step=8", viewport={"width": 360, "height": 740})
    inside = """() => { const box = document.querySelector('.graph').getBoundingClientRect();
        const lit = document.querySelector('.op.lit').getBoundingClientRect();
        return lit.left >= box.left && lit.right <= box.right; }"""
    assert tab.evaluate(inside)


def test_controls_have_names_and_the_graph_is_a_list(visit):
    tab = visit(page(example("E7")), "#step=10")
    unnamed = """() => [...document.querySelectorAll("button, select, input, [role=region], [role=button]")]
        .filter((x) => !(x.getAttribute("aria-label") || x.textContent.trim() || x.labels?.length)).length"""
    assert tab.evaluate(unnamed) == 0
    label = tab.locator('[id="lesson-0-node-1"]').get_attribute("aria-label")
    assert label == "y\n∇ 5: y = 2, gradient 5. Show its chain rule."
    assert len(tab.get_by_label("Node", exact=True).locator("option").all()) == 7
    ids = tab.evaluate("[...document.querySelectorAll('[id]')].map((x) => x.id)")
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_in_light_and_dark(visit, scheme):
    """WCAG AA requires a contrast of at least 4.5."""
    tab = visit(page(d1()), "#step=5", color_scheme=scheme)
    colors = tab.evaluate("""() => { const style = getComputedStyle(document.documentElement);
        return ["--background", "--raised", "--lit", "--ink", "--faint", "--value", "--gradient", "--wrong"].map(
            (name) => style.getPropertyValue(name).trim()); }""")
    background, raised, lit, ink, *others = map(luminance, colors)
    for text in (ink, *others):
        assert min(contrast(text, background), contrast(text, raised)) >= 4.5
    assert contrast(ink, lit) >= 4.5


def luminance(color):
    """The relative luminance of #rrggbb."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a, b):
    """The contrast of two luminances, from 1 to 21."""
    return (max(a, b) + 0.05) / (min(a, b) + 0.05)


def test_notebook_frame_may_run_scripts_only(visit):
    frame = page(d1())._repr_html_()
    assert frame.startswith("<iframe")
    assert 'sandbox="allow-scripts"' in frame

    class Notebook:
        def save(self, path):
            path.write_text(f"<!DOCTYPE html><title>notebook</title>{frame}", encoding="utf-8")

    tab = visit(Notebook())
    inner = tab.frame_locator("iframe")
    inner.get_by_role("button", name="Next").click()
    assert inner.locator(".counter").text_content() == "1 of 7"


def test_names_of_functions_may_be_strange(visit):
    """Reserved words of JavaScript, and names of the page's functions."""
    a, b, c = variables(new=2, document=3, show=4)
    tab = visit(page(a * b + c), "#step=1")
    assert gradients(tab) == {"new": 3.0, "document": 2.0, "show": 1.0}


def test_names_of_object_prototype(visit):
    names = ["__proto__", "constructor", "toString", "valueOf"]
    a, b, c, d = (Value(2.0, name) for name in names)
    tab = visit(page(a * b + c * d), "#step=1")
    assert gradients(tab) == dict.fromkeys(names, 2.0)
    for name in names:
        tab.get_by_label(f"{name} up").click()
    assert gradients(tab) == dict.fromkeys(names, 2.1)
    tab.get_by_role("tab", name="Chain").click()
    tab.keyboard.press("End")
    for number in range(2, 8):
        tab.get_by_label("Node", exact=True).select_option(str(number % 4))
        assert "native code" not in tab.locator("main").inner_text()


def test_phone_turns_a_graph_down(visit):
    tab = visit(page(d1()), "#step=6", viewport={"width": 390, "height": 844})
    first, last = (tab.locator(f".graph .{kind}").last.bounding_box() for kind in ("leaf", "output"))
    assert last["y"] > first["y"] + 50
    inside = """() => [...document.querySelectorAll(".graph :is(.leaf, .op, .output)")].every((part) => {
        const a = part.getBoundingClientRect(), b = document.querySelector(".graph").getBoundingClientRect();
        return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom; })"""
    assert tab.evaluate(inside)


TURNED = """(down) => new Promise((done) => {
  const look = () => (active.graph.down === down ? done() : setTimeout(look, 10));
  look();
})"""
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.mark.parametrize("id", ["D2", "D3", "E7", "B1d"])
def test_phone_graph_fits_its_width(visit, id):
    tab = visit(page(example(id)), **PHONE)
    first, last = (tab.locator(f".graph .{kind}").last.bounding_box() for kind in ("leaf", "output"))
    assert last["y"] > first["y"] + 50
    for step in range(1, tab.evaluate("active.lesson.rows.length") + 1):
        across, seen = tab.evaluate(f"""() => {{
            active.show({step});
            const box = active.box.getBoundingClientRect(), lit = [...document.querySelectorAll(".graph [data-lit]")];
            const shown = lit.flatMap((x) => [...x.querySelectorAll(":is(.data, .gradient):not(.unseen)")])
              .some((x) => x.getBoundingClientRect().top >= box.top && x.getBoundingClientRect().bottom <= box.bottom);
            return [active.box.scrollWidth - active.box.clientWidth, shown]; }}""")
        assert across <= 1
        assert seen
    tab.set_viewport_size({"width": 1280, "height": 720})
    tab.evaluate(TURNED, False)
    first, last = (tab.locator(f".graph .{kind}").last.bounding_box() for kind in ("leaf", "output"))
    assert last["x"] > first["x"] + 50


@pytest.mark.parametrize("id", some(["D2", "D3", "E7", "C1f", "B3"], "D2"))
def test_phone_letters_and_digits(visit, id):
    tab = visit(page(example(id)), "#step=999", **PHONE)
    sizes = "[...document.querySelectorAll('.graph .data, .graph .gradient')].map((x) => getComputedStyle(x).fontSize)"
    least = min(float(size.removesuffix("px")) for size in tab.evaluate(sizes))
    assert least * tab.evaluate("active.graph.scale") >= 9
    numbers = tab.locator(".graph .data, .graph .gradient").all_text_contents()
    assert max(len(text.lstrip("∇ \N{MINUS SIGN}0.").replace(".", "")) for text in numbers) <= 3


def test_phone_turns_a_picture_and_back(visit):
    tab = visit(page(example("E7")))
    marks = "active.graph.svg.querySelectorAll('g > :is(path, polygon, circle, text)')"
    before = tab.evaluate(f"[...{marks}].map((x) => x.outerHTML)")
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.evaluate(TURNED, True)
    assert tab.evaluate(f"[...{marks}].filter((x, i) => x.outerHTML === {json.dumps(before)}[i]).length") == 0
    heads = """[...document.querySelectorAll('.graph polygon')].map((x) => [x.points[0].y - x.points[1].y,
               x.points[0].x - x.previousElementSibling.getPointAtLength(1e6).x])"""
    assert all(abs(high - 8) < 0.01 and abs(x) < 0.01 for high, x in tab.evaluate(heads) if high > 6)
    tab.set_viewport_size({"width": 1280, "height": 800})
    tab.evaluate(TURNED, False)
    assert tab.evaluate(f"[...{marks}].map((x) => x.outerHTML)") == before


def test_swipe_takes_a_step(visit):
    tab = visit(page(d1()), "#step=3", **PHONE)
    swipe = """([from, to, y]) => {
      const touch = (x, y) => new Touch({ identifier: 1, target: active.now, clientX: x, clientY: y });
      active.now.dispatchEvent(new TouchEvent("touchstart", { bubbles: true, touches: [touch(from, 500)] }));
      active.now.dispatchEvent(new TouchEvent("touchend", { bubbles: true, changedTouches: [touch(to, y)] })); }"""
    steps = []
    for way in ([300, 100, 510], [100, 300, 490], [100, 300, 490], [300, 280, 500], [300, 200, 700]):
        tab.evaluate(swipe, way)
        steps.append(tab.text_content(".counter").split()[0])
    assert steps == ["4", "3", "2", "2", "2"]
