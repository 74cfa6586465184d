"""All lecture examples and a playground in one file, as the front door makes it."""

import gzip

import pytest

from autodiff.lectures import EXAMPLES
from tests.benchmarks.alternating import held_seconds
from tests.browser.pages import gradients
from visualize.__main__ import main


@pytest.fixture(scope="module")
def lectures(tmp_path_factory):
    """The file that ``python -m visualize --lectures`` writes."""
    path = tmp_path_factory.mktemp("lectures") / "lectures.html"
    assert main(["--lectures", str(path)]) == 0

    class Written:
        def save(self, target):
            target.write_bytes(path.read_bytes())

    return Written()


def test_collection_shows_one_example_and_picks_another(visit, lectures):
    tab = visit(lectures)
    assert (tab.locator(".lesson:visible").count(), tab.title()) == (0, "Backpropagation, example by example")
    tab.click("text=D2: A sigmoid neuron")
    tab.locator("#D2").wait_for()
    assert tab.title() == "D2: A sigmoid neuron, gate by gate · Backpropagation, example by example"
    assert tab.locator(".lesson:visible").get_attribute("id") == "D2"
    tab.locator("#D2").get_by_label("value of w2").fill("0")
    tab.keyboard.press("Tab")
    tab.keyboard.press("End")
    tab.wait_for_url("**#example=D2&*step=21")


def test_collection_address_names_example_and_step(visit, lectures):
    tab = visit(lectures, "#example=D1&step=5")
    assert tab.locator(".lesson:visible .counter").text_content() == "5 of 7"
    tab.click("text=Next example")
    tab.locator("#D2").wait_for()
    tab.click("text=Previous example")
    tab.locator("#D1").wait_for()
    tab.click("text=Contents")
    tab.locator(".contents").wait_for()
    assert tab.locator(".contents li:visible").count() > 100


@pytest.mark.parametrize(
    ("words", "ids"), [("d11", "D11a D11b D11c"), ("softmax neuron", "B1e"), ("no such thing", "")]
)
def test_contents_are_searched_by_id_and_word(visit, lectures, words, ids):
    tab = visit(lectures)
    tab.get_by_label("Search the examples").fill(words)
    links = tab.locator(".contents a:visible")
    assert " ".join(link.get_attribute("href").removeprefix("#example=") for link in links.all()) == ids
    assert tab.locator(".contents h2:visible").count() == bool(ids)
    assert tab.get_by_text("No example has all of these words.").is_visible() == (not ids)


def test_contents_have_pictures_and_hide_as_links(visit, lectures):
    tab = visit(lectures, "#hide=code")
    picture = tab.locator(".contents a svg").first.bounding_box()
    assert (picture["height"], picture["width"] > 150) == (110, True)
    tab.click("text=D1: ")
    tab.locator("#D1").wait_for()
    assert "Code" not in tab.locator("[role=tab]:visible").all_text_contents()
    assert "hide=code" in tab.url


def test_lectures_are_a_small_file(lectures, tmp_path):
    lectures.save(tmp_path / "lectures.html")
    assert len(gzip.compress((tmp_path / "lectures.html").read_bytes())) <= 7_000 * len(EXAMPLES)


@pytest.mark.slow
def test_lectures_load_in_a_second(visit, lectures):
    """The best of three: other work may slow the machine."""
    times = [visit(lectures).evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") for _ in range(3)]
    held_seconds("lectures.html loads", min(times) / 1000, 1.0)


@pytest.mark.slow
def test_lectures_examples_open_and_end(visit, lectures):
    tab = visit(lectures)
    ids = [link.get_attribute("href").removeprefix("#example=") for link in tab.locator(".contents a").all()]
    assert len(ids) > 100
    assert ids[-1] == "playground"
    ends = tab.evaluate(
        """(ids) => ids.map((id) => { const p = playerOf(document.getElementById(id));
        p.show(p.lesson.rows.length); return p.article.querySelectorAll('.graph .unseen').length; })""",
        ids[:-1],
    )
    assert set(ends) == {0}


def test_lectures_end_with_the_playground(visit, lectures):
    tab = visit(lectures, "#example=playground")
    tab.click("text=One step")
    assert tab.text_content(".counts .steps") == "step 1"


def test_collection_without_scripts(visit, lectures):
    tab = visit(lectures, java_script_enabled=False)
    assert tab.locator(".lesson .graph svg:visible").count() > 100


def test_cli_page_of_an_expression(tmp_path, visit):
    path = tmp_path / "f.html"
    assert main(["(x + y) * z", "x=-2", "y=5", "z=-4", "-o", str(path)]) == 0

    class Written:
        def save(self, target):
            target.write_bytes(path.read_bytes())

    assert gradients(visit(Written())) == {"x": -4.0, "y": -4.0, "z": 3.0}


def test_cli_page_of_an_example(tmp_path, capsys):
    path = tmp_path / "d8.html"
    assert main(["D8", "-o", str(path)]) == 0
    assert capsys.readouterr().out.strip() == str(path)
    assert path.read_text(encoding="utf-8").count('\n<article class="lesson"') == 4


def test_cli_page_of_autodiff(tmp_path):
    from autodiff.__main__ import main as step_through

    assert step_through(["D1", "-o", str(tmp_path / "d1.html")]) == 0
    assert 'class="lesson"' in (tmp_path / "d1.html").read_text(encoding="utf-8")


def test_cli_page_of_nn(tmp_path):
    from nn.__main__ import main as train

    assert train(["xor", "--epochs", "1", "--page", str(tmp_path / "xor.html")]) == 0
    assert 'class="playground"' in (tmp_path / "xor.html").read_text(encoding="utf-8")
