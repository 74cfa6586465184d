"""A picture shows itself, saves itself atomically, and splits into frames."""

import base64
import os
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import nn
import visualize
from autodiff import Value, latex, relu, variables
from autodiff.lectures import EXAMPLES
from tests.support.pictures import SVG, built, elements, texts
from visualize import draw
from visualize.picture import Picture
from visualize.render.tikz import tikz

M, T = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"

# --- The picture ----------------------------------------------------------------------------------


def test_picture_repr():
    picture = draw(built("D1"))

    assert isinstance(picture, Picture)
    assert repr(picture) == '<picture of f = q * z = -12: 6 boxes, 5 arrows; .save("name.svg") keeps it>'


def test_picture_keeps_the_graph_as_it_was():
    x = Value(2.0, "x")
    f = x * x
    picture = draw(f)
    x.data = 77.0
    f.forward()

    assert not re.search("x = 77|5929|>77<", picture.svg())


def test_draw_folds_a_chain_of_100_000_nodes():
    y = Value(1.0)
    for _ in range(100_000):
        y = y + 1.0

    assert "100,001 nodes folded into 2" in draw(y).svg()


# --- Files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["f.svg", "f.SVG", "f.png", "f.pdf", "f.dot"])
def test_save_by_ending(tmp_path, name):
    path = tmp_path / name
    begins = {".svg": b"<svg xmlns", ".png": b"\x89PNG", ".pdf": b"%PDF", ".dot": b"// Computation"}

    assert draw(built("D1")).save(path) == str(path)
    assert path.read_bytes().startswith(begins[path.suffix.lower()])
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["f.jpg", "f", ".svg", "f.svg.txt"])
def test_save_refuses_an_unknown_ending(tmp_path, name):
    with pytest.raises(ValueError, match=r"cannot save .* write one of \.svg, \.png, \.pdf, \.tex, \.dot"):
        draw(built("D1")).save(tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_save_failure_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "f.svg"
    path.write_text("old")

    def full(source, target):
        raise OSError(28, "No space left on device", source)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match=r"No space left on device: .*f\.svg"):
        draw(built("D1")).save(path)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["f.svg"]


@pytest.mark.skipif(os.name == "nt", reason="no permission bits")
def test_save_keeps_permissions_and_links(tmp_path):
    path, link = tmp_path / "f.svg", tmp_path / "link.svg"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    draw(built("D1")).save(link)

    assert link.is_symlink()
    assert path.read_text().startswith("<svg")
    assert path.stat().st_mode & 0o777 == 0o640


# --- PNG and PDF ----------------------------------------------------------------------------------


def test_png_at_twice_the_size(tmp_path):
    from matplotlib.image import imread

    path = tmp_path / "d1.png"
    picture = draw(built("D1"), layout="built-in")
    picture.save(path)
    root = ElementTree.fromstring(picture.svg())
    width, height = struct.unpack(">II", path.read_bytes()[16:24])
    x, y = (float(elements(picture.svg())["edge-output"].find(f"{SVG}text").get(name)) for name in "xy")
    around = imread(path)[int(2 * y) - 20 : int(2 * y), int(2 * x) - 30 : int(2 * x) + 30, :3]
    blue = (abs(around - [0, 0x5A / 255, 0x8C / 255]) < 0.05).all(axis=2)

    assert abs(width - 2 * float(root.get("width"))) <= 2
    assert abs(height - 2 * float(root.get("height"))) <= 2
    assert blue.sum() > 100  # the bold -12


def test_pdf_keeps_text_and_is_reproducible(tmp_path):
    first, second = tmp_path / "a.pdf", tmp_path / "b.pdf"
    draw(built("D1")).save(first)
    draw(built("D1")).save(second)

    assert first.read_bytes() == second.read_bytes()
    assert b"/Font" in first.read_bytes()
    assert len(re.findall(rb"/Type /Page\b", first.read_bytes())) == 1


def test_picture_leaves_pyplot_alone(tmp_path):
    program = (
        "import sys, matplotlib; matplotlib.rcParams['text.usetex'] = True; matplotlib.rcParams['savefig.dpi'] = 7\n"
        "from autodiff import Value; from visualize import draw; draw(Value(1.0, 'a$b^{') * 2.0).save(sys.argv[1])\n"
        "assert 'matplotlib.pyplot' not in sys.modules and matplotlib.rcParams['savefig.dpi'] == 7"
    )
    path = tmp_path / "f.png"
    subprocess.run([sys.executable, "-W", "error", "-c", program, path], check=True)

    assert struct.unpack(">I", path.read_bytes()[16:20])[0] > 300


def test_png_of_a_very_large_picture(tmp_path):
    y = Value(1.0)
    for _ in range(600):
        y = y * 1.0
    draw(y, fold=False, layout="built-in").save(tmp_path / "f.png")

    assert struct.unpack(">I", (tmp_path / "f.png").read_bytes()[16:20])[0] <= 60_001


# --- DOT ------------------------------------------------------------------------------------------


def test_dot_source():
    source = draw(built("D1")).graphviz().source

    assert source.count("->") == 5
    assert '"node-3" -> "node-4" [label="q = 3\\n∇ \N{MINUS SIGN}4" id="edge-4-0"]' in source
    assert "rankdir=LR" in source


@pytest.mark.parametrize("label", ["a|b", "{x}", "<b>", "<b>x</b>", '"', "\\N", "a\nb", "\\", 'x" [shape=box'])
def test_trap_32_dot_escapes_labels(label):
    a = Value(1.0, label)
    source = draw(a * 2.0).graphviz().source

    assert source.count("->") == 2
    assert "label=<" not in source
    if shutil.which("dot"):
        drawn = subprocess.run(["dot", "-Tsvg"], input=source.encode(), capture_output=True, check=True).stdout
        titles = ["".join(text.itertext()) for text in ElementTree.fromstring(drawn).iter(f"{SVG}text")]
        assert " ".join(label.split()) in [text.replace("\xa0", " ") for text in titles]


# --- Frames ---------------------------------------------------------------------------------------


def test_D1_frames_in_the_same_positions(tmp_path):
    paths = draw(EXAMPLES["D1"].build()).frames(tmp_path / "d1-{n}.svg")
    frames = [elements((tmp_path / f"d1-{n}.svg").read_text(encoding="utf-8")) for n in range(1, 8)]

    assert paths == [str(tmp_path / f"d1-{n}.svg") for n in range(1, 8)]
    assert [texts(frame["edge-output"]) for frame in frames] == [[], ["-12"]] + [["-12", "∇ 1"]] * 5
    assert [texts(frame["edge-3-0"]) for frame in frames] == [["-2"]] * 5 + [["-2", "∇ -4"]] * 2
    places = {frame["edge-4-0"].find(f"{SVG}path").get("d") for frame in frames}
    assert len(places) == 1


def test_frames_light_and_say_the_step(tmp_path):
    draw(EXAMPLES["D1"].build()).frames(tmp_path / "{n}.svg")
    text = (tmp_path / "5.svg").read_text(encoding="utf-8")
    lit = [id for id, group in elements(text).items() if "lit" in group.get("class").split()]

    assert lit == ["edge-4-0", "node-3", "node-4"]
    assert "Step 5 of 7: df/dq = df/df \N{MULTIPLICATION SIGN} z" in text
    assert "1 \N{MULTIPLICATION SIGN} \N{MINUS SIGN}4 = \N{MINUS SIGN}4" in text


def test_E7_frames_totals_build_up(tmp_path):
    draw(EXAMPLES["E7"].build()).frames(tmp_path / "{n:02}.svg")
    names = [texts(elements((tmp_path / f"{n:02}.svg").read_text(encoding="utf-8"))["node-1"]) for n in range(1, 11)]

    assert names[0] == ["y"]
    assert names[-2] == ["y", "∇ 3"]
    assert names[-1] == ["y", "∇ 5"]


def test_pdf_page_for_each_step(tmp_path):
    assert draw(EXAMPLES["D1"].build()).frames(tmp_path / "d1.pdf") == [str(tmp_path / "d1.pdf")]
    assert len(re.findall(rb"/Type /Page\b", (tmp_path / "d1.pdf").read_bytes())) == 7


def test_svg_of_all_frames_moves(tmp_path):
    path = tmp_path / "d1.svg"
    assert draw(EXAMPLES["D1"].build()).frames(path) == [str(path)]
    text = path.read_text(encoding="utf-8")
    parts = ElementTree.fromstring(text)
    shown = [part for part in parts if (part.get("class") or "").startswith("frame")]
    captions = ["".join(part.itertext()).rpartition("Step ")[2][:6] for part in shown]

    assert captions == [f"{n} of 7" for n in range(1, 8)]
    assert [part.get("class") for part in shown] == ["frame"] * 6 + ["frame last"]
    assert [part.get("style") for part in shown[::6]] == ["animation-delay: -13.5s", "animation-delay: -4.5s"]
    ids = [part.get("id") for part in parts.iter() if part.get("id")]
    assert len(ids) == len(set(ids))
    assert "prefers-reduced-motion: reduce" in text


def test_frames_write_no_gradient():
    f = EXAMPLES["D1"].build()
    draw(f)._frames()

    assert f.grad == 0.0


# --- Notebooks and imports ------------------------------------------------------------------------


@pytest.fixture
def shell():
    """A running IPython, removed afterwards."""
    from IPython.core.interactiveshell import InteractiveShell

    made = InteractiveShell.instance()
    visualize.register()
    yield made
    InteractiveShell.clear_instance()


def test_notebook_shows_small_graphs(shell):
    shown, _ = shell.display_formatter.format(built("D1"))

    assert shown["text/plain"] == "Value(-12.0, 'f', grad=1.0)"
    assert shown["image/svg+xml"].startswith("<svg")
    assert shown["text/html"] == draw(built("D1"))._repr_html_()


def test_notebook_shows_leaves_and_large_graphs_as_text(shell):
    y = Value(1.0)
    for _ in range(100):
        y = y * 2.0

    for value in (Value(1.0), y):
        assert set(shell.display_formatter.format(value)[0]) == {"text/plain"}


def test_notebook_shows_a_picture(shell):
    shown, _ = shell.display_formatter.format(draw(built("D1"), gradients="blank"))
    tag = r'<img src="data:image/svg\+xml;base64,(.*)" alt="(.*)" style="(.*)">'
    data, alt, style = re.fullmatch(tag, shown["text/html"]).groups()

    assert base64.b64decode(data).decode() == shown["image/svg+xml"]
    assert alt == (
        f"Computation graph of f = q {T} z = {M}12. x = {M}2. y = 5. z = {M}4. q = x + y = 3. f = q {T} z = {M}12."
    )
    assert style == "max-width: 100%; height: auto"


def test_notebook_shows_plots_with_alternative_text(shell):
    axes = visualize.plot_losses([1.0, 0.5, 0.25], logarithmic=True)
    alt = "Loss over each epoch. Line plot of loss (log scale) over epoch from 1 to 3: from 1 to 0.25."
    for thing in (axes, axes.figure):
        shown, metadata = shell.display_formatter.format(thing)

        assert base64.b64decode(shown["image/png"]).startswith(b"\x89PNG")
        assert f'base64,{shown["image/png"]}" alt="{alt}"' in shown["text/html"]
        assert metadata == {"image/png": {"alt": alt}}


def test_notebook_shows_figures_of_pyplot_once(shell):
    """pyplot shows its open figures after each cell, and replaces IPython's formatters of figures."""
    from IPython.core.pylabtools import select_figure_formats
    from matplotlib import pyplot

    select_figure_formats(shell, ["png"])
    figure, axes = pyplot.subplots()
    visualize.plot_losses([1.0, 0.5], axes=axes)
    during = shell.display_formatter.format(axes)[0]
    shown = shell.display_formatter.format(figure)[0]
    pyplot.close(figure)

    assert set(during) == {"text/plain"}
    assert 'alt="Loss over each epoch.' in shown["text/html"]
    assert "text/html" in shell.display_formatter.format(axes)[0]


def test_notebook_draws_nothing_in_a_terminal(shell, monkeypatch):
    monkeypatch.setattr(shell.display_formatter, "active_types", ["text/plain"])
    monkeypatch.setattr("visualize.picture.draw", None)

    assert shell.display_formatter.format(built("D1"))[0] == {"text/plain": "Value(-12.0, 'f', grad=1.0)"}


def test_notebook_without_ipython():
    program = (
        "import sys, visualize; heavy = {'IPython', 'numpy', 'matplotlib', 'graphviz', 'html', 'json', 'subprocess'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "from autodiff import Value; visualize.draw(Value(1.0) * 2.0, layout='built-in').svg()\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# --- Options --------------------------------------------------------------------------------------


def test_draw_direction_down():
    drawing = draw(built("D1"), direction="down")._drawing
    places = {group.id: group.marks[0] for group in drawing.groups if group.id.startswith(("node", "output"))}

    assert drawing.height > drawing.width
    assert places["node-0"].y < places["node-3"].points[0][1] < places["node-4"].points[0][1] < places["output"].y
    assert "rankdir=TB" in draw(built("D1"), direction="down").graphviz().source


def test_draw_scale_and_font_size():
    root, large, bold = (
        ElementTree.fromstring(draw(built("D1"), **knobs).svg()) for knobs in ({}, {"scale": 2}, {"font_size": 26})
    )

    assert large.get("width") == bold.get("width")
    assert float(bold.get("width")) == pytest.approx(2 * float(root.get("width")), abs=0.2)
    assert large.get("viewBox") == root.get("viewBox")
    assert float(ElementTree.fromstring(draw(built("B3"), font_size=26).svg()).get("width")) <= 1280


def test_png_scale(tmp_path):
    from matplotlib.image import imread

    one, two = (imread(draw(built("D1"), scale=s).save(tmp_path / f"{s}.png")) for s in (1, 2))

    assert [round(b / a) for a, b in zip(one.shape, two.shape)][:2] == [2, 2]


@pytest.mark.parametrize("theme", ["light", "dark", {"background": "#fffff0", "gradient": "darkred"}])
def test_draw_theme(theme, tmp_path):
    picture = draw(built("D1"), theme=theme)
    text = picture.svg()

    assert "prefers-color-scheme" not in text
    assert ("#111418" in text) == (theme == "dark")
    assert ("darkred" in text) == isinstance(theme, dict)
    assert ".autodiff .name" not in text  # it would color other pictures of the page
    assert picture.save(tmp_path / "f.png")


def test_draw_values_and_gradients_blank():
    f = EXAMPLES["D1"].build()
    blank, bare = draw(f, gradients="blank").svg(), draw(built("D1"), gradients=False, values=False).svg()

    assert blank.count('class="box"') == 5
    assert not re.search("gradient -4|\N{NABLA}", blank)
    assert texts(elements(bare)["edge-4-0"]) == ["q"]
    assert "-12" not in bare
    assert "gradient 3" not in bare


def test_draw_path_and_step():
    def lit(**knobs):
        groups = elements(draw(built("E7"), **knobs).svg())
        return {id for id, group in groups.items() if "lit" in group.get("class", "").split()}

    assert lit() == set()
    assert lit(highlight="x") == {"node-0", "node-3", "node-5", "edge-3-0", "edge-5-0", "edge-output"}
    assert lit(highlight=["y", "b"]) == {"node-1", "node-4", "node-5", "edge-4-0", "edge-5-1", "edge-output"}
    assert "edge-3-0" in lit(highlight=1)
    with pytest.raises(ValueError, match="no node has that name"):
        lit(highlight="q")
    with pytest.raises(ValueError, match="a step from 1 to 10, got 11"):
        lit(highlight=11)
    with pytest.raises(TypeError, match="highlight takes"):
        lit(highlight=1.5)


# --- Several outputs, and graphs of an error ------------------------------------------------------


def test_draw_several_outputs():
    x, y = variables(x=2, y=3)
    q = x * y
    f, g = q + x, q.exp()
    g.label = "g"
    before = elements(draw([f, g]).svg())
    (f + g).backward()
    after = elements(draw((f, g)).svg())

    assert texts(before["output-0"]) == ["f1"]
    assert texts(after["output-1"]) == ["g"]
    assert texts(before["edge-output-0"]) == ["8"]
    assert texts(after["edge-output-0"]) == ["8", "\N{NABLA} 1"]
    assert texts(after["node-0"])[-1] == f"\N{NABLA} {x.grad:g}"
    assert "f1 = q" not in repr(draw([f, g]))
    assert draw([f]).svg() == draw(f).svg()


def test_draw_output_used_by_another():
    x = Value(2.0, "x")
    q = x * x
    f = q + 1.0
    f.backward()
    groups = elements(draw([q, f]).svg())

    assert texts(groups["edge-output-0"]) == ["4"]
    assert texts(groups["edge-output-1"])[1] == "\N{NABLA} 1"


def test_draw_returns_of_a_net():
    net = nn.MLP(2, [3, 2], seed=1)
    outputs = net([1.0, 2.0])

    assert len([id for id in elements(draw(outputs).svg()) if id.startswith("output")]) == 2
    names = {box.name for box in draw(outputs, fold=net).scene.boxes if box.kind == "fold"}
    assert names == {"W1_0", "W1_1", "W1_2", "W2_0", "W2_1"}
    assert "edge-output-1" in draw(outputs, unfold="dot", direction="down").svg()
    with pytest.raises(ValueError, match="frames show the steps of one output"):
        draw(outputs).frames("f-{n}.svg")


def test_draw_of_an_error():
    def model(x):
        hidden = [x * 2.0, x.tanh()]
        return nn.MLP(3, [1])(hidden)

    with pytest.raises(ValueError, match="3") as caught:
        model(Value(1.0, "x"))
    picture = draw(caught.value)

    assert [box.symbol for box in picture.scene.boxes if box.kind == "op"] == ["*2", "tanh"]


# --- TeX ------------------------------------------------------------------------------------------

LABELS = [
    "w0",
    "W1_0_2",
    "y_hat",
    "x_bar",
    "theta1",
    "a_b{c",
    "$x$ & 50%",
    "\\input{x}",
    "^^5c",
    "日本",
    "#1",
    "sum [x]",
]


def hostile():
    f = Value(1.0, "x_1")
    for i, label in enumerate(LABELS):
        f = f * Value(0.5 * i, label)
    f = relu(f) + 1 / (f**2 + 1.0)
    f.label = "\\end{document}"
    f.backward()
    return f


def test_trap_32_tex_escapes_labels(tmp_path):
    drawing = draw(built("D1"))._drawing
    source = (tmp_path / draw(built("D1")).save(tmp_path / "d1.tex")).read_text(encoding="utf-8")

    marks = [mark for group in drawing.groups for mark in group.marks]
    assert source.count("\\node") + source.count("\\path[") == len(marks)
    assert "\\usepackage{tikz}" in source
    assert re.search(r"selectfont\\rmfamily\\itshape q}", source)
    hostile_source = tikz([draw(hostile())._drawing])
    assert hostile_source.count("\\end{document}") == 1
    assert not re.search(r"\\input|\\write|\^\^", hostile_source)
    braces = re.sub(r"\\[{}]", "", hostile_source)
    assert braces.count("{") == braces.count("}")
    assert "$\\hat{y}$" in hostile_source


def test_tex_frames_are_pages(tmp_path):
    (path,) = draw(built("D1"), scale=2, theme="dark").frames(tmp_path / "f.tex")
    source = Path(path).read_text(encoding="utf-8")

    assert source.count("\\shipout") == 7
    assert "x=1.5pt, y=-1.5pt" in source
    assert "\\definecolor{background}{HTML}{111418}" in source


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pdflatex") is None and not os.environ.get("CI"), reason="no pdflatex on this machine")
@pytest.mark.parametrize("name", ["D2", "B3", "E7", "hostile"])
def test_tex_by_pdflatex(name, tmp_path):
    f = hostile() if name == "hostile" else built(name)
    draw(f).frames(tmp_path / "f.tex") if name == "E7" else draw(f).save(tmp_path / "f.tex")
    command = ["pdflatex", "-no-shell-escape", "-halt-on-error", "f.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)

    assert done.returncode == 0, done.stdout[-2000:].decode(errors="replace")
    assert f"({10 if name == 'E7' else 1} page".encode() in done.stdout
    steps = "\\documentclass{article}\\usepackage{amsmath}\\begin{document}\n" + f.steps().latex()
    (tmp_path / "s.tex").write_text(steps + f"\n\\[{latex(f)}\\]\n\\end{{document}}", encoding="utf-8")
    done = subprocess.run([*command[:-1], "s.tex"], cwd=tmp_path, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:].decode(errors="replace")


def test_pdf_fonts(tmp_path):
    content = Path(draw(built("D1")).save(tmp_path / "f.pdf")).read_bytes()

    assert b"/Type3" not in content
    assert b"/Type42" in content or b"/TrueType" in content or b"/CIDFontType2" in content


# --- Rounding ---------------------------------------------------------------------------------------


def test_draw_round_as_the_slide():
    f = EXAMPLES["D2"].build()
    f.backward()
    by_hand, printed = draw(f, round=2).scene, draw(f, digits=2).scene

    assert "x0 = -1, gradient 0.4. w1 = -3, gradient -0.4." in by_hand.description
    assert "x0 = -1, gradient 0.39. w1 = -3, gradient -0.39." in printed.description


def test_draw_round_steps():
    f = EXAMPLES["B3"].build()
    f.backward()
    gradients = [*f.steps().rounded(3).gradients.values()]
    scene = draw(f, round=3).scene
    drawn = {
        box.words.split()[0]: box.gradient for box in scene.boxes if box.kind == "leaf" and box.gradient is not None
    }

    assert len(drawn) > 10
    assert all(gradient in gradients for gradient in drawn.values())


def test_draw_round_outputs_and_frames(tmp_path):
    x, y = variables(x=1, y=3)
    g = x / y
    f = g * 3.0
    h = g - y
    f.backward()

    assert "f1 = s0 * 3 = 0.99" in draw([f, h], round=2).scene.description
    assert "0.33 * 3 = 0.99" in draw(f, round=2)._frames()[1].title
