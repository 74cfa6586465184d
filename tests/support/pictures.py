"""Helpers for tests of pictures: lecture examples, and readings of an SVG text and of a drawing."""

from xml.etree import ElementTree

from autodiff.lectures import EXAMPLES
from visualize.layout.sizes import runs_width
from visualize.render.painter import Text
from visualize.style import TEXTS

SVG = "{http://www.w3.org/2000/svg}"


def built(id):
    """A lecture example with its gradients."""
    output = EXAMPLES[id].build()
    output.backward()
    return output


def elements(svg: str) -> dict:
    """The groups of an SVG text by their ids."""
    return {group.get("id"): group for group in ElementTree.fromstring(svg).iter(f"{SVG}g") if group.get("id")}


def texts(group) -> list[str]:
    """The texts in a group, each as it reads, with the signs of a keyboard."""
    return ["".join(text.itertext()).translate({0x2212: "-", 0xD7: "*"}) for text in group.iter(f"{SVG}text")]


def overlaps(drawing) -> list:
    """Pairs of things in a drawing that lie over each other: text on text or gate, line through text or gate."""
    boxes = [(group.id, rectangle(mark)) for group in drawing.groups for mark in group.marks if isinstance(mark, Text)]
    found = [
        (a, b) for i, (a, (l1, t1, r1, b1)) in enumerate(boxes) for b, (l2, t2, r2, b2) in boxes[:i]
        if l1 < r2 and l2 < r1 and t1 < b2 and t2 < b1
    ]  # fmt: skip
    gates = [
        (group.id, (*mark.points[0], *mark.points[1])) for group in drawing.groups for mark in group.marks
        if not isinstance(mark, Text) and mark.style in ("gate", "part")
    ]  # fmt: skip
    for i, (a, (l1, t1, r1, b1)) in enumerate(gates):
        for b, (l2, t2, r2, b2) in [*gates[:i], *[box for box in boxes if box[0] != a]]:
            if l1 < r2 and l2 < r1 and t1 < b2 and t2 < b1:
                found.append((a, b))
    for group in drawing.groups:
        for mark in group.marks:
            if not isinstance(mark, Text) and mark.kind == "curve":
                on_it = points(mark.points)
                (x1, y1), (x2, y2) = mark.points[0], mark.points[-1]
                away = [(x, y) for x, y in on_it if min(abs(x - x1) + abs(y - y1), abs(x - x2) + abs(y - y2)) > 34.0]
                for id, (left, top, right, bottom) in boxes:
                    if any(
                        left < x < right and top < y < bottom for x, y in (away if id.startswith("node") else on_it)
                    ):
                        found.append((group.id, id))
                for id, (left, top, right, bottom) in gates:
                    if id.split("-")[1] != group.id.split("-")[1] and any(
                        left < x < right and top < y < bottom for x, y in away
                    ):
                        found.append((group.id, id))
    return found


def rectangle(text: Text) -> tuple[float, float, float, float]:
    """About where the letters of a text are."""
    wide, letters = 0.9 * runs_width(text.runs), [TEXTS[style] for _, style in text.runs]
    left = text.x - wide / 2 if text.anchor == "middle" else text.x
    top, bottom = min(x.drop - 0.72 * x.size for x in letters), max(x.drop + 0.05 * x.size for x in letters)
    return left, text.y + top, left + wide, text.y + bottom


def points(curve) -> list[tuple[float, float]]:
    """Points along a chain of Bezier curves."""
    found = []
    for i in range(0, len(curve) - 1, 3):
        a, b, c, d = curve[i : i + 4]
        count = max(4, int(abs(d[0] - a[0]) + abs(d[1] - a[1])) // 4)
        for k in range(count + 1):
            t = k / count
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            found.append(tuple(sum(w * p[axis] for w, p in zip(weights, (a, b, c, d))) for axis in (0, 1)))
    return found
