"""The SVG: the lecture's look, readable by machines and screen readers, safe for any label."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autodiff import Value, relu, variables
from autodiff.lectures import EXAMPLES
from tests.support.pictures import SVG, built, elements, texts
from visualize import draw

HOSTILE = [
    "a|b",
    "{x}",
    "<b>",
    '"',
    "'",
    "a\nb\r\tc",
    "</script><script>alert(1)</script>",
    "]]>",
    "<!--",
    "&amp;&#x3C;",
    "\x00\x1b\x7f\u2028\ufffe\ud800",
    "\u202eltr",
    "$x_1$ \\N \\G %s {n}",
    "long " * 2000,
    "  ",
    "日本語",
    "🙂",
]


M, T = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"


def drawn(f, **options):
    return draw(f, layout="built-in", **options).svg()


def test_D1_svg_reads_as_the_slide():
    groups = elements(drawn(built("D1")))

    assert {id: texts(group) for id, group in groups.items()} == {
        "edge-3-0": ["-2", "∇ -4"],
        "edge-3-1": ["5", "∇ -4"],
        "edge-4-0": ["q = 3", "∇ -4"],
        "edge-4-1": ["-4", "∇ 3"],
        "edge-output": ["-12", "∇ 1"],
        "node-0": ["x"],
        "node-1": ["y"],
        "node-2": ["z"],
        "node-3": ["+"],
        "node-4": ["*"],
        "output": ["f"],
    }


def test_svg_values_above_and_gradients_below():
    group = elements(drawn(built("D1")))["edge-3-0"]
    value, gradient = group.iter(f"{SVG}text")
    line = float(re.match(r"M[\d.]+,([\d.]+)", group.find(f"{SVG}path").get("d")).group(1))

    assert float(value.get("y")) < line < float(gradient.get("y"))
    assert (value.get("class"), gradient.get("class")) == ("data", "gradient")


def test_svg_gates_are_circles_of_radius_16():
    groups = elements(drawn(built("E7")))

    assert [circle.get("r") for circle in groups["node-3"].iter(f"{SVG}circle")] == ["16"]
    (wide,) = groups["node-4"].iter(f"{SVG}rect")
    assert (wide.get("height"), wide.get("rx")) == ("32", "16")


def test_svg_classes():
    classes = {id: group.get("class") for id, group in elements(drawn(built("D5c"))).items()}

    assert classes["node-0"] == "value leaf"
    assert classes["node-1"] == "value op"
    assert classes["edge-1-0"] == "edge"
    assert classes["output"] == "output"
    assert elements(drawn(relu(Value(0.0))))["node-1"].get("class") == "value op kink"


def test_E7_svg_sum_under_the_name():
    groups = elements(drawn(built("E7")))

    assert texts(groups["node-1"]) == ["y", "∇ 5"]
    assert texts(groups["edge-3-1"]) == ["2", "∇ 2"]
    assert texts(groups["edge-4-0"]) == ["2", "∇ 3"]


def test_trap_1_svg_two_edges_for_x_times_x():
    x = Value(3.0, "x")
    groups = elements(drawn(x * x))

    assert texts(groups["edge-1-0"]) == texts(groups["edge-1-1"]) == ["3"]
    assert groups["edge-1-0"].find(f"{SVG}path").get("d") != groups["edge-1-1"].find(f"{SVG}path").get("d")


def test_trap_31_svg_no_gradients_before_backward():
    assert "∇" not in drawn(EXAMPLES["D2"].build())


@pytest.mark.parametrize("id", ["D1", "D2", "A8", "E1"])
def test_svg_minus_and_times_signs(id):
    text = draw(built(id), products=True, layout="built-in").svg()
    drawn = re.findall(r"<(?:text|tspan|title|desc)\b[^>]*>([^<]+)", text)

    assert M in "".join(drawn)
    assert [line for line in drawn if re.search(r"[*\-·]", line)] == []


def test_D2_svg_products_with_two_digits():
    groups = elements(drawn(built("D2"), products=True, digits=2))

    assert texts(groups["edge-12-0"]) == ["1.37", "[1] * [-0.53] = -0.53"]
    assert texts(groups["edge-output"]) == ["0.73", "∇ 1"]


@pytest.mark.parametrize(("digits", "value"), [(None, "0.731059"), (0, "1"), (1, "0.7"), (4, "0.7311")])
def test_svg_digits(digits, value):
    assert texts(elements(drawn(built("D2"), digits=digits))["edge-output"])[0] == value


@pytest.mark.parametrize(("x", "text"), [(-0.05, "-0.1"), (-0.04, "0"), (0.0, "0"), (12.0, "12"), (-10.26, "-10.3")])
def test_svg_coordinates(x, text):
    from visualize.render.svg import coordinate

    assert coordinate(x) == text


def test_svg_infinite_and_undefined_numbers():
    x = Value(0.0, "x")
    f = 1 / x - 1 / x
    f.backward()

    assert texts(elements(drawn(f))["edge-output"])[0] == "nan"
    assert texts(elements(drawn(f))["edge-3-0"])[0] == "inf"


def test_svg_title_and_description():
    root = ElementTree.fromstring(drawn(built("D1")))

    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == f"Computation graph of f = q {T} z = {M}12"
    assert f"x = {M}2, gradient {M}4." in root.find(f"{SVG}desc").text


def test_svg_tooltips():
    assert elements(drawn(built("D1")))["node-3"].find(f"{SVG}title").text == f"q = x + y = 3, gradient {M}4"


def test_svg_colors_in_light_and_dark():
    style = ElementTree.fromstring(drawn(built("D1"))).find(f"{SVG}style").text
    light, dark = style.split("@media screen { @supports (color: light-dark(red, red)) {")

    assert ".autodiff .data { fill: #005A8C }" in light
    assert ".autodiff .data { font: bold 13px" in light
    assert ".autodiff .gradient { fill: #A84300 }" in light
    assert ".autodiff .data { fill: light-dark(#005A8C, #7CC7F2) }" in dark
    assert ".autodiff .gradient { fill: light-dark(#A84300, #FF9F4A) }" in dark
    assert ".autodiff .page { fill: light-dark(#FFFFFF, #111418); stroke: none }" in dark
    assert "svg:root { color-scheme: light dark }" in light


def contrast(a, b):
    """The contrast of two colors (WCAG 2)."""
    lights = []
    for color in (a, b):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return max(lights) / min(lights)


def test_svg_letters_have_contrast():
    from visualize.style import DARK, LIGHT, TEXTS

    for palette in (LIGHT, DARK):
        for letters in TEXTS.values():
            for ground in ("background", "gate"):
                assert contrast(palette[letters.color], palette[ground]) > 4.5


def test_svg_stale_gates():
    x, y = variables(x=1, y=2)
    f = x * y
    x.data = 5.0
    text = drawn(f)

    assert 'class="outdated"' in text
    assert elements(text)["node-2"].get("class") == "value op stale"
    assert "x changed after f was computed" in text


@pytest.mark.parametrize("label", HOSTILE)
def test_trap_32_svg_escapes_labels(label):
    a, b = Value(1.0, label), Value(2.0, label)
    f = a * b
    f.label = label
    text = drawn(f)
    root = ElementTree.fromstring(text.encode())

    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "style", "rect", "circle", "path", "polygon", "g", "text", "tspan",
    }  # fmt: skip
    assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
    assert len(texts(elements(text)["node-0"])[0] if label.strip() else "") <= 24
    assert float(root.get("width")) < 1200


def test_svg_loads_nothing():
    text = drawn(built("D2"))

    assert re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"href|url\(|@import|<script", text)


def test_trap_34_svg_is_the_same_on_every_run():
    program = (
        "from autodiff import Value; from autodiff.lectures import EXAMPLES; from visualize import draw; import sys\n"
        "keep = [Value(1.0) * 2.0 for _ in range(int(sys.argv[1]))]\n"
        "f = EXAMPLES['B2'].build(); f.backward(); sys.stdout.reconfigure(encoding='utf-8'); print(draw(f).svg())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", program, count], capture_output=True, check=True).stdout
        for count in ("0", "1000")
    }

    assert len(runs) == 1
    assert runs.pop().count(b"<g ") == len(elements(draw(built("B2")).svg()))


def test_svg_of_lecture_examples_is_well_formed():
    for example in EXAMPLES.values():
        output = example.build()
        output.backward()

        assert ElementTree.fromstring(drawn(output)).tag == f"{SVG}svg"


def test_svg_names_never_run_into_values():
    w, x = Value(2.0, "W1_0_2"), Value(1.0, "x_bar")
    h = w * x
    h.label = "h1"
    groups = elements(drawn(h * h))

    spans = [(span.text, span.get("class")) for span in groups["node-0"].iter(f"{SVG}tspan")]
    assert spans == [("W", "name"), ("(1)", "upper"), ("02", "lower")]
    assert texts(groups["node-1"]) == ["x̄"]
    assert texts(elements(drawn(h + 1.0))["edge-3-0"]) == ["h1 = 2"]


def test_svg_frames_show_names_of_captions(tmp_path):
    x, y = variables(x=1, y=2)
    (first, *_) = draw((x + y) * x, layout="built-in").frames(tmp_path / "f-{n}.svg")
    groups = elements(Path(first).read_text(encoding="utf-8"))

    assert texts(groups["node-2"]) == ["+", "s₀"]
    assert "s₀" not in drawn((x + y) * x)
