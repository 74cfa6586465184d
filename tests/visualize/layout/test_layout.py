"""Layout: everything has a place and nothing overlaps, with and without dot."""

import random
import shutil
from itertools import pairwise
from statistics import median

import pytest

from autodiff import Value, tanh, variables
from autodiff.lectures import EXAMPLES
from tests.benchmarks.alternating import held_seconds
from tests.support.clock import Clock
from tests.support.pictures import built, overlaps, points
from visualize import draw
from visualize.layout.engines import make_plan
from visualize.layout.sizes import blocks_and_links
from visualize.layout.sugiyama import nearest
from visualize.render.painter import Text, paint
from visualize.scene.build import scene
from visualize.style import TEXTS

ENGINES = [
    "built-in",
    pytest.param("dot", marks=pytest.mark.skipif(shutil.which("dot") is None, reason="no dot on this machine")),
]


def random_graph(size, seed, reach=8):
    """A graph in which every node uses the last one and another of the last few."""
    numbers = random.Random(seed)
    nodes = [Value(numbers.uniform(-1, 1), f"a{i}") for i in range(size // 8 + 2)]
    while len(nodes) < size:
        a, b = nodes[-1], numbers.choice(nodes[-reach:])
        nodes.append(numbers.choice([lambda a=a, b=b: a + b, lambda a=a, b=b: a * b, lambda a=a: tanh(a)])())
    nodes[-1].backward()
    return nodes[-1]


def plan(f, engine="built-in", **options):
    return make_plan(*blocks_and_links(scene(f, **options)), engine)


def test_D1_layout_size_and_order():
    made = plan(built("D1"))
    x, y, z, q, f = [made.blocks[f"node-{i}"] for i in range(5)]

    assert 500 < made.width < 620
    assert 200 < made.height < 300
    assert x[0] == y[0] == z[0] < q[0] < f[0] < made.blocks["output"][0]
    assert x[1] < y[1] < z[1]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("id", ["D1", "D2", "D3", "D5a", "A6", "B2", "B4b", "C3", "D7", "D11c", "E1", "E6", "E7"])
def test_layout_of_lecture_examples_overlaps_nothing(id, engine):
    made = scene(built(id), products=id == "D2")

    assert overlaps(paint(made, make_plan(*blocks_and_links(made), engine))) == []


@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("letter", "ABCDE")
def test_layout_in_rows_and_down_overlaps_nothing(letter, direction):
    for id in EXAMPLES:
        if id[0] == letter:
            assert overlaps(draw(built(id), direction=direction)._drawing) == [], id


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("direction", ["right", "down"])
@pytest.mark.parametrize("seed", range(0, 200, 40))
def test_layout_of_random_graphs_overlaps_nothing(seed, direction, engine):
    f = random_graph(10 + seed % 70, seed)

    assert overlaps(draw(f, direction=direction, layout=engine)._drawing) == []


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("direction", ["right", "down"])
def test_layout_of_200_random_graphs_overlaps_nothing(direction, engine):
    graphs = {seed: random_graph(10 + seed % 70, seed) for seed in range(200)} | {id: built(id) for id in EXAMPLES}
    found = [name for name, f in graphs.items() if overlaps(draw(f, direction=direction, layout=engine)._drawing)]

    assert found == []


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dot") is None, reason="no dot on this machine")
def test_layout_crosses_no_more_lines_than_dot():
    def crossings(f, engine):
        curves = [points(curve) for curve in plan(f, engine).curves.values()]
        lines = [list(pairwise([*curve[:-1:4], curve[-1]])) for curve in curves]
        return sum(any(cross(p, q) for p in a for q in b if near(p, q)) for i, a in enumerate(lines) for b in lines[:i])

    def near(p, q):
        return p[0][0] <= q[1][0] and q[0][0] <= p[1][0]

    def side(a, b, c):
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    def cross(p, q):
        return side(*p, q[0]) * side(*p, q[1]) < 0 and side(*q, p[0]) * side(*q, p[1]) < 0

    ids = ["A8", "B2", "B4b", "B4c", "C7", "D2", "D7", "D11b", "E1", "E6", "E7"]
    graphs = [*map(built, ids), *[random_graph(30, seed) for seed in range(10)]]

    assert median([crossings(f, "built-in") - crossings(f, "dot") for f in graphs]) <= 0


# --- Rows ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", [id for id in EXAMPLES if id != "D11c"])
@pytest.mark.parametrize("engine", ENGINES)
def test_layout_of_examples_fits_a_slide(id, engine):
    picture = draw(built(id), layout=engine)
    drawing = picture._drawing
    styles = {style for group in drawing.groups for mark in group.marks if isinstance(mark, Text)
              for _, style in mark.runs}  # fmt: skip

    assert drawing.width * drawing.scale <= 1280
    assert drawing.height * drawing.scale <= 720
    assert min(TEXTS[style].size for style in styles) * drawing.scale >= 11


def test_layout_sets_a_high_circuit_tighter():
    roomy = draw(built("B3"), height=None)._drawing.height

    assert draw(built("B3"))._drawing.height <= 720 < roomy
    assert draw(built("B3"), height=200)._drawing.height == roomy
    assert draw(built("B3"), height=350)._drawing.height <= 700
    assert draw(built("D2"))._drawing.height == draw(built("D2"), height=None)._drawing.height


def test_layout_in_less_room_merges_input_values():
    def written(**options):
        marks = [mark for group in draw(built("D7"), **options)._drawing.groups for mark in group.marks]
        return [tuple(text for text, _ in mark.runs) for mark in marks if isinstance(mark, Text)]

    tight, roomy = written(), written(height=None)

    assert tight.count(("x", "4", "=", "2.32")) == 1
    assert ("2.32",) not in tight
    assert roomy.count(("2.32",)) == 3


def test_rows_hold_each_box_and_line_once():
    f = built("B3")
    blocks, links = blocks_and_links(scene(f))
    one, rows = make_plan(blocks, links), make_plan(blocks, links, width=900)

    assert rows.blocks.keys() == one.blocks.keys()
    assert rows.curves.keys() == one.curves.keys()
    assert rows.width <= 900 < one.width
    for link in links:
        for made in (one, rows):
            start, end = made.curves[link.id][0], made.curves[link.id][-1]
            assert len(made.curves[link.id]) % 3 == 1
            assert start[0] == pytest.approx(made.blocks[link.source][0] + {b.id: b.body for b in blocks}[link.source])
            assert end[0] - made.blocks[link.target][0] == pytest.approx(
                one.curves[link.id][-1][0] - one.blocks[link.target][0]
            )


def test_rows_crossed_by_one_line():
    x = Value(2.0, "x")
    f = x
    for _ in range(12):
        f = f + 1.0
    f = f * x
    f.backward()

    assert draw(f, width=500)._drawing.width <= 500
    assert overlaps(draw(f, width=500)._drawing) == []


def test_rows_with_a_column_wider_than_the_page():
    f = Value(1.0, "a name of some length") * Value(2.0, "another one of length")

    assert draw(f.exp(), width=60)._drawing.width < 500


@pytest.mark.parametrize("engine", ENGINES)
def test_layout_keeps_boxes_apart_in_the_margins(engine):
    blocks, links = blocks_and_links(scene(random_graph(80, 1)))
    made = make_plan(blocks, links, engine)
    corners = []
    for block in blocks:
        x, y = made.blocks[block.id]
        corners.append((x - block.left, y - block.up, x + block.right, y + block.down))

    assert min(left for left, *_ in corners) >= 0
    assert max(right for _, _, right, _ in corners) <= made.width
    for i, (left, top, right, bottom) in enumerate(corners):
        for l2, t2, r2, b2 in corners[:i]:
            assert left >= r2 or l2 >= right or top >= b2 or t2 >= bottom


@pytest.mark.parametrize("engine", ENGINES)
def test_layout_arrows_run_right(engine):
    blocks, links = blocks_and_links(scene(random_graph(40, 2)))
    made = make_plan(blocks, links, engine)
    body = {block.id: block.body for block in blocks}
    for link in links:
        curve = made.curves[link.id]

        assert len(curve) % 3 == 1
        assert curve[0][0] == pytest.approx(made.blocks[link.source][0] + body[link.source])
        assert abs(curve[-1][1] - made.blocks[link.target][1]) <= 21
        assert curve[0][0] < curve[-1][0] <= made.blocks[link.target][0]


def test_layout_keeps_the_order_of_operands():
    x, y = variables(x=1, y=2)
    made = plan(x - y)

    assert made.blocks["node-0"][1] < made.blocks["node-1"][1]
    assert made.curves["edge-2-0"][-1][1] < made.curves["edge-2-1"][-1][1]


def test_layout_of_chains_is_straight():
    made = plan(built("D2"))

    assert len({round(made.blocks[f"node-{i}"][1], 3) for i in range(8, 13)}) == 1


def test_layout_puts_inputs_near_their_use():
    made = plan(random_graph(60, 0, reach=2))
    xs = [x for id, (x, _) in made.blocks.items() if id.startswith("node")]

    assert max(xs[:9]) > min(xs) + 50


def test_nearest_keeps_distances():
    assert nearest([(0.0, 1.0), (0.0, 1.0)], [0.0, 10.0]) == [-5.0, 5.0]
    assert nearest([(0.0, 1.0), (50.0, 1.0)], [0.0, 10.0]) == [0.0, 50.0]
    assert nearest([(0.0, 3.0), (0.0, 1.0)], [0.0, 8.0]) == [-2.0, 6.0]


def test_layout_is_the_same_on_every_run():
    first, second = plan(random_graph(100, 3)), plan(random_graph(100, 3))

    assert first.blocks == second.blocks
    assert first.curves == second.curves


# --- Choice of layout -----------------------------------------------------------------------------


def test_layout_without_dot(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)

    assert draw(built("D1")).svg() == draw(built("D1"), layout="built-in").svg()
    with pytest.raises(FileNotFoundError, match="no program dot on the PATH"):
        draw(built("D1"), layout="dot").svg()


@pytest.mark.skipif(shutil.which("dot") is None, reason="no dot on this machine")
def test_layout_by_dot():
    assert (
        draw(built("E7")).svg() == draw(built("E7"), layout="built-in").svg() != draw(built("E7"), layout="dot").svg()
    )


# --- Speed ----------------------------------------------------------------------------------------


def best_time(blocks, links):
    """The best time in seconds of this process, whatever else the machine does."""
    times = []
    for _ in range(5):
        with Clock() as clock:
            make_plan(blocks, links, "built-in")
        times.append(clock.seconds)
    return min(times)


@pytest.mark.slow
@pytest.mark.parametrize(("size", "seconds"), [(15, 0.010), (200, 0.060)])
def test_layout_is_fast(size, seconds):
    best = best_time(*blocks_and_links(scene(random_graph(size, 0), fold=False)))
    held_seconds(f"the layout of {size} gates", best, seconds)


@pytest.mark.slow
@pytest.mark.parametrize("reach", [8, 2000])
def test_layout_of_2000_nodes_in_5_seconds(reach):
    f = random_graph(2000, 0, reach)

    with Clock() as clock:
        draw(f, fold=False, layout="built-in").svg()

    held_seconds("the layout of 2,000 gates", clock.seconds, 5.0)


def test_layout_long_lines_go_round_above():
    x = Value(1.0, "x")
    y = x
    for _ in range(150):
        y = y + x
    made = plan(y, fold=False)

    assert min(point[1] for point in made.curves["edge-150-1"]) < min(y for _, y in made.blocks.values())
