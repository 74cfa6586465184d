"""How fast pages load and step, printed: pytest -m slow -s tests/browser/test_speed.py."""

from random import Random

import pytest

from autodiff import Value, tanh
from nn import MLP, moons, truth_table
from tests.benchmarks.alternating import held_seconds
from tests.browser.pages import example
from visualize import page, playground

STEPS = """async () => {
  const times = [], painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const player = active, { rows } = player.lesson;
  for (let step = 1; step <= rows.length; step += Math.ceil(rows.length / 60)) {
    await painted();
    const start = performance.now();
    player.show(step);
    document.body.getBoundingClientRect(); // styles and layout, too
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}"""


def gates(count):
    """A random graph with this many gates."""
    draw = Random(0)
    nodes = [Value(draw.uniform(-1, 1), f"x{i}") for i in range(8)]
    for i in range(count):
        a, b = draw.sample(nodes[-12:], 2)
        nodes.append([a + b, a * b, tanh(a), a - b][i % 4])
    return sum(nodes[-4:])


def net(sizes):
    model = MLP(sizes[0], sizes[1:], seed=0)
    return model([Value(0.5, f"x{i}") for i in range(sizes[0])])


PAGES = {"D1": lambda: example("D1"), "D2": lambda: example("D2"), "200 gates": lambda: gates(200),
         "2-16-16-1, 393 nodes": lambda: net([2, 16, 16, 1])}  # fmt: skip


@pytest.mark.slow
@pytest.mark.timed
@pytest.mark.parametrize("name", PAGES)
def test_speed_of_steps_and_pages(visit, name):
    """The best of three visits: other work may slow the machine."""
    made, loads, medians, longest = page(PAGES[name]()), [], [], []
    for _ in range(3):
        tab = visit(made, viewport={"width": 1280, "height": 720})
        loads.append(tab.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
        times = tab.evaluate(STEPS)
        medians.append(times[len(times) // 2])
        longest.append(times[-1])
        tab.close()
    print(f"\n{name}: the longest step takes {min(longest):.0f} ms", end="")
    held_seconds(f"{name} loads", min(loads) / 1000, 1.0)
    held_seconds(f"a step of {name}", min(medians) / 1000, 0.1 if "393" in name else 0.05)


FRAMES = """(seconds) => new Promise((done) => {
    const start = performance.now();
    let frames = 0;
    const frame = (now) => (++frames && now - start < 1000 * seconds ? requestAnimationFrame(frame) : done(frames));
    requestAnimationFrame(frame); })"""


def pictures(count):
    """As many random images of 8 x 8 pixels in ten classes."""
    draw = Random(0)
    return [[draw.choice([0.0, draw.random()]) for _ in range(64)] for _ in range(count)], [
        i % 10 for i in range(count)
    ]


TRAININGS = {  # and the most milliseconds of the page's thread per frame
    "XOR": (lambda: playground(MLP(2, [4, 1], seed=0), *truth_table("xor")), 20),
    "moons": (lambda: playground(MLP(2, [8, 8, 1], seed=0), *moons(200, noise=0.1, seed=0)), 30),
    "digits": (
        lambda: playground(
            MLP(64, [32, 10], output="softmax", seed=0), *pictures(1348), loss="cross_entropy", batch_size=32
        ),
        50,
    ),
}


@pytest.mark.slow
@pytest.mark.timed
@pytest.mark.parametrize("name", TRAININGS)
def test_speed_of_frames(visit, name):
    """The processor time of a frame after warming up: unlike frames per second, other work hardly changes it."""
    made, most = TRAININGS[name]
    tab = visit(made(), "#speed=1", viewport={"width": 1280, "height": 720})
    session = tab.context.new_cdp_session(tab)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy():
        return {x["name"]: x["value"] for x in session.send("Performance.getMetrics")["metrics"]}["TaskDuration"]

    tab.click(".run")
    found = []
    for _ in range(4):
        before = busy()
        frames = tab.evaluate(FRAMES, 3)
        found.append(1000 * (busy() - before) / frames)
    held_seconds(f"a frame of {name}", min(found) / 1000, most / 1000)


def test_motion_reduced(visit):
    tab = visit(page(example("E7")), reduced_motion="reduce")
    for _ in range(10):
        tab.keyboard.press("ArrowRight")
        assert tab.evaluate("document.getAnimations().length") == 0
    assert tab.text_content(".counter") == "10 of 10"
    tab = visit(page(example("E7")), reduced_motion="no-preference")
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate("document.getAnimations().length") > 0
